#include "screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/health.h"

void screen_init_of(struct screen *sc, const struct snapshot *s, int rows, int cols)
{
    memset(sc, 0, sizeof *sc);
    arena_init(&sc->arena);
    sc->s = s;
    health_judge(s, SB_NOW_US, &sc->arena, &sc->verdicts);
    view_init(&sc->v);
    sc->v.now_us = sc->v.live_us = sc->v.tick_us = SB_NOW_US;
    sc->v.now_wall_us = sc->v.live_wall_us = SB_WALL_US;
    sc->v.refresh_us = USEC_PER_SEC;
    sc->v.next_us = SB_NOW_US + 400 * USEC_PER_MS;
    sc->v.complete = s->view.outcome != OBS_NEVER;
    sc->v.live_health = sc->verdicts.worst;
    sc->bar =
        (struct bar_view){.prompt = ":", .text = "", .hint = "", .error = "", .error_start = -1};
    assert_int_equal(keymap_init(&sc->keys, NULL, NULL), ST_OK);
    sc->frame = (struct frame){.s = s,
                               .verdicts = &sc->verdicts,
                               .v = &sc->v,
                               .bar = &sc->bar,
                               .keys = &sc->keys,
                               .failovers = &sc->failovers,
                               .replay = &sc->replay,
                               .recording = &sc->recording};
    surface_init(&sc->surface, rows, cols);
}

void screen_init(struct screen *sc, enum sample which, int rows, int cols)
{
    screen_init_of(sc, sample_snapshot(which, SB_NOW_US), rows, cols);
}

void screen_draw(struct screen *sc)
{
    sc->frame.events = sc->events;
    frame_draw(&sc->frame, &sc->surface, &sc->layout);
}

void screen_release(struct screen *sc)
{
    failover_free((struct failover *)(uintptr_t)sc->failovers.open);
    for (int i = 0; i < sc->failovers.n; i++)
        failover_free((struct failover *)(uintptr_t)sc->failovers.v[i]);
    event_log_free(sc->events);
    surface_release(&sc->surface);
    keymap_release(&sc->keys);
    view_release(&sc->v);
    snapshot_unref(sc->s);
    arena_release(&sc->arena);
}

/* ---- goldens -------------------------------------------------------------------------------- */

static char *golden_path(const char *name)
{
    const char *dir = getenv("GOLDEN_DIR"), *top = getenv("srcdir");
    if (dir)
        return xasprintf("%s/%s.txt", dir, name);
    return xasprintf("%s/tests/golden/%s.txt", top ? top : ".", name);
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    struct buf b;
    char chunk[4096];
    size_t n;
    if (!f)
        return NULL;
    buf_init(&b);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_add(&b, chunk, n);
    fclose(f);
    char *text = buf_detach(&b);
    buf_release(&b);
    return text;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (!f)
        fail_msg("cannot write %s", path);
    fputs(text, f);
    fclose(f);
}

static void first_difference(const char *path, const char *want, const char *got)
{
    int line = 1;
    while (*want && *got) {
        size_t a = strcspn(want, "\n"), b = strcspn(got, "\n");
        if (a != b || memcmp(want, got, a) != 0)
            break;
        want += a + (want[a] != 0);
        got += b + (got[b] != 0);
        line++;
    }
    fail_msg("%s:%d (UPDATE_GOLDEN=1 rewrites it)\n  golden: %.*s\n  drawn:  %.*s", path, line,
             (int)strcspn(want, "\n"), want, (int)strcspn(got, "\n"), got);
}

void golden_compare(const char *name, const char *text)
{
    char *path = golden_path(name);
    if (getenv("UPDATE_GOLDEN")) {
        write_file(path, text);
    } else {
        char *want = read_file(path);
        if (!want)
            fail_msg("%s is missing (UPDATE_GOLDEN=1 writes it)", path);
        else if (strcmp(want, text) != 0)
            first_difference(path, want, text);
        free(want);
    }
    free(path);
}

void screen_golden(const struct screen *sc, const char *name, bool roles)
{
    struct buf b;
    buf_init(&b);
    surface_dump(&sc->surface, roles, &b);
    golden_compare(name, b.s);
    buf_release(&b);
}

/* ---- plans and operations ------------------------------------------------------------------- */

