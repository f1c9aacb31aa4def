#include "files.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/path.h"
#include "yaml_doc.h"

char *config_etc(const char *name)
{
    const char *dir = getenv("PGDBA_ETC");

    return path_join(dir && *dir ? dir : "/etc/pgdba", name);
}

enum status config_read(const char *path, struct buf *out, struct err *e)
{
    buf_init(out);
    return path_read(path, DOC_MAX_BYTES, out, e);
}

void config_wipe(struct buf *b)
{
    explicit_bzero(b->s, b->len);
    buf_release(b);
}
