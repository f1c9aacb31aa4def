/* Ranges and changes, folded into the keys of one cluster. Reference: "patroni.md" §4.1. */
#include "dcs.h"

#include <stdlib.h>
#include <string.h>

#include "patroni.h"

static const char *const names[] = {
    [DCS_LEADER] = "leader", [DCS_INITIALIZE] = "initialize", [DCS_CONFIG] = "config",
    [DCS_STATUS] = "status", [DCS_OPTIME] = "optime/leader",  [DCS_FAILOVER] = "failover",
    [DCS_SYNC] = "sync",     [DCS_HISTORY] = "history",       [DCS_FAILSAFE] = "failsafe",
};
_Static_assert(sizeof names / sizeof *names == DCS_KEY_COUNT, "one name a key");

const char *wire_dcs_key_name(enum dcs_key key)
{
    return names[key];
}

static const char members[] = "members/";

/* Bytes, NULs among them: xstrndup() would stop at the first. */
static char *copy(const char *s, size_t n)
{
    char *to = xmalloc(n + 1);
    memcpy(to, s, n);
    to[n] = '\0';
    return to;
}

static void forget(struct dcs_value *v)
{
    free(v->s);
    *v = (struct dcs_value){0};
}

static void forget_member(struct wire_dcs *w, struct dcs_member_key *m)
{
    free(m->name);
    forget(&m->value);
    *m = w->member[--w->nmembers];
}

static void forget_all(struct wire_dcs *w)
{
    for (int i = 0; i < DCS_KEY_COUNT; i++)
        forget(&w->key[i]);
    while (w->nmembers)
        forget_member(w, &w->member[w->nmembers - 1]);
}

struct wire_dcs *wire_dcs_new(const char *prefix)
{
    struct wire_dcs *w = xcalloc(1, sizeof *w);
    w->prefix = xstrdup(prefix);
    w->prefix_len = strlen(prefix);
    return w;
}

void wire_dcs_free(struct wire_dcs *w)
{
    if (!w)
        return;
    forget_all(w);
    free(w->member);
    free(w->prefix);
    free(w);
}

int64_t wire_dcs_revision(const struct wire_dcs *w)
{
    return w->revision;
}

static struct dcs_member_key *find_member(struct wire_dcs *w, const char *name, size_t n)
{
    for (int i = 0; i < w->nmembers; i++)
        if (w->member[i].name_len == n && memcmp(w->member[i].name, name, n) == 0)
            return &w->member[i];
    return NULL;
}

/* NULL when there are more than is believed: the rest is not shown. */
static struct dcs_member_key *add_member(struct wire_dcs *w, const char *name, size_t n)
{
    if (w->nmembers == WIRE_MAX_MEMBERS)
        return NULL;
    if (w->nmembers == w->room) {
        w->room = w->room ? 2 * w->room : 8;
        w->member = xrealloc(w->member, (size_t)w->room * sizeof *w->member);
    }
    struct dcs_member_key *m = &w->member[w->nmembers++];
    *m = (struct dcs_member_key){.name = copy(name, n), .name_len = n};
    return m;
}

static void set(struct dcs_value *v, const struct etcd_kv *kv)
{
    forget(v);
    v->s = copy(kv->value, kv->value_len);
    v->len = kv->value_len;
    v->create_revision = kv->create_revision;
    v->mod_revision = kv->mod_revision;
    v->lease = kv->lease;
}

static bool apply_member(struct wire_dcs *w, const char *name, size_t n, const struct etcd_kv *kv)
{
    if (!n || memchr(name, '/', n)) /* Patroni passes over what lies deeper, too */
        return false;
    struct dcs_member_key *m = find_member(w, name, n);
    if (kv->deleted) {
        if (m)
            forget_member(w, m);
        return m != NULL;
    }
    if (!m)
        m = add_member(w, name, n);
    if (m)
        set(&m->value, kv);
    return m != NULL;
}

/* Whether it is a key of ours. */
static bool apply(struct wire_dcs *w, const struct etcd_kv *kv)
{
    if (kv->key_len <= w->prefix_len || memcmp(kv->key, w->prefix, w->prefix_len) != 0)
        return false;
    const char *name = kv->key + w->prefix_len;
    size_t n = kv->key_len - w->prefix_len, dir = sizeof members - 1;
    if (n > dir && memcmp(name, members, dir) == 0)
        return apply_member(w, name + dir, n - dir, kv);
    for (int i = 0; i < DCS_KEY_COUNT; i++) {
        if (strlen(names[i]) != n || memcmp(names[i], name, n) != 0)
            continue;
        if (kv->deleted)
            forget(&w->key[i]);
        else
            set(&w->key[i], kv);
        return true;
    }
    return false;
}

void wire_dcs_range(struct wire_dcs *w, const struct etcd_range *r)
{
    forget_all(w);
    w->revision = r->header.revision;
    w->whole = true;
    for (int i = 0; i < r->n; i++)
        apply(w, &r->kv[i]);
}

bool wire_dcs_step(struct wire_dcs *w, const struct etcd_watch_line *l, int *at)
{
    while (*at < l->n) {
        int64_t revision = l->event[*at].mod_revision;
        bool fresh = revision > w->revision, ours = false;
        for (; *at < l->n && l->event[*at].mod_revision == revision; ++*at)
            if (fresh && apply(w, &l->event[*at]))
                ours = true;
        if (!fresh)
            continue;
        w->revision = revision;
        if (ours) {
            w->whole = false;
            return true;
        }
    }
    return false;
}
