/* talk_verbs.c: PgBouncer's commands: what each answers, when it is not sent, and what shows that
 * it has come about. Reference "middleware.md" §1.5, §1.6. Columns are found by name. */
#include "talk.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"
#include "pgdba/wire/pgbouncer.h"

enum { STATE_SINCE = 11900, DRAIN_SINCE = 12300, CLIENT_SINCE = 12400, HONEST_RELOAD = 12500 };

static const char console_db[] = "pgbouncer";

/* ---- reading a table */

static const char *cell(const struct table *t, int row, const char *col)
{
    const char *s = table_get(t, row, table_col(t, col));

    return s ? s : "";
}

static int64_t count(const struct table *t, int row, const char *col)
{
    int64_t v;

    return fmt_parse_int(cell(t, row, col), &v) ? v : 0;
}

/* The row whose column is that; -1: none. */
static int row_of(const struct table *t, const char *col, const char *is)
{
    for (int i = 0; i < t->nrows; i++)
        if (strcmp(cell(t, i, col), is) == 0)
            return i;
    return -1;
}

static bool rows(const struct net_pg_reply *reply)
{
    return reply->outcome == NET_ANSWERED && !*reply->sqlstate && reply->table;
}

static bool is_of(const struct table *t, int row, const char *database)
{
    const char *name = cell(t, row, "database");

    return database ? strcmp(name, database) == 0 : strcmp(name, console_db) != 0;
}

int talk_busy(const struct table *pools, int row, const char *database)
{
    return is_of(pools, row, database)
               ? (int)(count(pools, row, "sv_active") + count(pools, row, "sv_tested"))
               : 0;
}

/* ---- databases */

static const char *no_such(struct talk *t, const struct talk_order *o)
{
    return arena_printf(&t->r->arena, "it has no database %s", o->arg);
}

static const char *is_unknown(struct talk *t, const struct talk_order *o, const struct table *d)
{
    return o->arg && row_of(d, "name", o->arg) < 0 ? no_such(t, o) : NULL;
}

static const char *is_paused_already(struct talk *t, const struct talk_order *o,
                                     const struct table *d)
{
    int row = o->arg ? row_of(d, "name", o->arg) : -1;

    if (o->arg && row < 0)
        return no_such(t, o);
    if (row >= 0 && count(d, row, "paused") > 0)
        return arena_printf(&t->r->arena, "%s is paused already: who paused it is to resume it",
                            o->arg);
    if (row >= 0) { /* what is remembered of an earlier pause has been taken back by somebody */
        struct held held = talk_held(t, o);

        t->r->env.memory.forget(t->r->env.memory.arg, &held);
    }
    return NULL;
}

static const char *is_not_paused(struct talk *t, const struct talk_order *o, const struct table *d)
{
    int row = o->arg ? row_of(d, "name", o->arg) : -1;
    struct held held;

    if (row < 0 || count(d, row, "paused") > 0)
        return NULL;
    held = talk_held(t, o); /* somebody has done it meanwhile */
    t->r->env.memory.forget(t->r->env.memory.arg, &held);
    t->settled = t->r->plan->request.left;
    return arena_printf(&t->r->arena, "%s is not paused by its name", o->arg);
}

static const char *ask_databases(const struct talk *t, const struct talk_order *o)
{
    (void)t;
    (void)o;
    return "SHOW DATABASES";
}

/* Whether everything is paused: what says so before SHOW STATE is what a PAUSE is refused with. It
 * pauses nothing: the console itself cannot be paused. */
static const char *ask_paused(const struct talk *t, const struct talk_order *o)
{
    if (o->arg)
        return "SHOW DATABASES";
    return t->version >= STATE_SINCE ? "SHOW STATE" : "PAUSE pgbouncer";
}

static enum tristate whole_paused(const struct net_pg_reply *reply)
{
    enum tristate is = TRI_UNKNOWN;
    struct facts *f = NULL;

