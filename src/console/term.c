/*
 * The one file that knows ncurses.
 *
 * ncurses writes where a descriptor number points, and would block there (or spin, when that is
 * non-blocking). So while it draws, the number points into a memory file, and what it wrote leaves
 * through term_out, which never waits. Terminal modes are set here, by hand, for the same reason:
 * ncurses sets them with a call that waits for the output to drain.
 */
#define _GNU_SOURCE 1
#include "pgdba/console/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/utf8.h"
#include "pgdba/console/style.h"
#include "term_keys.h"
#include "term_out.h"
#include "term_title.h"

enum { KEY_PASTE_BEGIN = 1000, KEY_PASTE_END, PAIRS_MAX = 128, LAST_WORDS_MS = 1000 };

#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

struct term {
    SCREEN *screen;
    WINDOW *keys; /* a hidden pad: reading from it draws nothing */
    FILE *in, *out;
    int in_fd, saved_stderr;
    struct termios cooked, raw;
    struct term_out o;
    struct term_title title;
    bool lost, pasting, fresh;
    mbstate_t partial; /* of a character of which more is to come */
    int rows, cols;
    struct cell *last; /* the frame that the terminal shows; rows * cols */
    const struct theme *theme;
    int colors; /* 0, 8, 16 or 256 */
    bool has_default;
    int npairs;
    struct {
        short fg, bg;
    } pairs[PAIRS_MAX];
};

/* ---- ncurses' bytes: into the trap while it draws */

static void trap_begin(struct term *t)
{
    dup2(t->o.trap, fileno(t->out));
}

static void trap_end(struct term *t)
{
    dup2(t->o.fd, fileno(t->out));
    term_out_take_trap(&t->o);
}

/* ---- opening and closing */

static int count_colors(void)
{
    const char *no = getenv("NO_COLOR");
    if ((no && *no) || !has_colors())
        return 0;
    start_color();
    return COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
}

static void set_modes(struct term *t)
{
    raw();
    noecho();
    nonl();
    set_escdelay(25);
    t->keys = newpad(1, 1);
    keypad(t->keys, TRUE);
    nodelay(t->keys, TRUE);
    define_key("\033[200~", KEY_PASTE_BEGIN);
    define_key("\033[201~", KEY_PASTE_END);
    /* Both spellings of the arrows: application mode is not on everywhere that says so. */
    define_key("\033[A", KEY_UP);
    define_key("\033[B", KEY_DOWN);
    define_key("\033[C", KEY_RIGHT);
    define_key("\033[D", KEY_LEFT);
    define_key("\033[H", KEY_HOME);
    define_key("\033[F", KEY_END);
    tcgetattr(t->in_fd, &t->raw);
    t->colors = count_colors();
    t->has_default = t->colors && use_default_colors() == OK;
}

static const char *capability(const char *name)
{
    const char *s = tigetstr(name);
    return s && s != (const char *)-1 ? s : NULL;
}

static enum status no_terminal(struct term *t, struct err *e, const char *why)
{
    const char *name = getenv("TERM");
    if (t->in)
        fclose(t->in);
    if (t->out)
        fclose(t->out);
    term_out_close(&t->o);
    free(t);
    return err_set(e, ST_IO, "cannot use this terminal (TERM=%s): %s", name ? name : "", why);
}

enum status term_open(struct term **out, int in_fd, int out_fd, struct err *e)
{
    struct term *t = xcalloc(1, sizeof *t);
    *out = NULL;
    t->in_fd = in_fd;
    t->saved_stderr = -1;
    if (!term_out_open(&t->o, out_fd))
        return no_terminal(t, e, strerror(errno));
    if (tcgetattr(in_fd, &t->cooked) != 0)
        return no_terminal(t, e, "standard input is not a terminal");
    t->in = fdopen(fcntl(in_fd, F_DUPFD_CLOEXEC, 3), "r");
    t->out = fdopen(fcntl(out_fd, F_DUPFD_CLOEXEC, 3), "w");
    /* An inherited size would override the real one. */
    unsetenv("LINES");
    unsetenv("COLUMNS");
    t->screen = t->in && t->out ? newterm(NULL, t->out, t->in) : NULL;
    if (!t->screen)
        return no_terminal(t, e, "it is not known on this machine; try TERM=xterm-256color");
    set_modes(t);
    t->saved_stderr = term_stderr_divert();
    term_title_init(&t->title, getenv("TERM"), capability("tsl"), capability("fsl"));
    if (!capability("cup")) {
        term_close(t);
        return err_set(e, ST_IO, "this terminal cannot place its cursor; try another TERM");
    }
    term_out_put(&t->o, PASTE_ON, strlen(PASTE_ON));
    term_resized(t);
    *out = t;
    return ST_OK;
}

