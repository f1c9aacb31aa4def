#include "base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void wire_base64_encode(struct buf *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i += 3) {
        size_t have = n - i < 3 ? n - i : 3;
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (k < have ? (unsigned char)s[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            buf_add(out, k <= have ? &alphabet[v >> (18 - 6 * k) & 63] : "=", 1);
    }
}

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

char *wire_base64_decode(struct arena *a, const char *s, size_t n, size_t *len)
{
    size_t pad = 0;
    if (n % 4)
        return NULL;
    while (pad < 2 && n > pad && s[n - 1 - pad] == '=')
        pad++;
    char *out = arena_alloc(a, n / 4 * 3 + 1);
    size_t at = 0;
    uint32_t v = 0;
    for (size_t i = 0; i < n - pad; i++) {
        int d = digit(s[i]);
        if (d < 0)
            return NULL;
        v = v << 6 | (uint32_t)d;
        if (i % 4) /* 6, then 12, 18 and 24 bits are there: the upper 8 are whole */
            out[at++] = (char)(v >> (6 - 2 * (i % 4)));
    }
    out[at] = '\0';
    *len = at;
    return out;
}
