"""stwctl zone-check: expected records beside what a real name server on loopback answers."""
import fcntl
import json
import os
import select
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

import stwtest

BUILDDIR = os.environ.get("builddir", os.getcwd())
STWC = os.path.join(os.path.abspath(BUILDDIR), "stwc", "stwc")
STWCTL = os.path.join(os.path.abspath(BUILDDIR), "stwctl")

SOURCE = '''
[SystemSettings]
defaultHostname = "mail.example.org"
defaultDomainId = "#example.org"
[Domain."example.org"]
certificateManagement = {{"@type" = "Automatic", acmeProviderId = "#le"}}
[AcmeProvider.le]
contact = ["postmaster@example.org"]
[Certificate.mail]
certificate = {{"@type" = "File", filePath = "tls.crt"}}
privateKey = {{"@type" = "File", filePath = "tls.key"}}
[DkimSignature.rsa]
"@type" = "Dkim1RsaSha256"
selector = "s1"
domainId = "#example.org"
privateKey = {{"@type" = "File", filePath = "rsa.pem"}}
[NetworkListener]
smtp = {{bind = ["[::]:25"]}}
submissions = {{bind = ["[::]:465"], tlsImplicit = true}}
imaps = {{protocol = "imap", bind = ["[::]:993"], tlsImplicit = true}}
https = {{protocol = "http", bind = ["[::]:443"], tlsImplicit = true}}
[DnsResolver]
"@type" = "Custom"
servers = [{{address = "127.0.0.1", port = {port}, protocol = "{protocol}"}}]
attempts = 1
timeout = "{timeout}"
tcpOnError = {retry}
'''
ZONE_ARGS = ["--domain", "example.org", "--address", "192.0.2.1", "--address", "2001:db8::1", "--host", "--tlsa",
             "--now", "2026-03-01T00:00:00Z", "-q", "--level", "certificate-expired=off"]


class Tap:
    def __init__(self):
        self.count = 0

    def ok(self, condition, name, *more):
        self.count += 1
        print(f"{'ok' if condition else 'not ok'} {self.count} - {name}", flush=True)
        if not condition:
            for text in more:
                print("#   " + str(text).replace("\n", "\n#   "))
        return condition

    def done(self):
        print(f"1..{self.count}")


def free_port():
    return stwtest.free_ports(1)[0]


