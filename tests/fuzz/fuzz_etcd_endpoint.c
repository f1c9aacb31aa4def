/* Every small answer of etcd: leases, status, health, version, metrics, members, tokens, refusals.
 */
#include "fuzz.h"

#include <ctype.h>

#include "pgdba/base/arena.h"
#include "pgdba/wire/etcd.h"

typedef enum status parser(const char *body, size_t n, struct facts **out, struct err *e);

static enum status health(const char *body, size_t n, struct facts **out, struct err *e)
{
    return wire_etcd_health(body, n, 503, out, e);
}

static void check_endpoint(const struct etcd_endpoint *ep)
{
    FUZZ_CHECK(!ep->url && !ep->name && ep->health_reason);
    FUZZ_CHECK(ep->term >= -1 && ep->raft_index >= -1 && ep->applied_index >= -1);
    FUZZ_CHECK(ep->db_size >= -1 && ep->db_in_use >= -1 && ep->db_quota >= -1);
    FUZZ_CHECK(ep->health != ETCD_HEALTHY); /* nobody said 200 */
    FUZZ_CHECK(!ep->is_leader || !ep->leader_id || ep->leader_id == ep->member_id);
    fuzz_shown(ep->version);
    fuzz_shown(ep->health_reason);
}

static void check_endpoints(const char *body, size_t n)
{
    static parser *const parsers[] = {wire_etcd_status, health, wire_etcd_version,
                                      wire_etcd_metrics};
    for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++) {
        struct err e = ERR_INIT;
        struct facts *f = NULL;
        if (fuzz_ended(parsers[i](body, n, &f, &e), &e))
            check_endpoint(f->root);
        facts_unref(f);
    }
}

static void check_lease(const char *body, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (fuzz_ended(wire_etcd_lease(body, n, &f, &e), &e)) {
        const struct dcs_lease *l = f->root;
        FUZZ_CHECK(l->id > 0 && l->ttl_s >= -1 && l->granted_s >= 0);
    }
    facts_unref(f);
}

static void check_members(const char *body, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (fuzz_ended(wire_etcd_members(body, n, &f, &e), &e)) {
        const struct etcd_members *m = f->root;
        for (int i = 0; i < m->n; i++) {
            fuzz_shown(m->v[i].name);
            for (int k = 0; k < m->v[i].nurls; k++)
                fuzz_shown(m->v[i].urls[k]);
        }
    }
    facts_unref(f);
}

/* What is kept of metrics says the same as all of them. */
static void check_kept(const char *body, size_t n)
{
    struct facts *all = NULL, *some = NULL;
    struct buf b;
    buf_init(&b);
    wire_etcd_metrics_keep(body, n, &b);
    enum status st = wire_etcd_metrics(body, n, &all, NULL);
    FUZZ_CHECK(st == wire_etcd_metrics(b.s, b.len, &some, NULL));
    if (st == ST_OK) {
        const struct etcd_endpoint *x = all->root, *y = some->root;
        FUZZ_CHECK(x->db_size == y->db_size && x->member_id == y->member_id);
        FUZZ_CHECK(x->has_leader_word == y->has_leader_word && x->is_leader == y->is_leader);
    }
    facts_unref(all);
    facts_unref(some);
    buf_release(&b);
}

static void check_token(const char *body, size_t n)
{
    struct err e = ERR_INIT;
    char *token = NULL;
    if (fuzz_ended(wire_etcd_token(body, n, &token, &e), &e)) {
        FUZZ_CHECK(*token);
        for (const char *p = token; *p; p++)
            FUZZ_CHECK(isgraph((unsigned char)*p));
    }
    free(token);
}

static void check_refusals(const char *body, size_t n)
{
    static const int statuses[] = {200, 400, 401, 403, 404, 412, 500, 503};
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        const char *why = NULL;
        enum etcd_refusal r = wire_etcd_refusal(statuses[i], body, n, &a, &why);
        FUZZ_CHECK(r <= ETCD_BROKEN && (r == ETCD_NOT_REFUSED) == (statuses[i] == 200));
        FUZZ_CHECK(why && (r == ETCD_NOT_REFUSED || *why));
        fuzz_shown(why);
    }
    arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *body = fuzz_exact(data, n);
    check_endpoints(body, n);
    check_lease(body, n);
    check_members(body, n);
    check_kept(body, n);
    check_token(body, n);
    check_refusals(body, n);
    free(body);
    return 0;
}
