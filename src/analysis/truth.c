/* What each system believes of each member, side by side. */
#include "pgdba/analysis/truth.h"

#include <string.h>

#include "pgdba/analysis/health.h"
#include "pgdba/base/clock.h"
#include "pgdba/model/names.h"
#include "truth_routes.h"
#include "writes.h"

static const char *const columns[] = {
    [TC_LOCK] = "lock",       [TC_REST] = "REST",           [TC_POSTGRES] = "PostgreSQL",
    [TC_HAPROXY] = "HAProxy", [TC_PGBOUNCER] = "PgBouncer",
};
_Static_assert(sizeof columns / sizeof *columns == TC_COUNT, "a name each");

const char *truth_column_name(enum truth_column c)
{
    return NAME_OF(columns, c);
}

/* ---- the lock */

static const char *lease_text(const struct truth_look *k, int64_t id, const char *before)
{
    int64_t left = k->s->dcs_leads ? snapshot_lease_left(k->s, id, k->now_us) : INT64_MIN;
    if (left == INT64_MIN)
        return "";
    if (left <= 0)
        return arena_printf(k->a, "%slease overdue", before);
    return arena_printf(k->a, "%slease %d s", before,
                        (int)((left + USEC_PER_SEC - 1) / USEC_PER_SEC));
}

static struct truth_cell lock_cell(const struct truth_look *k, const struct member *m)
{
    const struct snapshot *s = k->s;
    struct truth_cell c = {.at_us = s->view.answered_us,
                           .stale = s->view.answered_us &&
                                    source_is_stale(&s->view, s->refresh_us, k->now_us)};
    const struct dcs_member *key = s->dcs_leads ? dcs_member_find(s->dcs, m->name) : NULL;
    if (s->view.outcome == OBS_NEVER) {
        c.word = TW_UNKNOWN;
        c.text = "not asked yet";
    } else if (!s->view.answered_us) {
        c.word = TW_UNKNOWN;
        c.text = obs_outcome_name(s->view.outcome);
    } else if (snapshot_leader(s) == m) {
        c.word = TW_LEADER;
        c.text =
            arena_printf(k->a, "lock%s",
                         s->dcs_leads && s->dcs ? lease_text(k, s->dcs->leader_lease, ", ") : "");
    } else if (!m->listed) {
        c.word = TW_UNKNOWN;
        c.text = "not listed";
    } else {
        c.word = TW_FOLLOWER;
        c.text = key ? lease_text(k, key->lease, "") : "";
        c.text = *c.text ? c.text : "no lock";
    }
    return c;
}

/* ---- REST */

static enum truth_word state_word(enum pg_state st)
{
    static const enum truth_word words[PGS_COUNT] = {
        [PGS_UNKNOWN] = TW_UNKNOWN,       [PGS_STARTING] = TW_CHANGING,
        [PGS_RESTARTING] = TW_CHANGING,   [PGS_STOPPING] = TW_CHANGING,
        [PGS_STOPPED] = TW_DOWN,          [PGS_CREATING_REPLICA] = TW_CHANGING,
        [PGS_INITIALIZING] = TW_CHANGING, [PGS_FAILED] = TW_DOWN,
    };
    return (unsigned)st < PGS_COUNT ? words[st] : TW_UNKNOWN;
}

static enum truth_word role_word(enum role r)
{
    static const enum truth_word words[ROLE_COUNT] = {
        [ROLE_UNKNOWN] = TW_UNKNOWN,         [ROLE_LEADER] = TW_LEADER,
        [ROLE_STANDBY_LEADER] = TW_LEADER,   [ROLE_SYNC_STANDBY] = TW_FOLLOWER,
        [ROLE_QUORUM_STANDBY] = TW_FOLLOWER, [ROLE_REPLICA] = TW_FOLLOWER,
        [ROLE_DEMOTED] = TW_FOLLOWER,        [ROLE_UNINITIALIZED] = TW_FOLLOWER,
        [ROLE_PROMOTED] = TW_CHANGING,
    };
    return (unsigned)r < ROLE_COUNT ? words[r] : TW_UNKNOWN;
}