static void leave_screen(struct term *t)
{
    trap_begin(t);
    endwin();
    trap_end(t);
    term_title_leave(&t->title, &t->o);
    term_out_put(&t->o, PASTE_OFF, strlen(PASTE_OFF));
    term_out_drain(&t->o, LAST_WORDS_MS);
    tcsetattr(t->in_fd, TCSANOW, &t->cooked);
}

void term_close(struct term *t)
{
    if (!t)
        return;
    leave_screen(t);
    delwin(t->keys);
    delscreen(t->screen);
    fclose(t->in);
    fclose(t->out);
    term_out_close(&t->o);
    term_stderr_restore(&t->saved_stderr);
    term_title_release(&t->title);
    free(t->last);
    free(t);
}

/* The whole job stops, as the terminal itself would do it: a script that started us would else go
 * on waiting where nobody can reach it. And by SIGTSTP, which the kernel does not deliver where no
 * shell could ever continue us (ssh -t HOST pgdba): SIGSTOP would hang there for good. */
static void stop_the_job(void)
{
    struct sigaction stop = {.sa_handler = SIG_DFL}, was;
    sigset_t tstp, mask;
    sigemptyset(&tstp);
    sigaddset(&tstp, SIGTSTP);
    sigaction(SIGTSTP, &stop, &was);
    kill(0, SIGTSTP);
    /* Delivered here, and we go on with the next line when continued. */
    sigprocmask(SIG_UNBLOCK, &tstp, &mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &was, NULL);
}

void term_lend(struct term *t)
{
    leave_screen(t);
}

void term_back(struct term *t)
{
    tcgetattr(t->in_fd, &t->cooked);
    tcsetattr(t->in_fd, TCSANOW, &t->raw);
    term_out_put(&t->o, PASTE_ON, strlen(PASTE_ON));
    term_title_back(&t->title, &t->o);
    term_resized(t);
}

void term_stop(void)
{
    stop_the_job();
}

void term_suspend(struct term *t)
{
    term_lend(t);
    term_stop();
    term_back(t);
}

void term_continued(struct term *t)
{
    tcsetattr(t->in_fd, TCSANOW, &t->raw);
    term_out_put(&t->o, PASTE_ON, strlen(PASTE_ON));
    term_title_back(&t->title, &t->o);
    t->fresh = true;
}

/* ---- size */

void term_resized(struct term *t)
{
    struct winsize ws;
    int rows = 24, cols = 80;
    if (ioctl(t->o.fd, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0 && ws.ws_col > 0) {
        rows = ws.ws_row;
        cols = ws.ws_col;
    }
    trap_begin(t);
    resizeterm(rows, cols);
    trap_end(t);
    t->rows = rows;
    t->cols = cols;
    free(t->last);
    t->last = xcalloc((size_t)rows * (size_t)cols, sizeof *t->last);
    t->fresh = true;
}

void term_size(const struct term *t, int *rows, int *cols)
{
    *rows = t->rows;
    *cols = t->cols;
}

int term_colors(const struct term *t)
{
    return t->colors;
}

int term_input_fd(const struct term *t)
{
    return t->in_fd;
}

int term_output_fd(const struct term *t)
{
    return t->o.fd;
}

bool term_lost(const struct term *t)
{
    return t->lost;
}

/* ---- keys */

static const struct {
    int code;
    const char *name, *bytes;
} named[] = {
    {KEY_UP, "Up", "\033[A"},
    {KEY_DOWN, "Down", "\033[B"},
    {KEY_RIGHT, "Right", "\033[C"},
    {KEY_LEFT, "Left", "\033[D"},
    {KEY_HOME, "Home", "\033[H"},
    {KEY_END, "End", "\033[F"},
    {KEY_DC, "Delete", "\033[3~"},
    {KEY_IC, "Insert", "\033[2~"},
    {KEY_PPAGE, "PgUp", "\033[5~"},
    {KEY_NPAGE, "PgDn", "\033[6~"},
    {KEY_BACKSPACE, "Backspace", "\177"},
    {KEY_BTAB, "S-Tab", "\033[Z"},
    {KEY_ENTER, "Enter", "\r"},
};

static bool named_key(struct key *k, int code)
{
    static const char *const f[] = {"",   "F1", "F2", "F3",  "F4",  "F5", "F6",
                                    "F7", "F8", "F9", "F10", "F11", "F12"};
    if (code > KEY_F0 && code <= KEY_F(12)) {
        term_key_named(k, f[code - KEY_F0], "");
        return true;
    }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (named[i].code == code) {
            term_key_named(k, named[i].name, named[i].bytes);
            return true;
        }
    }
    return false; /* KEY_RESIZE, KEY_MOUSE and the like */
}

