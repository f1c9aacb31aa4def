/*
 * hold_release.c: --release-lock: the old leader's lock in etcd is deleted as soon as its
 * PostgreSQL has stopped. Patroni does the same, but looks once a second (and sleeps before it
 * looks again), while clients wait. The transaction deletes the lock only while it is the old
 * leader's; a Patroni that deletes it later, on condition of its revision, deletes nothing.
 *
 * That PostgreSQL has stopped is seen at its port: it answered there after Patroni was asked, and
 * then, twice, nobody listens. Its postmaster listens until its last process has ended, and those
 * that send WAL end when the replicas have all of it.
 */
#include "hold.h"

#include <errno.h>
#include <string.h>

#include "io.h"
#include "pgdba/base/utf8.h"
#include "pgdba/wire/etcd.h"

#define AGAIN   (25 * USEC_PER_MS)
#define PATIENT USEC_PER_SEC /* for one look at the port */

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
        let_go(l);
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
    if (l->etcd)
        l->r->env.etcd.cancel(l->r->env.etcd.arg, l->etcd);
    l->probe = l->etcd = NULL;
    l->wake_us = 0;
}
