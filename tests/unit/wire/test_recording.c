/* wire/recording: lines there and back, what was edited or cut off, and no secret in any of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/base/clock.h"
#include "pgdba/wire/etcd.h"
#include "pgdba/wire/recording.h"

#define WALL (INT64_C(1763694720) * USEC_PER_SEC + 123456) /* 2025-11-21T03:12:00.123456Z */

static struct observation health(void)
{
    static const char body[] = "{\"state\":\"running\",\n\"x\":\"\\u00e4 \"}";
    return (struct observation){.kind = OBS_PATRONI_HEALTH,
                                .target = "pg1",
                                .endpoint = "http://127.0.0.1:8008/health",
                                .wall_us = WALL,
                                .mono_us = 5000123,
                                .latency_us = 1234,
                                .outcome = OBS_ANSWERED,
                                .http_status = 503,
                                .detail = "said \"no\"",
                                .body = body,
                                .body_len = sizeof body - 1,
                                .date = "Fri, 21 Nov 2025 03:12:00 GMT"};
}

static struct facts *through(const struct observation *o, int64_t base)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    struct buf b;
    buf_init(&b);
    wire_recording_line(o, base, &b);
    assert_int_equal(b.s[b.len - 1], '\n');
    assert_ptr_equal(strchr(b.s, '\n'), b.s + b.len - 1); /* one line */
    if (wire_recording_read_line(b.s, b.len, &f, &e) != ST_OK)
        fail_msg("%s: %s", err_text(&e), b.s);
    buf_release(&b);
    return f;
}

static void an_observation_there_and_back(void **state)
{
    (void)state;
    struct observation in = health();
    struct facts *f = through(&in, 5000000);
    const struct observation *o = f->root;
    assert_int_equal(o->mono_us, 123);
    assert_int_equal(o->wall_us, WALL);
    assert_int_equal(o->kind, OBS_PATRONI_HEALTH);
    assert_int_equal(o->outcome, OBS_ANSWERED);
    assert_int_equal(o->http_status, 503);
    assert_int_equal(o->latency_us, 1234);
    assert_string_equal(o->target, "pg1");
    assert_string_equal(o->endpoint, in.endpoint);
    assert_string_equal(o->detail, in.detail);
    assert_string_equal(o->date, in.date);
    assert_int_equal(o->body_len, in.body_len);
    assert_string_equal(o->body, in.body);
    facts_unref(f);
}

static void every_kind_and_outcome_and_what_came_before(void **state)
{
    (void)state;
    for (int k = 0; k < OBS_KIND_COUNT; k++) {
        for (int oc = OBS_ANSWERED; oc < OBS_OUTCOME_COUNT; oc++) {
            struct observation in = health();
            in.kind = (enum obs_kind)k;
            in.outcome = (enum obs_outcome)oc;
            in.body = NULL;
            in.body_len = 0;
            struct facts *f = through(&in, in.mono_us + 700);
            const struct observation *o = f->root;
            assert_int_equal(o->kind, k);
            assert_int_equal(o->outcome, oc);
            assert_int_equal(o->mono_us, -700);
            assert_null(o->body);
            facts_unref(f);
        }
    }
}

static void bytes_that_are_no_text(void **state)
{
    (void)state;
    static const char bytes[] = "\xff\0\x80x";
    struct observation in = health();
    in.body = bytes;
    in.body_len = sizeof bytes - 1;
    in.detail = "\xff\033[2J";
    struct facts *f = through(&in, 0);
    const struct observation *o = f->root;
    assert_int_equal(o->body_len, in.body_len);
    assert_memory_equal(o->body, bytes, in.body_len);
    assert_null(strchr(o->detail, '\033')); /* it would reach the terminal */
    facts_unref(f);
    in.body = "a\0b"; /* text with a NUL, and an empty one, are not the same as none */
    in.body_len = 3;
    f = through(&in, 0);
    o = f->root;
    assert_int_equal(o->body_len, 3);
    assert_memory_equal(o->body, "a\0b", 4);
    facts_unref(f);
    in.body_len = 0;
    f = through(&in, 0);
    o = f->root;
    assert_non_null(o->body);
    assert_int_equal(o->body_len, 0);
    facts_unref(f);
}

