/* Checks of single values. A URL is taken apart here by hand: what is wrong must be named. */
#include "values.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/path.h"

bool value_may_hold_secret(const char *text)
{
    return strpbrk(text, "@?") || strcasestr(text, "password");
}

const char *value_text(struct arena *a, const char *text, const char **out)
{
    if (!*text)
        return "expected text";
    *out = arena_strdup(a, text);
    return NULL;
}

const char *value_variable(struct arena *a, const char *text, const char **out)
{
    static const char expected[] = "expected the name of an environment variable, like PGDBA_PW";

    if (!isalpha((unsigned char)*text) && *text != '_')
        return expected;
    for (const char *s = text; *s; s++)
        if (!isalnum((unsigned char)*s) && *s != '_')
            return expected;
    *out = arena_strdup(a, text);
    return NULL;
}

const char *value_path(struct arena *a, const char *text, const char **out)
{
    if (text[0] != '/' && strncmp(text, "~/", 2) != 0)
        return "expected a whole path, from / or ~/";
    char *p = path_expand(text);

    *out = arena_strdup(a, p);
    free(p);
    return NULL;
}

const char *value_namespace(struct arena *a, const char *text, const char **out)
{
    char *s = arena_alloc(a, strlen(text) + 2), *d = s;

    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "/");

        if (n) {
            *d++ = '/';
            memcpy(d, p, n);
            d += n;
        }
        p += n + (p[n] == '/');
    }
    if (d == s)
        return "expected Patroni's namespace, like \"/service\"";
    *out = s;
    return NULL;
}

/* ---- host and port ---- */

/* The length of a host at s, 0 when there is none: a name, an IPv4 address, or an IPv6 address in
 * brackets. */
static size_t host_length(const char *s)
{
    if (*s == '[') {
        size_t n = strspn(s + 1, "0123456789abcdefABCDEF:.");

        if (s[n + 1] == '%') /* a zone: "%eth0" */
            n += 1 + strspn(s + n + 2, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789._-");
        return n > 1 && s[n + 1] == ']' && memchr(s + 1, ':', n) ? n + 2 : 0;
    }
    size_t n = 0;

    while (isalnum((unsigned char)s[n]) || (s[n] && strchr(".-_", s[n])))
        n++;
    return n;
}

/* What is wrong with "host:port" at s, NULL when it is right; *end is after it. */
static const char *host_port(const char *s, const char **end)
{
    size_t n = host_length(s);

    if (!n)
        return "expected a host name or address, an IPv6 address in brackets";
    s += n;
    if (*s != ':')
        return *s && *s != '/' ? "expected a host name or address and a port"
                               : "expected a port after the host";
    size_t digits = strspn(++s, "0123456789");
    long port = digits && digits <= 5 ? strtol(s, NULL, 10) : 0;

    if (port < 1 || port > 65535)
        return "expected a port from 1 to 65535";
    *end = s + digits;
    return NULL;
}

const char *value_host_port(struct arena *a, const char *text, const char **out)
{
    const char *end, *wrong = host_port(text, &end);

    if (strstr(text, "://"))
        return "expected only \"host:port\", without a scheme";
    if (wrong)
        return arena_printf(a, "%s, like \"10.0.0.1:8008\"", wrong);
    if (*end)
        return "expected only \"host:port\"";
    *out = arena_strdup(a, text);
    return NULL;
}

/* Room in struct sockaddr_un for a path and its end. */
enum { SOCKET_PATH_MOST = 107 };

const char *value_socket(struct arena *a, const char *text, const char **out)
{
    const char *end;

    if (*text == '/' || *text == '~') {
        const char *wrong = value_path(a, text, out);

        return wrong || strlen(*out) <= SOCKET_PATH_MOST
                   ? wrong
                   : "expected a socket's path of at most 107 bytes";
    }
    if (strstr(text, "://"))
        return "expected a socket's path or \"host:port\", without a scheme";
    if (host_port(text, &end) || *end)
        return "expected a socket's path, like \"/run/haproxy/admin.sock\", or \"host:port\"";
    *out = arena_strdup(a, text);
    return NULL;
}

/* ---- URLs ---- */

struct url_rule {
    const char *const *schemes;
    const char *expected; /* for a wrong scheme */
    bool path;
};

static const char *match_scheme(const char *text, const char *const *schemes)
{
    const char *colon = strstr(text, "://");

    for (; colon && *schemes; schemes++)
        if (strlen(*schemes) == (size_t)(colon - text) &&
            !strncasecmp(text, *schemes, (size_t)(colon - text)))
            return *schemes;
    return NULL;
}

/* A page may have a query: HAProxy's own default is /haproxy?stats. */
static const char *wrong_path(const char *path, bool allowed)
{
    if (!*path || !strcmp(path, "/"))
        return NULL;
    if (strpbrk(path, allowed ? "#;" : "?#;"))
        return allowed ? "expected nothing after the page: leave out what follows # or ;"
                       : "expected nothing after the path: leave out what follows ?, # or ;";
    if (!allowed)
        return "expected no path: pgdba knows the paths itself, give only scheme://host:port";
    return *path == '/' && !strpbrk(path, " \"<>\\^`{|}") ? NULL : "expected a path of a URL";
}

static const char *check_url(struct arena *a, const char *text, const struct url_rule *rule,
                             const char **out)
{
    const char *scheme = match_scheme(text, rule->schemes), *end;

    if (!scheme)
        return rule->expected;
    const char *host = strstr(text, "://") + 3;

    if (memchr(host, '@', strcspn(host, "/?#")))
        return "expected no user or password in a URL, where it would be shown: use username and "
               "password_file, password_command or password_env";
    const char *wrong = host_port(host, &end);

    if (wrong)
        return arena_printf(a, "%s, like \"%s://10.0.0.1:%s\"", wrong, scheme,
                            rule->path ? "7000/" : "8008");
    wrong = *end && *end != '/' && !strchr("?#;", *end) ? "expected a port from 1 to 65535"
                                                        : wrong_path(end, rule->path);
    if (wrong)
        return wrong;
    size_t n = rule->path ? strlen(host) : (size_t)(end - host);

    *out = arena_printf(a, "%s://%.*s", scheme, (int)n, host);
    return NULL;
}

const char *value_base_url(struct arena *a, const char *text, const char **out)
{
    static const char *const schemes[] = {"http", "https", NULL};
    static const struct url_rule rule = {
        schemes, "expected a URL with its scheme, like \"http://10.0.0.1:8008\"", false};

    return check_url(a, text, &rule, out);
}

const char *value_page_url(struct arena *a, const char *text, const char **out)
{
    static const char *const schemes[] = {"http", "https", NULL};
    static const struct url_rule rule = {
        schemes, "expected a URL with its scheme, like \"http://10.0.0.9:7000/\"", true};

    return check_url(a, text, &rule, out);
}

const char *value_proxy_url(struct arena *a, const char *text, const char **out)
{
    static const char *const schemes[] = {"http",   "https",   "socks4", "socks4a",
                                          "socks5", "socks5h", NULL};
    static const struct url_rule rule = {
        schemes, "expected a proxy's URL, like \"socks5h://127.0.0.1:1080\"", false};

    return check_url(a, text, &rule, out);
}

const char *url_host_port(struct arena *a, const char *url)
{
    const char *host = strstr(url, "://");

    host = host ? host + 3 : url;
    return arena_strndup(a, host, strcspn(host, "/"));
}
