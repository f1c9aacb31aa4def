/*
 * console/audit_view.h: the audit log in a box: a list with a cursor, and one entry with all that
 * its lines say. As it was when it was opened.
 */
#ifndef PGDBA_CONSOLE_AUDIT_VIEW_H
#define PGDBA_CONSOLE_AUDIT_VIEW_H

#include "pgdba/base/arena.h"
#include "pgdba/console/doc.h"
#include "pgdba/model/audit.h"
#include "pgdba/model/facts.h"

enum { AUDIT_SHOWN = 500 }; /* more than anybody reads in a box; every draw lays them out anew */

struct audit_view {
    struct facts *facts;
    struct arena arena;
    struct audit_trail trail;
    int left_out; /* entries that are not shown */
    bool cut;     /* there are older lines, which were not read */
    int broken;
    int at;       /* the entry under the cursor */
    bool details; /* of that one */
};

/* Of lines, which stay facts'; the reference is taken over. */
struct audit_view *audit_view_new(struct facts *facts, const struct audit_trail *trail);
void audit_view_free(struct audit_view *v);

const char *audit_view_title(const struct audit_view *v, struct arena *a);
/* Where the entry under the cursor stands in d: its first line, and how many; 0 of the details. */
void audit_view_write(const struct audit_view *v, struct doc *d, int *first, int *lines);

#endif
