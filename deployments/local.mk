# The local deployment is listed here.
