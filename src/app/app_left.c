/* What is left on PgBouncers of earlier runs: told at the start, shown until it is settled, and
 * forgotten when somebody else has settled it. */
#include <stdlib.h>
#include <string.h>

#include "app_held.h"
#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"

#define LOOK_EVERY USEC_PER_SEC
/* SHOW STATE comes beside the other answers of a round, and has no time of its own here. */
#define STATE_AGE (3 * USEC_PER_SEC)

static const char *clean(struct app_held *w, const char *s)
{
    return s ? utf8_clean(&w->words, s, strlen(s)) : "";
}

/* "app of b1 is paused" */
static const char *what(struct app_held *w, const struct held *h)
{
    return arena_printf(&w->words, "%s of %s is %s",
                        h->key        ? clean(w, h->key)
                        : h->database ? clean(w, h->database)
                                      : "everything",
                        clean(w, h->bouncer), h->key ? "set for a while" : "paused");
}

/* ---- what others have settled */

static void say(struct app *a, enum health grade, const char *now, const char *text)
{
    int64_t mono = clock_mono(a->opt.clock);
    struct event e = {.mono_us = mono,
                      .wall_us = clock_wall(a->opt.clock),
                      .not_before_us = mono,
                      .kind = EV_OPERATION,
                      .source = SYS_PGDBA,
                      .grade = grade,
                      .subject = "",
                      .now = now,
                      .text = text,
                      .evidence = "pgb resume --left"};
    story_add(a->story, &e);
    app_error(a, text);
}

static const struct bouncer *bouncer_of(const struct snapshot *s, const char *name)
{
    for (int i = 0; i < s->nbouncers; i++)
        if (strcmp(s->bouncers[i].name, name) == 0)
            return &s->bouncers[i];
    return NULL;
}

static bool seen_after(const struct source_state *st, int64_t us)
{
    return st->outcome == OBS_ANSWERED && st->answered_us > us;
}

/* NULL: it stands, or is not known. */
static const char *settled(const struct snapshot *s, const struct held *h, int64_t seen_us)
{
    const struct bouncer *b = bouncer_of(s, h->bouncer);
    if (!b)
        return NULL;
    if (h->key) {
        for (int i = 0; b->config && seen_after(&b->config_state, seen_us) && i < b->config->n; i++)
            if (strcmp(b->config->v[i].key, h->key) == 0 && b->config->v[i].value &&
                strcmp(b->config->v[i].value, h->value) == 0)
                return "has its value of before again";
        return NULL;
    }
    if (!h->database)
        return b->globals.paused == TRI_NO && seen_after(&b->pools_state, seen_us + STATE_AGE)
                   ? "is not paused any more"
                   : NULL;
    if (!b->databases || !seen_after(&b->databases_state, seen_us))
        return NULL;
    for (int i = 0; i < b->databases->n; i++)
        if (strcmp(b->databases->v[i].name, h->database) == 0)
            return b->databases->v[i].paused ? NULL : "is not paused any more";
    return NULL; /* one of the entry "*" that nobody uses is not listed, paused or not */
}

/* Since when nobody is at work on it, as far as this program knows. */
static int64_t known_since(struct app_held *w, const struct held *h, int64_t now_us)
{
    uint64_t sum = held_sum(h);
    for (int i = 0; i < w->nknown; i++)
        if (w->known[i].sum == sum)
            return w->known[i].seen_us;
    w->known = xrealloc(w->known, (size_t)(w->nknown + 1) * sizeof *w->known);
    w->known[w->nknown++] = (struct held_known){.sum = sum, .seen_us = now_us};
    return now_us;
}

/* What is gone, or is worked on, begins anew when it is seen again. */
static void drop_unlisted(struct app_held *w, const struct held_list *l)
{
    for (int i = w->nknown - 1; i >= 0; i--) {
        bool there = false;
        for (int k = 0; k < l->n; k++)
            there = there || held_sum(&l->v[k]) == w->known[i].sum;
        if (!there)
            w->known[i] = w->known[--w->nknown];
    }
}

static bool settle(struct app *a, const struct held *h, const char *how)
{
    struct app_held *w = app_held_of(a);
    struct action_memory m = app_held_memory(a);
    if (m.claim(a, h, NULL) != ST_OK) /* somebody else is just seeing to it */
        return false;
    m.forget(a, h);
    say(a, HEALTH_OK, "settled",
        arena_printf(&w->words,
                     "%s of %s, %s by %s here, %s: somebody else has seen to it, and it "
                     "is forgotten",
                     h->key        ? clean(w, h->key)
                     : h->database ? clean(w, h->database)
                                   : "everything",
                     clean(w, h->bouncer), h->key ? "set" : "paused",
                     h->user && *h->user ? clean(w, h->user) : "somebody", how));
    return true;
}

/* ---- the banner */

static const char *banner(struct app_held *w, const struct held_list *l)
{
    char at[FMT_MAX];
    const struct held *h = &l->v[0];
    if (l->n == 0)
        return NULL;
    const char *out = what(w, h);
    for (int i = 1; i < l->n; i++)
        out = arena_printf(&w->words, "%s, %s", out, what(w, &l->v[i]));
    return arena_printf(&w->words, "%s since %s by %s%s on %s%s", out,
                        fmt_time_local(at, h->wall_us), h->ended ? "" : "a pgdba of ",
                        h->user && *h->user ? clean(w, h->user) : "somebody",
                        h->host && *h->host ? clean(w, h->host) : "some host",
                        h->ended ? "" : ", which has ended without taking it back");
}

void app_left_open(struct app *a)
{
    if (a->replay || !a->opt.look_back)
        return;
    struct app_held *w = app_held_of(a);
    const struct held_list *l = app_held_memory(a).list(a);
    w->nknown = 0;
    w->looked_us = 0;
    w->left = NULL;
    for (int i = 0; i < l->n; i++)
        (void)known_since(w, &l->v[i], clock_mono(a->opt.clock));
}

void app_left_follow(struct app *a)
{
    struct app_held *w = app_held_of(a);
    int64_t now = clock_mono(a->opt.clock);
    if (a->replay || !a->opt.look_back || !app_complete(a) || app_operation_running(a) ||
        (w->looked_us && now - w->looked_us < LOOK_EVERY))
        return;
    w->looked_us = now;
    w->left = NULL;
    arena_release(&w->words);
    arena_init(&w->words);
    struct action_memory m = app_held_memory(a);
    const struct held_list *l = m.list(a);
    bool some = false;
    drop_unlisted(w, l);
    for (int i = 0; i < l->n; i++) {
        const char *how = settled(a->published, &l->v[i], known_since(w, &l->v[i], now));
        some = (how && settle(a, &l->v[i], how)) || some;
    }
    w->left = banner(w, some ? m.list(a) : l);
}

const char *app_left(const struct app *a)
{
    return a->held && !a->replay && !app_operation_running(a) ? a->held->left : NULL;
}

/* ---- said at the start */

void app_left_tell(struct app *a)
{
    struct app_held *w = app_held_of(a);
    const struct held_list *l = app_held_memory(a).list(a);
    const char *text = banner(w, l);
    if (text)
        say(a, HEALTH_DEGRADED, "not taken back",
            arena_printf(&w->words, "%s: pgb resume --left takes it back", text));
}
