/* What must be so before a PgBouncer is told something. The command itself looks again, on its own
 * connection; here is what the picture says already. Reference "middleware.md" §1.5, §2.3. */
#include "flight.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/analysis/routes.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

enum { DRAIN_SINCE = 12300, CLIENT_SINCE = 12400 };

#define PATIENCE USEC_PER_SEC /* clients that have waited for longer are a trouble of their own */

/* The i-th that is meant; NULL: not in the picture. */
static const struct bouncer *meant(const struct flight *f, int i)
{
    for (int k = 0; k < f->s->nbouncers; k++)
        if (strcmp(f->s->bouncers[k].name, f->r->bouncers[i]) == 0)
            return &f->s->bouncers[k];
    return NULL;
}

static bool fresh(const struct flight *f, const struct source_state *st)
{
    return st->outcome == OBS_ANSWERED && !source_is_stale(st, f->s->refresh_us, f->now_us);
}

static bool is_held(const struct flight *f)
{
    return f->r->kind == ACT_HOLD;
}

static bool is_meant(const struct flight *f, const char *database)
{
    for (int i = 0; i < f->r->ndatabases; i++)
        if (strcmp(f->r->databases[i], database) == 0)
            return true;
    return f->r->ndatabases == 0;
}

void flight_bouncer_answers(struct flight *f)
{
    bool waits = is_held(f) || f->r->kind == ACT_PGB_PAUSE;
    char age[FMT_MAX];
    for (int i = 0; i < f->r->nbouncers; i++) {
        const struct bouncer *b = meant(f, i);
        if (!b)
            flight_say(f, CHECK_BLOCK, "there is no PgBouncer %s", f->r->bouncers[i]);
        else if (fresh(f, &b->pools_state))
            flight_say(f, CHECK_PASS, "%s answers%s%s", b->name, b->version.text ? ": " : "",
                       b->version.text ? b->version.text : "");
        else if (b->pools_state.answered_us)
            flight_say(f, waits ? CHECK_BLOCK : CHECK_WARN, "%s answered last %s ago (%s)", b->name,
                       fmt_duration(age, f->now_us - b->pools_state.answered_us),
                       obs_outcome_name(b->pools_state.outcome));
        else
            flight_say(f, waits ? CHECK_BLOCK : CHECK_WARN, "%s does not answer (%s%s%s)", b->name,
                       obs_outcome_name(b->pools_state.outcome), *b->pools_state.detail ? ": " : "",
                       b->pools_state.detail);
    }
}

void flight_bouncer_databases(struct flight *f)
{
    for (int i = 0, at = 0; i < f->r->nbouncers; i++, at = 0) {
        const struct bouncer *b = meant(f, i);
        for (int k = 0; b && fresh(f, &b->databases_state) && k < f->r->ndatabases; k++) {
            const struct pgb_database *d =
                pgb_database_named(b->databases, f->r->databases[k], &at);
            const struct member *to =
                d && is_held(f) ? routes_member_at(f->s, d->host, d->port) : NULL;
            if (to && to != f->candidate)
                flight_say(f, CHECK_WARN,
                           "%s of %s is wired to %s: clients wait until its file names the new "
                           "leader and it is reloaded, and after %d s their writes fail",
                           d->name, b->name, to->name, HOLD_LONGEST_S);
            else if (d)
                flight_say(f, CHECK_PASS, "%s of %s is at %s:%" PRId64, d->name, b->name,
                           d->host ? d->host : "its own host", d->port);
            else if (f->r->kind == ACT_PGB_RESUME)
                flight_say(f, CHECK_PASS,
                           "%s is not listed by %s: one of its entry \"*\" without clients is "
                           "hidden, paused or not",
                           f->r->databases[k], b->name);
            else
                flight_say(f, CHECK_BLOCK, "%s has no database %s", b->name, f->r->databases[k]);
        }
    }
}

