/* invocation.c: what was parsed, read out. */
#include "pgdba/command/command.h"

#include <string.h>

#include "pgdba/base/fmt.h"

const char *invocation_get(const struct invocation *inv, const char *name)
{
    for (int i = 0; i < inv->nvalues; i++)
        if (strcmp(inv->values[i].arg->name, name) == 0)
            return inv->values[i].text;
    return NULL;
}

bool invocation_has(const struct invocation *inv, const char *name)
{
    return invocation_get(inv, name) != NULL;
}

int invocation_all(const struct invocation *inv, const char *name, const char **out, int max)
{
    int n = 0;

    for (int i = 0; i < inv->nvalues && n < max; i++)
        if (strcmp(inv->values[i].arg->name, name) == 0)
            out[n++] = inv->values[i].text;
    return n;
}

enum status command_request(const struct invocation *inv, struct request *out, struct err *e)
{
    static const enum action_kind kinds[CMD_COUNT] = {[CMD_SWITCHOVER] = ACT_SWITCHOVER,
                                                      [CMD_RESTART] = ACT_RESTART,
                                                      [CMD_REINIT] = ACT_REINIT,
                                                      [CMD_PROBE_START] = ACT_PROBE_START,
                                                      [CMD_PROBE_DROP] = ACT_PROBE_DROP};
    const char **members = arena_array(inv->arena, (size_t)inv->nvalues, const char *);
    const char *timeout = invocation_get(inv, "--timeout");

    bool writes = inv->id == CMD_PROBE_START && invocation_has(inv, "--write");
    const char *every = invocation_get(inv, "--every");

    if (!(inv->command->flags & CMDF_CHANGES) && !writes)
        return err_set(e, ST_USAGE, "%s changes nothing", inv->command->name);
    *out = (struct request){
        .kind = kinds[inv->id],
        .leader = invocation_get(inv, "--leader"),
        .candidate = invocation_get(inv, "--candidate"),
        .members = members,
        .nmembers = invocation_all(inv, "MEMBER", members, inv->nvalues),
        .pending = invocation_has(inv, "--pending"),
        .force = invocation_has(inv, "--force"),
        .via = invocation_get(inv, "--via"),
    };
    if (every && !fmt_parse_duration(every, &out->every_us))
        return err_set(e, ST_USAGE, "--every expects a time, got \"%s\"", every);
    if (timeout && !fmt_parse_int(timeout, &out->timeout_s))
        return err_set(e, ST_USAGE, "--timeout expects whole seconds, got \"%s\"", timeout);
    return ST_OK;
}
