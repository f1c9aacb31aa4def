/*
 * src/analysis/place.h: are two addresses the same place, as far as can be told without asking a
 * resolver? Private to analysis/.
 */
#ifndef PGDBA_ANALYSIS_PLACE_PRIVATE_H
#define PGDBA_ANALYSIS_PLACE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/base/arena.h"

/* Equal as text or as numbers (also an IPv4 address mapped into IPv6), or each this very host:
 * localhost, ::1, and one of 127.0.0.0/8, two of which are two places. A name is equal to itself
 * only. */
bool place_same(const char *a, const char *b);
bool place_is_numeric(const char *host);
bool place_is_loopback(const char *host);
/* Host and port of "host:port", "[v6]:port", with what comes before it ("http://", "user@") and
 * after ("/path") cut off. False when there is no host; *port 0 when none is said. In the arena. */
bool place_split(const char *text, struct arena *a, const char **host, int64_t *port);

#endif
