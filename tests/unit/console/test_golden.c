/* Whole screens against tests/golden/: sizes, states, overlays, roles, ASCII. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/trail.h"
#include "pgdba/console/style.h"
#include "pgdba/wire/audit.h"
#include "scenes.h"

static const struct {
    int rows, cols;
} sizes[] = {{10, 40}, {24, 80}, {40, 120}, {60, 200}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void golden(struct screen *sc, const char *what, bool roles)
{
    char name[128];
    snprintf(name, sizeof name, "%s-%dx%d", what, sc->surface.cols, sc->surface.rows);
    screen_draw(sc);
    screen_golden(sc, name, roles);
}

static void every_sample_in_every_size(void **state)
{
    (void)state;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        for (int k = 0; k < SIZES; k++) {
            struct screen sc;
            screen_init(&sc, (enum sample)i, sizes[k].rows, sizes[k].cols);
            golden(&sc, sample_name((enum sample)i), false);
            screen_release(&sc);
        }
    }
}

static void every_pane_where_one_is_shown(void **state)
{
    static const enum sample which[] = {SAMPLE_HEALTHY, SAMPLE_LAGGING, SAMPLE_POOLS_WAITING,
                                        SAMPLE_UNREACHABLE, SAMPLE_WIDE_NAMES};
    (void)state;
    for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
        for (int p = PANE_LAG; p < PANE_COUNT; p++) {
            for (int k = 0; k < 2; k++) {
                char what[64];
                struct screen sc;
                screen_init(&sc, which[i], sizes[k].rows, sizes[k].cols);
                sc.v.focus = (enum pane_id)p;
                snprintf(what, sizeof what, "%s-%s", sample_name(which[i]),
                         pane_get((enum pane_id)p)->name);
                golden(&sc, what, false);
                screen_release(&sc);
            }
        }
    }
}

static void roles(void **state)
{
    static const enum sample which[] = {SAMPLE_HEALTHY, SAMPLE_FROZEN_MEMBER, SAMPLE_UNREACHABLE,
                                        SAMPLE_POOLS_WAITING};
    (void)state;
    for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
        char what[64];
        struct screen sc;
        screen_init(&sc, which[i], 40, 120);
        snprintf(what, sizeof what, "%s-roles", sample_name(which[i]));
        golden(&sc, what, true);
        screen_release(&sc);
    }
}

static void ascii(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct screen sc;
        screen_init(&sc, SAMPLE_WIDE_NAMES, sizes[k].rows, sizes[k].cols);
        sc.v.ascii = true;
        golden(&sc, "ascii", false);
        for (int i = 0; i < sc.surface.rows * sc.surface.cols; i++)
            for (const char *p = sc.surface.cells[i].text; *p; p++)
                assert_true((unsigned char)*p < 0x80);
        screen_release(&sc);
    }
}

/* ---- themes ---------------------------------------------------------------------------------- */

static void dump_style(struct buf *out, const struct theme *t, const struct cell *c, int colors)
{
    struct style st = style_of(t, c, colors);
    buf_addf(out, " %3d/%-3d %02x", st.fg, st.bg, st.attrs);
}

/* Every look on one busy screen, as each kind of terminal shows it. */
static void dump_styles(const struct surface *s, const struct theme *t, struct buf *out)
{
    bool seen[TR_COUNT][TR_COUNT] = {{false}};
    buf_puts(out, "role on ground                256 colours   16            8             none\n");
    for (int i = 0; i < s->rows * s->cols; i++) {
        const struct cell *c = &s->cells[i];
        if (seen[c->role][c->ground])
            continue;
        seen[c->role][c->ground] = true;
        buf_addf(out, "%-14s %-14s", theme_role_name((enum theme_role)c->role),
                 theme_role_name((enum theme_role)c->ground));
        const int kinds[] = {256, 16, 8, 0};
        for (int k = 0; k < 4; k++)
            dump_style(out, t, c, kinds[k]);
        buf_putc(out, '\n');
    }
}

/* What has a state must look unlike what has none, whatever the terminal. Without colours the
 * console takes the theme made for that. */
