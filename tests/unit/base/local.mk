# Unit tests of base/.
