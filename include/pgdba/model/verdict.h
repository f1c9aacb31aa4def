/*
 * model/verdict.h: what analysis/ says about a snapshot, in one grade and reasons.
 */
#ifndef PGDBA_MODEL_VERDICT_H
#define PGDBA_MODEL_VERDICT_H

/* Ordered by how bad. The words are the ones on the screen and in JSON. */
enum health {
    HEALTH_OK,          /* "healthy" */
    HEALTH_DEGRADED,    /* "degraded": serves, but something is wrong or cannot be known */
    HEALTH_CRITICAL,    /* "critical": writes fail or data is at risk */
    HEALTH_UNREACHABLE, /* "unreachable": nothing answers from here; nothing is known */
    HEALTH_COUNT
};

struct verdict {
    enum health health;
    const char *rule;    /* "member-api-silent": stable, documented in the manual */
    const char *subject; /* member, bouncer, "" for the cluster */
    const char *reason;  /* a sentence with its numbers */
};

struct way; /* analysis/ways.h */
struct snapshot;

struct verdicts {
    enum health worst;
    int n;
    const struct verdict *v; /* worst first */
    /* What they were judged from, in the same arena, with pointers into that snapshot: working it
     * out again costs as much as judging. NULL where nobody has. */
    const struct snapshot *of;
    const struct way *ways;
    int nways;
};

const char *health_name(enum health h);

#endif
