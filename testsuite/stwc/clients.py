"""stwc clients: every form of what clients are told is well-formed and says what the listeners are; and what is missing is an error at its place."""
import json
import os
import plistlib
import tempfile
import xml.etree.ElementTree as ElementTree

import stwctest

POX = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
SETTINGS = '[SystemSettings]\ndefaultHostname = "mail.example.org"\ndefaultDomainId = "#example.org"\n'
DOMAIN = '[Domain."example.org"]\naliases = ["example.net"]\n'
LISTENERS = {
    "smtp": ("smtp", "[::]:25", ""),
    "submissions": ("smtp", "[::]:465", "tlsImplicit = true"),
    "imaps": ("imap", "[::]:993", "tlsImplicit = true"),
    "https": ("http", "[::]:443", "tlsImplicit = true"),
    "management": ("http", "127.0.0.1:8080", "useTls = false"),
}
FORMS = ["text", "autoconfig", "autodiscover", "autodiscover-json", "pacc", "mobileconfig"]


def source(settings=SETTINGS, domain=DOMAIN, more="", without=(), **changed):
    listeners = {name: row for name, row in {**LISTENERS, **changed}.items() if name not in without}
    return settings + domain + more + "".join(
        f'[NetworkListener.{name}]\nprotocol = "{protocol}"\nbind = "{bind}"\n{rest}\n' for name, (protocol, bind, rest) in listeners.items())


def ask(text, *args):
    return stwctest.run("clients", "--from", "toml", *args, "-", stdin=text)


def errors(text, *args):
    """(code, line, part of the message) of each error."""
    done = ask(text, "--format", "json", *args)
    return done.status, [(d["code"], d["line"], d["message"]) for d in done.diagnostics if d["severity"] == "error"]


def line_of(text, part):
    return text[:text.index(part)].count("\n") + 1


def mozilla(document):
    """(type, host, port, TLS, user) of each server."""
    return [(s.get("type"), *(s.find(n).text for n in ("hostname", "port", "socketType", "username")))
            for s in ElementTree.fromstring(document.encode()).iter() if s.tag in ("incomingServer", "outgoingServer")]


def outlook(document):
    return [tuple(p.find(POX + n).text for n in ("Type", "Server", "Port", "LoginName", "SSL", "Encryption"))
            for p in ElementTree.fromstring(document.encode()).iter(POX + "Protocol")]