static void a_body_that_is_too_large_is_said_to_be(void **state)
{
    (void)state;
    struct observation in = health();
    char *big = malloc(RECORDING_LINE_MAX);
    assert_non_null(big);
    memset(big, 'x', RECORDING_LINE_MAX);
    in.body = big;
    in.body_len = RECORDING_LINE_MAX;
    struct facts *f = through(&in, 0);
    const struct observation *o = f->root;
    assert_int_equal(o->outcome, OBS_GARBLED);
    assert_string_equal(o->detail, "too large for the recording");
    assert_null(o->body);
    facts_unref(f);
    free(big);
}

static void refused_line(const char *line, const char *why)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (wire_recording_read_line(line, strlen(line), &f, &e) != ST_INVALID)
        fail_msg("read: %s", line);
    assert_null(f);
    if (!strstr(err_text(&e), why))
        fail_msg("%s: said \"%s\", not \"%s\"", line, err_text(&e), why);
    err_release(&e);
}

#define LINE(rest) "{\"t\":1,\"wall\":1763694720123456,\"kind\":\"patroni.health\"" rest

static void lines_that_were_edited(void **state)
{
    (void)state;
    refused_line("", "empty");
    refused_line("\n", "empty");
    refused_line("[]", "expected an object");
    refused_line("{\"wall\":1763694720123456}", "when");
    refused_line("{\"t\":\"1\",\"wall\":1763694720123456}", "when");
    refused_line("{\"t\":1,\"wall\":12}", "absurd");
    refused_line("{\"t\":9223372036854775807,\"wall\":1763694720123456}", "absurd");
    refused_line("{\"t\":1,\"wall\":1763694720123456,\"kind\":\"patroni.wealth\"}", "kind");
    refused_line(LINE("}"), "outcome");
    refused_line(LINE(",\"outcome\":\"never\"}"), "outcome");
    refused_line(LINE(",\"outcome\":\"answered\",\"body\":{}}"), "body");
    refused_line(LINE(",\"outcome\":\"answered\",\"body64\":\"***\"}"), "base64");
    refused_line(LINE(",\"outcome\":\"answered\",\"body\":\"\",\"body64\":\"\"}"), "body");
    refused_line(LINE(",\"outcome\":\"answered\",\"body\":\"cut"), "cut off");
}

static void a_line_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct observation in = health();
    struct buf b;
    buf_init(&b);
    wire_recording_line(&in, 0, &b);
    for (size_t n = 0; n < b.len - 1; n++) {
        struct err e = ERR_INIT;
        struct facts *f = NULL;
        assert_int_equal(wire_recording_read_line(b.s, n, &f, &e), ST_INVALID);
        assert_true(*err_text(&e));
        err_release(&e);
    }
    buf_release(&b);
}

/* ---- the header */

