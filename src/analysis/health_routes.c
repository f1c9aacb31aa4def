/* Rules about the routes: where HAProxy and PgBouncer send, against who leads. */
#include "judge.h"

#include <string.h>

#include "pgdba/analysis/routes.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

/* What a transition takes here. HAProxy notices after inter x fall: with a check every second or
 * two it is down after 5 s, or at least its checks have begun to fail by then; with the 3 s and 3
 * falls of Patroni's own example that takes up to 12 s more or less. PgBouncer is repointed by a
 * template or a callback and a reload. */
#define HAPROXY_SLOW   (5 * USEC_PER_SEC)
#define HAPROXY_FAILS  (12 * USEC_PER_SEC)
#define PGBOUNCER_SLOW (15 * USEC_PER_SEC)

#define EACH_HAPROXY(j, h)                                                                        \
    for (const struct haproxy *h = (j)->s->haproxies; h < (j)->s->haproxies + (j)->s->nhaproxies; \
         h++)

static bool now(const struct judge *j, const struct source_state *st)
{
    return !source_is_stale(st, j->s->refresh_us, j->now_us);
}

static bool answers(const struct judge *j, const struct haproxy *h)
{
    return h->stats && now(j, &h->state);
}

void judge_haproxy_silent(struct judge *j)
{
    EACH_HAPROXY(j, h)
    if (h->state.outcome != OBS_NEVER && !now(j, &h->state))
        judge_say(j, h->name, "no answer from HAProxy %s%s%s", judge_silence(j, &h->state),
                  *h->state.detail ? ": " : "", h->state.detail);
}

void judge_haproxy_not_asked(struct judge *j)
{
    EACH_HAPROXY(j, h)
    if (h->state.outcome == OBS_NEVER)
        judge_say(j, h->name, "HAProxy has not been asked yet");
}

void judge_haproxy_no_backend(struct judge *j)
{
    EACH_HAPROXY(j, h)
    {
        bool found = !h->write_backend || !answers(j, h);
        for (int i = 0; !found && i < h->stats->n; i++)
            found = routes_is_write_server(h, &h->stats->v[i]);
        if (!found)
            judge_say(j, h->name, "HAProxy has no server in \"%s\", its configured write backend",
                      h->write_backend);
    }
}

/* ---- who gets the writes */

/* The member that gets writes of h and should not; *others: servers that get some, too. Words from
 * before the leader led say nothing about it. */
static const struct member *stray(const struct judge *j, const struct haproxy *h,
                                  const struct ha_row **row, int *others)
{
    const struct member *found = NULL;
    *others = 0;
    if (!answers(j, h) || !j->leader || j->view_old ||
        facts_asked_us(&h->state) < j->s->leader_since_us)
        return NULL;
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i];
        const struct ha_row *r = routes_server_of(j->s, h, m);
        if (!r || !ha_row_takes(r))
            continue;
        *others += 1;
        if (m == j->leader || (found && found->stray_haproxy_us <= m->stray_haproxy_us))
            continue;
        found = m;
        *row = r;
    }
    *others -= found ? 1 : 0;
    return found;
}

static bool stray_too_long(const struct judge *j, const struct member *m, const struct ha_row *r)
{
    int64_t limit = r->status == HA_GOING_DOWN ? HAPROXY_FAILS : HAPROXY_SLOW;
    return !m->stray_haproxy_us || j->now_us - m->stray_haproxy_us > limit;
}

static const char *stray_for(const struct judge *j, int64_t since_us)
{
    char d[FMT_MAX];
    return since_us ? arena_printf(j->a, " for %s", facts_span(d, j->now_us - since_us)) : "";
}

static void old_leader(struct judge *j, bool too_long)
{
    const struct ha_row *r = NULL;
    int others;
    EACH_HAPROXY(j, h)
    {
        const struct member *m = stray(j, h, &r, &others);
        if (m && !others && stray_too_long(j, m, r) == too_long)
            judge_say(j, m->name,
                      "HAProxy (%s) still routes writes here%s, the leader is %s (%s: %s)", h->name,
                      stray_for(j, m->stray_haproxy_us), j->leader->name, r->name, r->status_text);
    }
}

void judge_haproxy_old_leader(struct judge *j)
{
    old_leader(j, false);
}

void judge_haproxy_old_leader_long(struct judge *j)
{
    old_leader(j, true);
}

static void two_targets(struct judge *j, bool too_long)
{
    const struct ha_row *r = NULL;
    int others;
    EACH_HAPROXY(j, h)
    {
        const struct member *m = stray(j, h, &r, &others);
        if (m && others && stray_too_long(j, m, r) == too_long)
            judge_say(j, m->name,
                      "HAProxy (%s) routes writes to %d servers%s: here too, the leader is %s",
                      h->name, others + 1, stray_for(j, m->stray_haproxy_us), j->leader->name);
    }
}

void judge_haproxy_two_targets(struct judge *j)
{
    two_targets(j, false);
}

void judge_haproxy_two_targets_long(struct judge *j)
{
    two_targets(j, true);
}

static void no_target(struct judge *j, bool too_long)
{
    if (facts_standby_cluster(j->s))
        return;
    EACH_HAPROXY(j, h)
    if (answers(j, h) && h->no_target_us &&
        (j->now_us - h->no_target_us > judge_route_gap(j)) == too_long)
        judge_say(j, h->name, "HAProxy has no server to route writes to (%s)%s%s",
                  routes_write_backend(h), stray_for(j, h->no_target_us),
                  too_long ? ": writes fail" : ", as while the leader changes");
}

void judge_haproxy_no_target(struct judge *j)
{
    no_target(j, false);
}

void judge_haproxy_no_target_long(struct judge *j)
{
    no_target(j, true);
}