class NameServer:
    """Knot DNS with one zone, in a folder of its own; stopped by its process."""

    def __init__(self, folder, zone, port=None, address="127.0.0.1"):
        self.port = port or free_port()
        self.folder = tempfile.mkdtemp(dir=folder)
        with open(os.path.join(self.folder, "example.org.zone"), "w", encoding="utf-8") as out:
            out.write(zone)
        conf = os.path.join(self.folder, "knot.conf")
        with open(conf, "w", encoding="utf-8") as out:
            out.write(f'''server:
    rundir: "{self.folder}"
    listen: {address}@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{self.folder}"
acl:
  - id: update
    address: 127.0.0.1
    action: update
zone:
  - domain: example.org
    storage: "{self.folder}"
    file: example.org.zone
    journal-content: none
    acl: update
''')
        with open(os.path.join(self.folder, "log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(["knotd", "-c", conf], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def ready(self):
        """Asks for the SOA until there is one."""
        question = b"\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03org\x00\x00\x06\x00\x01"
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                udp.settimeout(0.3)
                udp.sendto(question, ("127.0.0.1", self.port))
                try:
                    answer = udp.recv(512)
                except OSError:
                    time.sleep(0.05)
                    continue
                if answer[6:8] == b"\x00\x01":
                    return True
            time.sleep(0.05)
        return False

    def ask(self, name, kind):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(10)
            udp.sendto(b"\x12\x35\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" + name + bytes([0, kind, 0, 1]), ("127.0.0.1", self.port))
            return udp.recv(4096)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def make(folder, form, port=53, protocol="udp", timeout="2s", retry="true", more=(), resolver=None):
    text = SOURCE.format(port=port, protocol=protocol, timeout=timeout, retry=retry)
    with open(os.path.join(folder, "mail.toml"), "w", encoding="utf-8") as out:
        out.write(text if resolver is None else text.split("[DnsResolver]")[0] + resolver)
    done = subprocess.run([STWC, "zone", "mail.toml", *ZONE_ARGS, *more, "--to", form], cwd=folder, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(folder, document, *args, env=None):
    path = os.path.join(folder, "zone.json")
    with open(path, "w", encoding="utf-8") as out:
        out.write(document)
    return subprocess.run([STWCTL, "zone-check", *args, path], capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, **(env or {})})


def test_same(tap, folder, zone):
    with NameServer(folder, zone) as server:
        if not tap.ok(server.ready(), "the name server has our zone"):
            return
        for protocol in ("udp", "tcp"):
            done = check(folder, make(folder, "json", server.port, protocol))
            tap.ok(done.returncode == 0 and "as they should be" in done.stdout and not done.stderr,
                   f"the zone is what was expected, over {protocol}", done.stdout, done.stderr)
        document = make(folder, "json", 1)
        done = check(folder, document, "--server", f"127.0.0.1:{server.port}")
        tap.ok(done.returncode == 0, "--server asks another one", done.stdout, done.stderr)
        done = check(folder, document, "--server", f"127.0.0.1:{server.port}", "--tcp")
        tap.ok(done.returncode == 0, "--tcp asks over TCP", done.stdout, done.stderr)


def test_differences(tap, folder, zone):
    """Changes of the zone, and the line that each makes."""
    lines = zone.splitlines(keepends=True)

    def without(*parts):
        return "".join(line for line in lines if not all(part in line for part in parts))

    def told(name, changed, wanted):
        with NameServer(folder, changed) as server:
            if not tap.ok(changed != zone and server.ready(), f"{name}: the name server has the zone"):
                return
            done = check(folder, make(folder, "json", server.port))
            for line in wanted:
                tap.ok(done.returncode == 1 and line in done.stdout, f"{name}: {line.split(chr(10))[0]}", done.stdout, done.stderr)

    many = without("_imaps._tcp").replace("0 1 465", "0 1 466").replace('" "', '" "x', 1)
    many = many.replace("TLSA  3 1 1 ", "TLSA  3 1 1 00").replace("letsencrypt.org", "example.net")
    many += '@ IN MX 5 mail2\nmail2 IN A 192.0.2.9\n@ IN TXT "v=spf1 +all"\n'
    told("seven differences", many, [
        "missing _imaps._tcp.example.org SRV 0 1 993",
        "wrong   _submissions._tcp.example.org SRV 0 1 465 mail.example.org.\n"
        "        the DNS has 0 1 466 mail.example.org.\n",
        "extra   example.org MX 5 mail2.example.org.",
        "extra   example.org TXT v=spf1 +all",
        "wrong   s1._domainkey.example.org TXT v=DKIM1",
        "wrong   _25._tcp.mail.example.org TLSA",
        'wrong   example.org CAA 0 issue "letsencrypt.org"'])
    told("addresses", without("mail ", " AAAA ").replace("192.0.2.1\n", "192.0.2.7\n", 1),
         ["wrong   mail.example.org A 192.0.2.1", "missing mail.example.org AAAA 2001:db8::1"])
    told("a mail exchanger that is an alias", without("mail ", " A ").replace("mail               IN AAAA", "web IN AAAA")
         .replace("mail               IN TXT", "web IN TXT") + "mail IN CNAME web\n",
         ["alias   mail.example.org CNAME web.example.org."])


def test_others(tap, folder, zone):
    """What is nobody's business."""
    more = zone.replace("$TTL 3600", "$TTL 60") + '@ IN TXT "some-verification=1"\nwww IN A 192.0.2.80\n'
    with NameServer(folder, more) as server:
        done = check(folder, make(folder, "json", server.port)) if server.ready() else None
        tap.ok(done and done.returncode == 0, "other texts, other names and times to live are no difference",
               done and done.stdout)


class TlsServer:
    """TLS before another name server, which has the same frames over TCP (RFC 7858). `ask` gives what comes back of a question."""

    def __init__(self, folder, certificate, ask, port=None, address="127.0.0.1"):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(os.path.join(folder, certificate + ".crt"), os.path.join(folder, certificate + ".key"))
        self.ask, self.connections = ask, 0
        self.front = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.front.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.front.bind((address, port or 0))
        self.front.listen(16)
        self.port = self.front.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.front.accept()
            except OSError:
                return
            self.connections += 1
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                with self.context.wrap_socket(client, server_side=True) as tls:
                    while question := self.read(tls):
                        answer = self.ask(question)
                        if not answer:
                            break
                        for part in (answer[:1], answer[1:20], answer[20:]):
                            tls.sendall(part)
            except OSError:
                pass

    @staticmethod
    def read(stream):
        frame = b""
        while len(frame) < 2 or len(frame) < 2 + int.from_bytes(frame[:2], "big"):
            more = stream.recv(2 if len(frame) < 2 else 65536)
            if not more:
                return b""
            frame += more
        return frame

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.front.close()


def forward(port, question):
    with socket.create_connection(("127.0.0.1", port)) as back:
        back.sendall(question)
        return TlsServer.read(back)


def make_certificate(folder, name, address):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", name + ".key", "-out", name + ".crt", "-days", "2",
                    "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:" + address], cwd=folder, capture_output=True, check=True)


