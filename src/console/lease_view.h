/*
 * lease_view.h: the time left of a lease, as a bar and words that change once a second at most.
 */
#ifndef PGDBA_CONSOLE_LEASE_VIEW_H
#define PGDBA_CONSOLE_LEASE_VIEW_H

#include "pgdba/console/pane.h"

struct lease_view {
    bool known;
    double filled;        /* 0 … 1, NAN when not known */
    int64_t left_s;       /* at least so much; < 0 overdue */
    int64_t exact_s;      /* the same, and not standing still */
    int64_t granted_s;    /* 0 unknown */
    enum theme_role role; /* by how much is normal */
    const char *text;     /* "20+s" well, "17 s", "over", "gone", "?" */
};

/* id 0: the key has none. In the arena. */
struct lease_view lease_view_of(const struct picture *p, int64_t id, struct arena *a);

#endif
