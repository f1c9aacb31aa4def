/*
 * analysis/config_check.h: is this a good dynamic configuration? Patroni takes anything (reference
 * "patroni.md" §2.9) and falls back on its defaults where it cannot use what stands there. Pure.
 */
#ifndef PGDBA_ANALYSIS_CONFIG_CHECK_H
#define PGDBA_ANALYSIS_CONFIG_CHECK_H

#include "pgdba/base/arena.h"
#include "pgdba/model/dynamic.h"
#include "pgdba/model/plan.h"

struct config_change {
    const char *path;
    const char *before, *after; /* as JSON; NULL: not there */
};

/* What differs, by path. In the arena; texts are those of the lists. */
const struct config_change *config_changes(const struct dyn_settings *before,
                                           const struct dyn_settings *after, struct arena *a,
                                           int *n);

/* One result for everything that speaks for or against going from before to after: only what the
 * change touches, and the rules between settings as they would be. check is "config-type",
 * "config-timing", "config-restart" or "config-unknown". */
const struct check_result *config_check(const struct dyn_settings *before,
                                        const struct dyn_settings *after, struct arena *a, int *n);

/* True: PostgreSQL takes a new value of this parameter only when it starts (context postmaster). */
bool config_needs_restart(const char *parameter);

#endif