static void a_header_there_and_back(void **state)
{
    (void)state;
    static const char *const bouncers[] = {"pgb1", "pgb2"};
    static const char *const endpoints[] = {"https://user:sesame@10.0.0.1:2379"};
    static const char *const writes[] = {"10.0.0.5:5000", "db-rw.example:5000"};
    static const struct ha_server_name servers[] = {{"db-a", "pg1"}};
    static const struct recording_haproxy haproxies[] = {
        {.name = "ha1",
         .write_backend = "primary",
         .nwrite_addresses = 2,
         .write_addresses = writes},
        {.name = "ha2", .socket = "/run/haproxy.sock", .nservers = 1, .servers = servers}};
    static const struct app_place places[] = {{"db-rw.example", 5000}, {"", 5432}};
    static const struct app_route routes[] = {
        {.name = "web", .nplaces = 2, .places = places, .wants = ROUTE_WANTS_PRIMARY},
        {.name = "none", .database = "app"}};
    struct recording_header in = {.format = RECORDING_FORMAT,
                                  .cluster = "lab",
                                  .program = "0.3.0",
                                  .start_wall_us = WALL,
                                  .refresh_us = 500000,
                                  .etcd_prefix = "/service/demo/",
                                  .nbouncers = 2,
                                  .bouncers = bouncers,
                                  .nhaproxies = 2,
                                  .haproxies = haproxies,
                                  .nroutes = 2,
                                  .routes = routes,
                                  .nendpoints = 1,
                                  .endpoints = endpoints,
                                  .note = "a crash failover"};
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    struct buf b;
    buf_init(&b);
    wire_recording_header(&in, &b);
    assert_null(strstr(b.s, "sesame"));
    assert_non_null(strstr(b.s, "\"started\":\"2025-11-21T03:12:00.123456Z\""));
    if (wire_recording_read_header(b.s, b.len, &f, &e) != ST_OK)
        fail_msg("%s", err_text(&e));
    const struct recording_header *h = f->root;
    assert_int_equal(h->format, RECORDING_FORMAT);
    assert_string_equal(h->cluster, "lab");
    assert_string_equal(h->program, "0.3.0");
    assert_null(h->scope);
    assert_int_equal(h->start_wall_us, WALL);
    assert_int_equal(h->refresh_us, 500000);
    assert_string_equal(h->etcd_prefix, "/service/demo/");
    assert_int_equal(h->nbouncers, 2);
    assert_string_equal(h->bouncers[1], "pgb2");
    assert_int_equal(h->nhaproxies, 2);
    assert_string_equal(h->haproxies[0].write_backend, "primary");
    assert_null(h->haproxies[1].write_backend);
    assert_int_equal(h->haproxies[0].nwrite_addresses, 2);
    assert_string_equal(h->haproxies[0].write_addresses[1], "db-rw.example:5000");
    assert_null(h->haproxies[0].socket);
    assert_string_equal(h->haproxies[1].socket, "/run/haproxy.sock");
    assert_int_equal(h->haproxies[1].nservers, 1);
    assert_string_equal(h->haproxies[1].servers[0].server, "db-a");
    assert_string_equal(h->haproxies[1].servers[0].member, "pg1");
    assert_int_equal(h->nroutes, 2);
    assert_string_equal(h->routes[0].name, "web");
    assert_null(h->routes[0].database);
    assert_int_equal(h->routes[0].wants, ROUTE_WANTS_PRIMARY);
    assert_int_equal(h->routes[0].nplaces, 2);
    assert_string_equal(h->routes[0].places[0].host, "db-rw.example");
    assert_int_equal(h->routes[0].places[0].port, 5000);
    assert_string_equal(h->routes[0].places[1].host, "");
    assert_string_equal(h->routes[1].database, "app");
    assert_int_equal(h->routes[1].wants, ROUTE_WANTS_ANY);
    assert_int_equal(h->routes[1].nplaces, 0);
    assert_string_equal(h->endpoints[0], "https://user:***@10.0.0.1:2379");
    assert_string_equal(h->note, "a crash failover");
    facts_unref(f);
    buf_release(&b);
}

static void refused_header(const char *line, const char *why)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (wire_recording_read_header(line, strlen(line), &f, &e) != ST_INVALID)
        fail_msg("read: %s", line);
    if (!strstr(err_text(&e), why))
        fail_msg("%s: said \"%s\", not \"%s\"", line, err_text(&e), why);
    err_release(&e);
}

#define HEAD "{\"pgdba-recording\":1,\"cluster\":\"c\""

#define STARTED ",\"started\":\"2025-11-21T03:12:00Z\""

/* Before there were routes in it; and by a program that knows more than this one. */
static void headers_of_other_versions(void **state)
{
    static const char old[] =
        HEAD STARTED ",\"config\":{\"haproxies\":[{\"name\":\"ha1\"}],\"bouncers\":[\"pgb1\"]}}";
    static const char new[] = HEAD STARTED
        ",\"config\":{\"haproxies\":[{\"name\":\"ha1\",\"more\":[1]}],\"routes\":[{\"name\":\"w\","
        "\"wants\":\"whatever\",\"places\":[{\"host\":\"h\",\"more\":{}}]}],\"more\":{\"a\":1}}}";
    static const char *const lines[] = {old, new};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct err e = ERR_INIT;
        struct facts *f = NULL;
        if (wire_recording_read_header(lines[i], strlen(lines[i]), &f, &e) != ST_OK)
            fail_msg("%s: %s", err_text(&e), lines[i]);
        const struct recording_header *h = f->root;
        assert_int_equal(h->nhaproxies, 1);
        assert_int_equal(h->haproxies[0].nwrite_addresses, 0);
        assert_int_equal(h->nroutes, i);
        if (i == 1) {
            assert_int_equal(h->routes[0].wants, ROUTE_WANTS_ANY);
            assert_int_equal(h->routes[0].places[0].port, 0);
        }
        facts_unref(f);
    }
}

