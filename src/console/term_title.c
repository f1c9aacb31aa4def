#include "term_title.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/utf8.h"

enum { TITLE_COLS = 120 };

/* Terminals that take xterm's title sequence (OSC 2); on others it would come out as rubbish. */
static bool like_xterm(const char *term)
{
    static const char *const names[] = {
        "xterm", "rxvt", "screen", "tmux",  "alacritty", "foot",    "kitty", "wezterm", "konsole",
        "gnome", "vte",  "st-",    "putty", "contour",   "ghostty", "iterm", "mlterm",  "eterm"};
    for (size_t i = 0; term && i < sizeof names / sizeof *names; i++)
        if (strncmp(term, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

void term_title_init(struct term_title *t, const char *term, const char *tsl, const char *fsl)
{
    *t = (struct term_title){.save = "", .restore = ""};
    if (like_xterm(term)) {
        t->begin = xstrdup("\033]2;");
        t->end = xstrdup("\a");
        t->save = "\033[22;2t";
        t->restore = "\033[23;2t";
    } else if (tsl && fsl && *tsl && !strchr(tsl, '%')) { /* a status line that wants no column */
        t->begin = xstrdup(tsl);
        t->end = xstrdup(fsl);
    }
}

void term_title_release(struct term_title *t)
{
    free(t->begin);
    free(t->end);
    free(t->text);
    *t = (struct term_title){.save = "", .restore = ""};
}

static void put(struct term_out *o, const char *s)
{
    term_out_put(o, s, strlen(s));
}

static void write_title(const struct term_title *t, struct term_out *o, const char *text)
{
    put(o, t->begin);
    put(o, text);
    put(o, t->end);
}

/* Names come from configuration, and what a title holds is not measured: nothing that ends the
 * sequence, nothing that the locale cannot say. */
static char *cleaned(const char *text)
{
    struct arena a;
    int used;
    arena_init(&a);
    char *s = utf8_clean(&a, text, strlen(text));
    s[utf8_fit(s, TITLE_COLS, &used)] = 0;
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        for (char *p = s; *p; p++)
            if ((unsigned char)*p >= 0x80)
                *p = '?';
    char *out = xstrdup(s);
    arena_release(&a);
    return out;
}

void term_title_set(struct term_title *t, struct term_out *o, const char *text)
{
    if (!t->begin)
        return;
    if (!text) {
        term_title_leave(t, o);
        free(t->text);
        t->text = NULL;
        return;
    }
    char *copy = cleaned(text);
    free(t->text);
    t->text = copy;
    if (!t->shown)
        put(o, t->save);
    t->shown = true;
    write_title(t, o, t->text);
}

/* Emptied first: where there is no memory of the old one, at least ours does not stay. */
void term_title_leave(struct term_title *t, struct term_out *o)
{
    if (!t->shown)
        return;
    write_title(t, o, "");
    put(o, t->restore);
    t->shown = false;
}

void term_title_back(struct term_title *t, struct term_out *o)
{
    if (!t->text || t->shown)
        return;
    put(o, t->save);
    write_title(t, o, t->text);
    t->shown = true;
}
