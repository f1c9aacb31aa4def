#include "pgdba/base/err.h"

#include <stdlib.h>

#include "pgdba/base/buf.h"

static const char *const names[] = {
    [ST_OK] = "ok",
    [ST_USAGE] = "usage",
    [ST_INVALID] = "invalid",
    [ST_NOT_FOUND] = "not found",
    [ST_DENIED] = "denied",
    [ST_UNREACHABLE] = "unreachable",
    [ST_REFUSED] = "refused",
    [ST_CONFLICT] = "conflict",
    [ST_FAILED] = "failed",
    [ST_IO] = "input/output",
    [ST_CANCELLED] = "cancelled",
};
_Static_assert(sizeof names / sizeof *names == ST_COUNT, "a name a status");

const char *status_name(enum status st)
{
    return (unsigned)st < ST_COUNT ? names[st] : "?";
}

enum status err_set(struct err *e, enum status st, const char *fmt, ...)
{
    if (!e)
        return st;
    struct buf b;
    buf_init(&b);
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(&b, fmt, ap); /* before the free: the old text may be an argument */
    va_end(ap);
    free(e->text);
    e->text = b.s;
    e->status = st;
    return st;
}

enum status err_prefix(struct err *e, const char *fmt, ...)
{
    if (!e)
        return ST_FAILED;
    if (e->status == ST_OK)
        return ST_OK;
    struct buf b;
    buf_init(&b);
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(&b, fmt, ap);
    va_end(ap);
    buf_addf(&b, ": %s", err_text(e));
    free(e->text);
    e->text = b.s;
    return e->status;
}

void err_release(struct err *e)
{
    free(e->text);
    e->text = NULL;
    e->status = ST_OK;
}

const char *err_text(const struct err *e)
{
    return e->text ? e->text : status_name(e->status);
}
