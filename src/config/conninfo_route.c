/* conninfo_route.c: where a connection string goes. */
#include "values.h"

#include <string.h>
#include <strings.h>

#include "pgdba/base/fmt.h"
#include "pgdba/model/route.h"

enum { PG_PORT = 5432 };

static int count_of(const char *list)
{
    int n = 1;
    for (const char *p = list; (p = strchr(p, ',')); p++)
        n++;
    return n;
}

/* The i-th of a list; the last one where the list is shorter, as one port stands for all hosts. */
static const char *item(struct arena *a, const char *list, int i)
{
    size_t n = strcspn(list, ",");
    while (i-- > 0 && list[n]) {
        list += n + 1;
        n = strcspn(list, ",");
    }
    if (n > 1 && *list == '[' && list[n - 1] == ']')
        return arena_strndup(a, list + 1, n - 2);
    return arena_strndup(a, list, n);
}

static enum route_wants wants_of(const char *attrs)
{
    static const char *const primary[] = {"read-write", "primary"};
    static const char *const standby[] = {"read-only", "standby", "prefer-standby"};
    for (size_t i = 0; attrs && i < sizeof primary / sizeof *primary; i++)
        if (strcmp(attrs, primary[i]) == 0)
            return ROUTE_WANTS_PRIMARY;
    for (size_t i = 0; attrs && i < sizeof standby / sizeof *standby; i++)
        if (strcmp(attrs, standby[i]) == 0)
            return ROUTE_WANTS_STANDBY;
    return ROUTE_WANTS_ANY;
}

/* The path of a URI; percent signs are left as they are, for a database that has one is rare. */
static const char *database_of(struct arena *a, const char *conninfo)
{
    const char *name = conninfo_get(a, conninfo, "dbname");
    bool uri = strncasecmp(conninfo, "postgresql://", 13) == 0 ||
               strncasecmp(conninfo, "postgres://", 11) == 0;
    if (name || !uri)
        return name;
    const char *p = strstr(conninfo, "://") + 3;
    p += strcspn(p, "/?");
    if (*p != '/' || strcspn(p + 1, "?") == 0)
        return NULL;
    return arena_strndup(a, p + 1, strcspn(p + 1, "?"));
}

void conninfo_route(struct arena *a, const char *conninfo, struct app_route *out)
{
    const char *hosts = conninfo_get(a, conninfo, "hostaddr");
    const char *ports = conninfo_get(a, conninfo, "port");
    if (!hosts)
        hosts = conninfo_get(a, conninfo, "host");
    out->wants = wants_of(conninfo_get(a, conninfo, "target_session_attrs"));
    out->database = database_of(a, conninfo);
    out->nplaces = 0;
    if (!hosts)
        return;
    int n = count_of(hosts);
    struct app_place *v = arena_array(a, (size_t)n, struct app_place);
    for (int i = 0; i < n; i++) {
        v[i].host = item(a, hosts, i);
        if (!ports || !fmt_parse_int(item(a, ports, i), &v[i].port) || v[i].port <= 0)
            v[i].port = PG_PORT;
    }
    out->nplaces = n;
    out->places = v;
}
