/* policy.yml: the rules as a truth table, the file's safety, what narrows it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"
#include "pgdba/config/cluster.h"
#include "pgdba/config/policy.h"
#include "pgdba/config/settings.h"
#include "sandbox.h"

static const char *const bobs[] = {"staff", "dba"};
static const struct policy_caller bob = {"bob", 2, bobs};
static const char *const carols[] = {"staff", ""}; /* one of her groups has no name */
static const struct policy_caller carol = {"carol", 2, carols};
static const struct policy_caller nameless = {"", 0, NULL};

#define NAMES(...)                                                            \
    (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)), \
        (const char *const[])                                                 \
    {                                                                         \
        __VA_ARGS__                                                           \
    }

struct case_of {
    const struct policy_caller *who;
    const char *environment, *action;
    bool allowed;
};

static struct policy_rule rule(int nusers, const char *const *users, int ngroups,
                               const char *const *groups, int nenv, const char *const *env,
                               int nactions, const char *const *actions)
{
    return (struct policy_rule){.nusers = nusers,
                                .users = users,
                                .ngroups = ngroups,
                                .groups = groups,
                                .nenvironments = nenv,
                                .environments = env,
                                .nactions = nactions,
                                .actions = actions};
}

static void test_rules(void **state)
{
    const struct policy_rule v[] = {
        rule(NAMES("bob"), 0, NULL, NAMES("staging"), NAMES("restart", "reload")),
        rule(0, NULL, NAMES("dba"), NAMES("production"), NAMES("switchover")),
        rule(NAMES("*"), 0, NULL, NAMES("test"), NAMES("reload")),
        rule(0, NULL, NAMES("*"), NAMES("other"), NAMES("pause")),
        rule(NAMES("carol"), NAMES("nobody"), NAMES("*"), NAMES("reinit")),
        rule(NAMES("dave"), 0, NULL, NAMES("*"), NAMES("*")),
    };
    const struct policy_rules rules = {sizeof v / sizeof *v, v};
    const struct policy_caller dave = {"dave", 0, NULL};
    const struct case_of cases[] = {
        {&bob, "staging", "restart", true},
        {&bob, "staging", "reload", true},
        {&bob, "staging", "reinit", false},
        {&bob, "production", "restart", false}, /* two rules do not make a third */
        {&bob, "production", "switchover", true},
        {&carol, "production", "switchover", false},
        {&carol, "staging", "restart", false},
        {&carol, "test", "reload", true},
        {&nameless, "test", "reload", true},
        {&nameless, "test", "restart", false},
        {&nameless, "staging", "restart", false},
        {&nameless, "other", "pause", true},
        {&carol, "other", "reinit", true},
        {&bob, "other", "reinit", false},
        {&dave, "production", "promote-cluster", true},
        {&dave, "other", "probe drop", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (policy_allows(&rules, cases[i].who, cases[i].environment, cases[i].action) !=
            cases[i].allowed)
            fail_msg("%s, %s, %s: %d expected", cases[i].who->user, cases[i].environment,
                     cases[i].action, cases[i].allowed);
    assert_false(policy_allows(&(struct policy_rules){0, v}, &dave, "test", "reload"));
}

static void test_what_is_left(void **state)
{
    const struct policy_rule v[] = {
        rule(0, NULL, 0, NULL, NAMES("test", "staging"), NAMES("*")),
        rule(0, NULL, 0, NULL, 0, NULL, NAMES("reload")),
    };
    const struct policy_rules rules = {2, v};

    (void)state;
    assert_true(policy_leaves(&rules, "test", "reinit"));
    assert_true(policy_leaves(&rules, "production", "reload"));
    assert_false(policy_leaves(&rules, "production", "reinit"));
    assert_false(policy_leaves(&rules, "other", "restart"));
    assert_true(policy_leaves(&(struct policy_rules){0}, "production", "reinit"));
    assert_false(policy_leaves(&(struct policy_rules){0, v}, "test", "reload")); /* "policy: []" */
}

/* Each kind of change can be named. */
static void test_every_action_has_a_word(void **state)
{
    (void)state;
    for (int k = 0; k < ACT_COUNT; k++) {
        char *text = xasprintf("rules: [{users: x, environments: test, actions: %s}]\n",
                               policy_action((enum action_kind)k));
        char *path = sandbox_write(*state, "etc/policy.yml", text, 0644);
        const char *action = policy_action((enum action_kind)k);
        const struct policy_caller x = {"x", 0, NULL};
        struct policy *p = policy_new(path, getuid(), &x);
        struct cluster_config *c = cluster_config_new("c");
        struct err e = ERR_INIT;

        chmod(path, 0644);
        assert_int_equal(policy_may(p, c, (enum action_kind)k, &e), ST_DENIED);
        if (!strstr(err_text(&e), "no rule there lets") || !strstr(err_text(&e), action))
            fail_msg("%s: %s", action, err_text(&e));
        err_release(&e);
        cluster_config_free(c);
        policy_free(p);
        free(text);
        free(path);
    }
}

/* ---- the file ---- */

struct place {
    const struct sandbox *box;
    char *file, *dir;
    struct cluster_config *c;
    struct err e;
};

/* A production cluster, registered by a file beside the policy. */
static void place_init(struct place *w, void **state)
{
    *w = (struct place){.box = *state};
    w->file = sandbox_path(w->box, "etc/policy.yml");
    w->dir = sandbox_path(w->box, "etc");
    w->c = cluster_config_new("prod");
    w->c->path = sandbox_write(w->box, "etc/clusters.d/prod.yml", "x: y\n", 0644);
    w->c->environment = ENV_PRODUCTION;
    assert_int_equal(chmod(w->dir, 0755), 0);
}

static void place_release(struct place *w)
{
    free((char *)w->c->path);
    cluster_config_free(w->c);
    free(w->file);
    free(w->dir);
    err_release(&w->e);
}

static void write_policy(struct place *w, const char *text)
{
    free(sandbox_write(w->box, "etc/policy.yml", text, 0644));
}

static enum status may(struct place *w, enum action_kind k)
{
    struct policy *p = policy_new(w->file, getuid(), &bob);

    err_release(&w->e);
    enum status st = policy_may(p, w->c, k, &w->e);

    policy_free(p);
    return st;
}

static void expect_refused(struct place *w, enum action_kind k, const char *part)
{
    assert_int_equal(may(w, k), ST_DENIED);
    assert_int_equal(w->e.status, ST_DENIED);
    expect_error(&w->e, part);
}

static const char bob_may_restart[] =
    "rules:\n- {users: [bob], environments: [production], actions: [restart]}\n";

static void test_no_file_allows_all(void **state)
{
    struct place w;

    place_init(&w, state);
    assert_int_equal(may(&w, ACT_SWITCHOVER), ST_OK);
    free(w.file);
    w.file = sandbox_path(w.box, "nowhere/policy.yml");
    assert_int_equal(may(&w, ACT_SWITCHOVER), ST_OK);
    place_release(&w);
}

static void test_file_decides(void **state)
{
    struct place w;

    place_init(&w, state);
    write_policy(&w, bob_may_restart);
    assert_int_equal(may(&w, ACT_RESTART), ST_OK);
    assert_int_equal(may(&w, ACT_RESTART_AT), ST_OK);
    assert_int_equal(may(&w, ACT_ROLLING), ST_OK);
    expect_refused(&w, ACT_SWITCHOVER,
                   "no rule there lets bob (staff, dba) switchover in the environment production");
    write_policy(&w, "rules: []\n");
    expect_refused(&w, ACT_RESTART, "etc/policy.yml refuses it");
    place_release(&w);
}

/* A user may call a cluster of his own what he likes: only root's files say what it is. */
static void test_environment_is_roots_word(void **state)
{
    struct place w;
    char *real;

    place_init(&w, state);
    real = (char *)w.c->path;
    write_policy(&w, bob_may_restart);
    w.c->path = "/home/bob/.config/pgdba/clusters/prod.yml";
    expect_refused(&w, ACT_RESTART, "in the environment other, which is what a cluster counts as");
    w.c->path = "";
    expect_refused(&w, ACT_RESTART, "etc/clusters.d/prod.yml is not one");
    w.c->path = real;
    assert_int_equal(may(&w, ACT_RESTART), ST_OK);
    assert_int_equal(chmod(real, 0666), 0);
    expect_refused(&w, ACT_RESTART, "the environment other");
    assert_int_equal(chmod(real, 0644), 0);
    w.c->environment = ENV_UNSET;
    expect_refused(&w, ACT_RESTART, "in the environment other");
    write_policy(&w, "rules: [{groups: dba, environments: other, actions: '*'}]\n");
    assert_int_equal(may(&w, ACT_RESTART), ST_OK);
    place_release(&w);
}

static void test_wrong_file_refuses_all(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "policy.yml:1: there is nothing in it; expected rules"},
        {"# none\n", "policy.yml:1: there is nothing in it"},
        {"rules:\n- {users: [bob], environments: [production], actions: [restrat]}\n",
         "policy.yml:2: rules[0].actions[0]: expected *, switchover,"},
        {"rules:\n- {users: [bob], environments: [production], actions: [restrat]}\n",
         "did you mean \"restart\"?"},
        {"rules:\n- {users: bob, environments: [prod], actions: '*'}\n",
         "policy.yml:2: rules[0].environments[0]: expected *, production, staging, test or other"},
        {"rules:\n- {environments: [test], actions: '*'}\n",
         "policy.yml:2: rules[0]: a rule is for somebody: expected users, groups or both"},
        {"rules:\n- {users: bob, actions: '*'}\n", "the key \"environments\" is missing"},
        {"rules:\n- {users: bob, environments: '*'}\n", "the key \"actions\" is missing"},
        {"rules:\n- {users: [], environments: '*', actions: '*'}\n",
         "policy.yml:2: rules[0].users: expected at least one; got an empty list"},
        {"rules:\n- {users: {bob: 1}, environments: '*', actions: '*'}\n",
         "rules[0].users: expected a list, like [a, b]; got a mapping"},
        {"rules:\n- {users: [[bob]], environments: '*', actions: '*'}\n", "expected a name"},
        {"rules:\n- {users: , environments: '*', actions: '*'}\n", "expected a list"},
        {"rule: []\n", "policy.yml:1: rule: unknown key; did you mean \"rules\"?"},
        {"audit: {syslog: true}\n", "the key \"rules\" is missing"},
        {"rules: [\n", "policy.yml:"},
        {"\x7f"
         "ELF\x02\x01",
         "policy.yml:1: control character U+007F"},
        {"rules: \xff\xfe\n", "policy.yml:1: not UTF-8"},
    };
    struct place w;

    place_init(&w, state);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_policy(&w, cases[i].text);
        expect_refused(&w, ACT_RESTART,
                       "every change is refused while the policy cannot be relied");
        expect_error(&w.e, cases[i].error);
    }
    place_release(&w);
}

