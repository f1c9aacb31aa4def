/*
 * failover_head.h: a failover that goes on (or has just ended), drawn: the phases as a list with a
 * line that grows, what is waited for, the probe.
 */
#ifndef PGDBA_CONSOLE_FAILOVER_HEAD_H
#define PGDBA_CONSOLE_FAILOVER_HEAD_H

#include "pgdba/console/pane.h"

/* The one that is shown large: open, or ended not long ago; NULL none. */
const struct failover *failover_shown(const struct picture *p);
/* struct pane's head. */
int failover_head(const struct picture *p, struct surface *s, struct rect r);

#endif