static void look_for_the_end(struct term *t)
{
    struct pollfd p = {.fd = t->in_fd, .events = POLLIN};
    if (poll(&p, 1, 0) <= 0)
        return;
    int waiting = 0;
    bool readable = p.revents & POLLIN;
    /* Readable with nothing to read is the end of it. */
    if ((p.revents & (POLLHUP | POLLERR | POLLNVAL)) ||
        (readable && ioctl(t->in_fd, FIONREAD, &waiting) == 0 && waiting == 0))
        t->lost = true;
}

/* Bytes to characters, in the locale's encoding. What is not complete yet is kept for the next
 * read: a line may be cut anywhere, and wget_wch() would lose it. */
static bool whole_character(struct term *t, int byte, uint32_t *cp)
{
    char b = (char)byte;
    wchar_t w;
    size_t n = mbrtowc(&w, &b, 1, &t->partial);
    if (n == (size_t)-1) { /* not a continuation: it may begin something itself */
        memset(&t->partial, 0, sizeof t->partial);
        n = mbrtowc(&w, &b, 1, &t->partial);
        if (n == (size_t)-1)
            memset(&t->partial, 0, sizeof t->partial);
    }
    *cp = byte == 0 ? 0 : (uint32_t)w;
    return n == 0 || n == 1;
}

/* ESC with the next character already there is Alt, as terminals send it. */
static bool character(struct term *t, struct key *k, int byte)
{
    uint32_t cp;
    if (byte != 27) {
        if (!whole_character(t, byte, &cp))
            return false;
        term_key_char(k, cp, false);
        return true;
    }
    memset(&t->partial, 0, sizeof t->partial);
    int next = wgetch(t->keys);
    if (next >= 0 && next < 0x80 && next != 27) {
        term_key_char(k, (uint32_t)next, true);
        return true;
    }
    if (next != ERR)
        ungetch(next);
    term_key_char(k, 27, false);
    return true;
}

/* True when k is a key; the markers themselves are none. C-c ends a paste whose end was lost. */
static bool pasted(struct term *t, struct key *k, int c)
{
    uint32_t cp;
    if (c == KEY_PASTE_END || c == 3)
        t->pasting = false;
    if (c == 3) {
        term_key_char(k, 3, false);
        return true;
    }
    if (c >= KEY_MIN || !whole_character(t, c, &cp))
        return false;
    term_key_paste(k, cp);
    return true;
}

bool term_read_key(struct term *t, struct key *k)
{
    for (;;) {
        int c = wgetch(t->keys);
        if (c == ERR) {
            look_for_the_end(t);
            return false;
        }
        if (c == KEY_PASTE_BEGIN)
            t->pasting = true;
        else if (t->pasting ? pasted(t, k, c) : c < KEY_MIN ? character(t, k, c) : named_key(k, c))
            return true;
    }
}

/* ---- frames */

bool term_writable(const struct term *t)
{
    /* The queue moves on by itself when asked; only its bytes change, not the terminal's state. */
    return term_out_pump((struct term_out *)(uintptr_t)&t->o);
}

