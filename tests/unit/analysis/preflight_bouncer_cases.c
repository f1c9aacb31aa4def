/* The checks before something is sent to PgBouncers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "preflight_cases.h"

static const char *const b1[] = {"pgbouncer"}, *const app[] = {"app"}, *const crm[] = {"crm"};

#define ON_B1       .nbouncers = 1, .bouncers = b1
#define APP_ON_B1   ON_B1, .ndatabases = 1, .databases = app
#define OTHER_ON_B1 ON_B1, .ndatabases = 1, .databases = crm

static const struct request pause_app = {.kind = ACT_PGB_PAUSE, APP_ON_B1},
                            pause_all = {.kind = ACT_PGB_PAUSE, ON_B1, .whole = true},
                            pause_crm = {.kind = ACT_PGB_PAUSE, OTHER_ON_B1},
                            resume_crm = {.kind = ACT_PGB_RESUME, OTHER_ON_B1},
                            reconnect_crm = {.kind = ACT_PGB_RECONNECT, OTHER_ON_B1},
                            reload = {.kind = ACT_PGB_RELOAD, ON_B1},
                            enable_crm = {.kind = ACT_PGB_ENABLE, OTHER_ON_B1},
                            disable_crm = {.kind = ACT_PGB_DISABLE, OTHER_ON_B1},
                            kill_crm = {.kind = ACT_PGB_KILL, OTHER_ON_B1},
                            kill_app = {.kind = ACT_PGB_KILL, APP_ON_B1},
                            kill_one = {.kind = ACT_PGB_KILL, ON_B1, .client = "17"},
                            set = {.kind = ACT_PGB_SET, ON_B1},
                            shut = {.kind = ACT_PGB_SHUTDOWN, ON_B1},
                            shut_slowly = {.kind = ACT_PGB_SHUTDOWN, ON_B1, .drain = "clients"},
                            hold_app = {.kind = ACT_HOLD, APP_ON_B1},
                            hold_to_pg1 = {.kind = ACT_HOLD, APP_ON_B1, .candidate = "pg1"},
                            hold_crm = {.kind = ACT_HOLD, OTHER_ON_B1};

static struct bouncer *bouncer(struct sb *b)
{
    return &b->bouncers[0];
}

static void same(struct sb *b)
{
    (void)b;
}

static void silent(struct sb *b)
{
    sb_fail(b, &bouncer(b)->pools_state, OBS_TIMED_OUT, SB_SEC(12));
}

/* Its file names a member's own address. */
static void wired(struct sb *b)
{
    sb_database(b, 0, 0)->host = sb_row(b, "pg1")->host;
    sb_database(b, 0, 0)->port = sb_row(b, "pg1")->port;
}

static void never(struct sb *b)
{
    sb_never_answered(b, &bouncer(b)->pools_state, OBS_REFUSED);
}

static void newer(struct sb *b)
{
    bouncer(b)->version = (struct pgb_version){12401, "PgBouncer 1.24.1"};
}

static void each_pool(struct sb *b, void (*change)(struct pgb_pool *p))
{
    for (int i = 0; i < bouncer(b)->pools->n; i++)
        if (strcmp(sb_pool(b, 0, i)->database, "app") == 0)
            change(sb_pool(b, 0, i));
}

static void make_session(struct pgb_pool *p)
{
    p->pool_mode = "session";
}

static void make_waiting(struct pgb_pool *p)
{
    p->cl_waiting = 3;
    p->maxwait_us = SB_SEC(4);
}

static void make_calm(struct pgb_pool *p)
{
    p->cl_waiting = p->maxwait_us = 0;
}

static void make_empty(struct pgb_pool *p)
{
    p->cl_waiting = p->cl_active = 0;
}

static void session(struct sb *b)
{
    each_pool(b, make_session);
}

static void waiting(struct sb *b)
{
    each_pool(b, make_waiting);
}

static void calm(struct sb *b)
{
    each_pool(b, make_calm);
}

static void empty(struct sb *b)
{
    each_pool(b, make_empty);
}

static void paused(struct sb *b)
{
    sb_database(b, 0, 0)->paused = true;
}

static void all_paused(struct sb *b)
{
    bouncer(b)->globals.paused = TRI_YES;
}

static void acts(struct sb *b)
{
    static const struct acting one[] = {{"anna", "ops1", "restart", "pgdba restart pg2", 4711, 0}};
    static const struct acting_list list = {1, one};

    sb_etcd(b);
    b->s->acting = &list;
}

