# Fuzz targets. tests/fuzz/run builds and runs them by itself; here they are built only with
# CC=clang ./configure --enable-fuzzers --enable-sanitizers CFLAGS="-g -O1 -fsanitize=fuzzer-no-link"
EXTRA_DIST += \
	tests/fuzz/corpus \
	tests/fuzz/dcs_check.h \
	tests/fuzz/fuzz.h \
	tests/fuzz/fuzz_config.c \
	tests/fuzz/fuzz_dcs.c \
	tests/fuzz/fuzz_dynamic.c \
	tests/fuzz/fuzz_etcd_endpoint.c \
	tests/fuzz/fuzz_etcd_range.c \
	tests/fuzz/fuzz_etcd_watch.c \
	tests/fuzz/fuzz_haproxy.c \
	tests/fuzz/fuzz_haproxy_info.c \
	tests/fuzz/fuzz_patroni_cluster.c \
	tests/fuzz/fuzz_patroni_config.c \
	tests/fuzz/fuzz_patroni_health.c \
	tests/fuzz/fuzz_patroni_history.c \
	tests/fuzz/fuzz_recording.c \
	tests/fuzz/fuzz_probe.c \
	tests/fuzz/fuzz_table.c \
	tests/fuzz/dcs.dict \
	tests/fuzz/patroni_cluster.dict \
	tests/fuzz/patroni_health.dict \
	tests/fuzz/run
if FUZZERS
FUZZ_WIRE_LIBS = src/libwire.la src/libmodel.la src/libbase.la $(JANSSON_LIBS)
FUZZ_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS = \
	tests/fuzz/fuzz_dcs \
	tests/fuzz/fuzz_dynamic \
	tests/fuzz/fuzz_etcd_endpoint \
	tests/fuzz/fuzz_etcd_range \
	tests/fuzz/fuzz_etcd_watch \
	tests/fuzz/fuzz_haproxy \
	tests/fuzz/fuzz_haproxy_info \
	tests/fuzz/fuzz_patroni_cluster \
	tests/fuzz/fuzz_patroni_config \
	tests/fuzz/fuzz_patroni_health \
	tests/fuzz/fuzz_patroni_history \
	tests/fuzz/fuzz_recording \
	tests/fuzz/fuzz_probe \
	tests/fuzz/fuzz_table
tests_fuzz_fuzz_dcs_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_dynamic_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_dynamic_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_dcs_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_etcd_endpoint_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_etcd_endpoint_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_etcd_range_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_etcd_range_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_etcd_watch_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_etcd_watch_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_haproxy_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_haproxy_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_haproxy_info_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_haproxy_info_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_patroni_cluster_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_patroni_cluster_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_patroni_config_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_patroni_config_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_patroni_health_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_patroni_health_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_patroni_history_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_patroni_history_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_recording_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_recording_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_probe_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_probe_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_table_LDADD = $(FUZZ_WIRE_LIBS)
tests_fuzz_fuzz_table_LDFLAGS = $(FUZZ_LINK)
endif
