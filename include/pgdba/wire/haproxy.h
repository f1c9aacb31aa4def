/*
 * wire/haproxy.h: HAProxy's CSV to facts, by column name (1.5 to 3.x), and the words of its runtime
 * socket. Pure. Reference: "middleware.md" §3.1, §3.2, §3.4. Caps: 10,000 rows, 512 columns.
 */
#ifndef PGDBA_WIRE_HAPROXY_H
#define PGDBA_WIRE_HAPROXY_H

#include <stddef.h>

#include "pgdba/base/err.h"
#include "pgdba/model/facts.h"
#include "pgdba/model/route.h"

/* The header line (beginning "# pxname") is required: a login page or an error page is ST_INVALID.
 * Behind an empty line may stand what "show servers state" prints: then rows have their admin. */
enum status wire_haproxy_csv(const char *body, size_t n, struct facts **out,
                             struct err *e); /* struct ha_stats */

/* The runtime socket, one command line a connection. */
#define WIRE_HAPROXY_SHOW_STAT "show stat; show servers state"
/* The level of the login and the process, in one: an older one does not know the first. */
#define WIRE_HAPROXY_SHOW_INFO "show cli level; show info"

/* "Name: value" a line, in any order. Anything without a Version is ST_INVALID. */
enum status wire_haproxy_info(const char *body, size_t n, struct facts **out,
                              struct err *e); /* struct ha_info */
/* The first line of what a socket said in place of what was asked for ("Permission denied"),
 * cleaned, in the arena; "" for an empty answer, which is how a change is taken. */
const char *wire_haproxy_said(const char *body, size_t n, struct arena *a);
/* A name that can stand in a command: no blanks, ';', '/', quotes or controls. */
bool wire_haproxy_name_ok(const char *name);

#endif
