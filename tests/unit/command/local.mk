# Unit tests of command/.
