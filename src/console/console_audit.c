/* console_audit.c: opening the audit log, and keys in it. */
#include "console_private.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/analysis/trail.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/audit_view.h"

static struct audit_wish wish_of(const struct console *c, const struct invocation *inv)
{
    const char *since = invocation_get(inv, "--since"), *last = invocation_get(inv, "--last");
    struct audit_wish w = {.cluster = invocation_get(inv, "--cluster")};
    int64_t us = 0, most = 0;
    if (since && fmt_parse_duration(since, &us)) /* the parser has checked both */
        w.since_wall_us = app_now_wall_us(c->app) - us;
    if (last && fmt_parse_int(last, &most))
        w.most = (int)most;
    return w;
}

void auditlog_open(struct console *c, const struct invocation *inv)
{
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    struct arena a;
    if (app_audit(c->app, false, &f, &e) != ST_OK) {
        console_say(c, TR_ERROR, "%s", err_text(&e));
        err_release(&e);
        return;
    }
    arena_init(&a);
    struct audit_wish w = wish_of(c, inv);
    struct audit_trail t = audit_trail(f->root, &w, &a);
    audit_view_free(c->v.audit);
    c->v.audit = audit_view_new(f, &t);
    arena_release(&a);
    view_open(&c->v, OVERLAY_AUDIT);
}

static int moved(struct console *c, enum ui_action a, int at, int n)
{
    struct frame f;
    console_frame(c, &f);
    int page = overlay_page(&f, &c->surface);
    int to = a == UI_UP          ? at - 1
             : a == UI_DOWN      ? at + 1
             : a == UI_PAGE_UP   ? at - page
             : a == UI_PAGE_DOWN ? at + page
             : a == UI_FIRST     ? 0
             : a == UI_LAST      ? n - 1
                                 : at;
    return to >= n ? n - 1 : to < 0 ? 0 : to;
}

bool auditlog_key(struct console *c, const struct key *k)
{
    struct audit_view *v = c->v.audit;
    enum ui_action a = keymap_ui(k->name);
    bool enter = strcmp(k->name, "Enter") == 0;
    if (v->details && (enter || strcmp(k->name, "Esc") == 0)) {
        v->details = false;
    } else if (!v->details && enter && v->trail.n > 0) {
        v->details = true;
    } else if (!v->details && (a == UI_UP || a == UI_DOWN || a == UI_PAGE_UP || a == UI_PAGE_DOWN ||
                               a == UI_FIRST || a == UI_LAST)) {
        if (v->trail.n > 0)
            v->at = moved(c, a, v->at, v->trail.n);
    } else {
        return false;
    }
    c->v.scroll = 0;
    return true;
}
