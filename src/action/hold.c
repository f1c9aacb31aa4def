/*
 * hold.c: a switchover while PgBouncer holds the clients: pause everywhere or nowhere, switch over,
 * wait until the way to the new leader is open, resume: that on every way out. Reference
 * "middleware.md" §2.3.
 */
#include "bouncers.h"
#include "takeover.h"

#include <string.h>

#include "pgdba/analysis/routes.h"
#include "pgdba/base/fmt.h"

#define LONGEST     (HOLD_LONGEST_S * USEC_PER_SEC)
#define AFTER       (10 * USEC_PER_SEC) /* for clients to be served again */
#define LET_GO      (30 * USEC_PER_SEC) /* for RESUME, again and again */
#define LOOK        (150 * USEC_PER_MS) /* between two looks while clients wait */
#define SHORT_RETRY "server_login_retry=1"

enum stage { PAUSING, SWITCHING, OPENING, RESUMING, SERVING, PUTTING_BACK, FOLLOWING };

struct hold {
    enum stage stage;
    struct talk **talks;
    int n;
    void *takeover; /* the state of the run within */
    int ph_switch, ph_route, ph_resume, ph_served;
    const char *winner;                       /* promoted; NULL: not yet */
    int64_t held_us, promoted_us, resumed_us; /* since when; 0 not yet */
    int64_t until_us;                         /* of the stage */
    int64_t look_us, inner_us;                /* the next look; the deadline of the run within */
    bool inner_over, stop;                    /* stop: nothing more is begun */
    enum op_state state;                      /* the end of the run within, or why there was none */
    const char *outcome;
    const char *trouble; /* with the clients; NULL none */
};

static void go_back(struct action_run *r);
static void release(struct action_run *r);

/* ---- the plan */

static enum status databases_meant(const struct snapshot *s, struct plan *p, struct err *e)
{
    struct request *r = &p->request;
    const char **v = arena_array(&p->arena, 1, const char *);
    const struct pgb_databases *d = s->bouncers[0].databases;

    if (r->ndatabases)
        return bouncers_databases(r, e);
    for (int i = 0; i < s->nbouncers; i++)
        if (!s->bouncers[i].databases || s->bouncers[i].databases->n != 1 ||
            strcmp(s->bouncers[i].databases->v[0].name, d->v[0].name) != 0)
            return err_set(e, ST_USAGE,
                           "--hold needs --database: PgBouncer has several, or is not known yet");
    v[0] = arena_strdup(&p->arena, d->v[0].name);
    r->databases = v;
    r->ndatabases = 1;
    return ST_OK;
}

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    enum status st = takeover_check(s, p, e);

    p->request.everywhere = p->request.nbouncers == 0; /* one that is left out would go on */
    if (st == ST_OK)
        st = bouncers_meant(s, p, e);
    return st == ST_OK ? databases_meant(s, p, e) : st;
}

static int64_t within(const struct request *r)
{
    return r->within_us ? r->within_us : BOUNCER_PAUSE_S * USEC_PER_SEC;
}

static void add(struct planner *b, const struct talk_verb *v, int64_t timeout_us, const char *arg)
{
    const struct request *r = &b->plan->request;

    for (int i = 0; i < r->nbouncers; i++)
        for (int k = 0; k < (arg ? 1 : r->ndatabases); k++) {
            const char *of = arg ? arg : r->databases[k];
            const char *sql = talk_sql(&b->plan->arena, v, of);

            planner_bouncer(b, r->bouncers[i], sql, of, timeout_us,
                            arena_printf(&b->plan->arena, "%s on %s", sql, r->bouncers[i]));
        }
}

