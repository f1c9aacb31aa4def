/*
 * model/postgres.h: what a PostgreSQL says of itself when asked directly. Facts: reference
 * "middleware.md" §6.2 to §6.4.
 */
#ifndef PGDBA_MODEL_POSTGRES_H
#define PGDBA_MODEL_POSTGRES_H

#include <stdbool.h>
#include <stdint.h>

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
/* What matters before a primary is stopped or loses the lead. Where a plain role asks, it does not
 * see others' transactions: sees_all is false then. */
struct pg_slot {
    const char *name;
    bool logical, failover; /* failover: PostgreSQL 17 keeps it on standbys */
    bool active;
};
struct pg_backup {
    const char *phase, *client; /* "streaming database files"; address, "" unknown */
    int64_t done, total;        /* bytes; total 0 unknown */
};
struct pg_vitals {
    bool sees_all;
    int64_t xact_us; /* the longest open transaction of a client; -1 none */
    int64_t xact_pid;
    const char *xact_who;           /* "app@orders, idle in transaction" */
    int64_t nprepared, prepared_us; /* the oldest; 0 none */
    bool archiving;                 /* archive_mode is on (or always) */
    const char *archive_failed;     /* the file that fails since its last success, "" none */
    int64_t archive_failed_us;      /* since the last failure; 0 none */
    int nslots;                     /* not temporary ones */
    const struct pg_slot *slots;
    int nbackups;
    const struct pg_backup *backups;
};

#endif
