/*
 * console/surface.h: our own grid of cells. Panes draw here; the terminal adapter (and the goldens)
 * only ever see the grid.
 */
#ifndef PGDBA_CONSOLE_SURFACE_H
#define PGDBA_CONSOLE_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/base/buf.h"
#include "pgdba/config/theme.h"

struct cell {
    char text[24];  /* one grapheme as UTF-8 (base and combining marks), "" = right half of a wide
                       one */
    uint8_t width;  /* 1, 2, or 0 for the right half */
    uint8_t role;   /* enum theme_role */
    uint8_t attrs;  /* extra ATTR_* over the role's own */
    uint8_t ground; /* the role of the area it stands in: a background where its own has none */
};

struct surface {
    int rows, cols;
    struct cell *cells;         /* rows * cols */
    bool ascii;                 /* draw lines and glyphs in ASCII; non-ASCII text becomes '?' */
    int cursor_row, cursor_col; /* -1: hidden */
};

struct rect {
    int row, col, rows, cols;
};

void surface_init(struct surface *s, int rows, int cols);
void surface_release(struct surface *s);
void surface_resize(struct surface *s, int rows, int cols); /* clears */
void surface_clear(struct surface *s, enum theme_role role);
/* Columns that text takes on s: in ASCII every character that is not becomes one '?'. */
int surface_width(const struct surface *s, const char *text);
/* Draws text from (row, col), at most cols columns, cut with an ellipsis when it does not fit.
 * Returns columns used. Outside: clipped. */
int surface_text(struct surface *s, int row, int col, int cols, enum theme_role role,
                 const char *text);
/* The same, but what does not fit is left out of the middle: of long names the ends tell them
 * apart.
 */
int surface_text_ends(struct surface *s, int row, int col, int cols, enum theme_role role,
                      const char *text);
int surface_textf(struct surface *s, int row, int col, int cols, enum theme_role role,
                  const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void surface_fill(struct surface *s, struct rect r, enum theme_role role);
void surface_hline(struct surface *s, int row, int col, int cols, enum theme_role role);
void surface_attr(struct surface *s, struct rect r, unsigned attrs);       /* adds attributes */
void surface_role(struct surface *s, struct rect r, enum theme_role role); /* repaints */
void surface_box(struct surface *s, struct rect r, enum theme_role role);
/* For goldens: the text, then per row the runs of roles. */
void surface_dump(const struct surface *s, bool roles, struct buf *out);

/* Glyphs with their ASCII stand-ins. */
enum glyph {
    GL_ELLIPSIS,
    GL_HLINE,
    GL_VLINE,
    GL_TL,
    GL_TR,
    GL_BL,
    GL_BR,
    GL_TEE_L,
    GL_TEE_R,
    GL_BRANCH,
    GL_BRANCH_LAST,
    GL_RAIL,
    GL_OK,
    GL_WARN,
    GL_CRIT,
    GL_UNKNOWN,
    GL_LEADER,
    GL_UP,
    GL_DOWN,
    GL_ARROW,
    GL_PAUSE,
    GL_DOT,
    GL_SELECT, /* the row under the cursor */
    GL_MARK,   /* a marked row */
    GL_FULL,   /* a filled and an empty cell of a bar */
    GL_EMPTY,
    GL_SPARK0,
    GL_SPARK1,
    GL_SPARK2,
    GL_SPARK3,
    GL_SPARK4,
    GL_SPARK5,
    GL_SPARK6,
    GL_SPARK7,
    GL_COUNT
};
const char *glyph(const struct surface *s, enum glyph g);

#endif
