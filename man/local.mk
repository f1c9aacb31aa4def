# The manual: a frame written by hand, and parts that the program writes from its own tables.
EXTRA_DIST += man/pgdba.1.in man/pgdba.yml.5.in man/fill
man_MANS = man/pgdba.1 man/pgdba.yml.5
CLEANFILES += $(man_MANS)

man/pgdba.1: man/pgdba.1.in man/fill pgdba$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) man && $(SHELL) $(srcdir)/man/fill ./pgdba$(EXEEXT) $(PACKAGE_VERSION) \
		< $(srcdir)/man/pgdba.1.in > $@.tmp && mv $@.tmp $@

man/pgdba.yml.5: man/pgdba.yml.5.in man/fill pgdba$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) man && $(SHELL) $(srcdir)/man/fill ./pgdba$(EXEEXT) $(PACKAGE_VERSION) \
		< $(srcdir)/man/pgdba.yml.5.in > $@.tmp && mv $@.tmp $@
