/* Routes and the probe: what their words mean. */
#include "pgdba/model/route.h"

#include <string.h>

#include "pgdba/model/names.h"
#include "pgdba/model/probe.h"

bool ha_row_says_not_the_role(const struct ha_row *r)
{
    return strcmp(r->check_status, "L7STS") == 0 && (r->check_code == 503 || r->check_code == 0);
}

bool ha_row_is_standby(const struct ha_row *r)
{
    return r->status == HA_DOWN && ha_row_says_not_the_role(r);
}

bool ha_row_takes(const struct ha_row *r)
{
    return r->status == HA_UP || r->status == HA_GOING_DOWN || r->status == HA_NO_CHECK;
}

bool ha_row_in_maint(const struct ha_row *r)
{
    return r->status == HA_MAINT || (r->admin > 0 && r->admin & HA_ADMIN_MAINT);
}

bool ha_row_in_drain(const struct ha_row *r)
{
    return !ha_row_in_maint(r) &&
           (r->status == HA_DRAIN || (r->admin > 0 && r->admin & HA_ADMIN_DRAIN));
}

const char *ha_row_held_by(const struct ha_row *r, bool *by_hand)
{
    static const struct {
        const char *in_status, *by;
    } others[] = {
        {"NOLB", "by its check (404)"},
        {"(agent)", "by its agent"},
        {"(resolution)", "because its name does not resolve"},
        {"(via ", "by the server that it follows"},
    };
    bool forced = r->admin > 0 && r->admin & HA_ADMIN_FORCED;
    *by_hand = false;
    for (size_t i = 0; !forced && i < sizeof others / sizeof *others; i++)
        if (strstr(r->status_text, others[i].in_status))
            return others[i].by;
    if (!forced && r->admin > 0 && r->admin & HA_ADMIN_CONFIG)
        return "by its configuration";
    *by_hand = true;
    return "by hand";
}

static const char *const level_names[] = {
    [HA_LEVEL_UNKNOWN] = "",
    [HA_LEVEL_USER] = "user",
    [HA_LEVEL_OPERATOR] = "operator",
    [HA_LEVEL_ADMIN] = "admin",
};

const char *ha_level_name(enum ha_level l)
{
    return NAME_OF(level_names, l);
}

static const char *const failure_names[] = {
    [PROBE_OK] = "works",
    [PROBE_NO_CONNECTION] = "no connection",
    [PROBE_TIMED_OUT] = "timed out",
    [PROBE_BROKEN] = "connection broke",
    [PROBE_READ_ONLY] = "read-only",
    [PROBE_STARTING] = "starting up",
    [PROBE_SHUT_DOWN] = "shut down",
    [PROBE_LOGIN] = "login refused",
    [PROBE_SCHEMA] = "its table is missing",
    [PROBE_OTHER] = "SQL error",
};
_Static_assert(sizeof failure_names / sizeof *failure_names == PROBE_FAILURE_COUNT, "a name each");

static const char *const failure_keys[] = {
    [PROBE_OK] = "ok",
    [PROBE_NO_CONNECTION] = "no-connection",
    [PROBE_TIMED_OUT] = "timed-out",
    [PROBE_BROKEN] = "broken",
    [PROBE_READ_ONLY] = "read-only",
    [PROBE_STARTING] = "starting",
    [PROBE_SHUT_DOWN] = "shut-down",
    [PROBE_LOGIN] = "login",
    [PROBE_SCHEMA] = "schema",
    [PROBE_OTHER] = "other",
};
_Static_assert(sizeof failure_keys / sizeof *failure_keys == PROBE_FAILURE_COUNT, "a key each");

const char *probe_failure_name(enum probe_failure f)
{
    return NAME_OF(failure_names, f);
}

const char *probe_failure_key(enum probe_failure f)
{
    return NAME_OF(failure_keys, f);
}

bool probe_failure_parse(const char *key, enum probe_failure *out)
{
    return NAME_PARSE(failure_keys, key, out);
}
