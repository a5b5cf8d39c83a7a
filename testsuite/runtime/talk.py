"""What the scenario tests of the roles edge and web share: sessions with each protocol, in the clear and under TLS."""

import re
import socket
import ssl
import subprocess

from stwtest import free_ports, listener

MAIL = ["smtp", "lmtp", "imap", "pop3", "manageSieve"]

# protocol: (command that starts TLS, a command that works in every state, what its answer begins with)
STARTTLS = {
    "smtp": (b"STARTTLS\r\n", b"NOOP\r\n", b"250 "),
    "lmtp": (b"STARTTLS\r\n", b"NOOP\r\n", b"250 "),
    "imap": (b"a STARTTLS\r\n", b"b NOOP\r\n", b"b OK "),
    "pop3": (b"STLS\r\n", b"NOOP\r\n", b"+OK"),
    "manageSieve": (b"STARTTLS\r\n", b"NOOP\r\n", b"OK "),
}

# what a client over a cap is told
REFUSAL = {
    "smtp": b"421 4.3.2 ",
    "lmtp": b"421 4.3.2 ",
    "imap": b"* BYE [UNAVAILABLE] ",
    "pop3": b"-ERR [SYS/TEMP] ",
    "manageSieve": b"BYE (TRYLATER) ",
    "http": b"HTTP/1.1 503 ",
}


def insecure():
    """A client's context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Talk:
    """One session, read line by line."""

    def __init__(self, protocol, port, tls=None, source=None, greet=True, name="mail.example.org"):
        self.protocol = protocol
        self.name = name
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=10, source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=name)
        self.file = self.socket.makefile("rb")
        self.greeting = self.answer() if greet else None

    def line(self):
        return self.file.readline()

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """Lines up to the one that ends an answer of the protocol."""
        lines = []
        while True:
            line = self.line()
            lines.append(line)
            if not line or self.last(line, lines):
                return b"".join(lines)

    def last(self, line, lines):
        if self.protocol in ("smtp", "lmtp"):
            return line[3:4] == b" "
        if self.protocol == "imap":
            return not line.startswith(b"* ") or len(lines) == 1 and line.startswith((b"* OK", b"* BYE"))
        if self.protocol == "pop3":
            return line == b".\r\n" or lines[0] != b"+OK Capability list follows\r\n"
        return re.match(rb"(OK|NO|BYE)\b", line) is not None

    def ask(self, command):
        self.send(command)
        return self.answer()

    def start_tls(self, context=None, behind=b""):
        """The protocol's STARTTLS, with octets sent behind it in the same segment; the answer."""
        self.send(STARTTLS[self.protocol][0] + behind)
        answer = self.answer()
        self.secure(context)
        return answer

    def secure(self, context=None):
        self.socket = (context or insecure()).wrap_socket(self.socket, server_hostname=self.name)
        self.file = self.socket.makefile("rb")

    def ended(self):
        """True when the server closes without another word."""
        try:
            return self.file.read() == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def listeners(protocols=MAIL, **fields):
    """A listener of each protocol, on a free port of 127.0.0.1; the source, and the ports by protocol."""
    ports = dict(zip(protocols, free_ports(len(protocols))))
    text = "".join(listener(p.lower(), p, f"127.0.0.1:{ports[p]}", **fields) for p in protocols)
    return text, ports


def toml_list(words):
    return "[" + ", ".join(f'"{w}"' for w in words) + "]"


def s_client(port, *options, data=b"", timeout=10):
    """openssl s_client; what it printed on both channels, and its exit status."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options],
                          input=data, capture_output=True, timeout=timeout)
    return done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), done.returncode


def certificate(folder, stem, *names, days=30, alternatives=True):
    """A key and a certificate for these names, signed by itself, as STEM.key and STEM.crt."""
    more = ["-addext", "subjectAltName=" + ",".join("DNS:" + name for name in names)] if alternatives else []
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", str(folder / (stem + ".key")), "-out", str(folder / (stem + ".crt")),
                    "-days", str(days), "-subj", "/CN=" + names[0], *more],
                   check=True, capture_output=True)


def certificate_object(stem, crt=None, key=None):
    """The Certificate object of certificate()."""
    return (f'[Certificate.{stem}]\n'
            f'certificate = {{"@type" = "File", filePath = "{crt or stem + ".crt"}"}}\n'
            f'privateKey = {{"@type" = "File", filePath = "{key or stem + ".key"}"}}\n')
