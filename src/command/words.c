/* words.c: quoting, both ways. */
#include "words.h"

#include <string.h>

#include "pgdba/base/buf.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One word from line[i]; returns where it ends. */
static int word_cut(const char *line, int i, int len, struct buf *text, int *open_quote)
{
    char quote = 0;
    int quote_at = -1;

    for (; i < len && (quote || !is_blank(line[i])); i++) {
        char c = line[i];

        if (quote ? c == quote : (c == '\'' || c == '"')) {
            quote = (char)(quote ? 0 : c);
            quote_at = i;
        } else if (c == '\\' && quote != '\'' && i + 1 < len) {
            buf_putc(text, line[++i]);
        } else {
            buf_putc(text, c);
        }
    }
    if (quote)
        *open_quote = quote_at;
    return i;
}

void words_split(const char *line, int len, struct arena *a, struct words *out)
{
    struct buf text;
    int i = 0;

    *out = (struct words){.open_quote = -1};
    /* Every word takes at least one byte and the blank after it. */
    out->v = arena_array(a, (size_t)len / 2 + 1, struct word);
    buf_init(&text);
    for (;;) {
        struct word *w = &out->v[out->n];

        while (i < len && is_blank(line[i]))
            i++;
        if (i >= len)
            break;
        buf_clear(&text);
        w->start = i;
        w->quoted = strchr("'\"\\", line[i]) != NULL;
        i = word_cut(line, i, len, &text, &out->open_quote);
        w->len = i - w->start;
        w->text = arena_strndup(a, text.s, text.len);
        out->n++;
        out->in_word = i >= len;
    }
    buf_release(&text);
}

const char *word_quote(struct arena *a, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_.:/=+,@%^~";
    struct buf b;
    const char *out;
    bool bare = *text != '\0';

    for (const char *p = text; *p && bare; p++)
        bare = (unsigned char)*p >= 0x80 || strchr(plain, *p) != NULL;
    if (bare)
        return arena_strdup(a, text);
    buf_init(&b);
    buf_putc(&b, '\'');
    for (const char *p = text; *p; p++) {
        if (*p == '\'')
            buf_puts(&b, "'\\''");
        else
            buf_putc(&b, *p);
    }
    buf_putc(&b, '\'');
    out = arena_strdup(a, b.s);
    buf_release(&b);
    return out;
}
