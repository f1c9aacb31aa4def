/*
 * config/values.h: checks of single values: URLs, host:port, conninfos, names. Pure. Private to
 * config/.
 *
 * Each takes the text as written and gives what the program uses, in the arena. The answer is NULL
 * when it is fine, else what was expected, to stand after "KEY: " and before "; got ...".
 */
#ifndef PGDBA_SRC_CONFIG_VALUES_H
#define PGDBA_SRC_CONFIG_VALUES_H

#include <stdbool.h>

#include "pgdba/base/arena.h"

typedef const char *value_check_fn(struct arena *a, const char *text, const char **out);

value_check_fn value_text;
value_check_fn value_variable;  /* the name of an environment variable */
value_check_fn value_path;      /* absolute, or ~/, which is expanded */
value_check_fn value_namespace; /* slashes as Patroni collapses them: "/service" */
value_check_fn value_base_url;  /* http(s)://host:port; a final slash is dropped */
value_check_fn value_page_url;  /* the same with a path */
value_check_fn value_proxy_url;
value_check_fn value_host_port; /* "host:port", "[::1]:port" */
value_check_fn value_socket;    /* "/run/x.sock", "~/x.sock", "host:port" */
value_check_fn value_conninfo;  /* libpq's key=value or URI, without a password */

/* "host:port" of a URL that value_base_url() or value_page_url() took; in the arena. */
const char *url_host_port(struct arena *a, const char *url);
struct app_route;
/* Where a conninfo that value_conninfo() took goes; name stays. In the arena. */
void conninfo_route(struct arena *a, const char *conninfo, struct app_route *out);
/* The value of a keyword in a conninfo that value_conninfo() took, NULL when it is not there; in
 * the arena. Of a URI not the database. */
const char *conninfo_get(struct arena *a, const char *conninfo, const char *keyword);
/* Whether a text may hold a password and so must not be shown. */
bool value_may_hold_secret(const char *text);

#endif