void flight_bouncer_paused(struct flight *f)
{
    int said = 0;
    for (int i = 0; i < f->r->nbouncers; i++) {
        const struct bouncer *b = meant(f, i);
        if (b && (b->globals.paused == TRI_YES || b->globals.suspended == TRI_YES)) {
            flight_say(f, CHECK_BLOCK, "%s is %s as a whole already: who did it is to resume it",
                       b->name, b->globals.paused == TRI_YES ? "paused" : "suspended");
            said++;
        }
        for (int k = 0; b && b->databases && k < b->databases->n; k++) {
            const struct pgb_database *d = &b->databases->v[k];
            if (!d->paused || !is_meant(f, d->name) || (f->r->whole && !is_held(f)))
                continue;
            flight_say(f, CHECK_BLOCK, "%s is paused on %s already: who paused it is to resume it",
                       d->name, b->name);
            said++;
        }
    }
    if (!said)
        flight_say(f, CHECK_PASS, "none of it is paused now");
}

/* In session pooling a PAUSE waits until every client has gone. */
void flight_bouncer_mode(struct flight *f)
{
    int said = 0;
    for (int i = 0; i < f->r->nbouncers; i++) {
        const struct bouncer *b = meant(f, i);
        for (int k = 0; b && b->pools && k < b->pools->n; k++) {
            const struct pgb_pool *p = &b->pools->v[k];
            if (!is_meant(f, p->database) || !p->pool_mode || strcmp(p->pool_mode, "session") != 0)
                continue;
            flight_say(f, is_held(f) ? CHECK_BLOCK : CHECK_WARN,
                       "%s of %s pools by session on %s: PAUSE waits until its clients disconnect",
                       p->database, p->user ? p->user : "?", b->name);
            said++;
        }
    }
    if (!said)
        flight_say(f, CHECK_PASS, "no pool of it is by session");
}

void flight_bouncer_waiting(struct flight *f)
{
    int64_t waiting = 0, longest = 0, busy = 0;
    char t[FMT_MAX];
    for (int i = 0; i < f->r->nbouncers; i++) {
        const struct bouncer *b = meant(f, i);
        for (int k = 0; b && b->pools && k < b->pools->n; k++) {
            const struct pgb_pool *p = &b->pools->v[k];
            if (!is_meant(f, p->database))
                continue;
            waiting += p->cl_waiting > 0 ? p->cl_waiting : 0;
            busy += p->sv_active > 0 ? p->sv_active : 0;
            longest = p->maxwait_us > longest ? p->maxwait_us : longest;
        }
    }
    if (longest > PATIENCE)
        flight_say(f, CHECK_WARN, "%" PRId64 " clients wait already, the first for %s", waiting,
                   fmt_duration(t, longest));
    else
        flight_say(f, CHECK_PASS, "%" PRId64 " servers are in use, %" PRId64 " clients wait", busy,
                   waiting);
}

/* Who is cut off. */
void flight_bouncer_cut(struct flight *f)
{
    int64_t clients = 0;
    if (f->r->client || f->r->drain)
        return;
    for (int i = 0; i < f->r->nbouncers; i++) {
        const struct bouncer *b = meant(f, i);
        for (int k = 0; b && b->pools && k < b->pools->n; k++) {
            const struct pgb_pool *p = &b->pools->v[k];
            if (is_meant(f, p->database))
                clients +=
                    (p->cl_active > 0 ? p->cl_active : 0) + (p->cl_waiting > 0 ? p->cl_waiting : 0);
        }
    }
    if (clients)
        flight_say(f, CHECK_WARN, "%" PRId64 " client%s cut off", clients,
                   clients == 1 ? " is" : "s are");
    else
        flight_say(f, CHECK_PASS, "no client is connected");
}

void flight_bouncer_version(struct flight *f)
{
    for (int i = 0; i < f->r->nbouncers; i++) {
        const struct bouncer *b = meant(f, i);
        int v = b ? b->version.num : 0, least = f->r->client ? CLIENT_SINCE : DRAIN_SINCE;
        if (v && f->r->client && v < CLIENT_SINCE)
            flight_say(f, CHECK_BLOCK, "%s is %s: one client can be killed from 1.24 on", b->name,
                       b->version.text);
        if (v >= least && (f->r->client || f->r->drain))
            flight_say(f, CHECK_PASS, "%s: new enough to know it", b->version.text);
        if (v && f->r->drain && v < DRAIN_SINCE)
            flight_say(f, CHECK_BLOCK, "%s is %s: to wait for its %s came with 1.23", b->name,
                       b->version.text, f->r->drain);
    }
}
