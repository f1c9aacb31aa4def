/*
 * patroni_view.c: /cluster from one member at a time. A pass begins each round with the member that
 * answered last and moves on at once when it fails; only an answer that is late lets the next round
 * ask somebody else beside it. Then /history and /config from the one that answered.
 */
#include "patroni_int.h"

#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "pgdba/base/fmt.h"
#include "pgdba/model/facts.h"
#include "pgdba/wire/patroni.h"

/* ---- who is asked next */

static bool eligible(const struct source_patroni *p, const struct site *s)
{
    return !s->gone && !site_is_foreign(s) && s->cluster == NULL && s->pass != p->view.pass &&
           patroni_now(p) >= s->cluster_due_us && !(s->duplicate && s->probed) && !site_is_out(s);
}

/* Smaller is better: an answer in this round, then never asked, then not heard yet in this round,
 * then silent (PostgreSQL may be stuck while /cluster works). */
static int preference(const struct source_patroni *p, const struct site *s)
{
    if (s->health != NULL)
        return 3;
    if (s->probed && s->outcome == OBS_ANSWERED)
        return s == p->view.site ? 0 : 1;
    return s->probed && s->outcome == OBS_TIMED_OUT ? 4 : 2;
}

static struct site *pick(const struct source_patroni *p)
{
    struct site *best = NULL;

    for (int i = 0; i < p->nsites; i++) {
        struct site *s = p->sites[i];

        if (eligible(p, s) && (best == NULL || preference(p, s) < preference(p, best)))
            best = s;
    }
    return best;
}

/* /health goes before /cluster: a load of the view renews dcs_last_seen (reference §1.7). */
static bool wait_for_health(const struct source_patroni *p, const struct site *best)
{
    const struct site *s = p->view.site;

    if (p->view.grace_over)
        return false;
    if (s != NULL && eligible(p, s))
        return s->health != NULL;
    return best->health != NULL;
}

static bool is_slow(const struct source_patroni *p, int64_t sent_us)
{
    return patroni_now(p) - sent_us > p->t.cluster_slow_us;
}

static bool outstanding(const struct source_patroni *p, bool only_quick)
{
    for (int i = 0; i < p->nsites; i++) {
        const struct site *s = p->sites[i];

        if (s->cluster != NULL && !(only_quick && is_slow(p, s->cluster_sent_us)))
            return true;
    }
    return false;
}

/* ---- when nobody answers */

static void add_reason(struct buf *out, const struct site *s, int *n)
{
    enum { SHOWN = 6 };
    const char *why = s->cluster_outcome != OBS_NEVER ? s->cluster_detail.s : s->detail.s;

    if (s->gone || s->duplicate || (!s->probed && s->cluster_outcome == OBS_NEVER))
        return;
    if (++*n > SHOWN)
        return;
    if (out->len > 0)
        buf_puts(out, "; ");
    if (strstr(why, s->target) == NULL)
        buf_addf(out, "%s: ", s->url.base);
    if (site_is_foreign(s))
        buf_addf(out, "answers for scope %s, not %s", s->scope, s->p->scope);
    else
        buf_puts(out, *why != '\0' ? why : obs_outcome_name(s->outcome));
}

static enum obs_outcome why_outcome(const struct site *s)
{
    if (site_is_foreign(s))
        return OBS_GARBLED;
    return s->cluster_outcome != OBS_NEVER ? s->cluster_outcome : s->outcome;
}

static void emit_failure(struct source_patroni *p)
{
    struct site *last = NULL;
    struct buf detail;
    int n = 0;

    buf_init(&detail);
    for (int i = 0; i < p->nsites; i++) {
        struct site *s = p->sites[i];
        enum obs_outcome o = why_outcome(s);

        add_reason(&detail, s, &n);
        /* The last of the given addresses speaks for all. */
        if (!s->gone && o != OBS_NEVER && o != OBS_ANSWERED && (last == NULL || s->seed))
            last = s;
    }
    if (last != NULL) {
        struct observation o =
            patroni_observation(last, OBS_PATRONI_CLUSTER, "", why_outcome(last), detail.s, NULL);

        patroni_emit(p, &o);
    }
    buf_release(&detail);
}

