/*
 * wire/haproxy.h: HAProxy's CSV to facts, by column name (1.5 to 3.x). Pure. Reference:
 * "middleware.md" §3.2, §3.4. Caps: 10,000 rows, 512 columns.
 */
#ifndef PGDBA_WIRE_HAPROXY_H
#define PGDBA_WIRE_HAPROXY_H

#include <stddef.h>

#include "pgdba/base/err.h"
#include "pgdba/model/facts.h"
#include "pgdba/model/route.h"

/* The header line (beginning "# pxname") is required: a login page or an error page is ST_INVALID.
 */
enum status wire_haproxy_csv(const char *body, size_t n, struct facts **out,
                             struct err *e); /* struct ha_stats */

#endif
