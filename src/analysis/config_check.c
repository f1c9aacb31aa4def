#include "pgdba/analysis/config_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"

/* ---- what changes --------------------------------------------------------------------------- */

const struct config_change *config_changes(const struct dyn_settings *before,
                                           const struct dyn_settings *after, struct arena *a,
                                           int *n)
{
    struct config_change *v =
        arena_array(a, (size_t)before->n + (size_t)after->n, struct config_change);
    int i = 0, k = 0;
    *n = 0;
    while (i < before->n || k < after->n) {
        int c = i == before->n  ? 1
                : k == after->n ? -1
                                : strcmp(before->v[i].path, after->v[k].path);
        struct config_change change = {.path = c <= 0 ? before->v[i].path : after->v[k].path};
        if (c <= 0)
            change.before = before->v[i++].value;
        if (c >= 0)
            change.after = after->v[k++].value;
        if (!change.before || !change.after || strcmp(change.before, change.after) != 0)
            v[(*n)++] = change;
    }
    return v;
}

/* ---- what Patroni knows --------------------------------------------------------------------- */

enum wanted { WANT_INT, WANT_BOOL, WANT_BOOL_OR_QUORUM, WANT_TEXT, WANT_ANY };

/* Patroni's documentation, "Dynamic Configuration Settings", 4.1; least as reference §2.9 has it. A
 * path that ends with a dot is all below it. */
static const struct known {
    const char *path;
    enum wanted wants;
    int64_t least;
} known[] = {
    {"ttl", WANT_INT, 20},
    {"loop_wait", WANT_INT, 1},
    {"retry_timeout", WANT_INT, 3},
    {"maximum_lag_on_failover", WANT_INT, 0},
    {"maximum_lag_on_syncnode", WANT_INT, -1},
    {"max_timelines_history", WANT_INT, 0},
    {"primary_start_timeout", WANT_INT, 0},
    {"master_start_timeout", WANT_INT, 0},
    {"primary_stop_timeout", WANT_INT, 0},
    {"master_stop_timeout", WANT_INT, 0},
    {"member_slots_ttl", WANT_ANY, 0},
    {"synchronous_mode", WANT_BOOL_OR_QUORUM, 0},
    {"synchronous_mode_strict", WANT_BOOL, 0},
    {"synchronous_node_count", WANT_INT, 1},
    {"check_timeline", WANT_BOOL, 0},
    {"failsafe_mode", WANT_BOOL, 0},
    {"pause", WANT_BOOL, 0},
    {"postgresql.use_pg_rewind", WANT_BOOL, 0},
    {"postgresql.use_slots", WANT_BOOL, 0},
    {"postgresql.remove_data_directory_on_rewind_failure", WANT_BOOL, 0},
    {"postgresql.remove_data_directory_on_diverged_timelines", WANT_BOOL, 0},
    {"postgresql.", WANT_ANY, 0},
    {"standby_cluster.port", WANT_INT, 1},
    {"standby_cluster.host", WANT_TEXT, 0},
    {"standby_cluster.", WANT_ANY, 0},
    {"slots", WANT_ANY, 0},
    {"slots.", WANT_ANY, 0},
    {"ignore_slots", WANT_ANY, 0},
    {"standby_cluster", WANT_ANY, 0},
    {"postgresql", WANT_ANY, 0},
};

static const struct known *find_known(const char *path)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i].path);
        bool all_below = known[i].path[n - 1] == '.';
        if (all_below ? strncmp(path, known[i].path, n) == 0 : strcmp(path, known[i].path) == 0)
            return &known[i];
    }
    return NULL;
}

/* ---- one result after the other ------------------------------------------------------------- */

struct checking {
    const struct dyn_settings *before, *after;
    struct arena *a;
    struct check_result *v;
    int n, cap;
};

static void say(struct checking *c, const char *check, enum check_verdict verdict, const char *fmt,
                ...) __attribute__((format(printf, 4, 5)));

static void say(struct checking *c, const char *check, enum check_verdict verdict, const char *fmt,
                ...)
{
    va_list ap;
    if (c->n == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 16;
        c->v = xrealloc(c->v, (size_t)c->cap * sizeof *c->v);
    }
    va_start(ap, fmt);
    c->v[c->n++] = (struct check_result){
        .check = check, .verdict = verdict, .reason = arena_vprintf(c->a, fmt, ap)};
    va_end(ap);
}

static bool is_boolean(const struct dyn_setting *s)
{
    static const char *const words[] = {"true", "false", "on", "off", "yes", "no", "1", "0"};
    if (s->type == DYN_BOOL)
        return true;
    for (size_t i = 0; s->type == DYN_TEXT && i < sizeof words / sizeof *words; i++)
        if (strcmp(s->text, words[i]) == 0)
            return true;
    return false;
}

static bool is_number(const struct dyn_setting *s)
{
    int64_t v;
    return s->type == DYN_INT || (s->type == DYN_TEXT && fmt_parse_int(s->text, &v));
}

