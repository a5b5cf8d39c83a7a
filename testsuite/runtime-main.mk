# Tests of the main role and of stwctl.
