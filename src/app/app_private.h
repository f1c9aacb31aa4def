/*
 * What the files of app/ share: the application object. Nobody outside this folder includes it.
 */
#ifndef PGDBA_APP_PRIVATE_H
#define PGDBA_APP_PRIVATE_H

#include "pgdba/action/action.h"
#include "pgdba/app/app.h"
#include "pgdba/net/http.h"
#include "pgdba/net/loop.h"
#include "pgdba/net/proc.h"
#include "pgdba/net/resolve.h"
#include "pgdba/source/source.h"
#include "story.h"

/* One secret on its way, and the source that waits for it: read at once, or by a command that runs
 * beside the loop. */
struct app_secret {
    struct app *app;
    const struct app_source_kind *kind;
    int index; /* which of its kind in the configuration */
    struct net_proc *proc;
    char *value; /* NULL until known, or none */
    const char *what;
};

struct app {
    struct app_options opt;
    struct net_loop *loop;
    struct net_resolver *resolver;
    struct net_http *http;
    struct app_subscriber sub;
    const struct app_hooks *hooks;
    struct net_timer *tick;
    struct net_watch *input, *writable;
    void (*writable_fn)(void *arg);
    void *writable_arg;
    bool signals_on, stopped;
    int caught_signal;

    /* the open cluster */
    struct cluster_config *config;
    struct story *story;
    const struct snapshot *published; /* what subscribers saw last; a reference */
    struct source_patroni *patroni;
    struct source_pgbouncer **bouncers; /* config->npgbouncer, NULL until its secret is known */
    struct source_haproxy **haproxies;  /* config->nhaproxy, the same */
    struct source_postgres *postgres;   /* NULL: not configured, or its secret is not known yet */
    struct source_etcd *etcd;           /* the same; and its prefix needs the scope */
    char *etcd_prefix;
    bool etcd_ready; /* its secret is known */
    struct arena etcd_words;
    int nsecrets;
    struct app_secret *secrets; /* one a source, Patroni's first */
    bool leases_shown, urgent, dcs_watched;
    uint64_t bouncers_shown;   /* kinds */
    int64_t followed_revision; /* of the DCS, whose members Patroni's source has heard of */
    int64_t refresh_us;
    uint64_t routes_seen;
    struct last_words *last_words; /* NULL until something was said */
    struct app_record *record;     /* NULL: nothing is recorded */
    struct app_replay *replay;     /* NULL: live */
    struct app_probe *probe;       /* NULL: none was ever asked for */
    struct app_history *history;   /* NULL: nothing is kept */
    struct app_query *query;       /* NULL: none was ever asked */
    struct app_acting *acting;     /* NULL: nobody was asked yet */
    struct app_draft *draft;       /* NULL: nothing is edited */
    struct app_held *held;         /* NULL: nobody has looked yet */
    struct app_bouncer_way *bouncer_way;

    /* the one operation */
    struct policy *policy;
    struct audit *audit;
    struct action_run *run;
    bool run_was_running;
    bool looked_back;
    int plans; /* being shown: made, and neither executed nor declined */
    uint64_t op_revision;
};

/* app_cluster.c */
void app_cluster_close(struct app *a);
void app_on_observation(void *arg, const struct observation *o);
void app_publish(void *arg);          /* deferred to the end of a turn: snapshot N to everybody */
void app_publish_once(struct app *a); /* makes the snapshot that app_snapshot() gives */
void app_tell_event(struct app *a, const struct event *e);
void app_tell_failover(struct app *a, const struct failover *f);
int64_t app_effective_refresh(const struct app *a);
void app_apply_refresh(struct app *a);
void app_error(struct app *a, const char *text);
enum status app_need_audit(struct app *a, struct err *e); /* opened with the first need */
void app_look_back(struct app *a);                        /* once, when the cluster is complete */

