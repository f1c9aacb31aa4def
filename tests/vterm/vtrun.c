/*
 * vtrun: drives a full-screen program by a script on standard input, one command a line:
 *
 *   timeout SECONDS        for the waits that follow (10 at first)
 *   term NAME              before spawn
 *   spawn ROWS COLS CMD... words by blanks; starts the program
 *   key NAME...            Enter Esc Up Down PgUp PgDn Tab S-Tab Space F1..F10 C-x, or a character
 *   type TEXT              the rest of the line, as it is
 *   paste TEXT             the same as a bracketed paste; \n in it becomes a newline
 *   wait TEXT              until the text is on the screen
 *   absent TEXT            until it is not
 *   never TEXT             from here on it must at no moment be there; "never" alone lifts that
 *   wait-re REGEX          until a line matches
 *   until TEXT             as wait; what was typed last is typed again with Enter every three
 *                          seconds
 *   latency TEXT           as wait, and prints "latency MS" from the last key, type or spawn to the
 *                          cell
 *   latency-re REGEX       the same for wait-re
 *   resize ROWS COLS
 *   signal NAME            TERM HUP INT TSTP CONT WINCH KILL STOP
 *   begin                  latency counts from here
 *   mark, bytes            bytes that the program wrote since the mark, as "bytes N"
 *   watch SECONDS          goes on reading for that long (measurements only)
 *   run CMD...             a shell command beside the program; must succeed
 *   dump                   prints the screen
 *   echo TEXT              prints the text
 *   pid                    prints "pid N"
 *   expect-exit CODE       waits for the program's end
 *   # a comment
 *
 * The first thing that does not come true ends it with 1, the line and the screen on standard
 * error. While it waits for the next line it goes on reading what the program writes.
 */
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vt.h"

struct run {
    struct vt *vt;
    double timeout, sent_at;
    uint64_t mark;
    char term[64];
    char *typed;
    int line;
};

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool do_timeout(struct run *r, char *rest)
{
    r->timeout = atof(rest);
    return r->timeout > 0;
}

static bool do_term(struct run *r, char *rest)
{
    snprintf(r->term, sizeof r->term, "%s", rest);
    return true;
}

static bool do_spawn(struct run *r, char *rest)
{
    char *argv[64];
    int n = 0, rows = 0, cols = 0;
    if (sscanf(rest, "%d %d", &rows, &cols) != 2)
        return false;
    strtok(rest, " ");
    strtok(NULL, " ");
    for (char *w = strtok(NULL, " "); w && n < 63; w = strtok(NULL, " "))
        argv[n++] = w;
    argv[n] = NULL;
    if (r->vt)
        vt_free(r->vt);
    r->sent_at = now();
    r->vt = vt_spawn(rows, cols, *r->term ? r->term : NULL, argv);
    return true;
}

static bool keep_reading(struct run *r, double seconds)
{
    double end = now() + seconds;
    while (now() < end)
        if (!vt_pump(r->vt, 20))
            return false;
    return true;
}

static bool do_key(struct run *r, char *rest)
{
    r->sent_at = now();
    for (char *w = strtok(rest, " "); w; w = strtok(NULL, " ")) {
        if (!vt_key(r->vt, w))
            return false;
        /* ESC and a key in one burst are Alt and that key, on every terminal: a person is slower.
         */
        if (strcmp(w, "Esc") == 0)
            keep_reading(r, 0.1);
    }
    return true;
}

static bool do_type(struct run *r, char *rest)
{
    r->sent_at = now();
    vt_send(r->vt, rest, strlen(rest));
    free(r->typed);
    r->typed = strdup(rest);
    return true;
}

static bool do_paste(struct run *r, char *rest)
{
    char *out = rest;
    for (char *in = rest; *in; in++) {
        bool newline = in[0] == '\\' && in[1] == 'n';
        *out++ = (char)(newline ? '\n' : *in);
        in += newline;
    }
    vt_send(r->vt, "\033[200~", 6);
    vt_send(r->vt, rest, (size_t)(out - rest));
    vt_send(r->vt, "\033[201~", 6);
    return true;
}

static bool do_wait(struct run *r, char *rest)
{
    return vt_wait(r->vt, rest, true, r->timeout);
}

static bool do_absent(struct run *r, char *rest)
{
    return vt_wait(r->vt, rest, false, r->timeout);
}

static bool do_never(struct run *r, char *rest)
{
    vt_never(r->vt, *rest ? rest : NULL);
    return true;
}

static bool do_wait_re(struct run *r, char *rest)
{
    return vt_wait_re(r->vt, rest, r->timeout);
}

static bool do_until(struct run *r, char *rest)
{
    double end = now() + r->timeout;
    while (!vt_wait(r->vt, rest, true, 3)) {
        if (!r->typed || now() >= end || !vt_pump(r->vt, 20))
            return false;
        vt_send(r->vt, r->typed, strlen(r->typed));
        vt_key(r->vt, "Enter");
    }
    return true;
}

static bool do_latency(struct run *r, char *rest)
{
    bool ok = vt_wait(r->vt, rest, true, r->timeout);
    printf("latency %.3f\n", (now() - r->sent_at) * 1000);
    return ok;
}

static bool do_latency_re(struct run *r, char *rest)
{
    bool ok = vt_wait_re(r->vt, rest, r->timeout);
    printf("latency %.3f\n", (now() - r->sent_at) * 1000);
    return ok;
}

