#include "term_keys.h"

#include <stdio.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/utf8.h"

void term_key_named(struct key *k, const char *name, const char *bytes)
{
    snprintf(k->name, sizeof k->name, "%s", name);
    k->len = (int)strlen(bytes);
    memcpy(k->bytes, bytes, (size_t)k->len);
}

static void put_bytes(struct key *k, const char *lead, uint32_t cp)
{
    struct buf b;
    buf_init(&b);
    buf_puts(&b, lead);
    if (cp == 0)
        buf_putc(&b, 0);
    else
        utf8_append(&b, cp);
    k->len = (int)b.len;
    memcpy(k->bytes, b.s, b.len);
    buf_release(&b);
}

static const char *control_name(uint32_t cp)
{
    switch (cp) {
    case 0:
        return "C-Space";
    case 8:
    case 127:
        return "Backspace";
    case 9:
        return "Tab";
    case 13:
        return "Enter";
    case 27:
        return "Esc";
    case 32:
        return "Space";
    default:
        return NULL;
    }
}

void term_key_char(struct key *k, uint32_t cp, bool alt)
{
    const char *name = control_name(cp);
    const char *lead = alt ? "M-" : "";
    put_bytes(k, alt ? "\033" : "", cp);
    if (name)
        snprintf(k->name, sizeof k->name, "%s%s", lead, name);
    else if (cp < 32)
        snprintf(k->name, sizeof k->name, "%sC-%c", lead, (int)cp + (cp < 27 ? 96 : 64));
    else
        snprintf(k->name, sizeof k->name, "%s%.*s", lead, k->len - alt, k->bytes + alt);
}

void term_key_paste(struct key *k, uint32_t cp)
{
    snprintf(k->name, sizeof k->name, "Paste");
    put_bytes(k, "", cp == 13 ? 10 : cp);
}
