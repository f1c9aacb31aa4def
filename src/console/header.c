/* header.c: the two lines that are read first: which cluster, how is it, why, who leads, how old
 * the picture is. */
#include "pgdba/console/view.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

enum { NARROW = 64 };

/* ---- the right side: time ------------------------------------------------------------------- */

/* "0.4s" below ten seconds, else whole seconds: what changes less costs less. */
static const char *countdown(const struct view_state *v, struct arena *a)
{
    int64_t left = v->next_us - v->tick_us;
    if (v->next_us == 0)
        return "-";
    if (left <= 0)
        return "now";
    if (v->refresh_us >= 10 * USEC_PER_SEC)
        return arena_printf(a, "%2" PRId64 "s", (left + USEC_PER_SEC - 1) / USEC_PER_SEC);
    int64_t tenths = (left + 100 * USEC_PER_MS - 1) / (100 * USEC_PER_MS);
    return arena_printf(a, "%" PRId64 ".%" PRId64 "s", tenths / 10, tenths % 10);
}

static const char *interval(const struct view_state *v, struct arena *a)
{
    return v->refresh_us % USEC_PER_SEC
               ? arena_printf(a, "%.1fs", (double)v->refresh_us / USEC_PER_SEC)
               : arena_printf(a, "%" PRId64 "s", v->refresh_us / USEC_PER_SEC);
}

/* In a replay the time is the recording's, and nobody is asked. */
static const char *replayed_text(const struct view_state *v, int room, struct arena *a)
{
    char b[FMT_MAX];
    const char *text = arena_strdup(a, fmt_time_local(b, v->live_wall_us));
    if ((int)strlen(text) > room)
        text = arena_strdup(a, fmt_clock_local(b, v->live_wall_us));
    return (int)strlen(text) > room ? "" : text;
}

static const char *timer_text(const struct view_state *v, int room, struct arena *a)
{
    char clock[FMT_MAX];
    fmt_clock_local(clock, v->live_wall_us);
    /* Fixed widths, so that nothing beside it moves. */
    const char *next = arena_printf(a, "%-4s", countdown(v, a));
    const char *forms[] = {
        arena_printf(a, "every %s, next %s  %s", interval(v, a), next, clock),
        arena_printf(a, "next %s  %s", next, clock),
        arena_printf(a, "next %s", next),
        "",
    };
    int i = 0;
    while (i < 3 && (int)strlen(forms[i]) > room)
        i++;
    return forms[i];
}

static const char *frozen_text(const struct frame *f, int room, struct arena *a)
{
    const struct view_state *v = f->v;
    char age[FMT_MAX];
    fmt_age(age, v->live_us - v->now_us);
    bool moved = v->live_health != f->verdicts->worst;
    const char *forms[] = {
        moved ? arena_printf(a, " FROZEN %s, now %s ", age, health_name(v->live_health))
              : arena_printf(a, " FROZEN %s, f goes on ", age),
        arena_printf(a, " FROZEN %s ", age),
    };
    return (int)strlen(forms[0]) <= room ? forms[0] : forms[1];
}

static int draw_time(const struct frame *f, struct surface *s, struct rect r, int left,
                     struct arena *a)
{
    int room = r.cols - (left - r.col) - 2;
    const char *t = f->v->frozen       ? frozen_text(f, room, a)
                    : frame_replays(f) ? replayed_text(f->v, room, a)
                                       : timer_text(f->v, room, a);
    if (f->v->frozen && r.cols < NARROW)
        t = ""; /* said on the left already */
    int w = surface_width(s, t), col = r.col + r.cols - w - 1;
    if (w > 0 && col > left)
        surface_text(s, r.row, col, w, f->v->frozen ? TR_BADGE_RO : TR_HEADER, t);
    return w;
}

/* ---- the left side -------------------------------------------------------------------------- */

static const char *environment_badge(enum environment e, bool narrow)
{
    static const char *const words[][2] = {
        [ENV_UNSET] = {NULL, NULL},
        [ENV_TEST] = {" TEST ", " TEST "},
        [ENV_STAGING] = {" STAGING ", " STG "},
        [ENV_PRODUCTION] = {" PRODUCTION ", " PROD "},
    };
    return words[e][narrow];
}

