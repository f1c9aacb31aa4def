/* A recorded table, through every reader of one, and back to bytes. */
#include "fuzz.h"

#include "pgdba/wire/pgbouncer.h"
#include "pgdba/wire/postgres.h"
#include "pgdba/wire/table.h"

static void check_pools(const struct pgb_pools *p)
{
    for (int i = 0; i < p->n; i++) {
        FUZZ_CHECK(p->v[i].database && p->v[i].maxwait_us >= -1 && p->v[i].sv_cancel >= -1);
        fuzz_shown(p->v[i].database);
        fuzz_shown(p->v[i].user);
        fuzz_shown(p->v[i].pool_mode);
    }
}

static void check_databases(const struct pgb_databases *d)
{
    for (int i = 0; i < d->n; i++) {
        FUZZ_CHECK(d->v[i].name && d->v[i].pool_size >= -1);
        fuzz_shown(d->v[i].name);
        fuzz_shown(d->v[i].host);
        fuzz_shown(d->v[i].force_user);
    }
}

static void check_servers(const struct pgb_servers *s)
{
    for (int i = 0; i < s->n; i++) {
        FUZZ_CHECK(s->v[i].database && s->v[i].port >= -1);
        fuzz_shown(s->v[i].user);
        fuzz_shown(s->v[i].state);
        fuzz_shown(s->v[i].addr);
        fuzz_shown(s->v[i].connected_at);
        fuzz_shown(s->v[i].ptr);
        fuzz_shown(s->v[i].application_name);
    }
}

static void check_clients(const struct pgb_clients *c)
{
    for (int i = 0; i < c->n; i++) {
        FUZZ_CHECK(c->v[i].wait_us >= -1 && c->v[i].id >= -1);
        fuzz_shown(c->v[i].link);
        fuzz_shown(c->v[i].tls);
        fuzz_shown(c->v[i].requested_at);
    }
}

static void check_users(const struct pgb_users *u)
{
    for (int i = 0; i < u->n; i++) {
        FUZZ_CHECK(u->v[i].name && u->v[i].clients >= -1);
        fuzz_shown(u->v[i].name);
        fuzz_shown(u->v[i].pool_mode);
    }
}

static void check_config(const struct pgb_config *c)
{
    for (int i = 0; i < c->n; i++) {
        FUZZ_CHECK(c->v[i].key && c->v[i].changeable <= TRI_YES);
        fuzz_shown(c->v[i].key);
        fuzz_shown(c->v[i].value);
        fuzz_shown(c->v[i].initial);
    }
}

static void check_lists(const struct table *t)
{
    struct facts *f = NULL;
    if (wire_pgb_lists(t, &f, NULL) == ST_OK)
        for (int i = 0; i < ((const struct pgb_lists *)f->root)->n; i++)
            fuzz_shown(((const struct pgb_lists *)f->root)->v[i].name);
    facts_unref(f);
    f = NULL;
    if (wire_pgb_memory(t, &f, NULL) == ST_OK)
        for (int i = 0; i < ((const struct pgb_memory *)f->root)->n; i++)
            fuzz_shown(((const struct pgb_memory *)f->root)->v[i].name);
    facts_unref(f);
    f = NULL;
    if (wire_pgb_dns_hosts(t, &f, NULL) == ST_OK)
        for (int i = 0; i < ((const struct pgb_dns_hosts *)f->root)->n; i++)
            fuzz_shown(((const struct pgb_dns_hosts *)f->root)->v[i].addrs);
    facts_unref(f);
    f = NULL;
    if (wire_pgb_dns_zones(t, &f, NULL) == ST_OK)
        for (int i = 0; i < ((const struct pgb_dns_zones *)f->root)->n; i++)
            fuzz_shown(((const struct pgb_dns_zones *)f->root)->v[i].name);
    facts_unref(f);
}

static void check_self(const struct pg_self *p)
{
    FUZZ_CHECK(p->server_version >= 120000 && p->timeline >= 0);
    FUZZ_CHECK(p->received == LSN_UNKNOWN || p->lsn == LSN_UNKNOWN || p->received >= p->lsn);
    fuzz_shown(p->system_id);
    fuzz_shown(p->started_at);
    fuzz_shown(p->receiver);
    fuzz_shown(p->upstream);
}

static void check_readers(const struct table *t)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (fuzz_ended(wire_pgb_pools(t, &f, &e), &e))
        check_pools(f->root);
    facts_unref(f);
    f = NULL;
    if (fuzz_ended(wire_pgb_databases(t, &f, &e), &e))
        check_databases(f->root);
    facts_unref(f);
    f = NULL;
    if (fuzz_ended(wire_pgb_stats(t, &f, &e), &e))
        for (int i = 0; i < ((const struct pgb_stats_set *)f->root)->n; i++)
            fuzz_shown(((const struct pgb_stats_set *)f->root)->v[i].database);
    facts_unref(f);
    f = NULL;
    if (fuzz_ended(wire_pgb_state(t, &f, &e), &e))
        FUZZ_CHECK(((const struct pgb_state *)f->root)->paused <= TRI_YES);
    facts_unref(f);
    f = NULL;
    if (fuzz_ended(wire_pgb_servers(t, &f, &e), &e))
        check_servers(f->root);
    facts_unref(f);
    f = NULL;
    if (fuzz_ended(wire_pgb_clients(t, &f, &e), &e))
        check_clients(f->root);
    facts_unref(f);
    f = NULL;
    if (fuzz_ended(wire_pgb_users(t, &f, &e), &e))
        check_users(f->root);
    facts_unref(f);
    f = NULL;
    if (fuzz_ended(wire_pgb_config(t, &f, &e), &e))
        check_config(f->root);
    facts_unref(f);
    f = NULL;
    check_lists(t);
    if (fuzz_ended(wire_pg_self(t, NULL, &f, &e), &e))
        check_self(f->root);
    facts_unref(f);
    f = NULL;
    if (fuzz_ended(wire_pgb_version(t, &f, &e), &e))
        FUZZ_CHECK(((const struct pgb_version *)f->root)->num >= 0);
    facts_unref(f);
}

/* What was decoded is clean, so that encoding it again and reading that changes nothing. */
static void check_round(const struct table *t)
{
    struct buf first, second;
    struct arena a;
    struct table *again = NULL;
    buf_init(&first);
    buf_init(&second);
    arena_init(&a);
    wire_table_encode(t, &first);
    FUZZ_CHECK(wire_table_decode(first.s, first.len, &a, &again, NULL) == ST_OK);
    wire_table_encode(again, &second);
    FUZZ_CHECK(strcmp(first.s, second.s) == 0);
    arena_release(&a);
    buf_release(&second);
    buf_release(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = ERR_INIT;
    struct arena a;
    struct table *t = NULL;
    char *body = fuzz_exact(data, n);
    arena_init(&a);
    if (fuzz_ended(wire_table_decode(body, n, &a, &t, &e), &e)) {
        for (int c = 0; c < t->ncols; c++)
            fuzz_shown(t->cols[c]);
        check_readers(t);
        check_round(t);
    }
    arena_release(&a);
    free(body);
    return 0;
}
