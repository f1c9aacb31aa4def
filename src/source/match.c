#include "match.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

bool match_own_address(const struct match_site *s, const struct match_row *r)
{
    return same(s->address, r->address) || same(s->target, r->target);
}

int match_shared(const struct match_row *rows, int nrows, int row)
{
    for (int i = 0; i < nrows; i++)
        if (i != row && rows[i].listed &&
            (same(rows[i].address, rows[row].address) || same(rows[i].target, rows[row].target)))
            return i;
    return -1;
}

static int row_named(const struct match_row *rows, int nrows, const char *name)
{
    for (int i = 0; i < nrows; i++)
        if (same(rows[i].name, name))
            return i;
    return -1;
}

/* A loopback address that a member advertises is its own host's, not this one's, unless the
 * operator reaches the cluster through loopback too. */
static bool loopback_is_here(const struct match_site *sites, int nsites)
{
    for (int i = 0; i < nsites; i++)
        if (sites[i].seed && sites[i].loopback)
            return true;
    return false;
}

static int by_address(const struct match_site *s, const struct match_row *rows, int nrows,
                      bool loopback_here)
{
    for (int i = 0; i < nrows; i++)
        if (match_own_address(s, &rows[i])) {
            if (match_shared(rows, nrows, i) >= 0)
                return -1;
            return rows[i].loopback && s->answered && !loopback_here ? -1 : i;
        }
    return -1;
}

static bool resolves_alike(const struct match_site *s, const struct match_row *r)
{
    if (s->port != r->port)
        return false;
    for (int i = 0; i < s->naddrs; i++)
        for (int j = 0; j < r->naddrs; j++)
            if (same(s->addrs[i], r->addrs[j]))
                return true;
    return false;
}

static int by_resolution(const struct match_site *s, const struct match_row *rows, int nrows)
{
    int found = -1;

    for (int i = 0; i < nrows; i++)
        if (rows[i].listed && resolves_alike(s, &rows[i])) {
            if (found >= 0)
                return -1; /* several members behind one address: a name in a hosts file */
            found = i;
        }
    return found;
}

static struct match_result match_one(const struct match_site *s, const struct match_row *rows,
                                     int nrows, bool loopback_here)
{
    struct match_result r = {MATCH_NONE, -1, false};

    if (s->foreign || s->unsteady)
        return r;
    if (s->says != NULL) {
        r.rule = MATCH_SAYS;
        r.row = row_named(rows, nrows, s->says);
        return r;
    }
    if (s->declared != NULL) {
        r.rule = MATCH_DECLARED;
        r.row = row_named(rows, nrows, s->declared);
        return r;
    }
    r.row = by_address(s, rows, nrows, loopback_here);
    if (r.row >= 0) {
        r.rule = MATCH_ADDRESS;
        return r;
    }
    r.row = by_resolution(s, rows, nrows);
    if (r.row >= 0)
        r.rule = MATCH_RESOLVED;
    return r;
}

/* Only one site claims to lead, only one row does, both on one timeline, and neither is known
 * otherwise. A demoted leader that has not noticed is on an older timeline. */
static void match_leader(const struct match_site *sites, int nsites, const struct match_row *rows,
                         int nrows, struct match_result *out)
{
    int site = -1, row = -1;

    for (int i = 0; i < nsites; i++)
        if (sites[i].answered && !sites[i].foreign && !sites[i].unsteady &&
            role_is_leader(sites[i].role)) {
            if (site >= 0)
                return;
            site = i;
        }
    for (int i = 0; i < nrows; i++)
        if (rows[i].listed && rows[i].leader) {
            if (row >= 0)
                return;
            row = i;
        }
    if (site < 0 || row < 0 || out[site].rule != MATCH_NONE || rows[row].timeline == 0 ||
        sites[site].timeline != rows[row].timeline)
        return;
    for (int i = 0; i < nsites; i++)
        if (out[i].row == row && sites[i].answered)
            return;
    out[site] = (struct match_result){MATCH_LEADER, row, false};
}

/* Smaller is better. The member's own address comes before another one that happens to lead there:
 * that may be a balancer. */
static int preference(const struct match_site *s, const struct match_row *r)
{
    int p = same(s->declared, r->name) ? 0 : match_own_address(s, r) ? 1 : 2;

    return s->answered ? p : p + 3;
}

static void mark_duplicates(const struct match_site *sites, int nsites,
                            const struct match_row *rows, struct match_result *out)
{
    for (int i = 0; i < nsites; i++) {
        if (out[i].row < 0)
            continue;
        const struct match_row *r = &rows[out[i].row];

        for (int j = 0; j < nsites && !out[i].duplicate; j++) {
            if (j == i || out[j].row != out[i].row)
                continue;
            int mine = preference(&sites[i], r), other = preference(&sites[j], r);

            out[i].duplicate = other < mine || (other == mine && j < i);
        }
    }
}

void match_sites(const struct match_site *sites, int nsites, const struct match_row *rows,
                 int nrows, struct match_result *out)
{
    bool loopback_here = loopback_is_here(sites, nsites);

    for (int i = 0; i < nsites; i++)
        out[i] = match_one(&sites[i], rows, nrows, loopback_here);
    match_leader(sites, nsites, rows, nrows, out);
    mark_duplicates(sites, nsites, rows, out);
}