static void describe(struct planner *b)
{
    const struct request *r = &b->plan->request;
    char t[FMT_MAX], most[FMT_MAX];

    planner_line(b, "PgBouncer holds the clients of %s on %s; those in a transaction end it first.",
                 bouncers_what(b),
                 r->nbouncers == 1 ? r->bouncers[0] : "every one of its PgBouncers");
    planner_line(b,
                 "Where that does not come within %s, everything is resumed and nothing is "
                 "switched over.",
                 fmt_duration(t, within(r)));
    planner_line(b, "%s is shut down cleanly, %s is promoted, and %s comes back as a replica.",
                 b->plan->leader,
                 r->candidate ? r->candidate : "the replica that is furthest ahead",
                 b->plan->leader);
    planner_line(b,
                 "Clients go on when the way to the new leader is open, or after %s, whatever is "
                 "there then.",
                 fmt_duration(most, LONGEST));
    planner_line(b, "server_login_retry of PgBouncer is 1 meanwhile, and then what it was.");
    planner_line(b, "To undo: switchover --hold --candidate %s, once it streams again.",
                 b->plan->leader);
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    struct patroni_times t = patroni_times(b->s);
    const char *to = p->request.candidate;
    struct buf body, words;

    p->title = arena_printf(&p->arena, "Switchover %s: %s -> %s, holding clients", p->cluster,
                            p->leader, to ? to : "whom Patroni picks");
    describe(b);
    buf_init(&body);
    buf_init(&words);
    wire_switchover_body(&body, p->leader, to, 0);
    add(b, &talk_lower, BOUNCER_ANSWER_S * USEC_PER_SEC, SHORT_RETRY);
    add(b, &talk_pause, within(&p->request), NULL);
    planner_send(b, "POST", p->leader, planner_whom(b), "/switchover", body.s,
                 takeover_answer_us(&t),
                 arena_printf(&p->arena, "hand the lead of %s over to %s", p->cluster,
                              to ? to : "another member"));
    add(b, &talk_resume, BOUNCER_ANSWER_S * USEC_PER_SEC, NULL);
    p->confirm = CONFIRM_WORD;
    p->confirm_word = to ? to : p->leader;
    p->confirm_what = to ? "the new leader's name" : "the present leader's name";
    buf_addf(&words, "%s --leader %s", planner_command(b, "switchover --hold"),
             planner_quote(b, p->leader));
    if (to)
        buf_addf(&words, " --candidate %s", planner_quote(b, to));
    if (p->request.within_us)
        buf_addf(&words, " --within %lldms", (long long)(p->request.within_us / USEC_PER_MS));
    p->request.everywhere = false; /* each by its name, so that it is the same another time */
    bouncers_words(b, &words);
    p->equivalent = arena_strdup(&p->arena, words.s);
    buf_release(&words);
    buf_release(&body);
}

/* ---- the run within */

static void enter(struct action_run *r, struct hold *w)
{
    r->state = w->takeover;
    r->first = w->ph_switch;
    r->deadline_us = w->inner_us;
}

static void leave(struct action_run *r, struct hold *w)
{
    w->takeover = r->state;
    w->inner_us = r->deadline_us;
    r->state = w;
    r->first = 0;
}

/* The alarm is for whoever comes first. */
static void arm(struct action_run *r)
{
    const struct hold *w = r->state;
    const int64_t due[] = {w->look_us, w->until_us, w->inner_over ? 0 : w->inner_us};

    r->deadline_us = 0;
    for (size_t i = 0; i < sizeof due / sizeof *due; i++)
        if (due[i] && (!r->deadline_us || due[i] < r->deadline_us))
            r->deadline_us = due[i];
    for (int i = 0; i < w->n; i++)
        if (w->talks[i]->wake_us && (!r->deadline_us || w->talks[i]->wake_us < r->deadline_us))
            r->deadline_us = w->talks[i]->wake_us;
}

static int step_to_patroni(const struct plan *p)
{
    int i = 0;

    while (p->steps[i].to_bouncer)
        i++;
    return i;
}

/* ---- the end */