static void check_states(const struct theme *t, int colors)
{
    if (colors == 0 && strcmp(t->name, "mono") != 0)
        return;
    static const enum theme_role states[] = {TR_WARN, TR_CRIT, TR_UNKNOWN, TR_STALE, TR_SELECTED};
    struct cell text = {.role = TR_TEXT, .ground = TR_TEXT};
    struct style plain = style_of(t, &text, colors);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct cell c = {.role = (uint8_t)states[i], .ground = TR_TEXT};
        struct style st = style_of(t, &c, colors);
        if (st.fg == plain.fg && st.bg == plain.bg && st.attrs == plain.attrs)
            fail_msg("theme %s, %d colours: %s looks like text", t->name, colors,
                     theme_role_name(states[i]));
        if (st.fg >= 0 && st.fg == st.bg)
            fail_msg("theme %s, %d colours: %s is invisible", t->name, colors,
                     theme_role_name(states[i]));
    }
}

static void every_theme(void **state)
{
    static const char *const themes[] = {"colour-blind", "dark", "high-contrast", "light", "mono"};
    char *dir = xasprintf("%s/themes", getenv("srcdir") ? getenv("srcdir") : ".");
    (void)state;
    setenv("PGDBA_THEMES", dir, 1);
    free(dir);
    for (size_t i = 0; i < sizeof themes / sizeof *themes; i++) {
        struct theme *t;
        struct err e = ERR_INIT;
        struct screen sc;
        struct buf b;
        char name[64];
        if (theme_load(themes[i], &t, &e) != ST_OK)
            fail_msg("%s", err_text(&e));
        screen_init(&sc, SAMPLE_UNREACHABLE, 40, 120);
        sc.v.read_only = true;
        view_open(&sc.v, OVERLAY_PLAN);
        sc.v.plan = screen_plan(&sc.arena, true);
        screen_draw(&sc);
        buf_init(&b);
        dump_styles(&sc.surface, t, &b);
        snprintf(name, sizeof name, "theme-%s", themes[i]);
        golden_compare(name, b.s);
        const int kinds[] = {256, 16, 8, 0};
        for (int k = 0; k < 4; k++)
            check_states(t, kinds[k]);
        buf_release(&b);
        screen_release(&sc);
        theme_free(t);
    }
}

/* ---- overlays ------------------------------------------------------------------------------- */

static void overlay_in(enum overlay o, const char *what, int k, void (*set)(struct screen *sc))
{
    struct screen sc;
    screen_init(&sc, SAMPLE_HEALTHY, sizes[k].rows, sizes[k].cols);
    view_open(&sc.v, o);
    if (set)
        set(&sc);
    golden(&sc, what, false);
    screen_release(&sc);
}

static void set_card(struct screen *sc)
{
    sc->v.card_key = xstrdup("pg2");
}

static void set_pool_card(struct screen *sc)
{
    sc->v.focus = PANE_POOLS;
    sc->v.card_key = xstrdup("pgbouncer/app/alice");
}

static void set_plan(struct screen *sc)
{
    sc->v.plan = screen_plan(&sc->arena, false);
    buf_puts(&sc->v.typed, "pg");
}

static void set_wrong(struct screen *sc)
{
    set_plan(sc);
    sc->v.complaint = xstrdup("\"pg\" is not \"pg2\": nothing was sent");
}

static void set_blocked(struct screen *sc)
{
    sc->v.plan = screen_plan(&sc->arena, true);
}

static void set_running(struct screen *sc)
{
    sc->frame.op = screen_operation(&sc->arena, OP_RUNNING);
}

static void set_left(struct screen *sc)
{
    sc->frame.left =
        "app of b1 is paused, crm of b1 is paused since 2026-11-21 03:11:46 by anna on "
        "ops1";
}

static void set_ended(struct screen *sc)
{
    sc->frame.op = screen_operation(&sc->arena, OP_DONE);
}

static void set_topic(struct screen *sc)
{
    sc->v.help_topic = xstrdup("switchover");
}

