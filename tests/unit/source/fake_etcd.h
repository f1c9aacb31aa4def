/*
 * fake_etcd.h: the JSON gateways of an etcd cluster on the test's own loop, for what a real one
 * will not do on demand.
 */
#ifndef PGDBA_TEST_SOURCE_FAKE_ETCD_H
#define PGDBA_TEST_SOURCE_FAKE_ETCD_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/base/buf.h"
#include "pgdba/net/loop.h"

enum etcd_path {
    FE_RANGE, /* of a prefix */
    FE_ALIVE, /* of one key, keys only */
    FE_WATCH,
    FE_LEASE,
    FE_STATUS,
    FE_MEMBERS,
    FE_LOGIN,
    FE_HEALTH,
    FE_VERSION,
    FE_METRICS,
    FE_PATHS
};

enum { FE_GATES = 3, FE_TIMES = 256 };

struct fe_path {
    bool silent;
    int status;       /* 0: as it should be */
    const char *body; /* with a status */
    int n, inflight, inflight_max;
    int64_t at[FE_TIMES]; /* of the first ones */
    struct buf last;      /* the last request: head and body */
};

struct fe_gate {
    struct fake_etcd *all;
    char url[64];
    const char *api; /* "/v3"; NULL: the gateway is off */
    struct fe_path path[FE_PATHS];
    bool watch_begins;                        /* says "created" */
    int health_inflight, health_inflight_max; /* status, health, version, metrics */
    int fd, port;
    struct net_watch *watch;
};

struct fake_etcd {
    struct net_loop *loop;
    int cluster;              /* its id */
    int64_t revision, leader; /* leader: revision of its key, 0 there is none */
    const char *password;     /* NULL: authentication is off */
    int token;                /* the one that is good: "token7" */
    int logins, wrong_logins;
    struct fe_gate gate[FE_GATES];
    struct fe_conn *conns;
};

void fake_etcd_init(struct fake_etcd *f, struct net_loop *loop);
void fake_etcd_release(struct fake_etcd *f);
void fake_etcd_freeze(struct fake_etcd *f, int gate);
/* That path of that gate is not silent any more; what it held is answered, as it was asked. */
void fake_etcd_thaw(struct fake_etcd *f, int gate, enum etcd_path path);
void fake_etcd_stop_listening(struct fake_etcd *f, int gate); /* and hangs up */
/* On every watch of that gate: bytes as they are, one chunk. False: nobody watches. */
bool fake_etcd_say(struct fake_etcd *f, int gate, const char *text);
void fake_etcd_end_watch(struct fake_etcd *f, int gate, bool in_order);
int fake_etcd_watched(const struct fake_etcd *f, int gate); /* how many streams are open */

#endif
