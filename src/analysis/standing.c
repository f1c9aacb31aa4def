#include "pgdba/analysis/standing.h"

#include <string.h>

#include "pgdba/base/buf.h"

enum { FACTS = 5 };

static const char *or_any(const char *name)
{
    return name && *name ? name : "anybody";
}

static const char *request(const struct snapshot *s, struct arena *a)
{
    const struct dcs_failover *r = s->dcs_leads && s->dcs ? &s->dcs->failover : NULL;
    if (r && r->present)
        return arena_printf(a, "from %s to %s%s%s", or_any(r->leader), or_any(r->candidate),
                            r->scheduled_at ? " at " : "", r->scheduled_at ? r->scheduled_at : "");
    if (s->switchover_at)
        return arena_printf(a, "from %s to %s at %s", or_any(s->switchover_from),
                            or_any(s->switchover_to), s->switchover_at);
    return "none";
}

static const char *names(const struct snapshot *s, struct arena *a, bool sync_alone)
{
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        bool sync =
            m->dcs && (m->dcs->role == ROLE_SYNC_STANDBY || m->dcs->role == ROLE_QUORUM_STANDBY);
        if (m->listed && (sync || !sync_alone))
            buf_addf(&b, "%s%s", b.len ? ", " : "", m->name);
    }
    const char *out = b.len ? arena_strdup(a, b.s) : "none";
    buf_release(&b);
    return out;
}

const struct plan_fact *standing_facts(const struct snapshot *s, struct arena *a, int *n)
{
    bool seen = s->view.answered_us > 0;
    const struct plan_fact facts[FACTS] = {
        {.what = "the pause",
         .is = !seen       ? NULL
               : s->paused ? "on"
                           : "off"},
        {.what = "the request in the DCS", .is = seen ? request(s, a) : NULL},
        {.what = "the list of members", .is = seen ? names(s, a, false) : NULL},
        {.what = "the list of synchronous standbys", .is = seen ? names(s, a, true) : NULL},
        {.what = "the configuration",
         .is = s->config ? arena_strdup(a, s->config->text) : NULL,
         .secret = true},
    };
    *n = FACTS;
    return arena_memdup(a, facts, sizeof facts);
}

static const char *moved(const struct plan_fact *then, const struct plan_fact *now, struct arena *a)
{
    if (!then->is || !now->is || strcmp(then->is, now->is) == 0)
        return NULL;
    if (then->secret)
        return arena_printf(a, "%s was changed meanwhile", then->what);
    return arena_printf(a, "%s was %s, and is %s now", then->what, then->is, now->is);
}

const char *standing_moved(const struct plan_fact *then, int nthen, const struct snapshot *now,
                           struct arena *a)
{
    int n;
    const struct plan_fact *v = standing_facts(now, a, &n);
    for (int i = 0; i < n && i < nthen; i++) {
        const char *what = moved(&then[i], &v[i], a);
        if (what)
            return what;
    }
    return NULL;
}
