"""What an image asks for and cannot have: ports, keys, secrets. Refused as a whole, by name."""

import os
import pwd
import socket
import subprocess

import faulttest
from faulttest import Steady, put, stwtest
from stwtest import Skip, case, contains, equal, free_ports, greeting, listener, refuses


def certificate(chain, key, variant="File"):
    field = "filePath" if variant == "File" else "variableName"
    return (f'[[Certificate]]\ncertificate = {{"@type" = "{variant}", {field} = "{chain}"}}\n'
            f'privateKey = {{"@type" = "{variant}", {field} = "{key}"}}\n')


def make_pair(folder, name="mail.example.org"):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=" + name,
                    "-addext", "subjectAltName=DNS:" + name, "-keyout", str(folder / "tls.key"),
                    "-out", str(folder / "tls.pem")], check=True, capture_output=True)


class Place:
    """A stwd that serves one port, and a configuration with TLS that it is then asked to take."""

    def __init__(self, site, *options, env=None):
        self.site = site
        self.kept, self.fresh = free_ports(2)
        self.text = listener("smtp", "smtp", f"127.0.0.1:{self.kept}")
        self.secrets = site.dir / "secrets"
        self.secrets.mkdir()
        make_pair(self.secrets)
        self.good = site.build(self.text).read_bytes()
        self.options, self.env = ("--secrets", str(self.secrets), *options), env

    def start(self):
        self.site.start(*self.options, env=self.env)
        self.active = self.site.active()

    def ask(self, extra):
        """An image with one listener more, which must not open, and what is given."""
        more = listener("imaps", "imap", f"127.0.0.1:{self.fresh}", tlsImplicit=True)
        self.site.build(self.text + more + extra, self.site.dir / "next.stwi")
        put(self.site, (self.site.dir / "next.stwi").read_bytes())
        return self.site.ctl("reload", "--wait", "--force")

    def refused(self, extra, *words, check=True):
        done = self.ask(extra)
        equal(done.returncode, 1, f"{words}: {done.stdout}{done.stderr}")
        for word in words:
            contains(done.stderr, word)
        status = self.site.status()
        equal(status["image"]["active"], self.active, str(words))
        equal(status["health"], "degraded", str(words))
        assert refuses(self.fresh), "a listener of a refused image is open"
        contains(greeting(self.kept), "220")
        texts = [done.stderr, self.site.log()]
        if check:
            # a start refuses the same, with the same words
            found = self.site.run("--check", *self.options, env=self.env)
            texts.append(found.stderr)
            equal(found.returncode, 1, f"--check, {words}: {found.stderr}")
            for word in words:
                contains(found.stderr, word)
        for text in texts:
            assert "PRIVATE KEY" not in text, "a key in a message"
            faulttest.no_report(text)


