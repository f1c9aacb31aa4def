#include "names.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static atomic_int asked;

int names_asked(void)
{
    return asked;
}

typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's are reserved names */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
    getaddrinfo_fn *real;
    struct addrinfo **end = list;
    int rc;

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!node || strspn(node, "0123456789.:") != strlen(node))
        asked++;
    if (!node || strncasecmp(node, "two.test", 8) != 0)
        return real(node, service, hints, list);
    if ((rc = real("127.0.0.2", service, hints, list)) != 0)
        return rc;
    while (*end)
        end = &(*end)->ai_next;
    return real("127.0.0.1", service, hints, end);
}
