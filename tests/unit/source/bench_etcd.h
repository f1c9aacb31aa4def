/*
 * bench_etcd.h: an etcd source, the gateways it asks, and what it says; for test_etcd.c (the
 * stream) and test_etcd_gates.c (login, endpoints, leases).
 */
#ifndef PGDBA_TEST_SOURCE_BENCH_ETCD_H
#define PGDBA_TEST_SOURCE_BENCH_ETCD_H

#include "fake_etcd.h"
#include "rig.h"

#define MS      USEC_PER_MS
#define PREFIX  "/service/demo/"
#define SECRET  "pa\"ss\\word" /* has to be escaped in JSON */
#define ESCAPED "pa\\\"ss\\\\word"

struct bench {
    struct rig rig;
    struct fake_etcd etcd;
    const char *urls[FE_GATES];
    struct source_etcd *s;
};

/* The first n gates are configured. */
struct bench *bench_new(int n);
void bench_start(struct bench *k);
/* The same, until the watch on that gate is told of. */
void bench_start_watching(struct bench *k, int gate);
/* No secret has been said, no endpoint's health was asked twice at once. */
void bench_free(struct bench *k);

int bench_count(const struct bench *k, enum obs_kind kind, const char *target, int outcome);
/* Until there are at least n since the beginning; the last of them. */
const struct observation *bench_wait(struct bench *k, enum obs_kind kind, const char *target,
                                     enum obs_outcome outcome, int n);
/* Until the gate has been asked for that so often. */
void bench_wait_asked(struct bench *k, int gate, enum etcd_path path, int n);
/* Until a watch on that gate is open and told of, after n ends of streams. */
void bench_wait_watched(struct bench *k, int gate, int ends);

#endif
