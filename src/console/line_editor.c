/*
 * The one file that knows readline (callback interface; reference "terminal.md", points 1 to 19).
 *
 * readline is given no terminal: its output goes to a sink, its input is the bytes of the keys that
 * were fed. All bytes of a key are queued before it is called, or a search would break on the
 * second byte of a character.
 */
#include "pgdba/console/line_editor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"

enum { HISTORY_MAX = 1000, LINE_MAX_BYTES = 4096 };

struct line_editor {
    struct line_editor_options opt;
    char *history_path;
    FILE *sink;       /* what readline reads from and writes to */
    struct buf bytes; /* fed, not yet read by readline */
    size_t read;
    enum line_result result;
    char *done; /* the accepted line */
    int searching;
    struct arena arena; /* of the matches shown */
    int nmatches;
    const char **matches;
};

/* readline has no user pointers: this is the one editor there can be. */
static struct line_editor *the;

/* ---- what readline calls */

static int next_byte(FILE *ignored)
{
    (void)ignored;
    if (!the || the->read >= the->bytes.len)
        return EOF;
    return (unsigned char)the->bytes.s[the->read++];
}

static int byte_waiting(void)
{
    return the && the->read < the->bytes.len;
}

static void no_redisplay(void)
{
    /* bar.c draws what is there */
}

static void on_line(char *line)
{
    if (!line) { /* end of input: C-d on an empty line */
        the->result = LINE_CANCELLED;
    } else {
        the->result = LINE_DONE;
        free(the->done);
        the->done = xstrdup(line);
        free(line);
    }
    rl_callback_handler_remove();
}

static void show_matches(char **matches, int n, int longest)
{
    (void)longest;
    arena_release(&the->arena);
    the->matches = arena_array(&the->arena, (size_t)n, const char *);
    /* matches[0] is what they have in common */
    for (int i = 0; i < n; i++)
        the->matches[i] = arena_strdup(&the->arena, matches[i + 1]);
    the->nmatches = n;
}

static void forget_matches(struct line_editor *l)
{
    l->nmatches = 0;
}

/* The longest common beginning first, as readline wants it. */
static char *common_prefix(const char *const *v, int n)
{
    size_t len = strlen(v[0]);
    for (int i = 1; i < n; i++) {
        size_t k = 0;
        while (k < len && v[i][k] == v[0][k])
            k++;
        len = k;
    }
    /* Not in the middle of a character. */
    while (len && ((unsigned char)v[0][len] & 0xC0) == 0x80)
        len--;
    return xstrndup(v[0], len);
}

/* readline will replace from `start`, the completer speaks of the word at `word_start`. */
static char *as_replacement(const char *word, int start, int word_start)
{
    if (word_start <= start) {
        size_t skip = (size_t)(start - word_start);
        return xstrdup(strlen(word) >= skip ? word + skip : word);
    }
    return xasprintf("%.*s%s", word_start - start, rl_line_buffer + start, word);
}

static char **complete(const char *text, int start, int end)
{
    struct arena a;
    const char *const *v;
    int word_start = start;
    (void)text;
    rl_attempted_completion_over = 1; /* never file names */
    if (!the->opt.complete)
        return NULL;
    arena_init(&a);
    int n = the->opt.complete(the->opt.arg, rl_line_buffer, end, &a, &v, &word_start);
    char **out = NULL;
    if (n > 0) {
        out = xcalloc((size_t)n + 2, sizeof *out);
        for (int i = 0; i < n; i++)
            out[i + 1] = as_replacement(v[i], start, word_start);
        out[0] = common_prefix((const char *const *)out + 1, n);
        if (n == 1) {
            free(out[1]);
            out[1] = NULL;
        }
    }
    arena_release(&a);
    return out;
}

/* ---- opening and closing */

