/*
 * Secrets within text of any form: conninfos, commands, settings, JSON that was cut off. A name
 * that stands for a secret, then '=' or ':', then the value, in whatever quotes. libpq's forms are
 * those of its documentation, "Connection Strings".
 */
#include "redact.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char stars[] = "***";

bool redact_is_secret(const char *name, size_t n)
{
    static const char *const words[] = {"pass",       "secret",      "token",
                                        "credential", "apikey",      "api_key",
                                        "access_key", "private_key", "authorization"};
    /* Of these only the names look like it, and people want to read what they say. */
    static const char *const harmless[] = {"password_encryption", "bypass"};
    for (size_t w = 0; w < sizeof harmless / sizeof *harmless; w++)
        if (n == strlen(harmless[w]) && strncasecmp(name, harmless[w], n) == 0)
            return false;
    for (size_t i = 0; i < n; i++)
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (n - i >= strlen(words[w]) && strncasecmp(name + i, words[w], strlen(words[w])) == 0)
                return true;
    return false;
}

struct text {
    const char *s;
    size_t n;
};

static int at(const struct text *t, size_t i)
{
    return i < t->n ? (unsigned char)t->s[i] : -1;
}

static bool is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_quote(int c)
{
    return c == '"' || c == '\'';
}

static bool in_name(int c)
{
    return c >= 0 && (isalnum(c) || c == '_' || c == '.' || c == '-' || c >= 0x80);
}

static size_t skip_blanks(const struct text *t, size_t i)
{
    while (is_blank(at(t, i)))
        i++;
    return i;
}

static size_t skip_backslashes(const struct text *t, size_t i)
{
    while (at(t, i) == '\\')
        i++;
    return i;
}

/* ---- values */

static bool ends_value(int c)
{
    return c < 0 || is_blank(c) || is_quote(c) || strchr(",;&})]\\", c);
}

/* Length of the quote that opens at i: ' or ", doubled within another quoted text, or with
 * backslashes before it. 0: none opens here. */
static size_t opener(const struct text *t, size_t i)
{
    size_t quote = skip_backslashes(t, i);
    if (!is_quote(at(t, quote)))
        return 0;
    bool doubled =
        quote == i && at(t, i + 1) == at(t, i) && !ends_value(at(t, i + 2)); /* else it is empty */
    return quote - i + 1 + doubled;
}

/* Where the quote that is len long and opens at i closes again; the end when it does not. */
static size_t closer(const struct text *t, size_t i, size_t len)
{
    size_t backslashes = skip_backslashes(t, i) - i;
    int quote = at(t, i + len - 1);
    bool doubled = !backslashes && len == 2;
    for (size_t k = i + len; k < t->n; k++) {
        size_t run = skip_backslashes(t, k) - k;
        if (run) {
            if (run == backslashes && at(t, k + run) == quote)
                return k;
            k += run - (backslashes || run % 2 == 0); /* an odd one hides what follows */
        } else if (!backslashes && at(t, k) == quote && (!doubled || at(t, k + 1) == quote)) {
            return k;
        }
    }
    return t->n;
}

/* What is not quoted: after '=' a word, after ':' (YAML, a header) the line. */
static size_t bare_end(const struct text *t, size_t i, bool line)
{
    for (; i < t->n; i++) {
        if (t->s[i] == '\n' || (!line && is_blank(at(t, i))))
            break;
        if (t->s[i] == '\\' && i + 1 < t->n && t->s[i + 1] != '\n')
            i++;
    }
    return i;
}

static size_t put_value(const struct text *t, size_t i, bool line, struct buf *out)
{
    size_t len = opener(t, i), end;
    if (!len) {
        buf_puts(out, stars);
        return bare_end(t, i, line);
    }
    end = closer(t, i, len);
    buf_add(out, t->s + i, len);
    buf_puts(out, stars);
    buf_add(out, t->s + i, len);
    end = end + len < t->n ? end + len : t->n;
    if (!ends_value(at(t, end))) /* a shell would go on: 'a'b */
        end = bare_end(t, end, false);
    return end;
}

/* After the name that ends at i: where its value begins, 0 when there is none. */
static size_t value_at(const struct text *t, size_t i, bool option, bool *line)
{
    size_t k = skip_backslashes(t, i);
    k = skip_blanks(t, is_quote(at(t, k)) ? k + 1 : i);
    int sep = at(t, k);
    if (sep == ':' && at(t, k + 1) == '=')
        sep = at(t, ++k);
    *line = sep == ':';
    if (sep == '=' || sep == ':') {
        k = skip_blanks(t, k + 1 + (sep == '=' && at(t, k + 1) == '>'));
        return k < t->n ? k : 0;
    }
    return option && k > i && k < t->n && at(t, i) != '"' && at(t, k) != '-' ? k : 0;
}

/* ---- URLs */

static size_t span_url(const struct text *t, size_t i)
{
    while (i < t->n && !is_blank(at(t, i)) && !strchr("\"<>\\", t->s[i]))
        i++;
    return i;
}

static size_t last_at(const struct text *t, size_t from, size_t to)
{
    while (to > from && t->s[to - 1] != '@')
        to--;
    return to > from ? to - 1 : 0;
}

/* The '@' before the host; 0 none. A slash in a password is against the rules, and no reason to
 * show it. */
static size_t host_sign(const struct text *t, size_t i, size_t end)
{
    size_t slash = i, colon, digits;
    while (slash < end && !strchr("/?#", t->s[slash]))
        slash++;
    size_t sign = last_at(t, i, slash);
    if (sign)
        return sign;
    for (colon = i; colon < slash && t->s[colon] != ':';)
        colon++;
    for (digits = colon + 1; digits < slash && isdigit(at(t, digits));)
        digits++;
    if (colon >= slash || digits == slash) /* no password, or a port */
        return 0;
    const char *next = memmem(t->s + i, end - i, "://", 3);
    return last_at(t, i, next ? (size_t)(next - t->s) : end);
}

/* "://" stands at i; to where it was read. */
static size_t put_url(const struct text *t, size_t i, struct buf *out, bool *changed)
{
    size_t from = i + 3, sign = host_sign(t, from, span_url(t, from)), colon = from;
    buf_add(out, t->s + i, 3);
    while (colon < sign && t->s[colon] != ':')
        colon++;
    if (colon >= sign)
        return from;
    buf_add(out, t->s + from, colon + 1 - from);
    buf_puts(out, stars);
    *changed = true;
    return sign;
}

/* ---- all of it */

static size_t put_name(const struct text *t, size_t i, struct buf *out, bool *changed)
{
    size_t end = i, value;
    bool line;
    while (in_name(at(t, end)))
        end++;
    buf_add(out, t->s + i, end - i);
    if (!redact_is_secret(t->s + i, end - i))
        return end;
    bool option = end - i > 2 && t->s[i] == '-' && t->s[i + 1] == '-';
    value = value_at(t, end, option, &line);
    if (!value)
        return end;
    buf_add(out, t->s + end, value - end);
    *changed = true;
    return put_value(t, value, line, out);
}

bool redact_text(const char *s, size_t n, struct buf *out)
{
    struct text t = {.s = s, .n = n};
    bool changed = false;
    for (size_t i = 0; i < n;) {
        if (in_name(at(&t, i))) {
            i = put_name(&t, i, out, &changed);
        } else if (n - i > 3 && memcmp(s + i, "://", 3) == 0) {
            i = put_url(&t, i, out, &changed);
        } else {
            buf_putc(out, s[i]);
            i++;
        }
    }
    return changed;
}
