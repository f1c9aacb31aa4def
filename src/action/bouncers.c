#include "bouncers.h"

#include <string.h>

static const char console_db[] = "pgbouncer";

/* ---- who is meant */

static const struct bouncer *bouncer_named(const struct snapshot *s, const char *name)
{
    for (int i = 0; i < s->nbouncers; i++)
        if (strcmp(s->bouncers[i].name, name) == 0)
            return &s->bouncers[i];
    return NULL;
}

/* "b1, b2" */
static const char *names_of(const struct snapshot *s, struct arena *a)
{
    const char *out = "";

    for (int i = 0; i < s->nbouncers; i++)
        out = arena_printf(a, "%s%s%s", out, i ? ", " : "", s->bouncers[i].name);
    return out;
}

static enum status named_well(const struct snapshot *s, struct plan *p, struct err *e)
{
    const struct request *r = &p->request;

    if (r->everywhere)
        return err_set(e, ST_USAGE, "--on and --everywhere exclude each other");
    for (int i = 0; i < r->nbouncers; i++) {
        if (!bouncer_named(s, r->bouncers[i]))
            return err_set(e, ST_NOT_FOUND, "there is no PgBouncer %s; there are: %s",
                           r->bouncers[i], names_of(s, &p->arena));
        for (int k = 0; k < i; k++)
            if (strcmp(r->bouncers[i], r->bouncers[k]) == 0)
                return err_set(e, ST_USAGE, "%s is named twice", r->bouncers[i]);
    }
    return ST_OK;
}

enum status bouncers_meant(const struct snapshot *s, struct plan *p, struct err *e)
{
    struct request *r = &p->request;
    const char **all = arena_array(&p->arena, (size_t)s->nbouncers, const char *);

    if (s->nbouncers == 0)
        return err_set(e, ST_USAGE, "%s has no PgBouncer in its file", p->cluster);
    if (r->nbouncers)
        return named_well(s, p, e);
    if (s->nbouncers > 1 && !r->everywhere)
        return err_set(e, ST_USAGE, "there are %d PgBouncers: say --on NAME (%s) or --everywhere",
                       s->nbouncers, names_of(s, &p->arena));
    for (int i = 0; i < s->nbouncers; i++)
        all[i] = arena_strdup(&p->arena, s->bouncers[i].name);
    r->bouncers = all;
    r->nbouncers = s->nbouncers;
    return ST_OK;
}

enum status bouncers_databases(const struct request *r, struct err *e)
{
    for (int i = 0; i < r->ndatabases; i++) {
        if (strcmp(r->databases[i], console_db) == 0)
            return err_set(e, ST_USAGE, "%s is PgBouncer's console, not a database", console_db);
        if (strlen(r->databases[i]) > 63)
            return err_set(e, ST_USAGE, "a database's name has at most 63 bytes: %s",
                           r->databases[i]);
        for (int k = 0; k < i; k++)
            if (strcmp(r->databases[i], r->databases[k]) == 0)
                return err_set(e, ST_USAGE, "%s is named twice", r->databases[i]);
    }
    return ST_OK;
}

/* ---- words of a plan */

void bouncers_words(struct planner *b, struct buf *out)
{
    const struct request *r = &b->plan->request;

    for (int i = 0; i < r->ndatabases; i++)
        buf_addf(out, " --database %s", planner_quote(b, r->databases[i]));
    if (r->whole)
        buf_puts(out, " --all");
    if (r->everywhere)
        buf_puts(out, " --everywhere");
    for (int i = 0; i < r->nbouncers && !r->everywhere; i++)
        buf_addf(out, " --on %s", planner_quote(b, r->bouncers[i]));
}

const char *bouncers_what(struct planner *b)
{
    const struct request *r = &b->plan->request;
    const char *out = "";

    for (int i = 0; i < r->ndatabases; i++)
        out = arena_printf(&b->plan->arena, "%s%s%s", out,
                           i == 0                  ? ""
                           : i + 1 < r->ndatabases ? ", "
                                                   : " and ",
                           r->databases[i]);
    return r->ndatabases ? out : "every database";
}

/* ---- several at once */

void bouncers_wake(struct action_run *r, struct talk *const *v, int n)
{
    for (int i = 0; i < n; i++)
        if (!run_ended(r) && v[i]->wake_us && v[i]->wake_us <= run_now(r))
            talk_wake(v[i]);
    for (int i = 0; i < n && !run_ended(r); i++)
        if (v[i]->wake_us && (!r->deadline_us || v[i]->wake_us < r->deadline_us))
            r->deadline_us = v[i]->wake_us;
}

bool bouncers_all_over(struct talk *const *v, int n)
{
    for (int i = 0; i < n; i++)
        if (!v[i]->over)
            return false;
    return true;
}

/* One that failed outweighs one that nobody knows of; nothing changed only where all refused. */
static enum op_state together(struct talk *const *v, int n)
{
    int count[OP_UNKNOWN + 1] = {0};

    for (int i = 0; i < n; i++)
        count[v[i]->state]++;
    if (count[OP_DONE] == n)
        return OP_DONE;
    if (count[OP_REFUSED] == n)
        return OP_REFUSED;
    return count[OP_FAILED] || count[OP_REFUSED] ? OP_FAILED : OP_UNKNOWN;
}

const char *bouncers_outcome(struct action_run *r, struct talk *const *v, int n,
                             const char *(*done)(const struct talk *t), enum op_state *state)
{
    const char *out = "";

    for (int i = 0; i < n; i++)
        out = arena_printf(&r->arena, "%s%s%s: %s", out, i ? "; " : "", v[i]->bouncer,
                           v[i]->state == OP_DONE ? done(v[i]) : v[i]->text);
    *state = together(v, n);
    return out;
}
