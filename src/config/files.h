/* config/files.h: which files belong to config/, and what every reader does. Private to config/. */
#ifndef PGDBA_SRC_CONFIG_FILES_H
#define PGDBA_SRC_CONFIG_FILES_H

#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"

/* /etc/pgdba/NAME; $PGDBA_ETC replaces the directory, for tests. malloc'ed. */
char *config_etc(const char *name);
/* path_read() with the limit of a configuration; out is initialised and empty before, and stays to
 * be released with config_wipe() also on an error. */
enum status config_read(const char *path, struct buf *out, struct err *e);
/* For what may have held a password. */
void config_wipe(struct buf *b);

#endif
