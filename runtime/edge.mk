# The roles edge and web: connections, protocols, TLS, log.
