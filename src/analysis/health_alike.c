/* Rules about PgBouncers that are meant to be alike.
 *
 * Two are alike as far as they serve the same: a database of the same name, for writing on both or
 * for reading on both. One at every member's own host, one that applications for reading have to
 * themselves, and one that goes to the leader's address while another goes through HAProxy are all
 * built on purpose: where a database goes differs between them, and is no fault as long as it ends
 * where it should. That it does not is said by the rules about ways. Nor is a database that one
 * lacks: those of "*" are there only while somebody uses them. */
#include "judge.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/analysis/pgb_views.h"

static bool now(const struct judge *j, const struct source_state *st)
{
    return !source_is_stale(st, j->s->refresh_us, j->now_us);
}

static bool looked_at(const struct judge *j, const struct bouncer *b)
{
    return b->databases && now(j, &b->databases_state);
}

/* A database of two bouncers, and the way of each through it. */
struct twin {
    const struct bouncer *b, *other;
    const struct pgb_database *mine, *theirs;
    const struct way *way, *their_way;
};

/* Of b's databases in their order: ways_of() has them after the routes, bouncer after bouncer. */
static const struct way *ways_through(const struct judge *j, const struct bouncer *b)
{
    int at = j->s->nroutes;
    for (const struct bouncer *i = j->s->bouncers; i < b; i++)
        at += i->databases ? i->databases->n : 1;
    return at + b->databases->n <= j->nways ? j->ways + at : NULL;
}

static bool twin_of(const struct judge *j, const struct bouncer *b, int i,
                    const struct bouncer *other, struct twin *out)
{
    const struct way *ways = ways_through(j, b), *theirs = ways_through(j, other);
    const struct pgb_database *mine = &b->databases->v[i];
    for (int k = 0; ways && theirs && k < other->databases->n; k++) {
        const struct pgb_database *d = &other->databases->v[k];
        if (strcmp(d->name, mine->name) != 0 || ways[i].writes != theirs[k].writes)
            continue;
        *out = (struct twin){b, other, mine, d, &ways[i], &theirs[k]};
        return true;
    }
    return false;
}

/* ---- where it goes --------------------------------------------------------------------------- */

static const char *or_unix(const char *host)
{
    return host ? host : "unix socket";
}

/* An address that is nobody's, or none: then it may well be the wrong one. */
static bool end_unknown(const struct way *w)
{
    for (int i = 0; i < w->nends; i++)
        if (w->ends[i].kind == HOP_ADDRESS)
            return true;
    return false;
}

static void compare_places(struct judge *j, const struct twin *t)
{
    const struct pgb_database *a = t->mine, *b = t->theirs;
    if (a->port == b->port && strcmp(or_unix(a->host), or_unix(b->host)) == 0)
        return;
    if (t->way->writes && (end_unknown(t->way) || end_unknown(t->their_way)))
        judge_say(j, t->b->name,
                  "database %s goes to %s:%" PRId64 ", on %s to %s:%" PRId64
                  "; where %s ends is not known",
                  a->name, or_unix(a->host), a->port, t->other->name, or_unix(b->host), b->port,
                  !end_unknown(t->their_way) ? "the first"
                  : !end_unknown(t->way)     ? "the second"
                                             : "either");
}

/* ---- whether it is open ---------------------------------------------------------------------- */

static const char *openness(const struct pgb_database *d)
{
    return d->paused ? "paused" : d->disabled ? "disabled" : "open";
}

static void compare_databases(struct judge *j, const struct twin *t)
{
    compare_places(j, t);
    if (t->mine->paused != t->theirs->paused || t->mine->disabled != t->theirs->disabled)
        judge_say(j, t->b->name, "database %s is %s here, and %s on %s", t->mine->name,
                  openness(t->mine), openness(t->theirs), t->other->name);
}

static void compare_whole(struct judge *j, const struct bouncer *b, const struct bouncer *other)
{
    static const char *const keys[] = {"pool_mode", "default_pool_size", "max_client_conn",
                                       "query_wait_timeout", "server_login_retry"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *mine = pgb_config_value(b, keys[i]), *theirs = pgb_config_value(other, keys[i]);
        if (mine && theirs && strcmp(mine, theirs) != 0)
            judge_say(j, b->name, "%s is %s, on %s %s", keys[i], mine, other->name, theirs);
    }
    if (b->globals.paused != TRI_UNKNOWN && other->globals.paused != TRI_UNKNOWN &&
        b->globals.paused != other->globals.paused)
        judge_say(j, b->name, "it is %s as a whole, %s is %s",
                  b->globals.paused == TRI_YES ? "paused" : "not paused", other->name,
                  other->globals.paused == TRI_YES ? "paused" : "not");
}

/* With the first before it that serves something of the same. */
static void compare(struct judge *j, const struct bouncer *b)
{
    for (const struct bouncer *other = j->s->bouncers; other < b; other++) {
        bool alike = false;
        for (int i = 0; looked_at(j, other) && i < b->databases->n; i++) {
            struct twin t;
            if (!twin_of(j, b, i, other, &t))
                continue;
            alike = true;
            compare_databases(j, &t);
        }
        if (!alike)
            continue;
        compare_whole(j, b, other);
        return;
    }
}

void judge_bouncers_differ(struct judge *j)
{
    for (int i = 1; i < j->s->nbouncers; i++)
        if (looked_at(j, &j->s->bouncers[i]))
            compare(j, &j->s->bouncers[i]);
}
