/* config/settings_schema.h: the keys of pgdba.yml. Private to config/. */
#ifndef PGDBA_SRC_CONFIG_SETTINGS_SCHEMA_H
#define PGDBA_SRC_CONFIG_SETTINGS_SCHEMA_H

#include "schema.h"

extern const struct schema settings_schema; /* of struct settings */

#endif
