/*
 * base/log.h: the program's own diary, a file in the state directory, never the terminal.
 */
#ifndef PGDBA_BASE_LOG_H
#define PGDBA_BASE_LOG_H

#include "pgdba/base/clock.h"
#include "pgdba/base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log; /* opaque; NULL is a log that drops everything */

/* Appends to path (0600, made if missing). *out is the caller's, log_free(). */
enum status log_open(struct log **out, const char *path, enum log_level least,
                     const struct clock *clock, struct err *e);
void log_free(struct log *l);
/* One line; control characters are replaced. Never put a secret or a conninfo with one here. */
void log_write(struct log *l, enum log_level lv, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
