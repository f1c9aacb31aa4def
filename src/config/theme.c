/* Themes: found, read, completed. */
#include "pgdba/config/theme.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/path.h"
#include "pgdba/config/cluster.h"
#include "theme_schema.h"

enum { MAX_DIRS = 3, MAX_THEMES = 1000 };

static struct theme *theme_new(void)
{
    struct theme *t = xcalloc(1, sizeof *t);

    arena_init(&t->arena);
    t->name = t->summary = t->path = "";
    for (int i = 0; i < TR_COUNT; i++)
        t->styles[i].fg = COLOUR_LEFT_OUT;
    return t;
}

void theme_free(struct theme *t)
{
    if (!t)
        return;
    arena_release(&t->arena);
    free(t);
}

/* Roles that are left out look like text, text like the terminal. */
static void complete(struct theme *t)
{
    static const struct theme_style plain = {COLOUR_DEFAULT, COLOUR_DEFAULT, COLOUR_DEFAULT,
                                             COLOUR_DEFAULT, 0};

    if (t->styles[TR_TEXT].fg == COLOUR_LEFT_OUT)
        t->styles[TR_TEXT] = plain;
    for (int i = 0; i < TR_COUNT; i++)
        if (t->styles[i].fg == COLOUR_LEFT_OUT)
            t->styles[i] = t->styles[TR_TEXT];
}

static const char *stem(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t n = strlen(base);

    return arena_strndup(a, base, n > 4 && !strcmp(base + n - 4, ".yml") ? n - 4 : n);
}

enum status theme_parse(const char *text, size_t n, const char *path, struct theme **out,
                        struct err *e)
{
    struct theme *t = theme_new();
    struct node *root;
    enum status st = doc_parse(&t->arena, text, n, path, DOC_OURS, &root, e);

    *out = NULL;
    if (!st && !root)
        st = err_set(e, ST_INVALID, "%s: there is nothing in it; expected roles", path);
    if (!st)
        st = schema_read_document(&theme_schema, &t->arena, root, path, t, NULL, e);
    if (st) {
        theme_free(t);
        return st;
    }
    t->path = arena_strdup(&t->arena, path);
    t->name = stem(&t->arena, path);
    complete(t);
    *out = t;
    return ST_OK;
}

/* In the order in which they are searched; malloc'ed. */
static int directories(char *dirs[MAX_DIRS])
{
    const char *tests = getenv("PGDBA_THEMES");
    int n = 0;

    if (tests && *tests)
        dirs[n++] = xstrdup(tests);
    dirs[n++] = path_config("themes");
    dirs[n++] = xstrdup(PGDBA_DATADIR "/themes");
    return n;
}

static enum status load_file(const char *path, struct theme **out, struct err *e)
{
    struct buf text;
    enum status st = config_read(path, &text, e);

    if (!st)
        st = theme_parse(text.s, text.len, path, out, e);
    buf_release(&text);
    return st;
}

static enum status not_found(const char *name, struct err *e)
{
    struct arena a;
    const char *const *names;
    struct buf known;

    arena_init(&a);
    buf_init(&known);
    int n = theme_names(&a, &names);
    const char *near = fmt_nearest(name, names, n);

    for (int i = 0; i < n; i++)
        buf_addf(&known, "%s%s", i ? ", " : "", names[i]);
    if (near)
        err_set(e, ST_NOT_FOUND, "no theme is called %s; did you mean \"%s\"?", name, near);
    else
        err_set(e, ST_NOT_FOUND, "no theme is called %s; there are: %s", name,
                n ? known.s : "none (is " PGDBA_DATADIR "/themes installed?)");
    buf_release(&known);
    arena_release(&a);
    return ST_NOT_FOUND;
}

enum status theme_load(const char *name, struct theme **out, struct err *e)
{
    char *dirs[MAX_DIRS], *path = NULL;
    int n = directories(dirs);

    *out = NULL;
    for (int i = 0; i < n; i++) {
        char *file = xasprintf("%s/%s.yml", dirs[i], name);

        if (!path && cluster_name_valid(name) && access(file, F_OK) == 0)
            path = file;
        else
            free(file);
        free(dirs[i]);
    }
    enum status st = path ? load_file(path, out, e)
                     : cluster_name_valid(name)
                         ? not_found(name, e)
                         : err_set(e, ST_NOT_FOUND,
                                   "that is no theme's name: letters, digits, "
                                   "'-', '_' and '.' are expected");

    free(path);
    return st;
}

/* ---- the one that is always there ---- */

struct theme *theme_builtin(void)
{
    static const unsigned attrs[TR_COUNT] = {
        [TR_DIM] = ATTR_DIM,
        [TR_HEADER] = ATTR_REVERSE,
        [TR_TITLE] = ATTR_BOLD,
        [TR_TITLE_FOCUS] = ATTR_BOLD | ATTR_REVERSE,
        [TR_BORDER] = ATTR_DIM,
        [TR_COLUMN] = ATTR_UNDERLINE,
        [TR_SELECTED] = ATTR_REVERSE,
        [TR_OK] = ATTR_DIM,
        [TR_WARN] = ATTR_BOLD,
        [TR_CRIT] = ATTR_BOLD | ATTR_REVERSE,
        [TR_UNKNOWN] = ATTR_UNDERLINE,
        [TR_STALE] = ATTR_DIM,
        [TR_LEADER] = ATTR_BOLD,
        [TR_SYNC] = ATTR_UNDERLINE,
        [TR_BADGE] = ATTR_REVERSE,
        [TR_BADGE_PROD] = ATTR_REVERSE | ATTR_BOLD,
        [TR_BADGE_RO] = ATTR_REVERSE,
        [TR_KEY] = ATTR_BOLD,
        [TR_PROMPT] = ATTR_BOLD,
        [TR_HINT] = ATTR_DIM,
        [TR_ERROR] = ATTR_BOLD | ATTR_REVERSE,
        [TR_DIALOG_TITLE] = ATTR_BOLD | ATTR_REVERSE,
        [TR_INPUT] = ATTR_UNDERLINE,
    };
    struct theme *t = theme_new();

    t->name = "builtin";
    t->summary = "Attributes only, compiled in";
    complete(t);
    for (int i = 0; i < TR_COUNT; i++)
        t->styles[i].attrs = attrs[i];
    return t;
}

/* ---- names ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_names(struct arena *a, const char *dir, const char **names, int n)
{
    DIR *d = opendir(dir);

    for (struct dirent *f; d && (f = readdir(d)) && n < MAX_THEMES;) {
        size_t len = strlen(f->d_name);

        if (len <= 4 || strcmp(f->d_name + len - 4, ".yml"))
            continue;
        const char *name = stem(a, f->d_name);
        bool have = !cluster_name_valid(name);

        for (int i = 0; i < n && !have; i++)
            have = !strcmp(names[i], name);
        if (!have)
            names[n++] = name;
    }
    if (d)
        closedir(d);
    return n;
}

int theme_names(struct arena *a, const char *const **names)
{
    const char **found = arena_array(a, MAX_THEMES, const char *);
    char *dirs[MAX_DIRS];
    int n = 0, ndirs = directories(dirs);

    for (int i = 0; i < ndirs; i++) {
        n = add_names(a, dirs[i], found, n);
        free(dirs[i]);
    }
    qsort(found, (size_t)n, sizeof *found, by_text);
    *names = found;
    return n;
}
