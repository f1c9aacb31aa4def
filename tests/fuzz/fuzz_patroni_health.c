/* GET /health and /patroni; the first line of the input is the Date header. */
#include "fuzz.h"

#include "pgdba/wire/patroni.h"

static void check(const struct member_health *h)
{
    FUZZ_CHECK(h->state_text && h->role_text && h->timeline >= 0 && h->server_version >= 0);
    fuzz_shown(h->state_text);
    fuzz_shown(h->role_text);
    fuzz_shown(h->postmaster_start_time);
    fuzz_shown(h->replayed_timestamp);
    fuzz_shown(h->replication_state);
    fuzz_shown(h->system_id);
    fuzz_shown(h->scheduled_restart.at);
    fuzz_shown(h->patroni_version);
    fuzz_shown(h->scope);
    fuzz_shown(h->name);
    for (int i = 0; i < h->nreplication; i++) {
        fuzz_shown(h->replication[i].application_name);
        fuzz_shown(h->replication[i].client_addr);
        fuzz_shown(h->replication[i].usename);
        fuzz_shown(h->replication[i].state);
        fuzz_shown(h->replication[i].sync_state);
    }
    for (int i = 0; i < h->tags.n; i++)
        fuzz_shown(h->tags.v[i].value);
    for (int i = 0; i < h->npending; i++)
        fuzz_shown(h->pending[i].parameter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const uint8_t *end = n ? memchr(data, '\n', n) : NULL;
    size_t head = end ? (size_t)(end - data) : 0, skip = end ? head + 1 : 0;
    char *date = calloc(1, head + 1), *body = fuzz_exact(data + skip, n - skip);
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (!date)
        abort();
    if (head)
        memcpy(date, data, head);
    if (fuzz_ended(wire_patroni_health(body, n - skip, 200, date, &f, &e), &e))
        check(f->root);
    facts_unref(f);
    free(body);
    free(date);
    return 0;
}
