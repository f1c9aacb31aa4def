/*
 * wire/etcd.h (private): what the bodies of etcd's gateway have in common. Whole numbers are texts
 * there, zero and empty are left out (reference §5.2).
 */
#ifndef PGDBA_WIRE_ETCD_PRIVATE_H
#define PGDBA_WIRE_ETCD_PRIVATE_H

#include "json.h"

#include "pgdba/wire/etcd.h"

enum {
    WIRE_MAX_KEYS = 100000,
    WIRE_MAX_KEY_BYTES = 1 << 16,
    WIRE_MAX_VALUE_BYTES = 1 << 20,
    WIRE_MAX_ENDPOINTS = 1000,
    /* Seven a key, and some for its frame. */
    WIRE_MAX_ETCD_VALUES = 8 * WIRE_MAX_KEYS
};

/* A reply with its header, NULL when it is not that. The tree is the caller's. */
json_t *wire_etcd_load(const char *body, size_t n, struct err *e);
void wire_etcd_read_header(const json_t *reply, struct etcd_header *h);
void wire_etcd_endpoint_init(struct etcd_endpoint *ep); /* nothing known of it */
uint64_t wire_get_id(const json_t *o, const char *key); /* 0 when not said */

#endif
