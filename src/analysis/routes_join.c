/* Which member a server of HAProxy is: as configured, by address, by name, by a name in the name.
 */
#include "pgdba/analysis/routes.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* "pg1" in "pg1.example.com", "pg1_5432" or "srv-pg1", but not in "pg10". */
static bool is_part(const char *name, const char *of)
{
    size_t n = strlen(name);
    for (const char *p = strcasestr(of, name); n && p; p = strcasestr(p + 1, name))
        if ((p == of || !isalnum((unsigned char)p[-1])) && !isalnum((unsigned char)p[n]))
            return true;
    return false;
}

/* The longest name that is in it: of pg and pg-1 it is pg-1 in "pg-1.lan". Two of one length are
 * nobody. */
static const struct member *by_part(const struct snapshot *s, const char *server)
{
    const struct member *found = NULL;
    bool twice = false;
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        size_t n = strlen(m->name), best = found ? strlen(found->name) : 0;
        if (n < best || !is_part(m->name, server))
            continue;
        twice = found && n == best;
        found = m;
    }
    return twice ? NULL : found;
}

const struct member *routes_member_of_server(const struct snapshot *s, const struct haproxy *h,
                                             const struct ha_row *r)
{
    for (int i = 0; i < h->nservers; i++)
        if (strcmp(h->servers[i].server, r->name) == 0)
            return snapshot_member(s, h->servers[i].member);
    const struct member *m = routes_member_of(s, r);
    return m ? m : by_part(s, r->name);
}