def forms(tap):
    info = SETTINGS + 'providerInfo = { providerName = "Ä & <B> \\"C\\"", providerShortName = "B\'", userDocumentation = "https://h/?a&b", contactUri = "mailto:x@y" }\n'
    for name, settings in (("plain", SETTINGS), ("with facts about the provider", info)):
        said = {to: ask(source(settings), "--to", to, "--domain", "example.net") for to in FORMS}
        tap.equal([d.status for d in said.values()] + [d.stderr for d in said.values()], [0] * 6 + [""] * 6, f"{name}: every form is made")
        root = ElementTree.fromstring(said["autoconfig"].stdout.encode())
        tap.equal((root.tag, root.get("version"), root.find("emailProvider").get("id"), root.find("emailProvider/domain").text),
                  ("clientConfig", "1.1", "example.net", "example.net"), f"{name}: autoconfig is of the domain")
        tap.equal(mozilla(said["autoconfig"].stdout), [("imap", "mail.example.org", "993", "SSL", "%EMAILADDRESS%"),
                                                       ("smtp", "mail.example.org", "465", "SSL", "%EMAILADDRESS%")], f"{name}: and names the servers")
        tap.equal(outlook(said["autodiscover"].stdout), [("IMAP", "mail.example.org", "993", "user@example.net", "on", "SSL"),
                                                         ("SMTP", "mail.example.org", "465", "user@example.net", "on", "SSL")], f"{name}: so does Autodiscover")
        tap.equal(json.loads(said["autodiscover-json"].stdout),
                  {"Protocol": "AutodiscoverV1", "Url": "https://autodiscover.example.net/autodiscover/autodiscover.xml"}, f"{name}: version 2 leads there")
        pacc = json.loads(said["pacc"].stdout)
        tap.equal((pacc["protocols"], pacc["authentication"]),
                  ({"imap": {"host": "mail.example.org"}, "smtp": {"host": "mail.example.org"}, "jmap": {"url": "https://mail.example.org/jmap/session"},
                    "caldav": {"url": "https://mail.example.org/.well-known/caldav"}, "carddav": {"url": "https://mail.example.org/.well-known/carddav"}},
                   {"password": True}), f"{name}: PACC has the protocols")
        profile = plistlib.loads(said["mobileconfig"].stdout.encode())
        mail, calendar, contacts = profile["PayloadContent"]
        tap.equal((mail["EmailAccountType"], mail["IncomingMailServerHostName"], mail["IncomingMailServerPortNumber"], mail["IncomingMailServerUseSSL"],
                   mail["OutgoingMailServerPortNumber"], calendar["CalDAVHostName"], calendar["CalDAVUseSSL"], contacts["CardDAVPort"]),
                  ("EmailTypeIMAP", "mail.example.org", 993, True, 465, "mail.example.org", True, 443), f"{name}: the profile has mail, calendars and contacts")
        tap.equal(len({p["PayloadUUID"] for p in (profile, mail, calendar, contacts)}), 4, f"{name}: each with an identifier of its own")
        text = said["text"].stdout
        tap.ok(all(part in text for part in ("example.net", "the whole address", "993", "465", "SSL/TLS", "https://mail.example.org/.well-known/caldav"))
               and "8080" not in text and " 25\n" not in text, f"{name}: the text has what clients need, and not the way in for others")
    tap.equal((root.find("emailProvider/displayName").text, root.find("emailProvider/displayShortName").text, root.find("emailProvider/documentation").get("url")),
              ('Ä & <B> "C"', "B'", "https://h/?a&b"), "what XML would read otherwise is escaped")
    tap.equal((pacc["info"]["provider"], pacc["info"]["help"]), ({"name": 'Ä & <B> "C"', "shortName": "B'"},
                                                                   {"documentation": "https://h/?a&b", "contact": ["mailto:x@y"]}), "and what JSON would")
    tap.equal(profile["PayloadOrganization"], 'Ä & <B> "C"', "in a profile too")
    tap.equal(ask(source(), "--to", "mobileconfig").stdout, ask(source(), "--to", "mobileconfig").stdout, "the same sources give the same profile")


def servers(tap):
    own = SETTINGS + 'services = { imap = { hostname = "imap.example.com" }, smtp = { hostname = "smtp.example.com", cleartext = true }, pop3 = {} }\n'
    text = source(own, pop3s=("pop3", "[::]:995", "tlsImplicit = true"), submission=("smtp", "0.0.0.0:587", ""))
    tap.equal(mozilla(ask(text, "--to", "autoconfig").stdout),
              [("imap", "imap.example.com", "993", "SSL", "%EMAILADDRESS%"), ("pop3", "mail.example.org", "995", "SSL", "%EMAILADDRESS%"),
               ("smtp", "smtp.example.com", "465", "SSL", "%EMAILADDRESS%"), ("smtp", "smtp.example.com", "587", "STARTTLS", "%EMAILADDRESS%")],
              "hosts are those of the services, and STARTTLS is named where it is announced")
    tap.equal("caldav" in ask(text).stdout, False, "what services leave out is not told")
    text = source(own.replace(", pop3 = {}", ""), submissions=("smtp", "[::]:587", ""), imaps=("imap", "[::]:9993", "tlsImplicit = true"))
    tap.equal(outlook(ask(text, "--to", "autodiscover").stdout), [("IMAP", "imap.example.com", "9993", "user@example.org", "on", "SSL"),
                                                                  ("SMTP", "smtp.example.com", "587", "user@example.org", "off", "TLS")], "STARTTLS alone")
    text = source(SETTINGS + "services = { pop3 = {}, smtp = {} }\n", imaps=("pop3", "[::]:995", "tlsImplicit = true"))
    tap.equal(plistlib.loads(ask(text, "--to", "mobileconfig").stdout.encode())["PayloadContent"][0]["EmailAccountType"], "EmailTypePOP", "POP3 alone")
    many = {f"imap{i}": ("imap", f"[::]:{10000 + i}", "tlsImplicit = true") for i in range(300)}
    tap.equal(len(mozilla(ask(source(**many), "--to", "autoconfig").stdout)), 9, "no client goes through hundreds of servers")


