/* HAProxy's CSV */
#include "fuzz.h"

#include "pgdba/wire/haproxy.h"

static void check_row(const struct ha_row *r)
{
    FUZZ_CHECK(r->type <= HA_LISTENER && r->status <= HA_NO_CHECK);
    FUZZ_CHECK(r->proxy && r->name && r->status_text);
    FUZZ_CHECK(r->check_status && r->last_check && r->addr);
    FUZZ_CHECK(r->check_code >= 0 && r->check_code < 1000 && r->check_ms >= -1);
    FUZZ_CHECK(r->sessions >= -1 && r->changed_s >= -1 && r->active >= -1 && r->backups >= -1);
    FUZZ_CHECK(r->admin >= -1 && r->admin <= 0xff && (r->admin < 0 || r->type == HA_SERVER));
    FUZZ_CHECK(r->session_limit != 0 && r->queue_limit != 0 && r->session_limit >= -1);
    FUZZ_CHECK(r->queue >= -1 && r->rate >= -1 && r->last_session_s >= -1);
    FUZZ_CHECK(!(ha_row_in_maint(r) && ha_row_in_drain(r)));
    FUZZ_CHECK(!(ha_row_is_standby(r) && ha_row_takes(r)));
    const char *texts[] = {r->proxy,      r->name, r->status_text, r->check_status,
                           r->last_check, r->addr, r->mode,        r->agent_status};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fuzz_shown(texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    char *body = fuzz_exact(data, n);
    if (fuzz_ended(wire_haproxy_csv(body, n, &f, &e), &e)) {
        const struct ha_stats *s = f->root;
        FUZZ_CHECK(s->n >= 0 && s->n <= 10000);
        for (int i = 0; i < s->n; i++)
            check_row(&s->v[i]);
    }
    facts_unref(f);
    free(body);
    return 0;
}
