/* The pure parts of source/: addresses, who answers where, how a reply ended, pauses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "src/source/address.h"
#include "src/source/judge.h"
#include "src/source/match.h"
#include "src/source/tunables.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- addresses */

static void addresses(void **state)
{
    static const struct {
        const char *url, *base, *key; /* base NULL: refused */
    } cases[] = {
        {"http://n1:8008/patroni", "http://n1:8008", "n1:8008"},
        {"HTTPS://N1.Example:8008", "https://n1.example:8008", "n1.example:8008"},
        {"http://localhost:8008", "http://localhost:8008", "127.0.0.1:8008"},
        {"http://[::1]:8008/patroni", "http://[::1]:8008", "::1:8008"},
        {"http://n1", "http://n1:80", "n1:80"},
        {"https://n1/", "https://n1:443", "n1:443"},
        {"ftp://n1:21", NULL, NULL},
        {"http://", NULL, NULL},
        {"http://:8008", NULL, NULL},
        {"http://n1:0", NULL, NULL},
        {"http://n1:65536", NULL, NULL},
        {"http://n1:80x", NULL, NULL},
        {"http://user:pw@n1:8008", NULL, NULL},
        {"http://[::1:8008", NULL, NULL},
        {"n1:8008", NULL, NULL},
        {"", NULL, NULL},
        {NULL, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena a;
        struct address u;

        arena_init(&a);
        assert_int_equal(address_parse(&a, cases[i].url, &u), cases[i].base != NULL);
        if (cases[i].base != NULL) {
            assert_string_equal(u.base, cases[i].base);
            assert_string_equal(u.key, cases[i].key);
        }
        arena_release(&a);
    }
}

static void mappings(void **state)
{
    static const struct mapping map[] = {{"pg-1:8008", "127.0.0.1:8009"},
                                         {"PG-2:8008", "[::1]:8010"},
                                         {"broken", "127.0.0.1:1"},
                                         {"pg-4:8008", "nowhere"}};
    struct arena a;
    char *host;
    int port;

    (void)state;
    arena_init(&a);
    assert_true(address_mapped(&a, map, 4, "pg-1", 8008, &host, &port));
    assert_string_equal(host, "127.0.0.1");
    assert_int_equal(port, 8009);
    assert_true(address_mapped(&a, map, 4, "pg-2", 8008, &host, &port));
    assert_string_equal(host, "::1");
    assert_false(address_mapped(&a, map, 4, "pg-1", 8009, &host, &port));
    assert_false(address_mapped(&a, map, 4, "broken", 8008, &host, &port));
    assert_false(address_mapped(&a, map, 4, "pg-4", 8008, &host, &port));
    arena_release(&a);
}

/* ---- who answers where */

enum { MAX = 3 };

/* A site: "seed|site ADDRESS [says=N] [declared=N] [leader] [tl=N] [port=N] [at=IP] [silent]
 * [foreign] [unsteady] [loopback]". A row: "NAME ADDRESS|- [target=ADDRESS] [leader] [tl=N] [at=IP]
 * [gone] [loopback]". They answer and are listed, on port 8008 and timeline 3, unless said. */
static const struct match_case {
    const char *what;
    const char *sites[MAX], *rows[MAX];
    struct match_result want[MAX];
} match_cases[] = {
    {"from 3.2 the name decides, whatever the addresses",
     {"seed 127.0.0.1:8008 says=n2", "seed 127.0.0.1:8009 says=n1"},
     {"n1 n1:8008", "n2 n2:8008"},
     {{MATCH_SAYS, 1, false}, {MATCH_SAYS, 0, false}}},
    {"a name that is not listed stands alone",
     {"seed 127.0.0.1:8008 says=n9"},
     {"n1 n1:8008"},
     {{MATCH_SAYS, -1, false}}},
    {"the name beats the configuration",
     {"seed 127.0.0.1:8008 says=n2 declared=n1"},
     {"n1 n1:8008", "n2 n2:8008"},
     {{MATCH_SAYS, 1, false}}},
    {"without a name the configuration decides",
     {"seed 127.0.0.1:8008 declared=n2"},
     {"n1 n1:8008", "n2 n2:8008"},
     {{MATCH_DECLARED, 1, false}}},
    {"the advertised address",
     {"seed 10.0.0.2:8008"},
     {"n1 10.0.0.1:8008", "n2 10.0.0.2:8008"},
     {{MATCH_ADDRESS, 1, false}}},
    {"what connect_to makes of the advertised address",
     {"seed 127.0.0.1:8009"},
     {"n1 n1:8008 target=127.0.0.1:8009", "n2 n2:8008"},
     {{MATCH_ADDRESS, 0, false}}},
    {"another name of the same address",
     {"seed db1:8008 at=10.0.0.1"},
     {"n1 10.0.0.1:8008 at=10.0.0.1", "n2 10.0.0.2:8008"},
     {{MATCH_RESOLVED, 0, false}}},
    {"the same host on another port is somebody else",
     {"seed db1:8009 at=10.0.0.1 port=8009"},
     {"n1 10.0.0.1:8008 at=10.0.0.1"},
     {{MATCH_NONE, -1, false}}},
    {"two members that resolve alike are told apart by nothing",
     {"seed db1:8008 at=10.0.0.1"},
     {"n1 n1:8008 at=10.0.0.1", "n2 n2:8008 at=10.0.0.1"},
     {{MATCH_NONE, -1, false}}},
    {"an address that two members advertise is nobody's",
     {"seed 127.0.0.1:8008"},
     {"n1 127.0.0.1:8008", "n2 127.0.0.1:8008"},
     {{MATCH_NONE, -1, false}}},
    {"unless it says its name",
     {"seed 127.0.0.1:8008 says=n2"},
     {"n1 127.0.0.1:8008", "n2 127.0.0.1:8008"},
     {{MATCH_SAYS, 1, false}}},
    {"a vanished member does not share",
     {"seed 10.0.0.1:8008"},
     {"n1 10.0.0.1:8008", "old - gone"},
     {{MATCH_ADDRESS, 0, false}}},
    {"an advertised loopback is another host's when the cluster is reached elsewhere",
     {"seed 10.0.0.1:8008", "site 127.0.0.1:8008 loopback"},
     {"n1 10.0.0.1:8008", "n2 127.0.0.1:8008 loopback"},
     {{MATCH_ADDRESS, 0, false}, {MATCH_NONE, -1, false}}},
    {"and is here when it is reached through loopback",
     {"seed 127.0.0.1:8009 loopback", "site 127.0.0.1:8008 loopback"},
     {"n1 127.0.0.1:8009 loopback", "n2 127.0.0.1:8008 loopback"},
     {{MATCH_ADDRESS, 0, false}, {MATCH_ADDRESS, 1, false}}},
    {"the only leader",
     {"seed 127.0.0.1:8008", "seed 127.0.0.1:8009 leader"},
     {"n1 n1:8008", "n2 n2:8008 leader"},
     {{MATCH_NONE, -1, false}, {MATCH_LEADER, 1, false}}},
    {"a former leader that has not noticed is on the old timeline",
     {"seed 127.0.0.1:8008 leader tl=2"},
     {"n1 n1:8008", "n2 n2:8008 leader"},
     {{MATCH_NONE, -1, false}}},
    {"two that claim to lead are both unknown",
     {"seed 127.0.0.1:8008 leader", "seed 127.0.0.1:8009 leader"},
     {"n1 n1:8008", "n2 n2:8008 leader"},
     {{MATCH_NONE, -1, false}, {MATCH_NONE, -1, false}}},
    {"a leader row without a timeline proves nothing",
     {"seed 127.0.0.1:8008 leader tl=0"},
     {"n1 n1:8008 leader tl=0"},
     {{MATCH_NONE, -1, false}}},
    {"a leader known at its own address is not also elsewhere",
     {"seed 127.0.0.1:8008 leader", "site n1:8008"},
     {"n1 n1:8008 leader"},
     {{MATCH_NONE, -1, false}, {MATCH_ADDRESS, 0, false}}},
    {"but is when that address does not answer",
     {"seed 127.0.0.1:8008 leader", "site n1:8008 silent"},
     {"n1 n1:8008 leader"},
     {{MATCH_LEADER, 0, false}, {MATCH_ADDRESS, 0, true}}},
    {"one replica among rows is not guessed by elimination",
     {"seed 127.0.0.1:8008 leader", "seed 127.0.0.1:8009"},
     {"n1 n1:8008 leader", "n2 n2:8008"},
     {{MATCH_LEADER, 0, false}, {MATCH_NONE, -1, false}}},
    {"another cluster is nobody's",
     {"seed n1:8008 foreign says=n1"},
     {"n1 n1:8008"},
     {{MATCH_NONE, -1, false}}},
    {"a balancer is nobody's",
     {"seed vip:8008 unsteady says=n1", "site n1:8008 says=n1"},
     {"n1 n1:8008"},
     {{MATCH_NONE, -1, false}, {MATCH_SAYS, 0, false}}},
    {"of two addresses the member's own serves",
     {"seed vip:8008 says=n1", "site n1:8008 says=n1"},
     {"n1 n1:8008"},
     {{MATCH_SAYS, 0, true}, {MATCH_SAYS, 0, false}}},
    {"unless it does not answer",
     {"seed 127.0.0.1:8008 says=n1", "site n1:8008 silent"},
     {"n1 n1:8008"},
     {{MATCH_SAYS, 0, false}, {MATCH_ADDRESS, 0, true}}},
    {"of two given addresses the first",
     {"seed a:8008 says=n1", "seed b:8008 says=n1"},
     {"n1 n1:8008"},
     {{MATCH_SAYS, 0, false}, {MATCH_SAYS, 0, true}}},
    {"an address that has not answered yet is whose it is advertised to be",
     {"site n1:8008 silent"},
     {"n1 n1:8008"},
     {{MATCH_ADDRESS, 0, false}}},
};

struct scene {
    struct arena arena;
    int nsites, nrows;
    struct match_site sites[MAX];
    struct match_row rows[MAX];
};

static const char *value_of(const char *word, const char *key)
{
    size_t n = strlen(key);

    return strncmp(word, key, n) == 0 && word[n] == '=' ? word + n + 1 : NULL;
}

static const char *const *one_address(struct arena *a, const char *address)
{
    const char **v = arena_array(a, 1, const char *);

    v[0] = address;
    return v;
}

static void site_word(struct arena *a, struct match_site *s, const char *w)
{
    const char *v;

    s->foreign |= strcmp(w, "foreign") == 0;
    s->unsteady |= strcmp(w, "unsteady") == 0;
    s->loopback |= strcmp(w, "loopback") == 0;
    s->answered &= strcmp(w, "silent") != 0;
    if (strcmp(w, "leader") == 0)
        s->role = ROLE_LEADER;
    if ((v = value_of(w, "says")) != NULL)
        s->says = v;
    if ((v = value_of(w, "declared")) != NULL)
        s->declared = v;
    if ((v = value_of(w, "tl")) != NULL)
        s->timeline = atoi(v);
    if ((v = value_of(w, "port")) != NULL)
        s->port = atoi(v);
    if ((v = value_of(w, "at")) != NULL) {
        s->naddrs = 1;
        s->addrs = one_address(a, v);
    }
}

static void row_word(struct arena *a, struct match_row *r, const char *w)
{
    const char *v;

    r->leader |= strcmp(w, "leader") == 0;
    r->loopback |= strcmp(w, "loopback") == 0;
    r->listed &= strcmp(w, "gone") != 0;
    if ((v = value_of(w, "target")) != NULL)
        r->target = v;
    if ((v = value_of(w, "tl")) != NULL)
        r->timeline = atoi(v);
    if ((v = value_of(w, "at")) != NULL) {
        r->naddrs = 1;
        r->addrs = one_address(a, v);
    }
}

static void parse_site(struct arena *a, struct match_site *s, const char *text)
{
    char *save, *t = arena_strdup(a, text);

    s->seed = strcmp(strtok_r(t, " ", &save), "seed") == 0;
    s->address = s->target = strtok_r(NULL, " ", &save);
    s->answered = true;
    s->role = ROLE_REPLICA;
    s->timeline = 3;
    s->port = 8008;
    while ((t = strtok_r(NULL, " ", &save)) != NULL)
        site_word(a, s, t);
}

static void parse_row(struct arena *a, struct match_row *r, const char *text)
{
    char *save, *t = arena_strdup(a, text);

    r->name = strtok_r(t, " ", &save);
    t = strtok_r(NULL, " ", &save);
    r->address = r->target = strcmp(t, "-") != 0 ? t : NULL;
    r->listed = true;
    r->timeline = 3;
    r->port = 8008;
    while ((t = strtok_r(NULL, " ", &save)) != NULL)
        row_word(a, r, t);
}

static void matching(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(match_cases); c++) {
        const struct match_case *m = &match_cases[c];
        struct match_result got[MAX];
        struct scene s = {.nsites = 0};

        arena_init(&s.arena);
        for (; s.nsites < MAX && m->sites[s.nsites] != NULL; s.nsites++)
            parse_site(&s.arena, &s.sites[s.nsites], m->sites[s.nsites]);
        for (; s.nrows < MAX && m->rows[s.nrows] != NULL; s.nrows++)
            parse_row(&s.arena, &s.rows[s.nrows], m->rows[s.nrows]);
        match_sites(s.sites, s.nsites, s.rows, s.nrows, got);
        for (int i = 0; i < s.nsites; i++)
            if (got[i].rule != m->want[i].rule || got[i].row != m->want[i].row ||
                got[i].duplicate != m->want[i].duplicate)
                fail_msg("%s: site %d: rule %d row %d duplicate %d", m->what, i, got[i].rule,
                         got[i].row, got[i].duplicate);
        arena_release(&s.arena);
    }
}

