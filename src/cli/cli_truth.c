/* truth: what each system believes of each member, side by side. */
#include "cli_private.h"
#include "pgdba/analysis/truth.h"
#include "pgdba/base/fmt.h"

#define PG_TIMEOUT (2 * USEC_PER_SEC)

static const char *const words[] = {
    [TW_NOT_ASKED] = "not-asked", [TW_UNKNOWN] = "unknown",   [TW_LEADER] = "leader",
    [TW_FOLLOWER] = "follower",   [TW_CHANGING] = "changing", [TW_DOWN] = "down",
    [TW_READ_ONLY] = "read-only",
};
_Static_assert(sizeof words / sizeof *words == TW_READ_ONLY + 1, "a word without its name");

static const char *const keys[] = {
    [TC_LOCK] = "lock",       [TC_REST] = "rest",           [TC_POSTGRES] = "postgresql",
    [TC_HAPROXY] = "haproxy", [TC_PGBOUNCER] = "pgbouncer",
};
_Static_assert(sizeof keys / sizeof *keys == TC_COUNT, "a column without its key");

/* "! primary TL 5, 2s": what contradicts comes with a mark, what is old says so. */
static const char *cell_text(struct arena *a, const struct truth_cell *cell, int64_t now_us)
{
    char t[FMT_MAX];
    const char *mark = cell->contradicts ? "! " : "";
    if (cell->word == TW_NOT_ASKED)
        return NULL;
    if (!cell->at_us)
        return arena_printf(a, "%s%s", mark, *cell->text ? cell->text : "?");
    return arena_printf(a, "%s%s, %s%s", mark, *cell->text ? cell->text : "?",
                        fmt_age(t, now_us - cell->at_us), cell->stale ? " old" : "");
}

static void print_text(struct cli *c, const struct cli_reading *r, const struct truth_row *rows)
{
    static const char *const heads[] = {"MEMBER",     "LOCK",    "REST",
                                        "POSTGRESQL", "HAPROXY", "PGBOUNCER"};
    _Static_assert(sizeof heads / sizeof *heads == 1 + TC_COUNT, "a column without its head");
    struct arena *a = &c->arena;
    struct cli_table t;
    cli_table_init(&t, a, 1 + TC_COUNT, heads);
    for (int i = 0; i < r->s->nmembers; i++) {
        const char *cells[1 + TC_COUNT] = {rows[i].member->name};
        for (int k = 0; k < TC_COUNT; k++)
            cells[1 + k] = cell_text(a, &rows[i].cell[k], r->now_us);
        cli_table_row(&t, cells);
    }
    cli_print_head(c, r);
    fputc('\n', c->opt->out);
    cli_table_print(&t, c->opt->out);
}

static void put_cell(struct wire_json *j, const char *key, const struct truth_cell *cell,
                     int64_t now_us)
{
    struct wire_json *o = wire_json_add_object(j, key);
    wire_json_str(o, "word", words[cell->word]);
    wire_json_str(o, "text", cell->text && *cell->text ? cell->text : NULL);
    wire_json_int(o, "age_ms", cell->at_us ? (now_us - cell->at_us) / USEC_PER_MS : INT64_MIN);
    wire_json_bool(o, "stale", cell->stale);
    wire_json_bool(o, "contradicts", cell->contradicts);
}

static void print_json(struct cli *c, const struct cli_reading *r, const struct truth_row *rows)
{
    struct wire_json *root = cli_json_begin("truth", r->s->cluster, r->wall_us);
    cli_put_reasons(root, &r->v);
    struct wire_json *list = wire_json_add_array(root, "members");
    for (int i = 0; i < r->s->nmembers; i++) {
        struct wire_json *j = wire_json_add_object(list, NULL);
        wire_json_str(j, "name", rows[i].member->name);
        wire_json_str(j, "health", health_name(rows[i].health));
        for (int k = 0; k < TC_COUNT; k++)
            put_cell(j, keys[k], &rows[i].cell[k], r->now_us);
    }
    cli_json_print(root, c->opt->out);
}

/* PostgreSQL is asked as soon as it is known where it listens: after the first picture. */
static bool postgres_known(void *arg)
{
    const struct app *app = arg;
    const struct snapshot *s = app_snapshot(app);
    for (int i = 0; app_cluster(app)->postgres.conninfo && i < s->nmembers; i++)
        if (s->members[i].listed && s->members[i].pg.outcome == OBS_NEVER)
            return false;
    return true;
}

void cli_wait_postgres(struct cli *c)
{
    app_run_until(c->app, postgres_known, c->app, cli_now(c) + PG_TIMEOUT);
}

int cli_truth(struct cli *c)
{
    struct cli_reading r;
    int code = cli_open(c);
    if (code != CLI_HEALTHY)
        return code;
    app_show_leases(c->app, true);
    cli_wait_postgres(c);
    cli_look(c, &r);
    const struct truth_row *rows = truth_rows(r.s, &r.v, r.now_us, &c->arena);
    if (c->json)
        print_json(c, &r, rows);
    else
        print_text(c, &r, rows);
    return r.code;
}
