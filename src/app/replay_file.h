/*
 * replay_file.h: a recording on disk: its header, and where each observation stands and when it is
 * due. Bodies are read when they are wanted. Private to app/.
 */
#ifndef PGDBA_APP_REPLAY_FILE_H
#define PGDBA_APP_REPLAY_FILE_H

#include "pgdba/base/err.h"
#include "pgdba/model/facts.h"
#include "pgdba/wire/recording.h"

struct replay_file {
    int fd;
    char *path;
    struct facts *header_facts;
    const struct recording_header *header;
    int count, room; /* observations that are sound, as far as is known */
    struct replay_mark {
        int64_t due_us; /* since the beginning; never less than the one before, nor than 0 */
        int64_t at;     /* byte; count + 1 of them: the last is the end */
    } * mark;
    char *broken; /* "stops at line 812: …"; NULL sound to the end */
};

/* ST_INVALID: not a recording, or none of this format. What is wrong further on only ends it. */
enum status replay_file_open(const char *path, struct replay_file *f, struct err *e);
void replay_file_release(struct replay_file *f);
/* The i-th: struct observation, as wire_recording_read_line() gives it. NULL: it is not sound, and
 * the recording ends before it from now on. */
struct facts *replay_file_read(struct replay_file *f, int i);
int64_t replay_file_length(const struct replay_file *f); /* µs */

#endif