static bool do_resize(struct run *r, char *rest)
{
    int rows, cols;
    if (sscanf(rest, "%d %d", &rows, &cols) != 2)
        return false;
    vt_resize(r->vt, rows, cols);
    return true;
}

static bool do_signal(struct run *r, char *rest)
{
    static const struct {
        const char *name;
        int signo;
    } names[] = {{"TERM", SIGTERM}, {"HUP", SIGHUP},     {"INT", SIGINT},   {"TSTP", SIGTSTP},
                 {"CONT", SIGCONT}, {"WINCH", SIGWINCH}, {"KILL", SIGKILL}, {"STOP", SIGSTOP}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, rest) == 0) {
            vt_signal(r->vt, names[i].signo);
            return true;
        }
    }
    return false;
}

static bool do_begin(struct run *r, char *rest)
{
    (void)rest;
    r->sent_at = now();
    return true;
}

static bool do_mark(struct run *r, char *rest)
{
    (void)rest;
    r->mark = vt_bytes(r->vt);
    return true;
}

static bool do_bytes(struct run *r, char *rest)
{
    (void)rest;
    printf("bytes %llu\n", (unsigned long long)(vt_bytes(r->vt) - r->mark));
    return true;
}

static bool do_watch(struct run *r, char *rest)
{
    return keep_reading(r, atof(rest));
}

static bool do_run(struct run *r, char *rest)
{
    /* The program must not wait for its terminal meanwhile. */
    FILE *p = popen(rest, "r");
    char line[1024];
    if (!p)
        return false;
    while (fgets(line, sizeof line, p))
        if (r->vt)
            vt_pump(r->vt, 0);
    return pclose(p) == 0;
}

static bool do_dump(struct run *r, char *rest)
{
    (void)rest;
    vt_pump(r->vt, 0);
    printf("%s", vt_text(r->vt));
    return true;
}

static bool do_echo(struct run *r, char *rest)
{
    (void)r;
    puts(rest);
    return true;
}

static bool do_pid(struct run *r, char *rest)
{
    (void)rest;
    printf("pid %d\n", (int)vt_pid(r->vt));
    return true;
}

static bool do_expect_exit(struct run *r, char *rest)
{
    int code = vt_wait_exit(r->vt, r->timeout);
    if (code != atoi(rest))
        fprintf(stderr, "exit status %d\n", code);
    return code == atoi(rest);
}

static const struct verb {
    const char *name;
    bool (*fn)(struct run *r, char *rest);
    bool before_spawn;
} verbs[] = {
    {"timeout", do_timeout, true},
    {"term", do_term, true},
    {"spawn", do_spawn, true},
    {"run", do_run, true},
    {"echo", do_echo, true},
    {"key", do_key, false},
    {"type", do_type, false},
    {"paste", do_paste, false},
    {"wait", do_wait, false},
    {"absent", do_absent, false},
    {"never", do_never, false},
    {"wait-re", do_wait_re, false},
    {"until", do_until, false},
    {"latency", do_latency, false},
    {"latency-re", do_latency_re, false},
    {"resize", do_resize, false},
    {"signal", do_signal, false},
    {"begin", do_begin, false},
    {"mark", do_mark, false},
    {"bytes", do_bytes, false},
    {"watch", do_watch, false},
    {"dump", do_dump, false},
    {"pid", do_pid, false},
    {"expect-exit", do_expect_exit, false},
};

static bool execute(struct run *r, char *line)
{
    char *rest = strchr(line, ' ');
    size_t n = rest ? (size_t)(rest - line) : strlen(line);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strlen(verbs[i].name) != n || strncmp(verbs[i].name, line, n) != 0)
            continue;
        if (!r->vt && !verbs[i].before_spawn)
            return false;
        return verbs[i].fn(r, rest ? rest + 1 : line + n);
    }
    fprintf(stderr, "no such verb\n");
    return false;
}

/* Whoever writes the script may think for a while; the program must not wait for its terminal
 * meanwhile. Standard input is unbuffered, so that poll() knows all that is there. */
static bool next_line(struct run *r, char **line, size_t *cap)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    while (r->vt && poll(&in, 1, 0) == 0)
        if (!vt_pump(r->vt, 20))
            break;
    return getline(line, cap, stdin) > 0;
}

int main(void)
{
    struct run r = {.timeout = 10};
    char *line = NULL;
    size_t cap = 0;
    int code = 0;
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdin, NULL, _IONBF, 0);
    setlocale(LC_CTYPE, "C.UTF-8"); /* for "." in wait-re */
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (code == 0 && next_line(&r, &line, &cap)) {
        r.line++;
        line[strcspn(line, "\n")] = 0;
        if (!*line || *line == '#')
            continue;
        char *copy = strdup(line);
        bool done = execute(&r, line);
        const char *broke = r.vt ? vt_broke(r.vt) : NULL;
        if (broke) {
            fprintf(stderr, "what must never be there was, by line %d: %s\n%s----\n", r.line, copy,
                    broke);
            code = 1;
        } else if (!done) {
            fprintf(stderr, "line %d did not come true: %s\n", r.line, copy);
            if (r.vt)
                fprintf(stderr, "---- the screen was:\n%s----\n", vt_text(r.vt));
            code = 1;
        }
        free(copy);
    }
    if (r.vt)
        vt_free(r.vt);
    free(line);
    free(r.typed);
    return code;
}
