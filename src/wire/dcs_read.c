/* The values of Patroni's keys. Reference: "patroni.md" §4.1, §4.2. */
#include "dcs.h"

#include <stdlib.h>
#include <string.h>

#include "patroni.h"

#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"

static const char *clean(struct arena *a, const struct dcs_value *v)
{
    return v->s ? utf8_clean(a, v->s, v->len) : NULL;
}

static const char *unless_empty(const char *s)
{
    return s && *s ? s : NULL;
}

/* The tree is the caller's; NULL when there is no such key or no JSON in it. */
static json_t *load(const struct dcs_value *v)
{
    return v->s ? wire_json_load(v->s, v->len, WIRE_MAX_VALUES, NULL) : NULL;
}

/* postgres://[user[:password]@]host[:port][/…]; an IPv6 address stands in brackets. */
static void read_conn_url(struct arena *a, const char *url, struct cluster_member *row)
{
    const char *s = url ? strstr(url, "://") : NULL;
    if (!s)
        return;
    s += 3;
    size_t n = strcspn(s, "/?#");
    for (size_t i = n; i > 0; i--) {
        if (s[i - 1] == '@') { /* what stands before it may hold a password */
            s += i;
            n -= i;
            break;
        }
    }
    const char *host = s, *end = s + n;
    if (n && *s == '[') {
        const char *close = memchr(s, ']', n);
        if (!close)
            return;
        host = s + 1;
        s = close;
    }
    const char *colon = memchr(s, ':', (size_t)(end - s));
    const char *after = *s == ']' ? s : colon ? colon : end;
    row->host = after > host ? arena_strndup(a, host, (size_t)(after - host)) : NULL;
    int64_t port;
    if (colon && fmt_parse_int(arena_strndup(a, colon + 1, (size_t)(end - colon - 1)), &port) &&
        port > 0 && port <= 65535)
        row->port = (int)port;
}

/* /cluster puts a replica's replication state in place of its "running". */
static void fold_state(struct dcs_member *m)
{
    if (m->replication_state && *m->replication_state && m->row.state == PGS_RUNNING &&
        !role_is_leader(m->row.role)) {
        m->row.state_text = m->replication_state;
        m->row.state = pg_state_parse(m->row.state_text);
    }
}

static void read_member_json(struct arena *a, const json_t *o, struct dcs_member *m)
{
    wire_read_row(a, o, &m->row, NULL);
    read_conn_url(a, wire_get_text(a, o, "conn_url"), &m->row);
    m->location = wire_get_lsn(o, "xlog_location");
    m->replayed = m->row.replay_lsn = wire_get_lsn(o, "replay_lsn");
    m->received = m->row.receive_lsn = wire_get_lsn(o, "receive_lsn");
    m->replication_state = wire_get_text(a, o, "replication_state");
    m->patroni_version = wire_get_text(a, o, "version");
    m->paused = wire_get_flag(o, "pause");
    const json_t *checkpoint = json_object_get(o, "checkpoint_after_promote");
    bool done;
    m->checkpoint_pending = wire_json_boolean(checkpoint, &done) && !done;
    fold_state(m);
}

static void read_member(struct arena *a, const struct dcs_member_key *k, struct dcs_member *m)
{
    m->name = m->row.name = utf8_clean(a, k->name, k->name_len);
    m->row.role_text = m->row.state_text = "";
    m->row.lag = m->row.receive_lag = m->row.replay_lag = LAG_UNKNOWN;
    m->row.receive_lsn = m->row.replay_lsn = LSN_UNKNOWN;
    m->location = m->replayed = m->received = LSN_UNKNOWN;
    m->lease = k->value.lease;
    m->create_revision = k->value.create_revision;
    m->mod_revision = k->value.mod_revision;
    json_t *o = load(&k->value);
    if (json_is_object(o))
        read_member_json(a, o, m);
    json_decref(o);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct dcs_member *)a)->name, ((const struct dcs_member *)b)->name);
}

static void read_members(struct arena *a, const struct wire_dcs *w, struct dcs *d)
{
    struct dcs_member *v = arena_array(a, (size_t)w->nmembers, struct dcs_member);
    for (int i = 0; i < w->nmembers; i++)
        read_member(a, &w->member[i], &v[i]);
    qsort(v, (size_t)w->nmembers, sizeof *v, by_name);
    d->nmembers = w->nmembers;
    d->members = v;
}

