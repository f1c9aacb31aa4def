/*
 * What happened in earlier runs: events and failovers, kept in the state directory a line each.
 * Several consoles may watch one cluster and write the same: who reads leaves out what he has read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"
#include "pgdba/net/append.h"
#include "pgdba/wire/recording.h"

#define CLOSE_TIMEOUT (1 * USEC_PER_SEC)

/* Some two thousand events: 10 ms. Too much for a command that shows none (skip_events). */
enum { EVENTS_TAIL = 512 * 1024, FAILOVERS_TAIL = 256 * 1024 };
enum { EVENTS_ROTATE = 8 << 20, EVENTS_KEEP = 4, FAILOVERS_ROTATE = 1 << 20, FAILOVERS_KEEP = 1 };

/* Two clocks' readings of one moment; two consoles' of one failover, each by its own polls. */
#define SAME_EVENT    (5 * USEC_PER_MS)
#define SAME_FAILOVER (5 * USEC_PER_SEC)

struct app_history {
    struct net_append *events, *failovers;
    char *wrong; /* to be told at the end of the turn */
};

static char *path_of(const char *what, const char *cluster)
{
    char *name = xasprintf("%s/%s.jsonl", what, cluster), *path = path_state(name);
    free(name);
    return path;
}

/* ---- reading */

/* The last max bytes, from the beginning of a line on. Nothing when it cannot be read: there is
 * none, as a rule. */
static void read_tail(const char *path, size_t max, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    struct stat info;
    char *lf;
    if (fd < 0)
        return;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
        size_t n = (uintmax_t)info.st_size < max ? (size_t)info.st_size : max;
        int64_t from = info.st_size - (int64_t)n;
        char *tail = xmalloc(n);
        ssize_t got = pread(fd, tail, n, from);
        lf = from > 0 && got > 0 ? memchr(tail, '\n', (size_t)got) : NULL;
        size_t skip = lf ? (size_t)(lf - tail) + 1 : 0;
        if (got > 0 && (from == 0 || lf))
            buf_add(out, tail + skip, (size_t)got - skip);
        free(tail);
    }
    close(fd);
}

/* Of the file, and when it was just rotated, of the one before. */
static void read_kept(const char *path, size_t max, struct buf *out)
{
    struct buf newest;
    buf_init(&newest);
    read_tail(path, max, &newest);
    if (newest.len < max / 2) {
        char *older = xasprintf("%s.1", path);
        read_tail(older, max - newest.len, out);
        free(older);
    }
    buf_add(out, newest.s, newest.len);
    buf_release(&newest);
}

static void each_line(const struct buf *text, void (*fn)(struct story *st, const char *s, size_t n),
                      struct story *st)
{
    const char *s = text->s, *end = text->s + text->len, *lf;
    for (; (lf = memchr(s, '\n', (size_t)(end - s))) != NULL; s = lf + 1)
        fn(st, s, (size_t)(lf - s));
}

static bool near(int64_t a, int64_t b, int64_t within)
{
    return a - b <= within && b - a <= within;
}

static bool same_event(const struct event *a, const struct event *b)
{
    return a->kind == b->kind && strcmp(a->subject, b->subject) == 0 &&
           strcmp(a->old, b->old) == 0 && strcmp(a->now, b->now) == 0 &&
           (near(a->wall_us, b->wall_us, SAME_EVENT) ||
            (a->revision && a->revision == b->revision));
}

static bool is_there(const struct event_log *log, const struct event *ev)
{
    enum { LOOK_BACK = 64 };
    for (int i = 0; i < event_log_count(log) && i < LOOK_BACK; i++)
        if (same_event(event_log_get(log, i), ev))
            return true;
    return false;
}

static void restore_event(struct story *st, const char *s, size_t n)
{
    struct facts *f = NULL;
    if (wire_event_read(s, n, &f, NULL) != ST_OK) /* torn, or of a newer program */
        return;
    if (!is_there(story_events(st), f->root))
        story_restore_event(st, f->root);
    facts_unref(f);
}

