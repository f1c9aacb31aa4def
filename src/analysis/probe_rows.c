#include "probe_rows.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"

enum { BYTES = ROWS_WINDOW / 8 };

void row_fates_init(struct row_fates *r)
{
    *r = (struct row_fates){.lost = -1, .ghosts = -1};
    r->known = xcalloc(1, BYTES);
    r->acked = xcalloc(1, BYTES);
    r->wrong = xcalloc(1, BYTES);
}

void row_fates_release(struct row_fates *r)
{
    free(r->known);
    free(r->acked);
    free(r->wrong);
}

static bool get(const uint8_t *bits, uint64_t seq)
{
    uint64_t at = seq % ROWS_WINDOW;
    return bits[at / 8] >> (at % 8) & 1;
}

static void set(uint8_t *bits, uint64_t seq, bool on)
{
    uint64_t at = seq % ROWS_WINDOW;
    uint8_t bit = (uint8_t)(1U << (at % 8));
    bits[at / 8] = on ? bits[at / 8] | bit : bits[at / 8] & (uint8_t)~bit;
}

uint64_t row_fates_oldest(const struct row_fates *r)
{
    return r->latest >= ROWS_WINDOW ? r->latest - ROWS_WINDOW + 1 : 1;
}

/* The window moves on; what was lost stays counted. */
static void forget(struct row_fates *r, uint64_t seq)
{
    uint64_t from = seq - r->latest > ROWS_WINDOW ? seq - ROWS_WINDOW : r->latest;
    for (uint64_t i = from + 1; i <= seq; i++) {
        set(r->known, i, false);
        set(r->acked, i, false);
        set(r->wrong, i, false);
    }
    r->latest = seq;
}

void row_fates_attempt(struct row_fates *r, uint64_t seq, bool acked)
{
    if (seq > r->latest)
        forget(r, seq);
    else if (seq < row_fates_oldest(r))
        return;
    set(r->known, seq, true);
    set(r->acked, seq, acked);
}

void row_fates_checked(struct row_fates *r, const struct probe_rows *rows)
{
    uint64_t from = rows->from, to = rows->to < r->latest ? rows->to : r->latest;
    if (from < row_fates_oldest(r))
        from = row_fates_oldest(r);
    if (r->lost < 0)
        r->lost = r->ghosts = 0;
    int next = 0;
    for (uint64_t seq = from; seq <= to; seq++) {
        while (next < rows->n && rows->seq[next] < seq)
            next++;
        bool there = next < rows->n && rows->seq[next] == seq, acked = get(r->acked, seq);
        bool wrong = get(r->known, seq) && there != acked;
        if (wrong != get(r->wrong, seq))
            *(acked ? &r->lost : &r->ghosts) += wrong ? 1 : -1;
        set(r->wrong, seq, wrong);
    }
    if (to > r->checked_to)
        r->checked_to = to;
}
