/* complete.c: what can stand at the point, from the table and the present picture alone. */
#include "pgdba/command/command.h"

#include <string.h>

#include "cursor.h"
#include "kind.h"

struct completion {
    struct cursor at;
    const struct command_context *ctx;
    struct arena *arena;
    const char **v;
    int n, cap;
};

static void push(struct completion *c, const char *text)
{
    if (c->n == c->cap) {
        int cap = c->cap ? 2 * c->cap : 16;
        const char **v = arena_array(c->arena, (size_t)cap, const char *);

        if (c->n > 0)
            memcpy(v, c->v, (size_t)c->n * sizeof *v);
        c->v = v;
        c->cap = cap;
    }
    c->v[c->n++] = text;
}

static void offer_command(struct completion *c, const char *text)
{
    if (strncmp(text, c->at.partial, strlen(c->at.partial)) == 0)
        push(c, text);
}

/* A value, behind "--opt=" when that is how it is typed. */
static void offer_value(struct completion *c, const char *text)
{
    const char *typed = c->at.option ? c->at.value : c->at.partial, *quoted;

    if (strncmp(text, typed, strlen(typed)) != 0)
        return;
    quoted = word_quote(c->arena, text);
    if (!c->at.inline_name && !c->at.option && !c->at.only_words && quoted[0] == '-' && quoted[1])
        quoted = arena_printf(c->arena, "'%s'", quoted); /* or it would be read as an option */
    push(c, c->at.inline_name ? arena_printf(c->arena, "%s%s", c->at.inline_name, quoted) : quoted);
}

static void offer_list(struct completion *c, int n, const char *const *v)
{
    for (int i = 0; i < n; i++)
        offer_value(c, v[i]);
}

/* ---- members -----------------------------------------------------------------------------------
 */

static bool already_named(const struct completion *c, const struct command_arg *arg,
                          const char *name)
{
    for (int i = 0; i < c->at.nseen; i++)
        if (c->at.seen[i].arg == arg && strcmp(c->at.seen[i].text, name) == 0)
            return true;
    return false;
}

static void offer_members(struct completion *c, const struct command_arg *arg)
{
    const struct snapshot *s = c->ctx->snapshot;

    for (int i = 0; s && i < s->nmembers; i++) {
        const struct member *m = &s->members[i];

        if (!m->listed && arg->kind != ARG_MEMBER)
            continue;
        if (arg->kind == ARG_REPLICA && i == s->leader)
            continue;
        if (arg->kind == ARG_LEADER && i != s->leader)
            continue;
        if (!already_named(c, arg, m->name))
            offer_value(c, m->name);
    }
}

/* ---- PgBouncers -------------------------------------------------------------------------------
 */

static void offer_bouncers(struct completion *c, const struct command_arg *arg)
{
    const struct snapshot *s = c->ctx->snapshot;

    for (int i = 0; s && i < s->nbouncers; i++)
        if (!already_named(c, arg, s->bouncers[i].name))
            offer_value(c, s->bouncers[i].name);
}

static bool earlier_has(const struct snapshot *s, int bouncer, const char *name)
{
    for (int i = 0; i < bouncer; i++) {
        const struct pgb_databases *d = s->bouncers[i].databases;

        for (int k = 0; d && k < d->n; k++)
            if (strcmp(d->v[k].name, name) == 0)
                return true;
    }
    return false;
}

static void offer_databases(struct completion *c, const struct command_arg *arg)
{
    const struct snapshot *s = c->ctx->snapshot;

    for (int i = 0; s && i < s->nbouncers; i++) {
        const struct pgb_databases *d = s->bouncers[i].databases;

        for (int k = 0; d && k < d->n; k++)
            if (!earlier_has(s, i, d->v[k].name) && !already_named(c, arg, d->v[k].name))
                offer_value(c, d->v[k].name);
    }
}

/* ---- HAProxy
 * ----------------------------------------------------------------------------------- */

static bool offered(const struct completion *c, const char *text)
{
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->v[i], text) == 0)
            return true;
    return false;
}

enum { MOST_OFFERED = 200 }; /* nobody reads more, and each is compared with all */

