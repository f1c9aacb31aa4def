/*
 * console/marks.h: names that the operator has chosen, in the order of choosing: the marked
 * members, which actions take as a set. {0} is an empty one.
 */
#ifndef PGDBA_CONSOLE_MARKS_H
#define PGDBA_CONSOLE_MARKS_H

#include <stdbool.h>

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"

struct marks {
    int n;
    char **v;
};

void marks_release(struct marks *m); /* empty afterwards, and can be used again */
bool marks_has(const struct marks *m, const char *name);
void marks_add(struct marks *m, const char *name);    /* at the end; no name twice */
void marks_toggle(struct marks *m, const char *name); /* adds it, or takes it out */
void marks_copy(struct marks *to, const struct marks *from);
/* Drops the names of which s knows no member; s may be NULL: none is dropped. */
void marks_keep(struct marks *m, const struct snapshot *s);
/* "pg2, pg3". In the arena. */
const char *marks_text(const struct marks *m, struct arena *a);
/* "pg2 pg3", as the command bar takes them. In the arena. */
const char *marks_words(const struct marks *m, struct arena *a);

#endif
