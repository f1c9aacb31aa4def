/*
 * fake.h: members of a Patroni cluster on the test's own loop. Like the real server, one does not
 * notice that a client went away: what it holds stays held until it is thawed.
 */
#ifndef PGDBA_TEST_SOURCE_FAKE_H
#define PGDBA_TEST_SOURCE_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/base/buf.h"
#include "pgdba/net/loop.h"

enum fake_path { FAKE_HEALTH, FAKE_LIVENESS, FAKE_CLUSTER, FAKE_HISTORY, FAKE_CONFIG, FAKE_PATHS };
enum fake_mode {
    FAKE_ANSWER,
    FAKE_STOPPED, /* 503 with JSON */
    FAKE_SILENT,
    FAKE_EMPTY,
    FAKE_PAGE,      /* 503 with a web page */
    FAKE_TRUNCATED, /* half the JSON */
    FAKE_LOCKED     /* 401 unless a password comes */
};

enum { FAKE_MEMBERS = 4, FAKE_TIMES = 64 };

struct fake_asked {
    enum fake_mode mode;
    int n;                  /* requests so far */
    int inflight_max;       /* requests of live clients at the same time */
    int64_t at[FAKE_TIMES]; /* the first ones, monotonic µs */
};

struct fake;

struct fake_member {
    struct fake *all;
    const char *name;
    char url[64];        /* where it listens */
    char advertised[64]; /* what /cluster says, without /patroni */
    bool listed;
    bool leader;
    int timeline;
    struct fake_asked asked[FAKE_PATHS];
    int inflight_max; /* all paths together */
    int passwords;    /* requests that carried one */
    int fd;
    struct net_watch *watch;
};

struct fake {
    struct net_loop *loop;
    bool says_name; /* Patroni 3.2 and later */
    const char *scope;
    int n;
    struct fake_member m[FAKE_MEMBERS];
    struct fake_conn *conns;
};

/* n members n1, n2, … listening, advertised where they listen, n1 leading on timeline 3. */
void fake_init(struct fake *f, struct net_loop *loop, int n);
void fake_release(struct fake *f);
void fake_mode(struct fake *f, int member, enum fake_path path, enum fake_mode mode);
/* Nothing is answered from now on; thawed, all that is held gets its answer. */
void fake_freeze(struct fake *f, int member);
void fake_thaw(struct fake *f, int member);
void fake_stop_listening(struct fake *f, int member);
/* A port on which nobody listens. */
int fake_closed_port(void);

#endif