static void finish(struct action_run *r)
{
    struct hold *w = r->state;
    char t[FMT_MAX];
    const char *held = w->held_us && w->resumed_us
                           ? arena_printf(&r->arena, "; clients were held for %s",
                                          fmt_duration(t, w->resumed_us - w->held_us))
                           : "";
    bool good = w->state == OP_DONE || w->state == OP_DONE_ELSEWHERE;

    w->stage = FOLLOWING;
    release(r); /* a console that stays holds up a shutdown */
    if (!w->inner_over) {
        run_wait_for(r, "%s to stream again; the clients go on", r->plan->leader);
        return;
    }
    w->inner_us = w->look_us = w->until_us = 0;
    if (w->trouble)
        run_end(r, good || w->state == OP_REFUSED ? OP_FAILED : w->state, "%s%s; %s", w->outcome,
                held, w->trouble);
    else
        run_end(r, w->state, "%s%s%s", w->outcome, held, w->winner ? ", and nobody waits" : "");
}

static bool ending(struct action_run *r, enum op_state state, const char *outcome)
{
    struct hold *w = r->state;

    /* From within the takeover its own state stands there. */
    if (r->first) {
        w = r->outer;
        w->inner_over = true;
        w->state = state;
        w->outcome = outcome;
        return true;
    }
    return w->stage != FOLLOWING;
}

/* ---- letting go */

static const char *resumed(const struct talk *t)
{
    (void)t;
    return "resumed";
}

static void batch(struct action_run *r, const struct talk_verb *v, void (*ended)(struct talk *t));

static void begin_again(struct talk *t)
{
    for (int i = 0; i < t->n; i++)
        t->orders[i].sent = false;
    talk_begin(t, t->orders, t->n);
}

/* Once more, until it is time to give up: somebody waits for it. True: it was begun again. */
static bool again(struct talk *t)
{
    struct hold *w = t->r->state;

    if (t->state == OP_DONE || run_now(t->r) >= w->until_us ||
        (t->text && strstr(t->text, "is not paused")))
        return false;
    t->over = false;
    talk_close(t);
    t->on_wake = begin_again;
    t->wake_us = run_now(t->r) + LOOK;
    return true;
}

static void put_back_ended(struct talk *t)
{
    struct action_run *r = t->r;
    struct hold *w = r->state;
    enum op_state state;

    if (again(t) || !bouncers_all_over(w->talks, w->n))
        return;
    (void)bouncers_outcome(r, w->talks, w->n, resumed, &state);
    if (state != OP_DONE && !w->trouble)
        w->trouble = "server_login_retry could not be put back everywhere, which is remembered";
    w->until_us = 0;
    finish(r);
}

static void put_back(struct action_run *r)
{
    struct hold *w = r->state;

    w->stage = PUTTING_BACK;
    w->look_us = 0;
    w->until_us = run_now(r) + AFTER;
    batch(r, &talk_put_back, put_back_ended);
}

static void resume_ended(struct talk *t)
{
    struct action_run *r = t->r;
    struct hold *w = r->state;
    enum op_state state;
    const char *text;

    if (again(t) || !bouncers_all_over(w->talks, w->n))
        return;
    text = bouncers_outcome(r, w->talks, w->n, resumed, &state);
    w->resumed_us = run_now(r);
    run_phase(r, w->ph_resume, state == OP_DONE ? PHASE_DONE : PHASE_FAILED, text);
    if (state != OP_DONE)
        w->trouble = arena_printf(&r->arena, "not everything could be resumed: %s", text);
    if (!w->winner) {
        put_back(r);
        return;
    }
    w->stage = SERVING;
    w->until_us = run_now(r) + AFTER;
    w->look_us = run_now(r) + LOOK;
    run_wait_for(r, "clients to be served by %s", w->winner);
}

static void go_back(struct action_run *r)
{
    struct hold *w = r->state;

    if (w->stage >= RESUMING)
        return;
    w->stage = RESUMING;
    w->look_us = 0;
    w->until_us = run_now(r) + LET_GO;
    run_phase(r, w->ph_resume, PHASE_ACTIVE, "");
    batch(r, &talk_resume, resume_ended);
}

/* ---- the orders */