/* ---- how a reply ended */

static void replies(void **state)
{
    static const struct {
        enum obs_kind kind;
        enum net_outcome net;
        int status;
        const char *body, *detail; /* detail: of the network */
        enum obs_outcome outcome;
        const char *says; /* a piece of the detail */
    } cases[] = {
        {OBS_PATRONI_HEALTH, NET_ANSWERED, 200, "{}", "", OBS_ANSWERED, ""},
        {OBS_PATRONI_HEALTH, NET_ANSWERED, 503, "{\"state\":\"stopped\"}", "", OBS_ANSWERED, ""},
        {OBS_PATRONI_HEALTH, NET_ANSWERED, 503, "<html>", "", OBS_GARBLED, "HTTP 503 with a web"},
        {OBS_PATRONI_HEALTH, NET_ANSWERED, 200, "", "", OBS_GARBLED, "an empty body"},
        {OBS_PATRONI_HEALTH, NET_ANSWERED, 404, "{}", "", OBS_GARBLED, "HTTP 404"},
        {OBS_PATRONI_HEALTH, NET_ANSWERED, 401, "no auth", "", OBS_UNAUTHORISED, "HTTP 401"},
        {OBS_PATRONI_CLUSTER, NET_ANSWERED, 403, "", "", OBS_UNAUTHORISED, "HTTP 403"},
        {OBS_PATRONI_CLUSTER, NET_ANSWERED, 200, " {}", "", OBS_ANSWERED, ""},
        {OBS_PATRONI_CLUSTER, NET_ANSWERED, 503, "{}", "", OBS_GARBLED, "HTTP 503"},
        {OBS_PATRONI_CLUSTER, NET_GARBLED, 0, "", "empty reply", OBS_GARBLED,
         "cannot reach its DCS"},
        {OBS_PATRONI_HEALTH, NET_GARBLED, 0, "", "empty reply", OBS_GARBLED, "empty reply"},
        {OBS_PATRONI_HISTORY, NET_ANSWERED, 200, "[]", "", OBS_ANSWERED, ""},
        {OBS_PATRONI_CONFIG, NET_ANSWERED, 502, "<html>", "", OBS_GARBLED, "HTTP 502"},
        {OBS_PATRONI_LIVENESS, NET_ANSWERED, 200, "", "", OBS_ANSWERED, ""},
        {OBS_PATRONI_LIVENESS, NET_ANSWERED, 503, "", "", OBS_ANSWERED, "late"},
        {OBS_PATRONI_LIVENESS, NET_ANSWERED, 502, "", "", OBS_GARBLED, "HTTP 502"},
        {OBS_PATRONI_HEALTH, NET_REFUSED, 0, "", "connection refused", OBS_REFUSED, "refused"},
        {OBS_PATRONI_HEALTH, NET_TIMED_OUT, 0, "", "x", OBS_TIMED_OUT, "x"},
        {OBS_PATRONI_HEALTH, NET_TLS, 0, "", "x", OBS_TLS, "x"},
        {OBS_PATRONI_HEALTH, NET_UNAUTHORISED, 0, "", "x", OBS_UNAUTHORISED, "x"},
    };
    struct buf detail;

    (void)state;
    buf_init(&detail);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct net_http_reply r = {.outcome = cases[i].net,
                                   .status = cases[i].status,
                                   .body = cases[i].body,
                                   .body_len = strlen(cases[i].body),
                                   .date = "",
                                   .content_type = "",
                                   .detail = cases[i].detail};

        assert_int_equal(judge_reply(cases[i].kind, &r, &detail), cases[i].outcome);
        if (strstr(detail.s, cases[i].says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", detail.s, cases[i].says);
    }
    buf_release(&detail);
}

/* ---- pauses */

static void pauses(void **state)
{
    static const int64_t want[] = {2, 4, 8, 16, 30, 30, 30};
    struct pace p = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(want); i++) {
        pace_fail(&p, 1000, 2, 30);
        assert_int_equal(p.due_us - 1000, want[i]);
    }
    pace_reset(&p);
    pace_fail(&p, 0, 2, 30);
    assert_int_equal(p.due_us, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses), cmocka_unit_test(mappings), cmocka_unit_test(matching),
        cmocka_unit_test(replies),   cmocka_unit_test(pauses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