static void load_history(struct line_editor *l)
{
    using_history();
    stifle_history(HISTORY_MAX);
    if (!l->history_path)
        return;
    struct err e = ERR_INIT;
    if (path_mkdirs_for(l->history_path, &e) == ST_OK) {
        int fd =
            open(l->history_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
        if (fd >= 0)
            close(fd);
    }
    err_release(&e);
    read_history(l->history_path); /* a missing or unreadable file is an empty history */
}

/* What must hold whatever the user's inputrc says, also after it was read again with C-x C-r: with
 * bracketed paste on, a key that waits for another (C-]) would take an Alt key for a paste and
 * crash (readline 8.2). */
static void keep_variables(void)
{
    rl_variable_bind("bell-style", "none");
    /* The list is a hint here, it scrolls nothing. */
    rl_variable_bind("show-all-if-ambiguous", "on");
    /* The terminal adapter takes the markers. */
    rl_variable_bind("enable-bracketed-paste", "off");
}

static void set_up_readline(struct line_editor *l)
{
    rl_readline_name = "pgdba"; /* $if pgdba in the user's inputrc */
    rl_instream = l->sink;
    rl_outstream = l->sink;
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_prep_term_function = NULL;
    rl_deprep_term_function = NULL;
    rl_getc_function = next_byte;
    rl_input_available_hook = byte_waiting;
    rl_redisplay_function = no_redisplay;
    rl_attempted_completion_function = complete;
    rl_completion_display_matches_hook = show_matches;
    rl_completion_query_items = -1;
    rl_completer_word_break_characters = (char *)(uintptr_t) " ";
    rl_completion_suppress_append = 0;
    rl_num_chars_to_read = 0;
    rl_initialize();
    keep_variables();
}

struct line_editor *line_editor_open(const struct line_editor_options *opt)
{
    struct line_editor *l = xcalloc(1, sizeof *l);
    l->opt = *opt;
    l->result = LINE_CANCELLED;
    l->history_path = xstrdup(opt->history_path);
    l->sink = fopen("/dev/null", "r+e");
    buf_init(&l->bytes);
    arena_init(&l->arena);
    the = l;
    set_up_readline(l);
    load_history(l);
    return l;
}

void line_editor_close(struct line_editor *l)
{
    if (!l)
        return;
    if (l->result == LINE_EDITING)
        rl_callback_handler_remove();
    clear_history();
    rl_instream = stdin;
    rl_outstream = stdout;
    fclose(l->sink);
    buf_release(&l->bytes);
    arena_release(&l->arena);
    free(l->history_path);
    free(l->done);
    free(l);
    the = NULL;
}

/* ---- a line */

/* Leaves whatever was begun and not ended. One call of readline's leaves one state, and they nest:
 * what it left over (a key sequence inside a search) would be taken up with the next line, after
 * its context was freed. */
static void leave_states(void)
{
    const unsigned long begun = RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_VIMOTION |
                                RL_STATE_NUMERICARG | RL_STATE_MULTIKEY | RL_STATE_CHARSEARCH;
    for (int i = 0; i < 8 && RL_ISSTATE(begun); i++)
        rl_callback_sigcleanup();
    RL_UNSETSTATE(begun | RL_STATE_METANEXT);
}

/* By readline's own way out, as if the line were accepted, so that it sees to its undo lists, which
 * lines of the history share with the line being edited: clearing the line from outside would free
 * them twice. The key map is ours, since Enter may be bound to anything. */
static void let_go(struct line_editor *l)
{
    Keymap was = rl_get_keymap(), way_out = rl_make_bare_keymap();
    rl_bind_key_in_map('\r', rl_newline, way_out);
    leave_states();
    rl_set_keymap(way_out);
    buf_clear(&l->bytes);
    buf_putc(&l->bytes, '\r');
    l->read = 0;
    for (int i = 0; i < 4 && l->result == LINE_EDITING; i++)
        rl_callback_read_char();
    if (l->result == LINE_EDITING)
        rl_callback_handler_remove();
    rl_set_keymap(was);
    rl_free_keymap(way_out);
    buf_clear(&l->bytes);
    l->read = 0;
}

/* An undo list that a line of the history still holds from an earlier edit may be one that readline
 * has freed since (8.2, after some searches). It is not looked at again: at worst a few bytes are
 * lost, where a double free would lose the console. */
static void forget_old_undo(void)
{
    HIST_ENTRY **all = history_list();
    for (int i = 0; all && all[i]; i++)
        all[i]->data = NULL;
}

void line_editor_begin(struct line_editor *l, const char *text)
{
    if (l->result == LINE_EDITING)
        let_go(l);
    l->result = LINE_EDITING;
    forget_matches(l);
    forget_old_undo();
    using_history(); /* from its end again */
    rl_callback_handler_install(":", on_line);
    rl_replace_line(text, 1);
    rl_point = rl_end;
}

void line_editor_cancel(struct line_editor *l)
{
    if (l->result != LINE_EDITING)
        return;
    let_go(l);
    l->result = LINE_CANCELLED;
    forget_matches(l);
}

static bool in_vi_insert(void)
{
    return rl_editing_mode == 0 && rl_get_keymap() == vi_insertion_keymap;
}

static bool searching(void)
{
    return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH) != 0;
}

bool line_editor_inserts(const struct line_editor *l)
{
    const unsigned long elsewhere = RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_VIMOTION |
                                    RL_STATE_NUMERICARG | RL_STATE_MULTIKEY | RL_STATE_CHARSEARCH |
                                    RL_STATE_METANEXT;
    return l->result == LINE_EDITING && !RL_ISSTATE(elsewhere) &&
           (rl_editing_mode != 0 || in_vi_insert());
}

void line_editor_insert(struct line_editor *l, const char *text)
{
    if (l->result != LINE_EDITING || (size_t)rl_end + strlen(text) > LINE_MAX_BYTES)
        return;
    forget_matches(l);
    rl_insert_text(text);
}

