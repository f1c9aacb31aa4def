/*
 * dcs_card.h: one etcd endpoint in full, and the keys of the cluster.
 */
#ifndef PGDBA_CONSOLE_DCS_CARD_H
#define PGDBA_CONSOLE_DCS_CARD_H

#include "pgdba/console/pane.h"

void dcs_card(const struct picture *p, const char *url, struct doc *d);

#endif
