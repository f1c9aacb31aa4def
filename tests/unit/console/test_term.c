/* The terminal adapter on a pty: keys in pieces, pastes, a line that stalls, a terminal that goes.
 */
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "pgdba/console/term.h"

struct world {
    int master, slave;
    struct term *term;
};

static int setup(void **state)
{
    static struct world w;
    struct winsize ws = {.ws_row = 60, .ws_col = 200};
    struct err e = ERR_INIT;
    if (openpty(&w.master, &w.slave, NULL, NULL, &ws) != 0)
        return -1;
    fcntl(w.master, F_SETFL, O_NONBLOCK);
    if (term_open(&w.term, w.slave, w.slave, &e) != ST_OK)
        fail_msg("%s", err_text(&e));
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    term_close(w->term);
    close(w->slave);
    if (w->master >= 0)
        close(w->master);
    return 0;
}

static size_t drain(struct world *w)
{
    char chunk[65536];
    size_t all = 0;
    ssize_t n;
    while ((n = read(w->master, chunk, sizeof chunk)) > 0)
        all += (size_t)n;
    return all;
}

static void send_bytes(struct world *w, const char *bytes)
{
    size_t n = strlen(bytes);
    struct pollfd p = {.fd = w->slave, .events = POLLIN};
    assert_int_equal(write(w->master, bytes, n), n);
    poll(&p, 1, 2000); /* until the line discipline has passed them on */
}

static void assert_key(struct world *w, const char *name)
{
    struct key k;
    if (!term_read_key(w->term, &k))
        fail_msg("no key where %s was to come", name);
    assert_string_equal(k.name, name);
}

static void assert_no_key(struct world *w)
{
    struct key k;
    assert_false(term_read_key(w->term, &k));
    assert_false(term_lost(w->term));
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void keys_have_names(void **state)
{
    static const struct {
        const char *bytes, *name;
    } keys[] = {{"a", "a"},          {" ", "Space"},      {"\r", "Enter"},       {"\n", "C-j"},
                {"\t", "Tab"},       {"\022", "C-r"},     {"\177", "Backspace"}, {"\033[A", "Up"},
                {"\033OA", "Up"},    {"\033[6~", "PgDn"}, {"\033[15~", "F5"},    {"\033OP", "F1"},
                {"\033[Z", "S-Tab"}, {"\033b", "M-b"},    {"\033", "Esc"},       {"日", "日"}};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        send_bytes(w, keys[i].bytes);
        assert_key(w, keys[i].name);
        assert_no_key(w);
    }
}

static void a_character_may_come_in_pieces(void **state)
{
    struct world *w = *state;
    send_bytes(w, "\xE6\x97");
    assert_no_key(w);
    send_bytes(w, "\xA5x");
    assert_key(w, "日");
    assert_key(w, "x");
    send_bytes(w, "\xE6y"); /* begun, and never ended */
    assert_key(w, "y");
    assert_no_key(w);
}

static void escape_before_a_key_of_the_terminal(void **state)
{
    struct world *w = *state;
    send_bytes(w, "\033\033[A");
    assert_key(w, "Esc");
    assert_key(w, "Up");
    assert_no_key(w);
}

static void a_paste_is_text_whatever_is_in_it(void **state)
{
    struct world *w = *state;
    struct key k;
    int pieces = 0;
    send_bytes(w, "\033[200~quit\r\003x\033[201~");
    while (term_read_key(w->term, &k) && strcmp(k.name, "Paste") == 0)
        pieces++;
    /* C-c is the way out of a paste whose end was lost; all before it was text. */
    assert_int_equal(pieces, 5);
    assert_string_equal(k.name, "C-c");
    assert_key(w, "x");
    send_bytes(w, "\033[200~q\033[201~q");
    assert_key(w, "Paste");
    assert_key(w, "q");
    assert_no_key(w);
}

/* ---- frames --------------------------------------------------------------------------------- */

static void fill(struct surface *s, char c)
{
    char text[2] = {c, 0};
    for (int y = 0; y < s->rows; y++)
        for (int x = 0; x < s->cols; x++)
            surface_text(s, y, x, 1, (enum theme_role)((x + y) % TR_COUNT), text);
}