struct plan *screen_plan(struct arena *a, bool blocked)
{
    static const char *const lines[] = {
        "pg1 is shut down cleanly, pg2 is promoted on timeline 4, pg1 follows it.",
        "Writes fail from the shutdown to the promotion, usually for 2 to 5 seconds.",
        "Undo: a switchover back to pg1.",
    };
    static const struct check_result passes[] = {
        {"leader-unchanged", CHECK_PASS, "pg1 leads, on timeline 3", 0, 0},
        {"candidate-running", CHECK_PASS, "pg2 is running and answered 0.2 s ago", 0, 0},
        {"candidate-lag", CHECK_PASS, "pg2 is 0 B behind, the limit is 1.0 MB", 0, 0},
    };
    static const struct check_result blocks[] = {
        {"candidate-nofailover", CHECK_BLOCK, "pg2 carries the tag nofailover: it may not lead", 0,
         0},
        {"candidate-lag", CHECK_WARN, "pg2 is 812.0 KB behind, the limit is 1.0 MB", 0, 0},
        {"leader-unchanged", CHECK_PASS, "pg1 leads, on timeline 3", 0, 0},
    };
    static const struct plan_candidate candidates[] = {
        {"pg2", FIT, true, "streams, 0 B behind, timeline 3, answers in 5.0 ms"},
        {"pg3", UNFIT, false, "nofailover; streams, 0 B behind, timeline 3, answers in 6.0 ms"},
    };
    static const struct plan_step steps[] = {
        {.member = "pg2",
         .summary = "switch over from pg1 to pg2",
         .method = "POST",
         .url = "http://10.0.0.1:8008/switchover",
         .body = "{\"leader\": \"pg1\", \"candidate\": \"pg2\"}",
         .authenticated = true},
    };
    struct plan *p = arena_new(a, struct plan);
    p->kind = ACT_SWITCHOVER;
    p->cluster = "lab";
    p->leader = "pg1";
    p->request.candidate = "pg2";
    p->timeline = 3;
    p->title = "Switchover lab: pg1 to pg2";
    p->nlines = 3;
    p->lines = lines;
    p->nchecks = 3;
    p->checks = blocked ? blocks : passes;
    p->worst = blocked ? CHECK_BLOCK : CHECK_PASS;
    p->ncandidates = 2;
    p->candidates = candidates;
    p->nsteps = 1;
    p->steps = steps;
    p->confirm = CONFIRM_WORD;
    p->confirm_word = "pg2";
    p->confirm_what = "the new leader's name";
    p->equivalent = "switchover --leader pg1 --candidate pg2";
    return p;
}

struct operation *screen_operation(struct arena *a, enum op_state state)
{
    static const struct op_phase running[] = {
        {"request accepted", PHASE_DONE, SB_NOW_US - SB_SEC(4), "200 from pg1"},
        {"leader lock released", PHASE_DONE, SB_NOW_US - SB_SEC(2), ""},
        {"new leader", PHASE_ACTIVE, 0, "pg2 expected on timeline 4"},
        {"old leader streams again", PHASE_WAITING, 0, ""},
    };
    static const struct op_phase ended[] = {
        {"request accepted", PHASE_DONE, SB_NOW_US - SB_SEC(4), "200 from pg1"},
        {"leader lock released", PHASE_DONE, SB_NOW_US - SB_SEC(3), ""},
        {"new leader", PHASE_DONE, SB_NOW_US - SB_SEC(2), "pg2 on timeline 4"},
        {"old leader streams again", PHASE_DONE, SB_NOW_US - SB_SEC(1), "pg1"},
    };
    struct operation *op = arena_new(a, struct operation);
    bool runs = state == OP_RUNNING;
    op->plan = screen_plan(a, false);
    op->state = state;
    op->started_us = SB_NOW_US - SB_SEC(4) - 300 * USEC_PER_MS;
    op->ended_us = runs ? 0 : SB_NOW_US - SB_SEC(1);
    op->nphases = 4;
    op->phases = runs ? running : ended;
    op->waiting_for = runs ? "pg2 to lead on timeline 4" : "";
    op->outcome = runs ? "" : "pg2 leads on timeline 4, pg1 streams from it.";
    op->answer = "200 Successfully switched over to \"pg2\"";
    return op;
}
