/*
 * base/err.h: what went wrong, in a form that can be shown.
 *
 * A function that can fail returns enum status and fills struct err with what was tried, on whom,
 * what came back, and the cure where there is one: "cannot read /x/y.yml: permission denied".
 */
#ifndef PGDBA_BASE_ERR_H
#define PGDBA_BASE_ERR_H

#include <stdarg.h>

enum status {
    ST_OK = 0,
    ST_USAGE,       /* the words of a command are wrong */
    ST_INVALID,     /* a file, reply or value is not what it must be */
    ST_NOT_FOUND,   /* a file, cluster, member or key that is not there */
    ST_DENIED,      /* permission, authentication, read-only mode */
    ST_UNREACHABLE, /* nobody answered: refused, timed out, not resolved, TLS */
    ST_REFUSED,     /* a check or the server said no */
    ST_CONFLICT,    /* the world moved since the plan was made */
    ST_FAILED,      /* it was tried and did not work */
    ST_IO,          /* the operating system said no */
    ST_CANCELLED,   /* the operator said no */
    ST_COUNT
};

struct err {
    enum status status;
    char *text; /* malloc'ed, one line, no final newline; NULL when status is ST_OK */
};

#define ERR_INIT    \
    {               \
        ST_OK, NULL \
    }

/* Sets *e (freeing what it held) and returns st, so that `return err_set(...)` reads well.
 * e may be NULL: then only the status is returned. */
enum status err_set(struct err *e, enum status st, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "fmt: " before the text that is there. Returns e's status. */
enum status err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_release(struct err *e);
const char *err_text(const struct err *e); /* never NULL */
const char *status_name(enum status st);

#endif
