/*
 * analysis/whom.h: the member that "the leader" or "a replica" means, for who wants to ask its
 * PostgreSQL something. Pure.
 */
#ifndef PGDBA_ANALYSIS_WHOM_H
#define PGDBA_ANALYSIS_WHOM_H

#include "pgdba/base/err.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/plan.h"

/* By name (role MEMBERS_NAMED), or the first that is fit: MEMBERS_LEADER by a picture that is of
 * now, MEMBERS_REPLICAS one that streams before one that only runs, MEMBERS_ALL the leader before
 * them. ST_NOT_FOUND when there is none (a name: with the nearest), ST_UNREACHABLE when the picture
 * is too old to say, or where its PostgreSQL listens is not known. */
enum status whom_find(const struct snapshot *s, enum member_role role, const char *name,
                      int64_t now_us, const struct member **out, struct err *e);
/* The member of that name, listed or remembered; ST_NOT_FOUND with the nearest name. */
enum status whom_named(const struct snapshot *s, const char *name, const struct member **out,
                       struct err *e);

#endif
