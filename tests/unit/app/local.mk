# Unit tests of app/.
