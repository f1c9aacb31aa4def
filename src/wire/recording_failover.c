/* Failovers with their phases as lines. */
#include "recording.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/fmt.h"
#include "pgdba/wire/recording.h"

enum { MAX_PHASES = 4096, MAX_FAILOVER_VALUES = 16 * MAX_PHASES };

/* ---- out */

static void put_at(struct wire_json *j, const char *key, int64_t wall_us)
{
    if (wall_us)
        wire_json_int(j, key, wall_us);
}

static void put_predicted(struct wire_json *j, const char *key, int64_t us)
{
    if (us >= 0)
        wire_json_int(j, key, us);
}

static void put_phase(struct wire_json *list, const struct failover *f,
                      const struct failover_phase *p)
{
    struct wire_json *j = wire_json_add_object(list, NULL);
    wire_json_str(j, "phase", failover_phase_key(p->id));
    recording_put(j, "subject", p->subject);
    wire_json_str(j, "state", fo_state_name(p->state));
    if (p->state == FO_DONE) {
        put_at(j, "wall_us", p->wall_us);
        wire_json_int(j, "after_us", p->mono_us - f->start_mono_us);
        if (p->not_before_us)
            wire_json_int(j, "uncertain_us", p->mono_us - p->not_before_us);
        wire_json_str(j, "source", obs_system_name(p->source));
    }
    put_predicted(j, "predicted_lo_us", p->predicted_lo_us);
    put_predicted(j, "predicted_hi_us", p->predicted_hi_us);
    recording_put(j, "note", p->note);
    if (p->revision)
        wire_json_int(j, "revision", p->revision);
}

static void put_outage(struct wire_json *j, const struct failover_outage *o)
{
    if (!o->known)
        return;
    struct wire_json *p = wire_json_add_object(j, "outage");
    wire_json_str(p, "route", o->route);
    wire_json_bool(p, "write", o->is_write);
    wire_json_int(p, "longest_us", o->longest_us);
    wire_json_int(p, "total_us", o->total_us);
    put_at(p, "from_wall_us", o->from_wall_us);
    put_at(p, "to_wall_us", o->to_wall_us);
    wire_json_int(p, "failures", o->failures);
    wire_json_int(p, "lost", o->lost);
    wire_json_int(p, "ghosts", o->ghosts);
}

void wire_failover_json(struct wire_json *j, const struct failover *f)
{
    struct wire_json *phases;
    wire_json_str(j, "type", "failover");
    wire_json_int(j, "number", (int64_t)f->number);
    wire_json_str(j, "kind", failover_kind_id(f->kind));
    wire_json_bool(j, "open", f->open);
    wire_json_bool(j, "coarse", f->coarse);
    recording_put(j, "cluster", f->cluster);
    recording_put(j, "from", f->from);
    recording_put(j, "to", f->to);
    if (f->old_timeline)
        wire_json_int(j, "old_timeline", f->old_timeline);
    if (f->new_timeline)
        wire_json_int(j, "new_timeline", f->new_timeline);
    put_at(j, "start_wall_us", f->start_wall_us);
    put_at(j, "end_wall_us", f->end_wall_us);
    recording_put(j, "summary", f->summary);
    phases = wire_json_add_array(j, "phases");
    for (int i = 0; i < f->nphases; i++)
        put_phase(phases, f, &f->phases[i]);
    put_outage(j, &f->outage);
}

void wire_failover_line(const struct failover *f, struct buf *out)
{
    struct wire_json *j = wire_json_object();
    wire_failover_json(j, f);
    recording_end(j, out);
}

/* ---- in. What was monotonic counts from the start's wall time. */

/* At least 0 and less than a year, else unknown: so that no sum below overflows. */
static int64_t get_span(const json_t *o, const char *key, int64_t unknown)
{
    int64_t v = wire_get_int(o, key, INT64_MIN, unknown);
    int64_t year = INT64_C(366) * 86400 * 1000000;
    return v > -year && v < year ? v : unknown;
}

static int64_t get_wall(const json_t *o, const char *key)
{
    int64_t v = wire_get_int(o, key, 0, 0);
    return recording_wall_sane(v) ? v : 0;
}

