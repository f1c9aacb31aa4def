/* config show, history: what the DCS keeps for all members. */
#include "cli_private.h"
#include "pgdba/base/fmt.h"
#include "pgdba/wire/dynamic.h"

static int not_known(struct cli *c, const struct source_state *st, const char *what)
{
    struct err e = ERR_INIT;
    err_set(&e, ST_UNREACHABLE, "%s is not known: %s%s%s", what, obs_outcome_name(st->outcome),
            *st->detail ? ": " : "", st->detail);
    int code = cli_error(c, ST_UNREACHABLE, err_text(&e));
    err_release(&e);
    return code;
}

static void print_settings(struct cli *c, const struct cli_reading *r, const struct dyn_settings *s)
{
    struct wire_json *root = cli_json_begin("config", r->s->cluster, r->wall_us);
    struct wire_json *list = wire_json_add_array(root, "settings");
    for (int i = 0; i < s->n; i++) {
        struct wire_json *o = wire_json_add_object(list, NULL);
        wire_json_str(o, "name", s->v[i].path);
        wire_json_str(o, "value", s->v[i].text);
    }
    wire_json_str(root, "document", r->s->config->text);
    cli_json_print(root, c->opt->out);
}

int cli_config_show(struct cli *c)
{
    struct cli_reading r;
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    struct buf text;
    if (!cli_begin(c, &r))
        return r.code;
    if (!r.s->config || !r.s->config->text)
        return not_known(c, &r.s->config_state, "the configuration");
    buf_init(&text);
    enum status st = wire_dynamic_flatten(r.s->config->text, &f, &e);
    if (st == ST_OK && c->json)
        print_settings(c, &r, f->root);
    else if (st == ST_OK && (st = wire_dynamic_pretty(r.s->config->text, &text, &e)) == ST_OK)
        fputs(text.s, c->opt->out);
    int code = st == ST_OK ? CLI_HEALTHY : cli_error(c, st, err_text(&e));
    facts_unref(f);
    buf_release(&text);
    err_release(&e);
    return code;
}

/* ---- config edit */

struct editing {
    struct cli *c;
    bool over;
    const char *patch, *base, *why, *kept;
};

static void on_edited(void *arg, const struct edited *e)
{
    struct editing *k = arg;
    struct arena *a = &k->c->arena;
    k->over = true;
    k->patch = arena_strdup(a, e->patch);
    k->base = arena_strdup(a, e->base);
    k->why = arena_strdup(a, e->why);
    k->kept = arena_strdup(a, e->kept);
}

static bool is_over(void *arg)
{
    return ((struct editing *)arg)->over;
}

static enum status edit_once(struct editing *k, const char *file, struct err *e)
{
    struct cli *c = k->c;
    k->over = false;
    enum status st = file ? app_config_take(c->app, file, on_edited, k, e)
                          : app_config_edit(c->app, on_edited, k, e);
    while (st == ST_OK && !app_run_until(c->app, is_over, k, cli_now(c) + 60 * USEC_PER_SEC))
        continue; /* a person types */
    if (st == ST_OK && !k->patch)
        st = err_set(e, k->kept ? ST_INVALID : ST_REFUSED, "%s", k->why);
    return st;
}

static void say_kept(const struct editing *k)
{
    if (k->kept)
        fprintf(k->c->opt->err, "pgdba: your text is in %s; config edit --file takes it up again\n",
                k->kept);
}

int cli_config_edit(struct cli *c)
{
    const char *file = invocation_get(c->inv, "--file");
    struct editing k = {.c = c};
    struct err e = ERR_INIT;
    struct wire_json *doc = NULL;
    bool done = false;
    if (!file && !c->opt->interactive)
        return cli_error(c, ST_USAGE, "no terminal to edit on: give --file");
    int code = cli_open(c);
    if (code != CLI_HEALTHY)
        return code;
    if (!file)
        app_catch_signals(c->app); /* those that are meant for the editor */
    enum status st = edit_once(&k, file, &e);
    while (st != ST_OK && k.kept) {
        cli_error(c, st, err_text(&e));
        if (!cli_asks(c, "Edit it again? [y/N] "))
            break;
        err_release(&e);
        st = edit_once(&k, NULL, &e);
    }
    if (st == ST_OK)
        code = cli_carry_out_request(
            c, &(struct request){.kind = ACT_CONFIG, .patch = k.patch, .base = k.base}, "change",
            &doc, &done);
    else
        code = k.kept ? CLI_USAGE : cli_error(c, st, err_text(&e));
    if (doc)
        cli_json_print(doc, c->opt->out);
    if (!done)
        say_kept(&k);
    app_config_edited(c->app, !done);
    err_release(&e);
    return code;
}

int cli_history(struct cli *c)
{
    static const char *const heads[] = {">TL", "ENDED AT", "WHEN", "LED AFTER IT", "REASON"};
    struct cli_reading r;
    struct cli_table t;
    char lsn[LSN_TEXT];
    if (!cli_begin(c, &r))
        return r.code;
    const struct history *h = r.s->history;
    if (!h)
        return not_known(c, &r.s->history_state, "the history");
    if (c->json) {
        struct wire_json *root = cli_json_begin("history", r.s->cluster, r.wall_us);
        struct wire_json *list = wire_json_add_array(root, "promotions");
        for (int i = 0; i < h->n; i++) {
            struct wire_json *o = wire_json_add_object(list, NULL);
            wire_json_int(o, "timeline", h->v[i].timeline);
            cli_put_lsn(o, "end", h->v[i].end);
            wire_json_str(o, "time", h->v[i].timestamp);
            wire_json_str(o, "new_leader", h->v[i].new_leader);
            wire_json_str(o, "reason", h->v[i].reason);
        }
        cli_json_print(root, c->opt->out);
        return CLI_HEALTHY;
    }
    cli_table_init(&t, &c->arena, 5, heads);
    for (int i = 0; i < h->n; i++)
        cli_table_row(&t,
                      (const char *[]){arena_printf(&c->arena, "%lld", (long long)h->v[i].timeline),
                                       arena_strdup(&c->arena, lsn_format(lsn, h->v[i].end)),
                                       h->v[i].timestamp ? h->v[i].timestamp : "?",
                                       h->v[i].new_leader, h->v[i].reason});
    if (h->n)
        cli_table_print(&t, c->opt->out);
    else
        fputs("Nobody was ever promoted in this cluster.\n", c->opt->out);
    return CLI_HEALTHY;
}
