/*
 * address.h: the address in a URL, in a form that can be compared. Pure.
 */
#ifndef PGDBA_SOURCE_ADDRESS_H
#define PGDBA_SOURCE_ADDRESS_H

#include <stdbool.h>

#include "pgdba/base/arena.h"
#include "pgdba/config/cluster.h"

struct address {
    char *base; /* "http://host:port": scheme and host in lower case, no path */
    char *host; /* without brackets */
    int port;
    char *key; /* "host:port" for comparing; localhost counts as 127.0.0.1 */
};

/* http and https only; user info is refused. False when it is not such a URL. */
bool address_parse(struct arena *a, const char *url, struct address *out);
/* "host:port", "[v6]:port". */
bool address_split(struct arena *a, const char *text, char **host, int *port);
char *address_key(struct arena *a, const char *host, int port);
bool address_is_loopback(const char *host);
/* Where a connect_to map sends host:port; false: nowhere else. */
bool address_mapped(struct arena *a, const struct mapping *m, int n, const char *host, int port,
                    char **to_host, int *to_port);

#endif
