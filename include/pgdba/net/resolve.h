/*
 * net/resolve.h: names to addresses in helper threads: neither libcurl's cleanup nor libpq's
 * connect may ever wait for DNS on the loop (reference "terminal.md", "middleware.md" §7). One
 * look-up a name at a time, a short cache (30 s; failures 2 s), a deadline of its own.
 */
#ifndef PGDBA_NET_RESOLVE_H
#define PGDBA_NET_RESOLVE_H

#include <stdint.h>

struct net_loop;
struct net_resolver;
struct net_lookup;

struct net_resolver *net_resolver_new(struct net_loop *l);
void net_resolver_free(struct net_resolver *r);

/* Calls back exactly once, later, never from within the call: addresses (n >= 1, numeric texts,
 * valid during the call) or n == 0 and why ("name not resolved: ...", "name look-up timed out
 * after 2.0 s"). */
typedef void net_resolved_fn(void *arg, int n, const char *const *addresses, const char *why);
struct net_lookup *net_resolve(struct net_resolver *r, const char *host, int64_t timeout_us,
                               net_resolved_fn *fn, void *arg);
void net_lookup_cancel(struct net_lookup *q); /* no callback after this; NULL is allowed */

#endif