/* Of one name in several backends or HAProxies once. */
static void offer_once(struct completion *c, const struct command_arg *arg, const char *name)
{
    if (c->n < MOST_OFFERED && !already_named(c, arg, name) &&
        !offered(c, word_quote(c->arena, name)))
        offer_value(c, name);
}

static void offer_row(struct completion *c, const struct command_arg *arg, const struct ha_row *r)
{
    offer_once(c, arg, arg->kind == ARG_SERVER ? r->name : r->proxy);
    if (arg->kind == ARG_SERVER)
        offer_once(c, arg, arena_printf(c->arena, "%s/%s", r->proxy, r->name));
}

static void offer_balancers(struct completion *c, const struct command_arg *arg)
{
    const struct snapshot *s = c->ctx->snapshot;

    for (int i = 0; s && i < s->nhaproxies; i++) {
        const struct haproxy *h = &s->haproxies[i];

        if (arg->kind == ARG_HAPROXY && !already_named(c, arg, h->name))
            offer_value(c, h->name);
        for (int k = 0; arg->kind != ARG_HAPROXY && h->stats && k < h->stats->n; k++)
            if (h->stats->v[k].type == HA_SERVER)
                offer_row(c, arg, &h->stats->v[k]);
    }
}

/* ---- what stands where ------------------------------------------------------------------------
 */

static void offer_commands(struct completion *c)
{
    for (int i = 0; i < CMD_COUNT; i++) {
        const struct command *cmd = command_get((enum command_id)i);

        if (command_is_for(cmd, CMDF_CONSOLE))
            offer_command(c, cmd->name);
    }
}

static void offer_values(struct completion *c, const struct command_arg *arg)
{
    const struct command_context *x = c->ctx;

    switch (arg->kind) {
    case ARG_MEMBER:
    case ARG_REPLICA:
    case ARG_LEADER:
        offer_members(c, arg);
        break;
    case ARG_BOUNCER:
        offer_bouncers(c, arg);
        break;
    case ARG_DATABASE:
        offer_databases(c, arg);
        break;
    case ARG_CLUSTER:
        offer_list(c, x->nclusters, x->clusters);
        break;
    case ARG_PANE:
        offer_list(c, x->npanes, x->panes);
        break;
    case ARG_SERVER:
    case ARG_BACKEND:
    case ARG_HAPROXY:
        offer_balancers(c, arg);
        break;
    case ARG_ROUTE:
        offer_list(c, x->nroutes, x->routes);
        break;
    case ARG_THEME:
        offer_list(c, x->nthemes, x->themes);
        break;
    case ARG_COLUMN:
        offer_list(c, x->ncolumns, x->columns);
        break;
    case ARG_COMMAND:
        offer_commands(c);
        break;
    default:
        for (const char *const *v = kind_of(arg)->values; v && *v; v++)
            offer_value(c, *v);
    }
}

static void offer_options(struct completion *c)
{
    const struct command *cmd = c->at.command;

    for (int i = 0; i < cmd->nargs; i++)
        if (cursor_offers(&c->at, &cmd->args[i]))
            offer_command(c, cmd->args[i].name);
}

static void complete_word(struct completion *c)
{
    const struct cursor *at = &c->at;
    bool dash = !at->quoted && !at->only_words && at->partial[0] == '-';
    bool enough = !at->positional || !at->positional->required || at->npositional > 0;

    if (at->naming) {
        offer_commands(c);
        return;
    }
    if (!at->command)
        return;
    if (at->option) {
        offer_values(c, at->option);
        return;
    }
    if (at->positional && (!dash || at->partial[1] == '\0'))
        offer_values(c, at->positional);
    if (dash || (at->partial[0] == '\0' && enough && !at->only_words && !at->quoted))
        offer_options(c);
}

int command_complete(const char *line, int point, const struct command_context *ctx,
                     struct arena *a, const char *const **out, int *word_start)
{
    static const struct command_context nothing;
    struct completion c = {.ctx = ctx ? ctx : &nothing, .arena = a};

    cursor_read(line, point, a, &c.at);
    complete_word(&c);
    *out = c.v;
    *word_start = c.at.word_start;
    return c.n;
}