/* Over a stalled link nothing waits: neither drawing nor asking whether there is room. */
static void a_stalled_line_is_seen_and_never_waited_for(void **state)
{
    struct world *w = *state;
    struct theme th = {.name = "test"};
    struct surface s;
    for (int i = 0; i < TR_COUNT; i++)
        th.styles[i] = (struct theme_style){.fg = i, .bg = -1, .fg16 = i % 16, .bg16 = -1};
    surface_init(&s, 60, 200);
    alarm(20); /* a write that blocks would end the test */
    int frames = 0;
    while (term_writable(w->term) && frames < 50) {
        fill(&s, (char)('a' + frames % 26));
        term_present(w->term, &s, &th);
        frames++;
    }
    assert_true(frames < 50);
    while (!term_writable(w->term))
        assert_true(drain(w) > 0);
    drain(w);
    term_present(w->term, &s, &th); /* the same again: nothing to send but the cursor */
    assert_true(term_writable(w->term));
    assert_true(drain(w) < 64);
    alarm(0);
    surface_release(&s);
}

static void the_size_is_the_kernels(void **state)
{
    struct world *w = *state;
    struct winsize ws = {.ws_row = 10, .ws_col = 40};
    int rows, cols;
    term_size(w->term, &rows, &cols);
    assert_int_equal(rows, 60);
    assert_int_equal(cols, 200);
    ioctl(w->master, TIOCSWINSZ, &ws);
    term_resized(w->term);
    term_size(w->term, &rows, &cols);
    assert_int_equal(rows, 10);
    assert_int_equal(cols, 40);
    assert_no_key(w); /* ncurses' own note of it is no key */
}

static void expect(struct world *w, const char *what)
{
    char got[65536];
    size_t n = 0;
    ssize_t k;
    while (n < sizeof got - 1 && (k = read(w->master, got + n, sizeof got - 1 - n)) > 0)
        n += (size_t)k;
    got[n] = 0;
    if (!strstr(got, what))
        fail_msg("%zu bytes, and not what was expected among them", n);
}

static void the_title_is_set_cleaned_and_given_back(void **state)
{
    struct world *w = *state;
    drain(w);
    term_title(w->term, "lab: critical");
    expect(w, "\033[22;2t\033]2;lab: critical\a");
    term_title(w->term, "l\033]0;x\aab: healthy");
    expect(w, "\033]2;l\xEF\xBF\xBD]0;x\xEF\xBF\xBD"
              "ab: healthy\a");
    term_close(w->term);
    w->term = NULL;
    expect(w, "\033]2;\a\033[23;2t");
}

/* Where TERM promises nothing, nothing is sent that could come out as rubbish. */
static void no_title_where_none_is_known(void **state)
{
    struct world *w = *state;
    struct err e = ERR_INIT;
    term_close(w->term);
    setenv("TERM", "vt100", 1);
    enum status st = term_open(&w->term, w->slave, w->slave, &e);
    setenv("TERM", "xterm-256color", 1);
    if (st != ST_OK)
        fail_msg("%s", err_text(&e));
    assert_true(term_writable(w->term)); /* what opening it sent */
    drain(w);
    term_title(w->term, "lab: critical");
    assert_int_equal(drain(w), 0);
}

static void a_terminal_that_is_gone_is_seen(void **state)
{
    struct world *w = *state;
    struct key k;
    drain(w);
    close(w->master);
    w->master = -1;
    assert_false(term_read_key(w->term, &k));
    assert_true(term_lost(w->term));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TERM", "xterm-256color", 1);
    setenv("XDG_STATE_HOME", "/nonexistent", 1);
    unsetenv("NO_COLOR");
    signal(SIGHUP, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(keys_have_names),
        TEST(a_character_may_come_in_pieces),
        TEST(escape_before_a_key_of_the_terminal),
        TEST(a_paste_is_text_whatever_is_in_it),
        TEST(a_stalled_line_is_seen_and_never_waited_for),
        TEST(the_size_is_the_kernels),
        TEST(the_title_is_set_cleaned_and_given_back),
        TEST(no_title_where_none_is_known),
        TEST(a_terminal_that_is_gone_is_seen),
    };
    return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
