/* The rules themselves: who, where, what. Pure. */
#include <string.h>

#include "pgdba/config/policy.h"

static bool holds(const char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(names[i], "*") || (*name && !strcmp(names[i], name)))
            return true;
    return false;
}

static bool is_for(const struct policy_rule *r, const struct policy_caller *who)
{
    if (holds(r->users, r->nusers, who->user))
        return true;
    if (holds(r->groups, r->ngroups, "")) /* "*": whatever groups there are, or none */
        return true;
    for (int i = 0; i < who->ngroups; i++)
        if (holds(r->groups, r->ngroups, who->groups[i]))
            return true;
    return false;
}

bool policy_allows(const struct policy_rules *rules, const struct policy_caller *who,
                   const char *environment, const char *action)
{
    for (int i = 0; i < rules->n; i++) {
        const struct policy_rule *r = &rules->v[i];

        if (is_for(r, who) && holds(r->environments, r->nenvironments, environment) &&
            holds(r->actions, r->nactions, action))
            return true;
    }
    return false;
}

bool policy_leaves(const struct policy_rules *rules, const char *environment, const char *action)
{
    for (int i = 0; i < rules->n; i++) {
        const struct policy_rule *r = &rules->v[i];

        if ((!r->nenvironments || holds(r->environments, r->nenvironments, environment)) &&
            holds(r->actions, r->nactions, action))
            return true;
    }
    return !rules->v;
}
