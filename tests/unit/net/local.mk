# Unit tests of net/.
