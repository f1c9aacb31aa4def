/*
 * config/cluster.h: one registered cluster: one YAML file, CLUSTERS_DIR/NAME.yml.
 *
 * Read from ${XDG_CONFIG_HOME}/pgdba/clusters/ first, then /etc/pgdba/clusters.d/ (the user's wins
 * on the same name). A wrong key, type or value is refused with file, line, key, what was expected
 * and the nearest valid key.
 */
#ifndef PGDBA_CONFIG_CLUSTER_H
#define PGDBA_CONFIG_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"
#include "pgdba/config/policy.h"
#include "pgdba/model/cluster.h"

/* Where a password comes from; at most one of the first four is set. None set: none, or libpq's own
 * (.pgpass). */
struct secret_source {
    const char *file;    /* 0600, first line */
    const char *command; /* sh -c, first line of its output */
    const char *env;     /* name of a variable */
    const char *literal; /* "password:" in a file that only its owner can read */
};

struct mapping {
    const char *from, *to; /* "pg-replica-1:8008" -> "127.0.0.1:8009" */
};

struct member_url {
    const char *name, *url;
};

struct tls_config {
    const char *cacert, *cert, *key;
    struct secret_source key_password;
    bool insecure;
};

struct patroni_config {
    int nurls;
    const char *const *urls; /* scheme://host:port, no path */
    const char *username;    /* NULL: no authentication */
    struct secret_source password;
    struct tls_config tls;
    const char *proxy;
    int nconnect_to;
    const struct mapping *connect_to;
    int nmember_urls;
    const struct member_url *member_urls; /* for Patroni before 3.2, which does not say its name */
};

struct etcd_config {
    int nurls;
    const char *const *urls;
    const char *namespace_; /* default "/service" */
    const char *username;
    struct secret_source password;
    struct tls_config tls;
};

struct pgbouncer_config {
    const char *name;     /* default host:port */
    const char *conninfo; /* libpq's, without password; dbname defaults to pgbouncer */
    struct secret_source password;
    /* Who acts on it; what it leaves out of where is conninfo's. NULL: conninfo's user. */
    const char *admin_conninfo;
    struct secret_source admin_password;
    /* Where it is, when admin_conninfo does not say: "key=value" of conninfo, NULL-terminated. */
    const char *const *admin_extra;
};

struct haproxy_config {
    const char *name, *url, *username; /* url NULL: only by its socket */
    const char *socket;                /* runtime socket: a path or host:port; NULL: none */
    const char *write_backend;         /* the proxy that carries writes; NULL: by its name */
    int nwrite_addresses;              /* host:port of it, as applications and PgBouncer reach it */
    const char *const *write_addresses;
    int nservers;
    const struct mapping *servers; /* from a server's name in HAProxy to a member's */
    struct secret_source password;
    struct tls_config tls;
};

/* A way that an application goes: for the probe, and for the routes. */
struct route_config {
    const char *name;     /* "haproxy", "pgbouncer", "vip" */
    const char *conninfo; /* libpq's, without password */
    struct secret_source password;
    struct app_route route; /* what the conninfo says of where it goes */
};

struct postgres_config {
    const char *conninfo; /* options for every member: user, dbname, sslmode …; NULL: not asked */
    struct secret_source password;
    int nconnect_to;
    const struct mapping *connect_to;
};

struct cluster_config {
    struct arena arena;
    const char *name;
    const char *path;  /* "" when it came from the command line */
    const char *scope; /* NULL: whatever answers; else it must match */
    enum environment environment;
    int64_t refresh_us; /* 0: the general setting */
    bool read_only;
    struct patroni_config patroni;
    struct etcd_config etcd;
    int npgbouncer;
    const struct pgbouncer_config *pgbouncer;
    int nhaproxy;
    const struct haproxy_config *haproxy;
    struct postgres_config postgres;
    int nroutes;
    const struct route_config *routes;
    struct policy_rules policy; /* what is left of what is allowed */
};

/* All new/free; strings in c->arena. */
enum status cluster_config_load(const char *path, struct cluster_config **out, struct err *e);
enum status cluster_config_parse(const char *text, size_t n, const char *path_for_messages,
                                 const char *name, struct cluster_config **out, struct err *e);
struct cluster_config *cluster_config_new(const char *name); /* empty, for the command line */
void cluster_config_free(struct cluster_config *c);

/* Same checks as for a file (urls, names, conninfos without password, at least one source). */
enum status cluster_config_check(const struct cluster_config *c, struct err *e);
/* Writes YAML (0600, atomically) to the user's directory; ST_CONFLICT when it is there and
 * !replace. *path malloc'ed. */
enum status cluster_config_save(const struct cluster_config *c, bool replace, char **path,
                                struct err *e);
/* The YAML text itself; malloc'ed, never NULL. Of a configuration that cluster_config_check()
 * refuses it may be an empty document. It holds a literal password: to show it (--dry-run) take the
 * second. */
char *cluster_config_yaml(const struct cluster_config *c);
char *cluster_config_yaml_redacted(const struct cluster_config *c);

struct cluster_entry {
    const char *name, *path;
    bool ours;         /* in the user's directory: may be removed */
    const char *error; /* why it cannot be read, NULL when fine */
};
struct cluster_list {
    struct arena arena;
    int n;
    struct cluster_entry *v; /* by name */
};
/* Looks at every file; one that is wrong is listed with its error, the others stay usable. */
enum status cluster_list_load(struct cluster_list *out, struct err *e);
void cluster_list_release(struct cluster_list *l);
/* By name; ST_NOT_FOUND names the nearest and how to connect one. */
enum status cluster_config_find(const char *name, struct cluster_config **out, struct err *e);
enum status cluster_config_remove(const char *name, char **path, struct err *e);
/* Letters, digits, '-', '_', '.', not starting with '.' or '-', at most 63 bytes. */
bool cluster_name_valid(const char *name);

/* scope, etcd endpoints, TLS and authentication from a patronictl.yaml or patroni.yml (--patronictl
 * FILE), and Patroni's REST URL where the file has restapi.connect_address. What c says already
 * stays. Passwords come over as literals, and only from a file that is private to its owner: else
 * everything but the passwords is taken and ST_DENIED returned, with the cure. notes gets a line
 * for each thing that people should know; NULL is allowed. */
enum status patronictl_import(const char *path, struct cluster_config *c, struct buf *notes,
                              struct err *e);

#endif
