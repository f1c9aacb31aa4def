/*
 * haproxy.c: HAProxy's servers by its runtime socket (reference "middleware.md" §3.5): ready,
 * drain, maint, and the end of their sessions. A line a server, each with an outcome of its own:
 * what one HAProxy refuses does not keep the others from it. Seen in the statistics that come after
 * it.
 */
#include "kind.h"

#include <string.h>

#include "pgdba/analysis/balancer.h"
#include "pgdba/base/fmt.h"
#include "pgdba/wire/haproxy.h"

enum { ANSWER_S = 5, SEEN_S = 15 };

static const struct verb {
    const char *state; /* of "set server"; NULL: the sessions */
    const char *title; /* "Drain pg1" */
    const char *does;
    const char *undo;
} verbs[] = {
    [0] = {"ready", "Make ready", "It takes connections again as soon as its check is good.",
           "maint"},
    [ACT_HA_DRAIN - ACT_HA_READY] = {"drain", "Drain",
                                     "It gets no new connections; its check goes on, and what is "
                                     "connected stays.",
                                     "ready"},
    [ACT_HA_MAINT - ACT_HA_READY] = {"maint", "Put into maintenance",
                                     "It gets no new connections and is not checked; what is "
                                     "connected stays until it ends, or shutdown-sessions ends it.",
                                     "ready"},
    [ACT_HA_SHUT - ACT_HA_READY] = {NULL, "End the sessions of",
                                    "Each of its connections is closed at once, in the middle of "
                                    "what it does. Clients that connect again go where HAProxy "
                                    "sends them now.",
                                    NULL},
};

static const struct verb *verb_of(const struct plan *p)
{
    return &verbs[p->kind - ACT_HA_READY];
}

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    enum status st = balancer_check(s, &p->request, e);
    int n;

    if (st != ST_OK)
        return st;
    const struct balancer_target *v = balancer_targets(s, &p->request, &p->arena, &n);

    for (int i = 0; i < n; i++)
        if (!wire_haproxy_name_ok(v[i].row->proxy) || !wire_haproxy_name_ok(v[i].row->name))
            return err_set(e, ST_USAGE, "%s cannot be named in a command to HAProxy",
                           balancer_name(v[i].h, v[i].row, &p->arena));
    return ST_OK;
}

/* ---- the plan */

static const char *line_of(struct planner *b, const struct ha_row *row)
{
    const char *state = verb_of(b->plan)->state;

    if (!state)
        return arena_printf(&b->plan->arena, "shutdown sessions server %s/%s", row->proxy,
                            row->name);
    return arena_printf(&b->plan->arena, "set server %s/%s state %s", row->proxy, row->name, state);
}

static const char *sessions_of(struct planner *b, const struct ha_row *row)
{
    return row->sessions < 0 ? "sessions not known"
           : row->sessions == 1
               ? "1 session"
               : arena_printf(&b->plan->arena, "%lld sessions", (long long)row->sessions);
}

static void put_words(struct planner *b, struct buf *out)
{
    const struct request *r = &b->plan->request;

    for (int i = 0; i < r->nservers; i++)
        buf_addf(out, " %s", planner_quote(b, r->servers[i]));
    if (r->backend)
        buf_addf(out, " --backend %s", planner_quote(b, r->backend));
    for (int i = 0; i < r->non; i++)
        buf_addf(out, " --on %s", planner_quote(b, r->on[i]));
}

/* An option does not stand for it: the last one that takes is not taken away by a slip. */
static void ask_for_backends(struct planner *b)
{
    struct plan *p = b->plan;
    int n;
    const char *const *backends = balancer_emptied(b->s, &p->request, &p->arena, &n);
    struct confirm_word *words = arena_array(&p->arena, (size_t)n, struct confirm_word);
    /* In production the cluster's name is asked for first, in the place of the first of these. */
    int first = p->environment == ENV_PRODUCTION ? 0 : 1;

    if (n == 0)
        return;
    for (int i = 0; i < n; i++)
        words[i] = (struct confirm_word){"the backend that nobody is left in",
                                         arena_strdup(&p->arena, backends[i])};
    p->always_asked = true;
    p->confirm = CONFIRM_WORD;
    p->confirm_word = words[0].word;
    p->confirm_what = words[0].what;
    p->more_words = words + first;
    p->nmore_words = n - first;
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    const struct verb *verb = verb_of(p);
    struct buf words, names;
    int n;
    const struct balancer_target *v = balancer_targets(b->s, &p->request, &p->arena, &n);

    buf_init(&words);
    buf_init(&names);
    put_words(b, &words);
    for (int i = 0; i < p->request.nservers; i++)
        buf_addf(&names, "%s%s", i ? ", " : "", p->request.servers[i]);
    p->title = arena_printf(&p->arena, "%s %s in HAProxy", verb->title, names.s);
    planner_line(b, "%s", verb->does);
    for (int i = 0; i < n; i++)
        planner_line(b, "%s is %s%s, with %s.", balancer_name(v[i].h, v[i].row, &p->arena),
                     v[i].row->status_text,
                     ha_row_in_drain(v[i].row) && v[i].row->status != HA_DRAIN ? " and in DRAIN"
                                                                               : "",
                     sessions_of(b, v[i].row));
    if (verb->undo)
        planner_line(b, "It holds until HAProxy is reloaded or restarted. To undo it: haproxy %s%s",
                     verb->undo, words.s);
    else
        planner_line(b, "This cannot be undone.");
    for (int i = 0; i < n; i++)
        planner_socket(
            b, balancer_name(v[i].h, v[i].row, &p->arena), v[i].h->socket, line_of(b, v[i].row),
            ANSWER_S * USEC_PER_SEC,
            arena_printf(&p->arena, "%s", verb->state ? verb->state : "end its sessions"));
    p->equivalent =
        arena_printf(&p->arena, "%s%s", planner_command(b, action_name(p->kind)), words.s);
    ask_for_backends(b);
    buf_release(&words);
    buf_release(&names);
}

