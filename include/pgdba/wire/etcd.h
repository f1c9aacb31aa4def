/*
 * wire/etcd.h: etcd's v3 JSON gateway: requests to bytes, replies to facts. Pure. Reference:
 * "patroni.md" §5 (5.2: conventions; 5.4: the watch; 5.5: errors in both dialects; 5.7: endpoints).
 *
 * Parsers take any bytes: what is not what it must be is ST_INVALID with a reason. Keys and values
 * are base64 on the wire and bytes here, NUL-terminated for convenience, not yet cleaned: wire/dcs
 * does that. Caps: 100,000 keys, 1 MiB a value.
 */
#ifndef PGDBA_WIRE_ETCD_H
#define PGDBA_WIRE_ETCD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"
#include "pgdba/model/dcs.h"
#include "pgdba/model/facts.h"

struct etcd_header {
    uint64_t cluster_id, member_id; /* 0 not said */
    int64_t revision, raft_term;    /* 0 not said */
};

struct etcd_kv {
    const char *key;
    size_t key_len;
    const char *value;
    size_t value_len;
    int64_t create_revision, mod_revision, version, lease; /* 0 not said */
    bool deleted;                                          /* watch: DELETE */
};

struct etcd_range {
    struct etcd_header header;
    int n;
    const struct etcd_kv *kv;
};

/* One line of the watch. Look at error, then canceled, then created (reference §5.4). */
struct etcd_watch_line {
    bool error;
    int error_code;            /* gRPC's, 0 unknown */
    const char *error_message; /* "" */
    struct etcd_header header;
    bool created, canceled;
    const char *cancel_reason; /* "" */
    int64_t compact_revision;  /* > 0: the start was compacted away: range again */
    int n;
    const struct etcd_kv *event; /* in order; equal mod_revision: one transaction */
};

/* ---- requests: bodies of POSTs */
/* end of a prefix as range_end, in *out (bytes). */
void wire_etcd_prefix_end(const char *prefix, struct buf *out);
void wire_etcd_range_body(struct buf *out, const char *prefix); /* all keys under prefix */
void wire_etcd_get_body(struct buf *out, const char *key,
                        bool keys_only); /* that key, linearizable */
void wire_etcd_watch_body(struct buf *out, const char *prefix, int64_t start_revision);
void wire_etcd_lease_body(struct buf *out, int64_t lease); /* timetolive */
void wire_etcd_grant_body(struct buf *out, int64_t ttl_s); /* its answer: wire_etcd_lease() */
void wire_etcd_put_body(struct buf *out, const char *key, const char *value, int64_t lease);
/* A transaction: all keys under a Patroni cluster's prefix go if, then, it has neither a member nor
 * a leader. */
void wire_etcd_remove_body(struct buf *out, const char *prefix);
/* A transaction: the leader's lock goes if it is that member's then. */
void wire_etcd_release_body(struct buf *out, const char *prefix, const char *member);
void wire_etcd_auth_body(struct buf *out, const char *user, const char *password);

/* ---- replies; *out is the caller's (facts_unref), root as named */
enum status wire_etcd_range(const char *body, size_t n, struct facts **out,
                            struct err *e); /* struct etcd_range */
enum status wire_etcd_watch_line(const char *line, size_t n, struct facts **out,
                                 struct err *e); /* struct etcd_watch_line */
enum status wire_etcd_lease(const char *body, size_t n, struct facts **out,
                            struct err *e); /* struct dcs_lease; at_us and outcome left 0 */
/* The next four fill what they know of struct etcd_endpoint and leave the rest as unknown. */
enum status wire_etcd_status(const char *body, size_t n, struct facts **out, struct err *e);
/* http_status 503 is an answer too. */
enum status wire_etcd_health(const char *body, size_t n, int http_status, struct facts **out,
                             struct err *e);
enum status wire_etcd_version(const char *body, size_t n, struct facts **out, struct err *e);
/* Prometheus text; only lines we read. */
enum status wire_etcd_metrics(const char *body, size_t n, struct facts **out, struct err *e);

/* Those lines alone, of the hundreds that /metrics has: a hundred times less to keep and record. */
void wire_etcd_metrics_keep(const char *body, size_t n, struct buf *out);

/* Whether a transaction's comparisons held. */
enum status wire_etcd_succeeded(const char *body, size_t n, bool *out, struct err *e);

struct etcd_members {
    int n;
    const struct etcd_member {
        uint64_t id;
        const char *name; /* "" never started */
        bool learner;
        int nurls;
        const char *const *urls; /* clientURLs */
    } * v;
};
enum status wire_etcd_members(const char *body, size_t n, struct facts **out,
                              struct err *e); /* struct etcd_members */
/* The token, malloc'ed; a secret. */
enum status wire_etcd_token(const char *body, size_t n, char **token, struct err *e);

/* What a refusal means for what is to be done next (§5.5). */
enum etcd_refusal {
    ETCD_NOT_REFUSED,
    ETCD_NEEDS_LOGIN, /* 401/16, "user name is empty", "auth store is old": authenticate, once */
    ETCD_LOGIN_WRONG, /* invalid user ID or password */
    ETCD_DENIED,      /* 403/7 */
    ETCD_NO_AUTH,     /* authentication is not enabled: go on without */
    ETCD_COMPACTED,   /* 11, compacted or future revision: range again */
    ETCD_UNAVAILABLE, /* 14, no leader, timed out: another endpoint */
    ETCD_NO_GATEWAY,  /* 404 page not found on /v3/…: try /v3beta, else the gateway is off */
    ETCD_CN_REFUSED,  /* the client certificate has a CN: the gateway takes none such (§5.6) */
    ETCD_BROKEN       /* anything else */
};
/* *why: one line for people, cleaned, in the arena; with the cure where the reference has one. */
enum etcd_refusal wire_etcd_refusal(int http_status, const char *body, size_t n, struct arena *a,
                                    const char **why);
/* The same of an error or a cancellation on the watch: gRPC's code (0 not said) and the words.
 * Never ETCD_NOT_REFUSED. */
enum etcd_refusal wire_etcd_refusal_said(int grpc_code, const char *words, struct arena *a,
                                         const char **why);

#endif
