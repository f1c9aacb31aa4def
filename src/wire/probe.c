/* The probe's SQL and samples. Simple query protocol, one statement an attempt and no session
 * state: so that it goes through a pooler as an application's transaction would. */
#include "pgdba/wire/probe.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"
#include "pgdba/wire/json_out.h"

enum { MAX_ROWS = 100000 };

#define TABLE PROBE_SCHEMA_NAME ".heartbeat"
/* inet as text has a netmask; a pooler's own address never shows: it only passes this on. With its
 * schema, for whoever has functions of these names in a schema of their own. */
#define WHO                                                           \
    "pg_catalog.pg_is_in_recovery() AS in_recovery, "                 \
    "pg_catalog.host(pg_catalog.inet_server_addr()) AS server_addr, " \
    "pg_catalog.inet_server_port() AS server_port"

const char *wire_probe_create_sql(void)
{
    return "CREATE SCHEMA IF NOT EXISTS " PROBE_SCHEMA_NAME ";\n"
           "COMMENT ON SCHEMA " PROBE_SCHEMA_NAME
           " IS 'Heartbeats of the write probe of pgdba. It may "
           "be dropped while no probe runs: pgdba probe drop';\n"
           "CREATE TABLE IF NOT EXISTS " TABLE " (\n"
           "    run text,\n"
           "    seq bigint,\n"
           "    sent_at timestamptz NOT NULL,\n"
           "    PRIMARY KEY (run, seq)\n"
           ")";
}

/* Nothing of anybody else's goes with it: without CASCADE a schema that has more in it stays. */
const char *wire_probe_drop_sql(void)
{
    return "DROP TABLE IF EXISTS " TABLE ";\n"
           "DROP SCHEMA IF EXISTS " PROBE_SCHEMA_NAME;
}

const char *wire_probe_there_sql(void)
{
    return "SELECT to_regclass('" PROBE_SCHEMA_NAME ".heartbeat') IS NOT NULL";
}

const char *wire_probe_read_sql(void)
{
    return "SELECT " WHO;
}

/* In quotes; what an id may not have is left out. */
static void put_run(struct buf *out, const char *run)
{
    buf_putc(out, '\'');
    for (const char *s = run; *s; s++)
        if (isalnum((unsigned char)*s) || *s == '-')
            buf_putc(out, *s);
    buf_putc(out, '\'');
}

void wire_probe_write_sql(struct buf *out, const char *run, uint64_t seq, uint64_t keep)
{
    enum { EVERY = 1000 };

    if (seq % EVERY == 0 && seq > keep) {
        buf_puts(out, "WITH old AS (DELETE FROM " TABLE " WHERE run = ");
        put_run(out, run);
        buf_addf(out, " AND seq < %llu) ", (unsigned long long)(seq - keep));
    }
    buf_puts(out, "INSERT INTO " TABLE " (run, seq, sent_at) VALUES (");
    put_run(out, run);
    buf_addf(out, ", %llu, pg_catalog.clock_timestamp()) RETURNING " WHO, (unsigned long long)seq);
}

void wire_probe_rows_sql(struct buf *out, const char *run, uint64_t from, uint64_t to)
{
    buf_puts(out, "SELECT seq FROM " TABLE " WHERE run = ");
    put_run(out, run);
    buf_addf(out, " AND seq BETWEEN %llu AND %llu ORDER BY seq", (unsigned long long)from,
             (unsigned long long)to);
}

/* ---- answers */

enum status wire_probe_answer(const struct table *t, char **server, bool *in_recovery,
                              struct err *e)
{
    const char *recovery = table_get(t, 0, table_col(t, "in_recovery"));
    const char *addr = table_get(t, 0, table_col(t, "server_addr"));
    const char *port = table_get(t, 0, table_col(t, "server_port"));
    struct arena a;

    *server = NULL;
    if (t->nrows != 1 || !recovery || (strcmp(recovery, "t") != 0 && strcmp(recovery, "f") != 0))
        return err_set(e, ST_INVALID, "expected one row with in_recovery, got %d rows", t->nrows);
    *in_recovery = *recovery == 't';
    arena_init(&a);
    if (addr && port)
        *server = xasprintf(strchr(addr, ':') ? "[%s]:%s" : "%s:%s",
                            utf8_clean(&a, addr, strlen(addr)), utf8_clean(&a, port, strlen(port)));
    else
        *server = xstrdup(""); /* a Unix socket has none */
    arena_release(&a);
    return ST_OK;
}