#define EACH(check, make, verdict, text)                                                       \
    {check, &pause_crm, make, verdict, text}, {check, &resume_crm, make, verdict, text},       \
        {check, &reconnect_crm, make, verdict, text}, {check, &reload, make, verdict, text},   \
        {check, &enable_crm, make, verdict, text}, {check, &disable_crm, make, verdict, text}, \
        {check, &kill_crm, make, verdict, text}, {check, &set, make, verdict, text},           \
    {                                                                                          \
        check, &shut, make, verdict, text                                                      \
    }

const struct preflight_case preflight_bouncer_cases[] = {
    EACH("others-acting", acts, CHECK_WARN, "anna on ops1 is doing this now"),
    EACH("bouncer-answers", same, CHECK_PASS, "pgbouncer answers: PgBouncer 1.18.0"),
    {"bouncer-answers", &pause_app, silent, CHECK_BLOCK, "pgbouncer answered last 12"},
    {"bouncer-answers", &set, silent, CHECK_WARN, "pgbouncer answered last 12"},
    {"bouncer-answers", &hold_app, silent, CHECK_BLOCK, "pgbouncer answered last 12"},
    {"bouncer-answers", &hold_app, never, CHECK_BLOCK, "pgbouncer does not answer"},
    {"bouncer-answers", &shut, never, CHECK_WARN, "pgbouncer does not answer"},
    {"bouncer-version", &kill_one, same, CHECK_BLOCK, "from 1.24 on"},
    {"bouncer-version", &kill_one, newer, CHECK_PASS, "new enough"},
    {"bouncer-version", &shut_slowly, same, CHECK_BLOCK, "came with 1.23"},
    {"bouncer-version", &shut_slowly, newer, CHECK_PASS, "new enough"},
    {"bouncer-version", &kill_app, same, ABSENT, NULL},
    {"bouncer-databases", &pause_app, same, CHECK_PASS, "app"},
    {"bouncer-databases", &pause_crm, same, CHECK_BLOCK, "pgbouncer has no database crm"},
    {"bouncer-databases", &resume_crm, same, CHECK_PASS, "crm is not listed by pgbouncer"},
    {"bouncer-databases", &reconnect_crm, same, CHECK_BLOCK, "pgbouncer has no database crm"},
    {"bouncer-databases", &enable_crm, same, CHECK_BLOCK, "pgbouncer has no database crm"},
    {"bouncer-databases", &disable_crm, same, CHECK_BLOCK, "pgbouncer has no database crm"},
    {"bouncer-databases", &kill_crm, same, CHECK_BLOCK, "pgbouncer has no database crm"},
    {"bouncer-databases", &hold_crm, same, CHECK_BLOCK, "pgbouncer has no database crm"},
    {"bouncer-databases", &pause_all, same, ABSENT, NULL},
    {"bouncer-databases", &hold_app, same, CHECK_PASS, "app of pgbouncer is at"},
    {"bouncer-databases", &hold_app, wired, CHECK_WARN, "app of pgbouncer is wired to pg1"},
    {"bouncer-databases", &hold_to_pg1, wired, CHECK_PASS, "app of pgbouncer is at"},
    {"bouncer-databases", &pause_app, wired, CHECK_PASS, "app of pgbouncer is at"},
    {"bouncer-paused", &pause_app, same, CHECK_PASS, "none of it is paused"},
    {"bouncer-paused", &pause_app, paused, CHECK_BLOCK, "app is paused on pgbouncer already"},
    {"bouncer-paused", &pause_all, paused, CHECK_PASS, "none of it"}, /* another switch */
    {"bouncer-paused", &pause_app, all_paused, CHECK_BLOCK, "is paused as a whole already"},
    {"bouncer-paused", &hold_app, paused, CHECK_BLOCK, "app is paused on pgbouncer already"},
    {"bouncer-mode", &pause_app, same, CHECK_PASS, "no pool of it is by session"},
    {"bouncer-mode", &pause_app, session, CHECK_WARN, "pools by session on pgbouncer"},
    {"bouncer-mode", &hold_app, session, CHECK_BLOCK, "pools by session on pgbouncer"},
    {"bouncer-waiting", &pause_app, calm, CHECK_PASS, "0 clients wait"},
    {"bouncer-waiting", &pause_app, waiting, CHECK_WARN, "clients wait already, the first for 4"},
    {"bouncer-waiting", &hold_app, waiting, CHECK_WARN, "clients wait already, the first for 4"},
    {"bouncer-cut", &kill_app, calm, CHECK_WARN, "cut off"},
    {"bouncer-cut", &kill_app, empty, CHECK_PASS, "no client"},
    {"bouncer-cut", &kill_one, same, ABSENT, NULL},
    {"bouncer-cut", &shut, same, CHECK_WARN, "cut off"},
};
const int preflight_nbouncer = sizeof preflight_bouncer_cases / sizeof *preflight_bouncer_cases;