/* Whose it is, who may write it, what lies there in its place. */
static void test_only_an_owned_file_counts(void **state)
{
    struct place w;
    struct policy *p;
    char *other;

    place_init(&w, state);
    write_policy(&w, bob_may_restart);
    assert_int_equal(chmod(w.file, 0664), 0);
    expect_refused(&w, ACT_RESTART, "policy.yml (mode 0664): chmod go-w ");
    assert_int_equal(chmod(w.file, 0646), 0);
    expect_refused(&w, ACT_RESTART, "others than its owner can write");
    assert_int_equal(chmod(w.file, 0644), 0);
    assert_int_equal(chmod(w.dir, 0777), 0);
    expect_refused(&w, ACT_RESTART, "/etc (mode 0777): chmod go-w ");
    assert_int_equal(chmod(w.dir, 0755), 0);
    assert_int_equal(may(&w, ACT_RESTART), ST_OK);

    p = policy_new(w.file, getuid() + 1, &bob);
    assert_int_equal(policy_may(p, w.c, ACT_RESTART, &w.e), ST_DENIED);
    expect_error(&w.e, " does not belong to ");
    policy_free(p);

    other = sandbox_path(w.box, "etc/other.yml");
    assert_int_equal(rename(w.file, other), 0);
    assert_int_equal(symlink(other, w.file), 0);
    expect_refused(&w, ACT_RESTART, "is a symbolic link: put the file itself there");
    assert_int_equal(unlink(other), 0); /* one that leads nowhere is there all the same */
    expect_refused(&w, ACT_RESTART, "is a symbolic link");
    assert_int_equal(unlink(w.file), 0);
    assert_int_equal(mkfifo(w.file, 0644), 0);
    expect_refused(&w, ACT_RESTART, "is not a regular file");
    assert_int_equal(unlink(w.file), 0);
    assert_int_equal(mkdir(w.file, 0755), 0);
    expect_refused(&w, ACT_RESTART, "is not a regular file");
    assert_int_equal(rmdir(w.file), 0);
    free(other);
    place_release(&w);
}