static void overlays(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        overlay_in(OVERLAY_CARD, "card-member", k, set_card);
        overlay_in(OVERLAY_CARD, "card-pool", k, set_pool_card);
        overlay_in(OVERLAY_HELP, "help", k, NULL);
        overlay_in(OVERLAY_HELP, "help-switchover", k, set_topic);
        overlay_in(OVERLAY_PLAN, "plan", k, set_plan);
        overlay_in(OVERLAY_PLAN, "plan-wrong-word", k, set_wrong);
        overlay_in(OVERLAY_PLAN, "plan-blocked", k, set_blocked);
        overlay_in(OVERLAY_PROGRESS, "progress-running", k, set_running);
        overlay_in(OVERLAY_PROGRESS, "progress-ended", k, set_ended);
        overlay_in(OVERLAY_QUIT, "quit", k, set_running);
        overlay_in(OVERLAY_NONE, "operation-line", k, set_running);
        overlay_in(OVERLAY_NONE, "left-paused", k, set_left);
    }
}

static void member_menu(void **state)
{
    (void)state;
    for (int k = 0; k < SIZES; k++) {
        struct screen sc;
        screen_init(&sc, SAMPLE_CASCADING, sizes[k].rows, sizes[k].cols);
        view_open(&sc.v, OVERLAY_MENU);
        marks_add(&sc.v.menu, "pg2");
        golden(&sc, "menu", k == 1);
        sc.v.menu_at = 10;
        marks_add(&sc.v.menu, "pg4");
        marks_copy(&sc.v.marks, &sc.v.menu);
        golden(&sc, "menu-marked", false);
        sc.v.menu_at = 5;
        sc.v.ascii = sc.v.read_only = true;
        golden(&sc, "menu-read-only-ascii", k == 1);
        screen_release(&sc);

        screen_init(&sc, SAMPLE_HEALTHY, sizes[k].rows, sizes[k].cols);
        view_open(&sc.v, OVERLAY_MENU);
        marks_add(&sc.v.menu, "pg1");
        sc.v.menu_at = 8;
        sc.v.focus = PANE_TRUTH;
        golden(&sc, "menu-leader", false);
        sc.v.frozen = true;
        golden(&sc, "menu-frozen", false);
        screen_release(&sc);
    }
}

/* Without a socket nothing can be done to a server; with one that may: all of it. */
static void server_menu(void **state)
{
    static const char *const names[] = {"menu-server-no-socket", "menu-server"};
    (void)state;
    for (int i = 0; i < 2 * 2; i++) {
        struct screen sc;
        struct sb *b = sb_new(SB_NOW_US);
        bool socket = i & 1;
        sb_everything(b);
        if (socket)
            sb_ha_socket(b, HA_LEVEL_ADMIN);
        screen_init_of(&sc, sb_take(b), sizes[i / 2].rows, sizes[i / 2].cols);
        view_open(&sc.v, OVERLAY_MENU);
        sc.v.focus = PANE_HAPROXY;
        sc.v.menu_servers = true;
        marks_add(&sc.v.menu, "haproxy ro/pg3");
        golden(&sc, names[socket], false);
        screen_release(&sc);
    }
}

/* Where somebody is woken up: what is possible then, and why the rest is not. */
static void member_menu_in_trouble(void **state)
{
    static const struct {
        enum sample which;
        const char *member, *name;
    } v[] = {{SAMPLE_NO_LEADER, "pg2", "menu-no-leader"},
             {SAMPLE_FROZEN_MEMBER, "pg3", "menu-frozen-member"},
             {SAMPLE_UNREACHABLE, "pg1", "menu-unreachable"},
             {SAMPLE_WIDE_NAMES, NULL, "menu-wide-names"}};
    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        for (int k = 0; k < 2; k++) {
            struct screen sc;
            screen_init(&sc, v[i].which, sizes[k].rows, sizes[k].cols);
            view_open(&sc.v, OVERLAY_MENU);
            for (int m = 0; m < sc.s->nmembers; m++)
                if (!v[i].member || strcmp(sc.s->members[m].name, v[i].member) == 0)
                    marks_add(&sc.v.menu, sc.s->members[m].name);
            sc.v.menu_at = 8;
            golden(&sc, v[i].name, false);
            screen_release(&sc);
        }
    }
}

