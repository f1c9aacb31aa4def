/*
 * src/analysis/probe_rows.h: what became of the probe's rows: private to analysis/.
 *
 * Of the latest ROWS_WINDOW attempts two bits each are kept: was it acknowledged, and did its row
 * come out wrong. So days of probing take no more memory than minutes.
 */
#ifndef PGDBA_ANALYSIS_PROBE_ROWS_PRIVATE_H
#define PGDBA_ANALYSIS_PROBE_ROWS_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/model/probe.h"

enum { ROWS_WINDOW = 1 << 16 };

struct row_fates {
    uint64_t latest; /* sequence number of the last attempt heard of */
    uint8_t *known, *acked, *wrong;
    int64_t lost, ghosts; /* -1 not checked yet */
    uint64_t checked_to;
};

void row_fates_init(struct row_fates *r);
void row_fates_release(struct row_fates *r);
void row_fates_attempt(struct row_fates *r, uint64_t seq, bool acked);
void row_fates_checked(struct row_fates *r, const struct probe_rows *rows);
uint64_t row_fates_oldest(const struct row_fates *r); /* that is still kept */

#endif
