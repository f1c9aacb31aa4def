/* The keys as etcd would say them: for who comes later. */
#include "dcs.h"

#include <inttypes.h>
#include <string.h>

#include "base64.h"

static void put_kv(struct buf *out, const struct wire_dcs *w, const char *name, size_t n,
                   const struct dcs_value *v)
{
    struct buf key;
    if (out->s[out->len - 1] == '}')
        buf_putc(out, ',');
    buf_init(&key);
    buf_add(&key, w->prefix, w->prefix_len);
    buf_add(&key, name, n);
    buf_puts(out, "{\"key\":\"");
    wire_base64_encode(out, key.s, key.len);
    buf_addf(out, "\",\"create_revision\":\"%" PRId64 "\",\"mod_revision\":\"%" PRId64 "\"",
             v->create_revision, v->mod_revision);
    buf_puts(out, ",\"value\":\"");
    wire_base64_encode(out, v->s, v->len);
    buf_putc(out, '"');
    if (v->lease)
        buf_addf(out, ",\"lease\":\"%" PRId64 "\"", v->lease);
    buf_putc(out, '}');
    buf_release(&key);
}

void wire_dcs_body(const struct wire_dcs *w, struct buf *out)
{
    buf_addf(out, "{\"header\":{\"revision\":\"%" PRId64 "\"},\"kvs\":[", w->revision);
    for (int i = 0; i < DCS_KEY_COUNT; i++) {
        const char *name = wire_dcs_key_name((enum dcs_key)i);
        if (w->key[i].s)
            put_kv(out, w, name, strlen(name), &w->key[i]);
    }
    for (int i = 0; i < w->nmembers; i++) {
        struct buf name;
        buf_init(&name);
        buf_puts(&name, "members/");
        buf_add(&name, w->member[i].name, w->member[i].name_len);
        put_kv(out, w, name.s, name.len, &w->member[i].value);
        buf_release(&name);
    }
    buf_puts(out, "]}");
}
