/*
 * wire/audit.h: the audit log read back. Pure.
 */
#ifndef PGDBA_WIRE_AUDIT_H
#define PGDBA_WIRE_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "pgdba/model/audit.h"
#include "pgdba/model/facts.h"

/* Whole lines; one that is cut off or was edited is counted as broken. At most the first 100,000.
 * cut: s begins somewhere within the log, so that what is before its first newline is left out.
 * -> struct audit_lines */
struct facts *wire_audit_read(const char *s, size_t n, bool cut);

struct wire_json;
/* The entry's fields into an object, as the log has them. */
void wire_audit_json(struct wire_json *j, const struct audit_entry *e);

#endif
