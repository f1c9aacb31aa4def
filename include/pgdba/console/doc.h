/*
 * console/doc.h: a text of several lines with roles, wrapped to a width: what dialogs, cards and
 * help are made of, and the box that shows it with scrolling.
 */
#ifndef PGDBA_CONSOLE_DOC_H
#define PGDBA_CONSOLE_DOC_H

#include "pgdba/base/arena.h"
#include "pgdba/console/surface.h"

struct doc_span {
    enum theme_role role;
    const char *text;
    struct doc_span *next;
};

struct doc_line {
    int indent;
    struct doc_span *first, *last;
};

struct doc {
    struct arena *arena;         /* of the text; goes with it */
    const struct surface *paper; /* measures */
    int width;
    int nlines, cap;
    struct doc_line *lines;
};

void doc_init(struct doc *d, struct arena *a, const struct surface *paper, int width);
/* A new line, indented; spans are appended to the last one. */
void doc_line(struct doc *d, int indent);
void doc_span(struct doc *d, enum theme_role role, const char *text);
void doc_spanf(struct doc *d, enum theme_role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void doc_gap(struct doc *d); /* an empty line, never two */
/* A paragraph: wraps at blanks (a word that is too long is broken) under its indent. Begins a new
 * line, or goes on in the current one after a span drawn in `hang` columns. */
void doc_text(struct doc *d, int indent, enum theme_role role, const char *text);
void doc_textf(struct doc *d, int indent, enum theme_role role, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* "label   text": the text wraps under itself, `hang` columns to the right of indent. */
void doc_item(struct doc *d, int indent, int hang, enum theme_role label_role, const char *label,
              enum theme_role role, const char *text);

/* The least of the box's rows that hold everything: lines and border. */
struct rect doc_box(const struct surface *s, int cols, int lines);
/* The largest scroll that still fills `rows` rows. */
int doc_scroll_most(const struct doc *d, int rows);
/* Lines from `scroll` into r (inside a border that the caller drew). */
void doc_draw(const struct doc *d, int scroll, struct surface *s, struct rect r);

#endif