def test_tls(tap, folder, zone):
    """A name server that is asked over TLS, one that others pretend to be, and ones that break off."""
    make_certificate(folder, "good", "127.0.0.1")
    make_certificate(folder, "other", "127.0.0.9")
    trusted = {"SSL_CERT_FILE": os.path.join(folder, "good.crt")}
    with NameServer(folder, zone) as server:
        ready = server.ready()

        def pass_on(question):
            return forward(server.port, question)

        def told(name, ask, status, wanted, certificate="good", env=None, text=None, timeout="5s"):
            with TlsServer(folder, certificate, ask) as tls:
                done = check(folder, text or make(folder, "json", tls.port, "tls", timeout=timeout), env=trusted if env is None else env)
                tap.ok(ready and done.returncode == status and wanted in done.stdout + done.stderr, f"over TLS, {name}: status {status}", done.stdout, done.stderr)
                return tls.connections

        tap.ok(told("the zone is what was expected", pass_on, 0, "as they should be") == 1, "… all over one connection")
        told("an authority that nobody knows", pass_on, 2, "over TLS: self", env={"SSL_CERT_FILE": os.path.join(folder, "tls.crt")})
        told("the certificate of another address", pass_on, 2, "over TLS: IP address mismatch", "other", {"SSL_CERT_FILE": os.path.join(folder, "other.crt")})
        told("answers to other questions", lambda q: pass_on(q)[:2] + b"xx" + pass_on(q)[4:], 2, "ends without an answer")
        told("a server that refuses", lambda q: q[:4] + bytes([q[4] | 0x80, q[5] | 5]) + q[6:], 2, "server refused")
        told("a server that has no such names", lambda q: q[:4] + bytes([q[4] | 0x80, q[5] | 3]) + q[6:], 1, "missing mail.example.org A 192.0.2.1")
        told("nothing but noise", lambda q: b"\x00\x03abc", 2, "ends without an answer")
        told("a server that is silent", lambda q: time.sleep(1), 2, "over TLS", timeout="200ms")
        turns = iter(range(10000))
        tap.ok(told("a server that breaks off behind every other answer", lambda q: next(turns) % 2 == 0 and pass_on(q), 0, "as they should be") > 3,
               "… is asked for the rest anew")
        both = json.loads(make(folder, "json", server.port))
        both["resolver"]["servers"].insert(0, dict(both["resolver"]["servers"][0], protocol="tls", port=free_port()))
        told("one that is not there, and another without TLS", pass_on, 0, "as they should be", text=json.dumps(both))
        plain = json.dumps(json.loads(make(folder, "json", server.port, "tls", timeout="300ms")))
        told("a server that knows no TLS", pass_on, 2, "over TLS: ", text=plain)