struct badge {
    enum theme_role role;
    const char *text;
};

enum { BADGES_MOST = 8, VERDICT_COLS = 13, NAME_COLS = 6 };

static const char *recording_badge(const struct recording_state *r, bool narrow, struct arena *a)
{
    char b[FMT_MAX];
    return narrow ? " REC " : arena_printf(a, " REC %s ", fmt_bytes(b, (int64_t)r->bytes));
}

static const char *failover_badge(const struct frame *f, bool narrow, struct arena *a)
{
    const struct failover *o = f->failovers->open;
    int64_t s = (f->v->now_us - o->start_mono_us) / USEC_PER_SEC;
    return arena_printf(a, narrow ? " FO %" PRId64 "s " : " FAILOVER %" PRId64 "s ", s > 0 ? s : 0);
}

static struct badge probe_badge(const struct frame *f, bool narrow, struct arena *a)
{
    const struct probe_view *p = f->s->probe;
    if (!p->out)
        return (struct badge){TR_BADGE, " PROBE "};
    int64_t us = p->noutages ? f->v->now_us - p->outages[0].from_us : 0;
    return (struct badge){TR_BADGE_PROD, arena_printf(a, narrow ? " OUT %s " : " PROBE OUT %s ",
                                                      draw_seconds(a, us, 0))};
}

/* The most important first: what does not fit goes from the end. */
static int badges_of(const struct frame *f, bool narrow, struct badge *v, struct arena *a)
{
    const char *env = environment_badge(f->s->environment, narrow);
    int n = 0;
    if (frame_replays(f))
        v[n++] = (struct badge){TR_BADGE_RO, " RECORDING "};
    if (f->v->frozen && narrow)
        v[n++] = (struct badge){TR_BADGE_RO, " FROZEN "};
    if (env)
        v[n++] =
            (struct badge){f->s->environment == ENV_PRODUCTION ? TR_BADGE_PROD : TR_BADGE, env};
    if (f->v->read_only && !frame_replays(f)) /* a recording is so by itself */
        v[n++] = (struct badge){TR_BADGE_RO, narrow ? " RO " : " READ-ONLY "};
    if (f->s->paused)
        v[n++] = (struct badge){TR_BADGE, narrow ? " PAUSED " : " PATRONI PAUSED "};
    if (f->failovers && f->failovers->open)
        v[n++] = (struct badge){TR_BADGE_PROD, failover_badge(f, narrow, a)};
    if (f->s->probe && f->s->probe->running)
        v[n++] = probe_badge(f, narrow, a);
    if (f->recording && f->recording->on)
        v[n++] = (struct badge){TR_BADGE_RO, recording_badge(f->recording, narrow, a)};
    return n;
}

static int badges_width(const struct surface *s, const struct badge *v, int n)
{
    int w = 0;
    for (int i = 0; i < n; i++)
        w += surface_width(s, v[i].text) + 1;
    return w;
}

static bool nothing_yet(const struct frame *f)
{
    return !f->v->complete && f->s->view.outcome == OBS_NEVER;
}

static int draw_verdict(const struct frame *f, struct surface *s, struct rect r, int x)
{
    int right = r.col + r.cols;
    if (nothing_yet(f))
        return x +
               surface_textf(s, r.row, x, right - x, TR_UNKNOWN, "%s asking", glyph(s, GL_UNKNOWN));
    enum health h = f->verdicts->worst;
    return x + surface_textf(s, r.row, x, right - x, draw_health_role(h), "%s %s",
                             glyph(s, draw_health_glyph(h)), health_name(h));
}

