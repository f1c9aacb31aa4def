/*
 * Names of keys, and what readline wants to see for them. The codes are ncurses'; this file's table
 * has them as numbers filled by term.c, which alone knows ncurses.
 */
#ifndef PGDBA_CONSOLE_TERM_KEYS_H
#define PGDBA_CONSOLE_TERM_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/console/term.h"

/* A character as it came (alt: preceded by ESC). */
void term_key_char(struct key *k, uint32_t cp, bool alt);
/* A named key with its escape sequence ("" when readline has no use for it). */
void term_key_named(struct key *k, const char *name, const char *bytes);
/* A character of pasted text: never acts as a key. */
void term_key_paste(struct key *k, uint32_t cp);

#endif
