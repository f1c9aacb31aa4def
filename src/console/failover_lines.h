/*
 * failover_lines.h: a failover as it is read: one line a phase, with its time, its range and where
 * it stands; what is being waited for; the probe's line. Words only: who draws decides where.
 */
#ifndef PGDBA_CONSOLE_FAILOVER_LINES_H
#define PGDBA_CONSOLE_FAILOVER_LINES_H

#include "pgdba/console/pane.h"

struct fo_line {
    const struct failover_phase *phase;
    enum glyph sign;
    enum theme_role role;
    const char *name;       /* "lock taken by pg2" */
    const char *since;      /* "18.387 s", "~19.2 s ±1.0", "" not yet */
    const char *range;      /* "20-30 s", "" no prediction */
    int64_t from_us, to_us; /* its stretch of time since the start; to < 0: none yet */
    bool late;              /* after its range */
};

struct fo_lines {
    const struct failover *f;
    int64_t now_us;  /* since the start: now, or its end */
    int64_t span_us; /* what the axis must hold */
    int n, current;  /* lines; the first that is waited for, -1 none */
    struct fo_line *v;
};

/* In the arena. */
void fo_lines_of(const struct picture *p, const struct failover *f, struct arena *a,
                 struct fo_lines *out);
/* "crash failover pg1 → pg2": with the arrow that fits p. */
const char *fo_title(const struct picture *p, const struct failover *f, struct arena *a);
/* From the start until the new leader took writes; -1 not seen. */
int64_t fo_writable(const struct failover *f);
/* "open 12.4 s", "writable after 1.718 s". */
const char *fo_duration(const struct picture *p, const struct failover *f, struct arena *a);
/* "waiting 3.2 s for: lock taken (expected 20-32 s)"; brief: "for lock taken (20-32 s)"; of one
 * that is over: "ended without: pg1 streams"; "" when nothing is. */
const char *fo_waiting(const struct fo_lines *l, bool brief, enum theme_role *role,
                       struct arena *a);
/* "writes via haproxy: OUT 3.2 s, longest 3.2 s, …"; NULL without a probe. */
const char *fo_probe(const struct picture *p, const struct failover *f, enum theme_role *role,
                     struct arena *a);
/* Time 0 to that moment, by the monotonic clock where both have it. */
int64_t fo_since(const struct failover *f, int64_t mono_us, int64_t wall_us);

/* The gap that clients saw, since the start; false: none, or no probe. */
bool fo_gap(const struct picture *p, const struct failover *f, int64_t *from_us, int64_t *to_us);

#endif