static short pair_of(struct term *t, int fg, int bg)
{
    if (!t->has_default) {
        fg = fg < 0 ? COLOR_WHITE : fg;
        bg = bg < 0 ? COLOR_BLACK : bg;
    }
    for (int i = 0; i < t->npairs; i++)
        if (t->pairs[i].fg == fg && t->pairs[i].bg == bg)
            return (short)(i + 1);
    if (t->npairs >= PAIRS_MAX || t->npairs + 1 >= COLOR_PAIRS)
        return 0;
    t->pairs[t->npairs].fg = (short)fg;
    t->pairs[t->npairs].bg = (short)bg;
    init_pair((short)(t->npairs + 1), (short)fg, (short)bg);
    return (short)++t->npairs;
}

static attr_t curses_attrs(unsigned attrs)
{
    static const struct {
        unsigned ours;
        attr_t theirs;
    } map[] = {{ATTR_BOLD, A_BOLD},
               {ATTR_DIM, A_DIM},
               {ATTR_REVERSE, A_REVERSE},
               {ATTR_UNDERLINE, A_UNDERLINE},
               {ATTR_ITALIC, A_ITALIC}};
    attr_t a = A_NORMAL;
    for (size_t i = 0; i < sizeof map / sizeof *map; i++)
        if (attrs & map[i].ours)
            a |= map[i].theirs;
    return a;
}

static void put_cell(struct term *t, int row, int col, const struct cell *c)
{
    wchar_t w[CCHARW_MAX + 1] = {0};
    size_t n = strnlen(c->text, sizeof c->text), i = 0;
    int k = 0;
    while (i < n && k < CCHARW_MAX) {
        uint32_t cp;
        i += utf8_decode(c->text + i, n - i, &cp);
        w[k++] = (wchar_t)cp;
    }
    if (k == 0)
        w[0] = L' ';
    struct style st = style_of(t->theme, c, t->colors);
    short pair = 0;
    if (t->colors)
        pair = pair_of(t, st.fg, st.bg);
    cchar_t cc;
    setcchar(&cc, w, curses_attrs(st.attrs), pair, NULL);
    mvadd_wch(row, col, &cc);
}

/* The surface keeps what follows a text's end clear, so that cells, and rows of them, compare as
 * bytes. Most rows of most frames are the ones that are there. */
static bool same(const struct cell *a, const struct cell *b, int n)
{
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

static void put_row(struct term *t, const struct surface *s, int row)
{
    const struct cell *c = &s->cells[(size_t)row * (size_t)s->cols];
    struct cell *last = &t->last[(size_t)row * (size_t)t->cols];
    int cols = s->cols < t->cols ? s->cols : t->cols;
    if (!t->fresh && same(c, last, cols))
        return;
    for (int col = 0; col < cols; col++) {
        if (!t->fresh && same(&c[col], &last[col], 1))
            continue;
        last[col] = c[col];
        if (c[col].width != 0)
            put_cell(t, row, col, &c[col]);
    }
}

void term_present(struct term *t, const struct surface *s, const struct theme *th)
{
    if (th != t->theme) {
        t->theme = th;
        t->fresh = true;
    }
    trap_begin(t);
    if (t->fresh)
        clearok(curscr, TRUE);
    for (int row = 0; row < s->rows && row < t->rows; row++)
        put_row(t, s, row);
    bool shown = s->cursor_row >= 0 && s->cursor_row < t->rows && s->cursor_col < t->cols;
    curs_set(shown ? 1 : 0);
    leaveok(stdscr, !shown); /* a hidden cursor need not be moved back */
    move(shown ? s->cursor_row : t->rows - 1, shown ? s->cursor_col : 0);
    wnoutrefresh(stdscr);
    doupdate();
    trap_end(t);
    t->fresh = false;
    term_out_pump(&t->o);
}

void term_redraw(struct term *t)
{
    t->fresh = true;
}

void term_bell(struct term *t)
{
    term_out_put(&t->o, "\a", 1);
    term_out_pump(&t->o);
}

void term_title(struct term *t, const char *text)
{
    term_title_set(&t->title, &t->o, text);
    term_out_pump(&t->o);
}

bool term_wants_ascii(void)
{
    const char *term = getenv("TERM");
    /* The Linux console knows few of the line and block characters that its UTF-8 mode would need.
     */
    return strcmp(nl_langinfo(CODESET), "UTF-8") != 0 || (term && strcmp(term, "dumb") == 0);
}
