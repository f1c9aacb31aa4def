/*
 * The keys of the DCS as /cluster would show them, so that everything above sees one kind of
 * picture whether it came by etcd or by REST.
 */
#ifndef PGDBA_APP_DCS_VIEW_H
#define PGDBA_APP_DCS_VIEW_H

#include "pgdba/model/facts.h"

/* of struct dcs; root: struct cluster_view, whose texts are the keys' (a reference is kept). The
 * caller's. Roles and lag by Patroni's own rules (reference "patroni.md" §1.4). */
struct facts *dcs_view_of(struct facts *dcs);

#endif
