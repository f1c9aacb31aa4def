/*
 * net/foreground.h: a command of the operator's on this very terminal (an editor), beside the loop.
 * Whoever draws there must have let go of it, and reads no key while it runs.
 */
#ifndef PGDBA_NET_FOREGROUND_H
#define PGDBA_NET_FOREGROUND_H

struct net_loop;
struct net_foreground;

/* sh -c 'command "$1"' with file as $1. fn comes exactly once, later: why is NULL when it ended
 * with status 0, else one line. */
typedef void net_foreground_fn(void *arg, const char *why);
struct net_foreground *net_foreground_run(struct net_loop *l, const char *command, const char *file,
                                          net_foreground_fn *fn, void *arg);
/* No callback any more; the command is left to itself: it may hold what was typed. NULL allowed. */
void net_foreground_leave(struct net_foreground *f);

#endif