static void audit_log(void **state)
{
    (void)state;
    for (int k = 0; k < SIZES; k++) {
        struct screen sc;
        struct arena a;
        arena_init(&a);
        struct facts *f = wire_audit_read(scene_audit, strlen(scene_audit), false);
        struct audit_trail t = audit_trail(f->root, &(struct audit_wish){0}, &a);
        screen_init(&sc, SAMPLE_HEALTHY, sizes[k].rows, sizes[k].cols);
        sc.v.audit = audit_view_new(f, &t);
        arena_release(&a);
        view_open(&sc.v, OVERLAY_AUDIT);
        sc.v.audit->at = 1;
        golden(&sc, "audit", k == 1);
        sc.v.audit->at = 2;
        sc.v.audit->details = true;
        golden(&sc, "audit-entry", false);
        screen_release(&sc);
    }
}

static void verdicts_overlay(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct screen sc;
        screen_init(&sc, SAMPLE_NO_LEADER, sizes[k].rows, sizes[k].cols);
        view_open(&sc.v, OVERLAY_VERDICTS);
        golden(&sc, "verdicts", false);
        screen_release(&sc);
    }
}

/* ---- the bottom line ------------------------------------------------------------------------ */

static void bar_in(const char *what, int k, const struct bar_view *bar)
{
    struct screen sc;
    screen_init(&sc, SAMPLE_HEALTHY, sizes[k].rows, sizes[k].cols);
    sc.bar = *bar;
    golden(&sc, what, what[4] == 'e');
    screen_release(&sc);
}

static void command_bar(void **state)
{
    static const char *const matches[] = {"--leader", "--candidate"};
    (void)state;
    for (int k = 0; k < 2; k++) {
        bar_in("bar-plain", k,
               &(struct bar_view){.open = true,
                                  .prompt = ":",
                                  .text = "switchover --",
                                  .cursor = 13,
                                  .hint = "--candidate REPLICA: the replica that is to lead",
                                  .error = "",
                                  .error_start = -1,
                                  .nmatches = 2,
                                  .matches = matches});
        bar_in("bar-error", k,
               &(struct bar_view){.open = true,
                                  .prompt = ":",
                                  .text = "switchover --candidate pg9",
                                  .cursor = 26,
                                  .hint = "",
                                  .error = "there is no member \"pg9\"; did you mean pg2?",
                                  .error_start = 23,
                                  .error_len = 3});
        bar_in("bar-long", k,
               &(struct bar_view){.open = true,
                                  .prompt = "(reverse-i-search)`': ",
                                  .text = "restart データベース三号 データベース三号 "
                                          "データベース三号 データベース三号 end",
                                  .cursor = 98,
                                  .hint = "",
                                  .error = "",
                                  .error_start = -1});
    }
}

static void other_states(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct screen sc;
        screen_init(&sc, SAMPLE_HEALTHY, sizes[k].rows, sizes[k].cols);
        sc.v.frozen = true;
        sc.v.live_us += SB_SEC(12);
        sc.v.live_health = HEALTH_CRITICAL;
        sc.v.read_only = true;
        ((struct snapshot *)(uintptr_t)sc.s)->environment = ENV_PRODUCTION;
        golden(&sc, "frozen", false);
        screen_release(&sc);

        screen_init(&sc, SAMPLE_CASCADING, sizes[k].rows, sizes[k].cols);
        table_state_filter(&sc.v.tables[PANE_TOPOLOGY], "PG4");
        view_say(&sc.v, TR_ERROR, "there is no pane \"lga\"; did you mean lag?");
        golden(&sc, "filtered", false);
        screen_release(&sc);

        screen_init(&sc, SAMPLE_CASCADING, sizes[k].rows, sizes[k].cols);
        sc.v.tables[PANE_TOPOLOGY].sort = 0;
        sc.v.tables[PANE_TOPOLOGY].reverse = true;
        golden(&sc, "sorted", false);
        screen_release(&sc);
    }
    for (int k = 0; k < SIZES; k++) {
        struct screen sc;
        screen_init(&sc, SAMPLE_CASCADING, sizes[k].rows, sizes[k].cols);
        marks_add(&sc.v.marks, "pg2");
        marks_add(&sc.v.marks, "pg4");
        golden(&sc, "marked", false);
        sc.v.focus = PANE_LAG;
        sc.v.ascii = true;
        golden(&sc, "marked-ascii", true);
        screen_release(&sc);
    }
    struct screen sc;
    screen_init(&sc, SAMPLE_HEALTHY, 9, 40);
    golden(&sc, "too-small", false);
    screen_release(&sc);
}

