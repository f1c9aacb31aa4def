/* GET /metrics: where maintenance/status is not ours to read. Reference: "patroni.md" §5.6, §5.7.
 */
#include "etcd.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/utf8.h"

enum metric {
    M_VERSION,
    M_ID,
    M_IS_LEADER,
    M_HAS_LEADER,
    M_IS_LEARNER,
    M_DB_SIZE,
    M_DB_IN_USE,
    M_DB_QUOTA,
    M_COMMITTED,
    M_APPLIED,
    M_COUNT
};

/* A line is the name, labels in braces where there are some, a blank and the number. */
static const struct metric_name {
    enum metric metric;
    const char *name;
    const char *label; /* what it has to say stands there, and the number is always 1 */
} names[] = {
    {M_VERSION, "etcd_server_version", "server_version=\""},
    {M_ID, "etcd_server_id", "server_id=\""},
    {M_IS_LEADER, "etcd_server_is_leader", NULL},
    {M_HAS_LEADER, "etcd_server_has_leader", NULL},
    {M_IS_LEARNER, "etcd_server_is_learner", NULL},
    {M_DB_SIZE, "etcd_debugging_mvcc_db_total_size_in_bytes", NULL}, /* before 3.4 */
    {M_DB_SIZE, "etcd_mvcc_db_total_size_in_bytes", NULL},
    {M_DB_IN_USE, "etcd_mvcc_db_total_size_in_use_in_bytes", NULL},
    {M_DB_QUOTA, "etcd_server_quota_backend_bytes", NULL},
    /* Gauges in spite of their names, set to the raft index. */
    {M_COMMITTED, "etcd_server_proposals_committed_total", NULL},
    {M_APPLIED, "etcd_server_proposals_applied_total", NULL},
};

struct span {
    const char *s; /* NULL: not said */
    size_t n;
};

/* NULL when it is no line of ours. */
static const struct metric_name *name_of(const char *line, size_t n)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i].name);
        if (n > len && memcmp(line, names[i].name, len) == 0 &&
            (line[len] == ' ' || line[len] == '{'))
            return &names[i];
    }
    return NULL;
}

/* The next line without its end; false when there is none. */
static bool next_line(struct span *rest, struct span *line)
{
    if (!rest->n)
        return false;
    const char *end = memchr(rest->s, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->s) : rest->n;
    *line = (struct span){rest->s, n};
    rest->s += n + (end != NULL);
    rest->n -= n + (end != NULL);
    if (line->n && line->s[line->n - 1] == '\r')
        line->n--;
    return true;
}

/* What stands between the quotes of the label, or after the last blank. */
static struct span value_of(const struct metric_name *m, struct span line)
{
    size_t at = strlen(m->name);
    const char *s = line.s + at;
    size_t n = line.n - at;
    if (m->label) {
        const char *word = memmem(s, n, m->label, strlen(m->label));
        if (!word)
            return (struct span){0};
        word += strlen(m->label);
        const char *end = memchr(word, '"', n - (size_t)(word - s));
        return end ? (struct span){word, (size_t)(end - word)} : (struct span){0};
    }
    for (; n && s[n - 1] != ' ';)
        n--;
    return (struct span){s + n, (size_t)(line.s + line.n - (s + n))};
}

/* As Go writes it, 2.147483648e+09: JSON's numbers are the same, and know no locale. */
static int64_t number(struct span v)
{
    int64_t n = -1;
    json_t *j = v.s ? wire_json_load(v.s, v.n, 1, NULL) : NULL;
    if (!json_is_number(j) || !wire_json_number(j, &n) || n < 0)
        n = -1;
    json_decref(j);
    return n;
}

/* As etcd writes ids elsewhere than in JSON: in hex. */
static uint64_t hex_id(struct span v)
{
    uint64_t id = 0;
    if (!v.s || !v.n || v.n > 16)
        return 0;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.s[i];
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (d < 0)
            return 0;
        id = id << 4 | (uint64_t)d;
    }
    return id;
}

static void read_metrics(struct arena *a, const struct span v[M_COUNT], struct etcd_endpoint *ep)
{
    int64_t is_leader = number(v[M_IS_LEADER]), has_leader = number(v[M_HAS_LEADER]);
    wire_etcd_endpoint_init(ep);
    ep->version = v[M_VERSION].s ? utf8_clean(a, v[M_VERSION].s, v[M_VERSION].n) : NULL;
    ep->member_id = hex_id(v[M_ID]);
    ep->is_leader = is_leader == 1;
    ep->leader_id = ep->is_leader ? ep->member_id : 0;
    /* A follower says that there is one, not which. */
    ep->has_leader_word = has_leader == 0 || ep->leader_id;
    ep->is_learner = number(v[M_IS_LEARNER]) == 1;
    ep->db_size = number(v[M_DB_SIZE]);
    ep->db_in_use = number(v[M_DB_IN_USE]);
    ep->db_quota = number(v[M_DB_QUOTA]);
    ep->raft_index = number(v[M_COMMITTED]);
    ep->applied_index = number(v[M_APPLIED]);
}

enum status wire_etcd_metrics(const char *body, size_t n, struct facts **out, struct err *e)
{
    struct span found[M_COUNT] = {{0}}, rest = {body, body ? n : 0}, line;
    bool any = false;
    while (next_line(&rest, &line)) {
        const struct metric_name *m = name_of(line.s, line.n);
        if (!m)
            continue;
        found[m->metric] = value_of(m, line);
        any = true;
    }
    if (!any)
        return err_set(e, ST_INVALID, "none of etcd's metrics is in it");
    struct facts *f = facts_new();
    struct etcd_endpoint *ep = arena_new(&f->arena, struct etcd_endpoint);
    read_metrics(&f->arena, found, ep);
    f->root = ep;
    *out = f;
    return ST_OK;
}

void wire_etcd_metrics_keep(const char *body, size_t n, struct buf *out)
{
    struct span rest = {body, body ? n : 0}, line;
    while (next_line(&rest, &line)) {
        if (name_of(line.s, line.n)) {
            buf_add(out, line.s, line.n);
            buf_putc(out, '\n');
        }
    }
}
