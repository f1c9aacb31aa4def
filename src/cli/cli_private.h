/*
 * What the files of cli/ share.
 */
#ifndef PGDBA_CLI_PRIVATE_H
#define PGDBA_CLI_PRIVATE_H

#include "pgdba/cli/cli.h"
#include "pgdba/model/verdict.h"
#include "pgdba/wire/json_out.h"
#include "pgdba/wire/recording.h"

struct cli {
    const struct cli_options *opt;
    const struct invocation *inv;
    struct app *app;
    struct arena arena;
    bool json;
    struct cluster_config *config; /* until the app takes it */
    bool reader_gone;              /* whoever read what is written has closed the pipe */
};

typedef int cli_fn(struct cli *c);

/* cli_read.c */
cli_fn cli_status, cli_topology, cli_lag, cli_pools, cli_stats;
/* cli_dcs.c, cli_events.c, cli_failovers.c, cli_record.c, cli_truth.c, cli_watch.c */
cli_fn cli_dcs, cli_events, cli_failovers, cli_record, cli_truth, cli_watch;
/* After the first picture: every listed member's PostgreSQL has been asked, within a bound. */
void cli_wait_postgres(struct cli *c);
/* cli_routes.c */
cli_fn cli_routes;
/* cli_pgb.c */
cli_fn cli_pgb_show;
/* cli_audit.c */
cli_fn cli_audit;
/* cli_config.c */
cli_fn cli_config_show, cli_config_edit, cli_history;
/* cli_change.c */
cli_fn cli_change;
/* The same for what has more to do afterwards: *done when it went as planned. With --format json
 * *doc is begun, to be printed by the caller (NULL: nothing was planned). */
int cli_carry_out(struct cli *c, const char *document, struct wire_json **doc, bool *done);
/* From the open cluster on: a plan of r, and the rest. */
int cli_carry_out_request(struct cli *c, const struct request *r, const char *document,
                          struct wire_json **doc, bool *done);
/* cli_query.c */
cli_fn cli_query, cli_dsn, cli_version;
void cli_print_rows(const struct cli *c, const struct table *t);  /* as wide as the terminal */
void cli_put_rows(struct wire_json *root, const struct table *t); /* columns, rows */
/* A question to the operator, on stderr: y or yes is yes. */
bool cli_asks(struct cli *c, const char *question);
/* cli_probe.c */
cli_fn cli_probe;
/* cli_cluster.c */
cli_fn cli_cluster_connect, cli_cluster_list, cli_cluster_status, cli_cluster_disconnect;

/* Opens the configured cluster and waits for the first complete picture, within a bound.
 * CLI_HEALTHY, or the code to leave with (said already). */
int cli_open(struct cli *c);
int64_t cli_now(const struct cli *c);
int cli_exit_of(enum health h);
int cli_error(const struct cli *c, enum status st, const char *text);

/* ---- cli_read.c: one read: the picture, its verdict, and the way out. */
struct cli_reading {
    const struct snapshot *s;
    struct verdicts v;
    int64_t now_us, wall_us;
    int code;
};
bool cli_begin(struct cli *c, struct cli_reading *r); /* cli_open() and cli_look() */
void cli_look(struct cli *c, struct cli_reading *r);  /* once more, at what is there now */
void cli_print_head(struct cli *c, const struct cli_reading *r);
const char *cli_age(struct arena *a, const struct source_state *st, int64_t now_us);

/* ---- cli_until.c: commands that go on until their time is over or somebody ends them. */
struct cli_span {
    struct cli *c;
    bool (*done)(void *arg); /* besides; NULL */
    void *arg;
};
/* --for, an interrupt (SIGINT, SIGTERM, SIGHUP), a closed pipe or done() ends it. */
void cli_run_span(const struct cli_span *s);
/* What was printed goes out now. */
void cli_flush(struct cli *c);

/* ---- cli_lines.c: many lines to somebody who may read slowly. */
struct cli_lines {
    struct cli *c;
    struct buf queue;
    size_t sent; /* of the queue */
    bool waiting;
    int error; /* errno; 0 all is well */
};
void cli_lines_init(struct cli_lines *l, struct cli *c);
void cli_lines_put(struct cli_lines *l, const char *text); /* whole lines; never waits */
bool cli_lines_over(void *lines);                          /* nothing can be written any more */
/* What is left goes out first, within a bound. CLI_HEALTHY, or what went wrong (said already). */
int cli_lines_end(struct cli_lines *l);

/* ---- cli_events.c: what happened, in words. */
const char *cli_stamp(struct arena *a, int64_t wall_us); /* "2026-11-21 03:12:00.123" */
void cli_event_text(const struct event *e, struct arena *a, struct buf *out);
/* ---- cli_failovers.c */
/* "lock gone", "HAProxy routes (haproxy)" */
const char *cli_phase_text(const struct failover_phase *p, struct arena *a);
/* "etcd, revision 412, within 0.5 s", "" */
const char *cli_said_by(enum obs_system source, int64_t revision, int64_t mono_us,
                        int64_t not_before_us, struct arena *a);

/* ---- text tables: columns as wide as they need, numbers right. */
struct cli_table {
    struct arena *arena;
    int ncols, nrows, cap;
    const char *const *heads; /* a leading '>' : right-aligned */
    const char **cells;
};
void cli_table_init(struct cli_table *t, struct arena *a, int ncols, const char *const *heads);
void cli_table_row(struct cli_table *t, const char *const *cells); /* NULL cell: "-" */
void cli_table_print(const struct cli_table *t, FILE *out);

/* ---- cli_json.c: the documents. */
void cli_json_status(struct wire_json *root, const struct snapshot *s, const struct verdicts *v,
                     int64_t now_us, int64_t wall_us);
void cli_json_lag(struct wire_json *root, const struct snapshot *s, int64_t now_us,
                  int64_t wall_us);
void cli_json_pools(struct wire_json *root, const struct snapshot *s, struct arena *a,
                    int64_t now_us);
void cli_json_stats(struct wire_json *root, const struct snapshot *s, int64_t now_us);
void cli_json_plan(struct wire_json *root, const struct plan *p);
void cli_json_operation(struct wire_json *root, const struct operation *op);
void cli_json_print(struct wire_json *root, FILE *out); /* prints and frees */
void cli_json_dcs(struct wire_json *root, const struct snapshot *s, int64_t now_us);
/* Parts of them: 0 and what is not known become null. */
void cli_put_positive(struct wire_json *j, const char *key, int64_t v);
void cli_put_lsn(struct wire_json *j, const char *key, lsn_t v);
void cli_put_source(struct wire_json *parent, const char *key, const struct source_state *st,
                    int64_t refresh_us, int64_t now_us);
void cli_put_reasons(struct wire_json *root, const struct verdicts *v); /* health, reasons */
/* Every document begins with these. */
struct wire_json *cli_json_begin(const char *document, const char *cluster, int64_t wall_us);

#endif
