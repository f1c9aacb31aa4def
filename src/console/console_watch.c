/* console_watch.c: a failover that begins opens its pane, unless the operator is at something; what
 * a frozen picture shows of failovers is what there was when it was frozen. */
#include "console_private.h"

#include <string.h>

#include "pgdba/base/clock.h"

/* ---- the list ------------------------------------------------------------------------------- */

void watch_freeze(struct console *c)
{
    struct failover_list *l = &c->failovers;
    app_failovers(c->app, l);
    if (l->open)
        l->open = failover_copy(l->open);
    for (int i = 0; i < l->n; i++)
        l->v[i] = failover_copy(l->v[i]);
}

void watch_thaw(struct console *c)
{
    struct failover_list *l = &c->failovers;
    failover_free((struct failover *)(uintptr_t)l->open); /* our own copies */
    for (int i = 0; i < l->n; i++)
        failover_free((struct failover *)(uintptr_t)l->v[i]);
    *l = (struct failover_list){0};
    c->newer_failovers = 0;
}

void watch_take(struct console *c)
{
    struct failover_list now;
    if (!c->frozen) {
        app_failovers(c->app, &c->failovers);
        return;
    }
    app_failovers(c->app, &now);
    c->newer_failovers = now.open && now.open->start_wall_us > c->v.now_wall_us;
    for (int i = 0; i < now.n; i++)
        c->newer_failovers += now.v[i]->start_wall_us > c->v.now_wall_us;
}

/* ---- opening -------------------------------------------------------------------------------- */

#define HANDS_OFF (3 * USEC_PER_SEC) /* without a key: nobody is about to press the next */

static bool busy(const struct console *c)
{
    return c->bar.open || c->v.overlay != OVERLAY_NONE || c->frozen;
}

/* A pane that opens between two keys gets the second, which was meant for another. */
static bool hands_on_keys(const struct console *c)
{
    return c->watch.key_us > 0 && clock_mono(c->opt->clock) - c->watch.key_us < HANDS_OFF;
}

static void open_pane(struct console *c)
{
    c->watch.back = c->v.focus;
    c->watch.moved = true;
    console_focus(c, PANE_FAILOVERS);
}

/* On a large screen the pane has its place beside the others, and the focus stays where it is. */
static void begins(struct console *c, const struct failover_list *l)
{
    c->watch.last = l->n > 0 ? l->v[0]->number : 0;
    c->watch.moved = false;
    c->v.failover_waits = c->watch.due = false;
    if (c->v.failover_shut || c->v.focus == PANE_FAILOVERS)
        return;
    /* Who looks at the routes asks whether they follow: that is answered there. */
    if (busy(c) || c->v.focus == PANE_ROUTES)
        c->v.failover_waits = true;
    else if (c->layout.tabbed && hands_on_keys(c))
        c->v.failover_waits = c->watch.due = true;
    else if (c->layout.tabbed)
        open_pane(c);
}

/* Who presses nothing more is shown it; who begins something else meanwhile, is left at that. */
static void waits_for_hands(struct console *c)
{
    if (busy(c) || c->v.failover_shut)
        c->watch.due = false;
    if (!c->watch.due || hands_on_keys(c))
        return;
    c->watch.due = false;
    if (c->layout.tabbed)
        open_pane(c);
}

/* It turned out to have been nothing: the operator is taken back to where he was. */
static void ends(struct console *c, const struct failover_list *l)
{
    bool kept = l->n > 0 && l->v[0]->number != c->watch.last;
    if (!kept && c->watch.moved && c->v.focus == PANE_FAILOVERS && !busy(c) && !hands_on_keys(c))
        console_focus(c, c->watch.back);
    c->watch.moved = c->watch.due = c->v.failover_waits = false;
}

void watch_failovers(struct console *c)
{
    struct failover_list now;
    app_failovers(c->app, &now);
    bool open = now.open != NULL;
    if (open && !c->watch.open)
        begins(c, &now);
    else if (!open && c->watch.open)
        ends(c, &now);
    c->watch.open = open;
    waits_for_hands(c);
    if (c->v.focus == PANE_FAILOVERS)
        c->v.failover_waits = c->watch.due = false;
}
