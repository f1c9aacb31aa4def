# Unit tests of config/.