    if (rows(reply) && wire_pgb_state(reply->table, &f, NULL) == ST_OK)
        is = ((const struct pgb_state *)f->root)->paused;
    else if (strstr(reply->detail, "already suspended/paused"))
        is = TRI_YES;
    else if (strstr(reply->detail, "cannot pause admin db"))
        is = TRI_NO;
    facts_unref(f);
    return is;
}

static enum tristate paused(const struct talk_order *o, const struct net_pg_reply *reply)
{
    int row;

    if (!o->arg)
        return whole_paused(reply);
    row = rows(reply) ? row_of(reply->table, "name", o->arg) : -1;
    return row < 0 ? TRI_UNKNOWN : count(reply->table, row, "paused") > 0 ? TRI_YES : TRI_NO;
}

/* PgBouncer does not list a database of its entry "*" that has neither clients nor servers, paused
 * or not, and knows it all the same: then its word is all there is. */
static bool is_hidden(const struct talk *t, const struct talk_order *o,
                      const struct net_pg_reply *reply)
{
    return o->arg && !t->unsure && rows(reply) && row_of(reply->table, "name", o->arg) < 0;
}

static bool holds_paused(struct talk *t, const struct talk_order *o,
                         const struct net_pg_reply *reply)
{
    return paused(o, reply) == TRI_YES || is_hidden(t, o, reply);
}

static bool holds_resumed(struct talk *t, const struct talk_order *o,
                          const struct net_pg_reply *reply)
{
    return paused(o, reply) == TRI_NO || is_hidden(t, o, reply);
}

static const char *ask_pools(const struct talk *t, const struct talk_order *o)
{
    (void)t;
    (void)o;
    return "SHOW POOLS";
}

static bool holds_drained(struct talk *t, const struct talk_order *o,
                          const struct net_pg_reply *reply)
{
    int busy = 0;

    (void)t;
    for (int i = 0; rows(reply) && i < reply->table->nrows; i++)
        busy += talk_busy(reply->table, i, o->arg);
    return rows(reply) && busy == 0;
}

static bool disabled_is(const struct talk_order *o, const struct net_pg_reply *reply, bool is)
{
    int row = rows(reply) ? row_of(reply->table, "name", o->arg) : -1;

    return row >= 0 && (count(reply->table, row, "disabled") > 0) == is;
}

static bool holds_disabled(struct talk *t, const struct talk_order *o,
                           const struct net_pg_reply *reply)
{
    (void)t;
    return disabled_is(o, reply, true);
}

static bool holds_enabled(struct talk *t, const struct talk_order *o,
                          const struct net_pg_reply *reply)
{
    (void)t;
    return disabled_is(o, reply, false);
}

/* ---- connections */

static const char *ask_servers(const struct talk *t, const struct talk_order *o)
{
    (void)t;
    (void)o;
    return "SHOW SERVERS";
}

/* Those in a transaction close when it ends, however long that takes. */
static bool holds_reconnected(struct talk *t, const struct talk_order *o,
                              const struct net_pg_reply *reply)
{
    int busy = 0, idle = 0;

    for (int i = 0; rows(reply) && i < reply->table->nrows; i++) {
        bool closing = is_of(reply->table, i, o->arg) && count(reply->table, i, "close_needed") > 0;
        bool active = strcmp(cell(reply->table, i, "state"), "active") == 0;

        busy += closing && active;
        idle += closing && !active;
    }
    t->busy =
        busy ? arena_printf(&t->r->arena, "%d still in a transaction, closed when it ends", busy)
             : "";
    return rows(reply) && idle == 0;
}

static const char *says_busy(struct talk *t, const struct talk_order *o)
{
    (void)o;
    return t->busy;
}

static const char *is_no_kill(struct talk *t, const struct talk_order *o, const struct table *d)
{
    if (strcmp(o->arg, console_db) == 0)
        return "that is the console itself";
    return is_unknown(t, o, d);
}

/* Its pools are gone, and with them its clients; new ones wait. */
static bool holds_killed(struct talk *t, const struct talk_order *o,
                         const struct net_pg_reply *reply)
{
    int row = rows(reply) ? row_of(reply->table, "name", o->arg) : -1;

    if (is_hidden(t, o, reply))
        return true;
    return row >= 0 && count(reply->table, row, "paused") > 0 &&
           count(reply->table, row, "current_connections") == 0;
}

