/* What a peer may take before it has proved anything: one place for every limit of a session. */
#ifndef STW_RUNTIME_LIMITS_H
#define STW_RUNTIME_LIMITS_H

/* Octets of a command line with its CR LF. SMTP: RFC 5321 4.5.3.1.4 asks for 512, extensions may
 * add to it; POP3: RFC 2449 section 4; IMAP: RFC 7162 section 4; ManageSieve sets none. */
#define LIMIT_LINE_SMTP 2048
#define LIMIT_LINE_IMAP 8192
#define LIMIT_LINE_POP3 255
#define LIMIT_LINE_SIEVE 8192
#define LIMIT_LINE_HTTP 8192

/* Non-synchronizing literals of IMAP (LITERAL-, RFC 7888 section 5), of ManageSieve before a
 * login, and how many one command may have. */
#define LIMIT_LITERAL_IMAP 4096
#define LIMIT_LITERAL_SIEVE 65536
#define LIMIT_LITERALS 16

#define LIMIT_HTTP_HEADERS 32768 /* octets of all header lines of a request */
#define LIMIT_HTTP_FIELDS 100
#define LIMIT_HTTP_BODY 1048576
#define LIMIT_HTTP_KEPT 16384 /* octets of a body that a resource may look at */

/* Refused commands in a row before the session ends. */
#define LIMIT_ERRORS 10

/* Milliseconds that a session may wait for its next complete command. SMTP: RFC 5321 4.5.3.2.7;
 * IMAP: RFC 9051 5.4; POP3: RFC 1939 section 3; ManageSieve: RFC 5804 1.2. */
#define LIMIT_IDLE_SMTP (5 * 60 * 1000)
#define LIMIT_IDLE_IMAP (30 * 60 * 1000)
#define LIMIT_IDLE_POP3 (10 * 60 * 1000)
#define LIMIT_IDLE_SIEVE (30 * 60 * 1000)
#define LIMIT_IDLE_HTTP (30 * 1000)
/* Where NetworkListener.tlsTimeout is null. */
#define LIMIT_HANDSHAKE (60 * 1000)
/* Between our end of a connection and the peer's. */
#define LIMIT_LINGER 2000

/* Octets of output that wait for a peer before its input is left alone. */
#define LIMIT_OUTPUT 65536
/* Octets read at a time; a whole TLS record, so that none waits inside the library. */
#define LIMIT_READ 16384
/* Connections over a cap, or of --health, that may be told so at a time; more are closed at once.
 */
#define LIMIT_REFUSALS 256
#define LIMIT_HEALTH 64

#endif
