/* The words of the model's enumerations, and back. */
#include <string.h>
#include <strings.h>

#include "pgdba/model/audit.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/names.h"
#include "pgdba/model/plan.h"
#include "pgdba/model/verdict.h"

static const char *const kinds[] = {
    [OBS_PATRONI_CLUSTER] = "patroni.cluster",
    [OBS_PATRONI_HEALTH] = "patroni.health",
    [OBS_PATRONI_LIVENESS] = "patroni.liveness",
    [OBS_PATRONI_HISTORY] = "patroni.history",
    [OBS_PATRONI_CONFIG] = "patroni.config",
    [OBS_PGB_VERSION] = "pgbouncer.version",
    [OBS_PGB_POOLS] = "pgbouncer.pools",
    [OBS_PGB_DATABASES] = "pgbouncer.databases",
    [OBS_PGB_STATS] = "pgbouncer.stats",
    [OBS_PGB_STATE] = "pgbouncer.state",
    [OBS_PGB_SERVERS] = "pgbouncer.servers",
    [OBS_PGB_CONFIG] = "pgbouncer.config",
    [OBS_PGB_LISTS] = "pgbouncer.lists",
    [OBS_PGB_CLIENTS] = "pgbouncer.clients",
    [OBS_PGB_USERS] = "pgbouncer.users",
    [OBS_PGB_MEM] = "pgbouncer.mem",
    [OBS_PGB_DNS_HOSTS] = "pgbouncer.dns_hosts",
    [OBS_PGB_DNS_ZONES] = "pgbouncer.dns_zones",
    [OBS_ETCD_RANGE] = "etcd.range",
    [OBS_ETCD_WATCH] = "etcd.watch",
    [OBS_ETCD_ALIVE] = "etcd.alive",
    [OBS_ETCD_LEASE] = "etcd.lease",
    [OBS_ETCD_STATUS] = "etcd.status",
    [OBS_ETCD_HEALTH] = "etcd.health",
    [OBS_ETCD_VERSION] = "etcd.version",
    [OBS_ETCD_METRICS] = "etcd.metrics",
    [OBS_ETCD_MEMBERS] = "etcd.members",
    [OBS_HAPROXY_STATS] = "haproxy.stats",
    [OBS_PG_SELF] = "postgres.self",
    [OBS_PG_VITALS] = "postgres.vitals",
    [OBS_PROBE] = "probe.sample",
    [OBS_PROBE_ROWS] = "probe.rows",
    [OBS_HAPROXY_INFO] = "haproxy.info",
};
_Static_assert(sizeof kinds / sizeof *kinds == OBS_KIND_COUNT, "a name a kind");

/* What a kind's name begins with says whose it is. */
static const struct {
    const char *prefix, *name;
} systems[] = {
    [SYS_PATRONI] = {"patroni.", "Patroni"},
    [SYS_PGBOUNCER] = {"pgbouncer.", "PgBouncer"},
    [SYS_ETCD] = {"etcd.", "etcd"},
    [SYS_HAPROXY] = {"haproxy.", "HAProxy"},
    [SYS_POSTGRES] = {"postgres.", "PostgreSQL"},
    [SYS_PROBE] = {"probe.", "probe"},
    [SYS_PGDBA] = {"pgdba.", "pgdba"},
};
_Static_assert(sizeof systems / sizeof *systems == SYS_COUNT, "a name a system");

static const char *const outcomes[] = {
    [OBS_NEVER] = "not asked yet", [OBS_ANSWERED] = "answered", [OBS_REFUSED] = "refused",
    [OBS_TIMED_OUT] = "timed out", [OBS_TLS] = "TLS",           [OBS_UNAUTHORISED] = "unauthorised",
    [OBS_GARBLED] = "garbled",
};
_Static_assert(sizeof outcomes / sizeof *outcomes == OBS_OUTCOME_COUNT, "a name an outcome");

static const char *const roles[] = {
    [ROLE_UNKNOWN] = "unknown",
    [ROLE_LEADER] = "leader",
    [ROLE_STANDBY_LEADER] = "standby leader",
    [ROLE_SYNC_STANDBY] = "sync standby",
    [ROLE_QUORUM_STANDBY] = "quorum standby",
    [ROLE_REPLICA] = "replica",
    [ROLE_DEMOTED] = "demoted",
    [ROLE_UNINITIALIZED] = "uninitialized",
    [ROLE_PROMOTED] = "promoted",
};
_Static_assert(sizeof roles / sizeof *roles == ROLE_COUNT, "a name a role");

