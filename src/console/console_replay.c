/* console_replay.c: keys of a replay. */
#include "console_private.h"

#include <string.h>

#include "pgdba/base/clock.h"

/* Nearer than this to where we are it is where we are. */
#define HERE (2 * USEC_PER_MS)

static void play_or_pause(struct console *c)
{
    if (c->replay.ended)
        app_replay_seek(c->app, 0);
    app_replay_play(c->app, c->replay.ended || !c->replay.playing);
}

/* To the event before: what a step forward passed last. */
static void step_back(struct console *c)
{
    const struct event_log *log = app_events(c->app);
    int64_t now = app_now_us(c->app), to = 0;
    for (int i = 0; i < event_log_count(log) && to == 0; i++) {
        const struct event *e = event_log_get(log, i);
        if (e->mono_us < now - HERE)
            to = c->replay.at_us - (now - e->mono_us);
    }
    app_replay_play(c->app, false);
    app_replay_seek(c->app, to > 0 ? to : 0);
}

bool replay_key(struct console *c, const struct key *k)
{
    app_replay(c->app, &c->replay);
    if (!c->replay.on)
        return false;
    if (strcmp(k->name, "Space") == 0)
        play_or_pause(c);
    else if (strcmp(k->name, "Right") == 0 || strcmp(k->name, "n") == 0)
        app_replay_step(c->app);
    else if (strcmp(k->name, "Left") == 0)
        step_back(c);
    else
        return false;
    return true;
}
