/*
 * pgb.c: what is sent to PgBouncer's admin consoles, on several of them at once, each with an
 * outcome of its own. Reference "middleware.md" §1.5.
 */
#include "bouncers.h"

#include <string.h>

#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"

/* What a command takes, and says of itself. */
static const struct pgb_kind {
    const char *does; /* "Pause %s": what, in the title */
    const char *lines[3];
    const char *done; /* "%s is paused" */
    const struct talk_verb *verb;
    bool databases, whole; /* takes these; where neither, the bouncer itself is meant */
    bool typed;            /* a word is typed to confirm it */
} kinds[ACT_COUNT] = {
    [ACT_PGB_PAUSE] = {.does = "Pause",
                       .lines = {"New queries wait in PgBouncer; those who are in a transaction go "
                                 "on until it ends.",
                                 "A client that waits longer than query_wait_timeout (2 minutes, "
                                 "where nobody changed it) is disconnected.",
                                 "To undo it: pgb resume, which the next start of this program "
                                 "offers too."},
                       .done = "paused, and no server is busy",
                       .verb = &talk_pause,
                       .databases = true,
                       .whole = true},
    [ACT_PGB_RESUME] = {.does = "Resume",
                        .lines = {"Clients that wait go on at once, against whatever the databases "
                                  "point at now."},
                        .done = "resumed",
                        .verb = &talk_resume,
                        .databases = true,
                        .whole = true},
    [ACT_PGB_RECONNECT] = {.does = "Reconnect",
                           .lines = {"Every server connection is closed when its transaction ends, "
                                     "and opened anew; no client is cut off.",
                                     "There is nothing to undo."},
                           .done = "reconnects",
                           .verb = &talk_reconnect,
                           .databases = true,
                           .whole = true},
    [ACT_PGB_RELOAD] = {.does = "Reload",
                        .lines = {"It reads its files again; what was set at run time goes.",
                                  "Databases that point elsewhere in the file are connected anew."},
                        .done = "has read its files again",
                        .verb = &talk_reload},
    [ACT_PGB_ENABLE] = {.does = "Enable",
                        .lines = {"New clients may log in again.", "To undo it: pgb disable."},
                        .done = "enabled",
                        .verb = &talk_enable,
                        .databases = true},
    [ACT_PGB_DISABLE] = {.does = "Disable",
                         .lines = {"New clients are turned away; those that are there stay.",
                                   "To undo it: pgb enable."},
                         .done = "disabled",
                         .verb = &talk_disable,
                         .databases = true},
    [ACT_PGB_KILL] = {.does = "KILL",
                      .lines = {"Every client and every server connection is cut off at once, in "
                                "the middle of what it does.",
                                "Then it is paused: nobody is served before pgb resume with its "
                                "name."},
                      .done = "killed, and paused",
                      .verb = &talk_kill,
                      .databases = true,
                      .typed = true},
    [ACT_PGB_SET] = {.does = "Set",
                     .lines = {"It holds until PgBouncer is restarted or reloads a changed file."},
                     .done = "set, as it reads back",
                     .verb = &talk_set},
    [ACT_PGB_SHUTDOWN] = {.does = "SHUT DOWN",
                          .lines = {"This cannot be undone from here: it is started again where it "
                                    "runs."},
                          .done = "nobody listens there any more",
                          .verb = &talk_shutdown,
                          .typed = true},
};

struct pgb {
    struct talk **talks;
    int n;
};

/* ---- the request */

static enum status check_kill(const struct request *r, struct err *e)
{
    if ((r->client != NULL) == (r->ndatabases > 0))
        return err_set(
            e, ST_USAGE,
            "pgb kill needs a database's name, as in pgb kill app, or --client ID, one of "
            "them");
    if (r->client && r->nbouncers != 1)
        return err_set(e, ST_USAGE, "--client is of one PgBouncer: say which by --on");
    return ST_OK;
}

static enum status check_databases(const struct request *r, const struct pgb_kind *k, struct err *e)
{
    const char *name = action_name(r->kind);

