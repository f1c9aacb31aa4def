#include "vt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <vterm.h>

struct vt {
    int fd;
    pid_t pid;
    bool eof;
    int status; /* of waitpid, when reaped */
    bool reaped;
    VTerm *vterm;
    VTermScreen *screen;
    int rows, cols;
    char *text;
    size_t cap;
    uint64_t bytes;
    char *never, *broke; /* what must not appear, and the screen on which it did */
};

static void to_program(const char *s, size_t n, void *user)
{
    vt_send(user, s, n);
}

struct vt *vt_spawn(int rows, int cols, const char *term, char *const *argv)
{
    struct vt *t = calloc(1, sizeof *t);
    struct winsize ws = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    t->rows = rows;
    t->cols = cols;
    t->pid = forkpty(&t->fd, NULL, NULL, &ws);
    if (t->pid < 0) {
        perror("forkpty");
        exit(2);
    }
    if (t->pid == 0) {
        setenv("TERM", term ? term : "xterm-256color", 1);
        unsetenv("LINES");
        unsetenv("COLUMNS");
        execvp(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    fcntl(t->fd, F_SETFL, O_NONBLOCK);
    fcntl(t->fd, F_SETFD, FD_CLOEXEC);
    t->vterm = vterm_new(rows, cols);
    vterm_set_utf8(t->vterm, 1);
    vterm_output_set_callback(t->vterm, to_program, t);
    t->screen = vterm_obtain_screen(t->vterm);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);
    return t;
}

void vt_free(struct vt *t)
{
    if (!t->reaped) {
        kill(t->pid, SIGKILL);
        t->reaped = waitpid(t->pid, &t->status, 0) == t->pid;
    }
    close(t->fd);
    vterm_free(t->vterm);
    free(t->never);
    free(t->broke);
    free(t->text);
    free(t);
}

void vt_send(struct vt *t, const char *bytes, size_t n)
{
    while (n) {
        ssize_t k = write(t->fd, bytes, n);
        if (k > 0) {
            bytes += k;
            n -= (size_t)k;
        } else if (k < 0 && (errno == EAGAIN || errno == EINTR)) {
            vt_pump(t, 10); /* a full pty empties only if its other side is read */
        } else {
            return;
        }
    }
}

bool vt_key(struct vt *t, const char *name)
{
    static const struct {
        const char *name, *bytes;
    } keys[] = {
        {"Enter", "\r"},     {"Esc", "\033"},       {"Tab", "\t"},         {"S-Tab", "\033[Z"},
        {"Space", " "},      {"Backspace", "\177"}, {"Delete", "\033[3~"}, {"Up", "\033OA"},
        {"Down", "\033OB"},  {"Right", "\033OC"},   {"Left", "\033OD"},    {"Home", "\033OH"},
        {"End", "\033OF"},   {"PgUp", "\033[5~"},   {"PgDn", "\033[6~"},   {"F1", "\033OP"},
        {"F2", "\033OQ"},    {"F3", "\033OR"},      {"F4", "\033OS"},      {"F5", "\033[15~"},
        {"F6", "\033[17~"},  {"F7", "\033[18~"},    {"F8", "\033[19~"},    {"F9", "\033[20~"},
        {"F10", "\033[21~"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            vt_send(t, keys[i].bytes, strlen(keys[i].bytes));
            return true;
        }
    }
    if (strncmp(name, "C-", 2) == 0 && name[2] && !name[3]) {
        char c = (char)(name[2] & 0x1f);
        vt_send(t, &c, 1);
        return true;
    }
    if (name[0] && (!name[1] || (name[0] & 0x80))) {
        vt_send(t, name, strlen(name));
        return true;
    }
    return false;
}

void vt_resize(struct vt *t, int rows, int cols)
{
    struct winsize ws = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    t->rows = rows;
    t->cols = cols;
    vterm_set_size(t->vterm, rows, cols);
    ioctl(t->fd, TIOCSWINSZ, &ws);
}

void vt_signal(struct vt *t, int signo)
{
    kill(t->pid, signo);
}

static void look_for_never(struct vt *t)
{
    if (t->never && !t->broke && strstr(vt_text(t), t->never))
        t->broke = strdup(vt_text(t));
}

void vt_never(struct vt *t, const char *text)
{
    free(t->never);
    t->never = text ? strdup(text) : NULL;
    look_for_never(t);
}

const char *vt_broke(const struct vt *t)
{
    return t->broke;
}

bool vt_pump(struct vt *t, int ms)
{
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    if (t->eof)
        return false;
    if (poll(&p, 1, ms) <= 0)
        return true;
    char chunk[65536];
    ssize_t n = read(t->fd, chunk, sizeof chunk);
    if (n > 0) {
        t->bytes += (uint64_t)n;
        vterm_input_write(t->vterm, chunk, (size_t)n);
        look_for_never(t);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        t->eof = true;
    }
    return !t->eof;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    int extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[extra] | c >> (6 * extra));
    for (int i = 1; i <= extra; i++)
        out[i] = (char)(0x80 | (c >> (6 * (extra - i)) & 0x3F));
    return (size_t)extra + 1;
}

