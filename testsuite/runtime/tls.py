"""TLS of the listeners: server names, versions, suites, order, timeout, tickets, and what a reload leaves alone."""

import time

from stwtest import case, contains, equal, run, until
from talk import Talk, certificate, certificate_object, insecure, listeners, s_client, toml_list

SUITES_12 = ["tls-ecdhe-ecdsa-with-aes-256-gcm-sha384", "tls-ecdhe-ecdsa-with-aes-128-gcm-sha256",
             "tls-ecdhe-ecdsa-with-chacha20-poly1305-sha256", "tls-ecdhe-rsa-with-aes-256-gcm-sha384",
             "tls-ecdhe-rsa-with-aes-128-gcm-sha256", "tls-ecdhe-rsa-with-chacha20-poly1305-sha256"]


def handshake(port, *options):
    """(version, suite) that s_client agreed on, or None when the handshake failed."""
    out, err, _ = s_client(port, *options, "-brief")
    if "CONNECTION ESTABLISHED" not in err:
        return None
    facts = dict(line.split(": ", 1) for line in (out + err).splitlines() if ": " in line)
    return facts["Protocol version"], facts["Ciphersuite"]


def answered(port, name):
    """Common name of the certificate that answers a server name."""
    options = ["-servername", name] if name else ["-noservername"]
    out, _, _ = s_client(port, *options)
    return next(line for line in out.splitlines() if line.startswith("subject=")).split("CN = ")[1]


@case
def server_names(site):
    """a Certificate answers its names, exact before wildcard; others get the default one"""
    for stem, *names in (["one", "mail.example.org", "alias.example.org"], ["wild", "*.example.org"],
                         ["other", "mail.example.net"]):
        certificate(site.dir, stem, *names)
    text, ports = listeners(["imap"], tlsImplicit=True)
    text = 'defaultCertificateId = "#other"\n' + text
    text += certificate_object("one") + certificate_object("wild") + certificate_object("other")
    site.build(text)
    site.start("--secrets", str(site.dir))
    for name, wanted in (("mail.example.org", "mail.example.org"), ("alias.example.org", "mail.example.org"),
                         ("web.example.org", "*.example.org"), ("MAIL.example.NET", "mail.example.net"),
                         ("a.b.example.org", "mail.example.net"), ("unknown.invalid", "mail.example.net"),
                         (None, "mail.example.net")):
        equal(answered(ports["imap"], name), wanted, str(name))


@case
def many_names(site):
    """every name of a certificate counts, however many; the common name where it has no others, in any case"""
    names = [f"n{i}.example.org" for i in range(100)]
    certificate(site.dir, "many", *names)
    certificate(site.dir, "dot", "first.example.net", "Second.Example.NET.")
    certificate(site.dir, "old", "Only.Example.COM", alternatives=False)
    text, ports = listeners(["imap"], tlsImplicit=True)
    site.build('defaultCertificateId = "#dot"\n' + text
               + "".join(certificate_object(stem) for stem in ("many", "dot", "old")))
    site.start("--secrets", str(site.dir))
    for name, wanted in (("n99.example.org", names[0]), ("n99.example.org.", names[0]),
                         ("only.example.com", "Only.Example.COM"), ("second.example.net", "first.example.net"),
                         ("n100.example.org", "first.example.net")):
        equal(answered(ports["imap"], name), wanted, name)


