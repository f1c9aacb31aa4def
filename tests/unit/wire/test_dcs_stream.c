/* wire/etcd and wire/dcs together, over what the gateway of etcd 3.4 really sent while Patroni 3.0
 * switched over and while its leader was killed: the files are those that the fuzzer starts from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/dcs.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

/* What stands after a step, where it is of interest. */
struct picture {
    int64_t revision;
    const char *leader, *candidate; /* "-": none */
    int nmembers;
    int64_t term_rev;
};

static struct buf text;
static struct wire_dcs *keys;

static int setup(void **state)
{
    (void)state;
    buf_init(&text);
    keys = wire_dcs_new("/service/lab/");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_release(&text);
    wire_dcs_free(keys);
    return 0;
}

static void load(const char *name)
{
    char *path = xasprintf("%s/tests/fuzz/corpus/etcd_watch/%s", TOP_SRCDIR, name);
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("cannot read %s", path);
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(&text, piece, n);
    fclose(f);
    free(path);
}

static void expect(const struct picture *want)
{
    struct facts *f = wire_dcs_read(keys);
    const struct dcs *d = f->root;
    const char *leader = d->leader ? d->leader : "-";
    const char *candidate = d->failover.candidate ? d->failover.candidate : "-";
    if (d->revision != want->revision || strcmp(leader, want->leader) != 0 ||
        strcmp(candidate, want->candidate) != 0 || d->nmembers != want->nmembers ||
        d->leader_term_rev != want->term_rev)
        fail_msg("as of %d: leader %s since %d, candidate %s, %d members", (int)d->revision, leader,
                 (int)d->leader_term_rev, candidate, d->nmembers);
    facts_unref(f);
}

/* One line of the stream; the number of wanted pictures that were seen in it. */
static int follow(const char *line, size_t n, const struct picture *want, int nwant)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (wire_etcd_watch_line(line, n, &f, &e))
        fail_msg("%s: %.60s", err_text(&e), line);
    int at = 0, seen = 0;
    while (wire_dcs_step(keys, f->root, &at))
        if (seen < nwant && wire_dcs_revision(keys) == want[seen].revision)
            expect(&want[seen++]);
    facts_unref(f);
    return seen;
}

static void replay(const char *name, const struct picture *want, int nwant)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    load(name);
    size_t n = strcspn(text.s, "\n");
    if (wire_etcd_range(text.s, n, &f, &e))
        fail_msg("%s", err_text(&e));
    wire_dcs_range(keys, f->root);
    facts_unref(f);
    expect(&want[0]);
    int seen = 1;
    for (const char *line = text.s + n + 1; *line; line += n + 1) {
        n = strcspn(line, "\n");
        seen += follow(line, n, want + seen, nwant - seen);
    }
    if (seen != nwant)
        fail_msg("nothing at revision %d", (int)want[seen].revision);
}

static void a_switchover(void **state)
{
    (void)state;
    static const struct picture want[] = {
        {190, "pg3", "-", 3, 13},    {191, "pg3", "pg1", 3, 13}, /* asked for */
        {195, "-", "pg1", 3, 0},                                 /* the lock is given up */
        {198, "-", "pg1", 3, 0}, /* the others say that they are there */
        {199, "pg1", "pg1", 3, 199}, {200, "pg1", "-", 3, 199}, /* done with the request */
        {207, "pg1", "-", 3, 199},
    };
    replay("switchover_304", want, COUNT(want));
}

/* The lease of the leader and of its member runs out in one step. */
static void a_crash(void **state)
{
    (void)state;
    static const struct picture want[] = {
        {203, "pg1", "-", 3, 199}, {210, "pg1", "-", 3, 199}, {211, "-", "-", 2, 0},
        {212, "pg3", "-", 2, 212}, {217, "pg3", "-", 2, 212},
    };
    replay("crash_304", want, COUNT(want));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(a_switchover), T(a_crash)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
