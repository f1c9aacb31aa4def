/* Who may do what: the file, read for every question, and what is taken away from it. */
#include "pgdba/config/policy.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pgdba/base/path.h"
#include "pgdba/base/utf8.h"
#include "pgdba/config/cluster.h"
#include "policy_file.h"
#include "policy_schema.h"

struct narrowing {
    const char *where;
    const struct policy_rules *rules;
};

struct policy {
    struct arena arena; /* of what stays */
    const char *path;
    uid_t owner;
    const struct policy_caller *who; /* NULL: not yet asked for */
    int nnarrowings;
    struct narrowing narrowings[POLICY_NARROWED_MAX];
};

struct policy *policy_new(const char *path, uid_t owner, const struct policy_caller *who)
{
    struct policy *p = xcalloc(1, sizeof *p);

    arena_init(&p->arena);
    p->path = arena_strdup(&p->arena, path);
    p->owner = owner;
    p->who = who;
    return p;
}

void policy_free(struct policy *p)
{
    if (!p)
        return;
    arena_release(&p->arena);
    free(p);
}

void policy_narrow(struct policy *p, const char *where, const struct policy_rules *rules)
{
    if (p->nnarrowings == POLICY_NARROWED_MAX)
        abort(); /* to let one of them go would allow what it takes away */
    p->narrowings[p->nnarrowings++] = (struct narrowing){where, rules};
}

/* ---- who asks ---- */

enum { GROUP_MOST = 16 << 20 }; /* with all its members, whom nobody asked for */

/* "" when the number has no name. */
static const char *name_of_group(struct arena *a, gid_t gid)
{
    struct group room, *g = NULL;
    const char *name = "";

    for (size_t n = 4096; n <= GROUP_MOST; n *= 4) {
        char *text = xmalloc(n);
        int error = getgrgid_r(gid, &room, text, n, &g);

        if (error == 0 && g)
            name = arena_strdup(a, g->gr_name);
        free(text);
        if (error != ERANGE)
            break;
    }
    return name;
}

/* Looked up with the first rule that wants to know: names may come from afar. */
static const struct policy_caller *find_caller(struct policy *p)
{
    struct policy_caller *who = arena_new(&p->arena, struct policy_caller);
    const struct passwd *pw = getpwuid(getuid());
    int n = getgroups(0, NULL);
    gid_t *ids = arena_array(&p->arena, (size_t)(n > 0 ? n : 0), gid_t);
    const char **names = arena_array(&p->arena, (size_t)(n > 0 ? n : 0) + 1, const char *);

    who->user = pw ? arena_strdup(&p->arena, pw->pw_name) : "";
    n = n > 0 ? getgroups(n, ids) : 0;
    names[who->ngroups++] = name_of_group(&p->arena, getgid());
    for (int i = 0; i < n; i++)
        if (ids[i] != getgid())
            names[who->ngroups++] = name_of_group(&p->arena, ids[i]);
    who->groups = names;
    return who;
}

/* ---- the file ---- */

/* ST_NOT_FOUND: there is none. */
static enum status load(const struct policy *p, struct arena *a, struct policy_document *out,
                        struct err *e)
{
    struct buf text;
    struct node *root = NULL;
    enum status st = policy_file_read(p->path, p->owner, &text, e);

    *out = (struct policy_document){0};
    if (!st)
        st = doc_parse(a, text.s, text.len, p->path, DOC_OURS, &root, e);
    if (!st && !root)
        st = err_set(e, ST_INVALID, "%s:1: there is nothing in it; expected rules", p->path);
    if (!st)
        st = schema_read_document(&policy_schema, a, root, p->path, out, NULL, e);
    buf_release(&text);
    return st;
}

/* Root's word on a cluster is a file of root's in root's directory; a user can name a cluster of
 * his own anything he likes. *file is where it ought to be. */
static bool is_registered(const struct policy *p, const struct cluster_config *c, struct arena *a,
                          const char **file)
{
    int dir = (int)(strrchr(p->path, '/') - p->path);

    *file = arena_printf(a, "%.*s/clusters.d/%s.yml", dir, p->path, c->name);
    return !strcmp(c->path, *file) && policy_file_check(*file, p->owner, NULL) == ST_OK;
}

static const char *said_groups(struct arena *a, const struct policy_caller *who)
{
    struct buf b;

    buf_init(&b);
    for (int i = 0; i < who->ngroups; i++)
        if (*who->groups[i])
            buf_addf(&b, "%s%s", b.len ? ", " : "", who->groups[i]);
    const char *s = utf8_clean(a, b.s, b.len);

    buf_release(&b);
    return *s ? arena_printf(a, " (%s)", s) : "";
}

static enum status refuse(struct policy *p, struct arena *a, const char *environment,
                          const char *action, const char *unregistered, struct err *e)
{
    const struct policy_caller *who = p->who;
    const char *why = "";

    if (unregistered)
        why =
            arena_printf(a,
                         ", which is what a cluster counts as without a file of root's: %s is not "
                         "one, or not what was read",
                         unregistered);
    return err_set(e, ST_DENIED,
                   "%s refuses it: no rule there lets %s%s %s in the environment %s%s", p->path,
                   *who->user ? who->user : "a user without a name", said_groups(a, who), action,
                   environment, why);
}

static enum status by_file(struct policy *p, const struct cluster_config *c, const char *action,
                           struct arena *a, struct err *e)
{
    struct policy_document doc;
    const char *file = NULL;
    enum status st = load(p, a, &doc, e);

    if (st == ST_NOT_FOUND) {
        if (e)
            err_release(e);
        return ST_OK;
    }
    if (st) {
        err_prefix(e, "every change is refused while the policy cannot be relied on");
        if (e)
            e->status = ST_DENIED;
        return ST_DENIED;
    }
    if (!p->who)
        p->who = find_caller(p);
    bool known = is_registered(p, c, a, &file);
    const char *environment = policy_environment(known ? c->environment : ENV_UNSET);

    if (policy_allows(&doc.rules, p->who, environment, action))
        return ST_OK;
    return refuse(p, a, environment, action, known ? NULL : file, e);
}

static enum status by_narrowing(const char *where, const struct policy_rules *rules,
                                const struct cluster_config *c, const char *action, struct err *e)
{
    const char *environment = policy_environment(c->environment);

    if (policy_leaves(rules, environment, action))
        return ST_OK;
    return err_set(e, ST_DENIED,
                   "%s refuses it: its policy does not leave %s in the environment %s", where,
                   action, environment);
}

enum status policy_may(struct policy *p, const struct cluster_config *c, enum action_kind k,
                       struct err *e)
{
    const char *action = policy_action(k);
    struct arena a;

    arena_init(&a);
    enum status st = by_file(p, c, action, &a, e);

    for (int i = 0; !st && i < p->nnarrowings; i++)
        st = by_narrowing(p->narrowings[i].where, p->narrowings[i].rules, c, action, e);
    if (!st)
        st = by_narrowing(*c->path ? c->path : c->name, &c->policy, c, action, e);
    arena_release(&a);
    return st;
}

bool policy_wants_syslog(const struct policy *p)
{
    struct policy_document doc;
    struct arena a;

    arena_init(&a);
    bool wants = load(p, &a, &doc, NULL) == ST_OK && doc.audit.syslog;

    arena_release(&a);
    return wants;
}
