#include "pgdba/analysis/versions.h"

#include "pgdba/base/fmt.h"

enum { COLS = 4 };

/* 150020: 15.20 */
static const char *postgresql(const struct member_health *h, struct arena *a)
{
    if (!h || !h->server_version)
        return NULL;
    return arena_printf(a, "%d.%d", (int)(h->server_version / 10000),
                        (int)(h->server_version % 10000));
}

const struct table *versions_table(const struct snapshot *s, int64_t now_us, struct arena *a)
{
    static const char *const heads[COLS] = {"member", "patroni", "postgresql", "said"};
    struct table *t = table_new(a, COLS, s->nmembers);
    char age[FMT_MAX];
    for (int i = 0; i < COLS; i++)
        t->cols[i] = heads[i];
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        const char **row = t->cells + (size_t)i * COLS;
        row[0] = m->name;
        row[1] = m->health && m->health->patroni_version ? m->health->patroni_version : "?";
        row[2] = postgresql(m->health, a);
        if (!row[2])
            row[2] = "?";
        row[3] = m->api.answered_us ? arena_strdup(a, fmt_age(age, now_us - m->api.answered_us))
                                    : obs_outcome_name(m->api.outcome);
    }
    return t;
}

const char *versions_differ(const struct snapshot *s, struct arena *a)
{
    int64_t patroni = 0, server = 0;
    bool patronis = false, servers = false;
    for (int i = 0; i < s->nmembers; i++) {
        const struct member_health *h = s->members[i].health;
        if (!h)
            continue;
        patronis |= patroni && h->patroni_version_num && h->patroni_version_num != patroni;
        servers |= server && h->server_version && h->server_version != server;
        patroni = h->patroni_version_num ? h->patroni_version_num : patroni;
        server = h->server_version ? h->server_version : server;
    }
    if (!patronis && !servers)
        return "";
    return arena_printf(a, "members run different versions of %s%s%s", patronis ? "Patroni" : "",
                        patronis && servers ? " and " : "", servers ? "PostgreSQL" : "");
}
