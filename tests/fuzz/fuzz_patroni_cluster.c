/* GET /cluster */
#include "fuzz.h"

#include "pgdba/wire/patroni.h"

static void check_member(const struct cluster_member *m)
{
    FUZZ_CHECK(m->name && *m->name && m->role_text && m->state_text);
    FUZZ_CHECK(m->port >= 0 && m->port <= 65535 && m->timeline >= 0);
    FUZZ_CHECK(m->lag >= 0 || m->lag == LAG_UNKNOWN);
    FUZZ_CHECK(m->receive_lag >= 0 || m->receive_lag == LAG_UNKNOWN);
    FUZZ_CHECK(m->replay_lag >= 0 || m->replay_lag == LAG_UNKNOWN);
    fuzz_shown(m->name);
    fuzz_shown(m->role_text);
    fuzz_shown(m->state_text);
    fuzz_shown(m->api_url);
    fuzz_shown(m->host);
    fuzz_shown(m->scheduled_restart.at);
    fuzz_shown(m->tags.replicatefrom);
    for (int i = 0; i < m->tags.n; i++) {
        fuzz_shown(m->tags.v[i].key);
        fuzz_shown(m->tags.v[i].value);
    }
    for (int i = 0; i < m->npending; i++) {
        fuzz_shown(m->pending[i].parameter);
        fuzz_shown(m->pending[i].old_value);
        fuzz_shown(m->pending[i].new_value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    char *body = fuzz_exact(data, n);
    if (fuzz_ended(wire_patroni_cluster(body, n, &f, &e), &e)) {
        const struct cluster_view *c = f->root;
        fuzz_shown(c->scope);
        fuzz_shown(c->switchover_at);
        fuzz_shown(c->switchover_from);
        fuzz_shown(c->switchover_to);
        for (int i = 0; i < c->nmembers; i++)
            check_member(&c->members[i]);
    }
    facts_unref(f);
    free(body);
    return 0;
}
