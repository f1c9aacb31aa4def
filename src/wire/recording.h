/*
 * wire/recording.h (private): what the lines of recordings, events and failovers have in common.
 */
#ifndef PGDBA_WIRE_RECORDING_PRIVATE_H
#define PGDBA_WIRE_RECORDING_PRIVATE_H

#include "json.h"

#include "pgdba/base/buf.h"
#include "pgdba/model/observation.h"
#include "pgdba/wire/json_out.h"

/* "2026-11-21T03:12:00.123456Z" */
char *recording_time(char *out, int64_t wall_us);
bool recording_time_read(const char *s, int64_t *wall_us);
/* Between 2000 and 2200: what is not was edited. */
bool recording_wall_sane(int64_t wall_us);

/* The tree is the caller's; NULL: not one line of JSON with an object, or too long. */
json_t *recording_load(const char *line, size_t n, size_t max, struct err *e);
/* Left out when empty. */
void recording_put(struct wire_json *j, const char *key, const char *value);
bool recording_system(const json_t *o, const char *key, enum obs_system *out);
/* One line with its LF; frees j. */
void recording_end(struct wire_json *j, struct buf *out);

#endif
