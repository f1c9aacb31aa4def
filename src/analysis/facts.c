#include "facts.h"

#include <stdio.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

#define PATRONI_SAYS_STREAMING 30004 /* replication_state since 3.0.4 */

static int64_t seconds(int64_t s, int64_t fallback)
{
    if (s <= 0 || s > INT64_C(365) * 86400)
        s = fallback;
    return s * USEC_PER_SEC;
}

struct timers facts_timers(const struct snapshot *s)
{
    static const struct dynamic_config unknown;
    const struct dynamic_config *c = s->config ? s->config : &unknown;
    return (struct timers){seconds(c->ttl, 30), seconds(c->loop_wait, 10),
                           seconds(c->retry_timeout, 10)};
}

int64_t facts_lag_limit(const struct snapshot *s)
{
    return s->config ? s->config->maximum_lag_on_failover : 1048576;
}

bool facts_fresh(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    return m->health && !source_is_stale(&m->api, s->refresh_us, now_us);
}

const struct member_health *facts_own(const struct snapshot *s, const struct member *m,
                                      int64_t now_us)
{
    return facts_fresh(s, m, now_us) ? m->health : NULL;
}

enum pg_state facts_state(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    const struct member_health *h = facts_own(s, m, now_us);
    if (h)
        return h->state;
    return m->listed && m->dcs ? m->dcs->state : PGS_UNKNOWN;
}

bool facts_standby_cluster(const struct snapshot *s)
{
    const struct member *m = snapshot_leader(s);
    return (s->config && s->config->standby_cluster) ||
           (m && m->dcs && m->dcs->role == ROLE_STANDBY_LEADER);
}

const char *facts_state_text(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    const struct member_health *h = facts_own(s, m, now_us);
    const char *text = h ? h->state_text : m->listed && m->dcs ? m->dcs->state_text : NULL;
    return text && *text ? text : pg_state_name(facts_state(s, m, now_us));
}

int64_t facts_timeline(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    const struct member_health *h = facts_own(s, m, now_us);
    if (h && h->timeline > 0)
        return h->timeline;
    return m->listed && m->dcs ? m->dcs->timeline : 0;
}

const struct tags *facts_tags(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    static const struct tags none;
    const struct member_health *h = facts_own(s, m, now_us);
    return h ? &h->tags : m->dcs ? &m->dcs->tags : &none;
}

bool facts_never_reachable(const struct member *m)
{
    return m->api.answered_us == 0 && m->api.outcome != OBS_NEVER && m->note;
}

bool facts_view_old(const struct snapshot *s, int64_t now_us)
{
    struct source_state st = s->view;
    st.outcome = OBS_ANSWERED;
    return source_is_stale(&st, s->refresh_us, now_us);
}

char *facts_span(char *out, int64_t us)
{
    if (us < USEC_PER_SEC)
        snprintf(out, FMT_MAX, "under 1 s");
    else if (us < 120 * USEC_PER_SEC)
        snprintf(out, FMT_MAX, "%d s", (int)(us / USEC_PER_SEC));
    else
        fmt_duration(out, us);
    return out;
}

int64_t facts_asked_us(const struct source_state *st)
{
    return st->answered_us - st->latency_us;
}

/* PostgreSQL before 16 shows each byte of an application_name that is not printable ASCII as '?',
 * and from 16 on as \xNN: a name like "pg-東" never comes back as it was set. */
bool facts_name_shown(const char *name, const char *shown)
{
    static const char hex[] = "0123456789abcdef";
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        if (c >= 0x20 && c < 0x7f) {
            if (*shown++ != (char)c)
                return false;
        } else if (*shown == '?') {
            shown++;
        } else if (shown[0] == '\\' && shown[1] == 'x' && shown[2] == hex[c >> 4] &&
                   shown[3] == hex[c & 15]) {
            shown += 4;
        } else {
            return false;
        }
    }
    return *shown == '\0';
}

const struct replication_row *facts_walsender(const struct snapshot *s, const struct member *m,
                                              int64_t now_us)
{
    if (!m->upstream_observed)
        return NULL;
    const struct member *up = snapshot_member(s, m->upstream);
    const struct member_health *h = up ? facts_own(s, up, now_us) : NULL;
    for (int i = 0; h && i < h->nreplication; i++) {
        const struct replication_row *r = &h->replication[i];
        if (r->application_name && facts_name_shown(m->name, r->application_name) &&
            !(r->state && strcmp(r->state, "backup") == 0))
            return r;
    }
    return NULL;
}

/* Every member that m could stream from has just said whom it serves. */
static bool all_upstreams_known(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *up = &s->members[i];
        const struct member_health *h = facts_own(s, up, now_us);
        if (up != m && up->listed && !(h && h->has_sql))
            return false;
    }
    return true;
}

enum tristate facts_streaming(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    const struct member_health *h = facts_own(s, m, now_us);
    if (h && !pg_state_is_up(h->state))
        return TRI_NO;
    const char *own = h && h->has_sql ? h->replication_state : NULL;
    if (own)
        return strcmp(own, "streaming") == 0 ? TRI_YES : TRI_NO;
    if (h && h->has_sql && h->patroni_version_num >= PATRONI_SAYS_STREAMING &&
        h->server_version >= 90600)
        return TRI_NO; /* it would say so */
    const struct replication_row *row = facts_walsender(s, m, now_us);
    if (row)
        return row->state && strcmp(row->state, "streaming") == 0 ? TRI_YES : TRI_NO;
    if (all_upstreams_known(s, m, now_us))
        return TRI_NO;
    if (!m->listed || !m->dcs || source_is_stale(&s->view, s->refresh_us, now_us))
        return TRI_UNKNOWN;
    if (m->dcs->state == PGS_STREAMING)
        return TRI_YES;
    return pg_state_is_up(m->dcs->state) && m->dcs->state != PGS_ARCHIVE_RECOVERY ? TRI_UNKNOWN
                                                                                  : TRI_NO;
}
