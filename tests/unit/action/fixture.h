/*
 * fixture.h: a world for an action: a clock that only moves when told, a sender that only records,
 * pictures made by hand, and an audit log in a directory of its own.
 */
#ifndef TEST_ACTION_FIXTURE_H
#define TEST_ACTION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io.h"
#include "pgdba/action/action.h"
#include "pgdba/base/path.h"
#include "snapshot_builder.h"

enum { SENT_MAX = 8, CONSOLES_MAX = 16, HELD_MAX = 16 };

/* A connection to PgBouncer's console, and the question that waits on it. */
struct world_console {
    bool open;
    char *place, *sql; /* sql NULL: nothing is asked */
    net_pg_fn *fn;
    void *arg;
};

struct world {
    struct clock clock;
    struct cluster_config *config;
    struct action_env env;
    char dir[32], *audit_path, *policy; /* where its file would be */
    struct action_run *run;
    const struct operation *op;
    struct err err;
    /* the sender */
    int nsent, ncancelled;
    char *url[SENT_MAX], *body[SENT_MAX];
    const char *method; /* of the last */
    bool authenticated;
    net_http_fn *fn; /* waits for an answer */
    void *fn_arg;
    net_http_fn *get_fn; /* the same of a GET beside the steps */
    void *get_arg;
    int64_t alarm_us; /* when it rings, -1 never */
    action_etcd_fn *etcd_fn;
    net_pg_fn *sql_fn;  /* SQL waits for an answer */
    int nclosed;        /* SQL connections that were given back */
    const char *no_way; /* why there is no route for SQL; NULL: there is one */
    int nconsoles;      /* ever opened */
    struct world_console consoles[CONSOLES_MAX];
    int bouncer_version;
    const char *no_bouncer; /* no way to this PgBouncer */
    int nheld;
    char *held[HELD_MAX];         /* "b1/app", "b1/key=value"; all: a star for app */
    const char *cannot_keep;      /* why nothing can be remembered; NULL: it can */
    const struct held_list *left; /* of an earlier run */
    enum status claimed;          /* what taking it back is answered with; ST_OK */
    net_line_fn *line_fn;         /* a socket's line waits for an answer */
    int nchanged;
    const char *unreachable; /* no route to this member, nor to this one */
    const char *unreachable2;
};

void world_init(struct world *w);
void world_release(struct world *w);

/* A picture of now: change it, then give it to one of the next three. */
struct sb *world_picture(struct world *w);
enum status world_plan(struct world *w, struct sb *b, const struct request *r, struct plan **out);
enum status world_start(struct world *w, struct sb *b, const struct request *r);
void world_see(struct world *w, struct sb *b);

void world_pass(struct world *w, int64_t seconds); /* the alarm rings where it must */
void world_answer(struct world *w, int status, const char *body);
/* The GET beside the steps; body NULL: it was lost. */
void world_got(struct world *w, int status, const char *body);
/* SQL: rows (one cell) or a refusal. */
void world_sql(struct world *w, const char *cell, const char *sqlstate, const char *detail);
/* An answer of etcd; text not "" with a body: it refused; definite false: none came. */
void world_etcd(struct world *w, const char *body, bool definite, const char *text);
/* A socket's answer: what it said, "" for taken; outcome NET_ANSWERED, else it is lost. */
void world_line(struct world *w, enum net_outcome outcome, const char *said);
void world_sql_lost(struct world *w, enum net_outcome outcome);
void world_sql_closed(struct world *w); /* nobody listens at that port */
/* PgBouncer's consoles, by the order in which they were opened: what is asked must be that; then a
 * table ("name paused|app 0", "-" is NULL), a tag, a refusal or none. */
void world_asks(const struct world *w, int console, const char *sql);
void world_rows(struct world *w, int console, const char *sql, const char *text);
void world_tag(struct world *w, int console, const char *sql, const char *tag);
void world_says_no(struct world *w, int console, const char *sql, const char *text);
void world_silent(struct world *w, int console, const char *sql, enum net_outcome outcome);
int world_consoles_open(const struct world *w);
bool world_holds(const struct world *w, const char *what);
void world_lost(struct world *w, enum net_outcome outcome, bool sent, const char *detail);

const struct op_phase *world_phase(const struct world *w, const char *name);
void assert_phase(const struct world *w, const char *name, enum phase_state state);
void assert_state(const struct world *w, enum op_state state, const char *part_of_outcome);
char *world_audit(const struct world *w); /* the file's text, malloc'ed */
int count_lines(const char *text, const char *with);

/* Parts of pictures. */
void see_down(struct sb *b, const char *name, enum pg_state state, const char *text);
void see_restarted(struct sb *b, const char *name);

#endif