@case
def versions(site):
    """disabled versions are not spoken; nothing below 1.2 ever is"""
    text, ports = listeners(["imap", "pop3"], tlsImplicit=True)
    text = text.replace('[NetworkListener.imap]\n', '[NetworkListener.imap]\ntlsDisableProtocols = ["tls12"]\n')
    text = text.replace('[NetworkListener.pop3]\n', '[NetworkListener.pop3]\ntlsDisableProtocols = ["tls13"]\n')
    site.build(text)
    site.start()
    equal(handshake(ports["imap"])[0], "TLSv1.3")
    equal(handshake(ports["imap"], "-tls1_2"), None)
    equal(handshake(ports["pop3"])[0], "TLSv1.2")
    equal(handshake(ports["pop3"], "-tls1_3"), None)
    equal(handshake(ports["pop3"], "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), None)


@case
def suites(site):
    """disabled suites are not agreed on; the order is the server's or, if so configured, the client's"""
    disabled = ["tls13-aes-256-gcm-sha384", SUITES_12[0]]
    text, ports = listeners(["imap", "pop3"], tlsImplicit=True, tlsDisableCipherSuites=toml_list(disabled))
    text = text.replace('[NetworkListener.pop3]\n', '[NetworkListener.pop3]\ntlsIgnoreClientOrder = false\n')
    site.build(text)
    site.start()
    imap, pop3 = ports["imap"], ports["pop3"]
    equal(handshake(imap, "-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"), None)
    equal(handshake(imap, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"), None)
    backwards_13 = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
    backwards_12 = "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256"
    equal(handshake(imap, "-tls1_3", "-ciphersuites", backwards_13)[1], "TLS_AES_128_GCM_SHA256")
    equal(handshake(pop3, "-tls1_3", "-ciphersuites", backwards_13)[1], "TLS_CHACHA20_POLY1305_SHA256")
    equal(handshake(imap, "-tls1_2", "-cipher", backwards_12)[1], "ECDHE-ECDSA-AES128-GCM-SHA256")
    equal(handshake(pop3, "-tls1_2", "-cipher", backwards_12)[1], "ECDHE-ECDSA-CHACHA20-POLY1305")


@case
def handshake_timeout(site):
    """tlsTimeout ends a handshake that does not come, on implicit TLS and after STARTTLS"""
    text, ports = listeners(["imap"], tlsImplicit=True, tlsTimeout=300)
    more, more_ports = listeners(["smtp"], tlsTimeout=300)
    site.build(text + more)
    site.start()
    began = time.monotonic()
    with Talk("imap", ports["imap"], greet=False) as talk:
        equal(talk.ended(), True, "implicit")
        equal(0.25 < time.monotonic() - began < 5, True, "time")
    with Talk("smtp", more_ports["smtp"]) as talk:
        contains(talk.ask(b"EHLO x\r\n"), b"STARTTLS")
        time.sleep(0.5)  # the deadline is the handshake's alone
        began = time.monotonic()
        contains(talk.ask(b"STARTTLS\r\n"), b"220 ")
        equal(talk.ended(), True, "STARTTLS")
        equal(0.25 < time.monotonic() - began < 5, True, "time")


@case
def bad_certificates(site):
    """a key that does not belong to its certificate refuses the generation, and says which"""
    certificate(site.dir, "one", "mail.example.org")
    certificate(site.dir, "two", "mail.example.net")
    text, ports = listeners(["imap"], tlsImplicit=True)
    site.build(text + certificate_object("one"))
    site.start("--secrets", str(site.dir))
    active = site.active()
    site.build(text + certificate_object("one", key="two.key"))
    out, err = site.expect(1, "reload", "--wait")
    contains(out + err, "Certificate 'one'")
    contains(out + err, "does not belong")
    equal(site.active(), active)
    equal(answered(ports["imap"], "mail.example.org"), "mail.example.org")


@case
def nothing_left(site):
    """a listener that is left without any version or suite refuses the generation and is named"""
    text, ports = listeners(["imap"], tlsImplicit=True)
    site.build(text)
    site.start()
    active = site.active()
    for left in ('tlsDisableProtocols = ["tls12", "tls13"]\n',
                 'tlsDisableProtocols = ["tls13"]\ntlsDisableCipherSuites = ' + toml_list(SUITES_12) + "\n"):
        site.build(text + left)
        out, err = site.expect(1, "reload", "--wait")
        contains(out + err, "NetworkListener 'imap'")
        contains(out + err, "no cipher suite")
        equal(site.active(), active)
    equal(handshake(ports["imap"])[0], "TLSv1.3")


@case
def reload_keeps_sessions(site):
    """a reload ends no session: not on a changed listener, nor on one that is gone"""
    text, ports = listeners(["imap", "pop3", "smtp"], tlsImplicit=True)
    site.build(text)
    site.start()
    talks = [Talk(p, ports[p], tls=insecure()) for p in ports]
    only_smtp, more = listeners(["smtp"], useTls=False)
    site.build(only_smtp, hostname="new.example.org")
    site.expect(0, "reload", "--wait")
    with Talk("smtp", more["smtp"]) as talk:
        contains(talk.greeting, b"new.example.org")
    for talk, command, wanted in zip(talks, (b"a NOOP\r\n", b"NOOP\r\n", b"EHLO x\r\n"),
                                     (b"a OK", b"+OK", b"250-mail.example.org")):
        with talk:
            contains(talk.ask(command), wanted)
    until(lambda: site.role("edge")["connections"] == 0, "the sessions to end")


@case
def tickets(site):
    """a session ticket is good after a reload"""
    text, ports = listeners(["imap"], tlsImplicit=True)
    site.build(text)
    site.start()
    for version in ("-tls1_2", "-tls1_3"):
        saved = str(site.dir / ("session" + version))
        with Talk("imap", ports["imap"], tls=insecure()):
            pass
        out, _, _ = s_client(ports["imap"], version, "-sess_out", saved, "-ign_eof", data=b"a LOGOUT\r\n")
        contains(out, "\nNew, ")
        site.build(text + f'[Domain.d]\nname = "d{version[-1]}.example.org"\n')
        site.expect(0, "reload", "--wait")
        out, _, _ = s_client(ports["imap"], version, "-sess_in", saved, "-ign_eof", data=b"a LOGOUT\r\n")
        contains(out, "\nReused, ")


@case
def renegotiation(site):
    """a client of TLS 1.2 that wants to renegotiate is refused"""
    text, ports = listeners(["http"], tlsImplicit=True)  # which says nothing by itself
    site.build(text)
    site.start()
    _, err, _ = s_client(ports["http"], "-tls1_2", data=b"R\n")
    contains(err, "RENEGOTIATING")
    contains(err, "no renegotiation")


@case
def not_tls(site):
    """what is no TLS at all on a TLS port ends at once and is counted"""
    text, ports = listeners(["imap"], tlsImplicit=True)
    site.build(text + '[Tracer.out]\n"@type" = "Stdout"\nlevel = "debug"\n')
    site.start()
    with Talk("imap", ports["imap"], greet=False) as talk:
        talk.send(b"a NOOP\r\n")
        talk.file.read()
    until(lambda: "tls.handshake-error" in site.log(), "the event")
    contains(site.log(), "listenerId=imap")


run()
