/* table.c: every command, every argument, every global option: once. */
#include "pgdba/command/command.h"

#include <string.h>

#include "table_args.h"
#include "table_pgb.h"

/* ---- the table ------------------------------------------------------------------------------ */

#define READ   (CMDF_READS | CMDF_CLI | CMDF_CONSOLE | CMDF_CLUSTER)
#define CHANGE (CMDF_CHANGES | CMDF_CLI | CMDF_CONSOLE | CMDF_CLUSTER)

static const struct command commands[] = {
    [CMD_STATUS] = {.name = "status",
                    .aliases = "",
                    .summary = "the cluster's verdict and its reasons",
                    .details =
                        "One word (healthy, degraded, critical, unreachable) and every reason "
                        "for it, worst first. The exit code says the same.",
                    .flags = CMDF_READS | CMDF_CLI | CMDF_CLUSTER,
                    ARGS(read_args)},
    [CMD_TOPOLOGY] = {.name = "topology",
                      .aliases = "list",
                      .summary = "who leads, who follows whom, and in which state",
                      .details = "In the console this shows the pane of the same name.",
                      .flags = READ,
                      ARGS(read_args)},
    [CMD_LAG] = {.name = "lag",
                 .aliases = "",
                 .summary = "how far each replica is behind, received and replayed",
                 .details = "In the console this shows the pane of the same name.",
                 .flags = READ,
                 ARGS(read_args)},
    [CMD_POOLS] = {.name = "pools",
                   .aliases = "",
                   .summary = "PgBouncer's pools: clients, servers, waiting",
                   .details = "In the console this shows the pane of the same name.",
                   .flags = READ,
                   ARGS(read_args)},
    [CMD_STATS] = {.name = "stats",
                   .aliases = "",
                   .summary = "PgBouncer's traffic as rates",
                   .details = "In the console this shows the pane of the same name. From the shell "
                              "two samples are taken, one refresh apart.",
                   .flags = READ,
                   ARGS(read_args)},
    [CMD_TRUTH] = {.name = "truth",
                   .aliases = "",
                   .summary = "what each system believes of each member, side by side",
                   .details =
                       "Who holds the lock, what Patroni says, what PostgreSQL itself says, "
                       "where HAProxy sends writes and where PgBouncer's servers point, each "
                       "with its age. In the console this shows the pane of the same name.",
                   .flags = READ,
                   ARGS(read_args)},
    [CMD_ROUTES] = {.name = "routes",
                    .aliases = "",
                    .summary = "the ways from an application to the leader, and where they end",
                    .details =
                        "Every configured route, every database of every PgBouncer and every "
                        "proxy of an HAProxy that sends to members, hop by hop, with the member "
                        "that it really "
                        "ends at and what to do where that is not the leader. The exit code is a "
                        "check for before and after maintenance: 0 when every way for writes "
                        "ends at the leader and that takes writes, 2 when one is shut or ends "
                        "elsewhere, 1 when one is held, changes, or cannot be told. A way whose "
                        "name says so (ro, read, replica, standby) is for reading and is not "
                        "counted. In the console this shows the pane of the same name.",
                    .flags = READ,
                    ARGS(read_args)},
    [CMD_DCS] = {.name = "dcs",
                 .aliases = "etcd",
                 .summary = "etcd's endpoints, leases and what is watched",
                 .details = "In the console this shows the pane of the same name.",
                 .flags = READ,
                 ARGS(read_args)},
    [CMD_EVENTS] = {.name = "events",
                    .aliases = "",
                    .summary = "what changed, newest first",
                    .details =
                        "In the console this shows the pane of the same name. From the shell "
                        "those that were kept while a console or a watch ran.",
                    .flags = READ,
                    ARGS(events_args)},
    [CMD_FAILOVERS] = {.name = "failovers",
                       .aliases = "fo",
                       .summary = "failovers and switchovers with their phases",
                       .details = "The last 20 that were watched are kept with their phases; the "
                                  "history in the cluster supplies those from before. In the "
                                  "console this shows the pane of the same name.",
                       .flags = READ,
                       ARGS(failovers_args)},
    [CMD_WATCH] = {.name = "watch",
                   .aliases = "",
                   .summary = "events and phases as lines, while they happen",
                   .details =
                       "For pipes and incident channels. The first line says how the cluster "
                       "stands. It ends by itself only with --for.",
                   .flags = CMDF_READS | CMDF_CLI | CMDF_CLUSTER,
                   ARGS(watch_args)},
    [CMD_RECORD] = {.name = "record",
                    .aliases = "",
                    .summary = "write what the cluster says into a file, for replay",
                    .details = "Everything that Patroni, etcd, PostgreSQL, HAProxy and PgBouncer "
                               "answer, with its time; passwords are left out. It ends by itself "
                               "only with --for.",
                    .flags = CMDF_READS | CMDF_CLI | CMDF_CLUSTER,
                    ARGS(record_args)},
    [CMD_REPLAY] = {.name = "replay",
                    .aliases = "",
                    .summary = "the console over a recording",
                    .details =
                        "As it was, with its times: play, pause, step, seek, speed. Changes "
                        "are refused. A file that is cut off or was edited plays up to where "
                        "it is sound.",
                    .flags = CMDF_READS | CMDF_CLI,
                    ARGS(replay_args)},
    [CMD_DEMO] = {.name = "demo",
                  .aliases = "",
                  .summary = "the console over an installed recording of a real failover",
                  .details = "For a first look, without any cluster.",
                  .flags = CMDF_READS | CMDF_CLI,
                  ARGS(demo_args)},
    [CMD_RECORD_START] = {.name = "record start",
                          .aliases = "",
                          .summary = "begin to record this cluster into a file",
                          .details = "",
                          .flags = CMDF_CONSOLE,
                          ARGS(record_start_args)},
    [CMD_RECORD_STOP] = {.name = "record stop",
                         .aliases = "",
                         .summary = "end the recording",
                         .details = "",
                         .flags = CMDF_CONSOLE},
    [CMD_REPLAY_PLAY] = {.name = "replay play",
                         .aliases = "play",
                         .summary = "let the recording go on",
                         .details = "",
                         .flags = CMDF_CONSOLE},
    [CMD_REPLAY_PAUSE] = {.name = "replay pause",
                          .aliases = "",
                          .summary = "hold the recording",
                          .details = "",
                          .flags = CMDF_CONSOLE},
    [CMD_REPLAY_STEP] = {.name = "replay step",
                         .aliases = "step",
                         .summary = "go to the recording's next event",
                         .details = "",
                         .flags = CMDF_CONSOLE},
    [CMD_REPLAY_SEEK] = {.name = "replay seek",
                         .aliases = "seek",
                         .summary = "go to a moment of the recording",
                         .details = "",
                         .flags = CMDF_CONSOLE,
                         ARGS(seek_args)},
    [CMD_REPLAY_SPEED] = {.name = "replay speed",
                          .aliases = "speed",
                          .summary = "how fast the recording plays",
                          .details = "",
                          .flags = CMDF_CONSOLE,
                          ARGS(speed_args)},
    [CMD_PROBE_START] = {.name = "probe start",
                         .aliases = "",
                         .summary = "ask through the route of an application, again and again",
                         .details = "Which server answers, whether it is in recovery, how long it "
                                    "takes; with --write also rows with a sequence number, so that "
                                    "an outage is measured as clients see it, and rows that were "
                                    "acknowledged and are gone are counted. One attempt at a time: "
                                    "one that hangs is one outage. From the shell it goes on until "
                                    "it is interrupted or --for is over, and prints a report; an "
                                    "outage is no failure of the command.",
                         .flags = CMDF_CLI | CMDF_CONSOLE | CMDF_CLUSTER,
                         ARGS(probe_start_args)},
    [CMD_PROBE_STOP] = {.name = "probe stop",
                        .aliases = "",
                        .summary = "end the probe",
                        .details = "",
                        .flags = CMDF_CONSOLE},
    [CMD_PROBE_DROP] = {.name = "probe drop",
                        .aliases = "",
                        .summary = "drop the schema of the write probe",
                        .details = "",
                        .flags = CHANGE,
                        ARGS(probe_drop_args)},
    [CMD_SWITCHOVER] = {.name = "switchover",
                        .aliases = "sw",
                        .summary = "hand the lead over to a replica, planned",
                        .details = "The leader is shut down cleanly, a replica that has everything "
                                   "is promoted on a new timeline, and the former leader follows "
                                   "it. Writes fail from the shutdown to the promotion, usually "
                                   "for a few seconds. It is done when the new leader and the "
                                   "former one have been seen in their new roles. With --hold "
                                   "every PgBouncer PAUSEs the databases first, all of them "
                                   "within the time or none, and RESUMEs them when the new leader "
                                   "writes and HAProxy sends to it, or nothing comes of it; what "
                                   "is paused is remembered on disk until then (pgb resume "
                                   "--left). It needs one of its admin_users (admin_conninfo in "
                                   "the cluster's file) and is refused where it would end badly: "
                                   "pooling by session, what is paused already, a "
                                   "query_wait_timeout that is too short.",
                        .flags = CHANGE,
                        ARGS(switchover_args)},
    [CMD_FAILOVER] = {.name = "failover",
                      .aliases = "",
                      .summary = "make a named member the leader, also without one",
                      .details = "For when the leader does not answer, or there is none: what the "
                                 "new leader has not received is lost. While the leader answers, "
                                 "switchover does it without losing anything.",
                      .flags = CHANGE,
                      ARGS(failover_args)},
    [CMD_RESTART] = {.name = "restart",
                     .aliases = "",
                     .summary = "restart PostgreSQL on members, one after the other",
                     .details = "Each member is restarted by its own Patroni and must be seen up "
                                "with a new start time before the next one's turn; the first that "
                                "fails ends it. Restarting the leader interrupts every connection "
                                "to it. Who is meant is always said: by names or by --role.",
                     .flags = CHANGE,
                     ARGS(restart_args)},
    [CMD_RELOAD] = {.name = "reload",
                    .aliases = "",
                    .summary = "let Patroni read its file again on members",
                    .details = "Nothing is interrupted. Settings that need a restart show as "
                               "pending after it.",
                    .flags = CHANGE,
                    ARGS(reload_args)},
    [CMD_REINIT] = {.name = "reinit",
                    .aliases = "reinitialize",
                    .summary = "rebuild a replica from a fresh copy",
                    .details = "The replica's data directory is deleted and copied again. There is "
                               "no way back, and until the copy is complete the cluster has one "
                               "replica less. It is done when the replica streams again.",
                    .flags = CHANGE,
                    ARGS(reinit_args)},
    [CMD_PAUSE] = {.name = "pause",
                   .aliases = "",
                   .summary = "take Patroni's hands off the cluster",
                   .details = "Nobody takes over when the leader dies, until resume. It is done "
                              "when every member says that it is paused; those that do not are "
                              "named.",
                   .flags = CHANGE,
                   ARGS(pause_args)},
    [CMD_RESUME] = {.name = "resume",
                    .aliases = "",
                    .summary = "let Patroni manage the cluster again",
                    .details = "",
                    .flags = CHANGE,
                    ARGS(pause_args)},
    [CMD_CANCEL_SWITCHOVER] = {.name = "cancel switchover",
                               .aliases = "",
                               .summary = "take back a scheduled switchover",
                               .details = "One that is under way cannot be cancelled.",
                               .flags = CHANGE,
                               ARGS(change_args)},
    [CMD_CANCEL_RESTART] = {.name = "cancel restart",
                            .aliases = "",
                            .summary = "take back scheduled restarts",
                            .details = "",
                            .flags = CHANGE,
                            ARGS(cancel_restart_args)},
    [CMD_CONFIG_SHOW] = {.name = "config show",
                         .aliases = "",
                         .summary = "the dynamic configuration, as it is in the DCS",
                         .details = "",
                         .flags = READ,
                         ARGS(read_args)},
    [CMD_CONFIG_SET] = {.name = "config set",
                        .aliases = "",
                        .summary = "change the dynamic configuration",
                        .details =
                            "Patroni takes whatever it is given: here types, limits and the rule "
                            "between ttl, loop_wait and retry_timeout are checked before, and what "
                            "needs a restart is said. It is done when the configuration, read "
                            "again, says so.",
                        .flags = CHANGE,
                        ARGS(config_set_args)},
    [CMD_CONFIG_EDIT] = {.name = "config edit",
                         .aliases = "edit-config",
                         .summary = "change the dynamic configuration in your editor",
                         .details =
                             "VISUAL, EDITOR or vi gets it as JSON, in a file that only you can "
                             "read. What is sent is only what you changed, after the checks of "
                             "config set; when somebody else changed it meanwhile, it is refused "
                             "with the difference. A text that cannot be used is kept.",
                         .flags = CHANGE,
                         ARGS(config_edit_args)},
    [CMD_DEMOTE] = {.name = "demote-cluster",
                    .aliases = "",
                    .summary = "make the cluster a standby of another one",
                    .details = "From Patroni 4.1 on, where the leader is shut down cleanly for it.",
                    .flags = CHANGE,
                    ARGS(demote_args)},
    [CMD_PROMOTE] = {.name = "promote-cluster",
                     .aliases = "",
                     .summary = "make a standby cluster one of its own",
                     .details = "",
                     .flags = CHANGE,
                     ARGS(change_args)},
    [CMD_REMOVE] = {.name = "remove",
                    .aliases = "",
                    .summary = "delete a cluster's keys from etcd, once all its members are gone",
                    .details = "Refused while any member has a key, anybody holds the lock, or a "
                               "Patroni of it answers. Three words are to be typed, and no option "
                               "stands for them. PostgreSQL's data is not touched.",
                    .flags = CHANGE,
                    ARGS(remove_args)},
    PGB_ROWS,
    [CMD_HA_READY] = {.name = "haproxy ready",
                      .aliases = "",
                      .summary = "let servers in HAProxy take connections again",
                      .details = "Takes back drain and maint. By the runtime socket, which must be "
                                 "of level admin; it holds until HAProxy is reloaded.",
                      .flags = CHANGE,
                      ARGS(haproxy_args)},
    [CMD_HA_DRAIN] = {.name = "haproxy drain",
                      .aliases = "",
                      .summary = "give servers in HAProxy no new connections",
                      .details = "Their checks go on, and what is connected stays. The last server "
                                 "that takes in a backend is only taken away after its name was "
                                 "typed, for which no option stands.",
                      .flags = CHANGE,
                      ARGS(haproxy_args)},
    [CMD_HA_MAINT] = {.name = "haproxy maint",
                      .aliases = "",
                      .summary = "take servers in HAProxy out of service",
                      .details = "They get no new connections and are not checked; what is "
                                 "connected stays until it ends, or haproxy shutdown-sessions ends "
                                 "it. The last server that takes in a backend is only taken away "
                                 "after its name was typed, for which no option stands.",
                      .flags = CHANGE,
                      ARGS(haproxy_args)},
    [CMD_HA_SHUT] = {.name = "haproxy shutdown-sessions",
                     .aliases = "",
                     .summary = "end the sessions of servers in HAProxy",
                     .details = "For those that stayed on a member that does not lead any more. "
                                "Each is closed at once, whatever it is doing.",
                     .flags = CHANGE,
                     ARGS(haproxy_shut_args)},
    [CMD_HISTORY] = {.name = "history",
                     .aliases = "",
                     .summary = "the promotions that Patroni remembers",
                     .details = "When each timeline ended, at which position, why, and who led "
                                "after it.",
                     .flags = READ,
                     ARGS(read_args)},
    [CMD_QUERY] = {.name = "query",
                   .aliases = "sql",
                   .summary = "ask a member's PostgreSQL in SQL",
                   .details = "In a read-only transaction and as one statement, with a time limit. "
                              "What a function does outside of the transaction is not held back "
                              "by that (pg_promote, pg_terminate_backend): where changing is not "
                              "allowed, a superuser may not ask at all. "
                              "With --write it is a change like any other.",
                   .flags = CMDF_CLI | CMDF_CONSOLE | CMDF_CLUSTER,
                   ARGS(query_args)},
    [CMD_DSN] = {.name = "dsn",
                 .aliases = "",
                 .summary = "where a member's PostgreSQL listens, for a connection string",
                 .details = "As it is reached from here. Without a member and without --role, the "
                            "leader's; refused when who leads is not known for sure now.",
                 .flags = READ,
                 ARGS(dsn_args)},
    [CMD_AUDIT] = {.name = "audit",
                   .aliases = "",
                   .summary = "who changed what, and what became of it, newest first",
                   .details = "What this user's audit log says of every cluster: what was begun, "
                              "how it ended, and what was refused and why. Only the log's end is "
                              "read, its last 16 MB, in the console its last MB.",
                   .flags = CMDF_READS | CMDF_CLI | CMDF_CONSOLE,
                   ARGS(audit_args)},
    [CMD_VERSION] = {.name = "version",
                     .aliases = "",
                     .summary = "what every member runs: Patroni, PostgreSQL",
                     .details = "By each member's own word, with its age. The program's own is "
                                "pgdba --version.",
                     .flags = READ,
                     ARGS(read_args)},
    [CMD_REFRESH] = {.name = "refresh",
                     .aliases = "",
                     .summary = "ask every source now",
                     .details = "",
                     .flags = CMDF_CONSOLE},
    [CMD_INTERVAL] = {.name = "interval",
                      .aliases = "",
                      .summary = "how often the sources are asked",
                      .details = "",
                      .flags = CMDF_CONSOLE,
                      ARGS(interval_args)},
    [CMD_FREEZE] = {.name = "freeze",
                    .aliases = "hold",
                    .summary = "keep the picture as it is; again: let it go on",
                    .details = "The sources are asked all the same; only the drawing waits.",
                    .flags = CMDF_CONSOLE},
    [CMD_PANE] = {.name = "pane",
                  .aliases = "view",
                  .summary = "show a pane",
                  .details = "",
                  .flags = CMDF_CONSOLE,
                  ARGS(pane_args)},
    [CMD_PGB_SHOW] = {.name = "pgb show",
                      .aliases = "",
                      .summary = "a table of PgBouncer: clients, servers, config and more",
                      .details = "What the admin consoles of all PgBouncers say, side by side: "
                                 "databases with where they go, clients and servers with whom they "
                                 "are linked to, settings with what differs between bouncers. In "
                                 "the console this shows the pane of the bouncers.",
                      .flags = READ,
                      ARGS(pgb_show_args)},
    [CMD_THEME] = {.name = "theme",
                   .aliases = "",
                   .summary = "draw with another theme",
                   .details = "",
                   .flags = CMDF_CONSOLE,
                   ARGS(theme_args)},
    [CMD_CLUSTER] = {.name = "cluster",
                     .aliases = "",
                     .summary = "open another registered cluster",
                     .details = "",
                     .flags = CMDF_CONSOLE,
                     ARGS(cluster_args)},
    [CMD_FILTER] = {.name = "filter",
                    .aliases = "",
                    .summary = "show only the rows that contain a text",
                    .details = "",
                    .flags = CMDF_CONSOLE,
                    ARGS(filter_args)},
    [CMD_SORT] = {.name = "sort",
                  .aliases = "",
                  .summary = "sort the focused pane by a column",
                  .details = "",
                  .flags = CMDF_CONSOLE,
                  ARGS(sort_args)},
    [CMD_HELP] = {.name = "help",
                  .aliases = "?",
                  .summary = "the commands, or one of them explained",
                  .details = "",
                  .flags = CMDF_CLI | CMDF_CONSOLE,
                  ARGS(help_args)},
    [CMD_QUIT] = {.name = "quit",
                  .aliases = "q exit",
                  .summary = "leave the console",
                  .details = "",
                  .flags = CMDF_CONSOLE},
    [CMD_CLUSTER_CONNECT] = {.name = "cluster connect",
                             .aliases = "",
                             .summary = "ask a cluster who it is, and register it",
                             .details = "Every URL is asked first; what was found is said, and "
                                        "then the file is written. A member that cannot be "
                                        "reached from here is told so, not called down.",
                             .flags = CMDF_CLI,
                             ARGS(connect_args)},
    [CMD_CLUSTER_LIST] = {.name = "cluster list",
                          .aliases = "",
                          .summary = "the registered clusters",
                          .details = "",
                          .flags = CMDF_CLI | CMDF_READS,
                          ARGS(read_args)},
    [CMD_CLUSTER_STATUS] = {.name = "cluster status",
                            .aliases = "",
                            .summary =
                                "a registered cluster's configuration and whether it answers",
                            .details = "",
                            .flags = CMDF_CLI | CMDF_READS,
                            ARGS(named_read_args)},
    [CMD_CLUSTER_DISCONNECT] = {.name = "cluster disconnect",
                                .aliases = "",
                                .summary = "forget a registered cluster",
                                .details = "Removes its file here; the cluster itself is not "
                                           "touched.",
                                .flags = CMDF_CLI,
                                ARGS(named_args)},
};
_Static_assert(sizeof commands / sizeof *commands == CMD_COUNT, "a command without its row");

