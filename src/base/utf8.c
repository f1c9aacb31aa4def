#include "pgdba/base/utf8.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"

#define REPLACEMENT 0xFFFDu

size_t utf8_decode(const char *str, size_t n, uint32_t *cp)
{
    const unsigned char *s = (const unsigned char *)str;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    *cp = REPLACEMENT;
    if (s[0] < 0x80) {
        *cp = s[0];
        return 1;
    }
    size_t len = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || n < len)
        return 1;
    uint32_t v = s[0] & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 1;
        v = v << 6 | (s[i] & 0x3Fu);
    }
    if (v < least[len] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
        return 1;
    *cp = v;
    return len;
}

void utf8_append(struct buf *b, uint32_t cp)
{
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = REPLACEMENT;
    if (cp < 0x80) {
        buf_putc(b, (char)cp);
    } else if (cp < 0x800) {
        buf_putc(b, (char)(0xC0 | cp >> 6));
        buf_putc(b, (char)(0x80 | (cp & 0x3F)));
    } else if (cp < 0x10000) {
        buf_putc(b, (char)(0xE0 | cp >> 12));
        buf_putc(b, (char)(0x80 | (cp >> 6 & 0x3F)));
        buf_putc(b, (char)(0x80 | (cp & 0x3F)));
    } else {
        buf_putc(b, (char)(0xF0 | cp >> 18));
        buf_putc(b, (char)(0x80 | (cp >> 12 & 0x3F)));
        buf_putc(b, (char)(0x80 | (cp >> 6 & 0x3F)));
        buf_putc(b, (char)(0x80 | (cp & 0x3F)));
    }
}

int utf8_cp_width(uint32_t cp)
{
    if (cp < 0x7F)
        return 1;
    /* libc's table is the one the terminal's own library goes by; outside a UTF-8 locale it
     * knows nothing, and each such character is then drawn as one replacement. */
    int w = wcwidth((wchar_t)cp);
    return w < 0 ? 1 : w;
}

size_t utf8_fit(const char *s, int cols, int *used)
{
    size_t n = strlen(s), i = 0;
    int w = 0;
    while (i < n) {
        uint32_t cp;
        size_t k = utf8_decode(s + i, n - i, &cp);
        int cw = utf8_cp_width(cp);
        if (w + cw > cols)
            break;
        w += cw;
        i += k;
    }
    if (used)
        *used = w;
    return i;
}

int utf8_width(const char *s)
{
    size_t n = strlen(s), i = 0;
    int w = 0;
    while (i < n) {
        uint32_t cp;
        i += utf8_decode(s + i, n - i, &cp);
        w += utf8_cp_width(cp);
    }
    return w;
}

/* What a terminal would obey, or what would make text look like other text. */
static bool is_dangerous(uint32_t cp)
{
    static const struct {
        uint32_t from, to;
    } ranges[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     /* C0, DEL, C1 */
        {0x061C, 0x061C}, {0x200B, 0x200F}, /* zero-width and directional marks */
        {0x2028, 0x202E}, {0x2060, 0x206F}, /* separators, bidirectional overrides, invisibles */
        {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (cp >= ranges[i].from && cp <= ranges[i].to)
            return true;
    return false;
}

size_t utf8_plain(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && (unsigned char)s[i] >= 0x20 && (unsigned char)s[i] < 0x7F)
        i++;
    return i;
}

char *utf8_clean(struct arena *a, const char *s, size_t n)
{
    if (!s)
        return NULL;
    if (utf8_plain(s, n) == n) /* nearly every text, and lists of servers have a hundred thousand */
        return arena_strndup(a, s, n);
    struct buf b;
    buf_init(&b);
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        i += utf8_decode(s + i, n - i, &cp);
        if (cp == '\n' || cp == '\t' || cp == '\r')
            buf_putc(&b, ' ');
        else
            utf8_append(&b, is_dangerous(cp) ? REPLACEMENT : cp);
    }
    char *out = arena_memdup(a, b.s, b.len + 1);
    buf_release(&b);
    return out;
}
