/*
 * net/append.h: lines appended to a file without the loop ever waiting for the disk: they are
 * queued, and written by a helper thread in the order they came. For recordings and kept events: a
 * crash loses what was queued within the last second at most. Not for the audit log, whose intent
 * must be on disk before a request goes out.
 */
#ifndef PGDBA_NET_APPEND_H
#define PGDBA_NET_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pgdba/base/err.h"

struct net_loop;
struct net_append;

/* Told on the loop, once, when a write failed (disk full, file gone): why is one line naming the
 * file. Nothing is written after that: what follows is dropped. */
typedef void net_append_failed_fn(void *arg, const char *why);

struct net_append_options {
    const char *path;     /* directories are made; 0600 */
    bool truncate;        /* begin anew; else append (after a torn last line a LF is put first) */
    bool must_be_new;     /* ST_CONFLICT when the file is there */
    int64_t rotate_bytes; /* 0: never; else the file becomes path.1 (path.1 path.2 …) beyond that */
    int keep;             /* so many rotated ones */
    size_t queue_max;     /* bytes waiting for a stuck disk; 0: 64 MiB; beyond: failed */
    net_append_failed_fn *failed;
    void *arg;
};
/* Opens at once (a path that cannot be written is told here). Files are opened with O_NOFOLLOW on
 * the last part and must be regular. */
enum status net_append_open(struct net_loop *l, const struct net_append_options *opt,
                            struct net_append **out, struct err *e);
/* Whole lines, with their LF. Copied. */
void net_append_write(struct net_append *f, const char *data, size_t n);
uint64_t net_append_written(const struct net_append *f); /* bytes that the disk has taken */
size_t net_append_queued(const struct net_append *f);    /* bytes not yet written */
/* Writes what is queued, fsyncs, closes; waits for that at most timeout_us (a dead NFS must not
 * keep the program): what could not be written then is given up. NULL is allowed. */
void net_append_close(struct net_append *f, int64_t timeout_us);

#endif
