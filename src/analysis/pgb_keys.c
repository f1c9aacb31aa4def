/* Who a row of a view of PgBouncer's console is, within its bouncer. */
#include "pgb_columns.h"

#include <inttypes.h>

/* ptr is what link says of the peer; before it is used again the row is another picture's. */
const char *pgb_conn_key(const void *row, struct arena *a)
{
    const struct pgb_server *c = row;
    if (c->ptr)
        return c->ptr;
    return arena_printf(a, "%s:%" PRId64 ":%" PRId64, c->addr ? c->addr : "unix", c->port,
                        c->local_port);
}

#define NAME_KEY(fn, type, field)                    \
    const char *fn(const void *row, struct arena *a) \
    {                                                \
        (void)a;                                     \
        return ((const struct type *)row)->field;    \
    }
NAME_KEY(pgb_database_key, pgb_database, name)
NAME_KEY(pgb_user_key, pgb_user, name)
NAME_KEY(pgb_setting_key, pgb_setting, key)
NAME_KEY(pgb_list_key, pgb_list, name)
NAME_KEY(pgb_cache_key, pgb_cache, name)
NAME_KEY(pgb_dns_host_key, pgb_dns_host, name)
NAME_KEY(pgb_dns_zone_key, pgb_dns_zone, name)
NAME_KEY(pgb_stats_key, pgb_stats, database)

const char *pgb_pool_key(const void *row, struct arena *a)
{
    const struct pgb_pool *p = row;
    return arena_printf(a, "%s/%s", p->database, p->user ? p->user : "");
}
