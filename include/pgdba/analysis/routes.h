/*
 * analysis/routes.h: which member a route leads to. Pure. Reference: "middleware.md" §3.2 (addr),
 * §3.5, §2.2 (how people repoint PgBouncer).
 */
#ifndef PGDBA_ANALYSIS_ROUTES_H
#define PGDBA_ANALYSIS_ROUTES_H

#include "pgdba/model/cluster.h"

/* The proxy that carries writes: as configured, else the one whose name says so (rw, write,
 * primary, master, leader), else NULL. */
const char *routes_write_backend(const struct haproxy *h);
/* The member that a server row means: by address (host:port of its PostgreSQL), else by name; NULL
 * when neither fits. */
const struct member *routes_member_of(const struct snapshot *s, const struct ha_row *r);
/* The same with what the configuration says of h's servers first, and, last, a member's name as a
 * part of the server's ("pg1.lan"). */
const struct member *routes_member_of_server(const struct snapshot *s, const struct haproxy *h,
                                             const struct ha_row *r);
/* The server row of m in h's write backend; NULL none. */
const struct ha_row *routes_server_of(const struct snapshot *s, const struct haproxy *h,
                                      const struct member *m);
/* A server row of h's write backend. */
bool routes_is_write_server(const struct haproxy *h, const struct ha_row *r);
/* The member at that address (host or numeric address and port as listed, and as connect_to maps
 * it, unless that is a tunnel's end on this host); NULL: none, or it cannot be told: a proxy or a
 * name stands before it. */
const struct member *routes_member_at(const struct snapshot *s, const char *addr, int64_t port);
/* A member is listed by a name and that port: an address that is no member's may yet be its. */
bool routes_may_be_member(const struct snapshot *s, const char *addr, int64_t port);

/* Where one bouncer's server connections point. */
struct bouncer_target {
    const struct member *member; /* NULL: not a member: a proxy, address below */
    const char *addr;
    int64_t port;
    int servers; /* connections */
};
/* By count, most first; closing ones (close_needed) not counted. In the arena; n in *n. */
const struct bouncer_target *routes_bouncer_targets(const struct snapshot *s,
                                                    const struct bouncer *b, struct arena *a,
                                                    int *n);
/* Its connections go to m, or would: a database of it names m's address. */
bool routes_bouncer_points_at(const struct snapshot *s, const struct bouncer *b,
                              const struct member *m);
/* True when that address is the write side of a configured HAProxy as far as can be known: its
 * frontend or listener rows name no address, so: any configured HAProxy on that host, where no
 * member listens there. */
bool routes_is_haproxy(const struct snapshot *s, const char *addr, int64_t port);

#endif
