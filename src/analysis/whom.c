#include "pgdba/analysis/whom.h"

#include "facts.h"
#include "pgdba/base/fmt.h"

enum status whom_named(const struct snapshot *s, const char *name, const struct member **out,
                       struct err *e)
{
    *out = snapshot_member(s, name);
    if (*out)
        return ST_OK;
    struct arena a;
    arena_init(&a);
    const char **names = arena_array(&a, (size_t)s->nmembers, const char *);
    for (int i = 0; i < s->nmembers; i++)
        names[i] = s->members[i].name;
    const char *near = fmt_nearest(name, names, s->nmembers);
    enum status st = near
                         ? err_set(e, ST_NOT_FOUND, "%s has no member \"%s\"; did you mean \"%s\"?",
                                   s->cluster, name, near)
                         : err_set(e, ST_NOT_FOUND, "%s has no member \"%s\"", s->cluster, name);
    arena_release(&a);
    return st;
}

/* How good a replica is for a question; 0: it is none. */
static int worth(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    if (!m->listed || m == snapshot_leader(s) || !pg_state_is_up(facts_state(s, m, now_us)))
        return 0;
    return facts_streaming(s, m, now_us) == TRI_YES ? 2 : 1;
}

static const struct member *best_replica(const struct snapshot *s, int64_t now_us)
{
    const struct member *best = NULL;
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        if (worth(s, m, now_us) > (best ? worth(s, best, now_us) : 0))
            best = m;
    }
    return best;
}

static enum status by_role(const struct snapshot *s, enum member_role role, int64_t now_us,
                           const struct member **out, struct err *e)
{
    char age[FMT_MAX];
    if (!s->view.answered_us)
        return err_set(e, ST_UNREACHABLE, "who leads %s is not known: %s", s->cluster,
                       obs_outcome_name(s->view.outcome));
    if (source_is_stale(&s->view, s->refresh_us, now_us))
        return err_set(e, ST_UNREACHABLE,
                       "who leads %s now is not known: the last word is %s old (%s)", s->cluster,
                       fmt_duration(age, now_us - s->view.answered_us),
                       obs_outcome_name(s->view.outcome));
    *out = role == MEMBERS_REPLICAS ? NULL : snapshot_leader(s);
    if (!*out && role != MEMBERS_LEADER)
        *out = best_replica(s, now_us);
    if (!*out)
        return err_set(e, ST_NOT_FOUND, "%s has no %s now", s->cluster,
                       role == MEMBERS_LEADER     ? "leader"
                       : role == MEMBERS_REPLICAS ? "replica that runs"
                                                  : "member that runs");
    return ST_OK;
}

static bool listens(const struct member *m)
{
    return m->dcs && m->dcs->host && *m->dcs->host;
}

enum status whom_find(const struct snapshot *s, enum member_role role, const char *name,
                      int64_t now_us, const struct member **out, struct err *e)
{
    const struct member *m = NULL;
    enum status st =
        role == MEMBERS_NAMED ? whom_named(s, name, &m, e) : by_role(s, role, now_us, &m, e);
    *out = m;
    if (m && !listens(m))
        return err_set(e, ST_UNREACHABLE, "where the PostgreSQL of %s listens is not known",
                       m->name);
    return st;
}
