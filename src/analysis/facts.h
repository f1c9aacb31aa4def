/*
 * src/analysis/facts.h: what is known about a member, own word before hearsay: private to
 * analysis/.
 *
 * A member's own /health counts while it is fresh (source_is_stale()); else the row of /cluster,
 * which is the DCS's word (reference "patroni.md" §0.1); else nothing is known.
 */
#ifndef PGDBA_ANALYSIS_FACTS_PRIVATE_H
#define PGDBA_ANALYSIS_FACTS_PRIVATE_H

#include "pgdba/model/cluster.h"

/* Timers in µs, Patroni's defaults where /config is not known. */
struct timers {
    int64_t ttl, loop_wait, retry_timeout;
};
struct timers facts_timers(const struct snapshot *s);
int64_t facts_lag_limit(const struct snapshot *s); /* bytes */

bool facts_fresh(const struct snapshot *s, const struct member *m, int64_t now_us);
/* The own word, NULL unless fresh. */
const struct member_health *facts_own(const struct snapshot *s, const struct member *m,
                                      int64_t now_us);
enum pg_state facts_state(const struct snapshot *s, const struct member *m, int64_t now_us);
const char *facts_state_text(const struct snapshot *s, const struct member *m, int64_t now_us);
int64_t facts_timeline(const struct snapshot *s, const struct member *m, int64_t now_us);
const struct tags *facts_tags(const struct snapshot *s, const struct member *m, int64_t now_us);
/* The API was asked, has never answered and is marked so: no verdict follows from its silence. */
bool facts_never_reachable(const struct member *m);
/* By age alone: one failed attempt while the next member is asked does not make it old. */
bool facts_view_old(const struct snapshot *s, int64_t now_us);
/* "14 s", "4m05s": a duration as it stands in a sentence. out: FMT_MAX. */
char *facts_span(char *out, int64_t us);
/* When the last good answer was asked for: what it says was true no earlier. */
int64_t facts_asked_us(const struct source_state *st);
/* Its leader is in recovery by design: nobody takes writes, and nothing is to route them. */
bool facts_standby_cluster(const struct snapshot *s);
/* Does it stream? TRI_UNKNOWN when nobody who could know says so (Patroni before 3.0.4 with the
 * upstream's API out of reach). */
enum tristate facts_streaming(const struct snapshot *s, const struct member *m, int64_t now_us);
/* Is `shown`, an application_name, what PostgreSQL makes of `name`? */
bool facts_name_shown(const char *name, const char *shown);
/* The row of another's fresh walsenders that serves m, NULL none. */
const struct replication_row *facts_walsender(const struct snapshot *s, const struct member *m,
                                              int64_t now_us);

#endif
