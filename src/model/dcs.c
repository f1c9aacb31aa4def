/* What is in the DCS, and the leases of a snapshot. */
#include "pgdba/model/dcs.h"

#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/model/cluster.h"

/* Beyond that a lease may have been renewed since it was asked about. */
#define LEASE_WORD_HOLDS (3 * USEC_PER_SEC)

const struct dcs_member *dcs_member_find(const struct dcs *d, const char *name)
{
    for (int i = 0; d && name && i < d->nmembers; i++)
        if (strcmp(d->members[i].name, name) == 0)
            return &d->members[i];
    return NULL;
}

const struct dcs_lease *snapshot_lease(const struct snapshot *s, int64_t id)
{
    for (int i = 0; id && i < s->nleases; i++)
        if (s->leases[i].id == id)
            return &s->leases[i];
    return NULL;
}

int64_t snapshot_lease_left(const struct snapshot *s, int64_t id, int64_t now_us)
{
    const struct dcs_lease *l = snapshot_lease(s, id);
    if (!l || l->outcome != OBS_ANSWERED || !l->at_us || now_us - l->at_us > LEASE_WORD_HOLDS)
        return INT64_MIN;
    return l->ttl_s * USEC_PER_SEC - (now_us - l->at_us);
}
