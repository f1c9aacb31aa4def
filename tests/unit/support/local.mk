# What unit tests of several rooms share: snapshots to look at.
check_LTLIBRARIES = tests/unit/support/libsnapshot.la
tests_unit_support_libsnapshot_la_SOURCES = \
	tests/unit/support/samples.c \
	tests/unit/support/snapshot_builder.c \
	tests/unit/support/snapshot_builder.h \
	tests/unit/support/snapshot_builder_private.h \
	tests/unit/support/snapshot_builder_systems.c

# What each version of PgBouncer answers.
PGB_SETS = tests/unit/support/pgb_sets.c tests/unit/support/pgb_sets.h
PGB_SETS_CPPFLAGS = -I$(top_srcdir)/tests/unit/support -DTOP_SRCDIR='"$(abs_top_srcdir)"'
EXTRA_DIST += tests/fixtures/pgbouncer
