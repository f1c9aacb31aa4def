/*
 * src/wire/haproxy_states.h: what "show servers state" prints, behind the statistics: private to
 * wire/.
 */
#ifndef PGDBA_SRC_WIRE_HAPROXY_STATES_H
#define PGDBA_SRC_WIRE_HAPROXY_STATES_H

#include "pgdba/model/route.h"

/* Does its first line stand at s? The version of the format, 1, and a line of names. */
bool haproxy_states_begin(const char *s, const char *end);
/* Fills in the admin of those of the n rows that it has; what is not understood changes nothing. */
void haproxy_states_read(const char *s, const char *end, struct ha_row *v, int n);

#endif
