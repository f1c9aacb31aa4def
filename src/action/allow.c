/* allow.c: whether anything may be sent to this cluster from here, by whoever it is. Asked when a
 * plan is made, so that its card says who refuses, and again before each request leaves. */
#include "kind.h"
#include "pgdba/config/policy.h"

static enum status by_policy(const struct action_env *env, const struct request *r, struct err *e)
{
    enum status st;

    if (!env->policy) /* nobody was asked, and so nobody said yes */
        return err_set(e, ST_DENIED, "there is no policy to ask: nothing is sent");
    st = policy_may(env->policy, env->config, r->kind, e);
    if (st == ST_OK && r->kind == ACT_ROLLING && r->hand_over)
        st = policy_may(env->policy, env->config, ACT_SWITCHOVER, e);
    if (st == ST_OK && r->kind == ACT_HOLD)
        st = policy_may(env->policy, env->config, ACT_PGB_PAUSE, e);
    return st;
}

enum status action_allowed(const struct action_env *env, const struct request *r, const char **who,
                           struct err *e)
{
    *who = env->read_only ? "read-only" : "policy";
    if (env->read_only)
        return err_set(e, ST_DENIED, "this console is read-only: nothing is sent");
    return by_policy(env, r, e);
}