def test_update(tap, folder, zone):
    """What nsupdate makes of a zone that somebody else keeps too, and of its records as they were."""
    tools = [tool for tool in ("nsupdate", "knsupdate") if shutil.which(tool)]
    if not tools:
        print("# SKIP nsupdate: neither BIND's nor Knot's is installed")
    with open(os.path.join(folder, "old.zone"), "w", encoding="utf-8") as out:
        out.write(zone.replace("0 1 465 mail", "0 1 466 mail").replace("v=DMARC1; p=reject", "v=DMARC1; p=none"))
    for tool in tools:
        mine = 'www IN A 192.0.2.80\n@ IN TXT "some-verification=1"\n'
        with NameServer(folder, zone.replace("0 1 465 mail", "0 1 466 mail").replace("v=DMARC1; p=reject", "v=DMARC1; p=none") + mine) as server:
            document = make(folder, "json", server.port)
            before = check(folder, document) if server.ready() else None
            text = f"server 127.0.0.1 {server.port}\n" + make(folder, "nsupdate", server.port, more=["--previous", "old.zone"])
            done = subprocess.run([tool], input=text, capture_output=True, text=True, check=False, timeout=60)
            tap.ok(done.returncode == 0 and not done.stderr, f"{tool} takes the update", done.stdout, done.stderr)
            after = check(folder, document)
            tap.ok(before and before.returncode == 1 and after.returncode == 0, "… after which the zone is what was expected", after.stdout)
            for name, kind in ((b"\x03www", 1), (b"", 16)):
                answer = server.ask(name + b"\x07example\x03org\x00", kind)
                tap.ok(b"\xc0\x00\x02\x50" in answer or b"some-verification=1" in answer, "… and what others keep there is still there")


SYSTEM = '[DnsResolver]\n"@type" = "System"\ntimeout = "300ms"\n'


def within(folder):
    """In namespaces of our own: a name server at port 53 of loopback, and a resolv.conf that names it. Prints what was said."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # SIOCSIFFLAGS: up and running
        fcntl.ioctl(any_socket, 0x8916, struct.pack("16sH2x4s8x", b"lo:1", socket.AF_INET, socket.inet_aton("1.1.1.1")))  # SIOCSIFADDR
    resolv = os.path.join(folder, "resolv.conf")
    with open(resolv, "w", encoding="utf-8") as out:
        out.write("search example.com\nnameserver 127.0.0.2\nnameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", resolv, "/etc/resolv.conf"], check=True)
    with open(os.path.join(folder, "system.zone"), encoding="utf-8") as zone, open(os.path.join(folder, "system.json"), encoding="utf-8") as documents:
        with NameServer(folder, zone.read(), 53) as server, TlsServer(folder, "cloud", lambda q: forward(53, q), 853, "1.1.1.1"):
            ready = server.ready()
            done = [check(folder, text, env={"SSL_CERT_FILE": os.path.join(folder, "cloud.crt")}) for text in ready and json.load(documents)]
    print(json.dumps([(d.returncode, d.stdout, d.stderr) for d in done]))


def test_system(tap, folder, zone):
    """The servers that /etc/resolv.conf names, which is ours for as long as it takes."""
    probe = ["unshare", "-rmn", "mount", "--bind", "/dev/null", "/etc/resolv.conf"]
    if not shutil.which("unshare") or subprocess.run(probe, capture_output=True, check=False).returncode:
        print("# SKIP the resolver of the system: namespaces of one's own are not allowed here")
        return
    documents = [make(folder, "json", resolver=SYSTEM), make(folder, "json", resolver='[DnsResolver]\n"@type" = "Cloudflare"\n')]
    make_certificate(folder, "cloud", "1.1.1.1")
    for text, status, part in ((zone, 0, "as they should be"), (zone.replace("0 1 993", "0 1 994"), 1, "wrong   _imaps._tcp.example.org SRV 0 1 993")):
        with open(os.path.join(folder, "system.zone"), "w", encoding="utf-8") as out:
            out.write(text)
        with open(os.path.join(folder, "system.json"), "w", encoding="utf-8") as out:
            json.dump(documents, out)
        done = subprocess.run(["unshare", "-rmn", sys.executable, os.path.abspath(__file__), folder], capture_output=True, text=True, check=False, timeout=120)
        said = json.loads(done.stdout) if done.returncode == 0 else None
        tap.ok('"System"' in documents[0] and said and said[0][0] == status and part in said[0][1],
               f"the resolver of the system: status {status}", said, done.stderr)
        tap.ok(said and said[1][0] == status and part in said[1][1], "… and Cloudflare's, over TLS at its address", said)


def test_no_answer(tap, folder):
    """A server that says nothing, one that is not there, and one that asks for TLS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        start = time.monotonic()
        done = check(folder, make(folder, "json", port, timeout="100ms", retry="false"))
        tap.ok(done.returncode == 2 and "unknown mail.example.org A" in done.stdout and "had no answer" in done.stderr,
               "a server that says nothing: status 2", done.stdout, done.stderr)
        tap.ok(time.monotonic() - start < 20, "… after the time that the DnsResolver has")
        asked = silent.recv(512)
        tap.ok(asked[10:12] == b"\x00\x01", "… and was asked with EDNS")
        while select.select([silent], [], [], 0)[0]:
            silent.recv(512)
        plain = f'[DnsResolver]\n"@type" = "Custom"\nservers = [{{port = {port}}}]\nattempts = 0\ntimeout = "100ms"\ntcpOnError = false\nenableEdns = false\n'
        done = check(folder, make(folder, "json", resolver=plain))
        tap.ok(done.returncode == 2 and silent.recv(512)[10:12] == b"\x00\x00", "… but not where enableEdns says no", done.stderr)
        path = os.path.join(folder, "zone.json")
        make_slow = make(folder, "json", port, timeout="30s", retry="false")
        with open(path, "w", encoding="utf-8") as out:
            out.write(make_slow)
        done = subprocess.run([STWCTL, "--timeout", "1", "zone-check", path], capture_output=True, text=True,
                              check=False, timeout=60)
        tap.ok(done.returncode == 2 and "no answer in time" in done.stdout, "--timeout ends it", done.stdout)
    done = check(folder, make(folder, "json", free_port(), timeout="100ms"))
    tap.ok(done.returncode == 2, "a server that is not there: status 2", done.stdout, done.stderr)


