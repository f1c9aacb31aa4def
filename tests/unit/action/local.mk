# Unit tests of action/.
