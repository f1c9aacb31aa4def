/* config/policy_file.h: files whose word counts for everybody. Private to config/. */
#ifndef PGDBA_SRC_CONFIG_POLICY_FILE_H
#define PGDBA_SRC_CONFIG_POLICY_FILE_H

#include <sys/types.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"

/* The text of a regular file that only owner can write, in a directory of which the same is true.
 * ST_NOT_FOUND: there is none. Everything else that is not well says so, with the cure. out is
 * initialised in any case. */
enum status policy_file_read(const char *path, uid_t owner, struct buf *out, struct err *e);

/* Whether path is such a file, without reading it. */
enum status policy_file_check(const char *path, uid_t owner, struct err *e);

#endif
