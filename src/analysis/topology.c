/* Who streams from whom. Evidence first: a fresh walsender row; then tags; then the leader. */
#include "pgdba/analysis/topology.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "facts.h"

/* ---- members by name: a body of 8 MiB may list very many, so no quadratic search. */

struct by_name {
    const char *name;
    int member;
};

static int by_name_cmp(const void *a, const void *b)
{
    return strcmp(((const struct by_name *)a)->name, ((const struct by_name *)b)->name);
}

static struct by_name *index_new(const struct member *members, int n)
{
    struct by_name *v = xcalloc((size_t)n + 1, sizeof *v);
    for (int i = 0; i < n; i++)
        v[i] = (struct by_name){members[i].name, i};
    qsort(v, (size_t)n, sizeof *v, by_name_cmp);
    return v;
}

static int index_find(const struct by_name *v, int n, const char *name)
{
    if (!name)
        return -1;
    struct by_name key = {name, 0};
    const struct by_name *hit = bsearch(&key, v, (size_t)n, sizeof *v, by_name_cmp);
    return hit ? hit->member : -1;
}

/* ---- upstreams */

static int shown_as(const struct member *members, int n, const char *shown)
{
    if (!strpbrk(shown, "?\\"))
        return -1;
    int found = -1;
    for (int i = 0; i < n; i++) {
        if (!facts_name_shown(members[i].name, shown))
            continue;
        if (found >= 0)
            return -1; /* two could be meant: neither is taken */
        found = i;
    }
    return found;
}

static bool api_fresh(const struct member *m, int64_t now_us, int64_t max_age_us)
{
    return m->health && m->health->has_sql && m->api.outcome == OBS_ANSWERED &&
           m->api.answered_us > 0 && now_us - m->api.answered_us <= max_age_us;
}

/* A walsender whose peer died stays for wal_sender_timeout, so two upstreams may claim one member:
 * the row that streams wins, then the newer answer. */
static bool better_claim(const struct replication_row *row, const struct member *up,
                         const struct replication_row *old_row, const struct member *old_up)
{
    if (!old_row || !old_up)
        return true;
    bool a = row->state && strcmp(row->state, "streaming") == 0;
    bool b = old_row->state && strcmp(old_row->state, "streaming") == 0;
    if (a != b)
        return a;
    return up->api.answered_us > old_up->api.answered_us;
}

static void observe_rows(struct member *members, int n, const struct by_name *names, int up,
                         const struct replication_row **claim, int *claimed_by)
{
    const struct member_health *h = members[up].health;
    for (int r = 0; r < h->nreplication; r++) {
        const struct replication_row *row = &h->replication[r];
        if (!row->application_name || (row->state && strcmp(row->state, "backup") == 0))
            continue; /* a base backup is no standby */
        int m = index_find(names, n, row->application_name);
        if (m < 0)
            m = shown_as(members, n, row->application_name);
        if (m < 0 || m == up)
            continue;
        const struct member *old = claimed_by[m] < 0 ? NULL : &members[claimed_by[m]];
        if (better_claim(row, &members[up], claim[m], old)) {
            claim[m] = row;
            claimed_by[m] = up;
        }
    }
}

static const struct tags *tags_of(const struct member *m)
{
    static const struct tags none;
    return m->dcs ? &m->dcs->tags : m->health ? &m->health->tags : &none;
}

/* What Patroni would set up: replicatefrom while that member is there, else the leader. */
static int guess(const struct member *members, int n, const struct by_name *names, int i,
                 int leader)
{
    const struct member *m = &members[i];
    const struct tags *t = tags_of(m);
    if (!m->listed || t->nostream)
        return -1;
    int from = index_find(names, n, t->replicatefrom);
    if (from >= 0 && from != i && members[from].listed)
        return from;
    return leader != i ? leader : -1;
}

