/* What is wrong with one row of a view of PgBouncer's console. */
#include "pgb_columns.h"

#include <string.h>

#include "pgdba/base/clock.h"

static void says(struct pgb_line *l, enum health h, const char *reason)
{
    l->health = h;
    l->reason = reason;
}

static void judge_database(struct pgb_line *l)
{
    const struct pgb_database *d = l->row;
    if (d->paused || d->disabled)
        says(l, HEALTH_DEGRADED,
             d->paused ? "PAUSE of this database: its clients wait"
                       : "DISABLE: new clients are refused");
    else if (d->max_connections > 0 && d->current_connections >= d->max_connections)
        says(l, HEALTH_DEGRADED, "as many server connections as max_db_connections allows");
    else if (d->max_clients > 0 && d->current_clients >= d->max_clients)
        says(l, HEALTH_DEGRADED, "as many clients as max_db_client_connections allows");
}

static void judge_user(struct pgb_line *l)
{
    const struct pgb_user *u = l->row;
    if (u->max_connections > 0 && u->connections >= u->max_connections)
        says(l, HEALTH_DEGRADED, "as many server connections as max_user_connections allows");
    else if (u->max_clients > 0 && u->clients >= u->max_clients)
        says(l, HEALTH_DEGRADED, "as many clients as max_user_client_connections allows");
}

static void judge_client(struct pgb_line *l)
{
    const struct pgb_server *c = l->row;
    if (c->state && strncmp(c->state, "waiting", 7) == 0 && c->wait_us > USEC_PER_SEC)
        says(l, c->wait_us > 10 * USEC_PER_SEC ? HEALTH_CRITICAL : HEALTH_DEGRADED,
             "waits for a server connection");
}

void pgb_line_judge(enum pgb_view view, struct pgb_line *l, struct arena *a)
{
    (void)a;
    if (view == PGB_VIEW_DATABASES)
        judge_database(l);
    else if (view == PGB_VIEW_USERS)
        judge_user(l);
    else if (view == PGB_VIEW_CLIENTS)
        judge_client(l);
    else if (view == PGB_VIEW_SERVERS && ((const struct pgb_server *)l->row)->close_needed)
        says(l, HEALTH_DEGRADED, "to be closed when it comes back");
}
