"""The mail protocols against a running stwd: greeting, commands, STARTTLS, the end of a session."""

from stwtest import case, contains, equal, run, until
from talk import MAIL, STARTTLS, Talk, insecure, listeners, s_client

HELLO = {
    "smtp": (b"EHLO client.example\r\n", b"PIPELINING"),
    "lmtp": (b"LHLO client.example\r\n", b"PIPELINING"),
    "imap": (b"a CAPABILITY\r\n", b"IMAP4rev2"),
    "pop3": (b"CAPA\r\n", b"RESP-CODES"),
    "manageSieve": (b"CAPABILITY\r\n", b'"VERSION" "1.0"'),
}

QUIT = {
    "smtp": (b"QUIT\r\n", b"221 "),
    "lmtp": (b"QUIT\r\n", b"221 "),
    "imap": (b"z LOGOUT\r\n", b"* BYE "),
    "pop3": (b"QUIT\r\n", b"+OK"),
    "manageSieve": (b"LOGOUT\r\n", b"OK "),
}

REFUSED = {
    "smtp": (b"MAIL FROM:<a@example.org>\r\n", b"451 4.3.2"),
    "lmtp": (b"MAIL FROM:<a@example.org>\r\n", b"451 4.3.2"),
    "imap": (b"c SELECT INBOX\r\n", b"c BAD "),
    "pop3": (b"RETR 1\r\n", b"-ERR "),
    "manageSieve": (b"LISTSCRIPTS\r\n", b"NO "),
}

OFFER = {"smtp": b"STARTTLS", "lmtp": b"STARTTLS", "imap": b"STARTTLS", "pop3": b"STLS", "manageSieve": b"STARTTLS"}


@case
def each_protocol(site):
    """every mail protocol greets with the host name, answers, refuses what it cannot do, and says goodbye"""
    text, ports = listeners()
    site.build(text, hostname="mx.example.net")
    site.start()
    for protocol in MAIL:
        with Talk(protocol, ports[protocol]) as talk:
            contains(talk.greeting, b"mx.example.net")
            command, wanted = HELLO[protocol]
            answer = talk.ask(command)
            contains(answer, wanted)
            contains(answer, OFFER[protocol])
            command, wanted = STARTTLS[protocol][1:]
            equal(talk.ask(command).startswith(wanted), True, protocol + " NOOP")
            command, wanted = REFUSED[protocol]
            equal(talk.ask(command).startswith(wanted), True, protocol + " refusal")
            command, wanted = QUIT[protocol]
            equal(talk.ask(command).startswith(wanted), True, protocol + " goodbye")
            if protocol == "imap":
                contains(talk.line(), b"z OK ")
            equal(talk.ended(), True, protocol + " end")


@case
def openssl_starttls(site):
    """openssl s_client -starttls works with every protocol, and the session goes on under TLS"""
    text, ports = listeners()
    site.build(text)
    site.start()
    for protocol in MAIL:
        name = "sieve" if protocol == "manageSieve" else protocol
        out, err, status = s_client(ports[protocol], "-starttls", name, "-quiet", "-crlf", "-no_ign_eof",
                                    "-servername", "mail.example.org", data=b"")
        contains(err, "CN = mail.example.org")
        equal(status, 0, f"status of s_client for {protocol}: {out}{err}")
        with Talk(protocol, ports[protocol]) as talk:
            talk.ask(HELLO[protocol][0])
            talk.start_tls()
            if protocol == "manageSieve":
                contains(talk.answer(), b'"IMPLEMENTATION"')  # RFC 5804 2.2: they come again
            answer = talk.ask(HELLO[protocol][0])
            contains(answer, HELLO[protocol][1])
            equal(OFFER[protocol] in answer, False, protocol + " offers TLS under TLS")


@case
def injection(site):
    """plaintext sent behind STARTTLS is thrown away in every protocol"""
    text, ports = listeners()
    site.build(text)
    site.start()
    for protocol in MAIL:
        start, noop, good = STARTTLS[protocol]
        injected = noop * 3 if protocol != "imap" else b"x NOOP\r\ny NOOP\r\n"
        with Talk(protocol, ports[protocol]) as talk:
            talk.ask(HELLO[protocol][0])
            talk.start_tls(behind=injected)
            if protocol == "manageSieve":
                talk.answer()
            talk.send(QUIT[protocol][0])
            rest = talk.file.read()
            equal(rest.startswith(QUIT[protocol][1]), True, f"{protocol}: first word under TLS is {rest!r}")
            equal(rest.count(b"\r\n"), 2 if protocol == "imap" else 1, f"{protocol}: answers {rest!r}")


