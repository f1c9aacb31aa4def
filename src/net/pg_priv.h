/*
 * net/pg_priv.h: what pg.c (a connection's life) shares with pg_conninfo.c (who and where),
 * pg_result.c (rows) and pg_outcome.c (failures in our words).
 */
#ifndef PGDBA_NET_PG_PRIV_H
#define PGDBA_NET_PG_PRIV_H

#include <libpq-fe.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/err.h"
#include "pgdba/net/pg.h"

/* Connection parameters, for PQconnectStartParams. */
struct pg_params {
    int n;
    const char **key; /* n and a NULL */
    char **value;
};

enum status pg_params_parse(struct pg_params *p, const char *conninfo, const char *password,
                            const char *const *extra, struct err *e);
void pg_params_copy(struct pg_params *to, const struct pg_params *from);
void pg_params_set(struct pg_params *p, const char *key, const char *value); /* adds or replaces */
void pg_params_release(struct pg_params *p); /* wipes the password */
PGconn *pg_params_start(const struct pg_params *p);

/* Where the parameters lead once environment, service file and defaults have had their say. */
struct pg_target {
    char *host; /* name, address or directory of the socket */
    char *label;
    bool lookup; /* host is a name */
};

enum status pg_target_find(struct pg_target *t, const struct pg_params *p, struct err *e);
void pg_target_release(struct pg_target *t);

/* What a query has brought so far. All in the arena. */
struct pg_rows {
    struct arena arena;
    struct table *table;
    const char **cells;
    size_t ncells, cap, bytes;
    bool open; /* more rows of the same result may come */
    char sqlstate[8];
    const char *message; /* NULL: no error */
};

void pg_rows_init(struct pg_rows *r);
void pg_rows_release(struct pg_rows *r);
/* False: it is not what a simple query may bring, or too much; *why says which (static). */
bool pg_rows_take(struct pg_rows *r, const PGresult *res, const char **why);
struct table *pg_rows_table(struct pg_rows *r); /* NULL when neither rows nor a tag came */

/* How far a connection attempt came, which libpq does not tell after it failed. */
struct pg_progress {
    bool reached; /* somebody accepted */
    bool in_tls;
};

void pg_progress_note(struct pg_progress *p, const PGconn *conn);

/* A failed attempt in our words: *sqlstate (8 bytes) "" when the server sent none; *detail is
 * malloc'ed. */
enum net_outcome pg_connect_outcome(PGconn *conn, const struct pg_progress *p, const char *label,
                                    char *sqlstate, char **detail);
/* One line of libpq's, without control characters, malloc'ed. */
char *pg_first_line(const char *text);

#endif
