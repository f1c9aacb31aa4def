/* evidence.c: what a snapshot proves. Only answers that came after a given moment count: an old
 * picture of the new state cannot exist, but an old picture of the old state looks like "back". */
#include "kind.h"

#include <string.h>

#include "pgdba/base/clock.h"

enum { VERSION_SAYS_STREAMING = 30004 }; /* replication_state, and "streaming" in /cluster */

bool seen_view(const struct snapshot *s, int64_t since_us)
{
    return s->view.outcome == OBS_ANSWERED && s->view.answered_us > since_us;
}

bool seen_health(const struct member *m, int64_t since_us)
{
    return m && m->health && m->api.outcome == OBS_ANSWERED && m->api.answered_us > since_us;
}

/* Its own API cannot be had from here at all: then /cluster's word must do. */
static bool only_listed(const struct snapshot *s, const struct member *m, int64_t since_us)
{
    return m && !m->api_base && m->listed && m->dcs && seen_view(s, since_us);
}

bool seen_leading(const struct snapshot *s, const struct member *m, int64_t since_us)
{
    if (seen_health(m, since_us))
        return m->health->has_sql && role_is_leader(m->health->role) &&
               pg_state_is_up(m->health->state);
    return only_listed(s, m, since_us) && role_is_leader(m->dcs->role) &&
           pg_state_is_up(m->dcs->state) && m->dcs->timeline > 0;
}

int64_t seen_timeline(const struct snapshot *s, const struct member *m, int64_t since_us)
{
    if (seen_health(m, since_us) && m->health->timeline > 0)
        return m->health->timeline;
    return m && m->listed && m->dcs && seen_view(s, since_us) ? m->dcs->timeline : 0;
}

/* Before 3.0.4 a replica does not say that it streams: the sender's list does. */
static bool sender_says(const struct snapshot *s, const struct member *m, int64_t since_us)
{
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *up = &s->members[i];

        if (up == m || !seen_health(up, since_us))
            continue;
        for (int k = 0; k < up->health->nreplication; k++) {
            const struct replication_row *row = &up->health->replication[k];

            if (row->application_name && strcmp(row->application_name, m->name) == 0 &&
                row->state && strcmp(row->state, "streaming") == 0)
                return true;
        }
    }
    return false;
}

static int newest_version(const struct snapshot *s)
{
    int v = 0;

    for (int i = 0; i < s->nmembers; i++)
        if (s->members[i].health && s->members[i].health->patroni_version_num > v)
            v = s->members[i].health->patroni_version_num;
    return v;
}

/* /cluster alone: "streaming" from 3.0.4 on; before that running on the leader's timeline is all
 * that is published. */
static bool row_streams(const struct snapshot *s, const struct member *m)
{
    const struct member *leader = snapshot_leader(s);

    if (!leader || !leader->dcs || leader == m || role_is_leader(m->dcs->role) ||
        m->dcs->timeline == 0 || m->dcs->timeline != leader->dcs->timeline)
        return false;
    if (m->dcs->state == PGS_STREAMING)
        return true;
    return m->dcs->state == PGS_RUNNING && newest_version(s) < VERSION_SAYS_STREAMING;
}

bool seen_streaming(const struct snapshot *s, const struct member *m, int64_t since_us)
{
    const struct member *leader = snapshot_leader(s);
    const struct member_health *h;

    if (!seen_health(m, since_us))
        return only_listed(s, m, since_us) && row_streams(s, m);
    h = m->health;
    if (!h->has_sql || !pg_state_is_up(h->state) || role_is_leader(h->role) ||
        h->role == ROLE_PROMOTED || h->role == ROLE_DEMOTED || h->role == ROLE_UNINITIALIZED)
        return false;
    if (h->tags.nostream) /* replays the archive, always */
        return true;
    if (h->replication_state)
        return strcmp(h->replication_state, "streaming") == 0;
    if (sender_says(s, m, since_us))
        return true;
    /* The sender's API cannot be had either: what /cluster says of m must do. */
    return leader && !leader->api_base && m->listed && m->dcs && seen_view(s, since_us) &&
           row_streams(s, m);
}

bool seen_down(const struct snapshot *s, const struct member *m, int64_t since_us)
{
    if (seen_health(m, since_us) && !pg_state_is_up(m->health->state) &&
        m->health->state != PGS_UNKNOWN)
        return true;
    return m && m->listed && m->dcs && seen_view(s, since_us) && !pg_state_is_up(m->dcs->state) &&
           m->dcs->state != PGS_UNKNOWN;
}

const char *seen_start_time(const struct snapshot *s, const struct member *m, int64_t now_us,
                            struct arena *a)
{
    if (!m || !m->health || source_is_stale(&m->api, s->refresh_us, now_us))
        return NULL;
    return arena_strdup(a, m->health->postmaster_start_time);
}

bool seen_restarted(const struct member *m, const char *before, int64_t since_us)
{
    const struct member_health *h;
    int64_t start_us, host_then_us;

    if (!seen_health(m, since_us) || !m->health->has_sql || !m->health->postmaster_start_time)
        return false;
    h = m->health;
    if (before)
        return strcmp(before, h->postmaster_start_time) != 0;
    if (!h->date_s || !wire_patroni_time(h->postmaster_start_time, &start_us))
        return false;
    /* The host's clock at since_us; its Date header has whole seconds. */
    host_then_us = h->date_s * USEC_PER_SEC - (m->api.answered_us - since_us);
    return start_us >= host_then_us;
}

const char *seen_state(const struct snapshot *s, const struct member *m, int64_t since_us)
{
    if (seen_health(m, since_us) && m->health->state_text)
        return m->health->state_text;
    return m && m->listed && m->dcs && seen_view(s, since_us) && m->dcs->state_text
               ? m->dcs->state_text
               : "";
}

struct patroni_times patroni_times(const struct snapshot *s)
{
    struct patroni_times t = {30, 10, 10};

    if (s->config) {
        t.ttl = s->config->ttl > 0 ? s->config->ttl : t.ttl;
        t.loop_wait = s->config->loop_wait > 0 ? s->config->loop_wait : t.loop_wait;
        t.retry_timeout = s->config->retry_timeout > 0 ? s->config->retry_timeout : t.retry_timeout;
    }
    return t;
}
