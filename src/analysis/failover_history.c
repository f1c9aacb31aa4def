/* What /history knows of failovers from before this program looked. */
#include <string.h>

#include "pgdba/analysis/failover.h"

static bool kept_has(const struct failover_list *kept, int64_t timeline)
{
    if (kept->open && kept->open->old_timeline == timeline)
        return true;
    for (int i = 0; i < kept->n; i++)
        if (kept->v[i]->old_timeline == timeline && kept->v[i]->new_timeline > timeline)
            return true;
    return false;
}

/* Who was promoted when the timeline before ended. */
static const char *leader_before(const struct history *h, int i)
{
    return i > 0 && h->v[i - 1].new_leader ? h->v[i - 1].new_leader : "";
}

static void describe(struct failover *f, const struct history_item *h, const char *from,
                     struct arena *a)
{
    char lsn[LSN_TEXT];
    struct failover_phase *p = arena_new(a, struct failover_phase);
    int64_t wall = h->wall_us;
    *p = (struct failover_phase){.id = FP_PROMOTED,
                                 .subject = "",
                                 .state = FO_DONE,
                                 .wall_us = wall,
                                 .predicted_lo_us = -1,
                                 .predicted_hi_us = -1,
                                 .source = SYS_PATRONI,
                                 .note = arena_printf(a, "timeline %lld, from %s",
                                                      (long long)h->timeline + 1,
                                                      lsn_format(lsn, h->end))};
    f->coarse = true;
    f->from = from;
    f->to = h->new_leader ? h->new_leader : "";
    f->kind = *f->from && strcmp(f->from, f->to) == 0 ? FO_LOCAL_RECOVERY : FO_UNKNOWN;
    f->old_timeline = h->timeline;
    f->new_timeline = h->timeline + 1;
    f->start_wall_us = f->end_wall_us = wall;
    f->nphases = 1;
    f->phases = p;
    f->outage.route = "";
    f->outage.lost = f->outage.ghosts = -1;
    f->summary = arena_printf(a, "%s %s%s%s, timeline %lld -> %lld, as /history says",
                              failover_kind_name(f->kind), f->from, *f->from ? " -> " : "to ",
                              *f->to ? f->to : "somebody", (long long)f->old_timeline,
                              (long long)f->new_timeline);
}

const struct failover *failover_of_history(const struct snapshot *s,
                                           const struct failover_list *kept, struct arena *a,
                                           int *n)
{
    const struct history *h = s->history;
    struct failover *v = arena_array(a, (size_t)(h ? h->n : 0), struct failover);
    *n = 0;
    for (int i = h ? h->n - 1 : -1; i >= 0; i--) {
        if (kept_has(kept, h->v[i].timeline))
            continue;
        struct failover *f = &v[(*n)++];
        f->cluster = s->cluster;
        describe(f, &h->v[i], leader_before(h, i), a);
    }
    return v;
}