static void give_orders(struct talk *t, const struct talk_verb *v, struct talk_order *o, int n)
{
    for (int i = 0; i < n; i++)
        o[i] = (struct talk_order){.verb = v,
                                   .sql = talk_sql(&t->r->arena, v, o[i].arg),
                                   .arg = o[i].arg,
                                   .timeout_us = BOUNCER_ANSWER_S * USEC_PER_SEC,
                                   .phase = -1};
    talk_begin(t, o, n);
}

/* What was sent to each is taken back by v: its databases, or what was set. */
static void batch(struct action_run *r, const struct talk_verb *v, void (*ended)(struct talk *t))
{
    struct hold *w = r->state;
    int *count = arena_array(&r->arena, (size_t)w->n, int);
    struct talk_order **orders = arena_array(&r->arena, (size_t)w->n, struct talk_order *);

    for (int i = 0; i < w->n; i++) {
        struct talk *t = w->talks[i];
        const struct talk_order *sent = t->sent;

        orders[i] = arena_array(&r->arena, (size_t)t->nsent, struct talk_order);
        for (int k = 0; k < t->nsent; k++)
            if (sent[k].sent && (sent[k].verb == &talk_lower) == (v == &talk_put_back))
                orders[i][count[i]++].arg =
                    v == &talk_put_back
                        ? arena_printf(&r->arena, "%.*s=%s", (int)strcspn(sent[k].arg, "="),
                                       sent[k].arg, t->before)
                        : sent[k].arg;
        t->over = false;
        t->ended = ended;
    }
    for (int i = 0; i < w->n; i++)
        give_orders(w->talks[i], v, orders[i], count[i]);
}

static void paused_ended(struct talk *t)
{
    struct action_run *r = t->r;
    struct hold *w = r->state;
    enum op_state state;
    const char *text;

    t->sent = t->orders;
    t->nsent = t->n;
    t->before = t->was;
    if (!bouncers_all_over(w->talks, w->n))
        return;
    text = bouncers_outcome(r, w->talks, w->n, resumed, &state);
    if (state != OP_DONE || w->stop) {
        w->inner_over = true;
        w->state = state == OP_REFUSED ? OP_REFUSED : OP_FAILED;
        w->outcome = arena_printf(&r->arena, "nothing was switched over: %s",
                                  state == OP_DONE ? "interrupted" : text);
        go_back(r);
        return;
    }
    w->stage = SWITCHING;
    w->until_us = run_now(r) + LONGEST;
    w->look_us = run_now(r) + LOOK;
    r->first = w->ph_switch;
    r->outer = w;
    takeover_begin(r);
    leave(r, w);
    enter(r, w);
    run_send_next(r);
    leave(r, w);
    if (w->inner_over) /* it could not be sent */
        go_back(r);
}

static void begin(struct action_run *r)
{
    const struct plan *p = r->plan;
    struct hold *w = arena_new(&r->arena, struct hold);
    int n = p->request.nbouncers, npause = step_to_patroni(p);
    int nphases = npause + TAKEOVER_PHASES + 3;
    const char **names = arena_array(&r->arena, (size_t)nphases, const char *);

    for (int i = 0; i < nphases; i++)
        names[i] = i < npause ? p->steps[i].summary : "";
    w->ph_switch = npause;
    w->ph_route = npause + TAKEOVER_PHASES;
    w->ph_resume = w->ph_route + 1;
    w->ph_served = w->ph_route + 2;
    names[w->ph_route] = "way to the new leader open";
    names[w->ph_resume] = "clients go on";
    names[w->ph_served] = "nobody waits";
    run_phases(r, nphases, names);
    r->state = w;
    r->outer = w;
    r->step = npause - 1;
    w->n = n;
    w->held_us = run_now(r);
    w->talks = arena_array(&r->arena, (size_t)n, struct talk *);
    for (int i = 0; i < n; i++) {
        w->talks[i] = arena_new(&r->arena, struct talk);
        *w->talks[i] = (struct talk){.r = r,
                                     .bouncer = p->request.bouncers[i],
                                     .ended = paused_ended,
                                     .was = "",
                                     .stays = true};
    }
    for (int i = 0; i < n; i++) {
        struct talk_order *v = arena_array(&r->arena, (size_t)npause, struct talk_order);
        int count = 0;

        for (int k = 0; k < npause; k++)
            if (strcmp(p->steps[k].member, w->talks[i]->bouncer) == 0)
                v[count++] = (struct talk_order){
                    .verb = strncmp(p->steps[k].body, "SET ", 4) == 0 ? &talk_lower : &talk_pause,
                    .sql = p->steps[k].body,
                    .arg = p->steps[k].argument,
                    .timeout_us = p->steps[k].timeout_us,
                    .phase = k};
        talk_begin(w->talks[i], v, count);
    }
}

