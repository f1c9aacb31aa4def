/* A recorded sample of the probe, and recorded rows: both readers see the same bytes. */
#include "fuzz.h"

#include "pgdba/wire/probe.h"

/* What was read is clean, so that writing it again and reading that changes nothing. */
static void check_sample(const struct probe_sample *s)
{
    struct buf first, second;
    struct facts *again = NULL;

    FUZZ_CHECK(s->seq > 0 && *s->run && s->failure < PROBE_FAILURE_COUNT && s->latency_us >= 0);
    fuzz_shown(s->run);
    fuzz_shown(s->server);
    fuzz_shown(s->detail);
    fuzz_shown(s->sqlstate);
    buf_init(&first);
    buf_init(&second);
    wire_probe_encode(s, &first);
    FUZZ_CHECK(wire_probe_decode(first.s, first.len, &again, NULL) == ST_OK);
    wire_probe_encode(again->root, &second);
    FUZZ_CHECK(strcmp(first.s, second.s) == 0);
    facts_unref(again);
    buf_release(&second);
    buf_release(&first);
}

static void check_rows(const struct probe_rows *r)
{
    struct buf first;
    struct facts *again = NULL;

    for (int i = 0; i < r->n; i++)
        FUZZ_CHECK(r->seq[i] >= r->from && r->seq[i] <= r->to &&
                   (i == 0 || r->seq[i] > r->seq[i - 1]));
    fuzz_shown(r->run);
    buf_init(&first);
    wire_probe_rows_encode(r, &first);
    FUZZ_CHECK(wire_probe_rows_decode(first.s, first.len, &again, NULL) == ST_OK);
    FUZZ_CHECK(((const struct probe_rows *)again->root)->n == r->n);
    facts_unref(again);
    buf_release(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    char *body = fuzz_exact(data, n);

    if (fuzz_ended(wire_probe_decode(body, n, &f, &e), &e))
        check_sample(f->root);
    facts_unref(f);
    f = NULL;
    if (fuzz_ended(wire_probe_rows_decode(body, n, &f, &e), &e))
        check_rows(f->root);
    facts_unref(f);
    free(body);
    return 0;
}
