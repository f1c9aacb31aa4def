/*
 * base/utf8.h: text that came from elsewhere, made safe and measured.
 */
#ifndef PGDBA_BASE_UTF8_H
#define PGDBA_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;

/* Decodes one code point from s (n bytes left, n > 0). Returns the bytes consumed (>= 1);
 * an invalid or truncated sequence consumes 1 and gives U+FFFD. */
size_t utf8_decode(const char *s, size_t n, uint32_t *cp);
/* Appends cp as UTF-8. */
void utf8_append(struct buf *b, uint32_t cp);

/* Columns a code point takes on a terminal: 0 (combining), 1 or 2. Controls and unassigned: 1. */
int utf8_cp_width(uint32_t cp);
/* Columns of a whole NUL-terminated string. */
int utf8_width(const char *s);
/* Byte length of the longest prefix of s that fits in cols columns; *used gets its columns. */
size_t utf8_fit(const char *s, int cols, int *used);

/* Bytes at the beginning that are ASCII a terminal just shows: one column each, nothing to clean.
 */
size_t utf8_plain(const char *s, size_t n);

/* A copy of n bytes in which nothing can reach a terminal as a command: C0, DEL, C1 controls,
 * bidirectional overrides and invalid bytes become U+FFFD; newline and tab become a blank.
 * Every text from a server goes through here before it enters a snapshot. s NULL gives NULL. */
char *utf8_clean(struct arena *a, const char *s, size_t n);

#endif
