/*
 * hold_release.c: --release-lock: the old leader's lock in etcd is deleted as soon as its
 * PostgreSQL has stopped. Patroni does the same, but looks once a second (and sleeps before it
 * looks again), while clients wait. The transaction deletes the lock only while it is the old
 * leader's; a Patroni that deletes it later, on condition that it is its own (3.0: its revision),
 * deletes nothing.
 *
 * That PostgreSQL has stopped is seen at its port: it answered there after Patroni was asked, and
 * then, twice, nobody listens. Its postmaster listens until its last process has ended, and those
 * that send WAL end when the replicas that are connected have all of it.
 *
 * A port where nobody listens may also be that of a PostgreSQL that has crashed. Before Patroni has
 * begun to stop it, Patroni would start it again where it is, as leader, and nothing would be lost:
 * the lock has to stay then. Once it has begun ("stopping"), Patroni gives the lock up whatever
 * became of PostgreSQL, and whoever the switchover names takes it without looking at its WAL: to
 * delete it then is Patroni's own course. So the old leader's Patroni is asked after the port: it
 * has to be alive, and to say that it stops PostgreSQL or has.
 */
#include "hold.h"

#include <errno.h>
#include <string.h>

#include "io.h"
#include "pgdba/base/utf8.h"
#include "pgdba/model/patroni.h"
#include "pgdba/wire/etcd.h"

#define AGAIN   (25 * USEC_PER_MS)
#define ASKED   (100 * USEC_PER_MS)
#define PATIENT USEC_PER_SEC /* for one look at the port, and for Patroni's answer */

enum { REFUSED_ENOUGH = 2 };

static void end(struct hold_release *l, const char *text)
{
    l->over = true;
    l->text = text;
    l->wake_us = 0;
}

static void taken(void *arg, const struct action_etcd_reply *reply)
{
    struct hold_release *l = arg;
    struct action_run *r = l->r;
    bool held = false;

    l->etcd = NULL;
    if (reply->definite && !reply->refused &&
        wire_etcd_succeeded(reply->body, reply->body_len, &held, NULL) == ST_OK)
        end(l, held ? "its lock was deleted once its PostgreSQL had stopped"
                    : "its lock had gone already");
    else
        end(l, arena_printf(&r->arena, "its lock could not be deleted from here (%s)",
                            utf8_clean(&r->arena, reply->text, strlen(reply->text))));
    log_write(r->env.log, LOG_INFO, "%s %s: %s", r->plan->cluster, action_name(r->plan->kind),
              l->text);
    run_settle(r);
}

static void let_go(struct hold_release *l)
{
    struct action_run *r = l->r;
    const struct plan_step *step = &r->plan->steps[l->step];
    struct err e = ERR_INIT;
    const char *who;

    if (action_allowed(&r->env, &r->plan->request, &who, &e) != ST_OK) {
        end(l, arena_printf(&r->arena, "its lock was not deleted: %s", err_text(&e)));
        err_release(&e);
        return;
    }
    l->wake_us = 0;
    log_write(r->env.log, LOG_INFO, "%s %s: POST %s %s", r->plan->cluster,
              action_name(r->plan->kind), step->url, step->body);
    l->etcd =
        r->env.etcd.send(r->env.etcd.arg, step->etcd_path, step->body, step->timeout_us, taken, l);
}

/* The state in what /health answers, for people; *stops: Patroni stops it, or has. */
static const char *state_of(struct arena *a, const struct net_http_reply *reply, bool *stops)
{
    struct facts *f = NULL;
    const struct member_health *h;
    const char *text = NULL;

    *stops = false;
    if (reply->outcome != NET_ANSWERED)
        return arena_printf(a, "gave no answer (%s)",
                            utf8_clean(a, reply->detail, strlen(reply->detail)));
    if (wire_patroni_health(reply->body, reply->body_len, reply->status, reply->date, &f, NULL) ==
        ST_OK) {
        h = f->root;
        *stops = h->state == PGS_STOPPING || h->state == PGS_STOPPED;
        text = arena_printf(a, "says \"%s\" of it", h->state_text);
    }
    facts_unref(f);
    return text ? text : "gave an answer that is none";
}

static void said(void *arg, const struct net_http_reply *reply)
{
    struct hold_release *l = arg;
    struct action_run *r = l->r;
    bool stops;

    l->health = NULL;
    l->doubt = state_of(&r->arena, reply, &stops);
    log_write(r->env.log, LOG_INFO, "%s %s: nobody listens at the port of %s, whose Patroni %s",
              r->plan->cluster, action_name(r->plan->kind), r->plan->leader, l->doubt);
    if (stops) {
        let_go(l);
    } else {
        l->refused = 0;
        l->wake_us = run_now(r) + ASKED;
    }
    run_settle(r);
}

static void ask_patroni(struct hold_release *l)
{
    l->wake_us = 0;
    run_get(l->r, &l->health, l->r->plan->leader, "/health", PATIENT, said, l);
    if (!l->health)
        end(l, "its lock was not deleted: its Patroni cannot be asked from here");
}

static void looked(void *arg, const struct net_pg_reply *reply)
{
    struct hold_release *l = arg;
    struct action_run *r = l->r;
    void *probe = l->probe;
    bool gone = reply->outcome == NET_REFUSED && strstr(reply->detail, strerror(ECONNREFUSED));

    l->probe = NULL;
    if (gone)
        l->refused += l->seen;
    else if (reply->outcome == NET_TIMED_OUT)
        l->refused = 0;
    else {
        l->refused = 0;
        l->seen = true;
    }
    if (l->refused >= REFUSED_ENOUGH)
        ask_patroni(l);
    else
        l->wake_us = run_now(r) + AGAIN;
    r->io->sql_cancel(r->io->arg, probe); /* reply goes with it */
    run_settle(r);
}

static void look(struct hold_release *l)
{
    struct action_run *r = l->r;
    struct action_sql_route to = r->env.sql_member(r->env.sql_member_arg, &r->plan->request);

    l->wake_us = 0;
    if (!to.conninfo) {
        end(l, arena_printf(&r->arena, "its lock was not deleted: %s", to.why));
        return;
    }
    l->probe = r->io->sql(r->io->arg, &to, "SELECT 1", PATIENT, looked, l);
}

void hold_release_begin(struct hold_release *l, struct action_run *r, int step)
{
    *l = (struct hold_release){.r = r, .step = step};
    look(l);
}

void hold_release_wake(struct hold_release *l)
{
    if (l->wake_us && l->wake_us <= run_now(l->r))
        look(l);
}

void hold_release_stop(struct hold_release *l)
{
    if (l->probe)
        l->r->io->sql_cancel(l->r->io->arg, l->probe);
    if (l->health)
        l->r->io->cancel(l->r->io->arg, l->health);
    if (l->etcd)
        l->r->env.etcd.cancel(l->r->env.etcd.arg, l->etcd);
    l->probe = l->health = l->etcd = NULL;
    l->wake_us = 0;
    if (!l->over && l->doubt)
        end(l, arena_printf(&l->r->arena,
                            "its lock was left to Patroni: nobody listened at its PostgreSQL's "
                            "port, and its Patroni %s",
                            l->doubt));
}
