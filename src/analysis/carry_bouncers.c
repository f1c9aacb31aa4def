/* Since when PgBouncer holds its clients back. */
#include <string.h>

#include "bouncer_cause.h"
#include "pgdba/analysis/carry.h"

enum { STATE_SINCE = 11900 };

static const struct bouncer *bouncer_before(const struct snapshot *prev, const char *name)
{
    for (int i = 0; prev && i < prev->nbouncers; i++)
        if (strcmp(prev->bouncers[i].name, name) == 0)
            return &prev->bouncers[i];
    return NULL;
}

static bool fresh(const struct snapshot *s, const struct source_state *st)
{
    return !source_is_stale(st, s->refresh_us, s->mono_us);
}

/* What stood already when it was first looked at began before. */
static int64_t since(bool is, int64_t carried, int64_t first)
{
    return !is ? 0 : carried ? carried : first;
}

/* Rows of one database stand together, and in the order of SHOW DATABASES: look there first. */
static int database_at(const struct bouncer *b, const char *name, int hint)
{
    const struct pgb_databases *d = b->databases;
    if (hint < d->n && strcmp(d->v[hint].name, name) == 0)
        return hint;
    if (hint + 1 < d->n && strcmp(d->v[hint + 1].name, name) == 0)
        return hint + 1;
    for (int i = 0; i < d->n; i++)
        if (strcmp(d->v[i].name, name) == 0)
            return i;
    return -1;
}

struct signs {
    bool no_server, no_login, closing;
};

static struct signs *signs_of(const struct bouncer *b, struct arena *a)
{
    struct signs *out = arena_array(a, (size_t)b->databases->n, struct signs);
    for (int i = 0, at = 0; b->pools && i < b->pools->n; i++) {
        const struct pgb_pool *p = &b->pools->v[i];
        int d = p->cl_waiting > 0 && pgb_pool_unserved(p) ? database_at(b, p->database, at) : -1;
        if (d < 0)
            continue;
        out[at = d].no_login = true;
        out[d].no_server = out[d].no_server || pgb_pool_servers(p) == 0;
    }
    for (int i = 0, at = 0; b->servers && i < b->servers->n; i++) {
        int d = b->servers->v[i].close_needed ? database_at(b, b->servers->v[i].database, at) : -1;
        if (d >= 0)
            out[at = d].closing = true;
    }
    return out;
}

static const struct pgb_since *since_before(const struct bouncer *before, const char *name,
                                            int hint)
{
    static const struct pgb_since none;
    if (!before || !before->databases || before->nsince != before->databases->n ||
        before->nsince == 0)
        return &none;
    int at = database_at(before, name, hint);
    return at >= 0 ? &before->since[at] : &none;
}

static void carry_databases(struct snapshot *s, struct bouncer *b, const struct bouncer *before)
{
    /* The first answer is what was there before anybody looked. */
    bool first = !before || !before->databases;
    int64_t switched = first ? SINCE_BEFORE : s->mono_us;
    struct pgb_since *v = arena_array(&s->arena, (size_t)b->databases->n, struct pgb_since);
    struct signs *signs = signs_of(b, &s->arena);
    bool told = fresh(s, &b->databases_state), counted = fresh(s, &b->pools_state);
    bool listed = fresh(s, &b->servers_state);
    for (int i = 0; i < b->databases->n; i++) {
        const struct pgb_database *d = &b->databases->v[i];
        const struct pgb_since *was = since_before(before, d->name, i);
        v[i] = *was;
        if (told) {
            v[i].paused_us = since(d->paused, was->paused_us, switched);
            v[i].disabled_us = since(d->disabled, was->disabled_us, switched);
        }
        if (counted) {
            v[i].no_server_us = since(signs[i].no_server, was->no_server_us, s->mono_us);
            v[i].no_login_us = since(signs[i].no_login, was->no_login_us, s->mono_us);
        }
        if (listed)
            v[i].closing_us = since(signs[i].closing, was->closing_us, s->mono_us);
    }
    b->since = v;
    b->nsince = b->databases->n;
}

/* SHOW STATE comes after the first word of a bouncer, and its first answer is of what was there
 * before. Before 1.19 it is not asked as long as nobody waits: no earlier than seen. */
static int64_t held_first(const struct snapshot *s, const struct bouncer *b,
                          const struct bouncer *before)
{
    bool first = !before || !before->state.answered_us ||
                 (b->version.num >= STATE_SINCE && before->globals.paused == TRI_UNKNOWN);
    return first ? SINCE_BEFORE : s->mono_us;
}

void carry_bouncers(struct snapshot *s, struct bouncer *bouncers, const struct snapshot *prev)
{
    for (int i = 0; i < s->nbouncers; i++) {
        struct bouncer *b = &bouncers[i];
        const struct bouncer *before = bouncer_before(prev, b->name);
        bool held = b->globals.paused == TRI_YES || b->globals.suspended == TRI_YES;
        int64_t carried = before ? before->held_us : 0;
        b->held_us =
            !fresh(s, &b->state) ? carried : since(held, carried, held_first(s, b, before));
        if (b->databases)
            carry_databases(s, b, before);
    }
}
