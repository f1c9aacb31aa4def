# Unit tests of source/.