static void headers_that_are_none(void **state)
{
    (void)state;
    refused_header("#!/bin/sh\n", "not the header of a recording");
    refused_header("{\"t\":1}", "not the header of a recording");
    refused_header("{\"pgdba-recording\":2,\"program\":\"9.1\"}", "format 2, by pgdba 9.1");
    refused_header("{\"pgdba-recording\":1}", "no cluster");
    refused_header(HEAD "}", "started");
    refused_header(HEAD ",\"started\":\"1969-01-01T00:00:00Z\"}", "started");
    refused_header(HEAD ",\"started\":\"2025-11-21T03:12:00\"}", "started");
    refused_header(HEAD ",\"started\":\"2025-11-21T03:12:00Z\",\"config\":{\"bouncers\":3}}",
                   "bouncers");
    refused_header(HEAD ",\"started\":\"2025-11-21T03:12:00Z\",\"config\":{\"haproxies\":[{}]}}",
                   "no name");
    refused_header(HEAD STARTED ",\"config\":{\"routes\":[{}]}}", "\"routes\" has no name");
    refused_header(HEAD STARTED ",\"config\":{\"routes\":{}}}", "\"routes\" is not a list");
    refused_header(HEAD STARTED ",\"config\":{\"routes\":[{\"name\":\"w\",\"places\":3}]}}",
                   "\"places\" is not a list");
    refused_header(HEAD STARTED ",\"config\":{\"haproxies\":[{\"name\":\"h\",\"servers\":[{}]}]}}",
                   "does not name both");
    refused_header(HEAD STARTED
                   ",\"config\":{\"haproxies\":[{\"name\":\"h\",\"write_addresses\":[3]}]}}",
                   "\"write_addresses\" is not a name");
}

/* ---- secrets */

static void redacts(const char *in, const char *expected)
{
    struct buf b;
    buf_init(&b);
    wire_redact(in, strlen(in), &b);
    assert_string_equal(b.s, expected);
    buf_release(&b);
}

static void stays(const char *text)
{
    redacts(text, text);
}

static void passwords_in_json(void **state)
{
    (void)state;
    redacts("{\"a\":{\"Password\":\"s e\\\"same\",\"n\":[{\"ldapbindpasswd\":1}]},\"ttl\":30}",
            "{\"a\":{\"Password\":\"***\",\"n\":[{\"ldapbindpasswd\":\"***\"}]},\"ttl\":30}");
    redacts("{\"secrets\":{\"x\":\"y\",\"z\":[\"q\",null,true]},\"bypass\":1}",
            "{\"secrets\":{\"x\":\"***\",\"z\":[\"***\",null,true]},\"bypass\":1}");
    redacts("{\"parameters\":{\"primary_conninfo\":\"host=a user=b password='x \\\\' y' port=1\"}}",
            "{\"parameters\":{\"primary_conninfo\":\"host=a user=b password='***' port=1\"}}");
    redacts("{\"restore_command\":\"AWS_SECRET_ACCESS_KEY=abc/def aws s3 cp %f\"}",
            "{\"restore_command\":\"AWS_SECRET_ACCESS_KEY=*** aws s3 cp %f\"}");
    redacts("{\"conn_url\":\"postgres://u:p%40w@h:5432/postgres\"}",
            "{\"conn_url\":\"postgres://u:***@h:5432/postgres\"}");
    redacts("{\"p\\u0061ssword\":\"x\"}", "{\"password\":\"***\"}");
    redacts("{\"columns\":[\"name\",\"passwd\"],\"rows\":[[\"a\",\"b\"]],\"tag\":\"\"}",
            "{\"columns\":[\"name\",\"passwd\"],\"rows\":[[\"a\",\"***\"]],\"tag\":\"\"}");
    stays("{\"loop_wait\": 10,  \"password_encryption\": \"scram-sha-256\"}"); /* to the blank */
    stays("{\"password\":null,\"require_password\":true}");
    stays("{\"api_url\":\"http://127.0.0.1:8008/patroni\",\"x\":\"a@b\"}");
}

