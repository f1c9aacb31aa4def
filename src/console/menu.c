/* menu.c: the tables of what can be done to members, and to a server of HAProxy. */
#include "pgdba/console/menu.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/analysis/balancer.h"
#include "pgdba/analysis/preflight.h"
#include "pgdba/command/command.h"

enum { INDENT = 2, TITLE = 32 };

/* In a command "@" stands for the members' names; of a server for where exactly it is. */
struct entry {
    const char *title, *command;
    enum action_kind kind;
    bool one;   /* it takes one member */
    bool reads; /* it changes nothing */
    /* What one of them must have, and what to say of those that have it not; NULL: nothing. */
    bool (*has)(const struct member *m);
    const char *lacks;
};

static bool is_pending(const struct member *m)
{
    return (m->dcs && m->dcs->pending_restart) || (m->health && m->health->pending_restart);
}

static bool is_scheduled(const struct member *m)
{
    return (m->dcs && m->dcs->scheduled_restart.at) ||
           (m->health && m->health->scheduled_restart.at);
}

/* The harmless first: that is where the cursor stands when it opens. */
static const struct entry member_entries[] = {
    {.title = "everything known about it", .one = true},
    {.title = "where its PostgreSQL listens", .command = "dsn @", .one = true, .reads = true},
    {.title = "ask its PostgreSQL in SQL", .command = "query @ ", .one = true, .reads = true},
    {.title = "reload its configuration", .command = "reload @", .kind = ACT_RELOAD},
    {.title = "restart", .command = "restart @", .kind = ACT_RESTART},
    {.title = "restart, where it is pending",
     .command = "restart @ --pending",
     .kind = ACT_RESTART,
     .has = is_pending,
     .lacks = "no restart is pending on"},
    {.title = "rolling restart", .command = "restart @ --rolling", .kind = ACT_ROLLING},
    {.title = "cancel its scheduled restart",
     .command = "cancel restart @",
     .kind = ACT_CANCEL_RESTART,
     .has = is_scheduled,
     .lacks = "no restart is scheduled on"},
    {.title = "switch over to it",
     .command = "switchover --candidate @",
     .kind = ACT_SWITCHOVER,
     .one = true},
    {.title = "fail over to it",
     .command = "failover --candidate @",
     .kind = ACT_FAILOVER,
     .one = true},
    {.title = "delete and copy anew (reinit)",
     .command = "reinit @",
     .kind = ACT_REINIT,
     .one = true},
    {.title = "the cluster's settings", .command = "config show", .reads = true},
    {.title = "change the cluster's settings", .command = "config set ", .kind = ACT_CONFIG},
};

static const struct entry server_entries[] = {
    {.title = "everything known about it", .one = true},
    {.title = "ready: takes connections again", .command = "haproxy ready @", .kind = ACT_HA_READY},
    {.title = "drain: no new connections", .command = "haproxy drain @", .kind = ACT_HA_DRAIN},
    {.title = "maint: out of service", .command = "haproxy maint @", .kind = ACT_HA_MAINT},
    {.title = "end its sessions", .command = "haproxy shutdown-sessions @", .kind = ACT_HA_SHUT},
};

/* Those of the menu that is open, or about to be. */
static const struct entry *entries_of(const struct view_state *v, int *n)
{
    *n = v->menu_servers ? (int)(sizeof server_entries / sizeof *server_entries)
                         : (int)(sizeof member_entries / sizeof *member_entries);
    return v->menu_servers ? server_entries : member_entries;
}

/* ---- why not -------------------------------------------------------------------------------- */

/* "pg2 --backend rw --on lb1"; of one that is gone its name, which nobody gets to choose. */
static const char *server_words(const struct frame *f, struct arena *a)
{
    const struct haproxy *h;
    const struct ha_row *row = balancer_find(f->s, f->v->menu.v[0], a, &h);
    if (!row)
        return marks_words(&f->v->menu, a);
    return arena_printf(a, "%s --backend %s --on %s", command_quote(a, row->name),
                        command_quote(a, row->proxy), command_quote(a, h->name));
}

static const char *command_for(const struct frame *f, const struct entry *e, struct arena *a)
{
    const char *at = e->command ? strchr(e->command, '@') : NULL;
    if (!at)
        return e->command;
    return arena_printf(a, "%.*s%s%s", (int)(at - e->command), e->command,
                        f->v->menu_servers ? server_words(f, a) : marks_words(&f->v->menu, a),
                        at + 1);
}

static bool is_there(const struct frame *f, const char *name, struct arena *a)
{
    const struct haproxy *h;
    return f->v->menu_servers ? balancer_find(f->s, name, a, &h) != NULL
                              : snapshot_member(f->s, name) != NULL;
}

