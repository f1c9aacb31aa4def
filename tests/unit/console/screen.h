/*
 * tests/unit/console/screen.h: whole screens of sample snapshots, for goldens and views.
 */
#ifndef PGDBA_TESTS_SCREEN_H
#define PGDBA_TESTS_SCREEN_H

#include "../support/snapshot_builder.h"
#include "pgdba/console/view.h"

/* One screen under test: change what the case is about between screen_init() and screen_draw(). */
struct screen {
    struct arena arena;
    const struct snapshot *s;
    struct verdicts verdicts;
    struct view_state v;
    struct bar_view bar;
    struct keymap keys;
    struct frame frame;
    struct surface surface;
    struct layout layout;
    struct event_log *events;       /* ours, NULL none */
    struct failover_list failovers; /* ours */
    struct replay_state replay;
    struct recording_state recording;
};

void screen_init(struct screen *sc, enum sample which, int rows, int cols);
/* Takes the reference. */
void screen_init_of(struct screen *sc, const struct snapshot *s, int rows, int cols);
void screen_draw(struct screen *sc);
void screen_release(struct screen *sc);

/* Compares with tests/golden/NAME.txt; UPDATE_GOLDEN=1 rewrites it. Fails the cmocka test with the
 * first line that differs. */
void screen_golden(const struct screen *sc, const char *name, bool roles);
void golden_compare(const char *name, const char *text);

/* A plan and an operation to look at; in the arena. */
struct plan *screen_plan(struct arena *a, bool blocked);
struct operation *screen_operation(struct arena *a, enum op_state state);

#endif
