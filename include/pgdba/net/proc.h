/*
 * net/proc.h: a helper command run beside the loop: the password command of a configuration.
 */
#ifndef PGDBA_NET_PROC_H
#define PGDBA_NET_PROC_H

#include <stddef.h>
#include <stdint.h>

struct net_loop;
struct net_proc;

/* sh -c command, stdin /dev/null, stderr dropped (its last line goes into why). The callback comes
 * exactly once, later: output (at most max bytes, then it is an error) or NULL and why. The output
 * is wiped after the call. The command has a session of its own: no terminal to ask on, and its
 * children are killed with it at the deadline. */
typedef void net_proc_fn(void *arg, const char *output, size_t len, const char *why);
struct net_proc *net_proc_run(struct net_loop *l, const char *command, size_t max,
                              int64_t timeout_us, net_proc_fn *fn, void *arg);
void net_proc_cancel(struct net_proc *p); /* kills it; no callback; NULL is allowed */

#endif