/* The verdict must have its place, then the badges, then the whole of a long name. */
static void draw_first(const struct frame *f, struct surface *s, struct rect r, struct arena *a)
{
    struct badge v[BADGES_MOST];
    int x = r.col + 1, right = r.col + r.cols;
    int n = badges_of(f, r.cols < NARROW, v, a);
    while (n > 1 && NAME_COLS + 3 + badges_width(s, v, n) + VERDICT_COLS > r.cols)
        n--;
    int most = r.cols - 3 - badges_width(s, v, n) - VERDICT_COLS;
    if (most > r.cols / 2 && r.cols >= NARROW)
        most = r.cols / 2;
    x += 2 + surface_text(s, r.row, x, most, TR_HEADER, f->s->cluster ? f->s->cluster : "?");
    for (int i = 0; i < n; i++)
        x += 1 + surface_text(s, r.row, x, right - x, v[i].role, v[i].text);
    x = draw_verdict(f, s, r, x);
    draw_time(f, s, r, x + 1, a);
}

/* ---- the second line ------------------------------------------------------------------------ */

static int draw_leader(const struct frame *f, struct surface *s, struct rect r, int x,
                       struct arena *a)
{
    const struct member *leader = snapshot_leader(f->s);
    int room = r.col + r.cols - x, most = room > 60 ? room / 2 : room * 3 / 5;
    if (nothing_yet(f))
        return x;
    if (!leader) /* how long is in the reason beside it */
        return x + surface_text(s, r.row, x, most, TR_CRIT, "no leader");
    bool stale = source_is_stale(&f->s->view, f->s->refresh_us, f->v->now_us);
    const char *tl =
        snapshot_timeline(f->s) > 0 ? arena_printf(a, " TL %" PRId64, snapshot_timeline(f->s)) : "";
    int w = surface_width(s, leader->name);
    int name = most - 2 - (int)strlen(tl);
    x += surface_textf(s, r.row, x, 2, stale ? TR_STALE : TR_LEADER, "%s ", glyph(s, GL_LEADER));
    x += surface_text(s, r.row, x, w < name ? w : name, stale ? TR_STALE : TR_LEADER, leader->name);
    return x + surface_text(s, r.row, x, (int)strlen(tl), stale ? TR_STALE : TR_HEADER, tl);
}

static const char *scheduled_text(const struct snapshot *s, struct arena *a)
{
    return arena_printf(a, "switchover%s%s planned for %s", s->switchover_to ? " to " : "",
                        s->switchover_to ? s->switchover_to : "", s->switchover_at);
}

static const char *members_text(const struct frame *f, struct arena *a)
{
    int listed = 0, answering = 0;
    for (int i = 0; i < f->s->nmembers; i++) {
        const struct member *m = &f->s->members[i];
        listed += m->listed;
        answering += m->listed && !source_is_stale(&m->api, f->s->refresh_us, f->v->now_us);
    }
    return arena_printf(a, "%d of %d members answer", answering, listed);
}

static void draw_second(const struct frame *f, struct surface *s, struct rect r, struct arena *a)
{
    int x = draw_leader(f, s, r, r.col + 1, a), right = r.col + r.cols - 1;
    const struct verdicts *v = f->verdicts;
    x += x > r.col + 1 ? 2 : 0;
    if (nothing_yet(f)) {
        surface_text(s, r.row, x, right - x, TR_HEADER, "first answers are on their way");
    } else if (v->n > 0 && v->v[0].health != HEALTH_OK) {
        const char *more = v->n > 1 ? arena_printf(a, "  +%d more (v)", v->n - 1) : "";
        int room = right - x - surface_width(s, more);
        x += surface_text(s, r.row, x, room, draw_health_role(v->v[0].health), v->v[0].reason);
        surface_text(s, r.row, x, right - x, TR_HEADER, more);
    } else {
        surface_text(s, r.row, x, right - x, TR_HEADER,
                     f->s->switchover_at ? scheduled_text(f->s, a) : members_text(f, a));
    }
}

void header_draw(const struct frame *f, struct surface *s, struct rect r)
{
    struct arena a;
    arena_init(&a);
    surface_fill(s, r, TR_HEADER);
    draw_first(f, s, (struct rect){r.row, r.col, 1, r.cols}, &a);
    if (r.rows > 1)
        draw_second(f, s, (struct rect){r.row + 1, r.col, 1, r.cols}, &a);
    arena_release(&a);
}