static bool same_failover(const struct failover *a, const struct failover *b)
{
    return a->kind == b->kind && strcmp(a->from, b->from) == 0 && strcmp(a->to, b->to) == 0 &&
           a->new_timeline == b->new_timeline &&
           near(a->start_wall_us, b->start_wall_us, SAME_FAILOVER);
}

static void restore_failover(struct story *st, const char *s, size_t n)
{
    struct failover_list list;
    struct failover *f = NULL;
    if (wire_failover_read(s, n, &f, NULL) != ST_OK)
        return;
    bool wanted = !f->open;
    story_failovers(st, &list);
    for (int i = 0; wanted && i < list.n; i++)
        wanted = !same_failover(list.v[i], f);
    if (wanted)
        story_restore_failover(st, f);
    failover_free(f);
}

static void restore(struct app *a, const char *what, size_t max,
                    void (*fn)(struct story *st, const char *s, size_t n))
{
    char *path = path_of(what, a->config->name);
    struct buf text;
    buf_init(&text);
    read_kept(path, max, &text);
    each_line(&text, fn, a->story);
    buf_release(&text);
    free(path);
}

/* ---- writing */

static void tell(void *arg)
{
    struct app *a = arg;
    char *text = a->history->wrong;
    a->history->wrong = NULL;
    app_error(a, text);
    free(text);
}

/* Once: the first reason stands for both files. */
static void not_kept(struct app *a, const char *why)
{
    if (a->history->wrong)
        return;
    a->history->wrong = xasprintf("what happens is not kept: %s", why);
    net_loop_defer(a->loop, tell, a);
}

static void on_failed(void *arg, const char *why)
{
    not_kept(arg, why);
}

static struct net_append *open_one(struct app *a, const char *what, int64_t rotate, int keep)
{
    char *path = path_of(what, a->config->name);
    struct net_append_options opt = {
        .path = path, .rotate_bytes = rotate, .keep = keep, .failed = on_failed, .arg = a};
    struct net_append *f = NULL;
    struct err e = ERR_INIT;
    if (net_append_open(a->loop, &opt, &f, &e) != ST_OK)
        not_kept(a, err_text(&e));
    err_release(&e);
    free(path);
    return f;
}

void app_history_open(struct app *a)
{
    if (!cluster_name_valid(a->config->name)) /* given on the command line: no name of a file */
        return;
    if (!a->opt.skip_events)
        restore(a, "events", EVENTS_TAIL, restore_event);
    restore(a, "failovers", FAILOVERS_TAIL, restore_failover);
    if (!a->opt.keep_events)
        return;
    a->history = xcalloc(1, sizeof *a->history);
    a->history->events = open_one(a, "events", EVENTS_ROTATE, EVENTS_KEEP);
    a->history->failovers = open_one(a, "failovers", FAILOVERS_ROTATE, FAILOVERS_KEEP);
}

void app_history_event(struct app *a, const struct event *ev)
{
    struct buf line;
    if (!a->history || !a->history->events)
        return;
    buf_init(&line);
    wire_event_line(ev, &line);
    net_append_write(a->history->events, line.s, line.len);
    buf_release(&line);
}

void app_history_failover(struct app *a, const struct failover *f)
{
    struct buf line;
    if (f->open || !a->history || !a->history->failovers)
        return;
    buf_init(&line);
    wire_failover_line(f, &line);
    net_append_write(a->history->failovers, line.s, line.len);
    buf_release(&line);
}

void app_history_close(struct app *a)
{
    struct app_history *h = a->history;
    if (!h)
        return;
    net_loop_undefer(a->loop, tell, a);
    net_append_close(h->events, CLOSE_TIMEOUT);
    net_append_close(h->failovers, CLOSE_TIMEOUT);
    free(h->wrong);
    free(h);
    a->history = NULL;
}