/* What it said last, and how asking ends now. */
static const char *silenced(const struct truth_look *k, const struct source_state *st,
                            const char *text)
{
    if (st->outcome == OBS_ANSWERED)
        return text;
    return *text ? arena_printf(k->a, "%s (%s)", text, obs_outcome_name(st->outcome))
                 : obs_outcome_name(st->outcome);
}

static struct truth_cell rest_cell(const struct truth_look *k, const struct member *m)
{
    const struct member_health *h = m->health;
    struct truth_cell c = {.word = TW_UNKNOWN, .at_us = m->api.answered_us};
    c.stale = h && !facts_fresh(k->s, m, k->now_us);
    if (m->api.outcome == OBS_NEVER && !h) {
        c.text = "not asked yet";
    } else if (!h) {
        c.text = m->note ? m->note : obs_outcome_name(m->api.outcome);
    } else if (!pg_state_is_up(h->state)) {
        c.word = state_word(h->state);
        c.text = h->state_text && *h->state_text ? h->state_text : pg_state_name(h->state);
    } else {
        c.word = role_word(h->role);
        c.text = h->role == ROLE_LEADER          ? "primary"
                 : h->role_text && *h->role_text ? h->role_text
                                                 : role_name(h->role);
        if (h->timeline > 0)
            c.text = arena_printf(k->a, "%s TL %lld", c.text, (long long)h->timeline);
    }
    if (h)
        c.text = silenced(k, &m->api, c.text);
    return c;
}

/* ---- PostgreSQL itself */

static struct truth_cell pg_said(const struct truth_look *k, const struct member *m)
{
    const struct pg_self *p = m->pg_self;
    char lsn[LSN_TEXT];
    bool leads_standbys = k->standby_cluster && snapshot_leader(k->s) == m;
    const char *tl = p->timeline > 0 ? arena_printf(k->a, " TL %lld", (long long)p->timeline) : "";
    return (struct truth_cell){
        .word = p->in_recovery ? (leads_standbys ? TW_LEADER : TW_FOLLOWER)
                : p->read_only ? TW_READ_ONLY
                               : TW_LEADER,
        .text = arena_printf(k->a, "%s%s %s%s", p->in_recovery ? "standby" : "primary", tl,
                             lsn_format(lsn, p->lsn),
                             p->in_recovery ? ""
                             : p->read_only ? " read-only"
                                            : " rw"),
        .at_us = m->pg.answered_us,
        .stale = source_is_stale(&m->pg, k->s->refresh_us, k->now_us),
    };
}

static struct truth_cell postgres_cell(const struct truth_look *k, const struct member *m)
{
    struct truth_cell c = {.word = TW_UNKNOWN, .at_us = m->pg.answered_us};
    switch (m->pg.outcome) {
    case OBS_NEVER:
        c.word = TW_NOT_ASKED;
        c.text = "";
        return c;
    case OBS_UNAUTHORISED:
        c.text = "no privilege";
        return c;
    case OBS_REFUSED: /* that is a word of now: nobody listens there */
        c.word = TW_DOWN;
        c.text = "refused";
        c.at_us = m->pg.asked_us;
        c.stale = source_is_stale(
            &(struct source_state){.outcome = OBS_ANSWERED, .answered_us = m->pg.asked_us},
            k->s->refresh_us, k->now_us);
        return c;
    default:
        if (m->pg_self)
            c = pg_said(k, m);
        c.text = silenced(k, &m->pg, m->pg_self ? c.text : "");
        return c;
    }
}

/* ---- who contradicts whom. The lock decides who should lead; where it is not known, the others
 * are held against each other. A word from before the lock went where it is says nothing. */

