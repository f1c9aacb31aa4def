/*
 * What the files of cli/ share.
 */
#ifndef PGDBA_CLI_PRIVATE_H
#define PGDBA_CLI_PRIVATE_H

#include "pgdba/cli/cli.h"
#include "pgdba/model/verdict.h"
#include "pgdba/wire/json_out.h"

struct cli {
    const struct cli_options *opt;
    const struct invocation *inv;
    struct app *app;
    struct arena arena;
    bool json;
    struct cluster_config *config; /* until the app takes it */
};

typedef int cli_fn(struct cli *c);

/* cli_read.c */
cli_fn cli_status, cli_topology, cli_lag, cli_pools, cli_stats;
/* cli_change.c */
cli_fn cli_change;
/* cli_cluster.c */
cli_fn cli_cluster_connect, cli_cluster_list, cli_cluster_status, cli_cluster_disconnect;

/* Opens the configured cluster and waits for the first complete picture, within a bound.
 * CLI_HEALTHY, or the code to leave with (said already). */
int cli_open(struct cli *c);
int64_t cli_now(const struct cli *c);
int cli_exit_of(enum health h);
int cli_error(const struct cli *c, enum status st, const char *text);

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
/* Every document begins with these. */
struct wire_json *cli_json_begin(const char *document, const char *cluster, int64_t wall_us);

#endif