static size_t put_row(struct vt *t, int row, char *out)
{
    size_t n = 0, end = 0;
    VTermScreenCell cell;
    for (int col = 0; col<t->cols; col += cell.width> 0 ? cell.width : 1) {
        VTermPos pos = {.row = row, .col = col};
        memset(&cell, 0, sizeof cell);
        vterm_screen_get_cell(t->screen, pos, &cell);
        if (!cell.chars[0] || cell.chars[0] == (uint32_t)-1) {
            out[n++] = ' ';
            continue;
        }
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            n += put_utf8(out + n, cell.chars[i]);
        if (cell.chars[0] != ' ')
            end = n;
    }
    out[end] = '\n';
    return end + 1;
}

const char *vt_text(struct vt *t)
{
    size_t need = (size_t)t->rows * ((size_t)t->cols * 4 * VTERM_MAX_CHARS_PER_CELL + 1) + 1;
    if (need > t->cap) {
        t->text = realloc(t->text, need);
        t->cap = need;
    }
    size_t n = 0;
    for (int r = 0; r < t->rows; r++)
        n += put_row(t, r, t->text + n);
    t->text[n] = 0;
    return t->text;
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

bool vt_wait(struct vt *t, const char *text, bool present, double seconds)
{
    double end = now() + seconds;
    for (;;) {
        if ((strstr(vt_text(t), text) != NULL) == present)
            return true;
        if (now() >= end || t->eof)
            return false;
        vt_pump(t, 20);
    }
}

bool vt_wait_re(struct vt *t, const char *pattern, double seconds)
{
    regex_t re;
    if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0) {
        fprintf(stderr, "bad regular expression: %s\n", pattern);
        return false;
    }
    double end = now() + seconds;
    bool ok;
    while (!(ok = regexec(&re, vt_text(t), 0, NULL, 0) == 0) && now() < end && !t->eof)
        vt_pump(t, 20);
    regfree(&re);
    return ok;
}

int vt_wait_exit(struct vt *t, double seconds)
{
    double end = now() + seconds;
    while (!t->reaped && now() < end) {
        vt_pump(t, t->eof ? 0 : 10);
        t->reaped = waitpid(t->pid, &t->status, WNOHANG) == t->pid;
        if (!t->reaped && t->eof)
            usleep(5000); /* the terminal is closed: nothing left to wait on but the process */
    }
    if (!t->reaped)
        return -1;
    return WIFEXITED(t->status) ? WEXITSTATUS(t->status) : 128 + WTERMSIG(t->status);
}

bool vt_cell_reversed(struct vt *t, int row, int col)
{
    VTermScreenCell cell;
    memset(&cell, 0, sizeof cell);
    vterm_screen_get_cell(t->screen, (VTermPos){.row = row, .col = col}, &cell);
    return cell.attrs.reverse;
}

void vt_cursor(struct vt *t, int *row, int *col)
{
    VTermPos pos;
    vterm_state_get_cursorpos(vterm_obtain_state(t->vterm), &pos);
    *row = pos.row;
    *col = pos.col;
}

uint64_t vt_bytes(const struct vt *t)
{
    return t->bytes;
}

pid_t vt_pid(const struct vt *t)
{
    return t->pid;
}
