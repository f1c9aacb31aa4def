/*
 * base/path.h: where files live (XDG base directories), and reading and writing them safely.
 *
 * Returned strings are malloc'ed and the caller's.
 */
#ifndef PGDBA_BASE_PATH_H
#define PGDBA_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "pgdba/base/err.h"

struct buf;

char *path_join(const char *dir, const char *name);
char *path_expand(const char *p);    /* a leading "~/" becomes $HOME/ */
char *path_config(const char *name); /* ${XDG_CONFIG_HOME:-~/.config}/pgdba/NAME */
char *path_state(const char *name);  /* ${XDG_STATE_HOME:-~/.local/state}/pgdba/NAME */

/* mkdir -p with 0700. */
enum status path_mkdirs(const char *dir, struct err *e);
/* The directory part of p is made as by path_mkdirs(). */
enum status path_mkdirs_for(const char *p, struct err *e);

/* Reads a whole regular file of at most max bytes into out. */
enum status path_read(const char *p, size_t max, struct buf *out, struct err *e);
/* Writes through a temporary file beside p, fsync and rename: never half a file. */
enum status path_write_atomic(const char *p, const void *data, size_t n, mode_t mode,
                              struct err *e);
/* ST_DENIED with the cure (chmod 600) when group or others can read p, or it is another user's. */
enum status path_check_private(const char *p, struct err *e);

#endif