static void test_huge_file(void **state)
{
    struct place w;
    struct timespec a, b;

    place_init(&w, state);
    write_policy(&w, bob_may_restart);
    assert_int_equal(truncate(w.file, (off_t)1 << 40), 0); /* a terabyte of nothing */
    clock_gettime(CLOCK_MONOTONIC, &a);
    expect_refused(&w, ACT_RESTART, "is larger than 1048576 bytes");
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert_in_range(b.tv_sec - a.tv_sec, 0, 1);
    place_release(&w);
}

/* Asked in a child that has given root away. */
static int child_says(struct place *w, const char *part)
{
    fflush(NULL);
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        struct policy *p = policy_new(w->file, 0, &bob);
        bool ok = setuid(65534) == 0 && policy_may(p, w->c, ACT_RESTART, &w->e) == ST_DENIED &&
                  strstr(err_text(&w->e), part);

        if (!ok)
            fprintf(stderr, "in the child: %s\n", err_text(&w->e));
        _exit(ok ? 0 : 1);
    }
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    return status;
}

static void test_unreadable(void **state)
{
    struct place w;

    if (getuid() != 0)
        skip(); /* nothing is unreadable to its owner in a way that this could set up */
    place_init(&w, state);
    write_policy(&w, bob_may_restart);
    assert_int_equal(chmod(w.box->dir, 0755), 0);
    assert_int_equal(chmod(w.file, 0600), 0);
    assert_int_equal(child_says(&w, "Permission denied: chmod a+r "), 0);
    assert_int_equal(chmod(w.file, 0644), 0);
    assert_int_equal(chmod(w.dir, 0700), 0);
    assert_int_equal(child_says(&w, "Permission denied"), 0);
    assert_int_equal(chmod(w.dir, 0755), 0);
    place_release(&w);
}