def copy(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass


def test_tcp_on_error(tap, folder, zone):
    """Nothing comes back over UDP, everything over TCP."""
    with NameServer(folder, zone) as server, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as front, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        front.bind(("127.0.0.1", 0))
        port = front.getsockname()[1]
        deaf.bind(("127.0.0.1", port))
        front.listen(16)

        def serve():
            while True:
                try:
                    client, _ = front.accept()
                except OSError:
                    return
                back = socket.create_connection(("127.0.0.1", server.port))
                for pair in ((client, back), (back, client)):
                    threading.Thread(target=copy, args=pair, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        ready = server.ready()
        done = check(folder, make(folder, "json", port, timeout="700ms"))
        tap.ok(ready and done.returncode == 0, "tcpOnError: what UDP does not answer is asked over TCP", done.stdout,
               done.stderr)
        for name, protocol, args in (("a server that is named with tcp", "tcp", []), ("--tcp", "udp", ["--tcp"])):
            done = check(folder, make(folder, "json", port, protocol, timeout="5s", retry="false"), *args)
            tap.ok(done.returncode == 0, f"{name}: TCP alone", done.stdout, done.stderr)


def test_files(tap, folder):
    """Files that are no zone."""
    whole = make(folder, "json")
    broken = json.loads(whole)
    broken["records"][2]["data"] = 7
    for name, text in (("empty", ""), ("half", whole[:300]), ("another", "{}"), ("a wrong type", json.dumps(broken)),
                       ("a list", "[]"), ("nothing to compare", '{"domain": "a.example", "records": []}')):
        done = check(folder, text)
        tap.ok(done.returncode == 2 and done.stderr and not done.stdout, f"a file that is {name}: status 2", done.stderr)
    done = subprocess.run([STWCTL, "zone-check", os.path.join(folder, "none")], capture_output=True, text=True, check=False)
    tap.ok(done.returncode == 2 and "none" in done.stderr, "a file that is not there: status 2")
    done = check(folder, whole, "--server", "localhost")
    tap.ok(done.returncode == 2 and "--server" in done.stderr, "--server takes an address")


def main():
    for tool in ("knotd", "openssl"):
        if not shutil.which(tool):
            print(f"1..0 # SKIP {tool} is not installed")
            return
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        for words in (["genrsa", "-out", "rsa.pem", "2048"],
                      ["req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", "tls.key", "-out", "tls.crt", "-days",
                       "90", "-subj", "/CN=x", "-addext", "subjectAltName=DNS:mail.example.org"]):
            subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=True)
        zone = make(folder, "bind")
        test_same(tap, folder, zone)
        test_differences(tap, folder, zone)
        test_others(tap, folder, zone)
        test_tcp_on_error(tap, folder, zone)
        test_tls(tap, folder, zone)
        test_update(tap, folder, zone)
        test_system(tap, folder, zone)
        test_no_answer(tap, folder)
        test_files(tap, folder)
    tap.done()


if len(sys.argv) > 1:
    within(sys.argv[1])
else:
    main()
