/* analysis/whom: who "the leader" and "a replica" are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/whom.h"
#include "snapshot_builder.h"

static void same(struct sb *b)
{
    (void)b;
}
static void pg2_stands(struct sb *b)
{
    static const char *const only[] = {"pg3", NULL};
    sb_streams(b, "pg1", only);
}
static void pg2_down(struct sb *b)
{
    sb_row(b, "pg2")->state = PGS_STOPPED;
    sb_health(b, "pg2")->state = PGS_STOPPED;
}
static void all_down(struct sb *b)
{
    pg2_down(b);
    sb_row(b, "pg3")->state = PGS_STOPPED;
    sb_health(b, "pg3")->state = PGS_STOPPED;
}
static void leaderless(struct sb *b)
{
    sb_no_leader(b, SB_SEC(9));
}
static void nobody(struct sb *b)
{
    leaderless(b);
    all_down(b);
    sb_row(b, "pg1")->state = PGS_STOPPED;
    sb_health(b, "pg1")->state = PGS_STOPPED;
}
static void old(struct sb *b)
{
    sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(12));
}
static void never(struct sb *b)
{
    sb_never_answered(b, &b->s->view, OBS_REFUSED);
}
static void homeless(struct sb *b)
{
    sb_row(b, "pg1")->host = NULL;
}
static void gone(struct sb *b)
{
    sb_vanish(b, "pg2", SB_SEC(30));
}

static const struct whom_case {
    void (*change)(struct sb *b);
    enum member_role role;
    const char *name, *found, *error; /* found NULL: error */
    enum status status;
} cases[] = {
    {same, MEMBERS_NAMED, "pg2", "pg2", NULL, ST_OK},
    {same, MEMBERS_NAMED, "pg9", NULL, "has no member \"pg9\"; did you mean", ST_NOT_FOUND},
    {gone, MEMBERS_NAMED, "pg2", "pg2", NULL, ST_OK}, /* it may still be reached */
    {homeless, MEMBERS_NAMED, "pg1", NULL, "where the PostgreSQL of pg1 listens", ST_UNREACHABLE},
    {old, MEMBERS_NAMED, "pg1", "pg1", NULL, ST_OK},
    {same, MEMBERS_LEADER, NULL, "pg1", NULL, ST_OK},
    {leaderless, MEMBERS_LEADER, NULL, NULL, "has no leader now", ST_NOT_FOUND},
    {old, MEMBERS_LEADER, NULL, NULL, "the last word is 12.0 s old (timed out)", ST_UNREACHABLE},
    {old, MEMBERS_REPLICAS, NULL, NULL, "the last word is", ST_UNREACHABLE},
    {never, MEMBERS_LEADER, NULL, NULL, "is not known", ST_UNREACHABLE},
    {same, MEMBERS_REPLICAS, NULL, "pg2", NULL, ST_OK},
    {pg2_stands, MEMBERS_REPLICAS, NULL, "pg3", NULL, ST_OK},
    {pg2_down, MEMBERS_REPLICAS, NULL, "pg3", NULL, ST_OK},
    {gone, MEMBERS_REPLICAS, NULL, "pg3", NULL, ST_OK},
    {all_down, MEMBERS_REPLICAS, NULL, NULL, "has no replica that runs now", ST_NOT_FOUND},
    {same, MEMBERS_ALL, NULL, "pg1", NULL, ST_OK},
    {leaderless, MEMBERS_ALL, NULL, "pg2", NULL, ST_OK},
    {nobody, MEMBERS_ALL, NULL, NULL, "has no member that runs now", ST_NOT_FOUND},
};

static void who_is_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct whom_case *c = &cases[i];
        struct sb *b = sb_new(SB_NOW_US);
        struct err e = ERR_INIT;
        const struct member *m = NULL;
        c->change(b);
        const struct snapshot *s = sb_take(b);
        enum status st = whom_find(s, c->role, c->name, SB_NOW_US, &m, &e);
        if (st != c->status || (c->found && (!m || strcmp(m->name, c->found) != 0)) ||
            (c->error && !strstr(err_text(&e), c->error)))
            fail_msg("case %zu: %d, %s, %s", i, (int)st, m && st == ST_OK ? m->name : "nobody",
                     st == ST_OK ? "" : err_text(&e));
        err_release(&e);
        snapshot_unref(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_meant)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
