/* doc.c: wrapped text with roles. */
#include "pgdba/console/doc.h"

#include <stdarg.h>
#include <string.h>

#include "pgdba/base/utf8.h"

void doc_init(struct doc *d, struct arena *a, const struct surface *paper, int width)
{
    *d = (struct doc){.arena = a, .paper = paper, .width = width > 8 ? width : 8};
}

void doc_line(struct doc *d, int indent)
{
    if (d->nlines == d->cap) {
        int cap = d->cap ? d->cap * 2 : 32;
        struct doc_line *v = arena_array(d->arena, (size_t)cap, struct doc_line);
        if (d->nlines)
            memcpy(v, d->lines, (size_t)d->nlines * sizeof *v);
        d->lines = v;
        d->cap = cap;
    }
    d->lines[d->nlines++] = (struct doc_line){.indent = indent};
}

static void add_span(struct doc *d, enum theme_role role, const char *text)
{
    if (!d->nlines)
        doc_line(d, 0);
    struct doc_line *l = &d->lines[d->nlines - 1];
    struct doc_span *s = arena_new(d->arena, struct doc_span);
    *s = (struct doc_span){role, text, NULL};
    if (l->last)
        l->last->next = s;
    else
        l->first = s;
    l->last = s;
}

void doc_span(struct doc *d, enum theme_role role, const char *text)
{
    add_span(d, role, arena_strdup(d->arena, text));
}

void doc_spanf(struct doc *d, enum theme_role role, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_span(d, role, arena_vprintf(d->arena, fmt, ap));
    va_end(ap);
}

void doc_gap(struct doc *d)
{
    if (d->nlines && d->lines[d->nlines - 1].first)
        doc_line(d, 0);
}

/* Bytes of text that fit in cols: up to the last blank if something follows, else as much as goes
 * in; at least one character. */
static size_t fit_words(const struct doc *d, const char *text, int cols)
{
    if (surface_width(d->paper, text) <= cols)
        return strlen(text);
    int used;
    size_t n = utf8_fit(text, cols, &used);
    if (n == 0) {
        uint32_t cp;
        return utf8_decode(text, strlen(text), &cp);
    }
    if (text[n] == ' ')
        return n;
    for (size_t i = n; i > 0; i--)
        if (text[i - 1] == ' ')
            return i;
    return n;
}

/* Goes on in the current line; what follows is indented by indent. */
static void flow(struct doc *d, int indent, enum theme_role role, const char *text)
{
    for (;;) {
        size_t n = fit_words(d, text, d->width - indent), end = n;
        while (end > 0 && text[end - 1] == ' ')
            end--;
        add_span(d, role, arena_strndup(d->arena, text, end));
        text += n;
        text += strspn(text, " ");
        if (!*text)
            return;
        doc_line(d, indent);
    }
}

void doc_text(struct doc *d, int indent, enum theme_role role, const char *text)
{
    for (;;) {
        size_t n = strcspn(text, "\n");
        doc_line(d, indent);
        flow(d, indent, role, arena_strndup(d->arena, text, n));
        if (!text[n])
            return;
        text += n + 1;
    }
}

void doc_textf(struct doc *d, int indent, enum theme_role role, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    doc_text(d, indent, role, arena_vprintf(d->arena, fmt, ap));
    va_end(ap);
}

void doc_item(struct doc *d, int indent, int hang, enum theme_role label_role, const char *label,
              enum theme_role role, const char *text)
{
    if (hang > d->width / 2)
        hang = d->width / 2;
    int w = surface_width(d->paper, label);
    doc_line(d, indent);
    doc_span(d, label_role, label);
    if (w >= hang) { /* too long a label stands alone */
        doc_line(d, indent + hang);
    } else {
        char *blanks = arena_alloc(d->arena, (size_t)(hang - w) + 1);
        memset(blanks, ' ', (size_t)(hang - w));
        add_span(d, TR_DIALOG, blanks);
    }
    flow(d, indent + hang, role, text);
}

struct rect doc_box(const struct surface *s, int cols, int lines)
{
    int w = cols + 4 < s->cols ? cols + 4 : s->cols, h = lines + 2 < s->rows ? lines + 2 : s->rows;
    return (struct rect){(s->rows - h) / 2, (s->cols - w) / 2, h, w};
}

int doc_scroll_most(const struct doc *d, int rows)
{
    return d->nlines > rows ? d->nlines - rows : 0;
}

void doc_draw(const struct doc *d, int scroll, struct surface *s, struct rect r)
{
    for (int y = 0; y < r.rows && scroll + y < d->nlines; y++) {
        const struct doc_line *l = &d->lines[scroll + y];
        int x = l->indent;
        for (const struct doc_span *p = l->first; p && x < r.cols; p = p->next)
            x += surface_text(s, r.row + y, r.col + x, r.cols - x, p->role, p->text);
    }
}
