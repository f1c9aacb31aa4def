/*
 * base/arena.h: memory that is given back all at once.
 *
 * A snapshot, a plan or a parsed reply is built in an arena and released whole. Out of memory
 * aborts the program: no caller checks.
 */
#ifndef PGDBA_BASE_ARENA_H
#define PGDBA_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *head;
    size_t used; /* bytes handed out, for budgets */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);

/* Zeroed memory, aligned for any type; n may be 0 (a unique non-NULL pointer is returned). */
void *arena_alloc(struct arena *a, size_t n);
/* count * size bytes, zeroed; aborts when the product overflows. */
void *arena_calloc(struct arena *a, size_t count, size_t size);
#define arena_new(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, count, type) ((type *)arena_calloc((a), (count), sizeof(type)))

/* Copies; NULL in, NULL out. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

#endif
