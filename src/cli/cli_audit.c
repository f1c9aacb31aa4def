/* audit: who changed what, and what became of it. Of no cluster but of this user's log, so that it
 * can be read when nothing answers and when a cluster is not registered any more. */
#include <string.h>

#include "cli_private.h"
#include "pgdba/analysis/trail.h"
#include "pgdba/base/fmt.h"
#include "pgdba/wire/audit.h"

static const char *took(struct arena *a, const struct audit_entry *e)
{
    char t[FMT_MAX];
    return e->end && e->end->duration_us >= 0
               ? arena_strdup(a, fmt_duration(t, e->end->duration_us))
               : NULL;
}

static const char *or_none(const char *text)
{
    return *text ? text : NULL;
}

static void print_list(struct cli *c, const struct audit_trail *t)
{
    static const char *const heads[] = {"TIME",    "USER",    "CLUSTER", "ACTION",
                                        "MEMBERS", "OUTCOME", ">TOOK",   "WHY"};
    struct arena *a = &c->arena;
    struct cli_table table;
    cli_table_init(&table, a, 8, heads);
    for (int i = 0; i < t->n; i++) {
        const struct audit_entry *e = &t->v[i];
        cli_table_row(&table, (const char *[]){cli_stamp(a, e->begin->wall_us),
                                               or_none(e->begin->user), or_none(e->begin->cluster),
                                               or_none(e->begin->action), or_none(e->members),
                                               e->outcome, took(a, e), or_none(e->why)});
    }
    cli_table_print(&table, c->opt->out);
}

/* ---- with everything */

static void print_line(FILE *out, const char *head, const char *text)
{
    if (*text)
        fprintf(out, "  %-9s %s\n", head, text);
}

static void print_from(struct cli *c, const struct audit_line *l)
{
    struct arena *a = &c->arena;
    const char *pid = l->pid ? arena_printf(a, ", process %lld", (long long)l->pid) : "";
    const char *sudo = *l->sudo_user ? arena_printf(a, ", by sudo of %s", l->sudo_user) : "";
    const char *ssh = *l->ssh_client ? arena_printf(a, ", from %s", l->ssh_client) : "";
    print_line(c->opt->out, "who",
               arena_printf(a, "%s on %s%s%s%s", *l->user ? l->user : "?", *l->host ? l->host : "?",
                            pid, sudo, ssh));
}

static void print_phases(struct cli *c, const struct audit_line *l)
{
    char t[FMT_MAX];
    for (int i = 0; i < l->nphases; i++) {
        const struct audit_phase *p = &l->phases[i];
        fprintf(c->opt->out, "  %-9s %-7s %s%s%s%s%s\n", i ? "" : "phases", p->state, p->phase,
                *p->note ? ": " : "", p->note, p->after_us >= 0 ? ", after " : "",
                p->after_us >= 0 ? fmt_duration(t, p->after_us) : "");
    }
}

static void print_entry(struct cli *c, const struct audit_entry *e)
{
    FILE *out = c->opt->out;
    const struct audit_line *b = e->begin;
    const char *spent = took(&c->arena, e);
    fprintf(out, "%s  %s of %s: %s%s%s\n", cli_stamp(&c->arena, b->wall_us),
            *b->action ? b->action : "?", *b->cluster ? b->cluster : "?", e->outcome,
            spent ? ", after " : "", spent ? spent : "");
    print_line(out, "why", e->why);
    print_from(c, b);
    print_line(out, "command", b->command);
    print_line(out, "accepted", b->accepted);
    for (int i = 0; i < b->nchecks; i++)
        fprintf(out, "  %-9s %-5s  %s\n", i ? "" : "checks", b->checks[i].verdict,
                b->checks[i].reason);
    for (int i = 0; i < b->nrequests; i++)
        fprintf(out, "  %-9s %s %s %s\n", i ? "" : "requests", b->requests[i].method,
                b->requests[i].url, b->requests[i].body);
    if (e->end) {
        print_phases(c, e->end);
        print_line(out, "answer", e->end->answer);
    }
}

/* ---- the command */

static struct audit_wish wish_of(const struct cli *c)
{
    const char *since = invocation_get(c->inv, "--since"), *last = invocation_get(c->inv, "--last");
    struct audit_wish w = {.cluster = invocation_get(c->inv, "--cluster")};
    int64_t us = 0, most = 0;
    if (since && fmt_parse_duration(since, &us)) /* the parser has checked both */
        w.since_wall_us = app_now_wall_us(c->app) - us;
    if (last && fmt_parse_int(last, &most))
        w.most = (int)most;
    return w;
}

static void print_json(struct cli *c, const struct audit_lines *l, const struct audit_trail *t,
                       const char *cluster)
{
    struct wire_json *root = cli_json_begin("audit", cluster, app_now_wall_us(c->app));
    wire_json_bool(root, "older_not_read", l->cut);
    wire_json_int(root, "broken_lines", l->broken);
    struct wire_json *list = wire_json_add_array(root, "entries");
    for (int i = 0; i < t->n; i++)
        wire_audit_json(wire_json_add_object(list, NULL), &t->v[i]);
    cli_json_print(root, c->opt->out);
}

static void print_text(struct cli *c, const struct audit_lines *l, const struct audit_trail *t)
{
    if (!t->n)
        fputs("The audit log has nothing of that.\n", c->opt->out);
    else if (!invocation_has(c->inv, "--details"))
        print_list(c, t);
    for (int i = 0; invocation_has(c->inv, "--details") && i < t->n; i++)
        print_entry(c, &t->v[i]);
    if (l->cut)
        fputs("(There are older lines, which were not read.)\n", c->opt->out);
    if (l->broken)
        fprintf(c->opt->out, "(%d line%s not to be read: cut off, or changed by hand.)\n",
                l->broken, l->broken == 1 ? " is" : "s are");
}

int cli_audit(struct cli *c)
{
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    enum status st = app_audit(c->app, true, &f, &e);
    if (st == ST_OK) {
        struct audit_wish w = wish_of(c);
        struct audit_trail t = audit_trail(f->root, &w, &c->arena);
        if (c->json)
            print_json(c, f->root, &t, w.cluster);
        else
            print_text(c, f->root, &t);
        facts_unref(f);
    }
    int code = st == ST_OK ? CLI_HEALTHY : cli_error(c, st, err_text(&e));
    err_release(&e);
    return code;
}
