EXTRA_DIST += tests/e2e/actions.sh tests/e2e/bouncers.sh tests/e2e/console.sh tests/e2e/fake.sh tests/e2e/failover.sh tests/e2e/faults.sh tests/e2e/haproxy.sh tests/e2e/keys.sh tests/e2e/lib.sh tests/e2e/lines.sh tests/e2e/newer.sh tests/e2e/newer_pgb.sh tests/e2e/pgb_traps.sh tests/e2e/pgb_faults.sh tests/e2e/partition.sh tests/e2e/policy.sh tests/e2e/remove.sh tests/e2e/routes.sh tests/e2e/run \
	tests/e2e/story.sh tests/e2e/watch.py \
	tests/e2e/secure.sh tests/e2e/shell.sh tests/e2e/signals.sh tests/e2e/sync.sh tests/e2e/terminal.sh tests/lint tests/debian-root tests/free-ports .clang-tidy .ci/run \
	tests/unit/action/test_action.h
EXTRA_DIST += tests/e2e/haproxies.sh tests/e2e/haproxy_faults.sh tests/e2e/newer_haproxy.sh
EXTRA_DIST += tests/e2e/answers.py tests/e2e/answers.sh tests/e2e/bar.sh tests/e2e/crash.sh tests/e2e/hold.py tests/e2e/race.sh tests/e2e/pgb.sh tests/e2e/hold.sh

# Unit tests by room. UNIT_x_LIBS are the rooms a unit test of room x links: nothing above it,
# and for the pure rooms no terminal, network or event library.
if HAVE_CMOCKA
UNIT_BASE_LIBS = src/libbase.la $(CMOCKA_LIBS)
UNIT_MODEL_LIBS = src/libmodel.la $(UNIT_BASE_LIBS)
UNIT_WIRE_LIBS = src/libwire.la $(UNIT_MODEL_LIBS) $(JANSSON_LIBS)
UNIT_ANALYSIS_LIBS = src/libanalysis.la $(UNIT_MODEL_LIBS)
UNIT_CONFIG_LIBS = src/libconfig.la $(UNIT_MODEL_LIBS) $(YAML_LIBS)
UNIT_NET_LIBS = src/libnet.la $(UNIT_BASE_LIBS) $(CURL_LIBS) $(LIBPQ_LIBS) $(LIBUV_LIBS)
UNIT_SOURCE_LIBS = src/libsource.la src/libconfig.la src/libnet.la $(UNIT_WIRE_LIBS) $(YAML_LIBS) $(CURL_LIBS) \
	$(LIBPQ_LIBS) $(LIBUV_LIBS)
UNIT_ACTION_LIBS = src/libaction.la src/libanalysis.la src/libconfig.la $(UNIT_SOURCE_LIBS) $(YAML_LIBS)
UNIT_COMMAND_LIBS = src/libcommand.la $(UNIT_ACTION_LIBS)
UNIT_APP_LIBS = src/libapp.la src/libcommand.la src/libaction.la src/libsource.la src/libanalysis.la \
	src/libconfig.la src/libwire.la src/libnet.la $(UNIT_MODEL_LIBS) $(JANSSON_LIBS) $(YAML_LIBS) \
	$(CURL_LIBS) $(LIBPQ_LIBS) $(LIBUV_LIBS)
UNIT_CONSOLE_LIBS = src/libconsole.la $(UNIT_APP_LIBS) $(NCURSESW_LIBS) $(READLINE_LIBS)
UNIT_CLI_LIBS = src/libcli.la $(UNIT_APP_LIBS)
# Snapshots for tests of any room from analysis/ up: put before UNIT_x_LIBS in LDADD.
UNIT_SNAPSHOT_LIB = tests/unit/support/libsnapshot.la
include tests/unit/support/local.mk
include tests/unit/base/local.mk
include tests/unit/model/local.mk
include tests/unit/wire/local.mk
include tests/unit/analysis/local.mk
include tests/unit/config/local.mk
include tests/unit/net/local.mk
include tests/unit/source/local.mk
include tests/unit/action/local.mk
include tests/unit/command/local.mk
include tests/unit/app/local.mk
include tests/unit/console/local.mk
include tests/unit/console/editor.mk
include tests/unit/cli/local.mk
endif
include tests/vterm/local.mk
include tests/fake/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