@case
def keys(site):
    """a key that is missing, empty, a directory, a FIFO, a device, no PEM, or of another certificate"""
    place = Place(site)
    place.start()
    folder = place.secrets
    key = (folder / "tls.key").read_bytes()
    names = ("Certificate", "privateKey", "broken.key")
    broken = folder / "broken.key"

    def directory():
        broken.mkdir()

    def device():
        broken.symlink_to("/dev/zero")

    def loop():
        broken.symlink_to("broken.key")

    def content(data):
        return lambda: broken.write_bytes(data)

    other = site.dir / "other"
    other.mkdir()
    make_pair(other, "other.example.org")
    # what cannot be read names the property and the file; what is no key, the certificate
    wrong = (("missing", lambda: None, names), ("empty", content(b""), names),
             ("blank", content(b" \n\n"), names), ("a directory", directory, names),
             ("a FIFO", lambda: os.mkfifo(broken), names), ("a device", device, names),
             ("a loop", loop, names), ("large", content(b"x" * (3 << 20)), names),
             ("no PEM", content(b"no key at all\n"), names[:1]),
             ("half", content(key[:len(key) // 2]), names[:1]),
             ("of another", content((other / "tls.key").read_bytes()), names[:1]),
             ("a certificate", content((folder / "tls.pem").read_bytes()), names[:1]))
    with Steady(place.kept):
        for what, make, words in wrong:
            make()
            try:
                place.refused(certificate("tls.pem", "broken.key"), *words)
            except AssertionError as why:
                raise AssertionError(f"a key that is {what}: {why}") from why
            if broken.is_dir() and not broken.is_symlink():
                broken.rmdir()
            elif broken.is_symlink() or broken.exists():
                broken.unlink()
        done = place.ask(certificate("tls.pem", "tls.key"))
        equal(done.returncode, 0, done.stderr)
    site.expect(0, "status")


@case
def unreadable_key(site):
    """a key that the user stwd runs as may not read: refused with file and reason"""
    if os.getuid() != 0:
        raise Skip("needs root, to become somebody else")
    try:
        pwd.getpwnam("nobody")
    except KeyError:
        raise Skip("there is no user nobody") from None
    site.dir.chmod(0o777)
    place = Place(site, env={"RUN_AS_USER": "nobody"})
    place.secrets.chmod(0o755)
    (place.secrets / "tls.pem").chmod(0o644)
    (place.secrets / "tls.key").chmod(0o600)
    site.image.chmod(0o644)
    place.start()
    with Steady(place.kept):
        done = place.ask(certificate("tls.pem", "tls.key"))
        equal(done.returncode, 1, done.stderr)
        for word in ("Certificate", "privateKey", str(place.secrets / "tls.key"),
                     os.strerror(faulttest.errno.EACCES)):
            contains(done.stderr, word)
        equal(site.active(), place.active, "active")
        (place.secrets / "tls.key").chmod(0o644)
        equal(place.ask(certificate("tls.pem", "tls.key")).returncode, 0, "when it may")


@case
def variables(site):
    """a variable that is missing or empty: refused by object, property and name; never as empty"""
    place = Place(site, env={"STW_EMPTY": "", "STW_BLANK": " \n"})
    place.start()
    with Steady(place.kept):
        for name in ("STW_NOT_THERE", "STW_EMPTY", "STW_BLANK"):
            place.refused(certificate(name, name, "EnvironmentVariable"), "Certificate",
                          "certificate", name)


@case
def at_the_start(site):
    """the same at a start without anything else: status 1, and the words"""
    place = Place(site)
    more = listener("imaps", "imap", f"127.0.0.1:{place.fresh}", tlsImplicit=True)
    taken, = free_ports(1)
    name = "STW_NOT_THERE"
    for extra, words in (
            (certificate("tls.pem", "gone.key"), ("Certificate", "privateKey", "gone.key")),
            (certificate(name, name, "EnvironmentVariable"), ("Certificate", "certificate", name)),
            (certificate("tls.pem", "tls.key") + listener("pop", "pop3", f"127.0.0.1:{taken}"),
             (f"127.0.0.1:{taken}", "another program uses this port"))):
        site.build(place.text + more + extra)
        with hold(taken, True):
            done = site.run("--foreground", *place.options)
        equal(done.returncode, 1, "exit status")
        for word in words:
            contains(done.stderr, word)
        assert refuses(place.kept) and refuses(place.fresh)


def hold(port, reuse, family=socket.AF_INET, host="127.0.0.1"):
    holder = socket.socket(family)
    if reuse:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    holder.bind((host, port))
    holder.listen()
    return holder


@case
def ports(site):
    """an occupied port, whoever set SO_REUSEPORT and on whichever address: nothing of it opens"""
    place = Place(site)
    place.start()
    taken, = free_ports(1)
    with Steady(place.kept):
        for theirs in (False, True):
            for ours in ("true", "false"):
                for host in ("127.0.0.1", "0.0.0.0"):
                    with hold(taken, theirs, host=host):
                        place.refused(
                            certificate("tls.pem", "tls.key")
                            + listener("pop", "pop3", f"127.0.0.1:{taken}", socketReusePort=ours),
                            f"127.0.0.1:{taken}", "another program uses this port",
                            check=False)
        done = place.ask(certificate("tls.pem", "tls.key")
                         + listener("pop", "pop3", f"127.0.0.1:{taken}"))
        equal(done.returncode, 0, done.stderr)
        contains(greeting(taken), "+OK")


@case
def addresses(site):
    """an address that this host does not have, and a port that only others may bind"""
    place = Place(site)
    place.start()
    with Steady(place.kept):
        place.refused(certificate("tls.pem", "tls.key")
                      + listener("pop", "pop3", "192.0.2.1:4110"), "192.0.2.1:4110", "'pop'", check=False)


stwtest.run()
