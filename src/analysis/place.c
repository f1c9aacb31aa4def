#include "place.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "pgdba/base/fmt.h"

/* As 16 bytes, IPv4 mapped into IPv6; false: a name. */
static bool parse(const char *host, unsigned char out[16])
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (inet_pton(AF_INET6, host, out) == 1)
        return true;
    memcpy(out, mapped, sizeof mapped);
    return inet_pton(AF_INET, host, out + sizeof mapped) == 1;
}

bool place_is_numeric(const char *host)
{
    unsigned char b[16];
    return host && parse(host, b);
}

bool place_is_loopback(const char *host)
{
    static const unsigned char v4[13] = {[10] = 0xff, [11] = 0xff, [12] = 127}, v6[16] = {[15] = 1};
    unsigned char b[16];
    if (!host)
        return false;
    if (!parse(host, b))
        return strcasecmp(host, "localhost") == 0;
    return memcmp(b, v4, sizeof v4) == 0 || memcmp(b, v6, sizeof v6) == 0;
}

bool place_same(const char *a, const char *b)
{
    unsigned char x[16], y[16];
    if (!a || !b || !*a || !*b)
        return false;
    if (strcasecmp(a, b) == 0)
        return true;
    bool numbers = parse(a, x) && parse(b, y);
    if (numbers && memcmp(x, y, sizeof x) == 0)
        return true;
    bool both_v4 = numbers && x[10] == 0xff && y[10] == 0xff;
    return !both_v4 && place_is_loopback(a) && place_is_loopback(b);
}

bool place_split(const char *text, struct arena *a, const char **host, int64_t *port)
{
    const char *scheme = text ? strstr(text, "://") : NULL;
    const char *p = scheme ? scheme + 3 : text;
    if (!p)
        return false;
    size_t n = strcspn(p, "/;?");
    for (size_t i = n; i > 0; i--)
        if (p[i - 1] == '@') {
            p += i;
            n -= i;
            break;
        }
    char *s = arena_strndup(a, p, n);
    char *end = *s == '[' ? strchr(s, ']') : NULL;
    char *colon = strrchr(end ? end : s, ':');
    if (!end && colon && strchr(s, ':') != colon)
        colon = NULL; /* a bare IPv6 address: no port can be told from it */
    *port = 0;
    if (colon && !fmt_parse_int(colon + 1, port))
        *port = 0;
    if (end)
        *end = '\0';
    else if (colon)
        *colon = '\0';
    *host = end ? s + 1 : s;
    return **host != '\0';
}
