/*
 * model/postgres.h: what a PostgreSQL says of itself when asked directly. Facts: reference
 * "middleware.md" §6.2 to §6.4.
 */
#ifndef PGDBA_MODEL_POSTGRES_H
#define PGDBA_MODEL_POSTGRES_H

#include "pgdba/model/lsn.h"

struct pg_self {
    int server_version; /* 150020 */
    bool in_recovery;   /* pg_is_in_recovery() */
    bool read_only;     /* default_transaction_read_only, when the server or the database sets it:
                           a primary can be made read-only by configuration. What is set for our
                           own login or connection alone does not count */
    int64_t timeline;   /* of the WAL it writes or follows; 0 unknown */
    lsn_t lsn;          /* written (primary) or replayed (standby) */
    lsn_t received;     /* standby; LSN_UNKNOWN */
    const char *system_id;  /* NULL unknown */
    const char *started_at; /* pg_postmaster_start_time() as text */
    const char *receiver;   /* standby: pg_stat_wal_receiver.status, "" no row, NULL no privilege */
    const char *upstream;   /* standby: sender_host:sender_port, NULL unknown */
};

#endif
