# Unit tests of model/.
check_PROGRAMS += tests/unit/model/test_model
TESTS += tests/unit/model/test_model
tests_unit_model_test_model_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_model_test_model_LDADD = $(UNIT_MODEL_LIBS)

check_PROGRAMS += tests/unit/model/test_story
TESTS += tests/unit/model/test_story
tests_unit_model_test_story_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_model_test_story_LDADD = $(UNIT_MODEL_LIBS)
