/* Who is changing this cluster right now: said and read under a prefix of our own in etcd, by keys
 * that go with their lease. It binds nobody, and its failing stops nothing. */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"
#include "pgdba/wire/acting.h"
#include "pgdba/wire/etcd.h"

enum { LEASE_S = 30 };

#define BEAT   (10 * USEC_PER_SEC)
#define ANSWER (3 * USEC_PER_SEC)
#define EVERY  (2 * USEC_PER_SEC)

struct app_acting {
    struct app *app;
    char host[256];
    char *key, *value;
    void *write, *read; /* calls that are out */
    struct net_timer *beat;
    int64_t lease; /* 0: none */
    int64_t asked_us;
    bool on, leaving; /* an operation runs; the key is being taken away */
    bool answered;    /* the first reading has ended, well or not */
};

static struct app_acting *need(struct app *a);

static char *prefix_of(const struct app *a)
{
    return xasprintf("/pgdba%sacting/", a->etcd_prefix);
}

static void note(struct app_acting *w, const char *what, const char *why)
{
    log_write(w->app->opt.log, LOG_INFO, "acting: %s: %s", what, why);
}

/* ---- saying it */

static void send(struct app_acting *w, const char *path, const char *body, source_etcd_fn *fn)
{
    w->write = source_etcd_send(w->app->etcd, path, body, ANSWER, fn, w);
}

static bool went_well(struct app_acting *w, const struct etcd_reply *r, const char *what)
{
    w->write = NULL;
    if (r->outcome == OBS_ANSWERED && r->http_status == 200)
        return true;
    note(w, what, r->detail);
    return false;
}

static void send_lease(struct app_acting *w, const char *path, source_etcd_fn *fn)
{
    struct buf body;
    buf_init(&body);
    wire_etcd_lease_body(&body, w->lease);
    send(w, path, body.s, fn);
    buf_release(&body);
}

static void granted(void *arg, const struct etcd_reply *r);

static void grant(struct app_acting *w)
{
    struct buf body;
    buf_init(&body);
    wire_etcd_grant_body(&body, LEASE_S);
    send(w, "/lease/grant", body.s, granted);
    buf_release(&body);
}

static void revoked(void *arg, const struct etcd_reply *r)
{
    struct app_acting *w = arg;
    (void)went_well(w, r, "revoke"); /* else it goes by itself */
    w->lease = 0;
    w->leaving = false;
    if (w->on) /* the next operation has begun meanwhile */
        grant(w);
}

static void leave(struct app_acting *w)
{
    net_timer_stop(w->beat);
    w->leaving = w->lease != 0;
    if (w->lease && w->app->etcd)
        send_lease(w, "/lease/revoke", revoked);
}

/* An etcd that was slow may have refused it, or let the lease go: said with the next beat. */
static void put(void *arg, const struct etcd_reply *r)
{
    struct app_acting *w = arg;
    if (!went_well(w, r, "put") && r->outcome == OBS_ANSWERED)
        w->lease = 0;
    if (!w->on)
        leave(w);
}

static void send_put(struct app_acting *w)
{
    struct buf body;
    buf_init(&body);
    wire_etcd_put_body(&body, w->key, w->value, w->lease);
    send(w, "/kv/put", body.s, put);
    buf_release(&body);
}

/* etcd answers well for a lease that is gone, but takes no key for it. */
static void beaten(void *arg, const struct etcd_reply *r)
{
    struct app_acting *w = arg;
    (void)went_well(w, r, "keep-alive");
    if (w->on)
        send_put(w);
    else
        leave(w);
}

static void beat(void *arg)
{
    struct app_acting *w = arg;
    if (w->write || !w->app->etcd)
        return;
    if (w->lease)
        send_lease(w, "/lease/keepalive", beaten);
    else
        grant(w);
}

static void granted(void *arg, const struct etcd_reply *r)
{
    struct app_acting *w = arg;
    struct facts *f = NULL;
    if (!went_well(w, r, "lease") || wire_etcd_lease(r->body, r->body_len, &f, NULL) != ST_OK) {
        if (!w->on) /* else the next beat asks again */
            leave(w);
        return;
    }
    w->lease = ((const struct dcs_lease *)f->root)->id;
    facts_unref(f);
    if (!w->on) {
        leave(w);
        return;
    }
    send_put(w);
}

