/* equals.c: patronictl's subcommands and what stands for each of them here. One table: for the
 * manual, and for a test that what it names can be typed. */
#include "pgdba/command/command.h"

static const struct command_equal equals[] = {
    {"list", "topology", "Prints what the DCS has, rounded to MB, up to a loop old.",
     "Asks every member, with the age of each value; lag in bytes; says where words differ."},
    {"list -W", "watch",
     "Clears the screen and prints the list again; ends at an error of the DCS.",
     "Events as they happen, to the millisecond; the console stays open whatever dies."},
    {"topology", "topology", "Draws the tree by the tag replicatefrom.",
     "Draws it by who streams from whom, where walsenders say so."},
    {"switchover", "switchover",
     "After an exception of the API writes the request into the DCS by itself; a refusal ends with "
     "exit code 0; ready when the lock has moved.",
     "Sends once. A lost answer is followed by observation. Ready when the new leader takes writes "
     "on a new timeline and the old one streams again."},
    {"switchover --scheduled", "switchover --at +2h", "Takes a time without a zone as local.",
     "The same, says which moment that is, checks who could lead, and warns of one that is "
     "replaced."},
    {"failover", "failover --candidate MEMBER",
     "Asks once more when the candidate is asynchronous.",
     "Checks each rule, says what would be lost in bytes, and warns while the leader answers."},
    {"restart", "restart MEMBER",
     "Without members all of them, the leader too; prints an answer each.",
     "Never all by omission. Done when each has a new start time; the next one's turn only then."},
    {"restart (one at a time)", "restart --rolling --role any",
     "Nothing: members are restarted one after the other, whatever comes of it.",
     "Replicas first, each streaming within a lag before the next; the leader last, by restart or "
     "switchover; the other way round where lowered settings need it."},
    {"reinit", "reinit MEMBER", "Prints that it was started; --wait waits for the state.",
     "Refused on the leader, warned about when it is the last fit replica; followed until it "
     "streams again."},
    {"reload", "reload MEMBER", "Prints an answer each.",
     "An outcome each; a pending restart that comes of it shows."},
    {"flush switchover", "cancel switchover", "Deletes it without a question.",
     "Says which one, and looks that it is gone."},
    {"flush restart", "cancel restart MEMBER", "Deletes them without a question.",
     "Says which, and looks that they are gone."},
    {"pause", "pause", "With --wait until members say so, or a loop is over.",
     "Done when every member says so; those that do not are named."},
    {"resume", "resume", "The same.", "The same as pause."},
    {"show-config", "config show", "Prints YAML.", "Prints JSON, which config edit takes again."},
    {"edit-config", "config edit", "Shows a coloured difference; checks nothing but the syntax.",
     "Also types, limits, ttl against loop_wait and retry_timeout, and what needs a restart; read "
     "again after it."},
    {"edit-config -s, -p", "config set ttl=30", "The same without an editor.", "The same checks."},
    {"history", "history", "Positions as decimal numbers.", "Positions as LSNs, newest first."},
    {"dsn", "dsn", "Host and port by the DCS, of any role.",
     "As it is reached from here; refused when who leads is not known for sure now."},
    {"query", "query --role leader SQL", "Runs whatever it is given, with a user's full rights.",
     "Read-only, one statement, a time limit; with --write a change with plan and audit."},
    {"version", "version", "Prints the versions of Patroni and PostgreSQL of the members.",
     "The same, and says when they differ."},
    {"remove", "remove", "Deletes the keys of a cluster that may still run.",
     "Only when nobody is there, by one transaction that checks it once more."},
    {"demote-cluster", "demote-cluster --host HOST", "Changes the configuration and prints states.",
     "The same with checks; done when the leader says so."},
    {"promote-cluster", "promote-cluster", "The same.", "The same."},
};

const struct command_equal *command_equals(int *n)
{
    *n = (int)(sizeof equals / sizeof *equals);
    return equals;
}