enum status wire_probe_rows_answer(const struct table *t, uint64_t **seq, int *n, struct err *e)
{
    int col = table_col(t, "seq");
    uint64_t *v;

    *seq = NULL;
    *n = 0;
    if (col < 0)
        return err_set(e, ST_INVALID, "the rows of the probe have no column \"seq\"");
    v = xcalloc((size_t)t->nrows + 1, sizeof *v);
    for (int i = 0; i < t->nrows; i++) {
        const char *text = table_get(t, i, col);
        int64_t k;

        if (!text || !fmt_parse_int(text, &k) || k < 1 || (i > 0 && (uint64_t)k <= v[i - 1])) {
            free(v);
            return err_set(e, ST_INVALID, "row %d of the probe is no number in order", i + 1);
        }
        v[i] = (uint64_t)k;
    }
    *seq = v;
    *n = t->nrows;
    return ST_OK;
}

/* A prefix of a SQLSTATE; the first that fits. */
static const struct {
    const char *state;
    enum probe_failure failure;
} states[] = {
    {"25006", PROBE_READ_ONLY}, {"57P03", PROBE_STARTING}, {"57P01", PROBE_SHUT_DOWN},
    {"57P02", PROBE_SHUT_DOWN}, {"28", PROBE_LOGIN},       {"3D000", PROBE_LOGIN},
    {"42P01", PROBE_SCHEMA},    {"3F000", PROBE_SCHEMA},
};

enum probe_failure wire_probe_failure(const char *sqlstate, bool answered, bool timed_out,
                                      bool connected)
{
    if (timed_out)
        return PROBE_TIMED_OUT;
    if (!answered)
        return connected ? PROBE_BROKEN : PROBE_NO_CONNECTION;
    if (!*sqlstate)
        return PROBE_OK;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strncmp(sqlstate, states[i].state, strlen(states[i].state)) == 0)
            return states[i].failure;
    /* A pooler says so of the server behind it: it has none, or lost it (PgBouncer: 08P01). */
    if (strncmp(sqlstate, "08", 2) == 0)
        return connected ? PROBE_BROKEN : PROBE_NO_CONNECTION;
    return PROBE_OTHER;
}

/* ---- as JSON */

void wire_probe_encode(const struct probe_sample *s, struct buf *out)
{
    struct wire_json *j = wire_json_object();

    wire_json_str(j, "run", s->run);
    wire_json_int(j, "seq", (int64_t)s->seq);
    wire_json_bool(j, "write", s->write);
    wire_json_int(j, "sent_mono", s->sent_mono_us);
    wire_json_int(j, "sent_wall", s->sent_wall_us);
    wire_json_int(j, "latency", s->latency_us);
    wire_json_str(j, "failure", probe_failure_key(s->failure));
    if (s->failure == PROBE_OK) {
        wire_json_str(j, "server", s->server);
        wire_json_bool(j, "in_recovery", s->in_recovery);
    } else {
        wire_json_str(j, "sqlstate", s->sqlstate);
        wire_json_str(j, "detail", s->detail);
    }
    wire_json_dump(j, false, out);
    wire_json_free(j);
}

static bool read_run(struct arena *a, const json_t *o, const char **run)
{
    *run = wire_get_text(a, o, "run");
    return *run && **run;
}

static bool read_seq(const json_t *o, const char *key, uint64_t *seq)
{
    int64_t v = wire_get_int(o, key, 1, 0);

    *seq = (uint64_t)v;
    return v > 0;
}

static enum status read_sample(const json_t *o, struct arena *a, struct probe_sample *s,
                               struct err *e)
{
    const char *failure = wire_get_text(a, o, "failure");

    if (wire_json_expect(o, JSON_OBJECT, "a sample of the probe: an object", e))
        return ST_INVALID;
    if (!read_run(a, o, &s->run) || !read_seq(o, "seq", &s->seq))
        return err_set(e, ST_INVALID, "the sample of the probe has no run or seq");
    if (!failure || !probe_failure_parse(failure, &s->failure))
        return err_set(e, ST_INVALID, "the sample of the probe does not say how it ended");
    s->write = wire_get_flag(o, "write");
    s->sent_mono_us = wire_get_int(o, "sent_mono", INT64_MIN + 1, 0);
    s->sent_wall_us = wire_get_int(o, "sent_wall", 0, 0);
    s->latency_us = wire_get_int(o, "latency", 0, 0);
    s->server = wire_get_words(a, o, "server");
    s->in_recovery = wire_get_flag(o, "in_recovery");
    s->sqlstate = wire_get_words(a, o, "sqlstate");
    s->detail = wire_get_words(a, o, "detail");
    return ST_OK;
}

