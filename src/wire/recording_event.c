/* Events as lines: what `watch` prints and what is kept. */
#include "recording.h"

#include <string.h>

#include "pgdba/base/fmt.h"
#include "pgdba/wire/recording.h"

enum { MAX_EVENT_VALUES = 64 };

void wire_event_json(struct wire_json *j, const struct event *ev)
{
    char at[FMT_MAX];
    wire_json_str(j, "type", "event");
    if (ev->seq)
        wire_json_int(j, "seq", (int64_t)ev->seq);
    wire_json_int(j, "wall_us", ev->wall_us);
    wire_json_str(j, "at", recording_time(at, ev->wall_us));
    wire_json_str(j, "kind", event_kind_name(ev->kind));
    wire_json_str(j, "source", obs_system_name(ev->source));
    wire_json_str(j, "grade", health_name(ev->grade));
    recording_put(j, "subject", ev->subject);
    recording_put(j, "old", ev->old);
    recording_put(j, "now", ev->now);
    recording_put(j, "text", ev->text);
    recording_put(j, "evidence", ev->evidence);
    if (ev->revision)
        wire_json_int(j, "revision", ev->revision);
    if (ev->mono_us && ev->not_before_us)
        wire_json_int(j, "uncertain_us", ev->mono_us - ev->not_before_us);
}

void wire_event_line(const struct event *ev, struct buf *out)
{
    struct wire_json *j = wire_json_object();
    wire_event_json(j, ev);
    recording_end(j, out);
}

static bool get_grade(const json_t *j, enum health *out)
{
    const char *name = json_string_value(json_object_get(j, "grade"));
    for (int i = 0; name && i < HEALTH_COUNT; i++) {
        if (strcmp(name, health_name((enum health)i)) != 0)
            continue;
        *out = (enum health)i;
        return true;
    }
    return false;
}

static enum status read_event(struct arena *a, const json_t *j, struct event *ev, struct err *e)
{
    const char *type = json_string_value(json_object_get(j, "type"));
    if (!type || strcmp(type, "event") != 0)
        return err_set(e, ST_INVALID, "it is not an event");
    if (!event_kind_parse(json_string_value(json_object_get(j, "kind")), &ev->kind))
        return err_set(e, ST_INVALID, "an event of a kind that is not known here");
    ev->wall_us = wire_get_int(j, "wall_us", 0, 0);
    if (!recording_wall_sane(ev->wall_us))
        return err_set(e, ST_INVALID, "the event does not say when");
    if (!recording_system(j, "source", &ev->source) || !get_grade(j, &ev->grade))
        return err_set(e, ST_INVALID, "the event does not say by whom, or how bad");
    ev->mono_us = ev->wall_us;
    int64_t uncertain = wire_get_int(j, "uncertain_us", 0, -1);
    ev->not_before_us = uncertain >= 0 && uncertain < ev->wall_us ? ev->wall_us - uncertain : 0;
    ev->revision = wire_get_int(j, "revision", 0, 0);
    ev->subject = wire_get_words(a, j, "subject");
    ev->old = wire_get_words(a, j, "old");
    ev->now = wire_get_words(a, j, "now");
    ev->text = wire_get_words(a, j, "text");
    ev->evidence = wire_get_words(a, j, "evidence");
    return ST_OK;
}

enum status wire_event_read(const char *line, size_t n, struct facts **out, struct err *e)
{
    json_t *j = recording_load(line, n, MAX_EVENT_VALUES, e);
    if (!j)
        return ST_INVALID;
    struct facts *f = facts_new();
    struct event *ev = arena_new(&f->arena, struct event);
    f->root = ev;
    enum status st = read_event(&f->arena, j, ev, e);
    json_decref(j);
    if (st == ST_OK)
        *out = f;
    else
        facts_unref(f);
    return st;
}