static void check_type(struct checking *c, const struct dyn_setting *s, const struct known *k)
{
    const char *path = s->path;
    if (s->type == DYN_NULL)
        say(c, "config-type", CHECK_WARN, "%s: null is kept as it is and means nothing", path);
    else if (k->wants == WANT_INT && !is_number(s))
        say(c, "config-type", CHECK_BLOCK, "%s: a whole number is wanted, not %s", path, s->value);
    else if (k->wants == WANT_INT && s->number < k->least)
        say(c, "config-type", CHECK_BLOCK, "%s: at least %" PRId64 " is wanted, not %s", path,
            k->least, s->value);
    else if (k->wants == WANT_BOOL && !is_boolean(s))
        say(c, "config-type", CHECK_BLOCK, "%s: true or false is wanted, not %s", path, s->value);
    else if (k->wants == WANT_BOOL_OR_QUORUM && !is_boolean(s) &&
             !(s->type == DYN_TEXT && strcmp(s->text, "quorum") == 0))
        say(c, "config-type", CHECK_BLOCK, "%s: true, false or quorum is wanted, not %s", path,
            s->value);
    else if (k->wants == WANT_TEXT && s->type != DYN_TEXT)
        say(c, "config-type", CHECK_BLOCK, "%s: a text is wanted, not %s", path, s->value);
    else
        say(c, "config-type", CHECK_PASS, "%s: %s", path, s->value);
}

/* ---- PostgreSQL's parameters ---------------------------------------------------------------- */

static const char parameters[] = "postgresql.parameters.";

static void check_parameter(struct checking *c, const struct config_change *change)
{
    const char *name = change->path + sizeof parameters - 1;
    size_t n = strlen(name);
    char *plain = *name == '"' && n > 1 ? xstrndup(name + 1, n - 2) : xstrdup(name); /* a."b.c" */
    if (config_needs_restart(plain))
        say(c, "config-restart", CHECK_WARN,
            "%s takes effect only when PostgreSQL is restarted: restart --pending, afterwards",
            plain);
    else
        say(c, "config-restart", CHECK_PASS,
            "%s takes effect without a restart, as far as is known", plain);
    free(plain);
}

/* Patroni sets these itself and passes over what stands here. */
static const char *const patronis_own[] = {"listen_addresses",
                                           "port",
                                           "cluster_name",
                                           "hot_standby",
                                           "wal_log_hints",
                                           "primary_conninfo",
                                           "primary_slot_name",
                                           "synchronous_standby_names",
                                           "recovery_target_timeline"};

static void check_own(struct checking *c, const struct config_change *change)
{
    const char *name = change->path + sizeof parameters - 1;
    for (size_t i = 0; i < sizeof patronis_own / sizeof *patronis_own; i++)
        if (strcmp(name, patronis_own[i]) == 0)
            say(c, "config-unknown", CHECK_WARN,
                "%s is Patroni's to set: what stands here has no effect", name);
}

/* ---- between settings ----------------------------------------------------------------------- */

static int64_t number_or(const struct dyn_settings *s, const char *path, int64_t unset)
{
    const struct dyn_setting *v = dyn_find(s, path);
    return v && is_number(v) ? v->number : unset;
}

static void check_timing(struct checking *c)
{
    int64_t ttl = number_or(c->after, "ttl", 30), wait = number_or(c->after, "loop_wait", 10),
            retry = number_or(c->after, "retry_timeout", 10);
    if (wait + 2 * retry > ttl)
        say(c, "config-timing", CHECK_BLOCK,
            "ttl %" PRId64 " is less than loop_wait %" PRId64 " + 2 x retry_timeout %" PRId64
            " = %" PRId64 ": Patroni changes them by itself, and a slow DCS costs the lock",
            ttl, wait, retry, wait + 2 * retry);
    else
        say(c, "config-timing", CHECK_PASS,
            "ttl %" PRId64 " is enough for loop_wait %" PRId64 " + 2 x retry_timeout %" PRId64, ttl,
            wait, retry);
}

static bool is_timing(const char *path)
{
    return strcmp(path, "ttl") == 0 || strcmp(path, "loop_wait") == 0 ||
           strcmp(path, "retry_timeout") == 0;
}

static void check_change(struct checking *c, const struct config_change *change)
{
    const struct known *k = find_known(change->path);
    const struct dyn_setting *s = change->after ? dyn_find(c->after, change->path) : NULL;
    if (!k)
        say(c, "config-unknown", CHECK_WARN, "%s is not a setting that Patroni is known to read",
            change->path);
    else if (s)
        check_type(c, s, k);
    if (strncmp(change->path, parameters, sizeof parameters - 1) == 0) {
        check_parameter(c, change);
        check_own(c, change);
    }
}

const struct check_result *config_check(const struct dyn_settings *before,
                                        const struct dyn_settings *after, struct arena *a, int *n)
{
    struct checking c = {.before = before, .after = after, .a = a};
    bool timing = false;
    int changes;
    const struct config_change *v = config_changes(before, after, a, &changes);
    for (int i = 0; i < changes; i++) {
        check_change(&c, &v[i]);
        timing = timing || is_timing(v[i].path);
    }
    if (timing)
        check_timing(&c);
    const struct check_result *out = arena_memdup(a, c.v, (size_t)c.n * sizeof *c.v);
    free(c.v);
    *n = c.n;
    return out;
}
