"""What mail clients look for, asked of a running stwd: by Host, for each Domain, over a reload, and by strangers."""

import json
import xml.etree.ElementTree as ElementTree

from stwtest import case, contains, equal, free_ports, run, sealed
from talk import Talk

POX = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
AUTOCONFIG = "/mail/config-v1.1.xml"
WELL_KNOWN = "/.well-known/autoconfig/mail/config-v1.1.xml"
OUTLOOK = "/autodiscover/autodiscover.xml"
OUTLOOK_JSON = "/autodiscover/autodiscover.json"
PACC = "/.well-known/user-agent-configuration.json"
MTA_STS = "/.well-known/mta-sts.txt"

# behind the host name in SystemSettings
SOURCE = """\
defaultDomainId = "#example.org"
services = {{ imap = {{ hostname = "imap.example.org" }}, smtp = {{ cleartext = true }} }}
mailExchangers = [{{ hostname = "mx1.example.org", priority = 10 }}, {{ priority = 20 }}]
providerInfo = {{ providerName = "Ex & Co <1>" }}
[Domain."example.org"]
aliases = ["example.net", "Übung.example.net"]
[Domain."xn--bcher-kva.example.com"]
[Domain."off.example.com"]
isEnabled = false
[NetworkListener.web]
protocol = "http"
bind = "127.0.0.1:{web}"
useTls = false
[NetworkListener.imaps]
protocol = "imap"
bind = "0.0.0.0:{imaps}"
tlsImplicit = true
[NetworkListener.submissions]
bind = "0.0.0.0:{submissions}"
tlsImplicit = true
[NetworkListener.submission]
bind = "0.0.0.0:{submission}"
"""


