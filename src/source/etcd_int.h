/*
 * etcd_int.h: what the files of the etcd source share: etcd.c (life), etcd_stream.c (range and
 * watch), etcd_ask.c (one request, with its login), etcd_alive.c (proof of life, leases),
 * etcd_gates.c (health of every endpoint). Reference "patroni.md" §5.
 */
#ifndef PGDBA_SOURCE_ETCD_INT_H
#define PGDBA_SOURCE_ETCD_INT_H

#include "pgdba/base/buf.h"
#include "pgdba/net/http.h"
#include "pgdba/net/loop.h"
#include "pgdba/source/source.h"
#include "pgdba/wire/etcd.h"
#include "tunables.h"

/* How one request ended. */
struct etcd_answer {
    enum obs_outcome outcome; /* OBS_NEVER: not sent, for it takes a login that is not its own */
    int http_status;
    const char *body;
    size_t body_len;
    const char *detail;
    int64_t latency_us;
    enum etcd_refusal refusal;
    const char *target; /* as asked */
};

struct etcd_gate;
struct etcd_ask;
typedef void etcd_done_fn(void *arg, struct etcd_gate *g, const struct etcd_answer *a);

/* One endpoint. */
struct etcd_gate {
    struct source_etcd *s;
    char *url;       /* without a slash at its end */
    const char *api; /* "/v3", or "/v3beta" once that has been found out */
    /* Its health, asked one thing after the other. */
    struct etcd_ask *check;
    int step;
    bool closed; /* status is not ours to read, or there is no gateway */
    int64_t closed_us;
    bool answered;
    struct pace pace;
};

struct source_etcd {
    struct source_ctx ctx;
    struct source_tunables t;
    char *prefix, *leader_key;
    int64_t refresh_us;
    char *password, *key_password;
    bool started;
    struct etcd_ask *asks; /* all that are out */

    /* login */
    char *token;                 /* NULL: none yet; "": none is needed */
    int logins;                  /* how many tokens there were */
    struct etcd_ask *login;      /* the request that is logging in */
    int64_t login_not_before_us; /* after a wrong password; why says what etcd said */
    char *login_why;

    /* the stream */
    int ngates, at; /* at: the one that is watched */
    struct etcd_gate *gates;
    struct etcd_ask *range, *watch;
    struct net_timer *again;
    int attempts; /* since a stream settled */
    int64_t attempt_us;
    struct pace pace;
    bool streaming;               /* a range was read and the watch is asked for */
    int64_t begun_us, created_us; /* created: etcd has said so; 0 not yet */
    struct buf line;              /* what came without its end */
    uint64_t cluster_id;          /* by the last range; 0 none */
    int64_t leader_revision;      /* of the leader key, by the stream */
    bool leader_there;
    int64_t behind_since_us;  /* the endpoint has known of more than the stream since; 0 */
    enum obs_outcome outcome; /* logged last */

    /* beside it */
    struct net_timer *alive_timer, *gates_timer, *lease_timer;
    struct etcd_ask *alive, *members;
    int silent; /* proofs of life that failed, in a row */
    int64_t members_due_us;
    int nleases, leases_out;
    int64_t leases_us; /* when they were asked about last */
    int64_t *leases;
};

int64_t etcd_now_us(const struct source_etcd *s);
struct etcd_gate *etcd_current(struct source_etcd *s);
void etcd_emit(struct source_etcd *s, enum obs_kind kind, const char *target,
               const struct etcd_gate *g, const struct etcd_answer *a);

/* etcd_ask.c. path begins after the api ("/kv/range"), or is GET's whole ("/health"). body NULL:
 * GET. data: a stream. The callback comes once, later; *slot (may be NULL) is the caller's pointer
 * to the request, NULL again by then. */
struct etcd_request {
    const char *path, *body;
    const char *target; /* handed back with the answer; NULL none */
    int64_t timeout_us;
    size_t max_body; /* 0: net/http's */
    net_http_data_fn *data;
    void *data_arg;
    bool may_login; /* logs in when nobody has; others are not sent then */
};
void etcd_ask(struct etcd_gate *g, const struct etcd_request *r, etcd_done_fn *done, void *arg,
              struct etcd_ask **slot);
void etcd_ask_cancel(struct etcd_ask *q); /* NULL is allowed */
void etcd_asks_free(struct source_etcd *s);
/* True when requests to /v3 would only be refused now: the first login is not through. */
bool etcd_waits_for_login(const struct source_etcd *s);

/* etcd.c */
enum obs_outcome etcd_outcome(enum etcd_refusal r, const char *why);

/* etcd_stream.c */
void etcd_stream_begin(void *arg); /* the source; unless one is there */
/* It has lasted: the next end of it is met without a pause. */
void etcd_stream_settled(struct source_etcd *s);
/* The stream is of no use any more: another begins, on the next endpoint unless here. */
void etcd_stream_lost(struct source_etcd *s, enum obs_outcome outcome, const char *why, bool here);

/* etcd_alive.c */
void etcd_alive_start(struct source_etcd *s);
void etcd_alive_set_refresh(struct source_etcd *s);
void etcd_alive_ask(struct source_etcd *s);
void etcd_alive_free(struct source_etcd *s);

/* etcd_gates.c */
void etcd_gates_start(struct source_etcd *s);
void etcd_gates_round(struct source_etcd *s);
void etcd_gates_free(struct source_etcd *s);

#endif
