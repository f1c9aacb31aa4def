/* Bodies of requests to etcd's gateway. Reference: "patroni.md" §5.2 to §5.4, §5.6. */
#include "etcd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"

static void put_bytes(struct buf *out, const char *name, const char *s, size_t n)
{
    buf_addf(out, "\"%s\":\"", name);
    wire_base64_encode(out, s, n);
    buf_putc(out, '"');
}

void wire_etcd_prefix_end(const char *prefix, struct buf *out)
{
    size_t n = strlen(prefix);
    while (n && (unsigned char)prefix[n - 1] == 0xFF)
        n--;
    buf_add(out, prefix, n);
    if (n)
        out->s[out->len - 1]++;
    else
        buf_putc(out, '\0'); /* to the end of all keys */
}

static void put_prefix(struct buf *out, const char *prefix)
{
    struct buf end;
    buf_init(&end);
    wire_etcd_prefix_end(prefix, &end);
    put_bytes(out, "key", *prefix ? prefix : "\0", *prefix ? strlen(prefix) : 1);
    buf_putc(out, ',');
    put_bytes(out, "range_end", end.s, end.len);
    buf_release(&end);
}

void wire_etcd_range_body(struct buf *out, const char *prefix)
{
    buf_putc(out, '{');
    put_prefix(out, prefix);
    buf_putc(out, '}');
}

void wire_etcd_get_body(struct buf *out, const char *key, bool keys_only)
{
    buf_putc(out, '{');
    put_bytes(out, "key", key, strlen(key));
    buf_puts(out, keys_only ? ",\"keys_only\":true}" : "}");
}

/* "version 0": there is none; of a range: none in it. */
static void put_absent(struct buf *out, const char *prefix, const char *name, bool range)
{
    struct buf key;
    buf_init(&key);
    buf_addf(&key, "%s%s", prefix, name);
    buf_putc(out, '{');
    if (range)
        put_prefix(out, key.s);
    else
        put_bytes(out, "key", key.s, key.len);
    buf_puts(out, ",\"target\":\"VERSION\",\"result\":\"EQUAL\",\"version\":\"0\"}");
    buf_release(&key);
}

void wire_etcd_remove_body(struct buf *out, const char *prefix)
{
    buf_puts(out, "{\"compare\":[");
    put_absent(out, prefix, "leader", false);
    buf_putc(out, ',');
    put_absent(out, prefix, "members/", true);
    buf_puts(out, "],\"success\":[{\"request_delete_range\":{");
    put_prefix(out, prefix);
    buf_puts(out, "}}]}");
}

void wire_etcd_release_body(struct buf *out, const char *prefix, const char *member)
{
    struct buf key;
    buf_init(&key);
    buf_addf(&key, "%sleader", prefix);
    buf_puts(out, "{\"compare\":[{");
    put_bytes(out, "key", key.s, key.len);
    buf_puts(out, ",\"target\":\"VALUE\",\"result\":\"EQUAL\",");
    put_bytes(out, "value", member, strlen(member));
    buf_puts(out, "}],\"success\":[{\"request_delete_range\":{");
    put_bytes(out, "key", key.s, key.len);
    buf_puts(out, "}}]}");
    buf_release(&key);
}

void wire_etcd_watch_body(struct buf *out, const char *prefix, int64_t start_revision)
{
    buf_puts(out, "{\"create_request\":{");
    put_prefix(out, prefix);
    buf_addf(out, ",\"start_revision\":\"%" PRId64 "\",\"progress_notify\":true}}", start_revision);
}

void wire_etcd_lease_body(struct buf *out, int64_t lease)
{
    buf_addf(out, "{\"ID\":\"%" PRId64 "\"}", lease);
}

void wire_etcd_grant_body(struct buf *out, int64_t ttl_s)
{
    buf_addf(out, "{\"TTL\":\"%" PRId64 "\"}", ttl_s);
}

void wire_etcd_put_body(struct buf *out, const char *key, const char *value, int64_t lease)
{
    buf_putc(out, '{');
    put_bytes(out, "key", key, strlen(key));
    buf_putc(out, ',');
    put_bytes(out, "value", value, strlen(value));
    buf_addf(out, ",\"lease\":\"%" PRId64 "\"}", lease);
}

void wire_etcd_auth_body(struct buf *out, const char *user, const char *password)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", wire_json_string(user, strlen(user)));
    json_object_set_new(o, "password", wire_json_string(password, strlen(password)));
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    if (!text)
        abort();
    buf_puts(out, text);
    explicit_bzero(text, strlen(text));
    free(text);
}
