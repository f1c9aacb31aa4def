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
