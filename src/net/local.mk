noinst_LTLIBRARIES += src/libnet.la
src_libnet_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(LIBPQ_CFLAGS) $(LIBUV_CFLAGS)
src_libnet_la_SOURCES =