static const char *const states[] = {
    [PGS_UNKNOWN] = "unknown",
    [PGS_RUNNING] = "running",
    [PGS_STREAMING] = "streaming",
    [PGS_ARCHIVE_RECOVERY] = "in archive recovery",
    [PGS_STARTING] = "starting",
    [PGS_RESTARTING] = "restarting",
    [PGS_STOPPING] = "stopping",
    [PGS_STOPPED] = "stopped",
    [PGS_CREATING_REPLICA] = "creating replica",
    [PGS_INITIALIZING] = "initializing",
    [PGS_FAILED] = "failed",
};
_Static_assert(sizeof states / sizeof *states == PGS_COUNT, "a name a state");

static const char *const healths[] = {
    [HEALTH_OK] = "healthy",
    [HEALTH_DEGRADED] = "degraded",
    [HEALTH_CRITICAL] = "critical",
    [HEALTH_UNREACHABLE] = "unreachable",
};
_Static_assert(sizeof healths / sizeof *healths == HEALTH_COUNT, "a name a grade");

static const char *const environments[] = {[ENV_UNSET] = "",
                                           [ENV_TEST] = "test",
                                           [ENV_STAGING] = "staging",
                                           [ENV_PRODUCTION] = "production"};
static const char *const actions[] = {[ACT_SWITCHOVER] = "switchover",
                                      [ACT_SWITCHOVER_AT] = "scheduled switchover",
                                      [ACT_CANCEL_SWITCHOVER] = "cancel switchover",
                                      [ACT_FAILOVER] = "failover",
                                      [ACT_RESTART] = "restart",
                                      [ACT_RESTART_AT] = "scheduled restart",
                                      [ACT_CANCEL_RESTART] = "cancel restart",
                                      [ACT_ROLLING] = "rolling restart",
                                      [ACT_RELOAD] = "reload",
                                      [ACT_REINIT] = "reinit",
                                      [ACT_PAUSE] = "pause",
                                      [ACT_RESUME] = "resume",
                                      [ACT_CONFIG] = "config",
                                      [ACT_DEMOTE] = "demote-cluster",
                                      [ACT_PROMOTE] = "promote-cluster",
                                      [ACT_PROBE_START] = "probe start",
                                      [ACT_PROBE_DROP] = "probe drop",
                                      [ACT_QUERY] = "query",
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
                                      [ACT_HOLD] = "switchover --hold",
                                      [ACT_HA_READY] = "haproxy ready",
                                      [ACT_HA_DRAIN] = "haproxy drain",
                                      [ACT_HA_MAINT] = "haproxy maint",
                                      [ACT_HA_SHUT] = "haproxy shutdown-sessions"};
_Static_assert(sizeof actions / sizeof *actions == ACT_COUNT, "a name an action");
static const char *const audit_whats[] = {
    [AUDIT_INTENT] = "intent", [AUDIT_OUTCOME] = "outcome", [AUDIT_REFUSAL] = "refusal"};
_Static_assert(sizeof audit_whats / sizeof *audit_whats == AUDIT_WHAT_COUNT, "a name a line");
static const char *const op_states[] = {
    [OP_RUNNING] = "running", [OP_DONE] = "done",     [OP_DONE_ELSEWHERE] = "done elsewhere",
    [OP_REFUSED] = "refused", [OP_FAILED] = "failed", [OP_UNKNOWN] = "unknown"};
static const char *const check_verdicts[] = {
    [CHECK_PASS] = "pass", [CHECK_WARN] = "warn", [CHECK_BLOCK] = "block"};

const char *obs_kind_name(enum obs_kind k)
{
    return NAME_OF(kinds, k);
}

bool obs_kind_parse(const char *name, enum obs_kind *out)
{
    return NAME_PARSE(kinds, name, out);
}

enum obs_system obs_kind_system(enum obs_kind k)
{
    for (int i = 0; i < SYS_COUNT; i++)
        if (strncmp(obs_kind_name(k), systems[i].prefix, strlen(systems[i].prefix)) == 0)
            return (enum obs_system)i;
    return SYS_PGDBA;
}

