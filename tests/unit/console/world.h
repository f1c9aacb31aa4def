/*
 * tests/unit/console/world.h: a console without a terminal, on a fake app, and an operator's
 * fingers.
 */
#ifndef PGDBA_TESTS_WORLD_H
#define PGDBA_TESTS_WORLD_H

#include "../../../src/console/console_private.h"
#include "fake_app.h"

struct world {
    struct app app;
    struct clock clock;
    struct settings settings;
    struct console_options opt;
    struct console c;
    struct arena arena;
    struct event_log *events;
    struct failover *fo;
};

/* For cmocka: a world of its own for each test, looking at SAMPLE_CASCADING. */
int world_setup(void **state);
int world_teardown(void **state);

void press(struct world *w, const char *name); /* "Enter", or a character */
void type(struct world *w, const char *text);
void command(struct world *w, const char *line); /* in the command bar, with Enter */
/* What the bar holds, with the cursor as "|". In the world's arena. */
const char *bar_text(struct world *w);

#endif
