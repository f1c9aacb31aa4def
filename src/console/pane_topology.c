/* pane_topology.c: who leads, who follows whom, and what each says about itself. */
#include "pgdba/console/pane.h"

#include <inttypes.h>
#include <string.h>

#include "lease_view.h"
#include "member_card.h"
#include "pgdba/analysis/health.h"
#include "pgdba/analysis/topology.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

enum {
    C_MEMBER,
    C_ROLE,
    C_STATE,
    C_TL,
    C_LEASE,
    C_LSN,
    C_REPLAYED,
    C_API,
    C_AGE,
    C_RESTART,
    C_TAGS,
    C_COUNT
};

static const struct table_column columns[] = {
    [C_MEMBER] = {.name = "member", .title = "MEMBER", .width = 10, .most = 56, .claim = 28},
    [C_ROLE] = {.name = "role", .title = "ROLE", .width = 9, .most = 17, .claim = 17},
    [C_STATE] = {.name = "state", .title = "STATE", .width = 10, .most = 48, .claim = 36},
    [C_TL] = {.name = "timeline", .title = "TL", .width = 3, .drop = 2, .right = true},
    [C_LEASE] = {.name = "lease", .title = "LEASE", .width = 12, .most = 13, .drop = 3},
    [C_LSN] = {.name = "lsn", .title = "LSN", .width = 10, .most = 17, .drop = 4, .right = true},
    [C_REPLAYED] = {.name = "replayed",
                    .title = "REPLAYED",
                    .width = 10,
                    .most = 17,
                    .drop = 8,
                    .right = true},
    [C_API] = {.name = "api", .title = "API", .width = 7, .drop = 5, .right = true},
    [C_AGE] = {.name = "age", .title = "AGE", .width = 4, .most = 5, .drop = 3, .right = true},
    [C_RESTART] =
        {.name = "restart", .title = "RESTART PENDING", .width = 15, .most = 48, .drop = 6},
    [C_TAGS] = {.name = "tags", .title = "TAGS", .width = 12, .most = 60, .drop = 7},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

/* "│ └ " before the name of a member of depth > 0. */
static const char *rails(const struct picture *p, const struct topology_row *r, struct arena *a)
{
    struct surface paper = {.ascii = p->ascii};
    struct buf b;
    buf_init(&b);
    for (int d = 1; d < r->depth && d < 16; d++)
        buf_addf(&b, "%s ", d < 32 && r->rails >> d & 1 ? glyph(&paper, GL_RAIL) : " ");
    if (r->depth > 0)
        buf_addf(&b, "%s ", glyph(&paper, r->last ? GL_BRANCH_LAST : GL_BRANCH));
    const char *out = b.len ? arena_strdup(a, b.s) : NULL;
    buf_release(&b);
    return out;
}

static struct table_cell role_cell(const struct picture *p, const struct member_facts *f,
                                   struct arena *a)
{
    struct surface paper = {.ascii = p->ascii};
    if (f->role == ROLE_UNKNOWN)
        return cell_unknown();
    if (f->gone) /* what it was is not what it is */
        return cell_role(TR_STALE, arena_printf(a, "was %s", role_name(f->role)));
    bool leads = role_is_leader(f->role),
         sync = f->role == ROLE_SYNC_STANDBY || f->role == ROLE_QUORUM_STANDBY;
    const char *text =
        arena_printf(a, "%s%s", leads ? glyph(&paper, GL_LEADER) : "", leads ? " " : "");
    text = arena_printf(a, "%s%s", text, role_name(f->role));
    return cell_role(leads ? TR_LEADER : sync ? TR_SYNC : TR_REPLICA, text);
}

/* The lock's: what runs out when the leader dies, before anything else is to be seen. */
static struct table_cell lease_cell(const struct picture *p, bool leads, struct arena *a)
{
    const struct dcs *d = p->s->dcs;
    if (!leads || !d || !d->leader_lease)
        return cell_none();
    struct lease_view v = lease_view_of(p, d->leader_lease, a);
    return (struct table_cell){.kind = CELL_BAR,
                               .text = v.text,
                               .role = v.role,
                               .filled = v.filled,
                               .num = (double)v.left_s,
                               .has_num = v.known};
}

static const char *pending_text(const struct member_facts *f, struct arena *a)
{
    if (!f->pending_restart)
        return NULL;
    const char *out = "yes";
    for (int i = 0; i < f->npending; i++) {
        const struct pending_reason *r = &f->pending[i];
        out = arena_printf(a, "%s%s%s %s to %s", i ? out : "", i ? ", " : "", r->parameter,
                           r->old_value ? r->old_value : "?", r->new_value ? r->new_value : "?");
    }
    return out;
}

static const char *tags_text(const struct tags *t, struct arena *a)
{
    const char *out = NULL;
    for (int i = 0; t && i < t->n; i++) {
        bool yes = strcmp(t->v[i].value, "true") == 0;
        if (strcmp(t->v[i].value, "false") == 0)
            continue;
        out = arena_printf(a, "%s%s%s%s%s", out ? out : "", out ? ", " : "", t->v[i].key,
                           yes ? "" : "=", yes ? "" : t->v[i].value);
    }
    return out;
}

static struct table_cell lsn_cell(struct arena *a, lsn_t v)
{
    char b[32];
    return v == LSN_UNKNOWN ? cell_unknown()
                            : cell_number((double)v, arena_strdup(a, lsn_format(b, v)));
}

static struct table_cell api_cell(const struct member *m, struct arena *a)
{
    char b[FMT_MAX];
    int64_t us = m->api.latency_us, coarse = 10 * USEC_PER_MS;
    /* In steps of 10 ms: below that it is well, and only flickers. The card has it in full. */
    if (m->api.outcome == OBS_ANSWERED)
        return cell_number((double)us, us < coarse
                                           ? "<10 ms"
                                           : arena_strdup(a, fmt_duration(b, us - us % coarse)));
    return m->note ? cell_none() : cell_role(TR_UNKNOWN, "?");
}

static void fill_row(const struct picture *p, const struct topology_row *t, struct table_row *row,
                     struct arena *a)
{
    const struct member *m = &p->s->members[t->member];
    struct member_facts f = member_facts_of(p, m, a);
    bool leads = t->member == p->s->leader;
    row->key = m->name;
    row->health = health_of(p->verdicts, m->name);
    row->stale = f.stale;
    struct table_cell *c = row->cells;
    c[C_MEMBER] = cell_text(m->name);
    c[C_MEMBER].lead = rails(p, t, a);
    c[C_ROLE] = role_cell(p, &f, a);
    c[C_STATE] = cell_role(f.state_role, f.state_words);
    c[C_TL] = cell_count(a, f.timeline > 0 ? f.timeline : -1);
    c[C_LEASE] = lease_cell(p, leads, a);
    c[C_LSN] = lsn_cell(a, leads ? f.location : f.received);
    c[C_REPLAYED] = leads ? cell_none() : lsn_cell(a, f.replayed);
    c[C_API] = api_cell(m, a);
    c[C_AGE] = cell_number((double)(p->now_us - f.at_us), draw_age(a, p->now_us, f.at_us));
    c[C_RESTART] = cell_role(TR_WARN, pending_text(&f, a));
    c[C_TAGS] = cell_text(tags_text(f.tags, a));
}

/* Whose word the list of members is, and how old. */
static void note_view(const struct picture *p, struct table_model *m, struct arena *a)
{
    const struct source_state *v = &p->s->view;
    if (v->outcome == OBS_NEVER)
        return;
    if (source_is_stale(v, p->s->refresh_us, p->now_us)) {
        m->note_role = TR_STALE;
        const char *why = v->outcome == OBS_ANSWERED
                              ? ""
                              : arena_printf(a, ": %s", draw_outcome(a, v, p->now_us));
        m->note = v->answered_us ? arena_printf(a, "list of members %s old%s",
                                                draw_age(a, p->now_us, v->answered_us), why)
                                 : arena_printf(a, "no list of members%s", why);
        return;
    }
    m->note_role = TR_DIM;
    m->note = p->s->view_member ? arena_printf(a, "listed by %s", p->s->view_member) : "";
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    const struct topology_row *tree = topology_rows(p->s, a);
    bool restart = false, tags = false;
    m->nrows = p->s->nmembers;
    m->rows = arena_array(a, (size_t)m->nrows, struct table_row);
    for (int i = 0; i < m->nrows; i++) {
        m->rows[i].cells = arena_array(a, C_COUNT, struct table_cell);
        fill_row(p, &tree[i], &m->rows[i], a);
        restart |= m->rows[i].cells[C_RESTART].text != NULL;
        tags |= m->rows[i].cells[C_TAGS].text != NULL;
    }
    m->hidden = (restart ? 0 : 1u << C_RESTART) | (tags ? 0 : 1u << C_TAGS) |
                (p->s->etcd_configured ? 0 : 1u << C_LEASE);
    m->empty = p->s->view.outcome == OBS_NEVER ? "asking Patroni" : "no member is known";
    note_view(p, m, a);
}

const struct pane pane_topology = {.name = "topology",
                                   .title = "Topology",
                                   .brief = "Topo",
                                   .members = true,
                                   .columns = columns,
                                   .ncolumns = C_COUNT,
                                   .rows = rows,
                                   .card = member_card};
