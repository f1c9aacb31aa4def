/* GET /history, with its times, and the times themselves. */
#include "fuzz.h"

#include "pgdba/wire/patroni.h"

static void check(const struct history *h)
{
    for (int i = 0; i < h->n; i++) {
        int64_t us;
        FUZZ_CHECK(h->v[i].timeline >= 0);
        fuzz_shown(h->v[i].reason);
        fuzz_shown(h->v[i].timestamp);
        fuzz_shown(h->v[i].new_leader);
        if (h->v[i].timestamp)
            wire_patroni_time(h->v[i].timestamp, &us);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    char *body = fuzz_exact(data, n), *text = calloc(1, n + 1);
    int64_t us;
    if (!text)
        abort();
    if (fuzz_ended(wire_patroni_history(body, n, &f, &e), &e))
        check(f->root);
    memcpy(text, body, n);
    wire_patroni_time(text, &us);
    FUZZ_CHECK(wire_patroni_version(text) >= 0);
    facts_unref(f);
    free(text);
    free(body);
    return 0;
}
