"""The web role with curl and by hand: health, metrics, who may see them, and what HTTP asks for."""

import re
import socket
import subprocess

from stwtest import Skip, case, contains, equal, run, until
from talk import Talk, insecure, listeners


def curl(url, *options):
    """(status, headers and body) as curl saw them."""
    done = subprocess.run(["curl", "--silent", "--show-error", "--include", "--insecure", "--max-time", "10",
                           *options, url], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"curl {url}: {done.stderr}")
    return int(done.stdout.split()[1]), done.stdout


def own_address():
    """An address of this machine that is not of the loopback network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            raise Skip("this machine has no address but loopback") from None
        return probe.getsockname()[0]


@case
def health(site):
    """live and ready answer over HTTP, over HTTPS and on --health"""
    text, ports = listeners(["http"], useTls=False)
    more, secure = listeners(["http"], tlsImplicit=True)
    extra = listeners(["http"])[1]["http"]
    site.build(text + more.replace("NetworkListener.http", "NetworkListener.https"))
    site.start("--health", f"127.0.0.1:{extra}")
    for base in (f"http://127.0.0.1:{ports['http']}", f"https://127.0.0.1:{secure['http']}",
                 f"http://127.0.0.1:{extra}"):
        for path, word in (("/healthz/live", "live"), ("/healthz/ready", "ready")):
            status, text = curl(base + path)
            equal(status, 200, base + path)
            contains(text, word)


@case
def metrics(site):
    """/metrics counts what happened"""
    text, ports = listeners(["smtp", "http"], useTls=False)
    site.build(text)
    site.start()
    with Talk("smtp", ports["smtp"]):
        status, text = curl(f"http://127.0.0.1:{ports['http']}/metrics")
    equal(status, 200)
    contains(text, "text/plain; version=0.0.4")
    for sample in ('stw_connections_accepted_total{protocol="smtp"} 1', 'stw_connections_open{role="edge"} 1',
                   "stw_ready 1", "stw_generation 1", 'stw_role_up{role="edge"} 1'):
        contains(text, "\n" + sample + "\n")
    digest = next(line for line in text.splitlines() if line.startswith("stw_image_info")).split('"')[1]
    equal(digest, site.status()["image"]["content"])


@case
def exposition(site):
    """/metrics is the text format 0.0.4: families once and described, samples once, counters that end in _total"""
    text, ports = listeners(["http"], useTls=False)
    site.build(text)
    site.start()
    body = curl(f"http://127.0.0.1:{ports['http']}/metrics")[1].replace("\r\n", "\n").split("\n\n", 1)[1]
    equal(body.endswith("\n"), True, "the last line's end")
    families, samples, described = {}, set(), None
    for line in body.splitlines():
        if line.startswith("# HELP "):
            described = line.split()[2]
            equal(described in families, False, line)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            equal(name, described, line)
            equal(kind in ("counter", "gauge"), True, line)
            equal(name.endswith("_total"), kind == "counter", line)
            families[name] = kind
        else:
            match = re.fullmatch(r'([a-z_]+)(\{[a-z]+="[^"\\]+"\})? \d+(\.\d+)?', line)
            equal(bool(match) and match[1] == described and match[1] in families, True, line)
            equal(line.split()[0] in samples, False, line)
            samples.add(line.split()[0])
    equal(len(families) > 15, True, f"{len(families)} families")


@case
def metrics_login(site):
    """with Metrics.prometheus Enabled everybody may ask, with the login that it has"""
    text, ports = listeners(["http"], useTls=False)
    (site.dir / "scrape").write_text("s3cret")
    site.build(text + '[Metrics.prometheus]\n"@type" = "Enabled"\nauthUsername = "scraper"\n'
               'authSecret = {"@type" = "File", filePath = "scrape"}\n')
    site.start("--secrets", str(site.dir))
    url = f"http://127.0.0.1:{ports['http']}/metrics"
    status, text = curl(url)
    equal(status, 401)
    contains(text, 'WWW-Authenticate: Basic realm="metrics"')
    equal(curl(url, "--user", "scraper:wrong")[0], 401)
    equal(curl(url, "--user", "scraper:s3cret")[0], 200)
    equal("s3cret" in site.log(), False, "the secret is in the log")


@case
def metrics_from_afar(site):
    """metrics are for loopback peers unless they are enabled; health is for all"""
    address = own_address()
    text, ports = listeners(["http"], useTls=False)
    text = text.replace("127.0.0.1", "0.0.0.0")
    base = f"http://{address}:{ports['http']}"
    site.build(text)
    site.start()
    equal(curl(base + "/healthz/live")[0], 200)
    equal(curl(base + "/metrics")[0], 403)
    equal(curl(f"http://127.0.0.1:{ports['http']}/metrics")[0], 200)
    site.build(text + '[Metrics.prometheus]\n"@type" = "Enabled"\n')
    site.expect(0, "reload", "--wait")
    equal(curl(base + "/metrics")[0], 200)


@case
def statuses(site):
    """404, 405 and 400 where they belong; HEAD has no body; a connection serves many requests"""
    text, ports = listeners(["http"], useTls=False)
    site.build(text)
    site.start()
    base = f"http://127.0.0.1:{ports['http']}"
    equal(curl(base + "/")[0], 404)
    status, text = curl(base + "/healthz/live", "--request", "POST", "--data", "x=y")
    equal(status, 405)
    contains(text, "Allow: GET, HEAD")
    status, text = curl(base + "/healthz/live", "--head")
    equal(status, 200)
    contains(text, "Content-Length: 5")
    equal(curl(base + "/" + "a" * 9000)[0], 414)
    equal(curl(base + "/healthz/live", "--header", "X: " + "y" * 9000)[0], 431)
    with Talk("http", ports["http"], greet=False) as talk:
        for _ in range(3):
            talk.send(b"GET /healthz/live HTTP/1.1\r\nHost: h\r\n\r\n")
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += talk.line()
            contains(head, b"HTTP/1.1 200 ")
            equal(talk.line(), b"live\n")
        talk.send(b"nonsense\r\n")
        contains(talk.line(), b"HTTP/1.1 400 ")
        talk.file.read()


@case
def gone(site):
    """a role that dies comes back, and its open connections are forgotten"""
    text, ports = listeners(["smtp", "http"], useTls=False)
    site.build(text)
    site.start()
    base = f"http://127.0.0.1:{ports['http']}"
    with Talk("smtp", ports["smtp"]) as talk:
        subprocess.run(["kill", "-KILL", str(site.role("edge")["pid"])], check=True)
        equal(talk.ended(), True)
    until(lambda: site.role("edge")["restarts"] == 1 and curl(base + "/healthz/ready")[0] == 200, "edge to be back")
    with Talk("smtp", ports["smtp"]) as talk:
        contains(talk.greeting, b"220 ")
        contains(curl(base + "/metrics")[1], 'stw_connections_open{role="edge"} 1')


run()
