/*
 * app/store.h: the fold: observations in, snapshots out. Knows no sockets: a recording goes through
 * the same code.
 */
#ifndef PGDBA_APP_STORE_H
#define PGDBA_APP_STORE_H

#include "pgdba/base/buf.h"
#include "pgdba/config/cluster.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/observation.h"

struct store;
struct probe_fold;

struct store *store_new(const struct cluster_config *c, int64_t refresh_us);
void store_free(struct store *st);
void store_set_refresh(struct store *st, int64_t refresh_us);
/* The cluster's prefix in etcd ("/service/demo/"), as soon as its scope is known. Before that no
 * key is read. */
void store_set_etcd_prefix(struct store *st, const char *prefix);
/* What it knows of etcd's keys, as the body of a range; false when nothing. */
bool store_dcs_body(const struct store *st, struct buf *out);
/* Hears of every transaction in the DCS: a NULL at first sight. since_us: monotonic, b happened
 * after it (an interruption began then), else equal to mono_us. */
struct store_listener {
    void *arg;
    void (*dcs)(void *arg, const struct dcs *a, const struct dcs *b, int64_t mono_us,
                int64_t wall_us, int64_t since_us);
};
void store_listen(struct store *st, const struct store_listener *l);
/* The probe's fold, for its events and wishes; NULL before the first sample. */
struct probe_fold *store_probe(struct store *st);
/* Samples to come are so far apart. */
void store_set_probe_every(struct store *st, int64_t every_us);
void store_probe_stopped(struct store *st);
/* Which URL a member answers on (from source/patroni); base NULL: not reachable, why says. Copied.
 */
void store_set_route(struct store *st, const char *member, const char *base, const char *why);
/* struct acting_list, NULL not known; its own reference is taken. */
void store_set_acting(struct store *st, struct facts *f);
/* The configured URLs that give no answer and are nobody's, all of them. Copied. */
void store_set_silent_urls(struct store *st, const struct silent_url *v, int n);
/* Parses and keeps. An answer that does not parse becomes OBS_GARBLED with the reason; the last
 * good facts stay. */
void store_apply(struct store *st, const struct observation *o);
/* Snapshot N: a new one if anything was applied since the last, else the last. Not a new reference;
 * the store holds it. */
const struct snapshot *store_snapshot(struct store *st, int64_t mono_us, int64_t wall_us);
/* Every source asked at least once. */
bool store_complete(const struct store *st);

#endif
