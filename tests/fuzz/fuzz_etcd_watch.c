/* A whole life of a watch: the range on the first line, then line after line of the stream, folded
 * step by step. */
#include "dcs_check.h"

#include "pgdba/base/arena.h"
#include "pgdba/wire/etcd.h"

static void begin(struct wire_dcs *w, const uint8_t *line, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    char *body = fuzz_exact(line, n);
    if (fuzz_ended(wire_etcd_range(body, n, &f, &e), &e))
        wire_dcs_range(w, f->root);
    facts_unref(f);
    free(body);
}

static void fold(struct wire_dcs *w, const struct etcd_watch_line *l)
{
    int at = 0, before = 0;
    int64_t revision = wire_dcs_revision(w);
    while (wire_dcs_step(w, l, &at)) {
        FUZZ_CHECK(at > before && at <= l->n && wire_dcs_revision(w) > revision);
        before = at;
        revision = wire_dcs_revision(w);
        check_dcs(w);
    }
    FUZZ_CHECK(at == l->n && wire_dcs_revision(w) >= revision);
    at = 0;
    FUZZ_CHECK(!wire_dcs_step(w, l, &at)); /* the second time nothing is new */
}

static void classify(const struct etcd_watch_line *l)
{
    struct arena a;
    const char *why = NULL;
    arena_init(&a);
    FUZZ_CHECK(wire_etcd_refusal_said(l->error_code, l->error ? l->error_message : l->cancel_reason,
                                      &a, &why) != ETCD_NOT_REFUSED);
    FUZZ_CHECK(why && *why);
    fuzz_shown(why);
    arena_release(&a);
}

static void follow(struct wire_dcs *w, const uint8_t *line, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    char *body = fuzz_exact(line, n);
    if (fuzz_ended(wire_etcd_watch_line(body, n, &f, &e), &e)) {
        const struct etcd_watch_line *l = f->root;
        FUZZ_CHECK(l->error_message && l->cancel_reason && l->error_code >= 0);
        FUZZ_CHECK(!l->error || l->n == 0);
        fuzz_shown(l->error_message);
        fuzz_shown(l->cancel_reason);
        for (int i = 0; i < l->n; i++)
            FUZZ_CHECK(l->event[i].key_len > 0 && l->event[i].mod_revision > 0);
        classify(l);
        fold(w, l);
    }
    facts_unref(f);
    free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct wire_dcs *w = wire_dcs_new("/service/lab/");
    for (size_t at = 0, line = 0; at < n; line++) {
        const uint8_t *end = memchr(data + at, '\n', n - at);
        size_t len = end ? (size_t)(end - data) - at : n - at;
        (line ? follow : begin)(w, data + at, len);
        at += len + (end != NULL);
    }
    check_dcs(w);
    wire_dcs_free(w);
    return 0;
}
