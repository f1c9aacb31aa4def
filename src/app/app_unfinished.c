/* What an earlier run of this program began and did not see the end of: said once, when the cluster
 * has been looked at. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_private.h"
#include "pgdba/analysis/unfinished.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/path.h"
#include "pgdba/wire/dynamic.h"

/* Another console of ours may still be following it; on another host nobody here can tell. */
bool app_may_run(const char *host, int64_t pid)
{
    char here[256] = "";
    if (gethostname(here, sizeof here - 1) != 0 || !host || strcmp(here, host) != 0)
        return true;
    return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno != ESRCH);
}

static void tell(struct app *a, const struct audit_line *l, const char *since)
{
    char at[FMT_MAX];
    int64_t mono = clock_mono(a->opt.clock);
    char *text = xasprintf("%s of %s by %s was left without an end: %s (%s)", l->action,
                           fmt_time_local(at, l->wall_us), l->user, since, l->command);
    struct event e = {.mono_us = mono,
                      .wall_us = clock_wall(a->opt.clock),
                      .not_before_us = mono,
                      .kind = EV_OPERATION,
                      .source = SYS_PGDBA,
                      .grade = HEALTH_DEGRADED,
                      .subject = "",
                      .now = "not followed to its end",
                      .text = text,
                      .evidence = l->command};
    story_add(a->story, &e);
    app_error(a, text);
    free(text);
}

/* Does the configuration say what the request wanted? A value that the log hides cannot be
 * compared.
 */
static enum tristate configured(const struct snapshot *s, const struct audit_line *l)
{
    const char *patch = l->nrequests ? l->requests[0].body : "", *now;
    enum tristate out = TRI_UNKNOWN;
    struct buf merged;
    now = s->config && s->config_state.outcome == OBS_ANSWERED ? s->config->text : NULL;
    if (!now || *patch != '{' || strstr(patch, "\"***\""))
        return out;
    buf_init(&merged);
    if (wire_dynamic_merge(now, patch, &merged, NULL) == ST_OK) {
        struct buf diff;
        buf_init(&diff);
        if (wire_dynamic_diff(now, merged.s, &diff, NULL) == ST_OK)
            out = strcmp(diff.s, "{}") == 0 ? TRI_YES : TRI_NO;
        buf_release(&diff);
    }
    buf_release(&merged);
    return out;
}

static void look_back(struct app *a, const struct audit_lines *lines)
{
    struct arena arena;
    int n;
    arena_init(&arena);
    const struct audit_line *const *v = unfinished_intents(lines, a->config->name, &arena, &n);
    for (int i = 0; i < n; i++) {
        struct err e = ERR_INIT;
        if (app_may_run(v[i]->host, v[i]->pid))
            continue;
        const char *since =
            unfinished_since(v[i], a->published, configured(a->published, v[i]), &arena);
        tell(a, v[i], since);
        if (app_need_audit(a, &e) != ST_OK || audit_found(a->audit, v[i], since, &e) != ST_OK)
            app_error(a, err_text(&e));
        err_release(&e);
    }
    arena_release(&arena);
}

enum { READ_AT_LEISURE = 16 << 20 };

enum status app_audit(struct app *a, bool wait, struct facts **out, struct err *e)
{
    char *path = path_state("audit.jsonl");
    enum status st = audit_read(path, wait ? READ_AT_LEISURE : AUDIT_READ_MOST, out, e);
    (void)a;
    free(path);
    return st;
}

void app_look_back(struct app *a)
{
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    if (a->looked_back || a->replay || !app_complete(a))
        return;
    a->looked_back = true;
    char *path = path_state("audit.jsonl");
    if (audit_read(path, AUDIT_READ_MOST, &f, &e) == ST_OK)
        look_back(a, f->root);
    else
        app_error(a, err_text(&e));
    app_left_tell(a); /* last: it is what stays to be read */
    facts_unref(f);
    free(path);
    err_release(&e);
}
