/* analysis/sql_effects: what is kept from a query that is said to read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/sql_effects.h"

static void what_reads_is_let_through(void **state)
{
    static const char *const plain[] = {
        "",
        "select 1",
        "select * from pg_stat_replication",
        "select slot_name from pg_replication_slots",
        "select * from pg_replication_origin_status",
        "select pg_is_in_recovery(), pg_last_wal_replay_lsn(), pg_current_wal_lsn()",
        "select pg_backup_start_time from x where pgxpromote",
        "table copy",
        "select 1 as call",
        "show lock_timeout",
        "with do_it as (select 1) select * from do_it",
        "-- do\nselect 1",
        "/* do */ (select 1)",
        "lock_it",
        "/* never ends",
    };
    struct arena a;
    (void)state;
    arena_init(&a);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        const char *word = sql_effect(plain[i], &a);
        /* Its name begins as a function does: that once too often is asked for is no harm. */
        if (i == 6)
            assert_string_equal(word, "pg_backup_start_time");
        else if (word)
            fail_msg("\"%s\" is kept from %s", word, plain[i]);
    }
    arena_release(&a);
}

static void what_acts_is_named(void **state)
{
    static const struct {
        const char *sql, *word;
    } cases[] = {
        {"select pg_promote()", "pg_promote"},
        {"SELECT Pg_Catalog.PG_Promote(false)", "PG_Promote"},
        {"select \"pg_terminate_backend\"(pid) from pg_stat_activity", "pg_terminate_backend"},
        {"select pg_rotate_logfile_old()", "pg_rotate_logfile_old"},
        {"select query_to_xml('select pg_switch_wal()', true, true, '')", "pg_switch_wal"},
        {"select 1 where pg_wal_replay_pause() is null", "pg_wal_replay_pause"},
        {"select pg_stat_reset_shared('wal')", "pg_stat_reset_shared"},
        {"select * from dblink_exec('x', 'drop table y')", "dblink_exec"},
        {"COPY (select 1) to program 'touch /tmp/x'", "COPY"},
        {" ;\n-- only a look\n/* really */ Do $$ begin end $$", "Do"},
        {"call p()", "call"},
        {"call", "call"},
        {"checkpoint", "checkpoint"},
    };
    struct arena a;
    (void)state;
    arena_init(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *word = sql_effect(cases[i].sql, &a);
        if (!word || strcmp(word, cases[i].word) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].sql, word ? word : "nothing",
                     cases[i].word);
    }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_reads_is_let_through),
        cmocka_unit_test(what_acts_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
