#include "pgdba/model/dynamic.h"

#include <stddef.h>
#include <string.h>

const struct dyn_setting *dyn_find(const struct dyn_settings *s, const char *path)
{
    for (int low = 0, high = s->n; low < high;) {
        int mid = (low + high) / 2, c = strcmp(s->v[mid].path, path);
        if (c == 0)
            return &s->v[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}
