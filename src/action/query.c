/*
 * query.c: SQL that may write, to one member's PostgreSQL. The answer itself says what it did:
 * there is nothing to look at afterwards but that. Without one it may have been carried out or not.
 */
#include "kind.h"

#include <string.h>

#include "pgdba/analysis/sql_effects.h"
#include "pgdba/analysis/whom.h"
#include "pgdba/base/fmt.h"

enum { PH_ANSWER, PH_COUNT };
enum { TIMEOUT_S = 30, GRACE_S = 2 };

static const char *const phase_names[] = {[PH_ANSWER] = "answered"};
_Static_assert(sizeof phase_names / sizeof *phase_names == PH_COUNT, "a phase without its name");

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    struct request *r = &p->request;
    const char **names = arena_array(&p->arena, 1, const char *);
    const struct member *m;
    enum status st;

    if ((r->role == MEMBERS_NAMED) == (r->nmembers == 0))
        return err_set(e, ST_USAGE, "query needs a member's name or --role, one of them");
    st = whom_find(s, r->role, r->nmembers ? r->members[0] : NULL, p->made_us, &m, e);
    if (st != ST_OK)
        return st;
    names[0] = arena_strdup(&p->arena, m->name);
    r->members = names;
    r->nmembers = 1;
    r->role = MEMBERS_NAMED;
    return ST_OK;
}

static int64_t timeout_of(const struct request *r)
{
    return r->sql_timeout_us ? r->sql_timeout_us : TIMEOUT_S * USEC_PER_SEC;
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    const struct request *r = &p->request;
    struct buf words;
    char limit[FMT_MAX];

    buf_init(&words);
    p->title = arena_printf(&p->arena, "Run SQL on %s of %s", r->members[0], p->cluster);
    planner_line(b, "It may write, and is sent as it stands; nothing here looks into it.");
    planner_line(b, "The server ends it after %s.", fmt_duration(limit, timeout_of(r)));
    planner_line(b, "What it does cannot be undone from here.");
    planner_sql_member(b, r->sql, timeout_of(r) + GRACE_S * USEC_PER_SEC, "run the SQL");
    buf_addf(&words, "%s --write", planner_command(b, "query"));
    if (r->dbname)
        buf_addf(&words, " --dbname %s", planner_quote(b, r->dbname));
    if (r->user)
        buf_addf(&words, " --username %s", planner_quote(b, r->user));
    if (r->sql_timeout_us)
        buf_addf(&words, " --timeout %lldms", (long long)(r->sql_timeout_us / USEC_PER_MS));
    planner_member_words(b, &words);
    buf_addf(&words, " %s", planner_quote(b, r->sql));
    p->equivalent = arena_strdup(&p->arena, words.s);
    buf_release(&words);
}

/* ---- the run */

static void begin(struct action_run *r)
{
    run_phases(r, PH_COUNT, phase_names);
    run_phase(r, PH_ANSWER, PHASE_ACTIVE, "");
    run_wait_for(r, "the answer of %s", r->plan->steps[0].url);
}

static void observe(struct action_run *r, const struct snapshot *s)
{
    (void)r;
    (void)s; /* no picture shows what was written */
}

/* One statement is all or nothing, as a rule; of several, some may have been committed before. */
static void refused(struct action_run *r, const char *text)
{
    const char *semicolon = strchr(r->plan->request.sql, ';');

    if (semicolon && semicolon[1 + strspn(semicolon + 1, " \t\r\n;")])
        run_end(r, OP_FAILED, "PostgreSQL refused: %s; what was committed before that stands",
                text);
    else if (sql_in_pieces(r->plan->request.sql))
        run_end(r, OP_FAILED,
                "PostgreSQL refused: %s; such a statement is not all or nothing: look at what it "
                "has left behind",
                text);
    else
        run_end(r, OP_REFUSED, "PostgreSQL refused, nothing was changed: %s", text);
}

static void answered(struct action_run *r, const struct step_answer *a)
{
    const char *tag = a->table && a->table->tag ? a->table->tag : "";
    char took[FMT_MAX];

    fmt_duration(took, run_now(r) - r->sent_us);
    if (!a->sent) {
        run_phase(r, PH_ANSWER, PHASE_FAILED, "not sent");
        run_end(r, OP_REFUSED, "not sent, nothing was changed: %s", a->text);
    } else if (a->means == WIRE_REFUSED) {
        run_phase(r, PH_ANSWER, PHASE_FAILED, "refused");
        refused(r, a->text);
    } else if (a->means != WIRE_DONE) {
        run_phase(r, PH_ANSWER, PHASE_FAILED, a->text);
        run_end(r, OP_UNKNOWN,
                "no answer came, it may have been carried out or not: %s; look at the data before "
                "it is sent again",
                a->text);
    } else {
        if (a->table && a->table->ncols > 0)
            r->op.result = table_clean(&r->arena, a->table);
        run_phase_reach(r, PH_ANSWER, tag);
        run_end(r, OP_DONE, "%s says: %s (%s)", r->plan->steps[0].member, *tag ? tag : "done",
                took);
    }
}

static void expired(struct action_run *r)
{
    run_end(r, OP_UNKNOWN, "no answer came");
}

const struct action_ops query_ops = {.check = check,
                                     .plan = plan,
                                     .begin = begin,
                                     .observe = observe,
                                     .answered = answered,
                                     .expired = expired};
