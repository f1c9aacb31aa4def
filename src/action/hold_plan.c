/* hold_plan.c: what a switchover that holds the clients will do, told before it is done. */
#include "hold.h"

#include <string.h>

#include "bouncers.h"
#include "pgdba/base/fmt.h"
#include "pgdba/wire/etcd.h"
#include "takeover.h"

#define SHORT_RETRY "server_login_retry=1"

enum { CHECKPOINT_S = 30 };

static enum status databases_meant(const struct snapshot *s, struct plan *p, struct err *e)
{
    struct request *r = &p->request;
    const char **v = arena_array(&p->arena, 1, const char *);
    const struct pgb_databases *d = s->bouncers[0].databases;

    if (r->ndatabases)
        return bouncers_databases(r, e);
    for (int i = 0; i < s->nbouncers; i++)
        if (!s->bouncers[i].databases || s->bouncers[i].databases->n != 1 ||
            strcmp(s->bouncers[i].databases->v[0].name, d->v[0].name) != 0)
            return err_set(e, ST_USAGE,
                           "--hold needs --database: PgBouncer has several, or is not known yet");
    v[0] = arena_strdup(&p->arena, d->v[0].name);
    r->databases = v;
    r->ndatabases = 1;
    return ST_OK;
}

/* CHECKPOINT goes to the leader, as a query would. */
static void leader_is_meant(struct plan *p)
{
    const char **v = arena_array(&p->arena, 1, const char *);

    v[0] = p->leader;
    p->request.members = v;
    p->request.nmembers = 1;
    p->request.sql_timeout_us = CHECKPOINT_S * USEC_PER_SEC;
}

enum status hold_check(const struct snapshot *s, struct plan *p, struct err *e)
{
    enum status st = takeover_check(s, p, e);

    p->request.everywhere = p->request.nbouncers == 0; /* one that is left out would go on */
    if (st == ST_OK)
        st = bouncers_meant(s, p, e);
    if (st == ST_OK && p->request.release_lock && !s->dcs)
        st = err_set(e, ST_USAGE, "--release-lock needs etcd in the cluster's file");
    if (st == ST_OK)
        leader_is_meant(p);
    if (st == ST_OK && s->dcs)
        p->request.prefix = arena_strdup(&p->arena, s->dcs->prefix);
    return st == ST_OK ? databases_meant(s, p, e) : st;
}

int hold_switch_step(const struct plan *p)
{
    int i = 0;

    while (strcmp(p->steps[i].method, "POST") != 0)
        i++;
    return i;
}

static int64_t within(const struct request *r)
{
    return r->within_us ? r->within_us : BOUNCER_PAUSE_S * USEC_PER_SEC;
}

static void add(struct planner *b, const struct talk_verb *v, int64_t timeout_us, const char *arg)
{
    const struct request *r = &b->plan->request;

    for (int i = 0; i < r->nbouncers; i++)
        for (int k = 0; k < (arg ? 1 : r->ndatabases); k++) {
            const char *of = arg ? arg : r->databases[k];
            const char *sql = talk_sql(&b->plan->arena, v, of);

            planner_bouncer(b, r->bouncers[i], sql, of, timeout_us,
                            arena_printf(&b->plan->arena, "%s on %s", sql, r->bouncers[i]));
        }
}

/* Patroni makes one before it stops PostgreSQL, and the shutdown makes another: what has been
 * written before is not waited for by clients that are held. */
static void add_checkpoint(struct planner *b)
{
    const struct plan *p = b->plan;

    if (!b->env->config->postgres.conninfo) {
        planner_line(b,
                     "No CHECKPOINT is made before, for no login to PostgreSQL is configured: the "
                     "one that Patroni makes is waited for by the clients.");
        return;
    }
    planner_line(b,
                 "A CHECKPOINT on %s comes first, while clients still write, so that its shutdown "
                 "is short; where the login may not make one, it is left out and said.",
                 p->leader);
    planner_sql_member(b, "CHECKPOINT", (CHECKPOINT_S + 2) * USEC_PER_SEC,
                       arena_printf(&b->plan->arena, "CHECKPOINT on %s", p->leader));
}

