/*
 * model/probe.h: the probe: asking through the route that an application would use.
 */
#ifndef PGDBA_MODEL_PROBE_H
#define PGDBA_MODEL_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/* Why an attempt failed, as a client would see it. */
enum probe_failure {
    PROBE_OK,
    PROBE_NO_CONNECTION, /* refused, reset while connecting, name not resolved */
    PROBE_TIMED_OUT,     /* no answer within the limit */
    PROBE_BROKEN,        /* the connection broke in the middle */
    PROBE_READ_ONLY,     /* 25006: it answers, and does not write */
    PROBE_STARTING,      /* 57P03 */
    PROBE_SHUT_DOWN,     /* 57P01, 57P02 */
    PROBE_LOGIN,         /* 28xxx, 3D000 */
    PROBE_SCHEMA,        /* 42P01, 3F000: its table is not there */
    PROBE_OTHER,         /* another SQLSTATE; detail says which */
    PROBE_FAILURE_COUNT
};

/* One attempt. */
struct probe_sample {
    uint64_t seq; /* 1, 2, 3 … of this run */
    bool write;
    int64_t sent_mono_us, sent_wall_us;
    int64_t latency_us; /* until answered or given up */
    enum probe_failure failure;
    const char *sqlstate, *detail; /* "" */
    const char *server;            /* host:port that answered (inet_server_addr), "" unknown */
    bool in_recovery;              /* only when it answered */
    const char *run;               /* id of this run: rows of others are not ours */
};

/* Sequence numbers that are in the table, from `from` to `to` inclusive. */
struct probe_rows {
    const char *run;
    uint64_t from, to;
    int n;
    const uint64_t *seq; /* ascending */
};

struct probe_outage {
    int64_t from_us, to_us; /* monotonic: last success before, first success after; to 0: goes on */
    int64_t from_wall_us, to_wall_us;
    int failures;
    enum probe_failure first; /* how it began */
};

enum { PROBE_OUTAGES = 32, PROBE_LATENCIES = 300 };

/* As of now. analysis/probe folds samples into it. Immutable in a snapshot. */
struct probe_view {
    bool running;
    const char *route; /* "haproxy", "pgbouncer", a URL without secrets */
    bool write;
    int64_t every_us;
    int64_t started_us, started_wall_us; /* of the first sample */
    int64_t sent, ok, failed;
    int64_t by_failure[PROBE_FAILURE_COUNT];
    int64_t asked_us, answered_us; /* monotonic: last attempt ended, last success */
    int64_t waiting_since_us;      /* an attempt has been out since; 0 none (live only) */
    const char *server;            /* that answered last, "" */
    bool in_recovery;
    int64_t latency_us;           /* of the last success */
    bool out;                     /* an outage goes on: its record is the newest */
    int64_t longest_us, total_us; /* outages ended and running up to asked_us */
    int noutages;
    const struct probe_outage *outages; /* newest first */
    int64_t lost, ghosts;               /* rows; -1 not checked yet */
    int64_t checked_to_seq;             /* rows are known up to here */
    int nlatency;
    const int64_t *latency_at_us, *latency; /* µs; -1 a failure; oldest first */
};

const char *probe_failure_name(enum probe_failure f); /* "no connection" */
const char *probe_failure_key(enum probe_failure f);  /* "no-connection": in JSON */
bool probe_failure_parse(const char *key, enum probe_failure *out);

#endif
