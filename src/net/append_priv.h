/*
 * net/append_priv.h: the file behind net/append.h: opening, rotating, writing. Blocks: all but the
 * first opening happens in the helper thread.
 */
#ifndef PGDBA_NET_APPEND_PRIV_H
#define PGDBA_NET_APPEND_PRIV_H

#include "pgdba/net/append.h"

struct append_file {
    int fd;
    char *path;
    int64_t rotate_bytes;
    int keep;
};

enum status append_file_open(struct append_file *f, const struct net_append_options *opt,
                             struct err *e);
/* Whole lines. NULL when the system has taken them, else why not (malloc'ed). */
char *append_file_write(struct append_file *f, const char *data, size_t n);
/* To the disk, then closed. NULL when that went well, else why not (malloc'ed). */
char *append_file_close(struct append_file *f);

#endif