static void passwords_in_text(void **state)
{
    (void)state;
    redacts("host=a password=b\\ c user=d", "host=a password=*** user=d");
    redacts("password = 'a b' x", "password = '***' x");
    redacts("password=''", "password='***'");
    redacts("password='' user=a", "password='***' user=a");
    redacts("x = 'host=a password=''it is'' port=1'", "x = 'host=a password=''***'' port=1'");
    redacts("password=ab'c d", "password=*** d");
    redacts("password='open", "password='***'");
    redacts("curl --password sesame --token=x http://h",
            "curl --password *** --token=*** http://h");
    redacts("Authorization: Basic abcd==\nHost: x", "Authorization: ***\nHost: x");
    redacts("http://u:p@h/ http://h:8008/x@y", "http://u:***@h/ http://h:8008/x@y");
    redacts("postgres://u:p/w?x@h1,h2/db", "postgres://u:***@h1,h2/db");
    redacts("postgres://u:a@b@h/db?sslmode=require&sslpassword=x",
            "postgres://u:***@h/db?sslmode=require&sslpassword=***");
    /* JSON that was cut off */
    redacts("{\"a\":\"password=\\\"x y\\\" b\",\"password\": \"c d\", \"e",
            "{\"a\":\"password=\\\"***\\\" b\",\"password\": \"***\", \"e");
    stays("FATAL:  password authentication failed for user \"x\"");
    stays("fe_sendauth: no password supplied");
}

