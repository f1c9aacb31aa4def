#define _GNU_SOURCE 1
#include "pgdba/analysis/sql_effects.h"

#include <string.h>
#include <strings.h>

/* Each is the beginning of a name. PostgreSQL, "System Administration Functions", and what comes
 * with it as extensions. */
static const char *const calls[] = {"dblink",
                                    "lo_export",
                                    "pg_backup_start",
                                    "pg_backup_stop",
                                    "pg_cancel_backend",
                                    "pg_copy_logical_replication_slot",
                                    "pg_copy_physical_replication_slot",
                                    "pg_create_logical_replication_slot",
                                    "pg_create_physical_replication_slot",
                                    "pg_create_restore_point",
                                    "pg_drop_replication_slot",
                                    "pg_file_",
                                    "pg_log_backend_memory_contexts",
                                    "pg_log_standby_snapshot",
                                    "pg_logical_emit_message",
                                    "pg_logical_slot_get_",
                                    "pg_notify",
                                    "pg_promote",
                                    "pg_reload_conf",
                                    "pg_replication_origin_advance",
                                    "pg_replication_origin_create",
                                    "pg_replication_origin_drop",
                                    "pg_replication_slot_advance",
                                    "pg_rotate_logfile",
                                    "pg_start_backup",
                                    "pg_stat_reset",
                                    "pg_stat_statements_reset",
                                    "pg_stop_backup",
                                    "pg_switch_wal",
                                    "pg_sync_replication_slots",
                                    "pg_terminate_backend",
                                    "pg_wal_replay_pause",
                                    "pg_wal_replay_resume"};

/* Statements of which nobody can say what they do, or that reach what is outside of it. */
static const char *const statements[] = {"call", "checkpoint", "copy", "do", "load", "notify"};

#define COUNT(v) (sizeof(v) / sizeof *(v))

static size_t word_length(const char *s)
{
    return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

static const char *after_comment(const char *s)
{
    const char *end = s[0] == '-' ? strchr(s, '\n') : strstr(s, "*/");

    return end ? end + (s[0] == '-' ? 1 : 2) : s + strlen(s);
}

/* Where the statement begins. */
static const char *first_word(const char *s)
{
    for (;;) {
        s += strspn(s, " \t\r\n\f\v(;");
        if (strncmp(s, "--", 2) != 0 && strncmp(s, "/*", 2) != 0)
            return s;
        s = after_comment(s);
    }
}

static bool is_statement(const char *word, size_t n)
{
    for (size_t i = 0; i < COUNT(statements); i++)
        if (strlen(statements[i]) == n && strncasecmp(word, statements[i], n) == 0)
            return true;
    return false;
}

static bool is_call(const char *word)
{
    for (size_t i = 0; i < COUNT(calls); i++)
        if (strncasecmp(word, calls[i], strlen(calls[i])) == 0)
            return true;
    return false;
}

/* Where it stands, *n its length; NULL nowhere. */
static const char *find(const char *sql, size_t *n)
{
    const char *first = first_word(sql);

    *n = word_length(first);
    if (is_statement(first, *n))
        return first;
    for (const char *s = sql; *s; s += *n ? *n : 1) {
        *n = word_length(s);
        if (*n && is_call(s))
            return s;
    }
    return NULL;
}

const char *sql_effect(const char *sql, struct arena *a)
{
    size_t n;
    const char *word = find(sql, &n);

    return word ? arena_strndup(a, word, n) : NULL;
}

bool sql_in_pieces(const char *sql)
{
    static const char *const pieces[] = {"alter system", "analyze", "analyse",
                                         "cluster",      "reindex", "vacuum"};
    const char *first = first_word(sql);
    size_t n;

    if (strcasestr(sql, "concurrently") || find(sql, &n))
        return true;
    for (size_t i = 0; i < COUNT(pieces); i++) {
        n = strlen(pieces[i]);
        if (strncasecmp(first, pieces[i], n) == 0 && strchr(" \t\r\n;($", first[n]))
            return true;
    }
    return false;
}
