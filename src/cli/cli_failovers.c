/* failovers: the kept ones, and one of them with all its phases. */
#include <string.h>

#include "cli_private.h"
#include "pgdba/analysis/failover.h"
#include "pgdba/base/fmt.h"

const char *cli_phase_text(const struct failover_phase *p, struct arena *a)
{
    const char *name = failover_phase_name(p->id);
    return *p->subject ? arena_printf(a, "%s (%s)", name, p->subject) : name;
}

/* ---- all of them: what is open, what was kept, and what Patroni remembers from before */

struct found {
    int n;
    const struct failover **v; /* newest first */
};

static struct found find_all(struct cli *c, const struct snapshot *s)
{
    struct failover_list kept;
    int nbefore;
    app_failovers(c->app, &kept);
    const struct failover *before = failover_of_history(s, &kept, &c->arena, &nbefore);
    struct found all = {
        .v = arena_array(&c->arena, (size_t)(1 + kept.n + nbefore), const struct failover *)};
    if (kept.open)
        all.v[all.n++] = kept.open;
    for (int i = 0; i < kept.n; i++)
        all.v[all.n++] = kept.v[i];
    for (int i = 0; i < nbefore; i++)
        all.v[all.n++] = &before[i];
    return all;
}

static const char *duration(struct arena *a, int64_t us)
{
    char t[FMT_MAX];
    return us > 0 ? arena_strdup(a, fmt_duration(t, us)) : NULL;
}

static const char *timelines(struct arena *a, const struct failover *f)
{
    if (f->old_timeline && f->new_timeline && f->old_timeline != f->new_timeline)
        return arena_printf(a, "%lld -> %lld", (long long)f->old_timeline,
                            (long long)f->new_timeline);
    return f->old_timeline || f->new_timeline
               ? arena_printf(a, "%lld",
                              (long long)(f->new_timeline ? f->new_timeline : f->old_timeline))
               : "?";
}

static const char *who(const char *name)
{
    return *name ? name : "?";
}

static void print_list(struct cli *c, const struct found *all)
{
    static const char *const heads[] = {">NUMBER", "WHEN", "KIND",     "FROM",
                                        "TO",      "TL",   ">LASTING", ">OUTAGE"};
    struct arena *a = &c->arena;
    struct cli_table t;
    cli_table_init(&t, a, 8, heads);
    for (int i = 0; i < all->n; i++) {
        const struct failover *f = all->v[i];
        const char *lasting = f->open ? "goes on" : duration(a, f->end_wall_us - f->start_wall_us);
        cli_table_row(&t,
                      (const char *[]){
                          f->number ? arena_printf(a, "%llu", (unsigned long long)f->number) : NULL,
                          f->start_wall_us ? cli_stamp(a, f->start_wall_us) : "?",
                          failover_kind_name(f->kind), who(f->from), who(f->to), timelines(a, f),
                          lasting, f->outage.known ? duration(a, f->outage.longest_us) : NULL});
    }
    if (all->n)
        cli_table_print(&t, c->opt->out);
    else
        fputs("No failover is known of this cluster: none is kept, and its history has none.\n",
              c->opt->out);
}

/* ---- one of them */

static const char *after(struct arena *a, const struct failover *f, const struct failover_phase *p)
{
    char t[FMT_MAX];
    return p->state == FO_DONE
               ? arena_printf(a, "%s", fmt_duration(t, p->mono_us - f->start_mono_us))
               : NULL;
}

static const char *predicted(struct arena *a, const struct failover_phase *p)
{
    char lo[FMT_MAX], hi[FMT_MAX];
    if (p->predicted_lo_us < 0 || p->predicted_hi_us < 0)
        return NULL;
    return arena_printf(a, "%s to %s", fmt_duration(lo, p->predicted_lo_us),
                        fmt_duration(hi, p->predicted_hi_us));
}

static void print_phases(struct cli *c, const struct failover *f)
{
    static const char *const heads[] = {"PHASE",     "STATE", "AT",  ">AFTER",
                                        "PREDICTED", "BY",    "NOTE"};
    struct arena *a = &c->arena;
    struct cli_table t;
    cli_table_init(&t, a, 7, heads);
    for (int i = 0; i < f->nphases; i++) {
        const struct failover_phase *p = &f->phases[i];
        bool done = p->state == FO_DONE;
        cli_table_row(
            &t,
            (const char *[]){
                cli_phase_text(p, a), fo_state_name(p->state),
                done ? cli_stamp(a, p->wall_us) : NULL, after(a, f, p), predicted(a, p),
                done ? cli_said_by(p->source, p->revision, p->mono_us, p->not_before_us, a) : NULL,
                p->note});
    }
    cli_table_print(&t, c->opt->out);
}

static void print_rows(FILE *out, const char *what, int64_t n)
{
    if (n < 0)
        fprintf(out, ", %s rows not known", what);
    else
        fprintf(out, ", %lld %s row%s", (long long)n, what, n == 1 ? "" : "s");
}

static void print_outage(struct cli *c, const struct failover_outage *o)
{
    char t[FMT_MAX], u[FMT_MAX];
    FILE *out = c->opt->out;
    if (!o->known)
        return;
    fprintf(out, "The %s probe through %s: longest gap %s, %s in all, %d failed attempt%s",
            o->is_write ? "write" : "read", o->route, fmt_duration(t, o->longest_us),
            fmt_duration(u, o->total_us), o->failures, o->failures == 1 ? "" : "s");
    if (o->is_write) {
        print_rows(out, "lost", o->lost);
        print_rows(out, "ghost", o->ghosts);
    }
    fputc('\n', out);
}

static void print_one(struct cli *c, const struct failover *f)
{
    FILE *out = c->opt->out;
    fprintf(out, "%s\n", f->summary);
    fprintf(out, "Began %s%s\n", cli_stamp(&c->arena, f->start_wall_us),
            f->open     ? ", and goes on"
            : f->coarse ? "; etcd was not watched: times are as exact as the polls were"
                        : "");
    if (f->nphases) {
        fputc('\n', out);
        print_phases(c, f);
    }
    print_outage(c, &f->outage);
}

/* ---- the command */

static const struct failover *numbered(const struct found *all, const char *number)
{
    int64_t n = 0;
    fmt_parse_int(number, &n);
    for (int i = 0; i < all->n; i++)
        if (all->v[i]->number == (uint64_t)n)
            return all->v[i];
    return NULL;
}

static void print_json(struct cli *c, const struct cli_reading *r, const struct found *all)
{
    struct wire_json *root = cli_json_begin("failovers", r->s->cluster, r->wall_us);
    struct wire_json *list = wire_json_add_array(root, "failovers");
    for (int i = 0; i < all->n; i++)
        wire_failover_json(wire_json_add_object(list, NULL), all->v[i]);
    cli_json_print(root, c->opt->out);
}

int cli_failovers(struct cli *c)
{
    const char *number = invocation_get(c->inv, "NUMBER");
    struct cli_reading r;
    if (!cli_begin(c, &r))
        return r.code;
    struct found all = find_all(c, r.s);
    const struct failover *one = number ? numbered(&all, number) : NULL;
    if (number && !one)
        return cli_error(
            c, ST_NOT_FOUND,
            arena_printf(&c->arena, "no failover %s is kept; pgdba failovers lists them", number));
    if (one)
        all = (struct found){.n = 1, .v = &one};
    if (c->json)
        print_json(c, &r, &all);
    else if (one)
        print_one(c, one);
    else
        print_list(c, &all);
    return r.code;
}