void topology_find_upstreams(struct member *members, int n, int leader, int64_t now_us,
                             int64_t max_age_us)
{
    if (n <= 0)
        return;
    struct by_name *names = index_new(members, n);
    const struct replication_row **claim = xcalloc((size_t)n, sizeof *claim);
    int *claimed_by = xcalloc((size_t)n, sizeof *claimed_by);
    for (int i = 0; i < n; i++)
        claimed_by[i] = -1;
    for (int i = 0; i < n; i++)
        if (api_fresh(&members[i], now_us, max_age_us))
            observe_rows(members, n, names, i, claim, claimed_by);
    for (int i = 0; i < n; i++) {
        /* The leader streams from nobody here; a row about it is left over from before. */
        int up = i == leader ? -1 : claimed_by[i];
        members[i].upstream_observed = up >= 0;
        if (up < 0 && i != leader)
            up = guess(members, n, names, i, leader);
        members[i].upstream = up >= 0 ? members[up].name : NULL;
    }
    free(claimed_by);
    free(claim);
    free(names);
}

/* ---- the tree */

struct tree {
    const struct snapshot *s;
    int *parent;       /* -1: root */
    int *first, *next; /* children in the order of members */
    int *stack;        /* members still to be put out, nearest on top */
    struct topology_row *rows;
    int nrows;
};

static void link_children(struct tree *t)
{
    int n = t->s->nmembers;
    for (int i = 0; i < n; i++)
        t->first[i] = t->next[i] = -1;
    for (int i = n - 1; i >= 0; i--) {
        int p = t->parent[i];
        if (p >= 0) {
            t->next[i] = t->first[p];
            t->first[p] = i;
        }
    }
}

/* Each member walks up until it meets a root, a member settled before, or itself: then it is on a
 * cycle, which is cut above it. Every member is coloured once, so this is linear. */
static void cut_cycles(struct tree *t, int *colour)
{
    int n = t->s->nmembers;
    for (int i = 0; i < n; i++) {
        int j = i;
        while (j >= 0 && colour[j] == 0) {
            colour[j] = i + 1;
            j = t->parent[j];
        }
        if (j < 0 || colour[j] != i + 1)
            continue;
        int top = j; /* the lowest index on the cycle becomes its root, whoever found it */
        for (int k = t->parent[j]; k != j; k = t->parent[k])
            if (k < top)
                top = k;
        t->parent[top] = -1;
    }
}

static void put_tree(struct tree *t, int root, bool last_root)
{
    int depth = 0, top = 0;
    unsigned rails = 0;
    int *depths = t->stack + t->s->nmembers;
    t->stack[top] = root;
    depths[top++] = 0;
    while (top > 0) {
        int m = t->stack[--top];
        depth = depths[top];
        bool last = depth == 0 ? last_root : t->next[m] < 0;
        unsigned bit = depth < 32 ? 1u << depth : 0;
        rails &= depth < 32 ? bit - 1 : ~0u;
        if (!last)
            rails |= bit;
        t->rows[t->nrows++] = (struct topology_row){m, depth, last, rails};
        if (t->next[m] >= 0 && depth > 0) {
            t->stack[top] = t->next[m];
            depths[top++] = depth;
        }
        if (t->first[m] >= 0) {
            t->stack[top] = t->first[m];
            depths[top++] = depth + 1;
        }
    }
}

static int last_root_of(const struct tree *t, int leader)
{
    for (int i = t->s->nmembers - 1; i >= 0; i--)
        if (t->parent[i] < 0 && i != leader)
            return i;
    return leader;
}

const struct topology_row *topology_rows(const struct snapshot *s, struct arena *a)
{
    int n = s->nmembers;
    struct tree t = {.s = s, .rows = arena_array(a, (size_t)n, struct topology_row)};
    if (n <= 0)
        return t.rows;
    int leader = s->leader < n ? s->leader : -1;
    int *ints = xcalloc((size_t)n * 6, sizeof *ints);
    t.parent = ints;
    t.first = ints + n;
    t.next = ints + 2 * (size_t)n;
    t.stack = ints + 3 * (size_t)n; /* and depths behind it */
    struct by_name *names = index_new(s->members, n);
    for (int i = 0; i < n; i++) {
        int up = i == leader ? -1 : index_find(names, n, s->members[i].upstream);
        t.parent[i] = up == i ? -1 : up;
    }
    cut_cycles(&t, ints + 5 * (size_t)n);
    link_children(&t);
    int last = last_root_of(&t, leader);
    if (leader >= 0)
        put_tree(&t, leader, last == leader);
    for (int i = 0; i < n; i++)
        if (t.parent[i] < 0 && i != leader)
            put_tree(&t, i, i == last);
    free(names);
    free(ints);
    return t.rows;
}
