/* audit.c: who did what to which cluster, and how it ended: one JSON object a line, never
 * rewritten. */
#include "pgdba/action/action.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/path.h"
#include "pgdba/net/syslog.h"
#include "pgdba/wire/audit.h"
#include "pgdba/wire/json_out.h"

struct audit {
    int fd;
    char *path;
    const struct clock *clock;
    const char *syslog; /* its socket; NULL: no copy */
    void (*no_copy)(void *arg, const char *why);
    void *no_copy_arg;
    bool no_copy_told; /* once, until one gets through again */
};

void audit_copy_to(struct audit *a, const char *syslog, void (*failed)(void *arg, const char *why),
                   void *arg)
{
    a->syslog = syslog;
    a->no_copy = failed;
    a->no_copy_arg = arg;
}

/* The file is the record; that the copy fails is told and stops nothing. */
static void copy(struct audit *a, const char *line)
{
    struct err e = ERR_INIT;

    if (!a->syslog)
        return;
    bool failed = net_syslog(a->syslog, a->clock, line, &e) != ST_OK;

    if (failed && !a->no_copy_told)
        a->no_copy(a->no_copy_arg, err_text(&e));
    a->no_copy_told = failed;
    err_release(&e);
}

/* What was just made must be found again after a crash of the machine: its name is in the
 * directory. */
static void directory_to_disk(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(dir);
}

/* A regular file or nothing: a FIFO or a device would take a line and keep none. */
static enum status check_file(int fd, const char *path, struct err *e)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return err_set(e, ST_IO, "cannot open the audit log %s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return err_set(e, ST_IO, "cannot open the audit log %s: it is not a regular file", path);
    /* One that others can read may have been made by hand; another user's is that user's matter. */
    if (info.st_mode & 077 && fchmod(fd, 0600) != 0 && errno != EPERM)
        return err_set(e, ST_IO, "cannot protect the audit log %s: %s", path, strerror(errno));
    return ST_OK;
}

static enum status open_file(const char *path, int *out, struct err *e)
{
    enum status st = path_mkdirs_for(path, e);
    int fd;

    if (st != ST_OK)
        return st;
    fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK,
              0600);
    if (fd < 0)
        return err_set(e, ST_IO, "cannot open the audit log %s: %s", path, strerror(errno));
    st = check_file(fd, path, e);
    if (st != ST_OK) {
        close(fd);
        return st;
    }
    directory_to_disk(path);
    *out = fd;
    return ST_OK;
}

enum status audit_open(struct audit **out, const char *path, const struct clock *clock,
                       struct err *e)
{
    enum status st;
    int fd = -1;

    *out = NULL;
    st = open_file(path, &fd, e);
    if (st != ST_OK)
        return st;
    *out = xcalloc(1, sizeof **out);
    **out = (struct audit){.fd = fd, .path = xstrdup(path), .clock = clock};
    return ST_OK;
}

/* A console stays open for days, and logs are rotated: a line in a file that has no name any more
 * would be no line. */
static enum status follow_path(struct audit *a, struct err *e)
{
    struct stat open_one, named;
    enum status st;
    int fd = -1;

    if (fstat(a->fd, &open_one) == 0 && lstat(a->path, &named) == 0 &&
        open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino)
        return ST_OK;
    st = open_file(a->path, &fd, e);
    if (st != ST_OK)
        return st;
    close(a->fd);
    a->fd = fd;
    return ST_OK;
}

void audit_free(struct audit *a)
{
    if (!a)
        return;
    close(a->fd);
    free(a->path);
    free(a);
}

/* ---- a line
 * ------------------------------------------------------------------------------------------ */

static void add_who(struct wire_json *j)
{
    const struct passwd *pw = getpwuid(getuid());
    const char *ssh = getenv("SSH_CONNECTION"), *sudo = getenv("SUDO_USER");
    char *client = ssh ? xstrndup(ssh, strcspn(ssh, " ")) : NULL;
    char host[256] = "";

    wire_json_str(j, "user", pw ? pw->pw_name : NULL);
    wire_json_int(j, "uid", getuid());
    wire_json_str(j, "sudo_user", sudo);
    wire_json_str(j, "ssh_client", client);
    wire_json_int(j, "pid", getpid());
    wire_json_str(j, "host", gethostname(host, sizeof host - 1) == 0 ? host : NULL);
    free(client);
}

