/* What HAProxy's runtime socket says. Reference: "middleware.md" §3.1. */
#include "pgdba/wire/haproxy.h"

#include <ctype.h>
#include <string.h>

#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"

enum { MAX_LINES = 1000, MAX_SAID = 400 };

/* "show info": "Name: value" a line. */
struct numbered {
    const char *name;
    size_t at;
};

#define NUMBER(n, m)                   \
    {                                  \
        n, offsetof(struct ha_info, m) \
    }
static const struct numbered numbers[] = {
    NUMBER("Pid", pid),
    NUMBER("Uptime_sec", uptime_s),
    NUMBER("Maxconn", max_conn),
    NUMBER("CurrConns", connections),
    NUMBER("ConnRate", conn_rate),
    NUMBER("MaxConnRate", max_conn_rate),
    NUMBER("Idle_pct", idle_percent),
    NUMBER("Stopping", stopping),
};
enum { NNUMBERS = sizeof numbers / sizeof *numbers };

static int64_t *slot(struct ha_info *i, const struct numbered *n)
{
    return (int64_t *)((char *)i + n->at);
}

/* "show cli level": one word in a line of its own. */
static void read_level(const char *line, size_t n, struct ha_info *i)
{
    for (enum ha_level l = HA_LEVEL_USER; l <= HA_LEVEL_ADMIN; l++)
        if (strlen(ha_level_name(l)) == n && memcmp(line, ha_level_name(l), n) == 0)
            i->level = l;
}

static void read_line(struct arena *a, const char *line, size_t n, struct ha_info *i)
{
    const char *colon = memchr(line, ':', n);
    if (!colon) {
        read_level(line, n, i);
        return;
    }
    size_t name = (size_t)(colon - line), skip = name + 1;
    while (skip < n && line[skip] == ' ')
        skip++;
    const char *value = utf8_clean(a, line + skip, n - skip);
    int64_t v;
    if (name == 7 && memcmp(line, "Version", 7) == 0)
        i->version = value;
    if (name == 4 && memcmp(line, "node", 4) == 0)
        i->node = value;
    for (int k = 0; k < NNUMBERS; k++)
        if (strlen(numbers[k].name) == name && memcmp(line, numbers[k].name, name) == 0 &&
            fmt_parse_int(value, &v) && v >= 0)
            *slot(i, &numbers[k]) = v;
}

static size_t line_length(const char *s, const char *end, const char **next)
{
    const char *nl = memchr(s, '\n', (size_t)(end - s));
    size_t n = (size_t)((nl ? nl : end) - s);
    *next = nl ? nl + 1 : end;
    return n && s[n - 1] == '\r' ? n - 1 : n;
}

enum status wire_haproxy_info(const char *body, size_t n, struct facts **out, struct err *e)
{
    struct facts *f = facts_new();
    struct ha_info *i = arena_new(&f->arena, struct ha_info);
    const char *s = body ? body : "", *end = s + (body ? n : 0), *next;
    *i = (struct ha_info){.version = "", .node = ""};
    for (int k = 0; k < NNUMBERS; k++)
        *slot(i, &numbers[k]) = -1;
    for (int lines = 0; s < end && lines < MAX_LINES; lines++, s = next)
        read_line(&f->arena, s, line_length(s, end, &next), i);
    f->root = i;
    if (!*i->version) {
        facts_unref(f);
        return err_set(e, ST_INVALID,
                       "expected what \"show info\" prints, with a line \"Version:\"");
    }
    *out = f;
    return ST_OK;
}

const char *wire_haproxy_said(const char *body, size_t n, struct arena *a)
{
    const char *s = body ? body : "", *end = s + (body ? n : 0), *next;
    while (s < end && isspace((unsigned char)*s))
        s++;
    size_t len = line_length(s, end, &next);
    return utf8_clean(a, s, len < MAX_SAID ? len : MAX_SAID);
}

bool wire_haproxy_name_ok(const char *name)
{
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr(";/\"'\\#", *c))
            return false;
    return *name != '\0';
}