    if (r->whole && r->ndatabases)
        return err_set(e, ST_USAGE,
                       "--database and --all exclude each other: they are two switches");
    if (k->whole && !r->whole && !r->ndatabases)
        return err_set(e, ST_USAGE,
                       "%s needs a database's name, as in %s app, or --all: they are two switches",
                       name, name);
    if (k->databases && !k->whole && !r->ndatabases && !r->client)
        return err_set(e, ST_USAGE, "%s needs a database's name, as in %s app", name, name);
    return bouncers_databases(r, e);
}

static enum status check_settings(const struct request *r, struct err *e)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    if (r->nsettings == 0)
        return err_set(e, ST_USAGE, "pgb set needs NAME=VALUE");
    for (int i = 0; i < r->nsettings; i++) {
        size_t n = strspn(r->settings[i], plain);

        if (n == 0 || n > 63 || r->settings[i][n] != '=' || strlen(r->settings[i] + n + 1) > 255)
            return err_set(e, ST_USAGE, "expected NAME=VALUE as PgBouncer takes it, got %s",
                           r->settings[i]);
    }
    return ST_OK;
}

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    const struct request *r = &p->request;
    const struct pgb_kind *k = &kinds[p->kind];
    enum status st;

    if (p->kind == ACT_PGB_RESUME && r->left) {
        if (r->whole || r->ndatabases || r->nbouncers || r->everywhere)
            return err_set(e, ST_USAGE, "--left says already what is meant, and where");
        return ST_OK;
    }
    st = bouncers_meant(s, p, e);
    if (st == ST_OK && p->kind == ACT_PGB_KILL)
        st = check_kill(r, e);
    if (st == ST_OK)
        st = check_databases(r, k, e);
    if (st == ST_OK && p->kind == ACT_PGB_SET)
        st = check_settings(r, e);
    return st;
}

/* ---- the plan */

static const struct talk_verb *verb_of(const struct request *r)
{
    return r->client ? &talk_kill_client : kinds[r->kind].verb;
}

static int64_t answer_us(const struct request *r)
{
    if (r->kind == ACT_PGB_PAUSE)
        return r->within_us ? r->within_us : BOUNCER_PAUSE_S * USEC_PER_SEC;
    return BOUNCER_ANSWER_S * USEC_PER_SEC;
}

/* A command to one PgBouncer. */
static void add(struct planner *b, const char *bouncer, const struct talk_verb *v, const char *arg)
{
    const char *sql = talk_sql(&b->plan->arena, v, arg);

    planner_bouncer(b, bouncer, sql, arg, answer_us(&b->plan->request),
                    arena_printf(&b->plan->arena, "%s on %s", sql, bouncer));
}

static void add_all(struct planner *b)
{
    const struct request *r = &b->plan->request;
    const struct talk_verb *v = verb_of(r);

    for (int i = 0; i < r->nbouncers; i++) {
        for (int k = 0; k < r->ndatabases; k++)
            add(b, r->bouncers[i], v, r->databases[k]);
        for (int k = 0; k < r->nsettings; k++)
            add(b, r->bouncers[i], v, r->settings[k]);
        if (r->ndatabases + r->nsettings == 0)
            add(b, r->bouncers[i], v, r->client ? r->client : r->drain);
    }
}

static const char *clean(struct planner *b, const char *text)
{
    return utf8_clean(&b->plan->arena, text, strlen(text));
}

static const char *or_else(struct planner *b, const char *text, const char *other)
{
    return text && *text ? clean(b, text) : other;
}

/* Who did it, and when. */
static void tell_left(struct planner *b, const struct held *h)
{
    char at[FMT_MAX];

    planner_line(b, "%s of %s: %s since %s by %s on %s%s.",
                 or_else(b, h->key ? h->key : h->database, "Everything"), clean(b, h->bouncer),
                 h->key ? "set" : "paused", fmt_time_local(at, h->wall_us),
                 or_else(b, h->user, "somebody"), or_else(b, h->host, "some host"),
                 h->ended ? "" : ", by a pgdba that has ended without taking it back");
}

