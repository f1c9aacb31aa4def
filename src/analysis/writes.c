#include "writes.h"

const struct pg_self *writes_pg(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    return m->pg_self && !source_is_stale(&m->pg, s->refresh_us, now_us) ? m->pg_self : NULL;
}

static struct writes no(const char *why, const char *by, int64_t at_us)
{
    return (struct writes){TRI_NO, why, by, at_us};
}

static struct writes by_postgres(const struct pg_self *p, int64_t at_us)
{
    static const char by[] = "PostgreSQL";
    if (p->in_recovery)
        return no("in recovery", by, at_us);
    if (p->read_only)
        return no("default_transaction_read_only is on", by, at_us);
    return (struct writes){TRI_YES, "", by, at_us};
}

static struct writes by_patroni(const struct snapshot *s, const struct member *m,
                                const struct member_health *h, int64_t now_us)
{
    static const char by[] = "its Patroni";
    if (!pg_state_is_up(h->state))
        return no(facts_state_text(s, m, now_us), by, m->api.answered_us);
    if (!role_is_leader(h->role))
        return no(h->has_sql                      ? "in recovery"
                  : h->role_text && *h->role_text ? h->role_text
                                                  : role_name(h->role),
                  by, m->api.answered_us);
    return (struct writes){h->has_sql ? TRI_YES : TRI_UNKNOWN, "", by, m->api.answered_us};
}

static struct writes by_row(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    const char *by = s->dcs_leads ? "etcd" : "/cluster";
    if (!m->listed || !m->dcs || source_is_stale(&s->view, s->refresh_us, now_us))
        return (struct writes){TRI_UNKNOWN, "", "", 0};
    if (!pg_state_is_up(m->dcs->state))
        return no(facts_state_text(s, m, now_us), by, s->view.answered_us);
    if (m->dcs->timeline == 0)
        return no("no timeline", by, s->view.answered_us);
    return (struct writes){TRI_UNKNOWN, "", by, s->view.answered_us};
}

struct writes writes_of(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    bool standby_cluster = facts_standby_cluster(s) ||
                           (m->dcs && m->dcs->role == ROLE_STANDBY_LEADER) ||
                           (m->health && m->health->role == ROLE_STANDBY_LEADER);
    const struct pg_self *p = writes_pg(s, m, now_us);
    if (standby_cluster)
        return (struct writes){TRI_UNKNOWN, "", "", 0};
    if (p)
        return by_postgres(p, m->pg.answered_us);
    const struct member_health *h = facts_own(s, m, now_us);
    return h ? by_patroni(s, m, h, now_us) : by_row(s, m, now_us);
}
