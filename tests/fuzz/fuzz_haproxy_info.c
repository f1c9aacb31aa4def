/* What HAProxy's runtime socket prints of its process, and says instead. */
#include "fuzz.h"

#include "pgdba/wire/haproxy.h"

static void check_info(const struct ha_info *i)
{
    const int64_t numbers[] = {i->pid,       i->uptime_s,      i->max_conn,     i->connections,
                               i->conn_rate, i->max_conn_rate, i->idle_percent, i->stopping};
    FUZZ_CHECK(i->level <= HA_LEVEL_ADMIN && *i->version);
    fuzz_shown(i->version);
    fuzz_shown(i->node);
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        FUZZ_CHECK(numbers[k] >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    struct arena a;
    char *body = fuzz_exact(data, n);
    arena_init(&a);
    fuzz_shown(wire_haproxy_said(body, n, &a));
    if (fuzz_ended(wire_haproxy_info(body, n, &f, &e), &e))
        check_info(f->root);
    facts_unref(f);
    arena_release(&a);
    free(body);
    return 0;
}
