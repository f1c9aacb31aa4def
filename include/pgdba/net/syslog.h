/*
 * net/syslog.h: one line to the machine's syslog, as a datagram of our own: syslog(3) waits for a
 * daemon that does not read, and for ever.
 */
#ifndef PGDBA_NET_SYSLOG_H
#define PGDBA_NET_SYSLOG_H

#include "pgdba/base/clock.h"
#include "pgdba/base/err.h"

#define NET_SYSLOG "/dev/log"

/* Facility authpriv, for it says who did what from where, which not everybody is to read; severity
 * notice. Never waits: a daemon that is not there, or whose queue is full, is ST_IO, and says so.
 * text is one line. */
enum status net_syslog(const char *path, const struct clock *clock, const char *text,
                       struct err *e);

#endif
