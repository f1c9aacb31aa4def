# Unit tests of model/.