void line_editor_go(struct line_editor *l, int point)
{
    if (l->result == LINE_EDITING && point >= 0 && point <= rl_end)
        rl_point = point;
}

static void read_queue(struct line_editor *l)
{
    while (l->result == LINE_EDITING && l->read < l->bytes.len) {
        size_t before = l->read;
        rl_callback_read_char();
        if (l->read == before)
            break; /* never spin on bytes that readline does not want */
    }
    buf_clear(&l->bytes);
    l->read = 0;
    keep_variables();
}

/* A key that begins a longer sequence ends a search before readline sees it: 8.2 takes a sequence
 * that comes to nothing inside a search (C-r C-x M-z) up again without its context, and crashes. */
static bool begins_sequence(const struct key *k)
{
    unsigned char c = k->len > 0 ? (unsigned char)k->bytes[0] : 0;
    return k->len > 0 && rl_get_keymap()[c].type == ISKMAP;
}

/* A lone ESC would make readline wait for the rest of a sequence and swallow the next key. */
static enum line_result escape(struct line_editor *l)
{
    if (searching()) {
        leave_states(); /* the line that was found stays */
    } else if (in_vi_insert()) {
        rl_vi_movement_mode(1, 27);
    } else {
        line_editor_cancel(l);
    }
    return l->result;
}

/* Over a slow link Esc and the next key come in one packet and look like Alt and that key. Where
 * readline has nothing on it, Esc is meant; so it is before Enter, on which it has the change to vi
 * mode: nobody must land there, with a line open that was left. */
static bool is_escape_in_a_burst(const struct key *k)
{
    if (strncmp(k->name, "M-", 2) != 0 || rl_editing_mode == 0 || searching())
        return false;
    int type = 0;
    rl_command_func_t *fn = rl_function_of_keyseq_len(k->bytes, (size_t)k->len, NULL, &type);
    return type == ISFUNC && (fn == NULL || fn == rl_vi_editing_mode);
}

/* Pasted text is text: a newline in it must not run anything. */
static void paste(struct line_editor *l, const struct key *k)
{
    char text[sizeof k->bytes + 1];
    if (l->bytes.len + (size_t)rl_end + (size_t)k->len > LINE_MAX_BYTES)
        return;
    memcpy(text, k->bytes, (size_t)k->len);
    text[k->len] = 0;
    if ((unsigned char)text[0] < 32 || text[0] == 127)
        strcpy(text, " ");
    rl_insert_text(text);
}

enum line_result line_editor_feed(struct line_editor *l, const struct key *k)
{
    if (l->result != LINE_EDITING)
        return l->result;
    forget_matches(l);
    if (strcmp(k->name, "Esc") == 0 || is_escape_in_a_burst(k))
        return escape(l);
    bool abort_key = strcmp(k->name, "C-c") == 0 || (strcmp(k->name, "C-g") == 0 && !searching());
    if (abort_key) {
        line_editor_cancel(l);
        return l->result;
    }
    if (strcmp(k->name, "C-l") == 0)
        return l->result; /* would write to the terminal */
    if (strcmp(k->name, "Paste") == 0) {
        paste(l, k);
        return l->result;
    }
    if (rl_end + k->len > LINE_MAX_BYTES && k->len > 0 && (unsigned char)k->bytes[0] >= 32)
        return l->result;
    if (searching() && begins_sequence(k))
        leave_states();
    buf_add(&l->bytes, k->bytes, (size_t)k->len);
    read_queue(l);
    return l->result;
}

void line_editor_resized(struct line_editor *l, int rows, int cols)
{
    (void)l;
    rl_set_screen_size(rows, cols);
}

/* ---- what there is to draw */

const char *line_editor_prompt(const struct line_editor *l)
{
    (void)l;
    const char *p = searching() && rl_display_prompt ? rl_display_prompt : ":";
    return p;
}

const char *line_editor_text(const struct line_editor *l)
{
    if (l->result == LINE_DONE)
        return l->done;
    return l->result == LINE_EDITING && rl_line_buffer ? rl_line_buffer : "";
}

int line_editor_point(const struct line_editor *l)
{
    return l->result == LINE_EDITING ? rl_point : 0;
}

int line_editor_matches(const struct line_editor *l, const char *const **out)
{
    *out = l->matches;
    return l->nmatches;
}

/* ---- history */

void line_editor_remember(struct line_editor *l, const char *line)
{
    if (!*line || *line == ' ')
        return;
    HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;
    if (last && strcmp(last->line, line) == 0)
        return;
    add_history(line);
    using_history();
    if (!l->history_path)
        return;
    /* Appended, so that two consoles do not lose each other's lines; one write a line. */
    int fd = open(l->history_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        return;
    char *text = xasprintf("%s\n", line);
    ssize_t n = write(fd, text, strlen(text));
    (void)n; /* a full disk loses a line of history, nothing else */
    free(text);
    close(fd);
}
