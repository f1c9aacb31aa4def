/*
 * base/buf.h: a growing byte string, always NUL-terminated.
 */
#ifndef PGDBA_BASE_BUF_H
#define PGDBA_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
    char *s;    /* never NULL after buf_init(); s[len] == 0 */
    size_t len; /* bytes, without the NUL */
    size_t cap;
};

void buf_init(struct buf *b);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* keeps the storage */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_fill(struct buf *b, char c, size_t n);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void buf_truncate(struct buf *b, size_t len);
/* Gives the malloc'ed string to the caller and leaves b empty and initialised. */
char *buf_detach(struct buf *b);

/* malloc family that aborts on exhaustion; the callers own the result (free()). */
void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s); /* NULL in, NULL out */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
