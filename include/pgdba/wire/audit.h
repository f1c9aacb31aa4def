/*
 * wire/audit.h: the audit log read back. Pure.
 */
#ifndef PGDBA_WIRE_AUDIT_H
#define PGDBA_WIRE_AUDIT_H

#include <stddef.h>

#include "pgdba/model/audit.h"
#include "pgdba/model/facts.h"

/* Whole lines; one that is cut off or was edited is counted as broken. At most the first 100,000.
 * -> struct audit_lines */
struct facts *wire_audit_read(const char *s, size_t n);

#endif
