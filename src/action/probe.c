/*
 * probe.c: the schema of the write probe: made after it was confirmed, and dropped again. One
 * statement, then a look at what is there: the answer to a statement that broke off says nothing.
 */
#include "kind.h"

#include <stdio.h>
#include <string.h>

#include "pgdba/base/fmt.h"
#include "pgdba/wire/probe.h"

enum { PH_SENT, PH_SEEN, PH_COUNT };
enum { SQL_TIMEOUT_S = 10 };

static const char *const phase_names[] = {[PH_SENT] = "SQL", [PH_SEEN] = "looked at again"};
_Static_assert(sizeof phase_names / sizeof *phase_names == PH_COUNT, "a phase without its name");

static bool starts(const struct plan *p)
{
    return p->kind == ACT_PROBE_START;
}

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    (void)s;
    if (!p->request.via || !*p->request.via)
        return err_set(e, ST_USAGE, "%s needs --via: the route it is for", action_name(p->kind));
    return ST_OK;
}

static void describe_start(struct planner *b)
{
    char every[FMT_MAX];
    int64_t us = b->plan->request.every_us ? b->plan->request.every_us : 100 * USEC_PER_MS;

    planner_line(b, "A schema of its own, %s, is made where it is not there yet.",
                 PROBE_SCHEMA_NAME);
    planner_line(b, "Then a row is written through %s every %s, as long as the probe runs.",
                 b->plan->request.via, fmt_duration(every, us));
    planner_line(b, "Every write is a commit on the leader and is replicated like any other.");
    planner_line(b, "To undo it: probe drop --via %s", b->plan->request.via);
}

static void describe_drop(struct planner *b)
{
    planner_line(b, "The schema %s is dropped with all rows that probes have written.",
                 PROBE_SCHEMA_NAME);
    planner_line(b, "Whatever else somebody put into it keeps it from being dropped.");
    planner_line(b, "This cannot be undone; a probe that still writes fails from then on.");
}

static const char *equivalent(struct planner *b)
{
    const struct request *r = &b->plan->request;
    const char *via = planner_quote(b, r->via);
    char every[FMT_MAX];

    if (!starts(b->plan))
        return arena_printf(&b->plan->arena, "%s --via %s", planner_command(b, "probe drop"), via);
    if (!r->every_us)
        return arena_printf(&b->plan->arena, "%s --via %s --write",
                            planner_command(b, "probe start"), via);
    snprintf(every, sizeof every, "%lldms", (long long)(r->every_us / USEC_PER_MS));
    return arena_printf(&b->plan->arena, "%s --via %s --write --every %s",
                        planner_command(b, "probe start"), via, every);
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    bool start = starts(p);

    p->title = arena_printf(&p->arena, "%s the probe's schema: %s through %s",
                            start ? "Make" : "Drop", p->cluster, p->request.via);
    if (start)
        describe_start(b);
    else
        describe_drop(b);
    planner_sql(b, p->request.via, start ? wire_probe_create_sql() : wire_probe_drop_sql(),
                SQL_TIMEOUT_S * USEC_PER_SEC, start ? "make schema and table" : "drop the schema");
    planner_sql(b, p->request.via, wire_probe_there_sql(), SQL_TIMEOUT_S * USEC_PER_SEC,
                start ? "look whether they are there" : "look whether it is gone");
    p->equivalent = equivalent(b);
}

/* ---- the run */

static void begin(struct action_run *r)
{
    run_phases(r, PH_COUNT, phase_names);
    run_phase(r, PH_SENT, PHASE_ACTIVE, "");
    run_wait_for(r, "the answer of %s", r->plan->steps[0].url);
}

static void observe(struct action_run *r, const struct snapshot *s)
{
    (void)r;
    (void)s; /* the picture does not show schemas: what is verified is asked for */
}

static void looked(struct action_run *r, const struct step_answer *a)
{
    const char *cell = a->table ? table_get(a->table, 0, 0) : NULL;
    bool there = cell && strcmp(cell, "t") == 0, start = starts(r->plan);

    if (a->means != WIRE_DONE || !cell) {
        run_phase(r, PH_SEEN, PHASE_FAILED, "");
        run_end(r, OP_UNKNOWN, "it could not be looked at again: %s", a->text);
    } else if (there == start) {
        run_phase_reach(r, PH_SEEN, start ? "there" : "gone");
        run_end(r, OP_DONE, "the schema %s is %s", PROBE_SCHEMA_NAME, start ? "there" : "gone");
    } else {
        run_phase(r, PH_SEEN, PHASE_FAILED, there ? "still there" : "not there");
        run_end(r, OP_FAILED, "the schema %s is %s", PROBE_SCHEMA_NAME,
                there ? "still there" : "not there");
    }
}

static void answered(struct action_run *r, const struct step_answer *a)
{
    if (r->step > 0) {
        looked(r, a);
    } else if (!a->sent) {
        run_phase(r, PH_SENT, PHASE_FAILED, "not sent");
        run_end(r, OP_REFUSED, "not sent, nothing was changed: %s", a->text);
    } else if (a->means == WIRE_REFUSED) {
        run_phase(r, PH_SENT, PHASE_FAILED, "refused");
        run_end(r, OP_REFUSED, "PostgreSQL refused, nothing was changed: %s", a->text);
    } else {
        run_phase_reach(r, PH_SENT, a->means == WIRE_DONE ? "done" : a->text);
        run_wait_for(r, "a look at what is there now");
        run_send_next(r);
    }
}

static void expired(struct action_run *r)
{
    run_end(r, OP_UNKNOWN, "no answer came");
}

const struct action_ops probe_start_ops = {.check = check,
                                           .plan = plan,
                                           .begin = begin,
                                           .observe = observe,
                                           .answered = answered,
                                           .expired = expired};
const struct action_ops probe_drop_ops = {.check = check,
                                          .plan = plan,
                                          .begin = begin,
                                          .observe = observe,
                                          .answered = answered,
                                          .expired = expired};