void app_acting_begin(struct app *a, const struct operation *op)
{
    struct buf value;
    if (!a->etcd)
        return;
    struct app_acting *w = need(a);
    if (w->on)
        return;
    const struct passwd *pw = getpwuid(getuid());
    struct acting me = {.user = pw ? pw->pw_name : "",
                        .host = w->host,
                        .action = action_name(op->plan->kind),
                        .command = op->plan->equivalent,
                        .pid = getpid(),
                        .since_wall_us = op->started_wall_us};
    buf_init(&value);
    wire_acting_write(&me, &value);
    free(w->value);
    w->value = xstrdup(value.s);
    buf_release(&value);
    free(w->key);
    char *prefix = prefix_of(a);
    w->key = xasprintf("%s%s-%ld", prefix, w->host, (long)getpid());
    free(prefix);
    w->on = true;
    net_timer_start(w->beat, BEAT, BEAT);
    if (!w->write)
        grant(w);
}

void app_acting_end(struct app *a)
{
    struct app_acting *w = a->acting;
    if (!w || !w->on)
        return;
    w->on = false;
    if (!w->write)
        leave(w); /* else when what is out has come back */
}

bool app_acting_settled(const struct app *a)
{
    const struct app_acting *w = a->acting;
    return !w || w->on || (!w->write && !w->leaving);
}

/* ---- reading it */

/* Ourselves, and who died on this very host. */
static bool skip(void *arg, const struct acting *o)
{
    const struct app_acting *w = arg;
    if (strcmp(o->host, w->host) != 0 || o->pid <= 0)
        return false;
    return o->pid == getpid() || (kill((pid_t)o->pid, 0) != 0 && errno == ESRCH);
}

static void heard(void *arg, const struct etcd_reply *r)
{
    struct app_acting *w = arg;
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    w->read = NULL;
    w->answered = true;
    if (r->outcome == OBS_ANSWERED && r->http_status == 200 &&
        wire_acting_read(r->body, r->body_len, skip, w, &f, &e) != ST_OK)
        note(w, "read", err_text(&e));
    store_set_acting(story_store(w->app->story), f);
    facts_unref(f);
    err_release(&e);
    net_loop_defer(w->app->loop, app_publish, w->app);
}

static void ask(struct app *a, struct app_acting *w)
{
    struct buf body;
    char *prefix = prefix_of(a);
    w->asked_us = clock_mono(a->opt.clock);
    buf_init(&body);
    wire_etcd_range_body(&body, prefix);
    w->read = source_etcd_send(a->etcd, "/kv/range", body.s, ANSWER, heard, w);
    buf_release(&body);
    free(prefix);
}

/* While somebody looks at a plan, and once before. */
void app_acting_follow(struct app *a)
{
    if (!a->etcd || a->replay || !a->story)
        return;
    struct app_acting *w = need(a);
    bool due = !w->asked_us || (a->plans > 0 && clock_mono(a->opt.clock) - w->asked_us >= EVERY);
    if (due && !w->read)
        ask(a, w);
}

bool app_acting_known(const struct app *a)
{
    return !a->etcd || (a->acting && a->acting->answered);
}

/* ---- life */

static struct app_acting *need(struct app *a)
{
    if (a->acting)
        return a->acting;
    struct app_acting *w = xcalloc(1, sizeof *w);
    w->app = a;
    if (gethostname(w->host, sizeof w->host - 1) != 0)
        strcpy(w->host, "?");
    w->beat = net_timer_new(a->loop, beat, w);
    a->acting = w;
    return w;
}

/* Before the source goes. A key that is left goes with its lease. */
void app_acting_close(struct app *a)
{
    struct app_acting *w = a->acting;
    if (!w)
        return;
    source_etcd_cancel(w->write);
    source_etcd_cancel(w->read);
    net_timer_free(w->beat);
    free(w->key);
    free(w->value);
    free(w);
    a->acting = NULL;
}
