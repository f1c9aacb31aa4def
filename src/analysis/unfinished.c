#include "pgdba/analysis/unfinished.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/model/plan.h"

/* One that was left running, by a key or by a connection that was lost, has not been seen to end.
 */
static bool has_end(const struct audit_lines *l, int intent)
{
    for (int i = intent + 1; i < l->n; i++)
        if (l->v[i].what == AUDIT_OUTCOME && strcmp(l->v[i].id, l->v[intent].id) == 0 &&
            strcmp(l->v[i].outcome, AUDIT_LEFT) != 0)
            return true;
    return false;
}

const struct audit_line *const *unfinished_intents(const struct audit_lines *l, const char *cluster,
                                                   struct arena *a, int *n)
{
    const struct audit_line **v = arena_array(a, (size_t)l->n, const struct audit_line *);
    *n = 0;
    for (int i = 0; i < l->n; i++)
        if (l->v[i].what == AUDIT_INTENT && strcmp(l->v[i].cluster, cluster) == 0 && !has_end(l, i))
            v[(*n)++] = &l->v[i];
    return v;
}

static const char *timeline(struct arena *a, int64_t t)
{
    return t > 0 ? arena_printf(a, " on timeline %" PRId64, t) : "";
}

/* ---- what became of it, as far as the cluster shows it */

typedef const char *ended_fn(const struct audit_line *i, const struct snapshot *s, struct arena *a);

static const char *lead(const struct audit_line *i, const struct snapshot *s, struct arena *a)
{
    const struct member *m = snapshot_leader(s);
    int64_t now = snapshot_timeline(s);
    (void)a;
    if (!m)
        return "it has not come to an end";
    if (strcmp(m->name, i->leader) != 0)
        return !*i->candidate || strcmp(i->candidate, m->name) == 0
                   ? "it was done"
                   : "another one leads than was asked for";
    if (i->timeline > 0 && now > i->timeline)
        return "the lead went away and came back";
    return "it was not done, or not yet";
}

static const char *restarted(const struct audit_line *i, const struct member *m)
{
    const struct member_health *h = m ? m->health : NULL;
    if (!h || !h->postmaster_start_us || m->api.outcome != OBS_ANSWERED)
        return "is not known to be up";
    return h->postmaster_start_us > i->wall_us ? "has been started since" : "was not restarted";
}

static bool named_before(const struct audit_line *i, int request)
{
    for (int k = 0; k < request; k++)
        if (strcmp(i->requests[k].member, i->requests[request].member) == 0)
            return true;
    return false;
}

static const char *members(const struct audit_line *i, const struct snapshot *s, struct arena *a)
{
    const char *out = "";
    for (int k = 0; k < i->nrequests; k++) {
        const char *name = i->requests[k].member;
        if (named_before(i, k))
            continue;
        out = arena_printf(a, "%s%s%s %s", out, *out ? ", " : "", name,
                           restarted(i, snapshot_member(s, name)));
    }
    return out;
}

static const char *rebuilt(const struct audit_line *i, const struct snapshot *s, struct arena *a)
{
    const struct member *m = i->nrequests ? snapshot_member(s, i->requests[0].member) : NULL;
    const struct member_health *h = m && m->api.outcome == OBS_ANSWERED ? m->health : NULL;
    if (h && h->state == PGS_CREATING_REPLICA)
        return arena_printf(a, "%s is still being made", m->name);
    return members(i, s, a);
}

static const char *pause(const struct audit_line *i, const struct snapshot *s, struct arena *a)
{
    (void)a;
    /* Others may have paused and resumed since: only what is can be said. */
    return s->paused == (strcmp(i->action, "pause") == 0) ? "that is what was asked for"
                                                          : "that is not what was asked for";
}

static const char *scheduled(const struct audit_line *i, const struct snapshot *s, struct arena *a)
{
    (void)i;
    return s->switchover_at ? arena_printf(a, "a switchover is scheduled for %s", s->switchover_at)
                            : "no switchover is scheduled";
}

static const char *not_to_be_seen(const struct audit_line *i, const struct snapshot *s,
                                  struct arena *a)
{
    (void)i, (void)s, (void)a;
    return "the cluster does not show whether it was carried out";
}

static const struct {
    enum action_kind kind;
    ended_fn *ended;
} endings[] = {
    {ACT_SWITCHOVER, lead},      {ACT_FAILOVER, lead},           {ACT_RESTART, members},
    {ACT_ROLLING, members},      {ACT_REINIT, rebuilt},          {ACT_PAUSE, pause},
    {ACT_RESUME, pause},         {ACT_SWITCHOVER_AT, scheduled}, {ACT_CANCEL_SWITCHOVER, scheduled},
    {ACT_QUERY, not_to_be_seen}, {ACT_RELOAD, not_to_be_seen},   {ACT_HOLD, lead},
};

static const char *by_configuration(enum tristate configured)
{
    static const char *const words[] = {[TRI_UNKNOWN] =
                                            "whether the configuration says so now is not known",
                                        [TRI_NO] = "the configuration does not say so, or not yet",
                                        [TRI_YES] = "the configuration says so now"};
    return words[configured];
}

static const char *ending(const struct audit_line *i, const struct snapshot *s,
                          enum tristate configured, struct arena *a)
{
    if (strcmp(action_name(ACT_CONFIG), i->action) == 0)
        return by_configuration(configured);
    for (size_t k = 0; k < sizeof endings / sizeof *endings; k++)
        if (strcmp(action_name(endings[k].kind), i->action) == 0)
            return endings[k].ended(i, s, a);
    return "";
}

static const char *who_leads(const struct audit_line *intent, const struct snapshot *s,
                             struct arena *a)
{
    const struct member *m = snapshot_leader(s);
    const char *then = *intent->leader ? intent->leader : "nobody";
    const char *was = arena_printf(a, "%s led%s then", then, timeline(a, intent->timeline));
    if (!m)
        return arena_printf(a, "%s; nobody leads now", was);
    return arena_printf(a, "%s; %s leads%s now%s", was, m->name, timeline(a, snapshot_timeline(s)),
                        s->paused ? ", and the cluster is paused" : "");
}

const char *unfinished_since(const struct audit_line *intent, const struct snapshot *s,
                             enum tristate configured, struct arena *a)
{
    const char *how = ending(intent, s, configured, a);
    return arena_printf(a, "%s%s%s", who_leads(intent, s, a), *how ? ": " : "", how);
}