class Web:
    """A running stwd, asked over one connection for each request."""

    def __init__(self, site, extra=""):
        names = ["web", "imaps", "submissions", "submission"]
        self.site = site
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.text = SOURCE.format(**self.ports) + extra
        self.build(self.text)
        site.start()

    def build(self, text):
        self.site.build(text, hostname="mx.example.org")

    def reload(self, text):
        self.build(text)
        self.site.expect(0, "reload", "--wait")

    def ask(self, method, host, path, body=b"", fields=""):
        """(status, fields by lower-case name, body)"""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        with Talk("http", self.ports["web"], greet=False) as talk:
            talk.send(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{fields}{length}Connection: close\r\n\r\n".encode() + body)
            answer = talk.file.read()
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        return int(lines[0].split()[1]), {n.lower(): v for n, v in (line.split(": ", 1) for line in lines[1:])}, body

    def get(self, host, path):
        return self.ask("GET", host, path)

    def outlook(self, host, address, path=OUTLOOK):
        return self.ask("POST", host, path, request_for(address))


def request_for(address):
    return ('<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/'
            f'outlook/requestschema/2006"><Request><EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>'
            f'{POX[1:-1]}</AcceptableResponseSchema></Request></Autodiscover>').encode()


def servers(document):
    """Of Outlook's XML: (type, server, port, login, encryption) of each protocol."""
    found = ElementTree.fromstring(document).findall(f"{POX}Response/{POX}Account/{POX}Protocol")
    return [tuple(p.find(POX + n).text for n in ("Type", "Server", "Port", "LoginName", "Encryption")) for p in found]


@case
def autoconfig(site):
    """Mozilla's document at both addresses, for each domain and alias, and for the name that a record leads to"""
    web = Web(site)
    for domain in ("example.org", "example.net", "xn--bcher-kva.example.com", "xn--bung-zra.example.net"):
        for host, path in ((f"autoconfig.{domain}", AUTOCONFIG), (f"autoconfig.{domain}", WELL_KNOWN), (domain, WELL_KNOWN),
                           ("mx.example.org", f"{WELL_KNOWN}?emailaddress=a%2Bb%40{domain}")):
            status, fields, body = web.get(host, path)
            equal((status, fields["content-type"], fields["cache-control"]), (200, "text/xml; charset=utf-8", "max-age=600"), host + path)
            root = ElementTree.fromstring(body)
            equal((root.find("emailProvider").get("id"), root.find("emailProvider/displayName").text), (domain, "Ex & Co <1>"), host)
            found = [(s.get("type"), *(s.find(n).text for n in ("hostname", "port", "socketType", "username")))
                     for s in root.iter() if s.tag in ("incomingServer", "outgoingServer")]
            equal(found, [("imap", "imap.example.org", str(web.ports["imaps"]), "SSL", "%EMAILADDRESS%"),
                          ("smtp", "mx.example.org", str(web.ports["submissions"]), "SSL", "%EMAILADDRESS%"),
                          ("smtp", "mx.example.org", str(web.ports["submission"]), "STARTTLS", "%EMAILADDRESS%")], host)


@case
def autodiscover(site):
    """Outlook's documents: the address of the request, escaped, and none but its own domain's"""
    web = Web(site)
    for host, address in (("autodiscover.example.org", "a.b+c@example.org"), ("example.net", "J&amp;K&apos;s@Example.NET"),
                          ("mx.example.org", "x@xn--bcher-kva.example.com"), ("imap.example.org", "ü@example.net")):
        status, fields, body = web.outlook(host, address)
        equal((status, fields["content-type"], fields["cache-control"]), (200, "text/xml; charset=utf-8", "no-store"), address)
        login = address.replace("&amp;", "&").replace("&apos;", "'")
        equal(servers(body), [("IMAP", "imap.example.org", str(web.ports["imaps"]), login, "SSL"),
                              ("SMTP", "mx.example.org", str(web.ports["submissions"]), login, "SSL")], address)
    equal(web.outlook("autodiscover.example.org", " \r\n a@example.org\t", "/Autodiscover/Autodiscover.XML")[0], 200, "in other letters")
    for host, address in (("autodiscover.example.org", "a@example.net"), ("mx.example.org", "a@elsewhere.example"),
                          ("example.org", "a@off.example.com"), ("autodiscover.example.org", "a@mx.example.org")):
        equal(web.outlook(host, address)[0], 404, f"{host} {address}")
    for path in (f"{OUTLOOK_JSON}?Email=a%40example.net&protocol=autodiscoverV1", f"{OUTLOOK_JSON}/v1.0/a%40example.net?Protocol=AutodiscoverV1"):
        for host in ("autodiscover.example.net", "mx.example.org"):
            status, fields, body = web.get(host, path)
            equal((status, fields["content-type"]), (200, "application/json"), path)
            equal(json.loads(body), {"Protocol": "AutodiscoverV1", "Url": "https://autodiscover.example.net" + OUTLOOK}, path)
    status, _, body = web.get("autodiscover.example.net", f"{OUTLOOK_JSON}?Protocol=ActiveSync")
    equal((status, json.loads(body)["ErrorCode"]), (400, "InvalidProtocol"))
    equal(web.get("mx.example.org", f"{OUTLOOK_JSON}?Protocol=AutodiscoverV1")[0], 404, "no address, no domain")


@case
def policy(site):
    """the MTA-STS policy stands at its own host, with the hosts that take mail; disable has none"""
    web = Web(site)
    status, fields, body = web.get("mta-sts.example.net", MTA_STS)
    equal((status, fields["content-type"]), (200, "text/plain; charset=utf-8"))
    equal(body, b"version: STSv1\r\nmode: testing\r\nmx: mx1.example.org\r\nmx: mx.example.org\r\nmax_age: 604800\r\n")
    equal(web.get("example.net", MTA_STS)[0], 404, "not at the domain itself")
    web.reload(web.text + '[MtaSts]\nmode = "enforce"\nmaxAge = "30d"\nmxHosts = ["*.example.org"]\n')
    equal(web.get("mta-sts.example.net", MTA_STS)[2], b"version: STSv1\r\nmode: enforce\r\nmx: *.example.org\r\nmax_age: 2592000\r\n")
    web.reload(web.text + '[MtaSts]\nmode = "disable"\n')
    equal(web.get("mta-sts.example.net", MTA_STS)[0], 404, "disabled")


@case
def reload(site):
    """a reload changes what is told, and who is"""
    web = Web(site)
    equal(web.get("autoconfig.example.com", AUTOCONFIG)[0], 404)
    web.reload(web.text.replace("imap.example.org", "new.example.org") + '[Domain."example.com"]\n')
    for domain in ("example.com", "example.org"):
        contains(web.get(f"autoconfig.{domain}", AUTOCONFIG)[2], b"<hostname>new.example.org</hostname>")
    web.reload(web.text.replace("tlsImplicit = true", "useTls = false"))
    body = web.get("autoconfig.example.org", AUTOCONFIG)[2]
    equal((b"imap" in body, b"STARTTLS" in body), (False, True), "what has no TLS is not announced")


@case
def hosts(site):
    """odd Host fields, and other people's"""
    web = Web(site)
    for host in ("AutoConfig.EXAMPLE.org", "autoconfig.example.org.", "autoconfig.example.org:8080", "AUTOCONFIG.example.org.:80"):
        equal(web.get(host, AUTOCONFIG)[0], 200, host)
    for host in ("autoconfig.example.com", "example.org", "autoconfig.autoconfig.example.org", "autoconfig.off.example.com",
                 "mx.example.org", "autoconfig.mx.example.org", "autoconfig.", ".", "", "[::1]:80", "127.0.0.1", "x" * 300,
                 "autoconfig.example.org..", "autoconfig.xn--bcher-kva.example", "autodiscover.example.org", "autoconfix.example.org",
                 "aut0config.example.org"):
        equal(web.get(host, AUTOCONFIG)[0], 404, host)
    for host in ("autoconfig.bücher.example.com", "autoconfig.example.org:80:80x", "a@autoconfig.example.org"):
        equal(web.get(host, AUTOCONFIG)[0], 400, host)
    equal(web.get("elsewhere.example", f"http://autoconfig.example.org{AUTOCONFIG}")[0], 200, "the host of the target comes first")
    equal(web.get("autoconfig.example.org", f"http://elsewhere.example{AUTOCONFIG}")[0], 404)


@case
def methods(site):
    """HEAD has the head alone; other methods are told which there are"""
    web = Web(site)
    plain, head = web.get("autoconfig.example.org", AUTOCONFIG), web.ask("HEAD", "autoconfig.example.org", AUTOCONFIG)
    equal((head[0], head[1]["content-length"], head[2]), (200, str(len(plain[2])), b""))
    status, fields, _ = web.ask("POST", "autoconfig.example.org", AUTOCONFIG, b"x")
    equal((status, fields["allow"]), (405, "GET, HEAD"))
    status, fields, _ = web.ask("GET", "autodiscover.example.org", OUTLOOK)
    equal((status, fields["allow"]), (405, "POST"))
    equal(web.ask("DELETE", "mta-sts.elsewhere.example", MTA_STS)[0], 404, "a stranger's host")
    equal(web.ask("POST", "autodiscover.example.org", OUTLOOK, request_for("a@example.org"), "Expect: 100-continue\r\n")[0], 417)


@case
def bodies(site):
    """requests that are too large, or no request of Outlook's, or have an address that is none"""
    web = Web(site)
    good = request_for("a@example.org")
    equal(web.ask("POST", "example.org", OUTLOOK, good + b" " * (16384 - len(good)))[0], 200, "the longest")
    equal(web.ask("POST", "example.org", OUTLOOK, good + b" " * (16385 - len(good)))[0], 413, "longer")
    equal(web.ask("POST", "example.org", OUTLOOK, fields="Content-Length: 1048577\r\n")[0], 413, "longer than any body")
    parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (good[:100], good[100:101], good[101:]))
    equal(web.ask("POST", "example.org", OUTLOOK, fields="Transfer-Encoding: chunked\r\n\r\n" + (parts + b"0\r\n\r\n").decode())[0], 200, "in chunks")
    wrong = [b"", b"x", good[:-60].replace(b"</EMail", b"<EMail"), good + good, good.replace(b"<Request>", b"<!-- --><Request>"),
             b'<!DOCTYPE x [<!ENTITY e "a">]>' + good, b"<EMailAddress>a@example.org"]
    addresses = ["", "a", "@example.org", "a@", "a b@example.org", "a@b@example.org", "&lt;a@example.org", "&#97;@example.org", "a&@example.org",
                 "a\x01@example.org", "<b>a@example.org</b>", "<![CDATA[a@example.org]]>", "a" * 65 + "@example.org", "a@" + "b" * 300,
                 '"a"@example.org', "a\\@example.org"]
    for body in wrong + [request_for(address) for address in addresses] + [good.replace(b"a@", b"\xff@")]:
        equal(web.ask("POST", "example.org", OUTLOOK, body)[0], 400, body)
    for query in ("", "?", "?emailaddress", "?emailaddress=", "?emailaddress=%4", "?emailaddress=a%40", "?emailaddress=" + "a" * 400 + "%40example.org",
                  "?x=y&&=&emailaddress=a%00%40example.org", "?emailaddress=a%40mx.example.org"):
        equal(web.get("mx.example.org", WELL_KNOWN + query)[0], 404, query)
    equal(web.get("example.org", WELL_KNOWN + "?emailaddress=" + "a" * 400)[0], 200, "where the host says the domain, the address does not matter")


