# The main role of stwd, and stwctl.