static void add_requests(struct wire_json *j, const struct plan *p)
{
    struct wire_json *list = wire_json_add_array(j, "requests");

    for (int i = 0; i < p->nsteps; i++) {
        struct wire_json *o = wire_json_add_object(list, NULL);

        wire_json_str(o, "member", p->steps[i].member);
        wire_json_str(o, "method", p->steps[i].method);
        wire_json_str(o, "url", p->steps[i].url);
        wire_json_str(o, "body", p->steps[i].body);
    }
}

/* What spoke for it and against it, and that somebody said to go on all the same. */
static void add_checks(struct wire_json *j, const struct plan *p)
{
    struct wire_json *list = wire_json_add_array(j, "checks");

    for (int i = 0; i < p->nchecks; i++) {
        struct wire_json *o = wire_json_add_object(list, NULL);

        wire_json_str(o, "check", p->checks[i].check);
        wire_json_str(o, "verdict", check_verdict_name(p->checks[i].verdict));
        wire_json_str(o, "reason", p->checks[i].reason);
    }
    wire_json_str(j, "accepted", p->accepted);
}

/* The fields that every line has. */
static struct wire_json *line_new(const struct audit *a, const char *what, const struct plan *p)
{
    struct wire_json *j = wire_json_object();
    char time[FMT_MAX], *id;

    wire_json_str(j, "time", fmt_time_iso(time, clock_wall(a->clock)));
    wire_json_str(j, "what", what);
    id = xasprintf("%ld-%" PRId64, (long)getpid(), p->made_us);
    wire_json_str(j, "id", id);
    free(id);
    add_who(j);
    wire_json_str(j, "cluster", p->cluster);
    wire_json_str(j, "environment", environment_name(p->environment));
    wire_json_str(j, "action", action_name(p->kind));
    wire_json_str(j, "command", p->equivalent);
    add_requests(j, p);
    wire_json_str(j, "leader", p->leader);
    if (p->timeline > 0)
        wire_json_int(j, "timeline", p->timeline);
    else
        wire_json_null(j, "timeline");
    return j;
}

/* A line that an earlier run could not finish (a full disk) must not swallow this one. */
static bool ends_within_line(int fd)
{
    struct stat st;
    char last = '\n';

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
           pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
}

/* One write, so that lines of several programs never mix; then to the disk. Frees j. */
static enum status line_write(struct audit *a, struct wire_json *j, struct err *e)
{
    enum status st = follow_path(a, e);
    struct buf b;
    ssize_t n;

    if (st != ST_OK) {
        wire_json_free(j);
        return st;
    }
    buf_init(&b);
    if (ends_within_line(a->fd))
        buf_putc(&b, '\n');
    size_t start = b.len;

    wire_json_dump(j, false, &b);
    buf_putc(&b, '\n');
    wire_json_free(j);
    do {
        n = write(a->fd, b.s, b.len);
    } while (n < 0 && errno == EINTR);
    if (n < 0 || (size_t)n != b.len)
        st = err_set(e, ST_IO, "cannot write the audit log %s: %s", a->path,
                     n < 0 ? strerror(errno) : "the disk is full");
    else if (fsync(a->fd) != 0)
        st = err_set(e, ST_IO, "cannot write the audit log %s to the disk: %s", a->path,
                     strerror(errno));
    if (st == ST_OK) {
        buf_truncate(&b, b.len - 1);
        copy(a, b.s + start);
    }
    buf_release(&b);
    return st;
}

/* ---- the three kinds
 * --------------------------------------------------------------------------------- */

enum status audit_intent(struct audit *a, const struct plan *p, struct err *e)
{
    struct wire_json *j = line_new(a, "intent", p);

