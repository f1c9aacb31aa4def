/* Patroni's values without the base64 around them, which hides them from a fuzzer: lines "key
 * value", a line "-key" takes it away. */
#include "dcs_check.h"

static const char prefix[] = "/service/lab/";

static void apply(struct wire_dcs *w, const char *line, size_t n, int64_t revision)
{
    bool deleted = *line == '-';
    const char *name = line + deleted, *blank = memchr(name, ' ', n - deleted);
    size_t len = blank ? (size_t)(blank - name) : n - deleted;
    size_t key_len = sizeof prefix - 1 + len;
    char *key = malloc(key_len + 1);
    if (!key)
        abort();
    memcpy(key, prefix, sizeof prefix - 1);
    memcpy(key + sizeof prefix - 1, name, len);
    key[key_len] = '\0';
    struct etcd_kv kv = {.key = key,
                         .key_len = key_len,
                         .value = blank ? blank + 1 : "",
                         .value_len = blank ? n - deleted - len - 1 : 0,
                         .create_revision = deleted ? 0 : revision,
                         .mod_revision = revision,
                         .deleted = deleted};
    struct etcd_watch_line l = {.error_message = "", .cancel_reason = "", .n = 1, .event = &kv};
    int at = 0;
    wire_dcs_step(w, &l, &at);
    FUZZ_CHECK(at == 1 && wire_dcs_revision(w) == revision);
    free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct wire_dcs *w = wire_dcs_new(prefix);
    int64_t revision = 0;
    for (size_t at = 0; at < n;) {
        const uint8_t *end = memchr(data + at, '\n', n - at);
        size_t len = end ? (size_t)(end - data) - at : n - at;
        char *line = fuzz_exact(data + at, len);
        if (len)
            apply(w, line, len, ++revision);
        free(line);
        at += len + (end != NULL);
    }
    check_dcs(w);
    wire_dcs_free(w);
    return 0;
}