/* It is read anew each time, and the caller is who the kernel says, whatever USER says. */
static void test_follows_the_file_and_the_kernel(void **state)
{
    struct place w;
    struct policy *p;

    place_init(&w, state);
    p = policy_new(w.file, getuid(), NULL);
    assert_int_equal(policy_may(p, w.c, ACT_RESTART, &w.e), ST_OK);
    write_policy(&w, bob_may_restart);
    setenv("USER", "bob", 1);
    setenv("LOGNAME", "bob", 1);
    setenv("SUDO_USER", "bob", 1);
    assert_int_equal(policy_may(p, w.c, ACT_RESTART, &w.e), ST_DENIED);
    write_policy(&w, "rules: [{users: '*', environments: '*', actions: '*'}]\n");
    assert_int_equal(policy_may(p, w.c, ACT_RESTART, &w.e), ST_OK);
    unsetenv("USER");
    unsetenv("LOGNAME");
    unsetenv("SUDO_USER");
    policy_free(p);
    place_release(&w);
}

/* ---- what narrows ---- */

static void test_narrowed(void **state)
{
    const struct policy_rule reload = rule(0, NULL, 0, NULL, 0, NULL, NAMES("reload", "restart"));
    const struct policy_rule restart =
        rule(0, NULL, 0, NULL, NAMES("production"), NAMES("restart"));
    const struct policy_rules system = {1, &reload}, user = {1, &restart}, nothing = {0, &restart};
    struct place w;
    struct policy *p;

    place_init(&w, state);
    p = policy_new(w.file, getuid(), &bob);
    policy_narrow(p, "/etc/pgdba/pgdba.yml", &system);
    policy_narrow(p, "your pgdba.yml", &user);
    assert_int_equal(policy_may(p, w.c, ACT_RESTART, &w.e), ST_OK);
    assert_int_equal(policy_may(p, w.c, ACT_RELOAD, &w.e), ST_DENIED);
    expect_error(&w.e, "your pgdba.yml refuses it: its policy does not leave reload");
    assert_int_equal(policy_may(p, w.c, ACT_PAUSE, &w.e), ST_DENIED);
    expect_error(&w.e, "/etc/pgdba/pgdba.yml refuses it");
    w.c->policy = nothing;
    assert_int_equal(policy_may(p, w.c, ACT_RESTART, &w.e), ST_DENIED);
    expect_error(&w.e, "etc/clusters.d/prod.yml refuses it");
    w.c->policy = (struct policy_rules){0};
    write_policy(&w, "rules: [{users: '*', environments: '*', actions: pause}]\n");
    assert_int_equal(policy_may(p, w.c, ACT_PAUSE, &w.e), ST_DENIED); /* still taken away */
    assert_int_equal(policy_may(p, w.c, ACT_RESTART, &w.e), ST_DENIED);
    policy_free(p);
    place_release(&w);
}

