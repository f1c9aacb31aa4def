/* pgb show: the tables of PgBouncer's console. */
#include <string.h>

#include "cli_private.h"
#include "pgdba/analysis/pgb_views.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

#define LIST_TIMEOUT (4 * USEC_PER_SEC) /* a little longer than the source waits for one */

struct wanted {
    struct cli *c;
    enum pgb_view view;
    const char *on; /* NULL: all */
};

static bool is_meant(const struct wanted *w, const struct bouncer *b)
{
    return !w->on || strcmp(b->name, w->on) == 0;
}

/* Every bouncer that is meant has said it, or failed to. */
static bool is_there(void *arg)
{
    const struct wanted *w = arg;
    const struct snapshot *s = app_snapshot(w->c->app);
    for (int i = 0; i < s->nbouncers; i++)
        if (is_meant(w, &s->bouncers[i]) &&
            pgb_view_state(&s->bouncers[i], w->view, NULL)->outcome == OBS_NEVER)
            return false;
    return true;
}

static const char *text_of(struct cli *c, const struct pgb_column *col, struct pgb_value v)
{
    char b[FMT_MAX];
    if (col->unit == PGB_TEXTUAL)
        return v.text && *v.text ? v.text : NULL;
    if (v.n < 0)
        return NULL;
    if (col->unit == PGB_USEC)
        return v.n ? arena_strdup(&c->arena, fmt_duration(b, v.n)) : NULL;
    if (col->unit == PGB_BYTES)
        return arena_strdup(&c->arena, fmt_bytes(b, v.n));
    if (col->unit == PGB_LIMIT && v.n == 0)
        return "none";
    return arena_printf(&c->arena, "%lld%s", (long long)v.n, col->unit == PGB_SECONDS ? " s" : "");
}

static void print_table(struct cli *c, const struct snapshot *s, const struct pgb_view_info *info,
                        const struct pgb_line *l, int n)
{
    struct cli_table t;
    const char **heads = arena_array(&c->arena, (size_t)info->ncolumns, const char *);
    const char **cells = arena_array(&c->arena, (size_t)info->ncolumns, const char *);
    for (int k = 0; k < info->ncolumns; k++)
        heads[k] = arena_printf(&c->arena, "%s%s", info->columns[k].unit == PGB_TEXTUAL ? "" : ">",
                                info->columns[k].title);
    cli_table_init(&t, &c->arena, info->ncolumns, heads);
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < info->ncolumns; k++)
            cells[k] = text_of(c, &info->columns[k],
                               pgb_view_value(s, &info->columns[k], &l[i], &c->arena));
        cli_table_row(&t, cells);
    }
    cli_table_print(&t, c->opt->out);
}

/* What did not answer: an empty table must not look like one that is empty. */
static void print_silent(const struct wanted *w, const struct snapshot *s, FILE *out)
{
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];
        const struct source_state *st = pgb_view_state(b, w->view, NULL);
        if (is_meant(w, b) && st->outcome != OBS_ANSWERED)
            fprintf(out, "%s: %s%s%s\n", b->name, obs_outcome_name(st->outcome),
                    *st->detail ? ": " : "", st->detail);
    }
}

static void put_rows(struct wire_json *root, const struct wanted *w, const struct snapshot *s,
                     const struct pgb_view_info *info, const struct pgb_line *l, int n)
{
    struct wire_json *rows = wire_json_add_array(root, "rows");
    for (int i = 0; i < n; i++) {
        struct wire_json *row = wire_json_add_object(rows, NULL);
        for (int k = 0; k < info->ncolumns; k++) {
            const struct pgb_column *col = &info->columns[k];
            struct pgb_value v = pgb_view_value(s, col, &l[i], &w->c->arena);
            if (col->unit == PGB_TEXTUAL)
                wire_json_str(row, col->name, v.text);
            else if (v.n < 0)
                wire_json_null(row, col->name);
            else
                wire_json_int(row, col->name, v.n);
        }
        wire_json_str(row, "health", health_name(l[i].health));
        wire_json_str(row, "reason", l[i].reason);
    }
}

static void put_sources(struct wire_json *root, const struct wanted *w, const struct snapshot *s,
                        int64_t now_us)
{
    struct wire_json *sources = wire_json_add_object(root, "sources");
    for (int i = 0; i < s->nbouncers; i++)
        if (is_meant(w, &s->bouncers[i]))
            cli_put_source(sources, s->bouncers[i].name,
                           pgb_view_state(&s->bouncers[i], w->view, NULL),
                           pgb_view_beat(s, w->view), now_us);
}

static int no_such_bouncer(struct cli *c, const struct snapshot *s, const char *on)
{
    for (int i = 0; i < s->nbouncers; i++)
        if (strcmp(s->bouncers[i].name, on) == 0)
            return CLI_HEALTHY;
    return cli_error(c, ST_NOT_FOUND,
                     arena_printf(&c->arena, "no PgBouncer of this cluster is called \"%s\"", on));
}

int cli_pgb_show(struct cli *c)
{
    struct wanted w = {.c = c, .on = invocation_get(c->inv, "--on")};
    w.view = (enum pgb_view)pgb_view_find(invocation_get(c->inv, "VIEW"));
    const struct pgb_view_info *info = pgb_view_get(w.view);
    struct cli_reading r;
    app_show_bouncers(c->app, info->kinds);
    r.code = cli_open(c);
    if (r.code != CLI_HEALTHY)
        return r.code;
    if (w.on)
        r.code = no_such_bouncer(c, app_snapshot(c->app), w.on);
    if (r.code != CLI_HEALTHY)
        return r.code;
    app_run_until(c->app, is_there, &w, cli_now(c) + LIST_TIMEOUT);
    cli_look(c, &r);
    int n;
    const struct pgb_line *l = pgb_view_lines(r.s, w.view, w.on, &c->arena, &n);
    if (c->json) {
        struct wire_json *root = cli_json_begin("pgb", r.s->cluster, r.wall_us);
        wire_json_str(root, "view", info->name);
        put_sources(root, &w, r.s, r.now_us);
        put_rows(root, &w, r.s, info, l, n);
        cli_put_reasons(root, &r.v);
        cli_json_print(root, c->opt->out);
    } else {
        print_table(c, r.s, info, l, n);
        print_silent(&w, r.s, c->opt->out);
    }
    return r.code;
}
