/*
 * wire/dcs.h (private): the keys of one cluster as bytes. dcs.c keeps them, dcs_read.c reads them.
 */
#ifndef PGDBA_WIRE_DCS_PRIVATE_H
#define PGDBA_WIRE_DCS_PRIVATE_H

#include "pgdba/wire/dcs.h"

enum dcs_key {
    DCS_LEADER,
    DCS_INITIALIZE,
    DCS_CONFIG,
    DCS_STATUS,
    DCS_OPTIME,
    DCS_FAILOVER,
    DCS_SYNC,
    DCS_HISTORY,
    DCS_FAILSAFE,
    DCS_KEY_COUNT
};

struct dcs_value {
    char *s; /* malloc'ed, NUL-terminated; NULL: no such key */
    size_t len;
    int64_t create_revision, mod_revision, lease;
};

struct dcs_member_key {
    char *name; /* malloc'ed, name_len bytes and a NUL; may hold anything but a slash */
    size_t name_len;
    struct dcs_value value;
};

struct wire_dcs {
    char *prefix;
    size_t prefix_len;
    int64_t revision;
    bool whole;
    struct dcs_value key[DCS_KEY_COUNT];
    int nmembers, room;
    struct dcs_member_key *member;
};

const char *wire_dcs_key_name(enum dcs_key key); /* under the prefix */

#endif
