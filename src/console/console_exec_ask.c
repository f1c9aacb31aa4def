/* console_exec_ask.c: commands that ask for something to read: SQL, the configuration, history. */
#include "console_private.h"

#include "pgdba/analysis/versions.h"
#include "pgdba/base/fmt.h"

/* Not over a question that is being answered: it waits for that to be closed. */
static void show(struct console *c, const struct result *r)
{
    enum overlay o = c->v.overlay;
    view_result(&c->v, r);
    c->v.result_waits = o == OVERLAY_PLAN || o == OVERLAY_QUIT;
    if (!c->v.result_waits)
        view_open(&c->v, OVERLAY_RESULT);
    c->dirty = true;
}

static void say_error(struct console *c, struct err *e)
{
    console_say(c, TR_ERROR, "%s", err_text(e));
    err_release(e);
}

/* ---- SQL ------------------------------------------------------------------------------------ */

static void on_answer(void *arg, const struct query_answer *q)
{
    struct console *c = arg;
    struct arena a;
    char took[FMT_MAX];
    view_say(&c->v, TR_HINT, NULL);
    arena_init(&a);
    const char *note = arena_printf(&a, "%s, %s: %s in %s", q->role, q->endpoint,
                                    q->error         ? "refused"
                                    : *q->table->tag ? q->table->tag
                                                     : "done",
                                    fmt_duration(took, q->latency_us));
    show(c, &(struct result){.title = arena_printf(&a, "SQL on %s", q->member),
                             .note = note,
                             .table = q->table,
                             .lines = q->error});
    arena_release(&a);
}

void ask_query(struct console *c, const struct invocation *inv)
{
    const char *timeout = invocation_get(inv, "--timeout");
    struct err e = ERR_INIT;
    struct query_request r = {.member = invocation_get(inv, "MEMBER"),
                              .role = invocation_role(inv),
                              .dbname = invocation_get(inv, "--dbname"),
                              .user = invocation_get(inv, "--username"),
                              .sql = invocation_get(inv, "SQL")};
    if (timeout)
        (void)fmt_parse_duration(timeout, &r.timeout_us); /* the parser has checked it */
    if (!r.member && r.role == MEMBERS_NAMED)
        console_say(c, TR_ERROR, "query needs a member's name, or --role");
    else if (app_query(c->app, &r, on_answer, c, &e) != ST_OK)
        say_error(c, &e);
    else
        console_say(c, TR_HINT, "asked; its answer is shown when it comes");
}

void ask_dsn(struct console *c, const struct invocation *inv)
{
    const char *member = invocation_get(inv, "MEMBER"), *name, *host_port;
    enum member_role role = invocation_role(inv);
    struct err e = ERR_INIT;
    struct arena a;
    arena_init(&a);
    if (!member && role == MEMBERS_NAMED)
        role = MEMBERS_LEADER;
    if (app_dsn(c->app, member, role, &a, &name, &host_port, &e) == ST_OK)
        console_say(c, TR_HINT, "%s: PostgreSQL at %s", name, host_port);
    else
        say_error(c, &e);
    arena_release(&a);
}

void ask_version(struct console *c, const struct invocation *inv)
{
    const struct snapshot *s = console_picture(c);
    struct arena a;
    (void)inv;
    arena_init(&a);
    show(c, &(struct result){.title = "What every member runs",
                             .note = versions_differ(s, &a),
                             .table = versions_table(s, c->v.now_us, &a)});
    arena_release(&a);
}

/* ---- what the DCS keeps --------------------------------------------------------------------- */

void ask_config(struct console *c, const struct invocation *inv)
{
    struct err e = ERR_INIT;
    struct buf text;
    (void)inv;
    buf_init(&text);
    if (app_config_text(c->app, &text, &e) == ST_OK)
        show(c, &(struct result){.title = "Dynamic configuration",
                                 .note = "config set changes it",
                                 .lines = text.s});
    else
        say_error(c, &e);
    buf_release(&text);
}

/* A text that a check blocks can be opened again; one that goes on is needed no more. */
static void plan_edited(struct console *c, const struct edited *ed)
{
    struct request r = {.kind = ACT_CONFIG, .patch = ed->patch, .base = ed->base};
    struct plan *p;
    struct err e = ERR_INIT;
    if (app_plan(c->app, &r, &p, &e) == ST_OK) {
        if (p->worst != CHECK_BLOCK)
            app_config_edited(c->app, false);
        dialog_plan(c, p);
    } else {
        console_say(c, TR_ERROR, "%s%s%s", err_text(&e), ed->kept ? "; your text is in " : "",
                    ed->kept ? ed->kept : "");
        app_config_edited(c->app, true);
    }
    err_release(&e);
}

static void on_edited(void *arg, const struct edited *ed)
{
    struct console *c = arg;
    if (c->lent)
        console_back(c);
    if (ed->patch) {
        plan_edited(c, ed);
        return;
    }
    struct arena a;
    arena_init(&a);
    show(c, &(struct result){
                .title = ed->kept ? "This cannot be used" : "Nothing to do",
                .lines = ed->why,
                .note = ed->kept ? arena_printf(&a,
                                                "Nothing was sent. Your text is in %s; config edit "
                                                "opens it again.",
                                                ed->kept)
                                 : "Nothing was sent."});
    arena_release(&a);
}

void ask_config_edit(struct console *c, const struct invocation *inv)
{
    const char *file = invocation_get(inv, "--file");
    struct err e = ERR_INIT;
    enum status st;
    if (file) {
        st = app_config_take(c->app, file, on_edited, c, &e);
    } else {
        console_lend(c);
        st = app_config_edit(c->app, on_edited, c, &e);
        if (st != ST_OK)
            console_back(c);
    }
    if (st != ST_OK)
        say_error(c, &e);
}

static const struct table *history_table(const struct history *h, struct arena *a)
{
    static const char *const heads[] = {"timeline", "ended at", "when", "led after it", "reason"};
    struct table *t = table_new(a, 5, h->n);
    char lsn[LSN_TEXT], at[FMT_MAX];
    for (int i = 0; i < t->ncols; i++)
        t->cols[i] = heads[i];
    for (int i = 0; i < h->n; i++) {
        const struct history_item *p = &h->v[h->n - 1 - i]; /* the newest first */
        const char *cells[] = {arena_printf(a, "%lld", (long long)p->timeline),
                               arena_strdup(a, lsn_format(lsn, p->end)),
                               p->wall_us ? arena_strdup(a, fmt_time_local(at, p->wall_us))
                                          : p->timestamp,
                               p->new_leader, p->reason};
        for (int k = 0; k < t->ncols; k++)
            t->cells[i * t->ncols + k] = cells[k] ? cells[k] : "?";
    }
    return t;
}

void ask_history(struct console *c, const struct invocation *inv)
{
    const struct snapshot *s = console_picture(c);
    struct arena a;
    (void)inv;
    if (!s->history) {
        console_say(c, TR_ERROR, "the history is not known: %s",
                    obs_outcome_name(s->history_state.outcome));
        return;
    }
    arena_init(&a);
    show(c, &(struct result){.title = "Promotions that Patroni remembers",
                             .note = s->history->n ? "" : "nobody was ever promoted",
                             .table = history_table(s->history, &a)});
    arena_release(&a);
}
