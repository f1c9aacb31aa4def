/*
 * config/policy.h: who may do what, where: /etc/pgdba/policy.yml, which root owns, and what the
 * settings and a cluster's file take away from it. Described in pgdba.yml(5).
 *
 * Without the file everything is allowed. With it only what one of its rules allows; while it
 * cannot be relied on (unreadable, wrong, not root's, writable by others) no change is. It is read
 * anew for every question, so that a console that is open for days follows it.
 *
 * What a cluster's environment is, is the word of root's files too: that of a cluster whose file
 * lies in clusters.d beside the policy and is root's. Any other cluster, one given by a URL or by a
 * file of the user's own, is in the environment "other".
 */
#ifndef PGDBA_CONFIG_POLICY_H
#define PGDBA_CONFIG_POLICY_H

#include <stdbool.h>
#include <sys/types.h>

#include "pgdba/base/err.h"
#include "pgdba/model/plan.h"

struct cluster_config;

/* "*" stands for all in each of the lists. */
struct policy_rule {
    int nusers, ngroups, nenvironments, nactions;
    const char *const *users, *const *groups; /* one of either is enough */
    const char *const *environments;          /* none (in what narrows only): all */
    const char *const *actions;
};

struct policy_rules {
    int n;
    const struct policy_rule *v; /* NULL: nothing is said, so nothing is taken away */
};

/* Who runs the program, by the numbers that the kernel knows, never by the environment. */
struct policy_caller {
    const char *user; /* "" when the number has no name */
    int ngroups;
    const char *const *groups;
};

/* Of rules that name people. The environment is one of policy_environment()'s words. */
bool policy_allows(const struct policy_rules *rules, const struct policy_caller *who,
                   const char *environment, const char *action);
/* Of rules that only narrow: whoever it is. */
bool policy_leaves(const struct policy_rules *rules, const char *environment, const char *action);

/* What an action is called in the rules: the command's name, "cancel switchover". */
const char *policy_action(enum action_kind k);
const char *policy_environment(enum environment e); /* "production"; "other" when it is not said */

struct policy;

/* The file, and whose it must be. For the program there is one answer to both, and none of it comes
 * from a variable or an option, which anybody could set: */
#define POLICY_FILE  PGDBA_POLICY /* configure --with-policy */
#define POLICY_OWNER 0
/* who NULL: whoever runs the program. */
struct policy *policy_new(const char *path, uid_t owner, const struct policy_caller *who);
void policy_free(struct policy *p);

enum { POLICY_NARROWED_MAX = 2 };
/* Besides only what these leave: where ("pgdba.yml") and rules stay the caller's. At most
 * POLICY_NARROWED_MAX times. */
void policy_narrow(struct policy *p, const char *where, const struct policy_rules *rules);

/* Whether a change of this kind may go to this cluster. ST_DENIED says who refuses and what would
 * help. c's own rules narrow too. */
enum status policy_may(struct policy *p, const struct cluster_config *c, enum action_kind k,
                       struct err *e);
/* Whether the file wants the audit log copied to syslog; false while it cannot be relied on. */
bool policy_wants_syslog(const struct policy *p);

#endif
