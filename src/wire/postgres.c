/* What a PostgreSQL says of itself. Reference: "middleware.md" §6.2 to §6.4. */
#include "pgdba/wire/postgres.h"

#include <string.h>

#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"

/* One row for every role and version, and nothing in it that fails for lack of privilege or in the
 * wrong state:
 * - pg_walfile_name() fails in recovery, and does so while planning when its argument is a
 * constant; with pg_current_wal_lsn() in it CASE keeps it from being called at all;
 * - is_standby is asked once, so that a promotion in between cannot make two answers of it;
 * - what a plain role may not see of pg_stat_wal_receiver is NULL, only the pid tells that there is
 *   a row;
 * - on a standby the control file lags behind until a restartpoint, so that it comes last;
 * - reset_val is the setting that a SET of ours does not touch; one that is there for this login
 *   alone (its role's, its connection's) does not make the server read-only for anybody else.
 * Everything is named with its schema: this may run as superuser, whose search_path may lead
 * through a schema of somebody else's. */
static const char self_sql[] =
    "SELECT pg_catalog.current_setting('server_version_num') AS server_version,"
    " s.is_standby AS in_recovery,"
    " (SELECT g.reset_val = 'on' AND g.source NOT IN ('client', 'user', 'database user')"
    " FROM pg_catalog.pg_settings g WHERE g.name = 'default_transaction_read_only') AS read_only,"
    " CASE WHEN s.is_standby THEN NULL"
    " ELSE pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) END AS wal_file,"
    " CASE WHEN s.is_standby THEN COALESCE(NULLIF(w.received_tli, 0),"
    " GREATEST(r.min_recovery_end_timeline, c.timeline_id)) END AS standby_timeline,"
    " CASE WHEN s.is_standby THEN pg_catalog.pg_last_wal_replay_lsn()"
    " ELSE pg_catalog.pg_current_wal_lsn() END AS lsn,"
    " CASE WHEN s.is_standby THEN pg_catalog.pg_last_wal_receive_lsn() END AS received,"
    " y.system_identifier AS system_id,"
    " pg_catalog.pg_postmaster_start_time() AS started_at,"
    " w.pid IS NOT NULL AS has_receiver,"
    " w.status AS receiver, w.sender_host, w.sender_port"
    " FROM (SELECT pg_catalog.pg_is_in_recovery() AS is_standby) s"
    " CROSS JOIN pg_catalog.pg_control_system() y"
    " CROSS JOIN pg_catalog.pg_control_checkpoint() c"
    " CROSS JOIN pg_catalog.pg_control_recovery() r"
    " LEFT JOIN pg_catalog.pg_stat_wal_receiver w ON true";

const char *wire_pg_self_sql(void)
{
    return self_sql;
}

static const char *cell(const struct table *t, const char *name)
{
    return table_get(t, 0, table_col(t, name));
}

static const char *text(struct arena *a, const struct table *t, const char *name)
{
    const char *s = cell(t, name);
    return s ? utf8_clean(a, s, strlen(s)) : NULL;
}

static bool is_true(const char *s)
{
    return s && strcmp(s, "t") == 0;
}

static int64_t number(const char *s, int64_t unknown)
{
    int64_t v;
    return s && fmt_parse_int(s, &v) && v >= 0 ? v : unknown;
}

static lsn_t position(const char *s)
{
    lsn_t v;
    return s && lsn_parse(s, &v) ? v : LSN_UNKNOWN;
}

/* The first eight hex digits of 24: "0000000200000000000000A1" is of timeline 2. */
static int64_t walfile_timeline(const char *s)
{
    if (!s || strlen(s) != 24 || strspn(s, "0123456789ABCDEF") != 24)
        return 0;
    int64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v * 16 + (s[i] <= '9' ? s[i] - '0' : s[i] - 'A' + 10);
    return v;
}

/* After a restart with nobody to stream from it is behind what was replayed from disk; NULL is a
 * standby that never streamed. */
static lsn_t received(lsn_t got, lsn_t replayed)
{
    if (got == LSN_UNKNOWN || replayed == LSN_UNKNOWN)
        return got;
    return got > replayed ? got : replayed;
}

static void read_self(struct arena *a, const struct table *t, struct pg_self *p)
{
    const char *host = text(a, t, "sender_host"), *port = text(a, t, "sender_port");
    p->server_version = (int)number(cell(t, "server_version"), 0);
    p->in_recovery = is_true(cell(t, "in_recovery"));
    p->read_only = is_true(cell(t, "read_only"));
    p->timeline = p->in_recovery ? number(cell(t, "standby_timeline"), 0)
                                 : walfile_timeline(cell(t, "wal_file"));
    p->lsn = position(cell(t, "lsn"));
    p->received = received(position(cell(t, "received")), p->lsn);
    p->system_id = text(a, t, "system_id");
    p->started_at = text(a, t, "started_at");
    p->receiver = is_true(cell(t, "has_receiver")) ? text(a, t, "receiver") : "";
    if (host && *host && port)
        p->upstream = arena_printf(a, "%s:%s", host, port);
}

static enum status check(const struct table *t, struct err *e)
{
    const int64_t oldest = 120000, newest = 999999;
    if (t->nrows != 1)
        return err_set(e, ST_INVALID, "PostgreSQL answered %d rows about itself, not one",
                       t->nrows);
    int64_t version = number(cell(t, "server_version"), -1);
    const char *in_recovery = cell(t, "in_recovery");
    if (version < 0 || version > newest)
        return err_set(e, ST_INVALID, "PostgreSQL does not say its version");
    if (version < oldest)
        return err_set(e, ST_INVALID, "PostgreSQL %d is too old: 12 is the oldest known",
                       (int)(version / 10000));
    if (!in_recovery || (strcmp(in_recovery, "t") != 0 && strcmp(in_recovery, "f") != 0))
        return err_set(e, ST_INVALID, "PostgreSQL does not say whether it is in recovery");
    return ST_OK;
}

static bool timeline_lags(const struct pg_self *p, const struct pg_self *before)
{
    return before && p->in_recovery && p->timeline < before->timeline && p->system_id &&
           before->system_id && strcmp(p->system_id, before->system_id) == 0 &&
           !(p->receiver && strcmp(p->receiver, "streaming") == 0);
}

enum status wire_pg_self(const struct table *t, const struct pg_self *before, struct facts **out,
                         struct err *e)
{
    enum status st = check(t, e);
    if (st)
        return st;
    struct facts *f = facts_new();
    struct pg_self *p = arena_new(&f->arena, struct pg_self);
    read_self(&f->arena, t, p);
    if (timeline_lags(p, before))
        p->timeline = before->timeline;
    f->root = p;
    *out = f;
    return ST_OK;
}
