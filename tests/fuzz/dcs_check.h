/* tests/fuzz/dcs_check.h: what a picture of Patroni's keys is held to, whatever they held. */
#ifndef PGDBA_TESTS_FUZZ_DCS_CHECK_H
#define PGDBA_TESTS_FUZZ_DCS_CHECK_H

#include "fuzz.h"

#include "pgdba/wire/dcs.h"

static inline void check_dcs_member(const struct dcs_member *m)
{
    FUZZ_CHECK(m->name && *m->name && m->row.name == m->name);
    FUZZ_CHECK(m->row.role_text && m->row.state_text);
    FUZZ_CHECK(m->row.port >= 0 && m->row.port <= 65535 && m->row.timeline >= 0);
    FUZZ_CHECK(m->row.lag == LAG_UNKNOWN && m->lease >= 0);
    const char *texts[] = {m->name,
                           m->row.role_text,
                           m->row.state_text,
                           m->row.api_url,
                           m->row.host,
                           m->row.scheduled_restart.at,
                           m->row.tags.replicatefrom,
                           m->replication_state,
                           m->patroni_version};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fuzz_shown(texts[i]);
    for (int i = 0; i < m->row.tags.n; i++) {
        fuzz_shown(m->row.tags.v[i].key);
        fuzz_shown(m->row.tags.v[i].value);
    }
    for (int i = 0; i < m->row.npending; i++) {
        fuzz_shown(m->row.pending[i].parameter);
        fuzz_shown(m->row.pending[i].old_value);
        fuzz_shown(m->row.pending[i].new_value);
    }
}

static inline void check_dcs(const struct wire_dcs *w)
{
    struct facts *f = wire_dcs_read(w);
    const struct dcs *d = f->root;
    FUZZ_CHECK(d->revision == wire_dcs_revision(w) && d->prefix);
    FUZZ_CHECK(d->nmembers >= 0 && d->nmembers <= 1000);
    for (int i = 0; i < d->nmembers; i++) {
        check_dcs_member(&d->members[i]);
        FUZZ_CHECK(i == 0 || strcmp(d->members[i - 1].name, d->members[i].name) <= 0);
    }
    const struct dcs_failover *o = &d->failover;
    FUZZ_CHECK(o->present == (o->leader || o->candidate || o->scheduled_at));
    FUZZ_CHECK(!o->present || d->failover_text);
    FUZZ_CHECK(d->sync.present || (!d->sync.leader && !d->sync.standbys));
    FUZZ_CHECK(!d->leader || *d->leader);
    FUZZ_CHECK(!d->config || (d->config_text && d->config->ttl > 0 && d->config->loop_wait > 0));
    const char *texts[] = {d->prefix,       d->leader,       o->leader,        o->candidate,
                           o->scheduled_at, d->sync.leader,  d->sync.standbys, d->initialize,
                           d->config_text,  d->failover_text};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fuzz_shown(texts[i]);
    for (int i = 0; d->history && i < d->history->n; i++) {
        fuzz_shown(d->history->v[i].reason);
        fuzz_shown(d->history->v[i].timestamp);
        fuzz_shown(d->history->v[i].new_leader);
    }
    facts_unref(f);
}

#endif
