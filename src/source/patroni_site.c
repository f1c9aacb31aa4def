/*
 * patroni_site.c: one address: /health with one request in flight ever, /liveness while its slot
 * is taken, and who answers there (reference "patroni.md" §7.1, §7.3).
 */
#include "patroni_int.h"

#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "pgdba/model/facts.h"
#include "pgdba/wire/patroni.h"

static void health_done(void *arg, const struct net_http_reply *r);

struct site *site_new(struct source_patroni *p, const char *url, bool seed, const char *declared)
{
    const struct patroni_config *c = &p->ctx.config->patroni;
    struct site *s = xcalloc(1, sizeof(*s));

    arena_init(&s->arena);
    if (!address_parse(&s->arena, url, &s->url)) {
        arena_release(&s->arena);
        free(s);
        return NULL;
    }
    s->p = p;
    s->seed = seed;
    s->declared = declared;
    s->target_host = s->url.host;
    s->target_port = s->url.port;
    s->mapped = address_mapped(&s->arena, c->connect_to, c->nconnect_to, s->url.host, s->url.port,
                               &s->target_host, &s->target_port);
    s->target = address_key(&s->arena, s->target_host, s->target_port);
    arena_init(&s->held.arena);
    buf_init(&s->detail);
    buf_init(&s->cluster_detail);
    return s;
}

void site_cancel(struct site *s)
{
    net_http_cancel(s->health);
    net_http_cancel(s->liveness);
    net_http_cancel(s->cluster);
    net_http_cancel(s->extra);
    s->health = s->liveness = s->cluster = s->extra = NULL;
}

void site_free(struct site *s)
{
    site_cancel(s);
    free(s->says);
    free(s->scope);
    free(s->version);
    free(s->member);
    arena_release(&s->held.arena);
    buf_release(&s->detail);
    buf_release(&s->cluster_detail);
    arena_release(&s->arena);
    free(s);
}

bool site_may_send(const struct site *s)
{
    int n = (s->health != NULL) + (s->liveness != NULL) + (s->cluster != NULL) + (s->extra != NULL);

    return n < 2;
}

bool site_is_out(const struct site *s)
{
    return s->probed && (s->outcome == OBS_REFUSED || s->outcome == OBS_TLS ||
                         (s->outcome == OBS_TIMED_OUT && !s->reached));
}

bool site_is_foreign(const struct site *s)
{
    return s->p->scope != NULL && s->scope != NULL && strcmp(s->p->scope, s->scope) != 0;
}

bool site_is_unsteady(const struct site *s, int64_t now_us)
{
    return s->renamed_us != 0 && now_us - s->renamed_us < s->p->t.unsteady_us;
}

/* ---- what was heard */

static void set_text(char **to, const char *from)
{
    char *copy = xstrdup(from);

    free(*to);
    *to = copy;
}

static void hold(struct site *s, const struct observation *o)
{
    struct held *h = &s->held;

    arena_release(&h->arena);
    arena_init(&h->arena);
    h->o = *o;
    h->o.target = "";
    h->o.endpoint = s->url.base;
    h->o.detail = arena_strdup(&h->arena, o->detail);
    h->o.date = arena_strdup(&h->arena, o->date);
    h->o.body = o->body != NULL ? arena_strndup(&h->arena, o->body, o->body_len) : NULL;
    h->full = true;
}

/* Only on a good answer: the last known identity survives a silence. */
static void learn(struct site *s, const struct member_health *h)
{
    struct source_patroni *p = s->p;

    if (s->says != NULL && h->name != NULL && strcmp(s->says, h->name) != 0) {
        s->renamed_us = patroni_now(p);
        log_write(p->ctx.log, LOG_WARN, "patroni: %s answered as %s, now as %s", s->url.base,
                  s->says, h->name);
    }
    set_text(&s->says, h->name);
    set_text(&s->scope, h->scope);
    set_text(&s->version, h->patroni_version);
    s->role = h->role;
    s->timeline = h->timeline;
    if (p->scope == NULL && h->scope != NULL)
        set_text(&p->scope, h->scope);
}

static enum obs_outcome read_health(struct site *s, const struct net_http_reply *r,
                                    struct buf *detail)
{
    struct facts *facts = NULL;
    struct err e = ERR_INIT;

    if (wire_patroni_health(r->body, r->body_len, r->status, r->date, &facts, &e) != ST_OK) {
        buf_puts(detail, err_text(&e));
        err_release(&e);
        return OBS_GARBLED;
    }
    learn(s, facts->root);
    facts_unref(facts);
    return OBS_ANSWERED;
}

static void note_change(const struct site *s, enum obs_outcome outcome, const char *detail)
{
    if (s->probed && s->outcome == outcome)
        return;
    log_write(s->p->ctx.log, LOG_INFO, "patroni: %s: %s%s%s", s->url.base,
              obs_outcome_name(outcome), *detail != '\0' ? ": " : "", detail);
}

/* ---- /liveness */

static void ask_health(struct site *s)
{
    s->asked_us = patroni_now(s->p);
    s->health = patroni_get(s, "/health", s->p->t.health_us, health_done);
}