static const struct command_arg globals[] = {
    {.name = "--cluster",
     .letter = 'c',
     .kind = ARG_CLUSTER,
     .help = "the registered cluster; not needed when there is only one"},
    {.name = "--patroni-url",
     .kind = ARG_URL,
     .repeats = true,
     .help = "a Patroni REST API, with nothing registered"},
    {.name = "--read-only", .kind = ARG_FLAG, .help = "refuse every change"},
    {.name = "--refresh",
     .kind = ARG_DURATION,
     .expects = "0.5s to 60s",
     .min = REFRESH_LEAST,
     .max = REFRESH_MOST,
     .help = "how often the sources are asked"},
    {.name = "--theme", .kind = ARG_THEME, .help = "the console's theme"},
    {.name = "--ascii", .kind = ARG_FLAG, .help = "draw with ASCII alone"},
    {.name = "--help",
     .letter = 'h',
     .kind = ARG_FLAG,
     .help = "explain the program, or a command"},
    {.name = "--version", .letter = 'V', .kind = ARG_FLAG, .help = "print the version"},
};

const struct command_arg *command_globals(int *n)
{
    *n = (int)(sizeof globals / sizeof *globals);
    return globals;
}

const struct command *command_get(enum command_id id)
{
    return (unsigned)id < CMD_COUNT ? &commands[id] : NULL;
}

enum command_id command_id_of(const struct command *c)
{
    return (enum command_id)(c - commands);
}

bool command_is_for(const struct command *c, unsigned where)
{
    return (c->flags & where & (CMDF_CLI | CMDF_CONSOLE)) != 0;
}

static bool alias_matches(const char *aliases, const char *name, size_t n)
{
    for (const char *p = aliases; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");

        if (len == n && memcmp(p, name, n) == 0)
            return true;
        p += len;
    }
    return false;
}

const struct command *command_find(const char *name)
{
    size_t n = strlen(name);

    for (int i = 0; i < CMD_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0 || alias_matches(commands[i].aliases, name, n))
            return &commands[i];
    return NULL;
}
