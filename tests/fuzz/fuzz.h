/*
 * tests/fuzz/fuzz.h: what every target holds its parser to, beyond not crashing: a refusal says
 * why, in words that can be shown, and every text that comes out can be shown too.
 */
#ifndef PGDBA_TESTS_FUZZ_H
#define PGDBA_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/base/err.h"
#include "pgdba/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define FUZZ_CHECK(cond)                                                       \
    do {                                                                       \
        if (!(cond)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* NULL, or valid UTF-8 without a control character. */
static inline void fuzz_shown(const char *s)
{
    size_t n = s ? strlen(s) : 0;
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        size_t k = utf8_decode(s + i, n - i, &cp);
        FUZZ_CHECK(cp >= 0x20 && (cp < 0x7F || cp > 0x9F));
        FUZZ_CHECK(cp != 0xFFFD || k == 3); /* said in the text, not invalid bytes */
        i += k;
    }
}

/* As many bytes as were given, with nothing readable behind them. */
static inline char *fuzz_exact(const uint8_t *data, size_t n)
{
    char *s = malloc(n ? n : 1);
    if (!s)
        abort();
    if (n)
        memcpy(s, data, n);
    return s;
}

/* Whether st is a success; if not, *e must say why. Releases *e. */
static inline int fuzz_ended(enum status st, struct err *e)
{
    if (st != ST_OK) {
        FUZZ_CHECK(e->status == st && *err_text(e));
        fuzz_shown(err_text(e));
    }
    err_release(e);
    return st == ST_OK;
}

#endif
