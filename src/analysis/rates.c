/* Own rates of SHOW STATS: PgBouncer's averages cover one to two periods of 60 s, too slow to
 * look at. Totals are sums over the pools that exist, so they may go back (middleware.md §1.4). */
#include "pgdba/analysis/pools.h"

#include <math.h>
#include <string.h>

#include "pgdba/base/clock.h"

static const struct pgb_stats *same_database(const struct pgb_stats_set *prev, const char *name,
                                             int hint)
{
    /* The order hardly ever changes: look in the same place first. */
    if (hint < prev->n && strcmp(prev->v[hint].database, name) == 0)
        return &prev->v[hint];
    for (int i = 0; i < prev->n; i++)
        if (strcmp(prev->v[i].database, name) == 0)
            return &prev->v[i];
    return NULL;
}

/* now - before; NAN when either was not said. */
static double delta(int64_t before, int64_t now)
{
    return before < 0 || now < 0 ? NAN : (double)(now - before);
}

static bool went_back(const struct pgb_stats *a, const struct pgb_stats *b)
{
    const double d[] = {
        delta(a->xacts, b->xacts),       delta(a->queries, b->queries),
        delta(a->received, b->received), delta(a->sent, b->sent),
        delta(a->xact_us, b->xact_us),   delta(a->query_us, b->query_us),
        delta(a->wait_us, b->wait_us),   delta(a->assignments, b->assignments),
    };
    for (size_t i = 0; i < sizeof d / sizeof *d; i++)
        if (d[i] < 0)
            return true;
    /* Another version than before: started anew, whatever the totals have come to since. */
    return (a->assignments < 0) != (b->assignments < 0);
}

static double mean(double total, double count)
{
    return count > 0 ? total / count : NAN;
}

static void rate(struct pgb_rates *r, const struct pgb_stats *a, const struct pgb_stats *b,
                 int64_t dt_us)
{
    if (went_back(a, b)) {
        r->reset = true;
        return;
    }
    double dt = (double)dt_us / (double)USEC_PER_SEC;
    double xacts = delta(a->xacts, b->xacts), queries = delta(a->queries, b->queries);
    double waits = delta(a->assignments, b->assignments);
    r->known = true;
    r->xacts = xacts / dt;
    r->queries = queries / dt;
    r->received = delta(a->received, b->received) / dt;
    r->sent = delta(a->sent, b->sent) / dt;
    /* From when it has come: what it waits for a server is in both (1.24: 85 ms for 21 ms of work
     * behind 64 ms of waiting). */
    r->xact_us = mean(delta(a->xact_us, b->xact_us), xacts);
    r->query_us = mean(delta(a->query_us, b->query_us), queries);
    r->waited_us = delta(a->wait_us, b->wait_us) / dt;
    /* Before 1.23 assignments are not counted; a transaction waits once at most. */
    r->wait_us = mean(delta(a->wait_us, b->wait_us), isnan(waits) ? xacts : waits);
}

const struct pgb_rates *pgb_rates_of(const struct pgb_stats_set *prev,
                                     const struct pgb_stats_set *cur, int64_t dt_us,
                                     struct arena *a, int *n)
{
    *n = cur ? cur->n : 0;
    struct pgb_rates *out = arena_array(a, (size_t)*n, struct pgb_rates);
    for (int i = 0; i < *n; i++) {
        const struct pgb_stats *now = &cur->v[i];
        const struct pgb_stats *before =
            prev && dt_us > 0 ? same_database(prev, now->database, i) : NULL;
        out[i] =
            (struct pgb_rates){now->database, false, false, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
        if (before)
            rate(&out[i], before, now, dt_us);
    }
    return out;
}
