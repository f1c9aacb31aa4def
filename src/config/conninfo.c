/*
 * libpq's connection strings, read far enough to find what must not be in them. libpq itself is not
 * for this room; the forms are those of its documentation, "Connection Strings" (key=value with
 * quotes and backslashes, and URIs with percent signs). Where libpq could read a text in two ways,
 * both are looked at.
 */
#include "values.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "pgdba/base/buf.h"

static const char no_password[] =
    "expected no password in a connection string: use password_file, password_command, "
    "password_env or .pgpass";

typedef const char *pair_fn(void *arg, const char *keyword, const char *value);

/* ---- keyword = value ---- */

static const char *skip_blanks(const char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

/* Reads a value at s into v; NULL when a quote is not closed, else the end. */
static const char *read_value(const char *s, struct buf *v)
{
    bool quoted = *s == '\'';

    for (s += quoted; *s && (quoted ? *s != '\'' : !isspace((unsigned char)*s)); s++) {
        if (*s == '\\' && s[1])
            s++;
        buf_putc(v, *s);
    }
    if (!quoted)
        return s;
    return *s == '\'' ? s + 1 : NULL;
}

static const char *each_pair(const char *s, pair_fn *fn, void *arg)
{
    const char *wrong = NULL;
    struct buf key, value;

    buf_init(&key);
    buf_init(&value);
    for (s = skip_blanks(s); *s && !wrong; s = s ? skip_blanks(s) : "") {
        size_t n = strcspn(s, "= \t\n\r\f\v");

        buf_clear(&key);
        buf_clear(&value);
        buf_add(&key, s, n);
        s = skip_blanks(s + n);
        if (*s != '=' || !n) {
            wrong = "expected pairs of keyword=value, or a postgresql:// URI";
            break;
        }
        s = read_value(skip_blanks(s + 1), &value);
        wrong = s ? fn(arg, key.s, value.s) : "expected a closing quote (')";
    }
    buf_release(&key);
    buf_release(&value);
    return wrong;
}

/* ---- URIs ---- */

static bool is_uri(const char *s)
{
    return !strncasecmp(s, "postgresql://", 13) || !strncasecmp(s, "postgres://", 11);
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* As libpq: two hexadecimal digits after each percent sign, and no NUL. */
static bool good_escapes(const char *s)
{
    for (; (s = strchr(s, '%')) != NULL; s++)
        if (hex(s[1]) < 0 || hex(s[2]) < 0 || (s[1] == '0' && s[2] == '0'))
            return false;
    return true;
}

static void add_decoded(struct buf *b, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '%' && i + 2 < n && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
            buf_putc(b, (char)(hex(s[i + 1]) * 16 + hex(s[i + 2])));
            i += 2;
        } else {
            buf_putc(b, s[i]);
        }
    }
}

static const char *each_parameter(const char *s, pair_fn *fn, void *arg)
{
    const char *wrong = NULL;
    struct buf key, value;

    buf_init(&key);
    buf_init(&value);
    while (*s && !wrong) {
        size_t n = strcspn(s, "&"), k = strcspn(s, "=&");

        buf_clear(&key);
        buf_clear(&value);
        add_decoded(&key, s, k);
        if (k < n)
            add_decoded(&value, s + k + 1, n - k - 1);
        wrong =
            k < n && k ? fn(arg, key.s, value.s) : "expected keyword=value after ? and & in a URI";
        s += n + (s[n] == '&');
    }
    buf_release(&key);
    buf_release(&value);
    return wrong;
}

/* "host:port" lists, as libpq reads them: the last ':' outside brackets starts the port. */
static const char *each_host(const char *s, size_t n, pair_fn *fn, void *arg)
{
    const char *wrong = NULL;
    struct buf host, port;
    bool more = n > 0;

    buf_init(&host);
    buf_init(&port);
    while (more) {
        const char *comma = memchr(s, ',', n);
        size_t len = comma ? (size_t)(comma - s) : n;
        const char *close = memchr(s, ']', len), *after = close ? close + 1 : s;
        const char *colon = memchr(after, ':', len - (size_t)(after - s));

        add_decoded(&host, s, colon ? (size_t)(colon - s) : len);
        if (colon)
            add_decoded(&port, colon + 1, len - (size_t)(colon - s) - 1);
        more = comma != NULL;
        if (more) {
            buf_putc(&host, ',');
            buf_putc(&port, ',');
            s = comma + 1;
            n -= len + 1;
        }
    }
    if (host.len)
        wrong = fn(arg, "host", host.s);
    if (!wrong && port.len && strspn(port.s, ",") != port.len)
        wrong = fn(arg, "port", port.s);
    buf_release(&host);
    buf_release(&port);
    return wrong;
}

static const char *each_of_uri(const char *s, pair_fn *fn, void *arg)
{
    s = strstr(s, "://") + 3;
    size_t to_at = strcspn(s, "@/");

    if (s[to_at] == '@') {
        if (memchr(s, ':', to_at))
            return no_password;
        struct buf user;

        buf_init(&user);
        add_decoded(&user, s, to_at);
        const char *wrong = user.len ? fn(arg, "user", user.s) : NULL;

        buf_release(&user);
        if (wrong)
            return wrong;
        s += to_at + 1;
    }
    size_t hosts = strcspn(s, "/?");
    const char *wrong = each_host(s, hosts, fn, arg);

    s += hosts;
    if (wrong || !*s)
        return wrong;
    if (*s == '/')
        s += strcspn(s, "?");
    return *s == '?' ? each_parameter(s + 1, fn, arg) : NULL;
}

/* ---- what the room asks ---- */

static const char *each(const char *s, pair_fn *fn, void *arg)
{
    s = skip_blanks(s);
    return is_uri(s) ? each_of_uri(s, fn, arg) : each_pair(s, fn, arg);
}

static const char *refuse_password(void *arg, const char *keyword, const char *value)
{
    bool *any = arg;

    *any = true;
    if (strcasestr(keyword, "password"))
        return no_password;
    /* libpq takes a dbname that looks like one of these for a whole connection string. */
    if (!strcmp(keyword, "dbname") && (strchr(value, '=') || is_uri(value)))
        return "expected the name of a database after dbname, no connection string";
    return NULL;
}

/* However the text is to be read, "password" before "=" has no business in it. */
static bool looks_like_password(const char *text)
{
    for (const char *p = text; (p = strcasestr(p, "password")) != NULL; p += 8)
        if (*skip_blanks(p + 8) == '=')
            return true;
    return false;
}

const char *value_conninfo(struct arena *a, const char *text, const char **out)
{
    bool any = false;

    if (looks_like_password(text))
        return no_password;
    if (is_uri(skip_blanks(text)) && !good_escapes(text))
        return "expected two hexadecimal digits after % in a URI";
    const char *wrong = each(text, refuse_password, &any);

    if (wrong)
        return wrong;
    if (!any && !is_uri(skip_blanks(text)))
        return "expected a connection string, like \"host=10.0.0.1 port=6432 user=stats\"";
    *out = arena_strdup(a, text);
    return NULL;
}

struct lookup {
    const char *keyword;
    struct arena *arena;
    const char *found;
};

static const char *look_up(void *arg, const char *keyword, const char *value)
{
    struct lookup *l = arg;

    if (!strcmp(keyword, l->keyword) && *value)
        l->found = arena_strdup(l->arena, value); /* the last one wins, as in libpq */
    return NULL;
}

const char *conninfo_get(struct arena *a, const char *conninfo, const char *keyword)
{
    struct lookup l = {keyword, a, NULL};

    each(conninfo, look_up, &l);
    return l.found;
}