static void put64(struct buf *out, const char *s, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = 0;
        size_t have = n - i < 3 ? n - i : 3;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (k < have ? (unsigned char)s[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            buf_add(out, k <= have ? &digits[v >> (18 - 6 * k) & 63] : "=", 1);
    }
}

static void put_kv(struct buf *b, const char *key, const char *value)
{
    buf_puts(b, "{\"key\":\"");
    put64(b, key, strlen(key));
    buf_puts(b, "\",\"mod_revision\":\"7\",\"value\":\"");
    put64(b, value, strlen(value));
    buf_puts(b, "\"}");
}

static const char config[] =
    "{\"ttl\":30,\"postgresql\":{\"authentication\":{\"password\":\"sesame\"}}}";
static const char config_without[] =
    "{\"ttl\":30,\"postgresql\":{\"authentication\":{\"password\":\"***\"}}}";
static const char member[] =
    "{\"conn_url\":\"postgres://u:sesame@h:1/postgres\",\"state\":\"running\"}";

/* No secret, in clear or in base64 at any of its three offsets. */
static void holds_no_sesame(const char *line)
{
    static const char *const forms[] = {"sesame", "c2VzYW1l", "Nlc2Ft", "zZXNhb"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strstr(line, forms[i]))
            fail_msg("\"%s\" is in %s", forms[i], line);
}

static void passwords_in_etcd(void **state)
{
    (void)state;
    struct observation o = health();
    struct facts *f, *range = NULL;
    struct buf body, line;
    buf_init(&body);
    buf_init(&line);
    buf_puts(&body, "{\"header\":{\"revision\":\"9\"},\"kvs\":[");
    put_kv(&body, "/service/demo/config", config);
    buf_putc(&body, ',');
    put_kv(&body, "/service/demo/leader", "pg1");
    buf_putc(&body, ',');
    put_kv(&body, "/service/demo/members/pg1", member);
    buf_puts(&body, "]}");
    o.kind = OBS_ETCD_RANGE;
    o.body = body.s;
    o.body_len = body.len;
    wire_recording_line(&o, 0, &line);
    holds_no_sesame(line.s);
    f = through(&o, 0);
    const struct observation *in = f->root;
    assert_int_equal(wire_etcd_range(in->body, in->body_len, &range, NULL), ST_OK);
    const struct etcd_range *r = range->root;
    assert_int_equal(r->n, 3);
    assert_string_equal(r->kv[0].value, config_without);
    assert_string_equal(r->kv[1].value, "pg1");
    assert_string_equal(r->kv[2].value,
                        "{\"conn_url\":\"postgres://u:***@h:1/postgres\",\"state\":\"running\"}");
    facts_unref(range);
    facts_unref(f);
    buf_release(&line);
    buf_release(&body);
}

static void passwords_in_a_watch(void **state)
{
    (void)state;
    struct observation o = health();
    struct buf body, line;
    buf_init(&body);
    buf_init(&line);
    buf_puts(&body, "{\"result\":{\"header\":{\"revision\":\"9\"},\"events\":[{\"kv\":");
    put_kv(&body, "/service/demo/config", config);
    buf_puts(&body, ",\"prev_kv\":");
    put_kv(&body, "/service/demo/config", config);
    buf_puts(&body, "}]}}");
    o.kind = OBS_ETCD_WATCH;
    o.body = body.s;
    o.body_len = body.len;
    wire_recording_line(&o, 0, &line);
    holds_no_sesame(line.s);
    assert_non_null(strstr(line.s, "prev_kv"));
    buf_clear(&line);
    o.body_len -= 4; /* cut off: nobody can tell what is in it */
    wire_recording_line(&o, 0, &line);
    holds_no_sesame(line.s);
    assert_non_null(strstr(line.s, "not kept"));
    buf_release(&line);
    buf_release(&body);
}

/* ---- events and failovers */

static void an_event_there_and_back(void **state)
{
    (void)state;
    struct event in = {.seq = 12,
                       .mono_us = 900,
                       .wall_us = WALL,
                       .not_before_us = 400,
                       .kind = EV_LOCK_TAKEN,
                       .source = SYS_ETCD,
                       .grade = HEALTH_DEGRADED,
                       .subject = "pg2",
                       .old = "pg1",
                       .now = "pg2",
                       .text = "pg2 took the leader lock",
                       .evidence = "",
                       .revision = 412};
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    struct buf b;
    buf_init(&b);
    wire_event_line(&in, &b);
    assert_string_equal(b.s, "{\"type\":\"event\",\"seq\":12,\"wall_us\":1763694720123456,"
                             "\"at\":\"2025-11-21T03:12:00.123456Z\",\"kind\":\"lock-taken\","
                             "\"source\":\"etcd\",\"grade\":\"degraded\",\"subject\":\"pg2\","
                             "\"old\":\"pg1\",\"now\":\"pg2\","
                             "\"text\":\"pg2 took the leader lock\",\"revision\":412,"
                             "\"uncertain_us\":500}\n");
    if (wire_event_read(b.s, b.len, &f, &e) != ST_OK)
        fail_msg("%s", err_text(&e));
    const struct event *ev = f->root;
    assert_int_equal(ev->wall_us, WALL);
    assert_int_equal(ev->mono_us, WALL);
    assert_int_equal(ev->not_before_us, WALL - 500);
    assert_int_equal(ev->kind, EV_LOCK_TAKEN);
    assert_int_equal(ev->source, SYS_ETCD);
    assert_int_equal(ev->grade, HEALTH_DEGRADED);
    assert_string_equal(ev->subject, "pg2");
    assert_string_equal(ev->text, in.text);
    assert_string_equal(ev->evidence, "");
    assert_int_equal(ev->revision, 412);
    facts_unref(f);
    for (size_t n = 0; n < b.len - 1; n++)
        assert_int_equal(wire_event_read(b.s, n, &f, NULL), ST_INVALID);
    buf_release(&b);
}

static const struct failover_phase phases[] = {
    {.id = FP_LOCK_GONE,
     .subject = "",
     .state = FO_DONE,
     .mono_us = 18400900,
     .wall_us = WALL + 18400000,
     .not_before_us = 18400900,
     .source = SYS_ETCD,
     .predicted_lo_us = 1,
     .predicted_hi_us = 2,
     .note = "the lease ran out",
     .revision = 410},
    {.id = FP_HAPROXY,
     .subject = "ha1",
     .state = FO_SKIPPED,
     .predicted_lo_us = -1,
     .predicted_hi_us = -1,
     .note = "not configured"},
};

static void a_failover_there_and_back(void **state)
{
    (void)state;
    struct failover in = {.number = 3,
                          .kind = FO_CRASH,
                          .coarse = true,
                          .cluster = "lab",
                          .from = "pg1",
                          .to = "pg2",
                          .old_timeline = 4,
                          .new_timeline = 5,
                          .start_mono_us = 900,
                          .start_wall_us = WALL,
                          .end_mono_us = 30000900,
                          .end_wall_us = WALL + 30000000,
                          .nphases = 2,
                          .phases = phases,
                          .summary = "crash failover pg1 -> pg2",
                          .outage = {.known = true,
                                     .is_write = true,
                                     .route = "haproxy",
                                     .longest_us = 5,
                                     .total_us = 6,
                                     .from_wall_us = WALL,
                                     .to_wall_us = WALL + 5,
                                     .failures = 12,
                                     .lost = -1,
                                     .ghosts = 0}};
    struct err e = ERR_INIT;
    struct failover *f = NULL;
    struct buf b;
    buf_init(&b);
    wire_failover_line(&in, &b);
    assert_non_null(strstr(b.s, "\"after_us\":18400000,\"uncertain_us\":0,\"source\":\"etcd\""));
    if (wire_failover_read(b.s, b.len, &f, &e) != ST_OK)
        fail_msg("%s", err_text(&e));
    assert_int_equal(f->number, 3);
    assert_int_equal(f->kind, FO_CRASH);
    assert_true(f->coarse && !f->open);
    assert_string_equal(f->to, "pg2");
    assert_int_equal(f->new_timeline, 5);
    assert_int_equal(f->start_mono_us, WALL);
    assert_int_equal(f->end_wall_us, in.end_wall_us);
    assert_int_equal(f->nphases, 2);
    assert_int_equal(f->phases[0].mono_us, WALL + 18400000);
    assert_int_equal(f->phases[0].not_before_us, f->phases[0].mono_us);
    assert_int_equal(f->phases[0].revision, 410);
    assert_int_equal(f->phases[0].predicted_hi_us, 2);
    assert_int_equal(f->phases[1].state, FO_SKIPPED);
    assert_int_equal(f->phases[1].predicted_lo_us, -1);
    assert_string_equal(f->phases[1].subject, "ha1");
    assert_true(f->outage.known && f->outage.is_write);
    assert_int_equal(f->outage.failures, 12);
    assert_int_equal(f->outage.lost, -1);
    assert_int_equal(f->outage.ghosts, 0);
    assert_string_equal(f->summary, in.summary);
    failover_free(f);
    f = NULL;
    for (size_t n = 0; n < b.len - 1; n++)
        assert_int_equal(wire_failover_read(b.s, n, &f, NULL), ST_INVALID);
    buf_release(&b);
}

static void kept_lines_that_were_edited(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{}",
        "{\"type\":\"event\"}",
        "{\"type\":\"event\",\"kind\":\"lock-taken\",\"source\":\"etcd\",\"grade\":\"healthy\"}",
        "{\"type\":\"event\",\"kind\":\"note\",\"wall_us\":1763694720123456,\"source\":\"nobody\"}",
        "{\"type\":\"failover\",\"kind\":\"unknown\"}",
        "{\"type\":\"failover\",\"kind\":\"unknown\",\"start_wall_us\":1763694720123456}x",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct facts *ev = NULL;
        struct failover *f = NULL;
        assert_int_equal(wire_event_read(lines[i], strlen(lines[i]), &ev, NULL), ST_INVALID);
        assert_int_equal(wire_failover_read(lines[i], strlen(lines[i]), &f, NULL), ST_INVALID);
        assert_null(ev);
        assert_null(f);
    }
}

