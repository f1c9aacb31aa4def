/* A range, and the picture that its keys give. */
#include "dcs_check.h"

#include "pgdba/wire/etcd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    char *body = fuzz_exact(data, n);
    if (fuzz_ended(wire_etcd_range(body, n, &f, &e), &e)) {
        const struct etcd_range *r = f->root;
        FUZZ_CHECK(r->header.revision >= 0 && r->n >= 0);
        for (int i = 0; i < r->n; i++) {
            const struct etcd_kv *kv = &r->kv[i];
            FUZZ_CHECK(kv->key_len > 0 && kv->key[kv->key_len] == '\0');
            FUZZ_CHECK(kv->value[kv->value_len] == '\0' && !kv->deleted);
            FUZZ_CHECK(kv->mod_revision > 0 && kv->create_revision >= 0 && kv->lease >= 0);
        }
        struct wire_dcs *w = wire_dcs_new("/service/lab/");
        wire_dcs_range(w, r);
        check_dcs(w);
        wire_dcs_free(w);
    }
    facts_unref(f);
    free(body);
    return 0;
}
