/* What must be so before a server of HAProxy is changed, or its sessions are ended. */
#include "flight.h"

#include <string.h>

#include "pgdba/analysis/balancer.h"
#include "pgdba/analysis/routes.h"
#include "pgdba/base/fmt.h"

static bool is_change(const struct flight *f, enum action_kind k)
{
    return f->r->kind == k;
}

/* Also one that never said which servers it has: it is among "all". */
void flight_haproxy_answers(struct flight *f)
{
    char age[FMT_MAX];
    int asked = 0, good = 0;
    for (int i = 0; i < f->s->nhaproxies; i++) {
        const struct haproxy *h = &f->s->haproxies[i];
        if (!balancer_asked(f->r, h))
            continue;
        asked++;
        if (h->stats && !source_is_stale(&h->state, f->s->refresh_us, f->now_us)) {
            good++;
            continue;
        }
        flight_say(
            f, CHECK_BLOCK, "%s %s: what it would be left with is not known%s", h->name,
            h->state.answered_us
                ? arena_printf(f->a, "has been silent for %s (%s)",
                               facts_span(age, f->now_us - h->state.answered_us),
                               obs_outcome_name(h->state.outcome))
                : arena_printf(f->a, "has never answered (%s)", obs_outcome_name(h->state.outcome)),
            f->r->non ? "" : "; leave it out with --on");
    }
    if (asked == good)
        flight_say(f, CHECK_PASS, "%s", good == 1 ? "HAProxy answers" : "every HAProxy answers");
}

static bool first_of(const struct balancer_target *v, int i)
{
    return i == 0 || v[i].h != v[i - 1].h;
}

static void say_level(struct flight *f, const struct haproxy *h)
{
    enum ha_level level = h->info ? h->info->level : HA_LEVEL_UNKNOWN;
    if (!h->socket)
        flight_say(
            f, CHECK_BLOCK,
            "%s has no socket in the cluster's file, and servers are changed by no other way",
            h->name);
    else if (h->state.outcome == OBS_ANSWERED && *h->state.detail)
        flight_say(f, CHECK_BLOCK, "the socket of %s cannot be used: %s", h->name, h->state.detail);
    else if (level == HA_LEVEL_UNKNOWN)
        flight_say(f, CHECK_PASS,
                   "what the socket of %s may do is not known: it will say no if it may not",
                   h->name);
    else if (level != HA_LEVEL_ADMIN)
        flight_say(f, CHECK_BLOCK,
                   "the socket of %s (%s) is only of level %s: changes need \"level admin\" in "
                   "its \"stats socket\" line",
                   h->name, h->socket, ha_level_name(level));
    else
        flight_say(f, CHECK_PASS, "the socket of %s is of level admin", h->name);
}

void flight_haproxy_socket(struct flight *f)
{
    int n;
    const struct balancer_target *v = balancer_targets(f->s, f->r, f->a, &n);
    for (int i = 0; i < n; i++)
        if (first_of(v, i))
            say_level(f, v[i].h);
}

/* A row of each backend speaks for it. */
static bool first_of_backend(const struct balancer_target *v, int i)
{
    for (int k = 0; k < i; k++)
        if (v[k].h == v[i].h && strcmp(v[k].row->proxy, v[i].row->proxy) == 0)
            return false;
    return true;
}

static bool took_before(const struct balancer_target *v, int n, int i)
{
    for (int k = i; k < n; k++)
        if (v[k].h == v[i].h && strcmp(v[k].row->proxy, v[i].row->proxy) == 0 &&
            ha_row_takes(v[k].row))
            return true;
    return false;
}

void flight_haproxy_last(struct flight *f)
{
    int n, said = 0;
    const struct balancer_target *v = balancer_targets(f->s, f->r, f->a, &n);
    for (int i = 0; i < n; i++) {
        const struct ha_row *row = v[i].row;
        bool writes = routes_is_write_server(v[i].h, row);
        if (!first_of_backend(v, i) || !took_before(v, n, i) ||
            balancer_left(f->s, f->r, v[i].h, row->proxy) > 0)
            continue;
        said++;
        flight_say(f, CHECK_WARN, "nobody is left that takes connections in %s of %s: %s",
                   row->proxy, v[i].h->name, writes ? "writes fail from then on" : "they fail");
    }
    if (!said)
        flight_say(f, CHECK_PASS, "in no backend the last one that takes is taken away");
}

void flight_haproxy_leader(struct flight *f)
{
    int n, said = 0;
    const struct balancer_target *v = balancer_targets(f->s, f->r, f->a, &n);
    for (int i = 0; i < n; i++) {
        const struct member *m = routes_member_of_server(f->s, v[i].h, v[i].row);
        if (!m || m != f->leader || !routes_is_write_server(v[i].h, v[i].row))
            continue;
        said++;
        if (is_change(f, ACT_HA_SHUT))
            flight_say(f, CHECK_WARN, "%s leads: clients of %s lose what they are in the middle of",
                       m->name, balancer_name(v[i].h, v[i].row, f->a));
        else
            flight_say(f, CHECK_WARN, "%s leads: %s is where writes go", m->name,
                       balancer_name(v[i].h, v[i].row, f->a));
    }
    if (!said)
        flight_say(f, CHECK_PASS, "the leader's place for writes is not among them");
}

/* What it is already; NULL: something else. */
static const char *already(const struct flight *f, const struct ha_row *row)
{
    bool maint = ha_row_in_maint(row), drain = ha_row_in_drain(row);
    switch (f->r->kind) {
    case ACT_HA_READY:
        return maint || drain ? NULL : "is neither in maintenance nor in drain";
    case ACT_HA_DRAIN:
        return drain ? "is in drain already" : NULL;
    case ACT_HA_MAINT:
        return maint ? "is in maintenance already" : NULL;
    default:
        return row->sessions == 0 ? "has no sessions" : NULL;
    }
}

void flight_haproxy_state(struct flight *f)
{
    int n, said = 0;
    const struct balancer_target *v = balancer_targets(f->s, f->r, f->a, &n);
    for (int i = 0; i < n; i++) {
        const char *is = already(f, v[i].row);
        if (is)
            flight_say(f, CHECK_WARN, "%s %s", balancer_name(v[i].h, v[i].row, f->a), is);
        said += is != NULL;
    }
    if (!said)
        flight_say(f, CHECK_PASS, "each of them is changed by it");
}