static bool anybody_out(const struct source_patroni *p)
{
    for (int i = 0; i < p->nsites; i++)
        if (!p->sites[i]->gone && !p->sites[i]->duplicate &&
            (site_is_out(p->sites[i]) || site_is_foreign(p->sites[i])))
            return true;
    return false;
}

static void pass_failed(struct source_patroni *p)
{
    p->view.want = false;
    net_timer_stop(p->grace);
    /* With everybody in a pause after a time-out there is nothing new to say. */
    if (p->view.asked || anybody_out(p))
        emit_failure(p);
}

/* ---- /history and /config */

static void ask_extra(struct site *s, enum obs_kind kind);

static void extra_done(void *arg, const struct net_http_reply *r)
{
    struct site *s = arg;
    struct source_patroni *p = s->p;
    enum obs_kind kind = s->extra_kind;
    struct buf detail;

    s->extra = NULL;
    buf_init(&detail);
    enum obs_outcome outcome = judge_reply(kind, r, &detail);

    if (outcome != OBS_ANSWERED)
        p->view.extras_due_us = patroni_now(p) + p->t.extras_again_us;
    struct observation o = patroni_observation(s, kind, "", outcome, detail.s, r);

    if (outcome != OBS_TIMED_OUT && kind == OBS_PATRONI_HISTORY && site_may_send(s))
        ask_extra(s, OBS_PATRONI_CONFIG);
    patroni_emit(p, &o);
    buf_release(&detail);
    view_next(p);
}

static void ask_extra(struct site *s, enum obs_kind kind)
{
    s->extra_kind = kind;
    s->extra = patroni_get(s, kind == OBS_PATRONI_HISTORY ? "/history" : "/config",
                           s->p->t.extra_us, extra_done);
}

static void ask_extras(struct source_patroni *p, struct site *s)
{
    int64_t now = patroni_now(p);

    if (now < p->view.extras_due_us || s->extra != NULL || s->health != NULL || !site_may_send(s))
        return;
    p->view.extras_due_us = now + (p->view.hurry > 0 ? p->t.extras_again_us : p->t.extras_us);
    if (p->view.hurry > 0)
        p->view.hurry--;
    ask_extra(s, OBS_PATRONI_HISTORY);
}

/* A new leader writes /history up to a loop after it took over: so it is read again. */
static void note_leader(struct source_patroni *p, const struct cluster_view *v)
{
    const struct cluster_member *leader = NULL;

    for (int i = 0; i < v->nmembers; i++)
        if (role_is_leader(v->members[i].role))
            leader = &v->members[i];
    const char *name = leader != NULL ? leader->name : NULL;
    int64_t timeline = leader != NULL ? leader->timeline : 0;
    bool same = (name == NULL) == (p->view.leader == NULL) &&
                (name == NULL || strcmp(name, p->view.leader) == 0) && timeline == p->view.timeline;

    if (same)
        return;
    free(p->view.leader);
    p->view.leader = xstrdup(name);
    p->view.timeline = timeline;
    p->view.extras_due_us = 0;
    p->view.hurry = 2;
}

/* ---- /cluster */

static enum obs_outcome read_cluster(struct source_patroni *p, const struct net_http_reply *r,
                                     struct buf *detail)
{
    struct facts *facts = NULL;
    struct err e = ERR_INIT;
    const struct cluster_view *v;
    enum obs_outcome outcome = OBS_ANSWERED;