/* ---- the run: a phase a step */

/* How each step went so far. */
enum went { WENT_WAITING, WENT_TAKEN, WENT_UNSURE, WENT_SEEN, WENT_REFUSED, WENT_FORGOTTEN };

struct haproxy_run {
    enum went *went;
    const char **why;     /* of one that was refused, or is unsure */
    int64_t *answered_us; /* older statistics show nothing */
    int64_t *pid;         /* of the process that was asked; -1 not known */
    bool all_sent;
};

static void ask_next(struct action_run *r)
{
    const struct plan_step *st = &r->plan->steps[r->step + 1];

    run_phase(r, r->step + 1, PHASE_ACTIVE, "asked");
    run_wait_for(r, "the answer of %s", st->url);
    r->deadline_us = run_now(r) + st->timeout_us + SEEN_S * USEC_PER_SEC;
}

static void begin(struct action_run *r)
{
    struct haproxy_run *w = arena_new(&r->arena, struct haproxy_run);
    int n = r->plan->nsteps;
    const char **names = arena_array(&r->arena, (size_t)n, const char *);

    w->went = arena_array(&r->arena, (size_t)n, enum went);
    w->why = arena_array(&r->arena, (size_t)n, const char *);
    w->answered_us = arena_array(&r->arena, (size_t)n, int64_t);
    w->pid = arena_array(&r->arena, (size_t)n, int64_t);
    r->state = w;
    for (int i = 0; i < n; i++)
        names[i] =
            arena_printf(&r->arena, "%s: %s", r->plan->steps[i].member, r->plan->steps[i].summary);
    run_phases(r, n, names);
    ask_next(r);
}

/* Does the row show what was asked for? Those who were cut off may be back, where it takes. */
static bool shows(const struct plan *p, const struct ha_row *row)
{
    switch (p->kind) {
    case ACT_HA_READY:
        return !ha_row_in_maint(row) && !ha_row_in_drain(row);
    case ACT_HA_DRAIN:
        return ha_row_in_drain(row);
    case ACT_HA_MAINT:
        return ha_row_in_maint(row);
    default:
        return row->sessions == 0 || ha_row_takes(row);
    }
}

static const char *seen_note(struct action_run *r, const struct ha_row *row)
{
    if (r->plan->kind == ACT_HA_SHUT)
        return row->sessions == 0
                   ? "none is left"
                   : arena_printf(&r->arena, "closed; %lld since then", (long long)row->sessions);
    return arena_printf(&r->arena, "%s%s", row->status_text,
                        ha_row_in_drain(row) && row->status != HA_DRAIN ? ", DRAIN" : "");
}

static int64_t pid_of(const struct haproxy *h)
{
    return h && h->info ? h->info->pid : -1;
}

/* Another process answers now: what was set in the last one is gone, and will not be seen. */
static bool is_forgotten(struct action_run *r, const struct haproxy *h, int i)
{
    struct haproxy_run *w = r->state;
    int64_t pid = pid_of(h);

    if (w->pid[i] < 0 || pid < 0 || pid == w->pid[i])
        return false;
    w->went[i] = WENT_FORGOTTEN;
    w->why[i] = arena_printf(&r->arena, "it was reloaded meanwhile: process %lld, now %lld",
                             (long long)w->pid[i], (long long)pid);
    run_phase(r, i, PHASE_FAILED, w->why[i]);
    return true;
}

static bool look_at(struct action_run *r, const struct snapshot *s, int i)
{
    struct haproxy_run *w = r->state;
    const struct haproxy *h;
    const struct ha_row *row = balancer_find(s, r->plan->steps[i].member, &r->arena, &h);

    if (w->went[i] != WENT_TAKEN && w->went[i] != WENT_UNSURE)
        return false;
    if (!row || h->state.outcome != OBS_ANSWERED ||
        h->state.answered_us - h->state.latency_us <= w->answered_us[i] || !shows(r->plan, row)) {
        if (is_forgotten(r, h, i))
            return false;
        run_phase(r, i, PHASE_ACTIVE, w->why[i] ? w->why[i] : "taken");
        return true;
    }
    w->went[i] = WENT_SEEN;
    run_phase(r, i, PHASE_DONE, seen_note(r, row));
    return false;
}

