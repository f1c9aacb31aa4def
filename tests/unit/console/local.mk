# Unit tests of console/.
