/* bouncer_card.c: rows, notes and detail cards of PgBouncer. */
#include "bouncer_card.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "pgdba/analysis/health.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

const char *bouncer_key(struct arena *a, const char *bouncer, const char *database,
                        const char *user)
{
    return arena_printf(a, "%s/%s%s%s", bouncer, database, user ? "/" : "", user ? user : "");
}

bool bouncers_all_show(const struct snapshot *s)
{
    return s->nbouncers > 1;
}

void bouncer_empty_row(const struct picture *p, const struct bouncer *b,
                       const struct source_state *st, const char *words, struct table_row *row,
                       int ncells, int name_column, int state_column, struct arena *a)
{
    row->key = row->object = b->name;
    row->health = health_of(p->verdicts, b->name);
    row->cells = arena_array(a, (size_t)ncells, struct table_cell);
    row->cells[name_column] = cell_text(b->name);
    row->cells[name_column + 1] = cell_text(b->name); /* where the name's own column is hidden */
    if (!words)
        words = draw_outcome(a, st, p->now_us);
    bool quiet = st->outcome == OBS_NEVER || st->outcome == OBS_ANSWERED;
    row->cells[state_column] = cell_role(quiet ? TR_DIM : TR_WARN, words);
}

void bouncers_note(const struct picture *p, struct table_model *m, struct arena *a)
{
    int silent = 0;
    const struct bouncer *b = NULL;
    for (int i = 0; i < p->s->nbouncers; i++) {
        const struct source_state *st = &p->s->bouncers[i].state;
        if (st->outcome == OBS_NEVER || !source_is_stale(st, p->s->refresh_us, p->now_us))
            continue;
        silent++;
        b = &p->s->bouncers[i];
    }
    m->note_role = silent ? TR_STALE : TR_DIM;
    if (silent > 1)
        m->note = arena_printf(a, "%d of %d do not answer", silent, p->s->nbouncers);
    else if (silent)
        m->note = arena_printf(
            a, b->state.outcome == OBS_ANSWERED ? "%s: %s old" : "%s: %s", b->name,
            b->state.outcome == OBS_ANSWERED ? draw_age(a, p->now_us, b->state.answered_us)
                                             : draw_outcome(a, &b->state, p->now_us));
    else if (p->s->nbouncers == 1)
        m->note = p->s->bouncers[0].name;
}

/* ---- cards ---------------------------------------------------------------------------------- */

static void fact_count(struct doc *d, const char *label, int64_t v)
{
    if (v < 0)
        card_fact(d, label, "this version does not say");
    else
        card_factf(d, label, "%" PRId64, v);
}

static const char *tristate_words(const struct pgb_state *s, enum tristate t)
{
    return t == TRI_YES   ? "yes"
           : t == TRI_NO  ? "no"
           : s->not_asked ? "not asked: read-only"
                          : "not said before PgBouncer 1.19";
}

static void bouncer_group(const struct picture *p, const struct bouncer *b, struct doc *d)
{
    card_source(d, arena_printf(d->arena, "PgBouncer %s", b->name), &b->state, p->s->refresh_us,
                p->now_us);
    card_fact(d, "version", b->version.text);
    card_fact(d, "paused as a whole", tristate_words(&b->globals, b->globals.paused));
    card_fact(d, "suspended", tristate_words(&b->globals, b->globals.suspended));
}

void bouncer_card(const struct picture *p, const char *name, struct doc *d)
{
    for (int i = 0; i < p->s->nbouncers; i++) {
        const struct bouncer *b = &p->s->bouncers[i];
        if (strcmp(b->name, name) != 0)
            continue;
        card_verdicts(d, p, b->name);
        bouncer_group(p, b, d);
    }
}

