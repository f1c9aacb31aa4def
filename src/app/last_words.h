/*
 * last_words.h: the last thing that each source said of each target, as it came: a recording that
 * begins in the middle begins with these, so that its picture is whole at once. Private to app/.
 *
 * What is polled is kept word for word. Of etcd's keys only who said it and when: the keys
 * themselves are in the store (a range and a day of changes would be without bound).
 */
#ifndef PGDBA_APP_LAST_WORDS_H
#define PGDBA_APP_LAST_WORDS_H

#include "pgdba/model/observation.h"

struct last_words;

struct last_words *last_words_new(void);
void last_words_free(struct last_words *w); /* NULL is allowed */
void last_words_keep(struct last_words *w, const struct observation *o);
/* In the order in which they were said. Of a range of etcd's the body is NULL. */
void last_words_each(const struct last_words *w, void (*fn)(void *arg, const struct observation *o),
                     void *arg);

#endif