/* What an earlier run left, and nothing else. */
static void add_left(struct planner *b)
{
    struct plan *p = b->plan;
    const struct action_memory *m = &b->env->memory;
    const struct held_list *l = m->list ? m->list(m->arg) : NULL;
    const char **on = arena_array(&p->arena, l ? (size_t)l->n : 0, const char *);
    int n = 0;

    for (int i = 0; l && i < l->n; i++) {
        const struct held *h = &l->v[i];
        const char *arg = h->key ? arena_printf(&p->arena, "%s=%s", h->key, h->value) : h->database;
        bool seen = false;

        add(b, h->bouncer, h->key ? &talk_put_back : &talk_resume, arg);
        tell_left(b, h);
        for (int k = 0; k < n; k++)
            seen = seen || strcmp(on[k], h->bouncer) == 0;
        if (!seen)
            on[n++] = arena_strdup(&p->arena, h->bouncer);
    }
    p->request.bouncers = on;
    p->request.nbouncers = n;
    if (n == 0)
        planner_check(b, "left", CHECK_BLOCK,
                      "nothing is remembered that is to be taken back here");
}

static void confirm(struct plan *p)
{
    const struct request *r = &p->request;

    if (!kinds[p->kind].typed || r->client)
        return;
    p->confirm = CONFIRM_WORD;
    if (p->kind == ACT_PGB_KILL) {
        p->confirm_word = r->databases[0];
        p->confirm_what = "the database's name";
    } else {
        p->confirm_word = r->nbouncers == 1 ? r->bouncers[0] : p->cluster;
        p->confirm_what = r->nbouncers == 1 ? "the PgBouncer's name" : "the cluster's name";
    }
}

static const char *title(struct planner *b)
{
    struct plan *p = b->plan;
    const struct request *r = &p->request;
    const char *what = "PgBouncer";

    if (r->left)
        return arena_printf(&p->arena, "Take back on PgBouncer what was left of %s", p->cluster);
    if (r->client)
        what = arena_printf(&p->arena, "client %s", r->client);
    else if (kinds[p->kind].databases)
        what = bouncers_what(b);
    else if (r->nsettings)
        what = r->nsettings == 1 ? r->settings[0] : "settings";
    return arena_printf(&p->arena, "%s %s on %s of %s", kinds[p->kind].does, what,
                        r->nbouncers == 1 ? r->bouncers[0]
                                          : arena_printf(&p->arena, "%d PgBouncers", r->nbouncers),
                        p->cluster);
}

static const char *equivalent(struct planner *b)
{
    const struct request *r = &b->plan->request;
    struct buf words;
    const char *out;

    buf_init(&words);
    buf_puts(&words, planner_command(b, action_name(r->kind)));
    for (int i = 0; i < r->nsettings; i++)
        buf_addf(&words, " %s", planner_quote(b, r->settings[i]));
    if (r->client)
        buf_addf(&words, " --client %s", r->client);
    if (r->drain)
        buf_addf(&words, " --wait-for %s", r->drain);
    if (r->within_us)
        buf_addf(&words, " --within %lldms", (long long)(r->within_us / USEC_PER_MS));
    if (r->left)
        buf_puts(&words, " --left");
    else
        bouncers_words(b, &words);
    out = arena_strdup(&b->plan->arena, words.s);
    buf_release(&words);
    return out;
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    const struct pgb_kind *k = &kinds[p->kind];
    char within[FMT_MAX];

    p->title = title(b);
    if (p->request.client)
        planner_line(b, "This client is cut off; it may come back at once.");
    for (int i = 0; i < 3 && k->lines[i] && !p->request.client; i++)
        planner_line(b, "%s", k->lines[i]);
    if (p->kind == ACT_PGB_PAUSE)
        planner_line(b, "What is not done within %s is undone there.",
                     fmt_duration(within, answer_us(&p->request)));
    if (p->kind == ACT_PGB_SHUTDOWN)
        planner_line(b,
                     p->request.drain ? "It takes no new clients, and ends when its %s have gone."
                                      : "Every client is cut off at once%s.",
                     p->request.drain ? p->request.drain : "");
    p->equivalent = equivalent(b);
    if (p->request.left)
        add_left(b);
    else
        add_all(b);
    confirm(p);
}

