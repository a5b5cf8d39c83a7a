"""A first configuration as stwc init writes it, served by stwd."""

import os
import re
import ssl
import socket
import subprocess

from stwtest import STWC, case, contains, equal, free_ports, greeting, run

NAMES = ("smtp", "submissions", "submission", "imaps", "https", "management")


def begin(site, *answers):
    """Writes it, and an overlay that moves its listeners to free ports; folder, overlay, ports."""
    folder = site.dir / "new"
    subprocess.run([STWC, "init", "--quiet", "--hostname", "mail.example.org", *answers, str(folder)],
                   stdin=subprocess.DEVNULL, check=True)
    ports = dict(zip(NAMES, free_ports(len(NAMES))))
    text = (folder / "mail.toml").read_text()
    equal(sorted(re.findall(r"^\[NetworkListener\.(\w+)\]", text, re.M)), sorted(NAMES), "listeners")
    overlay = site.dir / "overlay.toml"
    overlay.write_text("".join(f'[NetworkListener.{name}]\nbind = ["127.0.0.1:{port}"]\n'
                               for name, port in ports.items()))
    return folder, overlay, ports


def tls_greeting(port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 20) as plain:
        with context.wrap_socket(plain, server_hostname="mail.example.org") as tls:
            return tls.recv(512).decode()


@case
def served(site):
    """all defaults: stwd serves it, with a certificate of its own until there is another"""
    folder, overlay, ports = begin(site)
    site.compile(folder, site.image, "--overlay", str(overlay))
    equal(site.run("--check", "--secrets", str(folder / "secrets")).returncode, 0, "stwd --check")
    site.start("--secrets", str(folder / "secrets"))
    out, _ = site.expect(0, "status")
    contains(out, "healthy")
    contains(greeting(ports["smtp"]), "220 mail.example.org")
    contains(greeting(ports["submission"]), "220 mail.example.org")
    contains(tls_greeting(ports["submissions"]), "220 mail.example.org")
    contains(tls_greeting(ports["imaps"]), "* OK")
    contains(out, "self-signed: mail.example.org")


@case
def own_certificate(site):
    """a certificate of one's own, by names that are looked up in the secrets directory"""
    folder, overlay, ports = begin(site, "--certificate", "mail.crt", "--key", "mail.key")
    done = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", "/CN=mail.example.org", "-addext", "subjectAltName=DNS:mail.example.org", "-keyout",
         str(folder / "secrets/mail.key"), "-out", str(folder / "secrets/mail.crt")],
        stdin=subprocess.DEVNULL, capture_output=True, check=False, env=dict(os.environ, LC_ALL="C"))
    equal(done.returncode, 0, done.stderr)
    site.compile(folder, site.image, "--overlay", str(overlay), "--host", "--secrets", str(folder / "secrets"))
    site.start("--secrets", str(folder / "secrets"))
    out, _ = site.expect(0, "status")
    contains(tls_greeting(ports["imaps"]), "* OK")
    assert "self-signed" not in out, out


run()