    add_checks(j, p);
    return line_write(a, j, e);
}

enum status audit_refusal(struct audit *a, const struct plan *p, const char *why, struct err *e)
{
    struct wire_json *j = line_new(a, "refusal", p);

    wire_json_str(j, "why", why);
    add_checks(j, p);
    return line_write(a, j, e);
}

static void add_phases(struct wire_json *j, const struct operation *op)
{
    static const char *const states[] = {[PHASE_WAITING] = "waiting",
                                         [PHASE_ACTIVE] = "active",
                                         [PHASE_DONE] = "done",
                                         [PHASE_FAILED] = "failed",
                                         [PHASE_SKIPPED] = "skipped"};
    struct wire_json *list = wire_json_add_array(j, "phases");

    for (int i = 0; i < op->nphases; i++) {
        struct wire_json *o = wire_json_add_object(list, NULL);

        wire_json_str(o, "phase", op->phases[i].name);
        wire_json_str(o, "state", states[op->phases[i].state]);
        if (op->phases[i].at_us > 0)
            wire_json_int(o, "after_ms", (op->phases[i].at_us - op->started_us) / USEC_PER_MS);
        wire_json_str(o, "note", op->phases[i].note);
    }
}

enum status audit_outcome(struct audit *a, const struct operation *op, struct err *e)
{
    struct wire_json *j = line_new(a, "outcome", op->plan);
    bool running = op->state == OP_RUNNING;
    int64_t end_us = running ? clock_mono(a->clock) : op->ended_us;

    wire_json_str(j, "outcome", running ? AUDIT_LEFT : op_state_name(op->state));
    wire_json_str(j, "observed",
                  running ? "the program ended while it ran; nothing was cancelled" : op->outcome);
    wire_json_str(j, "answer", op->answer);
    wire_json_int(j, "duration_ms", (end_us - op->started_us) / USEC_PER_MS);
    add_phases(j, op);
    return line_write(a, j, e);
}

/* ---- read back
 * --------------------------------------------------------------------------------------- */

static enum status read_end(int fd, const char *path, int64_t most, struct buf *out, bool *cut,
                            struct err *e)
{
    struct stat st;
    off_t at;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, ST_IO, "cannot read the audit log %s: it is not a regular file", path);
    at = st.st_size > most ? st.st_size - most : 0;
    *cut = at > 0;
    for (char chunk[65536]; at < st.st_size;) {
        ssize_t n = pread(fd, chunk, sizeof chunk, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(e, ST_IO, "cannot read the audit log %s: %s", path, strerror(errno));
        if (n == 0)
            break;
        buf_add(out, chunk, (size_t)n);
        at += n;
    }
    return ST_OK;
}

enum status audit_read(const char *path, int64_t most, struct facts **out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    enum status st = ST_OK;
    struct buf text;
    bool cut = false;

    if (fd < 0 && errno != ENOENT)
        return err_set(e, ST_IO, "cannot read the audit log %s: %s", path, strerror(errno));
    buf_init(&text);
    if (fd >= 0) {
        st = read_end(fd, path, most, &text, &cut, e);
        close(fd);
    }
    if (st == ST_OK)
        *out = wire_audit_read(text.s, text.len, cut);
    buf_release(&text);
    return st;
}

enum status audit_found(struct audit *a, const struct audit_line *intent, const char *observed,
                        struct err *e)
{
    struct wire_json *j = wire_json_object();
    char time[FMT_MAX];

    wire_json_str(j, "time", fmt_time_iso(time, clock_wall(a->clock)));
    wire_json_str(j, "what", audit_what_name(AUDIT_OUTCOME));
    wire_json_str(j, "id", intent->id);
    add_who(j);
    wire_json_str(j, "cluster", intent->cluster);
    wire_json_str(j, "action", intent->action);
    wire_json_str(j, "command", intent->command);
    wire_json_str(j, "outcome", "not followed to its end");
    wire_json_str(j, "observed", observed);
    return line_write(a, j, e);
}