const char *obs_system_name(enum obs_system s)
{
    return (unsigned)s < SYS_COUNT ? systems[s].name : "?";
}

bool obs_outcome_parse(const char *name, enum obs_outcome *out)
{
    return NAME_PARSE(outcomes, name, out);
}

const char *obs_outcome_name(enum obs_outcome o)
{
    return NAME_OF(outcomes, o);
}

const char *role_name(enum role r)
{
    return NAME_OF(roles, r);
}

const char *pg_state_name(enum pg_state s)
{
    return NAME_OF(states, s);
}

const char *health_name(enum health h)
{
    return NAME_OF(healths, h);
}

const char *environment_name(enum environment e)
{
    return NAME_OF(environments, e);
}

const char *action_name(enum action_kind k)
{
    return NAME_OF(actions, k);
}

const char *op_state_name(enum op_state s)
{
    return NAME_OF(op_states, s);
}

const char *fitness_name(enum fitness f)
{
    static const char *const names[] = {[FIT] = "fit", [DOUBTFUL] = "doubtful", [UNFIT] = "unfit"};
    return NAME_OF(names, f);
}

const char *check_verdict_name(enum check_verdict v)
{
    return NAME_OF(check_verdicts, v);
}

bool environment_parse(const char *text, enum environment *out)
{
    for (int i = ENV_TEST; i <= ENV_PRODUCTION; i++) {
        if (strcmp(text, environments[i]) == 0) {
            *out = (enum environment)i;
            return true;
        }
    }
    return false;
}

struct word {
    const char *text;
    int value;
};

static int word_value(const struct word *words, size_t n, const char *text)
{
    for (size_t i = 0; text && i < n; i++)
        if (strcasecmp(words[i].text, text) == 0)
            return words[i].value;
    return 0; /* every enumeration's 0 is its unknown */
}

enum role role_parse(const char *text)
{
    static const struct word words[] = {
        {"leader", ROLE_LEADER},
        {"primary", ROLE_LEADER},
        {"master", ROLE_LEADER},
        {"standby_leader", ROLE_STANDBY_LEADER},
        {"sync_standby", ROLE_SYNC_STANDBY},
        {"quorum_standby", ROLE_QUORUM_STANDBY},
        {"replica", ROLE_REPLICA},
        {"demoted", ROLE_DEMOTED},
        {"uninitialized", ROLE_UNINITIALIZED},
        {"promoted", ROLE_PROMOTED},
    };
    return (enum role)word_value(words, sizeof words / sizeof *words, text);
}

enum pg_state pg_state_parse(const char *text)
{
    static const struct word words[] = {
        {"running", PGS_RUNNING},
        {"streaming", PGS_STREAMING},
        {"in archive recovery", PGS_ARCHIVE_RECOVERY},
        {"starting", PGS_STARTING},
        {"starting after custom bootstrap", PGS_STARTING},
        {"restarting", PGS_RESTARTING},
        {"stopping", PGS_STOPPING},
        {"stopped", PGS_STOPPED},
        {"creating replica", PGS_CREATING_REPLICA},
        {"initializing new cluster", PGS_INITIALIZING},
        {"running custom bootstrap script", PGS_INITIALIZING},
        {"initdb failed", PGS_FAILED},
        {"custom bootstrap failed", PGS_FAILED},
        {"start failed", PGS_FAILED},
        {"restart failed", PGS_FAILED},
        {"stop failed", PGS_FAILED},
        {"crashed", PGS_FAILED},
    };
    return (enum pg_state)word_value(words, sizeof words / sizeof *words, text);
}

bool pg_state_is_up(enum pg_state s)
{
    return s == PGS_RUNNING || s == PGS_STREAMING || s == PGS_ARCHIVE_RECOVERY;
}

bool role_is_leader(enum role r)
{
    return r == ROLE_LEADER || r == ROLE_STANDBY_LEADER;
}

int name_index(const char *const *table, int n, const char *name)
{
    for (int i = 0; name && i < n; i++)
        if (table[i] && strcmp(table[i], name) == 0)
            return i;
    return -1;
}

const char *audit_what_name(enum audit_what w)
{
    return NAME_OF(audit_whats, w);
}