/* ---- the run */

static const char *done(const struct talk *t)
{
    const struct request *r = &t->r->plan->request;

    return r->client ? "the client is gone" : r->left ? "taken back" : kinds[r->kind].done;
}

static void ended(struct talk *t)
{
    struct action_run *r = t->r;
    const struct pgb *w = r->state;
    enum op_state state;
    const char *text;

    if (!bouncers_all_over(w->talks, w->n))
        return;
    text = bouncers_outcome(r, w->talks, w->n, done, &state);
    run_end(r, state, "%s", text);
}

static const struct talk_verb *verb_of_step(const struct request *r, const struct plan_step *st)
{
    return r->left && strncmp(st->body, "SET ", 4) == 0 ? &talk_put_back : verb_of(r);
}

/* The orders of one bouncer, from the steps of the plan. */
static int orders_of(struct action_run *r, const char *bouncer, struct talk_order *v)
{
    int n = 0;

    for (int i = 0; i < r->plan->nsteps; i++) {
        const struct plan_step *st = &r->plan->steps[i];

        if (strcmp(st->member, bouncer) == 0)
            v[n++] = (struct talk_order){.verb = verb_of_step(&r->plan->request, st),
                                         .sql = st->body,
                                         .arg = st->argument,
                                         .timeout_us = st->timeout_us,
                                         .phase = i};
    }
    return n;
}

static void begin(struct action_run *r)
{
    const struct plan *p = r->plan;
    struct pgb *w = arena_new(&r->arena, struct pgb);
    const char **names = arena_array(&r->arena, (size_t)p->nsteps, const char *);
    int n = p->request.nbouncers;

    for (int i = 0; i < p->nsteps; i++)
        names[i] = p->steps[i].summary;
    run_phases(r, p->nsteps, names);
    w->talks = arena_array(&r->arena, (size_t)n, struct talk *);
    w->n = n;
    r->state = w;
    r->step = 0;
    for (int i = 0; i < n; i++) {
        w->talks[i] = arena_new(&r->arena, struct talk);
        *w->talks[i] =
            (struct talk){.r = r, .bouncer = p->request.bouncers[i], .ended = ended, .was = ""};
    }
    for (int i = 0; i < n && !run_ended(r); i++) {
        struct talk_order *v = arena_array(&r->arena, (size_t)p->nsteps, struct talk_order);

        talk_begin(w->talks[i], v, orders_of(r, w->talks[i]->bouncer, v));
    }
}

static void observe(struct action_run *r, const struct snapshot *s)
{
    (void)r;
    (void)s; /* what is verified is asked for, on the console itself */
}

static void answered(struct action_run *r, const struct step_answer *a)
{
    (void)r;
    (void)a; /* the talks hear for themselves */
}

static void expired(struct action_run *r)
{
    const struct pgb *w = r->state;

    bouncers_wake(r, w->talks, w->n);
}

/* A PAUSE that is waited for is undone by whoever leaves. */
static bool interrupt(struct action_run *r)
{
    const struct pgb *w = r->state;
    bool waits = false;

    for (int i = 0; i < w->n && !run_ended(r); i++)
        waits = talk_interrupt(w->talks[i]) || waits;
    return waits;
}

static void release(struct action_run *r)
{
    const struct pgb *w = r->state;

    for (int i = 0; w && i < w->n; i++)
        talk_close(w->talks[i]);
}

const struct action_ops pgb_ops = {.check = check,
                                   .plan = plan,
                                   .begin = begin,
                                   .observe = observe,
                                   .answered = answered,
                                   .expired = expired,
                                   .interrupt = interrupt,
                                   .release = release,
                                   .begins_itself = true};
