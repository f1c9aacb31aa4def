/* watch: every event and every change of a failover's phase as a line, as it happens. */
#include <stdlib.h>
#include <string.h>

#include "cli_private.h"
#include "pgdba/analysis/health.h"
#include "pgdba/base/fmt.h"

/* A phase as it was told last. */
struct told {
    enum failover_phase_id id;
    enum fo_state state;
    char *subject;
};

struct watch {
    struct cli *c;
    struct cli_lines out;
    struct buf line;
    struct arena words; /* of one line */
    /* the failover that was told last */
    uint64_t number;
    enum failover_kind kind;
    bool open;
    int ntold;
    struct told *told;
};

static void put(struct watch *w)
{
    cli_lines_put(&w->out, w->line.s);
    buf_clear(&w->line);
    arena_release(&w->words);
    arena_init(&w->words);
}

/* ---- where it begins */

static const char *etcd_word(const struct snapshot *s)
{
    if (!s->etcd_configured)
        return "not configured";
    if (s->dcs_leads)
        return "watched";
    return *s->dcs_state.detail ? s->dcs_state.detail : obs_outcome_name(s->dcs_state.outcome);
}

static void cluster_json(struct watch *w, const struct cli_reading *r)
{
    const struct member *leader = snapshot_leader(r->s);
    struct wire_json *j = wire_json_object();
    wire_json_str(j, "type", "cluster");
    wire_json_int(j, "wall_us", r->wall_us);
    wire_json_str(j, "cluster", r->s->cluster);
    wire_json_str(j, "leader", leader ? leader->name : NULL);
    wire_json_int(j, "timeline", snapshot_timeline(r->s));
    wire_json_str(j, "verdict", health_name(r->v.worst));
    wire_json_str(j, "etcd", etcd_word(r->s));
    wire_json_dump(j, false, &w->line);
    buf_putc(&w->line, '\n');
    wire_json_free(j);
}

static void cluster_text(struct watch *w, const struct cli_reading *r)
{
    const struct member *leader = snapshot_leader(r->s);
    buf_addf(&w->line, "%s %s: %s, ", cli_stamp(&w->words, r->wall_us), r->s->cluster,
             health_name(r->v.worst));
    if (leader)
        buf_addf(&w->line, "%s leads on timeline %lld", leader->name,
                 (long long)snapshot_timeline(r->s));
    else
        buf_puts(&w->line, r->s->view.answered_us ? "no leader" : "leader unknown");
    buf_addf(&w->line, "; etcd: %s\n", etcd_word(r->s));
}

/* ---- failovers */

static void forget(struct watch *w)
{
    for (int i = 0; i < w->ntold; i++)
        free(w->told[i].subject);
    free(w->told);
    w->told = NULL;
    w->ntold = 0;
}

static const struct told *told_of(const struct watch *w, const struct failover_phase *p)
{
    for (int i = 0; i < w->ntold; i++)
        if (w->told[i].id == p->id && strcmp(w->told[i].subject, p->subject) == 0)
            return &w->told[i];
    return NULL;
}

static bool is_news(const struct watch *w, const struct failover_phase *p)
{
    const struct told *t = told_of(w, p);
    return !t || t->state != p->state;
}

static void remember(struct watch *w, const struct failover *f)
{
    forget(w);
    w->number = f->number;
    w->kind = f->kind;
    w->open = f->open;
    w->told = xcalloc((size_t)f->nphases, sizeof *w->told);
    w->ntold = f->nphases;
    for (int i = 0; i < f->nphases; i++) {
        const struct failover_phase *p = &f->phases[i];
        w->told[i] = (struct told){p->id, p->state, xstrdup(p->subject)};
    }
}

static const char *expected(struct watch *w, const struct failover_phase *p)
{
    char lo[FMT_MAX], hi[FMT_MAX];
    if (p->predicted_lo_us < 0 || p->predicted_hi_us < 0)
        return "";
    return arena_printf(&w->words, ", expected after %s to %s",
                        fmt_duration(lo, p->predicted_lo_us), fmt_duration(hi, p->predicted_hi_us));
}

static void phase_text(struct watch *w, const struct failover *f, const struct failover_phase *p)
{
    struct arena *a = &w->words;
    char t[FMT_MAX];
    int64_t wall = p->state == FO_DONE ? p->wall_us : app_now_wall_us(w->c->app);
    if (p->state == FO_WAITING || (p->state == FO_SKIPPED && !told_of(w, p)))
        return; /* its turn comes; or it was never to come */
    buf_addf(&w->line, "%s   %s: ", cli_stamp(a, wall), cli_phase_text(p, a));
    if (p->state == FO_DONE) {
        const char *by = cli_said_by(p->source, p->revision, p->mono_us, p->not_before_us, a);
        buf_addf(&w->line, "%s after the beginning%s%s%s",
                 fmt_duration(t, p->mono_us - f->start_mono_us), *by ? " (" : "", by,
                 *by ? ")" : "");
    } else if (p->state == FO_NEXT) {
        buf_addf(&w->line, "waited for%s", expected(w, p));
    } else if (p->state == FO_OVERDUE) {
        buf_addf(&w->line, "overdue%s", expected(w, p));
    } else {
        buf_puts(&w->line, fo_state_name(p->state));
    }
    buf_addf(&w->line, "%s%s\n", *p->note ? ": " : "", p->note);
}

static void on_failover(void *arg, const struct failover *f)
{
    struct watch *w = arg;
    bool news = f->number != w->number || f->kind != w->kind || f->open != w->open ||
                f->nphases != w->ntold;
    if (f->number != w->number)
        forget(w);
    for (int i = 0; i < f->nphases; i++) {
        if (!is_news(w, &f->phases[i]))
            continue;
        news = true;
        if (!w->c->json)
            phase_text(w, f, &f->phases[i]);
    }
    if (news && w->c->json)
        wire_failover_line(f, &w->line);
    remember(w, f);
    if (w->line.len)
        put(w);
}

/* ---- the rest */

static void on_event(void *arg, const struct event *e)
{
    struct watch *w = arg;
    if (w->c->json)
        wire_event_line(e, &w->line);
    else
        cli_event_text(e, &w->words, &w->line);
    put(w);
}

static void on_error(void *arg, const char *text)
{
    const struct watch *w = arg;
    cli_error(w->c, ST_FAILED, text);
}

static void begin(struct watch *w)
{
    struct cli_reading r;
    struct failover_list list;
    cli_look(w->c, &r);
    if (w->c->json)
        cluster_json(w, &r);
    else
        cluster_text(w, &r);
    put(w);
    app_failovers(w->c->app, &list);
    if (list.open) {
        if (!w->c->json)
            buf_addf(&w->line, "%s %s\n", cli_stamp(&w->words, list.open->start_wall_us),
                     list.open->summary);
        on_failover(w, list.open);
    }
}

int cli_watch(struct cli *c)
{
    struct watch w = {.c = c};
    int code = cli_open(c);
    app_show_leases(c->app, true); /* the early warning, and the last sign of a dead leader */
    if (code != CLI_HEALTHY)
        return code;
    buf_init(&w.line);
    arena_init(&w.words);
    cli_lines_init(&w.out, c);
    app_subscribe(c->app,
                  &(struct app_subscriber){
                      .arg = &w, .error = on_error, .event = on_event, .failover = on_failover});
    begin(&w);
    cli_run_span(&(struct cli_span){.c = c, .done = cli_lines_over, .arg = &w.out});
    app_subscribe(c->app, &(struct app_subscriber){0});
    forget(&w);
    arena_release(&w.words);
    buf_release(&w.line);
    return cli_lines_end(&w.out);
}
