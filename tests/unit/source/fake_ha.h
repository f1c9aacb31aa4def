/*
 * fake_ha.h: a HAProxy's statistics page on the test's own loop: HTTP/1.1, chunked, kept open.
 */
#ifndef PGDBA_TEST_SOURCE_FAKE_HA_H
#define PGDBA_TEST_SOURCE_FAKE_HA_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/net/loop.h"

enum ha_mode {
    HA_ANSWER,
    HA_SILENT,
    HA_PAGE,    /* 200 with the page for browsers */
    HA_AWAY,    /* 404 */
    HA_LOCKED,  /* 401 unless a password comes */
    HA_HANG_UP, /* in the middle of the reply */
    HA_EMPTY    /* 200 and nothing */
};

enum { HA_TIMES = 512 };

struct fake_ha {
    struct net_loop *loop;
    enum ha_mode mode;
    bool socket; /* a runtime socket instead: a line, an answer, the end */
    int ninfo;   /* lines that asked for the process */
    int fd, port;
    struct net_watch *watch;
    struct ha_conn *conns;
    int connections, open, open_max;
    int n; /* requests */
    int64_t at[HA_TIMES];
    char path[256]; /* of the last request */
    bool password;  /* it carried "ops:secret" */
};

void fake_ha_init(struct fake_ha *f, struct net_loop *loop);
void fake_ha_stop_listening(struct fake_ha *f);
void fake_ha_hang_up(struct fake_ha *f); /* on all that are connected */
void fake_ha_release(struct fake_ha *f);

#endif
