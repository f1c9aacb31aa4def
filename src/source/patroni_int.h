/*
 * patroni_int.h: the parts of source/patroni, shared between its files only.
 *
 *   patroni.c          new, free, the round and its timer, routes
 *   patroni_site.c     one address: /health, /liveness, the taken slot, who answers there
 *   patroni_view.c     /cluster from one member at a time; /history and /config
 *   patroni_members.c  who /cluster lists, and which address is whose
 *   patroni_why.c      what is told upwards of members and their addresses
 *   patroni_names.c    look-ups for addresses that go by two names
 */
#ifndef PGDBA_SOURCE_PATRONI_INT_H
#define PGDBA_SOURCE_PATRONI_INT_H

#include "address.h"
#include "match.h"
#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/net/http.h"
#include "pgdba/net/loop.h"
#include "pgdba/net/resolve.h"
#include "tunables.h"

/* An answer that came before it was known whose it is. */
struct held {
    struct arena arena;
    struct observation o;
    bool full;
};

/* An address that is asked. */
struct site {
    struct source_patroni *p;
    struct arena arena; /* of the address, fixed for the site's life */
    struct address url; /* as given or advertised */
    char *target_host;  /* where it is really asked: the same, or by connect_to */
    int target_port;
    char *target; /* key */
    bool mapped, seed;
    const char *declared;

    /* At most one of each, and at most two together (see site_may_send). */
    struct net_http_call *health, *liveness, *cluster, *extra;
    struct pace health_pace, liveness_pace;
    bool slot_taken; /* the last /health timed out: its handler may still be held over there */
    int64_t not_before_us; /* slow retry where nothing answers; a refresh by hand may override it */
    int64_t asked_us;      /* last /health sent */
    bool with_password;    /* a GET was answered with 401 */

    /* How the last /health ended. */
    bool probed, ever_answered, reached; /* reached: the request got there, answered or not */
    enum obs_outcome outcome;
    struct buf detail;

    /* Who answers. */
    char *says, *scope, *version;
    enum role role;
    int64_t timeline;
    int64_t renamed_us; /* when the name changed; 0 never */
    struct held held;

    char *member; /* whose it is, NULL unknown */
    enum match_rule rule;
    bool duplicate; /* another address of that member is used */
    bool gone;      /* nobody advertises it any more: freed when the next round begins */

    /* /cluster */
    unsigned pass; /* the last in which it was asked */
    int64_t cluster_sent_us, cluster_due_us;
    enum obs_outcome cluster_outcome;
    struct buf cluster_detail;
    enum obs_kind extra_kind;
};

/* A member that /cluster lists or listed. */
struct member_row {
    char *name;
    struct arena arena; /* of the address */
    bool has_url;
    struct address url;
    char *target_host, *target;
    int target_port;
    bool listed, was_listed, leader;
    int64_t timeline;
    int64_t unlisted_us; /* when it vanished last */
    char *why;           /* no site of its own answers; NULL when one does */
    int64_t said_us;     /* when that was last emitted */
};

struct name; /* a look-up */

struct source_patroni {
    struct source_ctx ctx;
    struct source_tunables t;
    int64_t refresh_us;
    char *password, *key_password;
    struct net_timer *timer, *grace;
    bool started;
    bool urgent;      /* rounds come faster */
    bool watched;     /* etcd says sooner what /cluster says */
    int64_t next_us;  /* when the next round begins */
    int64_t round_us; /* when the last one began */

    struct site **sites; /* seeds first, in the order given */
    int nsites;
    struct member_row *rows;
    int nrows;
    char *scope; /* by configuration, or of the first answer; NULL unknown */

    struct {
        struct site *site; /* who answered last; NULL nobody yet */
        unsigned pass;
        bool want;        /* a pass is under way */
        bool grace_over;  /* of this pass */
        bool asked;       /* somebody was asked, or is known to be out of reach */
        int64_t sent_us;  /* of the last good answer */
        char *leader;     /* of the last good answer, NULL none */
        int64_t timeline; /* of the leader */
        int64_t extras_due_us;
        int hurry; /* so many extra rounds of /history and /config after a change */
    } view;

    struct name **names;
    int nnames;
};

static inline int64_t patroni_now(const struct source_patroni *p)
{
    return clock_mono(net_loop_clock(p->ctx.loop));
}

/* patroni.c */
/* A GET of base + path, ready but for its time-outs. */
struct net_http_call *patroni_get(struct site *s, const char *path, int64_t timeout_us,
                                  net_http_fn *fn);
void patroni_emit(struct source_patroni *p, const struct observation *o);
/* An observation of what s answered; body and texts as in r. */
struct observation patroni_observation(struct site *s, enum obs_kind kind, const char *target,
                                       enum obs_outcome outcome, const char *detail,
                                       const struct net_http_reply *r);

/* patroni_site.c */
struct site *site_new(struct source_patroni *p, const char *url, bool seed, const char *declared);
void site_free(struct site *s);
void site_cancel(struct site *s);
/* Sends what may be sent: /health, or /liveness while its slot is taken. by_hand: without the slow
 * retry of addresses that never answered. */
void site_ask(struct site *s, bool by_hand);
bool site_may_send(const struct site *s);
/* Out of reach as far as is known: no use in asking it for anything else. */
bool site_is_out(const struct site *s);
bool site_is_foreign(const struct site *s);
bool site_is_unsteady(const struct site *s, int64_t now_us);

/* patroni_view.c */
/* by_hand: also while etcd is watched and the last answer is young. */
void view_round(struct source_patroni *p, bool by_hand);
void view_next(struct source_patroni *p);

/* patroni_members.c */
struct cluster_view;
void members_take(struct source_patroni *p, const struct cluster_view *v);
/* Works out again which site is whose; makes sites for new addresses and asks them, and marks those
 * that nobody advertises any more. */
void members_match(struct source_patroni *p);
void members_sweep(struct source_patroni *p);
/* Silence is a fault and no question of reach: the operator gave this address for it, or somebody
 * took the connection and said nothing. */
bool site_is_silent_in_reach(const struct site *s);
bool members_seeds_probed(const struct source_patroni *p);
struct site *members_site_at(const struct source_patroni *p, const char *target);
/* Every listed member answers somewhere. */
bool members_all_served(const struct source_patroni *p);
void members_free(struct source_patroni *p);
struct member_row *members_find(const struct source_patroni *p, const char *name);
struct site *members_site(const struct source_patroni *p, const char *name);

/* patroni_why.c */
/* Emits what has found its member, and why a member has no address. */
void members_tell(struct source_patroni *p);

/* patroni_names.c */
/* Addresses of host as far as known; starts a look-up when wanted. */
int names_get(struct source_patroni *p, const char *host, bool look_up,
              const char *const **addresses);
void names_free(struct source_patroni *p);

#endif