static void add_release(struct planner *b)
{
    struct plan *p = b->plan;
    struct buf body;

    planner_line(b,
                 "--release-lock: once nobody listens at the port of %s's PostgreSQL any more and "
                 "its Patroni says that it stops it, its lock is deleted in etcd from here, if it "
                 "is its own still. Patroni would do that up to 1 s later, whatever became of "
                 "PostgreSQL. Should the whole node die in that second, its lock would have had "
                 "its ttl to wait for it.",
                 p->leader);
    if (!b->env->config->postgres.conninfo)
        planner_check(b, "route", CHECK_BLOCK,
                      "--release-lock looks at %s's PostgreSQL itself, and no login to it is "
                      "configured",
                      p->leader);
    buf_init(&body);
    wire_etcd_release_body(&body, p->request.prefix ? p->request.prefix : "", p->leader);
    planner_etcd(b, "/kv/txn", body.s, BOUNCER_ANSWER_S * USEC_PER_SEC,
                 arena_printf(&p->arena, "delete the lock of %s, if it is its own", p->leader));
    buf_release(&body);
}

static void describe(struct planner *b)
{
    const struct request *r = &b->plan->request;
    char t[FMT_MAX], most[FMT_MAX];

    planner_line(b, "PgBouncer holds the clients of %s on %s; those in a transaction end it first.",
                 bouncers_what(b),
                 r->nbouncers == 1 ? r->bouncers[0] : "every one of its PgBouncers");
    planner_line(b,
                 "Where that does not come within %s, everything is resumed and nothing is "
                 "switched over.",
                 fmt_duration(t, within(r)));
    planner_line(b, "%s is shut down cleanly, %s is promoted, and %s comes back as a replica.",
                 b->plan->leader,
                 r->candidate ? r->candidate : "the replica that is furthest ahead",
                 b->plan->leader);
    planner_line(b,
                 "Clients go on when the way to the new leader is open, or after %s, whatever is "
                 "there then. That takes %s",
                 fmt_duration(most, HOLD_LONGEST_S * USEC_PER_SEC),
                 r->release_lock ? "1 s as a rule."
                                 : "2 s as a rule; for 1 s of it Patroni sleeps before it looks "
                                   "again whether PostgreSQL has stopped.");
    planner_line(b, "server_login_retry of PgBouncer is 1 meanwhile, and then what it was.");
    planner_line(b, "To undo: switchover --hold --candidate %s, once it streams again.",
                 b->plan->leader);
}

static void equivalent(struct planner *b)
{
    struct plan *p = b->plan;
    const char *to = p->request.candidate;
    struct buf words;

    buf_init(&words);
    buf_addf(&words, "%s --leader %s", planner_command(b, "switchover --hold"),
             planner_quote(b, p->leader));
    if (to)
        buf_addf(&words, " --candidate %s", planner_quote(b, to));
    if (p->request.within_us)
        buf_addf(&words, " --within %lldms", (long long)(p->request.within_us / USEC_PER_MS));
    if (p->request.release_lock)
        buf_puts(&words, " --release-lock");
    p->request.everywhere = false; /* each by its name, so that it is the same another time */
    bouncers_words(b, &words);
    p->equivalent = arena_strdup(&p->arena, words.s);
    buf_release(&words);
}

void hold_plan(struct planner *b)
{
    struct plan *p = b->plan;
    struct patroni_times t = patroni_times(b->s);
    const char *to = p->request.candidate;
    struct buf body;

    p->title = arena_printf(&p->arena, "Switchover %s: %s -> %s, holding clients", p->cluster,
                            p->leader, to ? to : "whom Patroni picks");
    describe(b);
    buf_init(&body);
    wire_switchover_body(&body, p->leader, to, 0);
    add_checkpoint(b);
    add(b, &talk_lower, BOUNCER_ANSWER_S * USEC_PER_SEC, SHORT_RETRY);
    add(b, &talk_pause, within(&p->request), NULL);
    planner_send(b, "POST", p->leader, planner_whom(b), "/switchover", body.s,
                 takeover_answer_us(&t),
                 arena_printf(&p->arena, "hand the lead of %s over to %s", p->cluster,
                              to ? to : "another member"));
    if (p->request.release_lock)
        add_release(b);
    add(b, &talk_resume, BOUNCER_ANSWER_S * USEC_PER_SEC, NULL);
    p->confirm = CONFIRM_WORD;
    p->confirm_word = to ? to : p->leader;
    p->confirm_what = to ? "the new leader's name" : "the present leader's name";
    equivalent(b);
    buf_release(&body);
}
