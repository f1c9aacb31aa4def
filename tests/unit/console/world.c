#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../src/console/term_keys.h"
#include "screen.h"

int world_setup(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct line_editor_options le = {.complete = bar_complete, .arg = &w->c};
    fake_app_init(&w->app);
    arena_init(&w->arena);
    w->app.snapshot = sample_snapshot(SAMPLE_CASCADING, SB_NOW_US);
    w->clock = clock_fake(SB_NOW_US, SB_WALL_US);
    w->app.clock = &w->clock;
    w->opt = (struct console_options){.clock = &w->clock, .settings = &w->settings};
    w->c = (struct console){
        .app = &w->app, .opt = &w->opt, .test_fd = -1, .began_us = clock_mono(&w->clock)};
    view_init(&w->c.v);
    arena_init(&w->c.judged);
    arena_init(&w->c.hints);
    arena_init(&w->c.words);
    w->c.bar = (struct bar_view){.hint = "", .error = "", .text = "", .prompt = ""};
    w->c.v.now_us = w->c.v.live_us = SB_NOW_US;
    assert_int_equal(keymap_init(&w->c.keys, NULL, NULL), ST_OK);
    surface_init(&w->c.surface, 24, 80);
    w->c.editor = line_editor_open(&le);
    line_editor_cancel(w->c.editor);
    console_names(&w->c);
    w->settings.bell = w->settings.title = true;
    w->c.v.complete = true;
    w->c.layout.tabbed = true;
    *state = w;
    return 0;
}

int world_teardown(void **state)
{
    struct world *w = *state;
    line_editor_close(w->c.editor);
    surface_release(&w->c.surface);
    keymap_release(&w->c.keys);
    view_release(&w->c.v);
    if (w->c.frozen)
        watch_thaw(&w->c);
    snapshot_unref(w->c.frozen);
    snapshot_unref(w->app.snapshot);
    alert_release(&w->c);
    event_log_free(w->events);
    failover_free(w->fo);
    free(w->c.bar_error);
    arena_release(&w->c.judged);
    arena_release(&w->c.hints);
    arena_release(&w->c.words);
    arena_release(&w->arena);
    fake_app_release(&w->app);
    free(w);
    return 0;
}

void press(struct world *w, const char *name)
{
    static const struct {
        const char *name, *bytes;
    } named[] = {{"Enter", "\r"},    {"Esc", "\033"},     {"Up", "\033[A"},
                 {"Down", "\033[B"}, {"Tab", "\t"},       {"Backspace", "\177"},
                 {"C-c", "\003"},    {"C-u", "\025"},     {"PgDn", "\033[6~"},
                 {"Space", " "},     {"Right", "\033[C"}, {"Left", "\033[D"}};
    struct key k;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (strcmp(named[i].name, name) == 0) {
            term_key_named(&k, name, named[i].bytes);
            console_key(&w->c, &k);
            return;
        }
    }
    term_key_char(&k, (uint32_t)name[0], false);
    console_key(&w->c, &k);
}

void type(struct world *w, const char *text)
{
    for (; *text; text++) {
        struct key k;
        term_key_char(&k, (uint32_t)*text, false);
        console_key(&w->c, &k);
    }
}

void command(struct world *w, const char *line)
{
    press(w, ":");
    type(w, line);
    press(w, "Enter");
}

const char *bar_text(struct world *w)
{
    bar_update(&w->c);
    return arena_printf(&w->arena, "%.*s|%s", w->c.bar.cursor, w->c.bar.text,
                        w->c.bar.text + w->c.bar.cursor);
}
