/*
 * The health of every endpoint, each by itself, so that a frozen one holds up no other. What status
 * does not tell (it is root's on many releases: reference "patroni.md" §5.1) comes from /version,
 * /metrics and /health, which need no token.
 */
#include "etcd_int.h"

#include <stdlib.h>
#include <string.h>

/* One thing after the other. Closed is where status is denied or the gateway is off. */
static const struct step {
    enum obs_kind kind;
    const char *path, *body; /* body NULL: GET */
    bool when_open, when_closed;
} steps[] = {
    {OBS_ETCD_STATUS, "/maintenance/status", "{}", true, false},
    {OBS_ETCD_VERSION, "/version", NULL, false, true},
    {OBS_ETCD_METRICS, "/metrics", NULL, false, true},
    {OBS_ETCD_HEALTH, "/health", NULL, true, true},
};
enum { N_STEPS = sizeof steps / sizeof *steps };

static void gate_step(struct etcd_gate *g);

static void tell(struct etcd_gate *g, const struct step *step, const struct etcd_answer *a)
{
    struct etcd_answer told = *a;
    struct buf few;
    buf_init(&few);
    if (step->kind == OBS_ETCD_METRICS && a->outcome == OBS_ANSWERED) {
        wire_etcd_metrics_keep(a->body, a->body_len, &few);
        told.body = few.s;
        told.body_len = few.len;
    }
    etcd_emit(g->s, step->kind, g->url, g, &told);
    buf_release(&few);
}

static void on_step(void *arg, struct etcd_gate *g, const struct etcd_answer *a)
{
    const struct step *step = &steps[g->step];
    struct source_etcd *s = arg;
    if (a->outcome == OBS_NEVER)
        return;
    if (step->kind == OBS_ETCD_STATUS) {
        g->closed = a->outcome == OBS_UNAUTHORISED || a->refusal == ETCD_NO_GATEWAY;
        g->closed_us = etcd_now_us(s);
    }
    bool silent = a->outcome == OBS_REFUSED || a->outcome == OBS_TIMED_OUT || a->outcome == OBS_TLS;
    bool lost = silent && step->kind != OBS_ETCD_HEALTH; /* hangs without quorum, unlike the rest */
    g->answered = !lost;
    if (!silent)
        pace_reset(&g->pace);
    else if (lost)
        pace_fail(&g->pace, etcd_now_us(s), s->t.etcd_gates_us, s->t.etcd_max_us);
    tell(g, step, a);
    g->step++;
    if (!silent)
        gate_step(g);
}

static bool applies(const struct etcd_gate *g, const struct step *step)
{
    bool closed = g->closed || etcd_waits_for_login(g->s);
    return closed ? step->when_closed : step->when_open;
}

/* The next step that applies; none: the round is over. */
static void gate_step(struct etcd_gate *g)
{
    struct source_etcd *s = g->s;
    while (g->step < N_STEPS && !applies(g, &steps[g->step]))
        g->step++;
    if (g->step == N_STEPS || g->check)
        return;
    const struct step *step = &steps[g->step];
    etcd_ask(g,
             &(struct etcd_request){
                 .path = step->path, .body = step->body, .timeout_us = s->t.etcd_query_us},
             on_step, s, &g->check);
}

static void on_members(void *arg, struct etcd_gate *g, const struct etcd_answer *a)
{
    struct source_etcd *s = arg;
    if (a->outcome == OBS_NEVER)
        return;
    s->members_due_us = etcd_now_us(s) + s->t.etcd_members_us;
    etcd_emit(s, OBS_ETCD_MEMBERS, "", g, a);
}

/* Any will do: the list needs no quorum. */
static struct etcd_gate *gate_that_answers(struct source_etcd *s)
{
    if (s->streaming)
        return etcd_current(s);
    for (int i = 0; i < s->ngates; i++)
        if (s->gates[i].answered && s->gates[i].pace.fails == 0)
            return &s->gates[i];
    return NULL;
}

static void ask_members(struct source_etcd *s)
{
    struct etcd_gate *g = gate_that_answers(s);
    if (s->members || !g || etcd_now_us(s) < s->members_due_us)
        return;
    etcd_ask(g,
             &(struct etcd_request){
                 .path = "/cluster/member/list", .body = "{}", .timeout_us = s->t.etcd_query_us},
             on_members, s, &s->members);
}

void etcd_gates_round(struct source_etcd *s)
{
    int64_t now = etcd_now_us(s);
    for (int i = 0; i < s->ngates; i++) {
        struct etcd_gate *g = &s->gates[i];
        if (g->check || now < g->pace.due_us)
            continue;
        if (g->closed && now - g->closed_us >= s->t.etcd_status_us)
            g->closed = false; /* it may have been allowed meanwhile */
        g->step = 0;
        gate_step(g);
    }
    ask_members(s);
}

static void on_timer(void *arg)
{
    etcd_gates_round(arg);
}

void etcd_gates_start(struct source_etcd *s)
{
    s->gates_timer = net_timer_new(s->ctx.loop, on_timer, s);
    net_timer_start(s->gates_timer, 0, s->t.etcd_gates_us);
}

void etcd_gates_free(struct source_etcd *s)
{
    net_timer_free(s->gates_timer);
}
