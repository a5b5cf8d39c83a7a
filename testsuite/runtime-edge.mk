# Tests of the roles edge and web.