@case
def nothing_to_tell(site):
    """a configuration without services has no documents for clients; --health has none in any"""
    port, health = free_ports(2)
    site.build('[Domain."example.org"]\n[NetworkListener.web]\nprotocol = "http"\n'
               f'bind = "127.0.0.1:{port}"\nuseTls = false\n')
    site.start("--health", f"127.0.0.1:{health}")
    for where, found in ((port, 200), (health, 404)):
        web = Web.__new__(Web)
        web.ports = {"web": where}
        equal(web.get("autoconfig.example.org", AUTOCONFIG)[0], 404)
        equal(web.get("ua-auto-config.example.org", PACC)[0], 404)
        equal(web.get("mta-sts.example.org", MTA_STS)[0], found)
        equal(web.get("example.org", "/healthz/live")[0], 200)


@case
def other_stwc(site):
    """an image of the same objects whose documents are others, as another stwc may write them, is served"""
    web = Web(site)
    before = web.get("autoconfig.example.org", AUTOCONFIG)[2]
    contains(before.decode(), "Ex &amp; Co")
    content = site.status()["image"]["content"]
    image = site.image.read_bytes()
    changed = image.replace(b"Ex &amp; Co", b"An &amp; Co")
    assert changed != image
    other = site.dir / "other.stwi"
    other.write_bytes(sealed(changed))
    contains(site.expect(0, "preview", other)[0], "the same objects, compiled to other tables")
    other.rename(site.image)
    site.wait_for(lambda s: s["generation"] == 2, "the reload")
    equal(web.get("autoconfig.example.org", AUTOCONFIG)[2], before.replace(b"Ex", b"An"), "the document")
    equal(site.status()["image"]["content"], content, "content")
    # a comment alone changes neither
    web.reload("# a remark\n" + web.text)
    equal(site.status()["generation"], 3, "back to the documents of this stwc")
    contains(site.expect(0, "reload", "--wait")[0], "unchanged")
    web.build("# another\n" + web.text)
    contains(site.expect(0, "reload", "--wait")[0], "unchanged")
    equal(site.status()["generation"], 3, "generation")


run()