/* ---- the leader's own server */

static const struct ha_row *leader_row(const struct judge *j, const struct haproxy *h)
{
    return j->leader && answers(j, h) && facts_asked_us(&h->state) >= j->s->leader_since_us
               ? routes_server_of(j->s, h, j->leader)
               : NULL;
}

/* By silence, by refusal or by an answer that is none of Patroni's, not by one that says "not
 * primary": that is a matter of time. */
void judge_haproxy_leader_down(struct judge *j)
{
    EACH_HAPROXY(j, h)
    {
        const struct ha_row *r = leader_row(j, h);
        if (r && (r->status == HA_DOWN || r->status == HA_GOING_UP) && *r->check_status &&
            !ha_row_says_not_the_role(r) && strncmp(r->check_status, "L7OK", 4) != 0)
            judge_say(j, h->name,
                      "HAProxy has the leader %s DOWN, its check ends in %s%s%s%s: Patroni says "
                      "it leads",
                      j->leader->name, r->check_status,
                      r->check_code ? arena_printf(j->a, " %d", r->check_code) : "",
                      *r->last_check ? ", " : "", r->last_check);
    }
}

void judge_haproxy_leader_held(struct judge *j)
{
    EACH_HAPROXY(j, h)
    {
        const struct ha_row *r = leader_row(j, h);
        bool by_hand;
        if (!r || (!ha_row_in_maint(r) && !ha_row_in_drain(r)))
            continue;
        const char *by = ha_row_held_by(r, &by_hand);
        judge_say(j, h->name, "the server of the leader %s is in %s %s%s: it gets no writes%s",
                  j->leader->name, ha_row_in_maint(r) ? "MAINT" : "DRAIN", by,
                  judge_held_for(j, h, r),
                  by_hand ? arena_printf(j->a, "; haproxy ready %s --backend %s takes it back",
                                         r->name, r->proxy)
                          : "");
    }
}

/* ---- PgBouncer. What is named for reading may be pointed at a replica on purpose. */

static bool is_of(const struct way *w, const struct bouncer *b)
{
    size_t n = strlen(b->name);
    return w->nhops && w->hops[0].kind == HOP_BOUNCER && strncmp(w->key, b->name, n) == 0 &&
           (w->key[n] == '/' || w->key[n] == '\0');
}

static bool ends_at(const struct way *w, const struct member *m)
{
    for (int i = 0; i < w->nends; i++)
        if (w->ends[i].member == m)
            return true;
    return false;
}

/* It goes there by its own address, not by an HAProxy that will find out by itself. */
static bool direct(const struct way *w)
{
    return w->nhops && w->hops[w->nhops - 1].kind != HOP_HAPROXY;
}

/* b's own way to m; *reads_only: it has such, and they are all for reading. */
static const struct way *way_of(const struct judge *j, const struct bouncer *b,
                                const struct member *m, bool *reads_only)
{
    const struct way *found = NULL;
    int reads = 0;
    for (int i = 0; i < j->nways; i++) {
        const struct way *w = &j->ways[i];
        if (!is_of(w, b) || !direct(w) || !ends_at(w, m))
            continue;
        reads += !w->writes;
        if (!found && w->writes)
            found = w;
    }
    *reads_only = !found && reads > 0;
    return found;
}

static void say_stray(struct judge *j, const struct bouncer *b, const struct member *m)
{
    bool reads_only;
    const struct way *w = way_of(j, b, m, &reads_only);
    if (reads_only)
        return;
    if (w && w->state == WAY_ASTRAY)
        judge_say(j, m->name,
                  "PgBouncer (%s) points at the old leader%s, %s leads: writes of database %s fail "
                  "there; %s",
                  b->name, stray_for(j, m->stray_pgbouncer_us), j->leader->name, w->hops[0].part,
                  w->cure);
    else
        judge_say(j, m->name, "PgBouncer (%s) points at the old leader%s, %s leads", b->name,
                  stray_for(j, m->stray_pgbouncer_us), j->leader->name);
}

static void bouncer_stray(struct judge *j, bool too_long)
{
    for (int i = 0; j->leader && i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i];
        if (m == j->leader || !m->stray_pgbouncer_us ||
            (j->now_us - m->stray_pgbouncer_us > PGBOUNCER_SLOW) != too_long)
            continue;
        for (int k = 0; k < j->s->nbouncers; k++) {
            const struct bouncer *b = &j->s->bouncers[k];
            if ((now(j, &b->servers_state) || now(j, &b->databases_state)) &&
                routes_bouncer_points_at(j->s, b, m))
                say_stray(j, b, m);
        }
    }
}

void judge_bouncer_old_leader(struct judge *j)
{
    bouncer_stray(j, false);
}

void judge_bouncer_old_leader_long(struct judge *j)
{
    bouncer_stray(j, true);
}

/* The old leader's have been said. */
static bool remembered(const struct way *w)
{
    for (int i = 0; i < w->nends; i++)
        if (w->ends[i].member && w->ends[i].member->stray_pgbouncer_us)
            return true;
    return false;
}

void judge_route_not_leader(struct judge *j)
{
    for (int i = 0; i < j->nways; i++) {
        const struct way *w = &j->ways[i];
        bool bouncers = w->nhops && w->hops[0].kind == HOP_BOUNCER;
        if (!w->writes || w->state != WAY_ASTRAY || !direct(w) || (bouncers && remembered(w)))
            continue;
        if (bouncers)
            judge_say(j, w->hops[0].name, "database %s %s%s%s", w->hops[0].part, w->reason,
                      *w->cure ? "; " : "", w->cure);
        else
            judge_say(j, "", "%s %s%s%s", w->key, w->reason, *w->cure ? "; " : "", w->cure);
    }
}