static void get_done(const json_t *j, const struct failover *f, struct failover_phase *p)
{
    int64_t uncertain = get_span(j, "uncertain_us", -1);
    p->wall_us = get_wall(j, "wall_us");
    p->mono_us = f->start_mono_us + get_span(j, "after_us", p->wall_us - f->start_wall_us);
    p->not_before_us = uncertain >= 0 ? p->mono_us - uncertain : 0;
}

static enum status get_phase(struct arena *a, const json_t *j, const struct failover *f,
                             struct failover_phase *p, struct err *e)
{
    if (!failover_phase_parse(json_string_value(json_object_get(j, "phase")), &p->id) ||
        !fo_state_parse(json_string_value(json_object_get(j, "state")), &p->state))
        return err_set(e, ST_INVALID, "a phase that is not known here");
    (void)recording_system(j, "source", &p->source);
    p->subject = wire_get_words(a, j, "subject");
    p->note = wire_get_words(a, j, "note");
    p->revision = wire_get_int(j, "revision", 0, 0);
    p->predicted_lo_us = get_span(j, "predicted_lo_us", -1);
    p->predicted_hi_us = get_span(j, "predicted_hi_us", -1);
    if (p->state == FO_DONE)
        get_done(j, f, p);
    return ST_OK;
}

static enum status get_phases(const json_t *j, struct failover *f, struct err *e)
{
    const json_t *list = json_object_get(j, "phases");
    size_t n = json_array_size(list);
    enum status st = ST_OK;
    if (n > MAX_PHASES)
        return err_set(e, ST_INVALID, "absurd: %zu phases", n);
    struct failover_phase *v = arena_array(&f->arena, n, struct failover_phase);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = get_phase(&f->arena, json_array_get(list, i), f, &v[i], e);
    f->nphases = (int)n;
    f->phases = v;
    return st;
}

static void get_outage(const json_t *j, struct failover *f)
{
    struct failover_outage *o = &f->outage;
    const json_t *p = json_object_get(j, "outage");
    if (!json_is_object(p))
        return;
    o->known = true;
    o->is_write = wire_get_flag(p, "write");
    o->route = wire_get_words(&f->arena, p, "route");
    o->longest_us = get_span(p, "longest_us", 0);
    o->total_us = get_span(p, "total_us", 0);
    o->from_wall_us = get_wall(p, "from_wall_us");
    o->to_wall_us = get_wall(p, "to_wall_us");
    int64_t failures = wire_get_int(p, "failures", 0, 0);
    o->failures = failures < INT32_MAX ? (int)failures : INT32_MAX;
    o->lost = wire_get_int(p, "lost", 0, -1);
    o->ghosts = wire_get_int(p, "ghosts", 0, -1);
}

static enum status read_failover(const json_t *j, struct failover *f, struct err *e)
{
    const char *type = json_string_value(json_object_get(j, "type"));
    if (!type || strcmp(type, "failover") != 0)
        return err_set(e, ST_INVALID, "it is not a failover");
    if (!failover_kind_parse(json_string_value(json_object_get(j, "kind")), &f->kind))
        return err_set(e, ST_INVALID, "a failover of a kind that is not known here");
    f->start_wall_us = f->start_mono_us = get_wall(j, "start_wall_us");
    if (!f->start_wall_us)
        return err_set(e, ST_INVALID, "the failover does not say when it began");
    f->end_wall_us = f->end_mono_us = get_wall(j, "end_wall_us");
    f->number = (uint64_t)wire_get_int(j, "number", 0, 0);
    f->open = wire_get_flag(j, "open");
    f->coarse = wire_get_flag(j, "coarse");
    f->cluster = wire_get_words(&f->arena, j, "cluster");
    f->from = wire_get_words(&f->arena, j, "from");
    f->to = wire_get_words(&f->arena, j, "to");
    f->old_timeline = wire_get_int(j, "old_timeline", 0, 0);
    f->new_timeline = wire_get_int(j, "new_timeline", 0, 0);
    f->summary = wire_get_words(&f->arena, j, "summary");
    get_outage(j, f);
    return get_phases(j, f, e);
}

enum status wire_failover_read(const char *line, size_t n, struct failover **out, struct err *e)
{
    json_t *j = recording_load(line, n, MAX_FAILOVER_VALUES, e);
    if (!j)
        return ST_INVALID;
    struct failover *f = failover_new();
    enum status st = read_failover(j, f, e);
    json_decref(j);
    if (st == ST_OK)
        *out = f;
    else
        failover_free(f);
    return st;
}
