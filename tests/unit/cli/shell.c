#include "shell.h"

#include <time.h>

enum { MAX_WORDS = 16 };

void shell_init(struct shell *sh, const struct snapshot *s)
{
    *sh = (struct shell){0};
    setenv("TZ", "UTC", 1);
    tzset();
    fake_app_init(&sh->app, s);
}

void shell_release(struct shell *sh)
{
    fake_app_release(&sh->app);
    free(sh->out);
    free(sh->err);
}

static int cut(char *s, char **argv)
{
    int n = 0;
    for (char *save = NULL, *w = strtok_r(s, "|", &save); w; w = strtok_r(NULL, "|", &save)) {
        assert_in_range(n, 0, MAX_WORDS - 1);
        argv[n++] = w;
    }
    return n;
}

int shell_run(struct shell *sh, const char *words)
{
    char *copy = xstrdup(words), *argv[MAX_WORDS];
    struct invocation inv;
    struct parse_error pe;
    struct arena a;
    arena_init(&a);
    free(sh->out);
    free(sh->err);
    sh->out = NULL;
    FILE *out = sh->out_file ? sh->out_file : open_memstream(&sh->out, &sh->out_len);
    FILE *err = open_memstream(&sh->err, &sh->err_len);
    if (command_parse_argv(cut(copy, argv), argv, &a, &inv, &pe) != ST_OK)
        fail_msg("%s: %s", words, pe.text);
    int code = cli_run(&(struct cli_options){.app = &sh->app,
                                             .config = cluster_config_new("lab"),
                                             .in = stdin,
                                             .out = out,
                                             .err = err},
                       &inv);
    fclose(out);
    fclose(err);
    sh->out_file = NULL;
    free(copy);
    arena_release(&a);
    return code;
}