/* Its own or another console: 1.24 and 1.25 die of it. */
static const char *is_no_client(struct talk *t, const struct talk_order *o, const struct table *c)
{
    int row = row_of(c, "id", o->arg);

    if (t->version < CLIENT_SINCE || table_col(c, "id") < 0)
        return "one client can be killed from PgBouncer 1.24 on";
    if (row < 0)
        return arena_printf(&t->r->arena, "it has no client %s now", o->arg);
    if (strcmp(cell(c, row, "database"), console_db) == 0)
        return arena_printf(&t->r->arena,
                            "client %s is a console, which is never killed: PgBouncer "
                            "can die of it",
                            o->arg);
    return NULL;
}

static const char *ask_clients(const struct talk *t, const struct talk_order *o)
{
    (void)t;
    (void)o;
    return "SHOW CLIENTS";
}

static bool holds_client_gone(struct talk *t, const struct talk_order *o,
                              const struct net_pg_reply *reply)
{
    (void)t;
    return rows(reply) && row_of(reply->table, "id", o->arg) < 0;
}

/* ---- the configuration */

static int row_of_key(const struct talk_order *o, const struct table *config)
{
    for (int i = 0; i < config->nrows; i++) {
        const char *key = cell(config, i, "key");
        size_t n = strlen(key);

        if (strncmp(o->arg, key, n) == 0 && o->arg[n] == '=')
            return i;
    }
    return -1;
}

static const char *is_no_setting(struct talk *t, const struct talk_order *o, const struct table *c)
{
    int row = row_of_key(o, c), n = (int)strcspn(o->arg, "=");

    if (row < 0)
        return arena_printf(&t->r->arena, "it has no setting %.*s", n, o->arg);
    if (strcmp(cell(c, row, "changeable"), "yes") != 0)
        return arena_printf(&t->r->arena,
                            "%.*s cannot be changed while it runs: PgBouncer would take it, and "
                            "nothing would come of it",
                            n, o->arg);
    t->was = utf8_clean(&t->r->arena, cell(c, row, "value"), strlen(cell(c, row, "value")));
    return NULL;
}

/* Clients of a held switchover must not be disconnected while they wait for its end. */
static const char *is_too_short(struct talk *t, const struct talk_order *o, const struct table *c)
{
    int row = row_of(c, "key", "query_wait_timeout");
    double seconds = row >= 0 ? strtod(cell(c, row, "value"), NULL) : 0;

    if (seconds > 0 && seconds < HOLD_LONGEST_S) /* 0 is for ever */
        return arena_printf(
            &t->r->arena,
            "query_wait_timeout is %s s: clients that wait longer are disconnected, "
            "and this may take %d s",
            cell(c, row, "value"), HOLD_LONGEST_S);
    return is_no_setting(t, o, c);
}

static const char *ask_config(const struct talk *t, const struct talk_order *o)
{
    (void)t;
    (void)o;
    return "SHOW CONFIG";
}

/* "1", "1.0" and "1.000" are one value; else it is as it is written. */
static bool same(const char *a, const char *b)
{
    char *end_a, *end_b;
    double x = strtod(a, &end_a), y = strtod(b, &end_b);

    return strcmp(a, b) == 0 || (*a && *b && !*end_a && !*end_b && !(x < y) && !(x > y));
}

static bool holds_set(struct talk *t, const struct talk_order *o, const struct net_pg_reply *reply)
{
    int row = rows(reply) ? row_of_key(o, reply->table) : -1;

    (void)t;
    return row >= 0 && same(cell(reply->table, row, "value"), strchr(o->arg, '=') + 1);
}

static const char *says_before(struct talk *t, const struct talk_order *o)
{
    return arena_printf(&t->r->arena, "it was %s; to undo it: pgb set %.*s=%s",
                        *t->was ? t->was : "empty", (int)strcspn(o->arg, "="), o->arg, t->was);
}

/* ---- the end of it */