/* ---- what is seen */

/* Every HAProxy sends writes to m alone. Where there is none, nobody can see more than that m is
 * the primary, and where the bouncers themselves point. */
static bool way_open(const struct action_run *r, const struct snapshot *s, const struct member *m)
{
    const struct hold *w = r->state;

    for (int i = 0; i < s->nhaproxies; i++) {
        const struct haproxy *h = &s->haproxies[i];
        const struct ha_row *mine = routes_server_of(s, h, m);

        if (!mine) /* it carries no writes */
            continue;
        if (h->state.outcome != OBS_ANSWERED || h->state.answered_us <= w->promoted_us)
            return false;
        for (int k = 0; k < h->stats->n; k++) {
            const struct ha_row *row = &h->stats->v[k];

            if (routes_is_write_server(h, row) && ha_row_takes(row) != (row == mine))
                return false;
        }
    }
    return true;
}

static bool is_held(const struct plan *p, const char *database)
{
    for (int i = 0; i < p->request.ndatabases; i++)
        if (strcmp(p->request.databases[i], database) == 0)
            return true;
    return false;
}

/* A bouncer whose database names a member's own address: another one than m gets the writes. */
static const char *points_elsewhere(struct action_run *r, const struct snapshot *s,
                                    const struct member *m)
{
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];

        for (int k = 0; b->databases && k < b->databases->n; k++) {
            const struct pgb_database *d = &b->databases->v[k];
            const struct member *to =
                d->host && is_held(r->plan, d->name) ? routes_member_at(s, d->host, d->port) : NULL;

            if (to && to != m)
                return arena_printf(&r->arena, "%s of %s points at %s", d->name, b->name, to->name);
        }
    }
    return NULL;
}

static bool nobody_waits(const struct action_run *r, const struct snapshot *s)
{
    const struct hold *w = r->state;

    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];

        if (b->pools_state.outcome != OBS_ANSWERED || b->pools_state.answered_us <= w->resumed_us)
            return false;
        for (int k = 0; b->pools && k < b->pools->n; k++)
            if (is_held(r->plan, b->pools->v[k].database) && b->pools->v[k].cl_waiting > 0 &&
                (b->pools->v[k].sv_active <= 0 || b->pools->v[k].maxwait_us > USEC_PER_SEC))
                return false;
    }
    return true;
}

static void look_at_way(struct action_run *r, const struct snapshot *s)
{
    struct hold *w = r->state;
    const struct member *m = snapshot_member(s, w->winner);
    const char *elsewhere = m ? points_elsewhere(r, s, m) : NULL;

    if (elsewhere || !m || !way_open(r, s, m)) {
        run_wait_for(r, "the way to %s%s%s", w->winner, elsewhere ? ": " : "",
                     elsewhere ? elsewhere : "");
        return;
    }
    run_phase(r, w->ph_route, PHASE_DONE, "");
    go_back(r);
}

static void look_at_clients(struct action_run *r, const struct snapshot *s)
{
    struct hold *w = r->state;

    if (!nobody_waits(r, s))
        return;
    run_phase(r, w->ph_served, PHASE_DONE, "");
    put_back(r);
}