static bool fresh_word(const struct truth_look *k, const struct truth_cell *c)
{
    int64_t since = snapshot_leader(k->s) ? k->s->leader_since_us : k->s->no_leader_since_us;
    return !c->stale && c->at_us && c->at_us >= since;
}

static bool says_leads(const struct truth_cell *c)
{
    return c->word == TW_LEADER || c->word == TW_READ_ONLY;
}

static bool says_not(const struct truth_cell *c)
{
    return c->word == TW_FOLLOWER || c->word == TW_DOWN;
}

static bool differ(const struct truth_cell *lock, const struct truth_cell *c)
{
    if (lock->word == TW_LEADER)
        return says_not(c) || c->word == TW_READ_ONLY;
    return says_not(lock) && says_leads(c);
}

/* HAProxy's checks in a standby cluster, and PgBouncer's readers, follow other rules. */
static bool comparable(const struct truth_look *k, enum truth_column c)
{
    return c != TC_PGBOUNCER && !(c == TC_HAPROXY && k->standby_cluster);
}

static void contradict_row(const struct truth_look *k, struct truth_row *r)
{
    struct truth_cell *lock = &r->cell[TC_LOCK];
    const struct truth_cell *words[] = {&r->cell[TC_REST], &r->cell[TC_POSTGRES]};
    bool lock_known = fresh_word(k, lock) && snapshot_leader(k->s);
    for (int i = TC_REST; i < TC_COUNT; i++) {
        struct truth_cell *c = &r->cell[i];
        if (lock_known && comparable(k, (enum truth_column)i) && fresh_word(k, c) &&
            differ(lock, c))
            c->contradicts = lock->contradicts = true;
    }
    if (!lock_known && fresh_word(k, words[0]) && fresh_word(k, words[1]) &&
        ((says_leads(words[0]) && says_not(words[1])) ||
         (says_not(words[0]) && says_leads(words[1]))))
        r->cell[TC_REST].contradicts = r->cell[TC_POSTGRES].contradicts = true;
    if (r->member->stray_pgbouncer_us && says_leads(&r->cell[TC_PGBOUNCER]))
        r->cell[TC_PGBOUNCER].contradicts = true;
}

static void contradict_column(const struct truth_look *k, struct truth_row *rows, int c)
{
    int leading = 0;
    if (!comparable(k, (enum truth_column)c))
        return;
    for (int i = 0; i < k->s->nmembers; i++)
        leading += fresh_word(k, &rows[i].cell[c]) && says_leads(&rows[i].cell[c]);
    for (int i = 0; leading > 1 && i < k->s->nmembers; i++)
        if (fresh_word(k, &rows[i].cell[c]) && says_leads(&rows[i].cell[c]))
            rows[i].cell[c].contradicts = true;
}

const struct truth_row *truth_rows(const struct snapshot *s, const struct verdicts *v,
                                   int64_t now_us, struct arena *a)
{
    static struct truth_cell (*const cells[])(const struct truth_look *, const struct member *) = {
        [TC_LOCK] = lock_cell,
        [TC_REST] = rest_cell,
        [TC_POSTGRES] = postgres_cell,
        [TC_HAPROXY] = truth_haproxy_cell,
        [TC_PGBOUNCER] = truth_pgbouncer_cell,
    };
    _Static_assert(sizeof cells / sizeof *cells == TC_COUNT, "a column each");
    struct truth_look k = {.s = s, .now_us = now_us, .a = a};
    k.standby_cluster = facts_standby_cluster(s);
    struct truth_row *rows = arena_array(a, (size_t)s->nmembers, struct truth_row);
    for (int i = 0; i < s->nmembers; i++) {
        rows[i].member = &s->members[i];
        rows[i].health = health_of(v, s->members[i].name);
        for (int c = 0; c < TC_COUNT; c++)
            rows[i].cell[c] = cells[c](&k, &s->members[i]);
        contradict_row(&k, &rows[i]);
    }
    for (int c = TC_REST; c < TC_COUNT; c++)
        contradict_column(&k, rows, c);
    return rows;
}