enum status wire_probe_decode(const char *body, size_t n, struct facts **out, struct err *e)
{
    json_t *j = wire_json_load(body, n, WIRE_MAX_VALUES, e);
    enum status st;

    if (!j)
        return ST_INVALID;
    struct facts *f = facts_new();
    struct probe_sample *s = arena_new(&f->arena, struct probe_sample);

    f->root = s;
    st = read_sample(j, &f->arena, s, e);
    json_decref(j);
    if (st == ST_OK)
        *out = f;
    else
        facts_unref(f);
    return st;
}

/* Rows that follow one another as [first, last]: nearly all do. */
void wire_probe_rows_encode(const struct probe_rows *r, struct buf *out)
{
    struct wire_json *j = wire_json_object(), *list;

    wire_json_str(j, "run", r->run);
    wire_json_int(j, "from", (int64_t)r->from);
    wire_json_int(j, "to", (int64_t)r->to);
    list = wire_json_add_array(j, "seq");
    for (int i = 0; i < r->n;) {
        struct wire_json *pair = wire_json_add_array(list, NULL);
        int last = i;

        while (last + 1 < r->n && r->seq[last + 1] == r->seq[last] + 1)
            last++;
        wire_json_int(pair, NULL, (int64_t)r->seq[i]);
        wire_json_int(pair, NULL, (int64_t)r->seq[last]);
        i = last + 1;
    }
    wire_json_dump(j, false, out);
    wire_json_free(j);
}

/* One [first, last], after the ones before. */
static bool read_pair(const json_t *pair, const struct probe_rows *r, uint64_t after,
                      int64_t *first, int64_t *last)
{
    return json_array_size(pair) == 2 && wire_json_number(json_array_get(pair, 0), first) &&
           wire_json_number(json_array_get(pair, 1), last) && *first > 0 && *last >= *first &&
           (uint64_t)*first > after && (uint64_t)*first >= r->from && (uint64_t)*last <= r->to;
}

static enum status read_pairs(const json_t *list, struct arena *a, struct probe_rows *r,
                              struct err *e)
{
    size_t total = 0, npairs = json_array_size(list);
    uint64_t after = 0, *v;
    int64_t first, last;

    for (size_t i = 0; i < npairs; i++) {
        if (!read_pair(json_array_get(list, i), r, after, &first, &last))
            return err_set(e, ST_INVALID, "rows %zu of the probe are not in order", i + 1);
        after = (uint64_t)last;
        if ((uint64_t)(last - first) >= MAX_ROWS ||
            (total += (size_t)(last - first) + 1) > MAX_ROWS)
            return err_set(e, ST_INVALID, "absurd: more than %d rows of the probe", MAX_ROWS);
    }
    v = arena_array(a, total, uint64_t);
    for (size_t i = 0; i < npairs; i++) {
        const json_t *pair = json_array_get(list, i);

        wire_json_number(json_array_get(pair, 0), &first);
        wire_json_number(json_array_get(pair, 1), &last);
        for (int64_t k = first; k <= last; k++)
            v[r->n++] = (uint64_t)k;
    }
    r->seq = v;
    return ST_OK;
}

static enum status read_rows(const json_t *o, struct arena *a, struct probe_rows *r, struct err *e)
{
    const json_t *list = json_object_get(o, "seq");

    if (wire_json_expect(o, JSON_OBJECT, "rows of the probe: an object", e) ||
        wire_json_expect(list, JSON_ARRAY, "a list in \"seq\"", e))
        return ST_INVALID;
    if (!read_run(a, o, &r->run) || !read_seq(o, "from", &r->from) || !read_seq(o, "to", &r->to))
        return err_set(e, ST_INVALID, "the rows of the probe have no run, from or to");
    return read_pairs(list, a, r, e);
}

enum status wire_probe_rows_decode(const char *body, size_t n, struct facts **out, struct err *e)
{
    json_t *j = wire_json_load(body, n, WIRE_MAX_CELLS, e);
    enum status st;

    if (!j)
        return ST_INVALID;
    struct facts *f = facts_new();
    struct probe_rows *r = arena_new(&f->arena, struct probe_rows);

    f->root = r;
    st = read_rows(j, &f->arena, r, e);
    json_decref(j);
    if (st == ST_OK)
        *out = f;
    else
        facts_unref(f);
    return st;
}