static void observe(struct action_run *r, const struct snapshot *s)
{
    struct hold *w = r->state;
    const char *promoted;

    if (w->stage < SWITCHING)
        return;
    if (!w->inner_over) {
        enter(r, w);
        takeover_observe(r, s);
        promoted = takeover_promoted(r);
        leave(r, w);
        if (promoted && !w->winner) {
            w->winner = promoted;
            w->promoted_us = run_now(r);
        }
    }
    if (w->winner && w->stage == SWITCHING) {
        w->stage = OPENING;
        run_phase(r, w->ph_route, PHASE_ACTIVE, "");
    }
    if (w->stage == OPENING)
        look_at_way(r, s);
    else if (w->stage == SWITCHING && w->inner_over)
        go_back(r);
    else if (w->stage == SERVING)
        look_at_clients(r, s);
    else if (w->stage == FOLLOWING && w->inner_over)
        finish(r);
}

static void answered(struct action_run *r, const struct step_answer *a)
{
    struct hold *w = r->state;

    if (w->inner_over)
        return;
    enter(r, w);
    takeover_answered(r, a);
    leave(r, w);
    if (w->inner_over && w->stage == SWITCHING)
        go_back(r);
    else if (w->inner_over && w->stage == FOLLOWING)
        finish(r);
}

/* ---- time */

static void out_of_time(struct action_run *r)
{
    struct hold *w = r->state;
    char t[FMT_MAX];

    w->until_us = 0;
    if (w->stage == SWITCHING || w->stage == OPENING) {
        run_phase(r, w->ph_route, PHASE_FAILED, "not seen in time");
        w->trouble = arena_printf(&r->arena, "after %s the clients were let go, %s",
                                  fmt_duration(t, LONGEST),
                                  w->winner ? "before the way to the new leader was seen open"
                                            : "before there was a new leader");
        go_back(r);
    } else if (w->stage == SERVING) {
        run_phase(r, w->ph_served, PHASE_FAILED, "they still wait");
        if (!w->trouble)
            w->trouble = "clients still wait in PgBouncer: look at the routes and at its pools";
        put_back(r);
    }
}

static void expired(struct action_run *r)
{
    struct hold *w = r->state;
    int64_t now = run_now(r);

    if (w->look_us && w->look_us <= now) {
        w->look_us =
            w->stage == SWITCHING || w->stage == OPENING || w->stage == SERVING ? now + LOOK : 0;
        if (r->env.hurry)
            r->env.hurry(r->env.hurry_arg);
    }
    if (w->until_us && w->until_us <= now)
        out_of_time(r);
    bouncers_wake(r, w->talks, w->n);
    if (!run_ended(r) && !w->inner_over && w->inner_us && w->inner_us <= now) {
        enter(r, w);
        r->deadline_us = 0;
        takeover_expired(r);
        leave(r, w);
        if (w->inner_over && w->stage == FOLLOWING)
            finish(r);
    }
}

/* Whoever leaves lets the clients go first; the switchover goes on in the cluster. */
static bool interrupt(struct action_run *r)
{
    struct hold *w = r->state;

    if (w->stage == FOLLOWING)
        return false;
    w->stop = true;
    if (!w->inner_over && w->stage > PAUSING) {
        w->inner_over = true;
        w->state = OP_UNKNOWN;
        w->outcome =
            "interrupted: the switchover goes on in the cluster and is no longer followed; "
            "look at pgdba status";
        go_back(r);
    }
    return true;
}

static void release(struct action_run *r)
{
    const struct hold *w = r->outer;

    for (int i = 0; w && i < w->n; i++)
        talk_close(w->talks[i]);
}

const struct action_ops hold_ops = {.elects = true,
                                    .check = check,
                                    .plan = plan,
                                    .begin = begin,
                                    .observe = observe,
                                    .answered = answered,
                                    .expired = expired,
                                    .ending = ending,
                                    .arm = arm,
                                    .interrupt = interrupt,
                                    .release = release,
                                    .begins_itself = true};