static int count(const struct action_run *r, enum went went)
{
    const struct haproxy_run *w = r->state;
    int n = 0;

    for (int i = 0; i < r->plan->nsteps; i++)
        n += w->went[i] == went;
    return n;
}

/* "lb2 rw/pg1 (Permission denied), …" of those that went so. */
static const char *list(struct action_run *r, enum went went)
{
    const struct haproxy_run *w = r->state;
    struct buf b;
    const char *out;

    buf_init(&b);
    for (int i = 0; i < r->plan->nsteps; i++)
        if (w->went[i] == went)
            buf_addf(&b, "%s%s%s%s%s", b.len ? ", " : "", r->plan->steps[i].member,
                     w->why[i] ? " (" : "", w->why[i] ? w->why[i] : "", w->why[i] ? ")" : "");
    out = arena_strdup(&r->arena, b.s);
    buf_release(&b);
    return out;
}

static const char *unseen_list(struct action_run *r)
{
    return arena_printf(&r->arena, "%s%s%s", list(r, WENT_TAKEN),
                        count(r, WENT_TAKEN) && count(r, WENT_UNSURE) ? ", " : "",
                        list(r, WENT_UNSURE));
}

static void finish(struct action_run *r)
{
    char took[FMT_MAX];
    int refused = count(r, WENT_REFUSED), unseen = count(r, WENT_TAKEN) + count(r, WENT_UNSURE);

    fmt_duration(took, run_now(r) - r->op.started_us);
    if (count(r, WENT_FORGOTTEN))
        run_end(r, OP_FAILED, "forgotten by %s%s%s%s%s%s%s", list(r, WENT_FORGOTTEN),
                refused ? "; refused by " : "", refused ? list(r, WENT_REFUSED) : "",
                unseen ? "; not seen on " : "", unseen ? unseen_list(r) : "",
                count(r, WENT_SEEN) ? "; done on " : "",
                count(r, WENT_SEEN) ? list(r, WENT_SEEN) : "");
    else if (refused == r->plan->nsteps)
        run_end(r, OP_REFUSED, "refused, nothing was changed: %s", list(r, WENT_REFUSED));
    else if (refused)
        run_end(r, OP_FAILED, "refused by %s; %s%s%s%s", list(r, WENT_REFUSED),
                count(r, WENT_SEEN) ? "done on " : "none is seen done", list(r, WENT_SEEN),
                unseen ? "; not seen on " : "", unseen ? unseen_list(r) : "");
    else if (unseen)
        run_end(r, OP_UNKNOWN, "not seen after %s on %s; look at the pane haproxy", took,
                unseen_list(r));
    else
        run_end(r, OP_DONE, "done, and seen in the statistics: %s (%s)", list(r, WENT_SEEN), took);
}

static void look(struct action_run *r, const struct snapshot *s)
{
    bool open = false;

    for (int i = 0; i < r->plan->nsteps; i++)
        open = look_at(r, s, i) || open;
    if (!open)
        finish(r);
    else
        run_wait_for(r, "the statistics to show it");
}

static void observe(struct action_run *r, const struct snapshot *s)
{
    const struct haproxy_run *w = r->state;

    if (w->all_sent)
        look(r, s);
}

static void answered(struct action_run *r, const struct step_answer *a)
{
    struct haproxy_run *w = r->state;
    int i = r->step;
    bool refused = !a->sent || a->means == WIRE_REFUSED;

    const struct haproxy *h = NULL;

    balancer_find(r->last, r->plan->steps[i].member, &r->arena, &h);
    w->pid[i] = pid_of(h);
    w->answered_us[i] = run_now(r);
    w->went[i] = refused                            ? WENT_REFUSED
                 : a->means == WIRE_UNKNOWN_OUTCOME ? WENT_UNSURE
                                                    : WENT_TAKEN;
    w->why[i] = w->went[i] == WENT_TAKEN ? NULL : a->text;
    if (refused)
        run_phase(r, i, PHASE_FAILED, a->text);
    else
        run_phase(r, i, PHASE_ACTIVE, w->why[i] ? w->why[i] : "taken");
    if (i + 1 < r->plan->nsteps) {
        ask_next(r);
        run_send_next(r);
        return;
    }
    w->all_sent = true;
    r->deadline_us = run_now(r) + SEEN_S * USEC_PER_SEC;
    look(r, r->last);
}

static void expired(struct action_run *r)
{
    finish(r);
}

const struct action_ops haproxy_ops = {.check = check,
                                       .plan = plan,
                                       .begin = begin,
                                       .observe = observe,
                                       .answered = answered,
                                       .expired = expired};
