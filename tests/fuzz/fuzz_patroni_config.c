/* GET /config, and what an answer to a POST means: its first two bytes are then the status. */
#include "fuzz.h"

#include "pgdba/wire/patroni.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    char *body = fuzz_exact(data, n);
    if (fuzz_ended(wire_patroni_config(body, n, &f, &e), &e)) {
        const struct dynamic_config *c = f->root;
        FUZZ_CHECK(c->ttl > 0 && c->loop_wait > 0 && c->retry_timeout > 0);
        FUZZ_CHECK(c->maximum_lag_on_failover >= 0 && c->synchronous_node_count > 0);
        FUZZ_CHECK(!c->synchronous_quorum || c->synchronous_mode);
    }
    facts_unref(f);
    for (int kind = 0; n >= 2 && kind < ACT_COUNT; kind++) {
        int status = (data[0] << 8 | data[1]) % 600;
        enum wire_answer a = wire_patroni_answer((enum action_kind)kind, status, body + 2, n - 2);
        FUZZ_CHECK(a != WIRE_DONE || status == 200);
        FUZZ_CHECK(a != WIRE_REFUSED || status >= 400);
    }
    free(body);
    return 0;
}
