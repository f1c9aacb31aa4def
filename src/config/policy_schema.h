/* config/policy_schema.h: the keys of policy.yml, and those of what narrows it. Private to config/.
 */
#ifndef PGDBA_SRC_CONFIG_POLICY_SCHEMA_H
#define PGDBA_SRC_CONFIG_POLICY_SCHEMA_H

#include "pgdba/config/policy.h"
#include "pgdba/config/settings.h"
#include "schema.h"

struct policy_document {
    struct policy_rules rules;
    struct audit_config audit;
};

extern const struct schema policy_schema;        /* of struct policy_document */
extern const struct schema policy_narrow_schema; /* of struct policy_rule, without people */
extern const struct schema audit_schema;         /* of struct audit_config */

#endif
