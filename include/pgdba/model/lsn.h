/*
 * model/lsn.h: a position in the write-ahead log, as a 64-bit byte count.
 */
#ifndef PGDBA_MODEL_LSN_H
#define PGDBA_MODEL_LSN_H

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t lsn_t;
#define LSN_UNKNOWN UINT64_MAX
#define LAG_UNKNOWN INT64_MIN /* bytes; a lag is never negative */

/* "X/X" with an upper and lower half of 1 to 8 hex digits. */
bool lsn_parse(const char *s, lsn_t *out);
#define LSN_TEXT 18 /* bytes, with the NUL */
/* Writes "16/B374D848" (at most LSN_TEXT bytes) and returns out; "-" when unknown. */
char *lsn_format(char *out, lsn_t v);
/* a - b, floor 0; LAG_UNKNOWN when either is unknown. Samples are never simultaneous. */
int64_t lsn_lag(lsn_t ahead, lsn_t behind);

#endif