static void test_settings_add_up(void **state)
{
    struct settings s;
    struct err e = ERR_INIT;

    free(sandbox_write(*state, "etc/pgdba.yml",
                       "policy: [{actions: reload}]\naudit: {syslog: true}\n", 0644));
    free(sandbox_write(*state, "config/pgdba/pgdba.yml",
                       "policy:\n- {environments: [test], actions: ['*']}\n"
                       "audit: {syslog: false}\n",
                       0644));
    if (settings_load(&s, &e))
        fail_msg("%s", err_text(&e));
    assert_false(policy_leaves(&s.system_policy, "test", "reinit"));
    assert_true(policy_leaves(&s.policy, "test", "reinit"));
    assert_false(policy_leaves(&s.policy, "production", "reload"));
    assert_true(s.audit.syslog);
    settings_release(&s);
    free(sandbox_write(*state, "config/pgdba/pgdba.yml", "policy: [{users: bob, actions: x}]\n",
                       0644));
    assert_int_equal(settings_load(&s, &e), ST_INVALID);
    expect_error(&e, "pgdba.yml:1: policy[0].users: unknown key");
    err_release(&e);
}

static void test_a_clusters_own(void **state)
{
    static const char text[] = "patroni:\n  urls:\n  - http://10.0.0.1:8008\n"
                               "policy:\n- actions:\n  - reload\n";
    struct cluster_config *c;
    struct err e = ERR_INIT;
    char *again;

    (void)state;
    if (cluster_config_parse(text, strlen(text), "c.yml", "c", &c, &e))
        fail_msg("%s", err_text(&e));
    assert_true(policy_leaves(&c->policy, "other", "reload"));
    assert_false(policy_leaves(&c->policy, "other", "restart"));
    again = cluster_config_yaml(c);
    assert_string_equal(again, text);
    free(again);
    cluster_config_free(c);
}

static void test_syslog_by_policy(void **state)
{
    struct place w;
    struct policy *p;

    place_init(&w, state);
    p = policy_new(w.file, getuid(), &bob);
    assert_false(policy_wants_syslog(p));
    write_policy(&w, "rules: []\naudit: {syslog: yes}\n");
    assert_true(policy_wants_syslog(p));
    write_policy(&w, "rules: []\naudit: {syslog: perhaps}\n");
    assert_false(policy_wants_syslog(p));
    policy_free(p);
    place_release(&w);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_what_is_left),
        CASE(test_every_action_has_a_word),
        CASE(test_no_file_allows_all),
        CASE(test_file_decides),
        CASE(test_environment_is_roots_word),
        CASE(test_wrong_file_refuses_all),
        CASE(test_only_an_owned_file_counts),
        CASE(test_huge_file),
        CASE(test_unreadable),
        CASE(test_follows_the_file_and_the_kernel),
        CASE(test_narrowed),
        CASE(test_settings_add_up),
        CASE(test_a_clusters_own),
        CASE(test_syslog_by_policy),
    };

    umask(022);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