/* app_sources.c */
/* Reads every secret and starts what it is for; ST_* of the first that cannot be read. */
enum status app_sources_open(struct app *a, struct err *e);
void app_sources_close(struct app *a);
void app_sources_set_refresh(struct app *a, int64_t refresh_us);
void app_sources_refresh(struct app *a);
void app_sources_want(struct app *a); /* what is shown, or an operation looks at, has changed */
void app_sources_refresh_way(struct app *a); /* PgBouncer and HAProxy alone */
/* What the newest snapshot tells the sources: where members listen, which leases there are, that a
 * failover goes on. */
void app_sources_follow(struct app *a, const struct snapshot *s);
const char *app_patroni_password(const struct app *a);
const char *app_postgres_password(const struct app *a);
/* Of who acts on the PgBouncer of that index: false with the reason while it is not known. */
bool app_bouncer_password(const struct app *a, int index, const char **password, const char **why);
struct source_ctx app_source_ctx(struct app *a);

/* app_record.c */
void app_record_observe(struct app *a, const struct observation *o); /* each, before the story */
void app_record_close(struct app *a);

/* app_probe.c */
struct action_sql_route app_probe_way(void *arg, const char *via); /* valid until the next call */
void app_probe_planned(struct app *a, const struct operation *op); /* when it has ended */
void app_probe_follow(struct app *a);                              /* after each snapshot */
void app_probe_close(struct app *a);

/* app_query.c */
struct action_sql_route app_query_way(void *arg, const struct request *r); /* until the next call */
void app_query_close(struct app *a);

/* app_acting.c */
void app_acting_begin(struct app *a, const struct operation *op);
void app_acting_end(struct app *a);
void app_acting_follow(struct app *a);
void app_acting_close(struct app *a);

/* app_bouncer.c */
struct action_sql_route app_bouncer_route(void *arg, const char *name); /* until the next call */
void app_bouncer_close(struct app *a);

/* app_held.c */
struct action_memory app_held_memory(struct app *a);
/* Nobody is at work on it any more; ended: the run has come to its end, as it was meant to. */
void app_held_let_go(struct app *a, bool ended);
void app_held_close(struct app *a);

/* app_left.c */
void app_left_open(struct app *a); /* from now on: what is seen later tells of it */
/* After each snapshot: what somebody has taken back meanwhile is forgotten. */
void app_left_follow(struct app *a);
void app_left_tell(struct app *a); /* what is left of an earlier run, once */

/* app_unfinished.c */
bool app_may_run(const char *host, int64_t pid); /* on another host nobody here can tell: true */

/* app_etcd.c */
struct action_etcd app_etcd_way(struct app *a);

/* app_edit.c */
void app_edit_close(struct app *a);

/* app_history.c */
void app_history_open(struct app *a); /* into the story, before anything else is */
void app_history_event(struct app *a, const struct event *e);
void app_history_failover(struct app *a, const struct failover *f);
void app_history_close(struct app *a);

/* app_replay.c */
int64_t app_replay_now_us(const struct app *a); /* of the picture, monotonic as wall; in a replay */
bool app_replay_complete(const struct app *a);
void app_replay_close(struct app *a);
enum status app_replay_refuse(const struct app *a, struct err *e); /* ST_OK: live */

/* app_operation.c */
void app_operation_observe(struct app *a, const struct snapshot *s);
void app_operation_drop(struct app *a);

/* app_loop.c */
void app_input(struct app *a, bool on); /* keys are read, or left to another program */
void app_something_happened(struct app *a);
void app_loop_release(struct app *a);

/* Who else says that he acts (snapshot.acting) has been asked for once, where etcd is. */
bool app_acting_known(const struct app *a);
/* The leader's PostgreSQL has said what goes on in it, or does not answer, or is not asked. */
bool app_vitals_known(const struct app *a);
/* Every PgBouncer that answers has said how it is configured: who may act on it, among others. */
bool app_bouncers_known(const struct app *a);

#endif