/* ---- watching a failover -------------------------------------------------------------------- */

static void show(struct screen *sc, const struct snapshot *s, int k, enum pane_id focus)
{
    screen_init_of(sc, s, sizes[k].rows, sizes[k].cols);
    sc->v.focus = focus;
}

static void etcd_scenes(void **state)
{
    static const struct {
        const char *name;
        int64_t left_s;
        bool down;
    } v[] = {{"etcd", 22, false}, {"etcd-down", 6, true}, {"etcd-overdue", -1, false}};
    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        for (int k = 0; k < SIZES; k++) {
            char what[64];
            struct screen sc;
            show(&sc, scene_etcd(v[i].left_s, v[i].down), k, PANE_DCS);
            snprintf(what, sizeof what, "%s-dcs", v[i].name);
            golden(&sc, what, false);
            sc.v.focus = PANE_TOPOLOGY;
            snprintf(what, sizeof what, "%s-topology", v[i].name);
            golden(&sc, what, false);
            screen_release(&sc);
        }
    }
    for (int k = 0; k < 3; k++) {
        struct screen sc;
        show(&sc, scene_etcd(22, true), k, PANE_DCS);
        view_open(&sc.v, OVERLAY_CARD);
        sc.v.card_key = xstrdup("http://10.0.1.3:2379");
        golden(&sc, "card-dcs", false);
        sc.v.focus = PANE_TOPOLOGY;
        free(sc.v.card_key);
        sc.v.card_key = xstrdup("pg2");
        sc.v.scroll = k == 2 ? 0 : 22;
        golden(&sc, "card-member-systems", false);
        screen_release(&sc);
    }
}

static void truth_scenes(void **state)
{
    static const struct {
        const char *name;
        bool stray, split;
    } v[] = {{"truth", false, false}, {"truth-stray", true, false}, {"truth-split", false, true}};
    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        for (int k = 0; k < SIZES; k++) {
            struct screen sc;
            show(&sc, scene_truth(v[i].stray, v[i].split), k, PANE_TRUTH);
            golden(&sc, v[i].name, k == 1);
            if (k < 3 && v[i].split) {
                view_open(&sc.v, OVERLAY_CARD);
                sc.v.card_key = xstrdup("pg2");
                golden(&sc, "card-truth", false);
            }
            screen_release(&sc);
        }
    }
}

static void routes_astray(void **state)
{
    (void)state;
    for (int k = 0; k < SIZES; k++) {
        struct screen sc;
        show(&sc, scene_astray(), k, PANE_ROUTES);
        golden(&sc, "routes-astray", k == 1);
        if (k == 1) {
            view_open(&sc.v, OVERLAY_CARD);
            sc.v.card_key = xstrdup("pgbouncer-eu-central-1a.example.net/app");
            golden(&sc, "card-routes-astray", false);
        }
        screen_release(&sc);
    }
}

static void no_etcd(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct screen sc;
        screen_init(&sc, SAMPLE_HEALTHY, sizes[k].rows, sizes[k].cols);
        sc.v.focus = PANE_DCS;
        golden(&sc, "no-etcd-dcs", false);
        screen_release(&sc);
    }
}

static void event_scenes(void **state)
{
    (void)state;
    for (int k = 0; k < SIZES; k++) {
        struct screen sc;
        show(&sc, scene_etcd(28, false), k, PANE_EVENTS);
        scene_events(&sc, 0);
        golden(&sc, "events", false);
        if (k < 3) {
            view_open(&sc.v, OVERLAY_CARD);
            sc.v.card_key = xstrdup("6");
            golden(&sc, "card-event", false);
            view_open(&sc.v, OVERLAY_NONE);
        }
        sc.v.tables[PANE_EVENTS].selected = xstrdup("9");
        sc.v.tables[PANE_EVENTS].below = 1;
        golden(&sc, "events-scrolled", false);
        screen_release(&sc);

        show(&sc, scene_etcd(28, false), k, PANE_EVENTS);
        scene_events(&sc, SB_SEC(5));
        sc.v.frozen = true;
        sc.v.live_us += SB_SEC(6);
        golden(&sc, "events-frozen", false);
        screen_release(&sc);
    }
}