def logins(tap):
    ldap = ('[Directory.ldap]\n"@type" = "Ldap"\ndescription = "d"\nurl = "ldap://127.0.0.1"\nbaseDn = "dc=x"\nfilterLogin = "%s"\n'
            '[Authentication]\ndirectoryId = "#ldap"\n')
    for wanted, filter_login in (("LOCALPART", "(uid={local})"), ("ADDRESS", "(mail=?)"), ("ADDRESS", "(&(uid={local})(o={domain}))"), ("ADDRESS", "(|(uid={local})(mail={user}))")):
        text = source(more=ldap % filter_login)
        done = ask(text, "--to", "autoconfig")
        tap.equal([s[4] for s in mozilla(done.stdout)], ["%EMAIL" + wanted + "%"] * 2, f"users of {filter_login}")
    text = source(more=ldap % "(uid={local})")
    tap.equal([s[3] for s in outlook(ask(text, "--to", "autodiscover").stdout)], ["user", "user"], "the part before the @, for Outlook")
    tap.ok("before the @" in ask(text).stdout, "and for people")


def missing(tap):
    text = source(without=["imaps", "https"])
    tap.equal(errors(text), (1, [("client-listener", line_of(text, '"example.org"]\nali'),
                                  "clients of 'example.org' are to be told where IMAP is, and no listener that they reach serves it")]),
              "no way to mail: at the domain")
    text = source(without=["submissions"])
    tap.equal([(c, line) for c, line, _ in errors(text, "--to", "autoconfig")[1]], [("client-listener", line_of(text, '"example.org"]\nali'))], "no way to send: port 25 is none")
    tap.equal(ask(source(without=["imaps", "submissions"])).status, 0, "JMAP does both")
    tap.equal(errors(source(without=["imaps", "submissions"]), "--to", "autoconfig")[0], 1, "where the form knows it")
    text = source(SETTINGS + "services = { imap = {}, smtp = {}, pop3 = {} }\n")
    tap.equal([(c, line) for c, line, _ in errors(text)[1]], [("client-listener", line_of(text, "services"))], "a service that is written down is missed at its place")
    text = source(imaps=("imap", "[::]:143", ""), without=["https"])
    tap.equal([(c, line) for c, line, _ in errors(text)[1]], [("client-tls", line_of(text, '"[::]:143"'))], "a listener without TLS from the start, at its address")
    text = source(imaps=("imap", "[::]:143", "useTls = false"), without=["https"])
    tap.equal([(c, line) for c, line, _ in errors(text, "--to", "mobileconfig")[1]], [("client-tls", line_of(text, '"[::]:143"'))], "one without any")
    text = source(imaps=("imap", "127.0.0.1:993", "tlsImplicit = true"))
    tap.equal([c for c, _, _ in errors(text, "--to", "autoconfig")[1]], ["client-listener"], "one on loopback is out of reach")
    text = source(imaps=("imap", "[::]:9993", "tlsImplicit = true"), without=["https"])
    tap.equal([(c, line) for c, line, _ in errors(text, "--to", "pacc")[1]], [("client-listener", line_of(text, '"[::]:9993"'))], "PACC knows no ports")
    tap.equal([c for c, _, _ in errors(source(without=["https"]), "--to", "autodiscover-json")[1]], ["client-listener"], "version 2 leads to HTTPS")
    text = source(https=("http", "[::]:80", "useTls = false"))
    tap.equal([(c, line) for c, line, _ in errors(text, "--to", "autodiscover-json")[1]], [("client-tls", line_of(text, '"[::]:80"'))], "not to HTTP")


