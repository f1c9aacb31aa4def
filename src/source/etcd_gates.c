/*
 * The health of every endpoint, each by itself, so that a frozen one holds up no other. What status
 * does not tell (it is root's on many releases: reference "patroni.md" §5.1) comes from /version,
 * /metrics and /health, which need no token.
 */
#include "etcd_int.h"

#include <stdlib.h>
#include <string.h>

/* One thing after the other; open steps are for where status is denied. */
static const struct step {
    enum obs_kind kind;
    const char *path, *body; /* body NULL: GET */
    bool when_open, when_denied;
} steps[] = {
    {OBS_ETCD_STATUS, "/maintenance/status", "{}", true, false},
    {OBS_ETCD_VERSION, "/version", NULL, false, true},
    {OBS_ETCD_METRICS, "/metrics", NULL, false, true},
    {OBS_ETCD_HEALTH, "/health", NULL, true, true},
};
enum { N_STEPS = sizeof steps / sizeof *steps };

/* Of the thousands of lines those among which are the ones that wire_etcd_metrics() reads:
 * recordings hold them. */
static const char *const metrics[] = {"etcd_server_", "etcd_mvcc_db_", "etcd_debugging_mvcc_db_"};

static void keep_metrics(const char *body, size_t n, struct buf *out)
{
    for (const char *end = body + n, *line = body; line < end;) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        const char *next = lf ? lf + 1 : end;
        for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
            if ((size_t)(next - line) > strlen(metrics[i]) &&
                strncmp(line, metrics[i], strlen(metrics[i])) == 0)
                buf_add(out, line, (size_t)(next - line));
        line = next;
    }
}

static void gate_step(struct etcd_gate *g);

static void tell(struct etcd_gate *g, const struct step *step, const struct etcd_answer *a)
{
    struct etcd_answer told = *a;
    struct buf few;
    buf_init(&few);
    if (step->kind == OBS_ETCD_METRICS && a->outcome == OBS_ANSWERED) {
        keep_metrics(a->body, a->body_len, &few);
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
        g->denied = a->outcome == OBS_UNAUTHORISED;
        g->denied_us = g->denied ? etcd_now_us(s) : 0;
    }
    bool silent = a->outcome == OBS_REFUSED || a->outcome == OBS_TIMED_OUT || a->outcome == OBS_TLS;
    if (!silent)
        pace_reset(&g->pace);
    else if (step->kind !=
             OBS_ETCD_HEALTH) /* without quorum /health hangs where the rest answers */
        pace_fail(&g->pace, etcd_now_us(s), s->t.etcd_gates_us, s->t.etcd_max_us);
    tell(g, step, a);
    g->step++;
    if (!silent)
        gate_step(g);
}

static bool applies(const struct etcd_gate *g, const struct step *step)
{
    bool closed = g->denied || etcd_waits_for_login(g->s);
    return closed ? step->when_denied : step->when_open;
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

static void ask_members(struct source_etcd *s)
{
    if (s->members || !s->streaming || etcd_now_us(s) < s->members_due_us)
        return;
    etcd_ask(etcd_current(s),
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
        if (g->denied && now - g->denied_us >= s->t.etcd_status_us)
            g->denied = false; /* it may have been allowed meanwhile */
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