static void failover_scenes(void **state)
{
    static const char *const names[] = {[MOMENT_SILENT] = "failover-silent",
                                        [MOMENT_OVERDUE] = "failover-overdue",
                                        [MOMENT_PROMOTED] = "failover-promoted",
                                        [MOMENT_ENDED] = "failover-ended"};
    (void)state;
    for (int m = MOMENT_SILENT; m <= MOMENT_ENDED; m++) {
        for (int k = 0; k < SIZES; k++) {
            struct screen sc;
            show(&sc, scene_etcd(m == MOMENT_SILENT ? 8 : 28, false), k, PANE_FAILOVERS);
            scene_failovers(&sc, (enum moment)m);
            scene_events(&sc, -SB_SEC(24));
            golden(&sc, names[m], k == 1);
            if (k < 3 && m == MOMENT_ENDED) {
                view_open(&sc.v, OVERLAY_CARD);
                sc.v.card_key = xstrdup("3");
                golden(&sc, "card-failover", false);
                free(sc.v.card_key);
                sc.v.card_key = xstrdup("1");
                golden(&sc, "card-failover-coarse", false);
            }
            screen_release(&sc);
        }
    }
    struct screen sc;
    show(&sc, scene_etcd(8, false), 1, PANE_FAILOVERS);
    scene_failovers(&sc, MOMENT_PROMOTED);
    sc.v.ascii = true;
    golden(&sc, "failover-ascii", false);
    screen_release(&sc);
}

/* One began while a plan is read: nothing is taken away, but it is said. */
static void failover_while_busy(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct screen sc;
        show(&sc, scene_etcd(8, false), k, PANE_TOPOLOGY);
        scene_failovers(&sc, MOMENT_SILENT);
        view_open(&sc.v, OVERLAY_PLAN);
        sc.v.plan = screen_plan(&sc.arena, false);
        sc.v.failover_waits = true;
        golden(&sc, "failover-waits", false);
        screen_release(&sc);
    }
}

static void recordings(void **state)
{
    (void)state;
    for (int k = 0; k < SIZES; k++) {
        struct screen sc;
        show(&sc, scene_etcd(22, false), k, PANE_TOPOLOGY);
        scene_recording(&sc);
        golden(&sc, "recording", false);
        screen_release(&sc);

        show(&sc, scene_etcd(22, false), k, PANE_TOPOLOGY);
        scene_replay(&sc, true, "");
        golden(&sc, "replay", false);
        view_open(&sc.v, OVERLAY_HELP);
        golden(&sc, "replay-help", false);
        screen_release(&sc);

        show(&sc, scene_etcd(22, false), k, PANE_TOPOLOGY);
        scene_replay(&sc, false, "stops at line 812: truncated");
        golden(&sc, "replay-broken", false);
        screen_release(&sc);
    }
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_in_every_size),
        cmocka_unit_test(every_pane_where_one_is_shown),
        cmocka_unit_test(roles),
        cmocka_unit_test(ascii),
        cmocka_unit_test(every_theme),
        cmocka_unit_test(overlays),
        cmocka_unit_test(member_menu),
        cmocka_unit_test(member_menu_in_trouble),
        cmocka_unit_test(server_menu),
        cmocka_unit_test(audit_log),
        cmocka_unit_test(verdicts_overlay),
        cmocka_unit_test(command_bar),
        cmocka_unit_test(other_states),
        cmocka_unit_test(etcd_scenes),
        cmocka_unit_test(truth_scenes),
        cmocka_unit_test(routes_astray),
        cmocka_unit_test(no_etcd),
        cmocka_unit_test(event_scenes),
        cmocka_unit_test(failover_scenes),
        cmocka_unit_test(failover_while_busy),
        cmocka_unit_test(recordings),
    };
    return cmocka_run_group_tests_name("golden screens", tests, NULL, NULL);
}