static void database_group(const struct picture *p, const struct bouncer *b,
                           const struct pgb_database *db, struct doc *d)
{
    card_source(d, "SHOW DATABASES", &b->databases_state, p->s->refresh_us, p->now_us);
    if (!db) {
        doc_text(d, 2, TR_UNKNOWN, "this database is not listed");
        return;
    }
    card_factf(d, "goes to", "%s:%" PRId64 " database %s", db->host ? db->host : "local socket",
               db->port, db->database ? db->database : "?");
    if (db->force_user)
        card_fact(d, "as user", db->force_user);
    fact_count(d, "pool size", db->pool_size);
    fact_count(d, "reserve", db->reserve_pool);
    if (db->max_connections == 0)
        card_factf(d, "connections", "%" PRId64 ", no limit", db->current_connections);
    else
        card_factf(d, "connections", "%" PRId64 " of %" PRId64, db->current_connections,
                   db->max_connections);
    card_fact(d, "paused", db->paused ? "yes" : "no");
    card_fact(d, "disabled", db->disabled ? "yes" : "no");
}

void bouncer_pool_card(const struct picture *p, const struct pool_view *v, struct doc *d)
{
    const struct pgb_pool *pool = v->pool;
    char b[FMT_MAX];
    if (v->health != HEALTH_OK)
        doc_textf(d, 0, draw_health_role(v->health), "%s %s: %s",
                  glyph(d->paper, draw_health_glyph(v->health)), health_name(v->health), v->reason);
    card_source(d, "SHOW POOLS", &v->bouncer->pools_state, p->s->refresh_us, p->now_us);
    fact_count(d, "clients active", pool->cl_active);
    fact_count(d, "clients waiting", pool->cl_waiting);
    fact_count(d, "clients cancelling", pool->cl_cancel);
    card_fact(d, "longest wait", pool->maxwait_us ? fmt_duration(b, pool->maxwait_us) : "none");
    fact_count(d, "servers active", pool->sv_active);
    fact_count(d, "servers idle", pool->sv_idle);
    fact_count(d, "servers used", pool->sv_used);
    fact_count(d, "servers tested", pool->sv_tested);
    fact_count(d, "servers at login", pool->sv_login);
    fact_count(d, "servers cancelling", pool->sv_cancel);
    card_fact(d, "pool mode", pool->pool_mode);
    database_group(p, v->bouncer, v->database, d);
    bouncer_group(p, v->bouncer, d);
}

static void fact_mean(struct doc *d, const char *label, double us)
{
    char b[FMT_MAX];
    if (isnan(us))
        card_fact(d, label, "none in this interval");
    else
        card_fact(d, label, fmt_duration(b, (int64_t)us));
}

static void rates_group(const struct pgb_rates *r, struct doc *d)
{
    char b[FMT_MAX];
    if (!r || !r->known) {
        card_fact(d, "rates",
                  r && r->reset ? "the totals were reset: one interval to wait"
                                : "need two samples");
        return;
    }
    card_factf(d, "transactions", "%s a second", fmt_count(b, r->xacts));
    card_factf(d, "queries", "%s a second", fmt_count(b, r->queries));
    card_fact(d, "from clients", fmt_bytes_rate(b, r->received));
    card_fact(d, "to clients", fmt_bytes_rate(b, r->sent));
    fact_mean(d, "mean transaction", r->xact_us);
    fact_mean(d, "mean query", r->query_us);
    fact_mean(d, "mean wait", r->wait_us);
}

void bouncer_stats_card(const struct picture *p, const struct bouncer *b, int i, struct doc *d)
{
    const struct pgb_stats *st = &b->stats->v[i];
    char t[FMT_MAX];
    card_source(d, "SHOW STATS", &b->stats_state, p->s->refresh_us, p->now_us);
    doc_text(d, 2, TR_DIM, "between the last two answers:");
    rates_group(i < b->nrates ? &b->rates[i] : NULL, d);
    doc_text(d, 2, TR_DIM, "since PgBouncer started:");
    fact_count(d, "transactions", st->xacts);
    fact_count(d, "queries", st->queries);
    card_fact(d, "from clients", fmt_bytes(t, st->received));
    card_fact(d, "to clients", fmt_bytes(t, st->sent));
    card_fact(d, "time waited", fmt_duration(t, st->wait_us));
    bouncer_group(p, b, d);
}
