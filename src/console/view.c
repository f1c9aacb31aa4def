/* view.c: the state of the screen. */
#include "pgdba/console/view.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/clock.h"

#define MESSAGE_STAYS (8 * USEC_PER_SEC)

void view_init(struct view_state *v)
{
    *v = (struct view_state){.focus = PANE_TOPOLOGY};
    for (int i = 0; i < PANE_COUNT; i++)
        table_state_init(&v->tables[i]);
    buf_init(&v->typed);
}

void view_release(struct view_state *v)
{
    for (int i = 0; i < PANE_COUNT; i++)
        table_state_release(&v->tables[i]);
    marks_release(&v->marks);
    marks_release(&v->menu);
    for (int i = 0; i < ACT_COUNT; i++)
        free(v->menu_denied[i]);
    buf_release(&v->typed);
    free(v->card_key);
    free(v->help_topic);
    free(v->title);
    free(v->text);
    free(v->complaint);
    free(v->message);
}

void view_say(struct view_state *v, enum theme_role role, const char *text)
{
    char *copy = text && *text ? xstrdup(text) : NULL;
    free(v->message);
    v->message = copy;
    v->message_role = role;
    v->message_until_us = v->tick_us + MESSAGE_STAYS;
}

void view_open(struct view_state *v, enum overlay o)
{
    v->overlay = o;
    v->scroll = 0;
    buf_clear(&v->typed);
    v->confirmed = false;
    free(v->complaint);
    v->complaint = NULL;
}