/* What stands between blanks, NULL when nothing does. */
static const char *trimmed(struct arena *a, const char *s, size_t n)
{
    for (; n && *s == ' '; s++)
        n--;
    while (n && s[n - 1] == ' ')
        n--;
    return n ? arena_strndup(a, s, n) : NULL;
}

/* "leader:candidate", of Patroni before 1.0 and of people in a hurry. */
static void read_old_failover(struct arena *a, const char *text, struct dcs_failover *f)
{
    size_t n = strcspn(text, ":");
    if (strpbrk(text, "{}[]\"")) /* meant to be JSON, and is none */
        return;
    f->leader = trimmed(a, text, n);
    if (text[n])
        f->candidate = trimmed(a, text + n + 1, strcspn(text + n + 1, ":"));
}

static void read_failover(struct arena *a, const struct dcs_value *v, struct dcs_failover *f)
{
    const char *text = clean(a, v);
    if (!text)
        return;
    f->revision = v->mod_revision;
    json_t *o = load(v);
    if (o) {
        f->leader = unless_empty(wire_get_text(a, o, "leader"));
        f->candidate = unless_empty(wire_get_text(a, o, "member"));
        f->scheduled_at = unless_empty(wire_get_text(a, o, "scheduled_at"));
    } else {
        read_old_failover(a, text, f);
    }
    json_decref(o);
    f->present = f->leader || f->candidate || f->scheduled_at;
}

static void read_sync(struct arena *a, const struct dcs_value *v, struct dcs_sync *s)
{
    json_t *o = load(v);
    if (json_is_object(o)) {
        s->present = true;
        s->leader = unless_empty(wire_get_text(a, o, "leader"));
        s->standbys = unless_empty(wire_get_text(a, o, "sync_standby"));
    }
    json_decref(o);
}

/* {"optime":N,…} in "status"; a bare N in "optime/leader" and, before 2.1, nowhere else. */
static bool read_optime(const struct dcs_value *v, struct dcs *d)
{
    json_t *j = load(v);
    int64_t n;
    bool known =
        wire_json_number(json_is_object(j) ? json_object_get(j, "optime") : j, &n) && n >= 0;
    if (known) {
        d->optime = (lsn_t)n;
        d->optime_revision = v->mod_revision;
    }
    json_decref(j);
    return known;
}

static const struct dynamic_config *read_config(struct arena *a, const struct dcs_value *v)
{
    json_t *o = load(v);
    struct dynamic_config *c = NULL;
    if (json_is_object(o)) {
        c = arena_new(a, struct dynamic_config);
        wire_read_config(a, o, c);
        c->text = arena_strndup(a, v->s, v->len);
    }
    json_decref(o);
    return c;
}

static const struct history *read_history(struct arena *a, const struct dcs_value *v)
{
    json_t *list = load(v);
    struct history *h = arena_new(a, struct history);
    enum status st = wire_read_history(a, list, h, NULL);
    json_decref(list);
    return st ? NULL : h;
}

static void read_all(struct arena *a, const struct wire_dcs *w, struct dcs *d)
{
    const struct dcs_value *leader = &w->key[DCS_LEADER];
    d->prefix = utf8_clean(a, w->prefix, w->prefix_len);
    d->revision = w->revision;
    d->whole = w->whole;
    d->leader = unless_empty(clean(a, leader));
    d->leader_lease = leader->lease;
    d->leader_term_rev = leader->create_revision;
    read_members(a, w, d);
    read_failover(a, &w->key[DCS_FAILOVER], &d->failover);
    read_sync(a, &w->key[DCS_SYNC], &d->sync);
    d->optime = LSN_UNKNOWN;
    if (!read_optime(&w->key[DCS_STATUS], d))
        read_optime(&w->key[DCS_OPTIME], d);
    d->config = read_config(a, &w->key[DCS_CONFIG]);
    d->history = read_history(a, &w->key[DCS_HISTORY]);
    d->initialize = clean(a, &w->key[DCS_INITIALIZE]);
    d->failsafe = w->key[DCS_FAILSAFE].s != NULL;
    d->failover_text = clean(a, &w->key[DCS_FAILOVER]);
    d->config_text = clean(a, &w->key[DCS_CONFIG]);
}

struct facts *wire_dcs_read(const struct wire_dcs *w)
{
    struct facts *f = facts_new();
    struct dcs *d = arena_new(&f->arena, struct dcs);
    read_all(&f->arena, w, d);
    f->root = d;
    return f;
}
