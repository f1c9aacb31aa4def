/*
 * wire/recording.h: recordings, kept events and kept failovers as lines of JSON. Pure.
 *
 * A recording is a header line, then one observation a line, in the order they came. Format:
 *   {"pgdba-recording":1,"cluster":"lab","program":"0.3.0","started":"2026-11-21T03:12:00.123456Z",
 *    "config":{…what a replay needs: bouncers, haproxies with where they write and which member a
 *    server is, the ways of applications, prefix, refresh…}}. What an older program wrote lacks
 * some of it, what a newer one writes more is passed over.
 *   {"t":123456,"wall":1763694720123456,"kind":"patroni.health","target":"pg1","endpoint":"…",
 *    "latency":1234,"outcome":"answered","status":200,"detail":"","date":"…","body":"…"}
 * t is monotonic µs since the header's moment, always first, and negative for what was known before
 * the recording began. A body that is not UTF-8 goes as "body64". Fields
 * that are empty are left out. Secrets never get here: bodies of Patroni's /config and of the key
 * "config" have values of keys named *password*, *passfile*-like secrets and conninfo passwords
 * replaced by "***" by wire_redact().
 */
#ifndef PGDBA_WIRE_RECORDING_H
#define PGDBA_WIRE_RECORDING_H

#include <stddef.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/event.h"
#include "pgdba/model/facts.h"
#include "pgdba/model/failover.h"

enum { RECORDING_FORMAT = 1, RECORDING_LINE_MAX = 16 << 20 }; /* bytes a line */

struct recording_header {
    int format;
    const char *cluster, *program, *scope; /* scope: Patroni's, NULL unknown */
    int64_t start_wall_us;
    int64_t refresh_us;
    const char *etcd_prefix; /* "/service/demo/", NULL: no etcd */
    int nbouncers;
    const char *const *bouncers; /* names */
    int nhaproxies;
    const struct recording_haproxy {
        const char *name, *write_backend, *socket; /* NULL */
        int nwrite_addresses;
        const char *const *write_addresses;
        int nservers;
        const struct ha_server_name *servers;
    } * haproxies;
    int nroutes; /* of applications; without what a conninfo says beside the place */
    const struct app_route *routes;
    int nendpoints;
    const char *const *endpoints; /* etcd URLs */
    const char *note;             /* what it shows: for demo; "" */
};

/* One line each, with its LF. base_mono_us: monotonic time of the header. */
void wire_recording_header(const struct recording_header *h, struct buf *out);
void wire_recording_line(const struct observation *o, int64_t base_mono_us, struct buf *out);
/* ST_INVALID says what is wrong: not a recording, a format of a newer program. */
enum status wire_recording_read_header(const char *line, size_t n, struct facts **out,
                                       struct err *e); /* struct recording_header */
/* mono_us of the observation is its time since the header. */
enum status wire_recording_read_line(const char *line, size_t n, struct facts **out,
                                     struct err *e); /* struct observation */

/* The same text with passwords replaced. JSON (any depth), and conninfos and URLs within strings.
 */
void wire_redact(const char *body, size_t n, struct buf *out);

/* Kept on disk, one a line; wall times only (monotonic ones mean nothing later: mono_us is read
 * back as wall time). */
void wire_event_line(const struct event *ev, struct buf *out);
enum status wire_event_read(const char *line, size_t n, struct facts **out,
                            struct err *e); /* struct event */
void wire_failover_line(const struct failover *f, struct buf *out);
enum status wire_failover_read(const char *line, size_t n, struct failover **out, struct err *e);
/* The same into an object of a larger document. */
struct wire_json;
void wire_event_json(struct wire_json *j, const struct event *ev);
void wire_failover_json(struct wire_json *j, const struct failover *f);

#endif
