# The terminal emulator that drives the real program in tests.
if HAVE_VTERM
check_PROGRAMS += tests/vterm/vtrun
tests_vterm_vtrun_SOURCES = tests/vterm/vtrun.c tests/vterm/vt.c tests/vterm/vt.h
tests_vterm_vtrun_CFLAGS = $(AM_CFLAGS) $(VTERM_CFLAGS)
tests_vterm_vtrun_LDADD = $(VTERM_LIBS) -lutil
endif