static void a_phase_that_is_not_known(void **state)
{
    (void)state;
    const char *line = "{\"type\":\"failover\",\"kind\":\"unknown\","
                       "\"start_wall_us\":1763694720123456,"
                       "\"phases\":[{\"phase\":\"lunch\",\"state\":\"done\"}]}";
    struct err e = ERR_INIT;
    struct failover *f = NULL;
    assert_int_equal(wire_failover_read(line, strlen(line), &f, &e), ST_INVALID);
    assert_non_null(strstr(err_text(&e), "phase"));
    err_release(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_observation_there_and_back),
        cmocka_unit_test(every_kind_and_outcome_and_what_came_before),
        cmocka_unit_test(bytes_that_are_no_text),
        cmocka_unit_test(a_body_that_is_too_large_is_said_to_be),
        cmocka_unit_test(lines_that_were_edited),
        cmocka_unit_test(a_line_cut_anywhere_is_refused),
        cmocka_unit_test(a_header_there_and_back),
        cmocka_unit_test(headers_of_other_versions),
        cmocka_unit_test(headers_that_are_none),
        cmocka_unit_test(passwords_in_json),
        cmocka_unit_test(passwords_in_text),
        cmocka_unit_test(passwords_in_etcd),
        cmocka_unit_test(passwords_in_a_watch),
        cmocka_unit_test(an_event_there_and_back),
        cmocka_unit_test(a_failover_there_and_back),
        cmocka_unit_test(kept_lines_that_were_edited),
        cmocka_unit_test(a_phase_that_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
