/*
 * A cluster of three that a test moves by hand, seen as the program sees it: revisions of the DCS
 * and snapshots go through analysis/events into the failover fold.
 *
 * pg1 leads on timeline 3; ttl 30, loop_wait 10; one HAProxy and one PgBouncer in front. A test
 * changes what a system says (the fields below), and lets time pass: rig_revision() commits the
 * keys, rig_pass() polls everything.
 */
#ifndef PGDBA_TESTS_FAILOVER_RIG_H
#define PGDBA_TESTS_FAILOVER_RIG_H

#include "pgdba/analysis/failover.h"
#include "pgdba/base/buf.h"
#include "snapshot_builder.h"

enum { PG1, PG2, PG3, NODES };
#define MS(n) ((int64_t)(n)*USEC_PER_MS)

struct rig_node {
    enum obs_outcome api, pg; /* how they answer from here */
    /* Its own word over REST; SQL: PostgreSQL answers it. */
    enum role role;
    enum pg_state state;
    bool sql, failsafe, unlocked;
    int64_t timeline;
    const char *replication_state; /* 3.0.4+; NULL: by the walsender rows of the leader */
    /* PostgreSQL's own word. */
    bool recovery, read_only, streams;
    int64_t pg_timeline;
    int64_t api_us, pg_us; /* answered last */
    /* Its key, and its lease: renewed then. */
    bool key;
    enum role key_role;
    enum pg_state key_state;
    int64_t key_timeline, key_lease;
    int64_t renewed_us;
};

struct rig {
    int64_t now_us;
    bool rest_only, etcd_down, pg_asked, no_routes, view_fails, interrupted;
    struct rig_node node[NODES];
    int leader; /* the key, and /cluster's; -1 none */
    int64_t leader_term, revision;
    struct dcs_failover request;
    int ha;   /* where HAProxy's write backend sends; -1 nowhere */
    int pool; /* where PgBouncer's servers point; -1 there are none */
    struct probe_view *probe;
    struct failover_fold *fold;
    const struct snapshot *last;
    struct dcs *keys; /* as of the last revision heard of; the test's */
    struct buf kinds; /* of every event, a line each */
    int64_t since_us; /* the watch was interrupted then */
};

void rig_init(struct rig *r); /* and 3 s of peace */
void rig_rest_only(struct rig *r);
void rig_release(struct rig *r);
/* The keys as they are now are a revision. */
void rig_revision(struct rig *r);
/* So long, polled each 100 ms. */
void rig_pass(struct rig *r, int64_t us);

/* Node n's process groups. */
void rig_silence(struct rig *r, int n, enum obs_outcome how); /* API and PostgreSQL */
void rig_return(struct rig *r, int n, int64_t timeline);      /* as a replica that streams */
void rig_promote(struct rig *r, int n);                       /* PostgreSQL and REST, at once */
void rig_follow(struct rig *r, int n, int64_t timeline);      /* key, REST and PostgreSQL */
void rig_route(struct rig *r, int n);                         /* HAProxy and PgBouncer */

const struct failover *rig_open(struct rig *r);        /* NULL none */
const struct failover *rig_kept(struct rig *r, int i); /* NULL none */
const struct failover_phase *rig_phase(const struct failover *f, enum failover_phase_id id,
                                       const char *subject);
/* Without times. */
void assert_table(const struct failover *f, const char *table);

#endif
