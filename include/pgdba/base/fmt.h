/*
 * base/fmt.h: numbers as people read them, and back. Every function appends to a buf or writes to
 * a caller's small buffer of FMT_MAX bytes and returns it, so that it can stand in an argument
 * list.
 */
#ifndef PGDBA_BASE_FMT_H
#define PGDBA_BASE_FMT_H

#include <stdbool.h>
#include <stdint.h>

#define FMT_MAX 48

/* Bytes with KB precision (1 KB = 1024 bytes): "0 B", "812 B", "12.3 KB", "1.2 GB". */
char *fmt_bytes(char *out, int64_t bytes);
/* A rate: fmt_bytes + "/s". */
char *fmt_bytes_rate(char *out, double bytes_per_s);
/* A count with a short unit: "987", "12.3k", "4.5M". */
char *fmt_count(char *out, double n);
/* A duration for reading: "12 ms", "3.2 s", "4m05s", "2h03m", "3d04h". */
char *fmt_duration(char *out, int64_t us);
/* An age, coarse and short: "now" (< 1 s), "4s", "3m", "2h", "5d". */
char *fmt_age(char *out, int64_t us);
/* Wall time: "2026-11-21 03:12:07" local; fmt_time_iso: "2026-11-21T03:12:07.123Z" UTC. */
char *fmt_time_local(char *out, int64_t wall_us);
char *fmt_time_zone(char *out, int64_t wall_us);   /* "2026-11-21 03:12:07 CET" */
char *fmt_clock_local(char *out, int64_t wall_us); /* "03:12:07" */
char *fmt_time_iso(char *out, int64_t wall_us);

/* "1s", "0.5s", "500ms", "2m", "1h", "1m30s"; a bare number is seconds. False when it is none of
 * these, negative, or not finite. */
bool fmt_parse_duration(const char *s, int64_t *us);
/* A whole decimal int64 with nothing after it. */
bool fmt_parse_int(const char *s, int64_t *v);

/* The nearest of n names to s by edit distance, NULL when none is near enough to be meant. */
const char *fmt_nearest(const char *s, const char *const *names, int n);

#endif
