/* The generated part of pgdba.yml(5). */
#include "cluster_schema.h"
#include "pgdba/config/settings.h"
#include "policy_schema.h"
#include "settings_schema.h"
#include "theme_schema.h"

void config_write_manual(FILE *out)
{
    static const struct {
        const char *heading;
        const struct schema *schema;
    } parts[] = {
        {"KEYS OF A CLUSTER'S FILE", &cluster_schema},
        {"KEYS OF PGDBA.YML", &settings_schema},
        {"KEYS OF POLICY.YML", &policy_schema},
        {"KEYS OF A THEME", &theme_schema},
    };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        fprintf(out, ".SH \"%s\"\n", parts[i].heading);
        schema_manual(out, parts[i].schema);
    }
}
