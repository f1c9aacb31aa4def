/*
 * net/line.h: one command line to a stream socket, and everything that comes back until the server
 * hangs up: HAProxy's runtime socket (reference "middleware.md" §3.1). Unix or TCP, never waiting,
 * with one deadline over all of it. Knows nothing of HAProxy.
 */
#ifndef PGDBA_NET_LINE_H
#define PGDBA_NET_LINE_H

#include "pgdba/net/http.h"

struct net_line;

struct net_line_request {
    const char *to;      /* "/run/x.sock" (begins with '/'), "host:port" or "[::1]:port" */
    const char *command; /* without its newline */
    int64_t timeout_us;  /* of all of it; 0: 5 s */
    size_t max_body;     /* bytes; 0: 8 MiB */
};

struct net_line_reply {       /* valid during the call */
    enum net_outcome outcome; /* NET_ANSWERED: the server took the line, said something, hung up */
    const char *body;         /* with a NUL behind it; "" unless NET_ANSWERED */
    size_t body_len;
    int64_t latency_us;
    bool sent;          /* the command may have left, at least partly */
    const char *detail; /* one line for people */
};

/* Everything in req is copied. The callback comes exactly once, later, never from within the call;
 * it may not be cancelled from there any more. */
typedef void net_line_fn(void *arg, const struct net_line_reply *reply);
struct net_line *net_line_send(struct net_loop *l, struct net_resolver *r,
                               const struct net_line_request *req, net_line_fn *fn, void *arg);
void net_line_cancel(struct net_line *c); /* no callback after this; NULL is allowed */

#endif