static const char *is_too_old(struct talk *t, const struct talk_order *o, const struct table *v)
{
    (void)v;
    return o->arg && t->version < DRAIN_SINCE ? "it can only end at once: to wait came with 1.23"
                                              : NULL;
}

static const char *ask_version(const struct talk *t, const struct talk_order *o)
{
    (void)t;
    (void)o;
    return "SHOW VERSION";
}

/* Nobody listens any more, be it that it has ended or that it waits for its clients. */
static bool holds_gone(struct talk *t, const struct talk_order *o, const struct net_pg_reply *reply)
{
    (void)t;
    (void)o;
    return reply->outcome == NET_REFUSED;
}

static const char *says_gone(struct talk *t, const struct talk_order *o)
{
    (void)t;
    return o->arg ? arena_printf(&t->r->arena,
                                 "takes no connections any more, and ends when its %s "
                                 "have gone",
                                 o->arg)
                  : "nobody listens there any more";
}

static const char *says_reload(struct talk *t, const struct talk_order *o)
{
    (void)o;
    return t->version >= HONEST_RELOAD
               ? ""
               : "before 1.25 it says so whatever the file is like: its log "
                 "tells";
}

/* ---- all of them */

const struct talk_verb talk_resume = {.word = "RESUME",
                                      .look = "SHOW DATABASES",
                                      .refuses = is_not_paused,
                                      .verify = {{ask_paused, holds_resumed, false}},
                                      .forgets = true,
                                      .moot = {"not paused", "no such database"}};
const struct talk_verb talk_pause = {
    .word = "PAUSE",
    .look = "SHOW DATABASES",
    .refuses = is_paused_already,
    .verify = {{ask_pools, holds_drained, false}, {ask_paused, holds_paused, false}},
    .undo = &talk_resume,
    .keeps = true};
const struct talk_verb talk_reconnect = {.word = "RECONNECT",
                                         .look = "SHOW DATABASES",
                                         .refuses = is_unknown,
                                         .verify = {{ask_servers, holds_reconnected, false}},
                                         .says = says_busy};
const struct talk_verb talk_reload = {
    .word = "RELOAD", .look = "SHOW VERSION", .says = says_reload};
const struct talk_verb talk_enable = {.word = "ENABLE",
                                      .look = "SHOW DATABASES",
                                      .refuses = is_unknown,
                                      .verify = {{ask_databases, holds_enabled, false}}};
const struct talk_verb talk_disable = {.word = "DISABLE",
                                       .look = "SHOW DATABASES",
                                       .refuses = is_unknown,
                                       .verify = {{ask_databases, holds_disabled, false}}};
const struct talk_verb talk_kill = {.word = "KILL",
                                    .look = "SHOW DATABASES",
                                    .refuses = is_no_kill,
                                    .verify = {{ask_databases, holds_killed, false}},
                                    .keeps = true};
const struct talk_verb talk_kill_client = {.word = "KILL_CLIENT",
                                           .look = "SHOW CLIENTS",
                                           .refuses = is_no_client,
                                           .verify = {{ask_clients, holds_client_gone, false}}};
const struct talk_verb talk_set = {.word = "SET",
                                   .look = "SHOW CONFIG",
                                   .refuses = is_no_setting,
                                   .verify = {{ask_config, holds_set, false}},
                                   .says = says_before};
const struct talk_verb talk_lower = {.word = "SET",
                                     .look = "SHOW CONFIG",
                                     .refuses = is_too_short,
                                     .verify = {{ask_config, holds_set, false}},
                                     .says = says_before,
                                     .keeps = true};
const struct talk_verb talk_put_back = {.word = "SET",
                                        .look = "SHOW CONFIG",
                                        .refuses = is_no_setting,
                                        .verify = {{ask_config, holds_set, false}},
                                        .forgets = true};
const struct talk_verb talk_shutdown = {.word = "SHUTDOWN",
                                        .look = "SHOW VERSION",
                                        .refuses = is_too_old,
                                        .verify = {{ask_version, holds_gone, true}},
                                        .says = says_gone,
                                        .mute = true};
