/*
 * talk.h: a conversation with the admin console of one PgBouncer: look, send, look whether it came
 * about, and take back what did not. Private to action/. Reference "middleware.md" §0, §1.1, §1.5.
 *
 * Connections are opened for it and closed at its end: a console that stays holds up a graceful
 * shutdown. One that has a command pending is never cancelled (that would be a RESUME) but closed,
 * and what undoes it goes over a second one, which stands before the command is sent.
 */
#ifndef PGDBA_ACTION_TALK_H
#define PGDBA_ACTION_TALK_H

#include "io.h"
#include "kind.h"

struct talk;
struct talk_verb;

struct talk_order {
    const struct talk_verb *verb;
    const char *sql, *arg; /* arg: a database, a client's id, "key=value"; NULL: none */
    int64_t timeout_us;    /* of the answer */
    int phase;             /* of the run; -1: none */
    bool sent;
    int64_t sent_us; /* when it was sent first; 0 never */
};

/* One thing to look at afterwards. */
struct talk_check {
    const char *(*ask)(const struct talk *t, const struct talk_order *o); /* NULL: nothing */
    bool (*holds)(struct talk *t, const struct talk_order *o, const struct net_pg_reply *reply);
    bool anew; /* on a connection made for it */
};

enum { TALK_CHECKS = 2 };

struct talk_verb {
    const char *word; /* what is sent, and what is answered */
    const char *look; /* asked before it */
    /* Why it is not sent; NULL: it is. */
    const char *(*refuses)(struct talk *t, const struct talk_order *o, const struct table *rows);
    struct talk_check verify[TALK_CHECKS];
    const char *(*says)(struct talk *t, const struct talk_order *o); /* when it is done */
    const struct talk_verb *undo; /* it blocks, and is undone by this; NULL: no */
    bool keeps, forgets;          /* the memory of what is to be taken back */
    /* It was refused because it is so already: parts of such refusals; NULL none. */
    const char *moot[2];
    bool mute; /* the connection closes instead of an answer */
};

extern const struct talk_verb talk_pause, talk_resume, talk_reconnect, talk_reload, talk_enable,
    talk_disable, talk_kill, talk_kill_client, talk_set, talk_lower, talk_put_back, talk_shutdown;

struct talk_line { /* one connection */
    struct talk *t;
    void *console;                                                  /* NULL: closed */
    void (*then)(struct talk *t, const struct net_pg_reply *reply); /* an answer is waited for */
};

struct talk {
    struct action_run *r;
    const char *bouncer;
    struct talk_order *orders;
    int n, at;
    struct talk_line act, watch;
    int version, check, undoing;
    int64_t wake_us, until_us;       /* 0: not */
    void (*on_wake)(struct talk *t); /* at wake_us */
    const char *was;                 /* set: the value before */
    const char *busy;                /* what a PAUSE waits for; "" */
    const char *unsure;              /* there was no answer, and this is why; NULL */
    const char *why;                 /* it is being undone */
    bool stands;                     /* the watch line */
    bool undo_waits;                 /* until the watch line is free */
    bool earlier;                    /* what is ordered is remembered since an earlier run */
    bool settled;                    /* what was left has been taken back by others */
    const struct talk_order *sent;   /* what was ordered first, where it is to be taken back */
    int nsent;
    const char *before; /* of what it set */
    bool stays;         /* the lines are not closed at its end */
    bool over;
    enum op_state state; /* when over */
    const char *text;    /* a sentence without the bouncer's name */
    void (*ended)(struct talk *t);
};

/* Carries the orders out, one after the other; ended is called once, perhaps from within. */
void talk_begin(struct talk *t, struct talk_order *orders, int n);
void talk_close(struct talk *t);
void talk_wake(struct talk *t); /* its wake_us has come */
/* Somebody wants to leave: what waits is undone. False: it is none that can be. */
bool talk_interrupt(struct talk *t);

bool talk_is_set(const struct talk_verb *v);
/* PAUSE "a ""b""": names always quoted. In the arena. */
const char *talk_name(struct arena *a, const char *database);
const char *talk_sql(struct arena *a, const struct talk_verb *v, const char *arg);

/* Servers of that database (NULL: of any) in a row of SHOW POOLS that are not idle. */
int talk_busy(const struct table *pools, int row, const char *database);

/* What an order did, or is to take back. */
struct held talk_held(const struct talk *t, const struct talk_order *o);

#endif