static void liveness_done(void *arg, const struct net_http_reply *r)
{
    struct site *s = arg;
    struct source_patroni *p = s->p;
    struct buf detail;
    enum obs_outcome outcome;

    s->liveness = NULL;
    buf_init(&detail);
    outcome = judge_reply(OBS_PATRONI_LIVENESS, r, &detail);
    if (outcome == OBS_TIMED_OUT) {
        pace_fail(&s->liveness_pace, patroni_now(p), p->t.silent_first_us, p->t.liveness_max_us);
    } else {
        /* Silent before, speaking now: the host is back, and what was held there is gone. */
        if (outcome == OBS_ANSWERED && s->liveness_pace.fails > 0)
            s->health_pace.due_us = 0;
        pace_reset(&s->liveness_pace);
    }
    if (s->member != NULL && !s->duplicate) {
        struct observation o =
            patroni_observation(s, OBS_PATRONI_LIVENESS, s->member, outcome, detail.s, r);

        patroni_emit(p, &o);
    }
    buf_release(&detail);
    if (s->slot_taken && s->health_pace.due_us == 0 && s->health == NULL && site_may_send(s))
        ask_health(s);
}

static void ask_liveness(struct site *s)
{
    if (s->liveness != NULL || !site_may_send(s) || patroni_now(s->p) < s->liveness_pace.due_us)
        return;
    s->liveness = patroni_get(s, "/liveness", s->p->t.liveness_us, liveness_done);
}

/* ---- /health */

/* Who has just vanished is likely to come back soon; who has been gone for long is not. */
static int64_t vanished_pause(const struct source_patroni *p, int64_t gone_us)
{
    return gone_us / 4 < p->t.unreached_us ? gone_us / 4 : p->t.unreached_us;
}

static void pace_site(struct site *s, enum obs_outcome outcome)
{
    struct source_patroni *p = s->p;
    int64_t now = patroni_now(p);
    const struct member_row *row = s->member != NULL ? members_find(p, s->member) : NULL;

    s->not_before_us = 0;
    s->slot_taken = outcome == OBS_TIMED_OUT;
    if (s->slot_taken) {
        pace_fail(&s->health_pace, now, p->t.silent_first_us, p->t.silent_max_us);
        return;
    }
    pace_reset(&s->health_pace);
    pace_reset(&s->liveness_pace);
    if (outcome == OBS_ANSWERED)
        return;
    if (!s->seed && !s->ever_answered)
        s->not_before_us = now + p->t.unreached_us;
    else if (row != NULL && !row->listed)
        s->not_before_us = now + vanished_pause(p, now - row->unlisted_us);
}

static void health_done(void *arg, const struct net_http_reply *r)
{
    struct site *s = arg;
    struct source_patroni *p = s->p;
    struct buf detail;
    enum obs_outcome outcome;

    s->health = NULL;
    if (r->status == 401 && !s->with_password && p->ctx.config->patroni.username != NULL) {
        s->with_password = true;
        ask_health(s);
        return;
    }
    buf_init(&detail);
    outcome = judge_reply(OBS_PATRONI_HEALTH, r, &detail);
    if (outcome == OBS_ANSWERED)
        outcome = read_health(s, r, &detail);
    note_change(s, outcome, detail.s);
    s->probed = true;
    s->outcome = outcome;
    s->reached = r->sent;
    s->ever_answered |= outcome == OBS_ANSWERED;
    buf_clear(&s->detail);
    buf_puts(&s->detail, detail.s);
    pace_site(s, outcome);

    struct observation o = patroni_observation(s, OBS_PATRONI_HEALTH, "", outcome, detail.s, r);

    hold(s, &o);
    buf_release(&detail);
    if (s->slot_taken)
        ask_liveness(s);
    members_match(p);
    members_tell(p);
    view_next(p);
}

/* Of no use but to see whether that changes. */
static bool is_idle(const struct site *s, int64_t now)
{
    return s->probed && s->outcome == OBS_ANSWERED && s->member == NULL &&
           (site_is_foreign(s) || site_is_unsteady(s, now) || members_all_served(s->p));
}

/* Two addresses of one member share its slot. */
static bool slot_free(const struct site *s, int64_t now)
{
    for (int i = 0; i < s->p->nsites; i++) {
        const struct site *o = s->p->sites[i];
        bool same =
            o == s || (s->member != NULL && o->member != NULL && strcmp(s->member, o->member) == 0);

        if (same && (o->health != NULL || (o->slot_taken && now < o->health_pace.due_us)))
            return false;
    }
    return true;
}

void site_ask(struct site *s, bool by_hand)
{
    int64_t now = patroni_now(s->p);
    bool never = !s->ever_answered && !s->seed;

    if (s->gone || s->health != NULL)
        return;
    if (!slot_free(s, now)) {
        if (s->slot_taken && !s->duplicate)
            ask_liveness(s);
        return;
    }
    /* A second address of a member is not asked, but its own is worth a slow try. */
    if (s->duplicate && s->probed && !never)
        return;
    if (now < s->not_before_us && !(by_hand && !s->duplicate))
        return;
    if (is_idle(s, now) && now - s->asked_us < s->p->t.unreached_us && !by_hand)
        return;
    if (s->liveness != NULL || !site_may_send(s))
        return;
    ask_health(s);
}
