/* The registry: the files of both directories, by name. */
#include "pgdba/config/cluster.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/path.h"
#include "pgdba/base/utf8.h"

enum { MAX_CLUSTERS = 100000 }; /* a directory with more is not what it is meant to be */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);

    return n > k && !strcmp(s + n - k, end);
}

static bool listed(const struct cluster_list *l, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(l->v[i].name, name))
            return true;
    return false;
}

static const char *why_unreadable(struct arena *a, const char *path)
{
    struct cluster_config *c = NULL;
    struct err e = ERR_INIT;
    const char *why = NULL;

    if (cluster_config_load(path, &c, &e))
        why = utf8_clean(a, err_text(&e), strlen(err_text(&e)));
    cluster_config_free(c);
    err_release(&e);
    return why;
}

static void add_entry(struct cluster_list *l, int *cap, const char *dir, const char *file,
                      bool ours, bool load)
{
    if (l->n == *cap) {
        struct cluster_entry *more;

        *cap = *cap ? *cap * 2 : 16;
        more = arena_array(&l->arena, (size_t)*cap, struct cluster_entry);
        if (l->n)
            memcpy(more, l->v, (size_t)l->n * sizeof *more);
        l->v = more;
    }
    size_t stem = strlen(file) - (ends_with(file, ".yml") ? 4 : 5);
    struct cluster_entry *x = &l->v[l->n++];

    x->name = utf8_clean(&l->arena, file, stem);
    x->path = arena_printf(&l->arena, "%s/%s", dir, file);
    x->ours = ours;
    if (ends_with(file, ".yaml"))
        x->error =
            arena_printf(&l->arena, "%s/%s.yaml: not read: name it %s.yml", dir, x->name, x->name);
    else if (load)
        x->error = why_unreadable(&l->arena, x->path);
}

/* Hidden files and what editors leave behind are no clusters. A name that is there already (the
 * user's) wins. */
static enum status add_directory(struct cluster_list *l, const char *dir, bool ours, bool load,
                                 struct err *e)
{
    DIR *d = opendir(dir);
    int before = l->n, cap = l->n; /* the array is full as it is: it grows on the first entry */

    if (!d && (errno == ENOENT || errno == ENOTDIR))
        return ST_OK;
    if (!d)
        return err_set(e, errno == EACCES ? ST_DENIED : ST_IO, "cannot read the directory %s: %s",
                       dir, strerror(errno));
    for (struct dirent *f; (f = readdir(d)) && l->n < MAX_CLUSTERS;) {
        if (*f->d_name == '.' || (!ends_with(f->d_name, ".yml") && !ends_with(f->d_name, ".yaml")))
            continue;
        char *name =
            xstrndup(f->d_name, strlen(f->d_name) - (ends_with(f->d_name, ".yml") ? 4 : 5));

        if (!listed(l, before, name))
            add_entry(l, &cap, dir, f->d_name, ours, load);
        free(name);
    }
    closedir(d);
    return ST_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct cluster_entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : strcmp(x->path, y->path);
}

static enum status fill(struct cluster_list *l, bool load, struct err *e)
{
    char *ours = path_config("clusters"), *theirs = config_etc("clusters.d");

    *l = (struct cluster_list){0};
    arena_init(&l->arena);
    enum status st = add_directory(l, ours, true, load, e);

    if (!st)
        st = add_directory(l, theirs, false, load, e);
    if (l->n)
        qsort(l->v, (size_t)l->n, sizeof *l->v, by_name);
    free(ours);
    free(theirs);
    if (st)
        cluster_list_release(l);
    return st;
}

enum status cluster_list_load(struct cluster_list *out, struct err *e)
{
    return fill(out, true, e);
}

void cluster_list_release(struct cluster_list *l)
{
    arena_release(&l->arena);
    l->v = NULL;
    l->n = 0;
}

/* ---- one by its name ---- */

static char *path_in(char *dir, const char *name)
{
    char *file = xasprintf("%s.yml", name), *path = path_join(dir, file);

    free(file);
    free(dir);
    return path;
}

static enum status not_found(const char *name, struct err *e)
{
    struct cluster_list l;

    if (fill(&l, false, NULL))
        l = (struct cluster_list){0};
    const char **names = xcalloc((size_t)l.n + 1, sizeof *names);

    for (int i = 0; i < l.n; i++)
        names[i] = l.v[i].name;
    const char *near = fmt_nearest(name, names, l.n);

    err_set(e, ST_NOT_FOUND,
            "no cluster is called %s%s%s%s; to add it: pgdba cluster connect --name %s "
            "--patroni-url http://HOST:8008",
            name, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "", name);
    free(names);
    cluster_list_release(&l);
    return ST_NOT_FOUND;
}

static enum status refuse_name(struct err *e)
{
    return err_set(e, ST_NOT_FOUND,
                   "that is no cluster's name: letters, digits, '-', '_' and '.' are expected");
}

enum status cluster_config_find(const char *name, struct cluster_config **out, struct err *e)
{
    *out = NULL;
    if (!cluster_name_valid(name))
        return refuse_name(e);
    char *ours = path_in(path_config("clusters"), name);
    char *theirs = path_in(config_etc("clusters.d"), name);
    const char *there = access(ours, F_OK) == 0 ? ours : access(theirs, F_OK) == 0 ? theirs : NULL;
    enum status st = there ? cluster_config_load(there, out, e) : not_found(name, e);

    free(ours);
    free(theirs);
    return st;
}

enum status cluster_config_remove(const char *name, char **path, struct err *e)
{
    enum status st = ST_OK;

    *path = NULL;
    if (!cluster_name_valid(name))
        return refuse_name(e);
    char *ours = path_in(path_config("clusters"), name);
    char *theirs = path_in(config_etc("clusters.d"), name);

    if (unlink(ours) == 0)
        *path = xstrdup(ours);
    else if (errno != ENOENT && errno != ENOTDIR)
        st = err_set(e, ST_IO, "cannot remove %s: %s", ours, strerror(errno));
    else if (access(theirs, F_OK) == 0)
        st = err_set(e, ST_DENIED, "%s is registered for everybody, in %s; remove that file", name,
                     theirs);
    else
        st = not_found(name, e);
    free(ours);
    free(theirs);
    return st;
}
