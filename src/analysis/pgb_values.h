/*
 * src/analysis/pgb_values.h: what stands in the views of pgb_views.c and is no field of a row:
 * private to analysis/.
 */
#ifndef PGDBA_ANALYSIS_PGB_VALUES_PRIVATE_H
#define PGDBA_ANALYSIS_PGB_VALUES_PRIVATE_H

#include "pgdba/analysis/pgb_views.h"

#define PGB_GET(fn) \
    struct pgb_value fn(const struct snapshot *s, const struct pgb_line *l, struct arena *a)

PGB_GET(pgb_get_bouncer);
PGB_GET(pgb_get_goes_to);
PGB_GET(pgb_get_database_state);
PGB_GET(pgb_get_addr);
PGB_GET(pgb_get_server_target);
PGB_GET(pgb_get_wait);
PGB_GET(pgb_get_client_state);
PGB_GET(pgb_get_closing);
PGB_GET(pgb_get_changeable);
PGB_GET(pgb_get_differs);
PGB_GET(pgb_get_changed);
PGB_GET(pgb_get_list_limit);
PGB_GET(pgb_get_clients);
PGB_GET(pgb_get_waiting);
PGB_GET(pgb_get_servers);
PGB_GET(pgb_get_maxwait);
PGB_GET(pgb_get_version);
PGB_GET(pgb_get_max_clients);
PGB_GET(pgb_get_bouncer_state);
PGB_GET(pgb_get_active);
PGB_GET(pgb_get_paused);
PGB_GET(pgb_get_suspended);
PGB_GET(pgb_get_since);

#endif
