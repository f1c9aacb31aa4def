/* What must be so before a cluster's keys are taken out of the DCS. */
#include "flight.h"

#include "pgdba/base/fmt.h"

void flight_remove_known(struct flight *f)
{
    char age[FMT_MAX];
    const struct source_state *st = &f->s->dcs_state;
    if (f->s->dcs_leads)
        flight_say(f, CHECK_PASS, "etcd is watched, as of revision %lld",
                   (long long)f->s->dcs->revision);
    else if (st->answered_us)
        flight_say(f, CHECK_BLOCK, "what is in etcd now is not known: the last word is %s old (%s)",
                   fmt_duration(age, f->now_us - st->answered_us), obs_outcome_name(st->outcome));
    else
        flight_say(f, CHECK_BLOCK, "what is in etcd is not known: %s",
                   obs_outcome_name(st->outcome));
}

void flight_remove_members(struct flight *f)
{
    const struct dcs *d = f->s->dcs;
    if (d && d->leader)
        flight_say(f, CHECK_BLOCK, "%s holds the leader lock", d->leader);
    for (int i = 0; d && i < d->nmembers; i++)
        flight_say(f, CHECK_BLOCK, "%s is still a member: its Patroni runs, or died within ttl",
                   d->members[i].name);
    if (d && !d->leader && d->nmembers == 0)
        flight_say(f, CHECK_PASS, "etcd has no member of it, and nobody holds the lock");
}

void flight_remove_answers(struct flight *f)
{
    int said = 0;
    for (int i = 0; i < f->s->nmembers; i++)
        if (f->s->members[i].api.outcome == OBS_ANSWERED) {
            flight_say(f, CHECK_BLOCK, "the Patroni of %s answers: it would write its keys again",
                       f->s->members[i].name);
            said++;
        }
    if (f->s->cluster_state.outcome == OBS_ANSWERED && !said++)
        flight_say(f, CHECK_BLOCK, "a Patroni of it answers at %s", f->s->cluster_state.endpoint);
    if (!said)
        flight_say(f, CHECK_PASS, "no Patroni of it answers from here");
}
