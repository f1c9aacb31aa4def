/*
 * src/analysis/telling.h: what the comparators of events*.c share: private to analysis/.
 *
 * A comparator sets when and by whom a part of the picture was said, and tells what differs. What
 * was found in one pass is handed on in the order of its times.
 */
#ifndef PGDBA_ANALYSIS_TELLING_PRIVATE_H
#define PGDBA_ANALYSIS_TELLING_PRIVATE_H

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/event.h"

enum { EVIDENCE_MAX = 4096 }; /* bytes */

struct telling {
    struct arena a; /* texts, until they are handed on */
    enum obs_system source;
    int64_t mono_us, wall_us, not_before_us, revision;
    struct event *v;
    int n, cap;
};

void telling_init(struct telling *t);
void telling_flush(struct telling *t, event_fn *fn, void *arg); /* by time; gives everything back */
/* What is told from here on is st_b's word, and st_a's was the one before. s: b's snapshot. */
void telling_source(struct telling *t, enum obs_system source, const struct snapshot *s,
                    const struct source_state *st_a, const struct source_state *st_b);
/* part has kind, grade, subject, old, now, evidence: copied; a NULL among them is "". */
void telling_say(struct telling *t, const struct event *part, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* At most EVIDENCE_MAX bytes of text, cleaned; in t's arena. */
const char *telling_evidence(struct telling *t, const char *text);

static inline const char *or_blank(const char *s)
{
    return s ? s : "";
}
bool telling_same(const char *a, const char *b); /* NULL is "" */

/* "primary" for who holds the lock by its own word, else role_name(). */
const char *telling_role(enum role r);
enum health telling_state_grade(enum pg_state s);
/* What of Patroni's dynamic configuration differs, "ttl 30 is now 20, paused"; "" nothing known. */
const char *telling_config(struct telling *t, const struct dynamic_config *a,
                           const struct dynamic_config *b);
bool telling_same_tags(const struct tags *a, const struct tags *b);
const char *telling_tags(struct telling *t, const struct tags *tags); /* "nofailover=true" */
/* The items of b that a has not. */
void telling_history(struct telling *t, const struct history *a, const struct history *b);

/* One part of two snapshots. */
typedef void telling_fn(struct telling *t, const struct snapshot *a, const struct snapshot *b);
telling_fn telling_members, telling_postgres, telling_streams; /* events_member.c */
telling_fn telling_cluster;                                    /* events_cluster.c: /cluster's */
telling_fn telling_dcs, telling_endpoints;                     /* events_endpoint.c */
telling_fn telling_haproxies, telling_bouncers;                /* events_route.c */

#endif
