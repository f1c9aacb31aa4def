/*
 * src/analysis/pgb_columns.h: what stands in the views of pgb_views.c: private to analysis/.
 */
#ifndef PGDBA_ANALYSIS_PGB_COLUMNS_PRIVATE_H
#define PGDBA_ANALYSIS_PGB_COLUMNS_PRIVATE_H

#include "pgdba/analysis/pgb_views.h"

/* Who a row is within its bouncer. */
const char *pgb_database_key(const void *row, struct arena *a);
const char *pgb_conn_key(const void *row, struct arena *a);
const char *pgb_user_key(const void *row, struct arena *a);
const char *pgb_setting_key(const void *row, struct arena *a);
const char *pgb_list_key(const void *row, struct arena *a);
const char *pgb_cache_key(const void *row, struct arena *a);
const char *pgb_dns_host_key(const void *row, struct arena *a);
const char *pgb_dns_zone_key(const void *row, struct arena *a);
const char *pgb_pool_key(const void *row, struct arena *a);
const char *pgb_stats_key(const void *row, struct arena *a);

/* What is wrong with one row, as far as it can be told from itself: its health and reason. */
void pgb_line_judge(enum pgb_view view, struct pgb_line *l, struct arena *a);

#endif
