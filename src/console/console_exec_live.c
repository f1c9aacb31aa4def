/* console_exec_live.c: the commands of watching: a kept failover, recording, replay, probe. */
#include "console_private.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

static void say_error(struct console *c, struct err *e)
{
    console_say(c, TR_ERROR, "%s", err_text(e));
    err_release(e);
}

/* ---- failovers ------------------------------------------------------------------------------ */

static bool is_kept(const struct console *c, int64_t number)
{
    const struct failover_list *l = &c->failovers;
    if (l->open && (int64_t)l->open->number == number)
        return true;
    for (int i = 0; i < l->n; i++)
        if ((int64_t)l->v[i]->number == number)
            return true;
    return false;
}

void live_failovers(struct console *c, const struct invocation *inv)
{
    const char *text = invocation_get(inv, "NUMBER");
    int64_t number;
    view_open(&c->v, OVERLAY_NONE);
    console_focus(c, PANE_FAILOVERS);
    if (!text || !fmt_parse_int(text, &number))
        return;
    watch_take(c);
    if (!is_kept(c, number)) {
        console_say(c, TR_ERROR, "there is no failover %s among those that are kept", text);
        return;
    }
    char *key = xstrdup(text);
    free(c->v.card_key);
    c->v.card_key = key;
    view_open(&c->v, OVERLAY_CARD);
}

/* ---- recording ------------------------------------------------------------------------------ */

void live_record_start(struct console *c, const struct invocation *inv)
{
    struct err e = ERR_INIT;
    if (app_record_start(c->app, invocation_get(inv, "FILE"), &e) != ST_OK)
        say_error(c, &e);
    else
        console_say(c, TR_OK, "recording into %s; record stop ends it",
                    invocation_get(inv, "FILE"));
}

void live_record_stop(struct console *c, const struct invocation *inv)
{
    struct recording_state r;
    char b[FMT_MAX];
    (void)inv;
    app_recording(c->app, &r);
    if (!r.on) {
        console_say(c, TR_HINT, "nothing is being recorded");
        return;
    }
    char *path = xstrdup(r.path);
    app_record_stop(c->app);
    console_say(c, TR_OK, "%s: %s recorded", path, fmt_bytes(b, (int64_t)r.bytes));
    free(path);
}

/* ---- replay --------------------------------------------------------------------------------- */

static bool replays(struct console *c)
{
    app_replay(c->app, &c->replay);
    if (!c->replay.on)
        console_say(c, TR_ERROR, "this is no recording; pgdba replay FILE plays one");
    return c->replay.on;
}

void live_replay_play(struct console *c, const struct invocation *inv)
{
    if (replays(c))
        app_replay_play(c->app, inv->id == CMD_REPLAY_PLAY);
}

void live_replay_step(struct console *c, const struct invocation *inv)
{
    (void)inv;
    if (replays(c))
        app_replay_step(c->app);
}

void live_replay_seek(struct console *c, const struct invocation *inv)
{
    struct command_time t;
    if (!replays(c) || !command_parse_time(invocation_get(inv, "TIME"), &t))
        return; /* the parser has checked it */
    int64_t at = command_time_at(&t, c->replay.start_wall_us, c->replay.length_us, c->replay.at_us);
    if (at < 0 || at > c->replay.length_us)
        console_say(c, TR_HINT,
                    "the recording goes from its beginning to %.0f s; as near as can be",
                    (double)c->replay.length_us / USEC_PER_SEC);
    app_replay_seek(c->app, at < 0 ? 0 : at);
}

void live_replay_speed(struct console *c, const struct invocation *inv)
{
    struct err e = ERR_INIT;
    double speed;
    if (!replays(c) || !command_parse_speed(invocation_get(inv, "SPEED"), &speed))
        return;
    if (app_replay_speed(c->app, speed, &e) != ST_OK)
        say_error(c, &e);
}

/* ---- the probe ------------------------------------------------------------------------------ */

void live_probe_start(struct console *c, const struct invocation *inv)
{
    struct err e = ERR_INIT;
    const char *every = invocation_get(inv, "--every");
    struct probe_request r = {.via = invocation_get(inv, "--via")};
    if (every && !fmt_parse_duration(every, &r.every_us))
        return; /* the parser has checked it */
    if (app_probe_start(c->app, &r, &e) != ST_OK)
        say_error(c, &e);
    else
        console_say(c, TR_OK, "asking through %s; probe stop ends it", r.via);
}

void live_probe_stop(struct console *c, const struct invocation *inv)
{
    (void)inv;
    if (!app_probe_running(c->app)) {
        console_say(c, TR_HINT, "no probe runs");
        return;
    }
    app_probe_stop(c->app);
}
