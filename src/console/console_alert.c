/* console_alert.c: tells those who do not look at the screen: the bell when the verdict gets worse,
 * the terminal's title with every change. */
#include "console_private.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/clock.h"

/* A verdict that flaps must not become an alarm clock. */
#define BELL_EVERY (5 * USEC_PER_SEC)

static void ring(struct console *c)
{
    if (!c->opt->settings->bell ||
        (c->alert.rung_us && c->v.tick_us - c->alert.rung_us < BELL_EVERY))
        return;
    c->alert.rung_us = c->v.tick_us;
    if (c->term)
        term_bell(c->term);
}

static void set_title(struct console *c, enum health h)
{
    const struct snapshot *s = app_snapshot(c->app);
    char *text = xasprintf("%s%s: %s", s->cluster ? s->cluster : "pgdba",
                           c->replay.on ? " (recording)" : "", health_name(h));
    if (c->alert.title && strcmp(c->alert.title, text) == 0) {
        free(text);
        return;
    }
    free(c->alert.title);
    c->alert.title = text;
    if (c->term)
        term_title(c->term, text);
}

/* The newest picture's verdict, also while an older one is looked at. Nothing is told before every
 * source has been asked: not yet known is no alarm. */
void alert_update(struct console *c)
{
    enum health h = c->v.live_health;
    if (!c->v.complete || !app_snapshot(c->app))
        return;
    if (c->alert.known && h > c->alert.told && !c->replay.on)
        ring(c);
    c->alert.known = true;
    c->alert.told = h;
    if (c->opt->settings->title)
        set_title(c, h);
}

void alert_release(struct console *c)
{
    free(c->alert.title);
    c->alert.title = NULL;
    c->alert.known = false;
}
