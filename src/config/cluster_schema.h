/* config/cluster_schema.h: the keys of a cluster's file. Private to config/. */
#ifndef PGDBA_SRC_CONFIG_CLUSTER_SCHEMA_H
#define PGDBA_SRC_CONFIG_CLUSTER_SCHEMA_H

#include "schema.h"

extern const struct schema cluster_schema; /* of struct cluster_config */

#endif