@case
def starttls_offers(site):
    """TLS is neither offered nor started without useTls, nor a second time on implicit TLS"""
    plain, plain_ports = listeners(useTls=False)
    site.build(plain)
    site.start()
    for protocol in MAIL:
        with Talk(protocol, plain_ports[protocol]) as talk:
            equal(OFFER[protocol] in talk.greeting + talk.ask(HELLO[protocol][0]), False, protocol + " offer")
            answer = talk.ask(STARTTLS[protocol][0])
            equal(answer.startswith((b"502 ", b"a BAD", b"-ERR", b"NO ")), True, f"{protocol}: {answer!r}")
            equal(talk.ask(STARTTLS[protocol][1]).startswith(STARTTLS[protocol][2]), True, protocol)
    secure, secure_ports = listeners(tlsImplicit=True)
    site.build(secure)
    site.expect(0, "reload", "--wait")
    for protocol in MAIL:
        with Talk(protocol, secure_ports[protocol], tls=insecure()) as talk:
            equal(OFFER[protocol] in talk.greeting + talk.ask(HELLO[protocol][0]), False, protocol + " offer")
            answer = talk.ask(STARTTLS[protocol][0])
            equal(answer.startswith((b"503 ", b"a BAD", b"-ERR", b"NO ")), True, f"{protocol}: {answer!r}")


@case
def half_closed(site):
    """a client that sends its commands and its FIN at once gets every answer"""
    text, ports = listeners()
    site.build(text)
    site.start()
    for protocol in MAIL:
        with Talk(protocol, ports[protocol]) as talk:
            talk.send(HELLO[protocol][0] + STARTTLS[protocol][1])
            talk.socket.shutdown(1)
            contains(talk.answer(), HELLO[protocol][1])
            equal(talk.answer().startswith(STARTTLS[protocol][2]), True, protocol)
            equal(talk.ended(), True, protocol + " end")


@case
def pipelining(site):
    """thousands of commands in one go are all answered, also when the client reads late"""
    text, ports = listeners(["smtp"])
    site.build(text)
    site.start()
    with Talk("smtp", ports["smtp"]) as talk:
        count = 20000
        talk.socket.settimeout(20)
        talk.send(b"HELP\r\n" * (count // 2))  # more output than the server keeps, and than the sockets hold
        talk.send(b"QUIT\r\n")
        lines = talk.file.read().splitlines()
        equal(len(lines), count // 2 + 1, "answers")
        contains(lines[-1], b"221 ")


@case
def last_words(site):
    """sessions hear that the service goes down, in the words of their protocol"""
    text, ports = listeners()
    site.build(text)
    site.start()
    talks = [Talk(p, ports[p]) for p in MAIL]
    site.stop()
    words = {"smtp": b"421 4.3.2", "lmtp": b"421 4.3.2", "imap": b"* BYE", "pop3": b"-ERR", "manageSieve": b"BYE"}
    for talk in talks:
        with talk:
            equal(talk.line().startswith(words[talk.protocol]), True, talk.protocol)
            equal(talk.ended(), True, talk.protocol + " end")


@case
def confined(site):
    """edge and web run without capabilities, without new privileges, and under a system call filter"""
    text, ports = listeners(["smtp", "http"])
    site.build(text)
    site.start()
    filtered = "seccomp" not in site.log()
    for name in ("edge", "web"):
        with open(f"/proc/{site.role(name)['pid']}/status", encoding="ascii") as status:
            facts = dict(line.split(":", 1) for line in status.read().splitlines())
        equal(facts["CapEff"].strip(), "0000000000000000", name)
        equal(facts["NoNewPrivs"].strip(), "1", name)
        if filtered:
            equal(facts["Seccomp"].strip(), "2", name)
    with Talk("smtp", ports["smtp"]) as talk:
        until(lambda: site.role("edge")["connections"] == 1, "the session to be counted")
        contains(talk.greeting, b"220 ")


run()
