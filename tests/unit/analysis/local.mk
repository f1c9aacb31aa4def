# Unit tests of analysis/.