def images(tap):
    """An image tells what its sources do, and where the sources are wrong."""
    ldap = ('[Directory.ldap]\n"@type" = "Ldap"\ndescription = "d"\nurl = "ldap://127.0.0.1"\nbaseDn = "dc=x"\nfilterLogin = "(uid={local})"\n')
    info = SETTINGS + 'providerInfo = { providerName = "Ä & <B>", userDocumentation = "https://h/?a&b" }\n'
    domain = DOMAIN.replace("example.net", "bücher.net") + 'directoryId = "#ldap"\n'
    with tempfile.TemporaryDirectory() as folder:
        def build(text):
            with open(os.path.join(folder, "mail.toml"), "w", encoding="utf-8") as out:
                out.write(text)
            return stwctest.run("build", "-q", "mail.toml", "-o", "mail.stwi", cwd=folder).status

        tap.equal(build(source(info, domain, ldap)), 0, "an image")
        for to in FORMS:
            both = [stwctest.run("clients", name, "--to", to, "--domain", "Bücher.net", cwd=folder) for name in ("mail.toml", "mail.stwi")]
            tap.equal([(d.status, d.stderr) for d in both], [(0, ""), (0, "")], f"{to} of sources and of their image, for an alias in another script")
            tap.ok(both[0].stdout and both[0].stdout == both[1].stdout and "bücher" not in both[0].stdout, f"{to}: the same bytes")
        tap.equal(build(source(imaps=("imap", "[::]:143", ""), without=["https"])), 0, "an image without TLS for clients")
        done = stwctest.run("clients", "mail.stwi", "--format", "json", cwd=folder)
        tap.equal((done.status, [(d["code"], d["message"].split(": ")[0]) for d in done.diagnostics]),
                  (1, [("client-tls", "mail.toml:%d" % line_of(source(imaps=("imap", "[::]:143", ""), without=["https"]), 'bind = "[::]:143"'))]),
                  "what is wrong is at its place in the sources")
        tap.equal(build(source(without=["imaps", "https"])), 0, "an image without a way to mail")
        done = stwctest.run("clients", "mail.stwi", cwd=folder)
        tap.ok(done.status == 1 and not done.stdout and "mail.toml:4: clients of 'example.org'" in done.stderr, "what is missing is at the domain")
        tap.equal(stwctest.run("clients", "mail.stwi", "mail.toml", cwd=folder).status, 2, "an image stands alone")
        with open(os.path.join(folder, "mail.stwi"), "r+b") as image:
            image.truncate(5000)
        done = stwctest.run("clients", "mail.stwi", cwd=folder)
        tap.ok(done.status == 2 and not done.stdout and "mail.stwi: " in done.stderr, "half an image is refused")


def usage(tap):
    for args, part in ((["--to", "xml"], "--to is text|autoconfig"), (["--domain", "example.com"], "no Domain is called 'example.com'"),
                       (["--domain", "a b"], "no domain name")):
        done = ask(source(), *args)
        tap.equal((done.status, part in done.stderr, done.stdout), (2, True, ""), " ".join(args))
    done = ask(source(domain=DOMAIN + '[Domain."example.com"]\n'))
    tap.equal((done.status, "more than one Domain" in done.stderr), (2, True), "two domains, and none is named")
    done = ask(source(SETTINGS.replace('defaultHostname = "mail.example.org"\n', "")))
    tap.equal((done.status, "defaultHostname is not set" in done.stderr), (2, True), "no name of the server")
    done = ask(source().replace("protocol", "protokol"))
    tap.equal((done.status, done.stdout), (1, ""), "sources that are not valid have no clients")
    done = stwctest.run("clients")
    tap.equal(done.status, 2, "no sources")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "profile.mobileconfig")
        tap.equal((ask(source(), "--to", "mobileconfig", "-o", path).stdout, len(plistlib.load(open(path, "rb"))["PayloadContent"])), ("", 3), "into a file")


def main():
    tap = stwctest.Tap()
    forms(tap)
    servers(tap)
    logins(tap)
    missing(tap)
    images(tap)
    usage(tap)
    tap.done()


main()