static const char *gone(const struct frame *f, struct arena *a)
{
    const struct marks *names = &f->v->menu;
    for (int i = 0; i < names->n; i++)
        if (!is_there(f, names->v[i], a))
            return arena_printf(a, "%s is not in the picture any more", names->v[i]);
    return NULL;
}

static bool any_has(const struct frame *f, bool (*has)(const struct member *m))
{
    for (int i = 0; i < f->v->menu.n; i++)
        if (has(snapshot_member(f->s, f->v->menu.v[i])))
            return true;
    return false;
}

/* What the plan's checks would say: asked of the same table. */
static const char *blocked(const struct frame *f, const char *command, struct arena *a)
{
    struct invocation inv;
    struct request r;
    struct parse_error pe = {0};
    struct err e = ERR_INIT;
    enum check_verdict worst = CHECK_PASS;
    const char *why = NULL;
    int n;
    if (command_parse_line(command, a, &inv, &pe) != ST_OK) {
        why = arena_strdup(a, pe.text ? pe.text : "this is not a command");
    } else if (command_request(&inv, f->v->now_wall_us, &r, &e) != ST_OK) {
        why = arena_strdup(a, err_text(&e));
    } else {
        bool running = f->op && f->op->state == OP_RUNNING;
        const struct check_result *v =
            preflight_run(f->s, &r, running, f->v->now_us, a, &n, &worst);
        why = worst == CHECK_BLOCK ? v[0].reason : NULL;
    }
    parse_error_release(&pe);
    err_release(&e);
    return why;
}

static const char *why_not(const struct frame *f, const struct entry *e, const char *command,
                           struct arena *a)
{
    const struct marks *names = &f->v->menu;
    const char *lost = gone(f, a);
    if (e->one && names->n > 1)
        return arena_printf(a, "one at a time, and %d are marked", names->n);
    if (!command || lost)
        return lost;
    if (frame_replays(f))
        return "this is a recording";
    if (e->reads)
        return NULL;
    if (f->v->read_only)
        return "this console is read-only";
    if (f->v->menu_denied[e->kind])
        return f->v->menu_denied[e->kind];
    const char *why = command[strlen(command) - 1] == ' ' ? NULL : blocked(f, command, a);
    /* The checks first: they know what is too old to say that nothing is pending. */
    if (!why && e->has && !any_has(f, e->has))
        why = arena_printf(a, "%s %s", e->lacks, marks_text(names, a));
    return why;
}

void menu_ask(struct app *a, struct view_state *v)
{
    for (int i = 0; i < ACT_COUNT; i++) {
        free(v->menu_denied[i]);
        v->menu_denied[i] = NULL;
    }
    int n;
    const struct entry *entries = entries_of(v, &n);
    for (int i = 0; i < n; i++) {
        struct err e = ERR_INIT;
        char **to = &v->menu_denied[entries[i].kind];
        if (entries[i].command && !entries[i].reads && !*to &&
            app_may(a, entries[i].kind, &e) != ST_OK)
            *to = xstrdup(err_text(&e));
        err_release(&e);
    }
}

int menu_items(const struct frame *f, struct arena *a, const struct menu_item **out)
{
    int n;
    const struct entry *entries = entries_of(f->v, &n);
    struct menu_item *v = arena_array(a, (size_t)n, struct menu_item);
    for (int i = 0; i < n; i++) {
        v[i].title = entries[i].title;
        v[i].command = command_for(f, &entries[i], a);
        v[i].why_not = why_not(f, &entries[i], v[i].command, a);
    }
    *out = v;
    return n;
}

/* ---- on the screen -------------------------------------------------------------------------- */

const char *menu_title(const struct view_state *v, struct arena *a)
{
    const char *names = marks_text(&v->menu, a);
    return v->menu.n == 1 ? arena_printf(a, "Actions on %s", names)
                          : arena_printf(a, "Actions on %d marked: %s", v->menu.n, names);
}

void menu_write(const struct frame *f, struct doc *d, int *first, int *lines)
{
    const struct menu_item *v;
    int n = menu_items(f, d->arena, &v);
    if (f->v->frozen) {
        doc_text(d, 0, TR_WARN,
                 "The picture is frozen, and so is what is said here; a plan is made of now.");
        doc_gap(d);
    }
    for (int i = 0; i < n; i++) {
        int before = d->nlines;
        const char *text = v[i].command;
        bool can = !v[i].why_not;
        if (!can) /* in words: there may be no colours */
            text = arena_printf(d->arena, "not now: %s", v[i].why_not);
        else if (text && text[strlen(text) - 1] == ' ')
            text = arena_printf(d->arena, "%s%s", text, glyph(d->paper, GL_ELLIPSIS));
        doc_item(d, INDENT, TITLE, can ? TR_KEY : TR_DIM, v[i].title, can ? TR_DIALOG : TR_DIM,
                 text ? text : "");
        if (i == f->v->menu_at) {
            *first = before;
            *lines = d->nlines - before;
        }
    }
}
