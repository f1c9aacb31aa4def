/*
 * model/names.h: an enumeration's words as a table, and back: for the files of model/.
 */
#ifndef PGDBA_MODEL_NAMES_H
#define PGDBA_MODEL_NAMES_H

#include <stdbool.h>

#define NAME_OF(table, i) \
    ((unsigned)(i) < sizeof(table) / sizeof *(table) && (table)[i] ? (table)[i] : "?")

/* out points to an enumeration; only written when the name is there. */
#define NAME_PARSE(table, name, out)                                                   \
    __extension__({                                                                    \
        int at_ = name_index((table), (int)(sizeof(table) / sizeof *(table)), (name)); \
        if (at_ >= 0)                                                                  \
            *(out) = (__typeof__(*(out)))at_;                                          \
        at_ >= 0;                                                                      \
    })

/* Where name stands in the table, -1 nowhere; name may be NULL. */
int name_index(const char *const *table, int n, const char *name);

#endif
