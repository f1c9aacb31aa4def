#include "address.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "pgdba/base/fmt.h"

static char *lowered(struct arena *a, const char *s, size_t n)
{
    char *out = arena_strndup(a, s, n);

    for (char *c = out; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return out;
}

static bool port_parse(struct arena *a, const char *s, size_t n, int *port)
{
    int64_t v;

    if (!fmt_parse_int(arena_strndup(a, s, n), &v) || v < 1 || v > 65535)
        return false;
    *port = (int)v;
    return true;
}

/* n bytes of "host", "host:port", "[v6]" or "[v6]:port"; port 0 when not said. */
static bool authority_parse(struct arena *a, const char *s, size_t n, char **host, int *port)
{
    const char *end = s + n, *h = s, *hend, *rest;

    *port = 0;
    if (n > 0 && *s == '[') {
        h = s + 1;
        hend = memchr(h, ']', (size_t)(end - h));
        if (hend == NULL)
            return false;
        rest = hend + 1;
    } else {
        hend = memchr(s, ':', n);
        if (hend == NULL)
            hend = end;
        rest = hend;
    }
    if (hend == h)
        return false;
    *host = lowered(a, h, (size_t)(hend - h));
    if (rest == end)
        return true;
    return *rest == ':' && port_parse(a, rest + 1, (size_t)(end - rest - 1), port);
}

bool address_split(struct arena *a, const char *text, char **host, int *port)
{
    return authority_parse(a, text, strlen(text), host, port) && *port != 0;
}

char *address_key(struct arena *a, const char *host, int port)
{
    if (strcasecmp(host, "localhost") == 0)
        host = "127.0.0.1";
    return arena_printf(a, "%s:%d", host, port);
}

bool address_is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "::1") == 0;
}

bool address_parse(struct arena *a, const char *url, struct address *out)
{
    static const struct {
        const char *scheme;
        int port;
    } schemes[] = {{"http://", 80}, {"https://", 443}};

    if (url == NULL)
        return false;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t skip = strlen(schemes[i].scheme);

        if (strncasecmp(url, schemes[i].scheme, skip) != 0)
            continue;
        size_t n = strcspn(url + skip, "/?#");

        if (memchr(url + skip, '@', n) != NULL ||
            !authority_parse(a, url + skip, n, &out->host, &out->port))
            return false;
        if (out->port == 0)
            out->port = schemes[i].port;
        out->key = address_key(a, out->host, out->port);
        out->base = arena_printf(a, strchr(out->host, ':') != NULL ? "%s[%s]:%d" : "%s%s:%d",
                                 schemes[i].scheme, out->host, out->port);
        return true;
    }
    return false;
}

bool address_mapped(struct arena *a, const struct mapping *m, int n, const char *host, int port,
                    char **to_host, int *to_port)
{
    for (int i = 0; i < n; i++) {
        char *from;
        int from_port;

        if (address_split(a, m[i].from, &from, &from_port) && from_port == port &&
            strcasecmp(from, host) == 0)
            return address_split(a, m[i].to, to_host, to_port);
    }
    return false;
}
