/*
 * match.h: which member answers at which address. Pure.
 *
 * A site is an address that this program asks; a row is a member that /cluster lists. From Patroni
 * 3.2 an answer says its name, and that decides. Before, only what is safe: the configuration says
 * so, the advertised address is this one (itself, through connect_to, or resolved to the same), or
 * it is the only one that calls itself the leader on the timeline of the only leader listed.
 * Nothing else is guessed: a restart sent to the wrong member is worse than a row without an
 * address.
 */
#ifndef PGDBA_SOURCE_MATCH_H
#define PGDBA_SOURCE_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/model/patroni.h"

enum match_rule {
    MATCH_NONE,
    MATCH_SAYS,     /* the answer's own name; row may be -1: not listed */
    MATCH_DECLARED, /* --member-url */
    MATCH_ADDRESS,  /* the member's advertised address, or what connect_to makes of it */
    MATCH_RESOLVED, /* another name of the same address */
    MATCH_LEADER    /* the only leader: holds for this answer only */
};

struct match_site {
    const char *address;  /* key of its URL */
    const char *target;   /* key of where it is really asked: through connect_to */
    const char *declared; /* member name by configuration, NULL */
    bool seed;            /* given by the operator */
    bool loopback;
    bool answered; /* the last attempt */
    bool foreign;  /* answers for another cluster */
    bool unsteady; /* has answered with several names lately: a balancer */
    const char *says;
    enum role role;
    int64_t timeline;
    int port; /* of target */
    int naddrs;
    const char *const *addrs; /* target's host resolved; may be empty */
};

struct match_row {
    const char *name;
    bool listed;
    const char *address, *target; /* keys; NULL when it advertises nothing usable */
    bool loopback;
    bool leader;
    int64_t timeline;
    int port;
    int naddrs;
    const char *const *addrs;
};

struct match_result {
    enum match_rule rule;
    int row;        /* -1 none */
    bool duplicate; /* another site serves the same member better */
};

/* out: one a site. Sites in order of preference. */
void match_sites(const struct match_site *sites, int nsites, const struct match_row *rows,
                 int nrows, struct match_result *out);
/* True when the row's own advertised address is that site's. */
bool match_own_address(const struct match_site *s, const struct match_row *r);
/* The other listed row that advertises the same address, -1 none. */
int match_shared(const struct match_row *rows, int nrows, int row);

#endif