    if (wire_patroni_cluster(r->body, r->body_len, &facts, &e) != ST_OK) {
        buf_puts(detail, err_text(&e));
        err_release(&e);
        return OBS_GARBLED;
    }
    v = facts->root;
    if (v->scope != NULL && p->scope != NULL && strcmp(v->scope, p->scope) != 0) {
        buf_addf(detail, "answers for scope %s, not %s", v->scope, p->scope);
        outcome = OBS_GARBLED;
    } else {
        members_take(p, v);
        note_leader(p, v);
    }
    facts_unref(facts);
    return outcome;
}

static void explain_silence(const struct site *s, struct buf *detail)
{
    if (s->probed && s->outcome == OBS_ANSWERED)
        buf_puts(detail, " (its /health answers: Patroni waits for its DCS)");
}

static void cluster_failed(struct site *s, enum obs_outcome outcome, const char *detail)
{
    struct source_patroni *p = s->p;

    if (s->cluster_outcome != outcome)
        log_write(p->ctx.log, LOG_INFO, "patroni: %s/cluster: %s: %s", s->url.base,
                  obs_outcome_name(outcome), detail);
    s->cluster_outcome = outcome;
    buf_clear(&s->cluster_detail);
    buf_puts(&s->cluster_detail, detail);
    if (outcome == OBS_TIMED_OUT) {
        explain_silence(s, &s->cluster_detail);
        s->cluster_due_us = patroni_now(p) + p->t.cluster_hold_us;
    }
    view_next(p);
}

static void cluster_done(void *arg, const struct net_http_reply *r)
{
    struct site *s = arg;
    struct source_patroni *p = s->p;
    struct buf detail;

    s->cluster = NULL;
    buf_init(&detail);
    enum obs_outcome outcome = judge_reply(OBS_PATRONI_CLUSTER, r, &detail);
    bool overtaken = s->cluster_sent_us < p->view.sent_us;

    if (outcome == OBS_ANSWERED && !overtaken)
        outcome = read_cluster(p, r, &detail);
    if (outcome != OBS_ANSWERED) {
        cluster_failed(s, outcome, detail.s);
    } else if (!overtaken) {
        struct observation o = patroni_observation(s, OBS_PATRONI_CLUSTER, "", outcome, "", r);

        s->cluster_outcome = OBS_ANSWERED;
        buf_clear(&s->cluster_detail);
        p->view.site = s;
        p->view.sent_us = s->cluster_sent_us;
        p->view.want = false;
        net_timer_stop(p->grace);
        ask_extras(p, s);
        members_match(p); /* before: whoever hears of this may ask for routes */
        patroni_emit(p, &o);
        members_tell(p);
    }
    buf_release(&detail);
}

static void ask_cluster(struct source_patroni *p, struct site *s)
{
    net_timer_stop(p->grace);
    s->pass = p->view.pass;
    s->cluster_sent_us = patroni_now(p);
    p->view.asked = true;
    s->cluster = patroni_get(s, "/cluster", p->t.cluster_us, cluster_done);
}

void view_next(struct source_patroni *p)
{
    if (!p->view.want || outstanding(p, true))
        return;
    struct site *s = pick(p);

    if (s == NULL) {
        if (!outstanding(p, false))
            pass_failed(p);
        return;
    }
    if (wait_for_health(p, s) || !site_may_send(s))
        return; /* the end of that request comes back here */
    ask_cluster(p, s);
}

/* Only to compare, once there is something to compare with. */
static bool may_wait(const struct source_patroni *p)
{
    return p->watched && p->view.site != NULL && patroni_now(p) - p->view.sent_us < p->t.watched_us;
}

void view_round(struct source_patroni *p, bool by_hand)
{
    if (!p->view.want) {
        if (may_wait(p) && !by_hand)
            return;
        if (outstanding(p, true))
            return;
        p->view.pass++;
        p->view.want = true;
        p->view.asked = false;
        p->view.grace_over = false;
        net_timer_start(p->grace, p->t.grace_us, 0);
    }
    view_next(p);
}
