/*
 * libFuzzer: a cluster's file. What is accepted must survive being written and read back, and what
 * is refused must say why in one line that is fit for a terminal.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/config/cluster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
    if (!condition)
        abort();
}

static void check_message(const struct err *e)
{
    must(e->status == ST_INVALID && e->text && *e->text);
    for (const char *s = e->text; *s; s++)
        must((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void check_round_trip(const struct cluster_config *c)
{
    struct err e = ERR_INIT;
    struct cluster_config *back = NULL;

    must(cluster_config_check(c, &e) == ST_OK);
    char *once = cluster_config_yaml(c);

    must(cluster_config_parse(once, strlen(once), "f.yml", c->name, &back, &e) == ST_OK);
    char *twice = cluster_config_yaml(back);

    must(!strcmp(once, twice));
    free(once);
    free(twice);
    cluster_config_free(back);
    err_release(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cluster_config *c = NULL;
    struct err e = ERR_INIT;

    if (cluster_config_parse((const char *)data, size, "f.yml", "fuzz", &c, &e))
        check_message(&e);
    else
        check_round_trip(c);
    cluster_config_free(c);
    err_release(&e);
    return 0;
}
