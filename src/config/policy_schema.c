/* The keys of policy.yml, and of "policy" in the other files: read by policy.c, settings.c and
 * cluster.c, described in pgdba.yml(5). */
#include "policy_schema.h"

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

/* "*" first: what is left out is not silently all. */
static const char *const environments[] = {"*", "production", "staging", "test", "other"};

static const char *const actions[] = {
    "*",
    "switchover",
    "failover",
    "restart",
    "reload",
    "reinit",
    "pause",
    "resume",
    "cancel switchover",
    "cancel restart",
    "config set",
    "demote-cluster",
    "promote-cluster",
    "probe start",
    "probe drop",
    "query --write",
    "remove",
    "pgb pause",
    "pgb resume",
    "pgb reconnect",
    "pgb reload",
    "pgb enable",
    "pgb disable",
    "pgb kill",
    "pgb set",
    "pgb shutdown",
    "haproxy ready",
    "haproxy drain",
    "haproxy maint",
    "haproxy shutdown-sessions",
};

static const char *const action_of[] = {
    [ACT_SWITCHOVER] = "switchover",
    [ACT_SWITCHOVER_AT] = "switchover",
    [ACT_CANCEL_SWITCHOVER] = "cancel switchover",
    [ACT_FAILOVER] = "failover",
    [ACT_RESTART] = "restart",
    [ACT_RESTART_AT] = "restart",
    [ACT_CANCEL_RESTART] = "cancel restart",
    [ACT_ROLLING] = "restart",
    [ACT_RELOAD] = "reload",
    [ACT_REINIT] = "reinit",
    [ACT_PAUSE] = "pause",
    [ACT_RESUME] = "resume",
    [ACT_CONFIG] = "config set",
    [ACT_DEMOTE] = "demote-cluster",
    [ACT_PROMOTE] = "promote-cluster",
    [ACT_PROBE_START] = "probe start",
    [ACT_PROBE_DROP] = "probe drop",
    [ACT_QUERY] = "query --write",
    [ACT_REMOVE] = "remove",
    [ACT_PGB_PAUSE] = "pgb pause",
    [ACT_PGB_RESUME] = "pgb resume",
    [ACT_PGB_RECONNECT] = "pgb reconnect",
    [ACT_PGB_RELOAD] = "pgb reload",
    [ACT_PGB_ENABLE] = "pgb enable",
    [ACT_PGB_DISABLE] = "pgb disable",
    [ACT_PGB_KILL] = "pgb kill",
    [ACT_PGB_SET] = "pgb set",
    [ACT_PGB_SHUTDOWN] = "pgb shutdown",
    [ACT_HOLD] = "switchover",
    [ACT_HA_READY] = "haproxy ready",
    [ACT_HA_DRAIN] = "haproxy drain",
    [ACT_HA_MAINT] = "haproxy maint",
    [ACT_HA_SHUT] = "haproxy shutdown-sessions",
};
_Static_assert(COUNT(action_of) == ACT_COUNT, "an action that no rule can name");

const char *policy_action(enum action_kind k)
{
    return action_of[k];
}

const char *policy_environment(enum environment e)
{
    return e == ENV_UNSET ? "other" : environment_name(e);
}

#define PLACE_KEYS(REQUIRED, OTHERWISE)                                                          \
    {.name = "environments",                                                                     \
     .type = KT_NAMES,                                                                           \
     .at = offsetof(struct policy_rule, environments),                                           \
     .count_at = offsetof(struct policy_rule, nenvironments),                                    \
     .words = environments,                                                                      \
     .nwords = COUNT(environments),                                                              \
     .required = REQUIRED,                                                                       \
     .fallback = OTHERWISE,                                                                      \
     .help =                                                                                     \
         "Clusters of these environments; other are those whose environment nobody said whose "  \
         "word counts."},                                                                        \
    {                                                                                            \
        .name = "actions", .type = KT_NAMES, .at = offsetof(struct policy_rule, actions),        \
        .count_at = offsetof(struct policy_rule, nactions), .words = actions,                    \
        .nwords = COUNT(actions), .required = true,                                              \
        .help = "What may be done there, by the commands' names. restart goes for restarts one " \
                "after the other too; with a switchover in between they need both."              \
    }

static const struct schema_key rule_keys[] = {
    {.name = "users",
     .type = KT_NAMES,
     .at = offsetof(struct policy_rule, users),
     .count_at = offsetof(struct policy_rule, nusers),
     .help = "Users of this machine, by the name of whoever runs the program; \"*\" is everybody."},
    {.name = "groups",
     .type = KT_NAMES,
     .at = offsetof(struct policy_rule, groups),
     .count_at = offsetof(struct policy_rule, ngroups),
     .help = "Groups of this machine: one that the program runs in is enough."},
    PLACE_KEYS(true, NULL),
};

static enum status finish_rule(struct reader *r, const struct node *v, void *at)
{
    const struct policy_rule *rule = at;

    if (rule->nusers || rule->ngroups)
        return ST_OK;
    return schema_fail(r, v, "a rule is for somebody: expected users, groups or both");
}

static const struct schema rule_schema = {
    .title = "rules",
    .help = "A list. What one of the rules allows is allowed; there are none that forbid.",
    .size = sizeof(struct policy_rule),
    .keys = rule_keys,
    .nkeys = COUNT(rule_keys),
    .finish = finish_rule,
};

static const struct schema_key narrow_keys[] = {
    PLACE_KEYS(false, "all"),
};

const struct schema policy_narrow_schema = {
    .title = "policy",
    .help = "A list of what is left of what the policy allows, for whoever reads this file; it can "
            "only take away. An empty list leaves nothing.",
    .size = sizeof(struct policy_rule),
    .keys = narrow_keys,
    .nkeys = COUNT(narrow_keys),
};

static const struct schema_key audit_keys[] = {
    {.name = "syslog",
     .type = KT_BOOL,
     .at = offsetof(struct audit_config, syslog),
     .fallback = "false",
     .help = "Send a copy of each line of the audit log to the machine's syslog as well (facility "
             "authpriv, severity notice). One file that says true is enough."},
};

const struct schema audit_schema = {
    .title = "audit",
    .help = "The audit log.",
    .size = sizeof(struct audit_config),
    .keys = audit_keys,
    .nkeys = COUNT(audit_keys),
};

static const struct schema_key policy_keys[] = {
    {.name = "rules",
     .type = KT_LIST,
     .at = offsetof(struct policy_document, rules.v),
     .count_at = offsetof(struct policy_document, rules.n),
     .section = &rule_schema,
     .required = true},
    {.name = "audit",
     .type = KT_SECTION,
     .at = offsetof(struct policy_document, audit),
     .section = &audit_schema},
};

const struct schema policy_schema = {
    .title = "policy.yml",
    .help = "Root's file, in force for everybody on this machine. Without it everybody may do "
            "everything.",
    .size = sizeof(struct policy_document),
    .keys = policy_keys,
    .nkeys = COUNT(policy_keys),
};
