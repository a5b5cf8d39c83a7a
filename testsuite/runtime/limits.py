"""Who may connect, and how many: blocked addresses, both caps, the list of sessions, drain, the log of refusals."""

import ctypes
import os
import re
import socket
import struct

from stwtest import Skip, case, contains, equal, free_ports, greeting, listener, run, until
from talk import MAIL, REFUSAL, Talk, insecure, listeners

ALL = MAIL + ["http"]


@case
def blocked(site):
    """a blocked address is dropped without a word, an allowed one never; expiry counts"""
    text, ports = listeners()
    text += ('[BlockedIp.a]\naddress = "127.0.0.2"\n[BlockedIp.b]\naddress = "127.0.1.0/24"\n'
             '[BlockedIp.c]\naddress = "127.0.2.1"\nexpiresAt = "2020-01-01T00:00:00Z"\n'
             '[BlockedIp.d]\naddress = "127.0.0.1"\n'
             '[AllowedIp.e]\naddress = "127.0.1.7"\n')
    site.build(text)
    site.start()
    for protocol in MAIL:
        with Talk(protocol, ports[protocol], source="127.0.0.2", greet=False) as talk:
            equal(talk.ended(), True, protocol)
    for source, dropped in (("127.0.1.1", True), ("127.0.1.7", False), ("127.0.2.1", False),
                            ("127.0.0.3", False), ("127.0.0.1", False)):
        with Talk("smtp", ports["smtp"], source=source, greet=False) as talk:
            equal(talk.line() == b"", dropped, source)


@case
def dual_stack(site):
    """an IPv4 client of an IPv6 socket is judged and shown by its IPv4 address"""
    try:
        port, = free_ports(1, "::1")
    except OSError:
        raise Skip("no IPv6 here") from None
    site.build(listener("smtp", "smtp", f"[::]:{port}") + '[BlockedIp.a]\naddress = "127.0.0.2"\n')
    site.start()
    with Talk("smtp", port, source="127.0.0.2", greet=False) as talk:
        equal(talk.ended(), True)
    with Talk("smtp", port, source="127.0.0.3"):
        contains(site.expect(0, "connections")[0], "remoteIp=127.0.0.3 ")
    contains(greeting(port, "::1"), "220 ")
    contains(site.log(), "remoteIp=127.0.0.2 ")


@case
def live(site):
    """bans and temporary allows of stwctl hold at once, without a reload"""
    text, ports = listeners(["smtp"])
    site.build(text + '[BlockedIp.a]\naddress = "127.0.0.2"\n')
    site.start()

    def served(source):
        with Talk("smtp", ports["smtp"], source=source, greet=False) as talk:
            return talk.line() != b""

    equal(served("127.0.0.3"), True)
    site.expect(0, "bans", "add", "127.0.0.3")
    until(lambda: not served("127.0.0.3"), "the ban")
    site.expect(0, "allow", "127.0.0.2", "1h")
    until(lambda: served("127.0.0.2"), "the allow")
    site.build(text + '[BlockedIp.a]\naddress = "127.0.0.2"\n[BlockedIp.b]\naddress = "127.0.0.9"\n')
    site.expect(0, "reload", "--wait")
    equal(served("127.0.0.2"), True, "allowed after a reload")
    equal(served("127.0.0.3"), False, "banned after a reload")
    site.expect(0, "bans", "remove", "127.0.0.3")
    until(lambda: served("127.0.0.3"), "the end of the ban")


PIDFD_OPEN, PIDFD_GETFD = 434, 438  # one number on every architecture
TCP_INFO_SACKED = 28  # offset in struct tcp_info; of a listening socket, its backlog


def sockets_of(pid):
    """Copies of the TCP sockets of a process."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    pidfd = call(PIDFD_OPEN, pid, 0)
    if pidfd < 0:
        raise Skip("no pidfd here")
    found = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        copy = call(PIDFD_GETFD, pidfd, int(fd), 0)
        if copy < 0:
            raise Skip("this user may not look into other processes")
        try:
            found.append(socket.socket(fileno=copy))
        except OSError:
            os.close(copy)
    os.close(pidfd)
    return [s for s in found if s.family in (socket.AF_INET, socket.AF_INET6)]


@case
def socket_options(site):
    """every socket option of NetworkListener is set, on both families, and none where none is asked for"""
    four, plain = free_ports(2)
    try:
        six, = free_ports(1, "::1")
    except OSError:
        raise Skip("no IPv6 here") from None
    fields = dict(socketTtl=42, socketTosV4=72, socketNoDelay=False, socketBacklog=17, socketReuseAddress=False,
                  socketReusePort=False, socketSendBufferSize=50000, socketReceiveBufferSize=60000)
    site.build(listener("odd", "smtp", f"127.0.0.1:{four}", f"[::1]:{six}", **fields)
               + listener("plain", "smtp", f"127.0.0.1:{plain}"))
    site.start()
    with socket.create_connection(("127.0.0.1", four)) as a, socket.create_connection(("::1", six)) as b, \
            socket.create_connection(("127.0.0.1", plain)) as c:
        for s in (a, b, c):
            s.recv(100)  # the greeting: the session began
        seen = set()
        for s in sockets_of(site.role("edge")["pid"]):
            with s:
                look_at(s, {four: "odd", six: "odd", plain: "plain"}[s.getsockname()[1]], seen)
        equal(len(seen), 6, f"sockets looked at: {seen}")


def look_at(s, name, seen):
    """Compares the options of a socket with what its listener asks for."""
    odd, six = name == "odd", s.family == socket.AF_INET6
    listens = s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    seen.add((name, six, listens))

    def option(level, option):
        return s.getsockopt(level, option)

    equal(option(socket.IPPROTO_IP, socket.IP_TOS), 72 if odd else 0, f"TOS of {name}")
    if six:
        equal(option(socket.IPPROTO_IPV6, socket.IPV6_TCLASS), 72, "traffic class")
    equal(option(socket.SOL_SOCKET, socket.SO_REUSEADDR), 0 if odd else 1, f"address reuse of {name}")
    equal(option(socket.SOL_SOCKET, socket.SO_REUSEPORT), 0 if odd else 1, f"port reuse of {name}")
    equal(option(socket.SOL_SOCKET, socket.SO_SNDBUF) == 100000, odd, f"send buffer of {name}")
    equal(option(socket.SOL_SOCKET, socket.SO_RCVBUF) == 120000, odd, f"receive buffer of {name}")
    if listens:
        info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
        equal(struct.unpack_from("I", info, TCP_INFO_SACKED)[0], 17 if odd else 1024, f"backlog of {name}")
        return
    equal(option(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0, not odd, f"no delay of {name}")
    equal(option(socket.IPPROTO_IP, socket.IP_TTL) == 42, odd, f"TTL of {name}")
    if six:
        equal(option(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS), 42, "hop limit")


@case
def listener_cap(site):
    """over its listener's cap a client is told so by the protocol's own refusal, in the clear and under TLS"""
    text, ports = listeners(ALL, maxConnections=1, useTls=False)
    site.build(text)
    site.start()
    for protocol in ALL:
        with Talk(protocol, ports[protocol], greet=protocol != "http"):
            with Talk(protocol, ports[protocol], greet=False) as second:
                equal(second.line().startswith(REFUSAL[protocol]), True, protocol)
                second.file.read()
        until(lambda: all(r["connections"] == 0 for r in site.status()["roles"]), "the sessions to end")
        with Talk(protocol, ports[protocol], greet=protocol != "http") as third:
            equal(protocol == "http" or not third.greeting.startswith(REFUSAL[protocol]), True, protocol)
    text, ports = listeners(ALL, maxConnections=1, tlsImplicit=True)
    site.build(text)
    site.expect(0, "reload", "--wait")
    for protocol in ALL:
        with Talk(protocol, ports[protocol], tls=insecure(), greet=protocol != "http"):
            with Talk(protocol, ports[protocol], tls=insecure(), greet=False) as second:
                equal(second.line().startswith(REFUSAL[protocol]), True, protocol + " under TLS")


@case
def refusals_are_bounded(site):
    """those who are over a cap and make no handshake take a bounded number of places; the others are closed at once"""
    text, ports = listeners(["imap"], maxConnections=1, tlsImplicit=True)
    site.build(text)
    site.start()
    with Talk("imap", ports["imap"], tls=insecure()):
        waiting = [socket.create_connection(("127.0.0.1", ports["imap"]), timeout=10) for _ in range(256)]
        with Talk("imap", ports["imap"], greet=False) as more:
            equal(more.ended(), True)
        for s in waiting:
            s.setblocking(False)
            try:
                raise AssertionError(f"{s.recv(1)!r}, though there was room")
            except BlockingIOError:
                s.close()

        def told():
            try:
                with Talk("imap", ports["imap"], tls=insecure(), greet=False) as more:
                    return more.line().startswith(REFUSAL["imap"])
            except OSError:
                return False  # it has not noticed yet that the others are gone

        until(told, "room again")


@case
def total_cap(site):
    """SystemSettings.maxConnections holds over all listeners and roles; health answers even so"""
    text, ports = listeners(["smtp", "imap", "http"], useTls=False)
    site.build("maxConnections = 2\n" + text)
    health = listeners(["http"])[1]["http"]
    site.start("--health", f"127.0.0.1:{health}")
    with Talk("smtp", ports["smtp"]), Talk("http", ports["http"], greet=False) as web:
        web.send(b"GET /healthz/live HTTP/1.1\r\nHost: h\r\n\r\n")
        contains(web.line(), b" 200 ")
        for protocol in ("smtp", "imap", "http"):
            with Talk(protocol, ports[protocol], greet=False) as more:
                equal(more.line().startswith(REFUSAL[protocol]), True, protocol)
        with Talk("http", health, greet=False) as talk:
            talk.send(b"GET /healthz/ready HTTP/1.1\r\nHost: h\r\n\r\n")
            contains(talk.line(), b" 200 ")


@case
def cap_over_reload(site):
    """a cap counts the sessions from before a reload, and takes its new value"""
    text, ports = listeners(["smtp"], maxConnections=2)
    site.build(text)
    site.start()
    with Talk("smtp", ports["smtp"]):
        site.build(text.replace("maxConnections = 2", "maxConnections = 1"))
        site.expect(0, "reload", "--wait")
        with Talk("smtp", ports["smtp"], greet=False) as second:
            equal(second.line().startswith(b"421 "), True)
    until(lambda: site.role("edge")["connections"] == 0, "the sessions to end")
    with Talk("smtp", ports["smtp"]) as third:
        contains(third.greeting, b"220 ")


@case
def refusals_in_the_log(site):
    """the first refusal of an address is one line with the reference's fields, the others one count"""
    text, ports = listeners(["smtp"])
    text += ('[BlockedIp.a]\naddress = "127.0.0.2"\n'
             f'[Tracer.file]\n"@type" = "Log"\npath = "{site.dir}"\nprefix = "mail"\nrotate = "never"\n')
    site.build(text)
    site.start()
    for _ in range(20):
        with Talk("smtp", ports["smtp"], source="127.0.0.2", greet=False) as talk:
            equal(talk.ended(), True)
    site.stop()
    lines = [line for line in (site.dir / "mail").read_text().splitlines() if "security.ip-blocked" in line]
    equal(len(lines), 2, "\n".join(lines))
    equal(bool(re.fullmatch(
        r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ level=info event=security\.ip-blocked role=edge listenerId=smtp "
        rf"localPort={ports['smtp']} remoteIp=127\.0\.0\.2 remotePort=\d+ reason=blocked-ip", lines[0])), True, lines[0])
    contains(lines[1], "repeats=19")


@case
def rotation(site):
    """a Tracer with rotation writes PREFIX.YYYY-MM-DD; events named in it are left out or kept"""
    text, ports = listeners(["smtp"])
    for name, extra in (("most", 'events = ["smtp.connection-start"]\n'),
                        ("one", 'eventsPolicy = "include"\nevents = ["smtp.connection-start"]\n')):
        text += (f'[Tracer.{name}]\n"@type" = "Log"\npath = "{site.dir}"\nprefix = "{name}"\n'
                 f'level = "debug"\n{extra}')
    site.build(text)
    site.start()
    with Talk("smtp", ports["smtp"]):
        pass
    until(lambda: any("smtp.connection-end" in p.read_text() for p in site.dir.glob("most.20??-??-??")),
          "the end of the connection in the log")
    site.stop()
    files = {p.name.split(".")[0]: p for p in site.dir.glob("*.20??-??-??")}
    equal(sorted(files), ["most", "one"])
    most, one = files["most"].read_text(), files["one"].read_text()
    contains(most, "smtp.connection-end")
    equal("smtp.connection-start" in most, False, most)
    equal({line.split("event=")[1].split()[0] for line in one.splitlines()}, {"smtp.connection-start"})


@case
def listeners_in_the_log(site):
    """a log file that cannot be opened refuses the generation; listeners that come and go are logged"""
    text, ports = listeners(["smtp", "imap"])
    tracer = f'[Tracer.file]\n"@type" = "Log"\npath = "{site.dir}"\nprefix = "mail"\nrotate = "never"\n'
    site.build(text + tracer)
    site.start()
    site.build(text + tracer.replace(str(site.dir), str(site.dir / "missing")))
    out, err = site.expect(1, "reload", "--wait")
    contains(out + err, str(site.dir / "missing"))
    site.build(text.replace("[NetworkListener.imap]", "[NetworkListener.other]") + tracer)
    site.expect(0, "reload", "--wait")
    site.stop()
    events = [tuple(re.findall(r"event=(\S+) role=edge listenerId=(\S+)", line))
              for line in (site.dir / "mail").read_text().splitlines()]
    events = [e[0] for e in events if e and "listen-" in e[0][0]]
    equal(sorted(events), sorted([("network.listen-start", "imap"), ("network.listen-start", "smtp"),
                                  ("network.listen-start", "other"), ("network.listen-stop", "imap")]))


@case
def open_sessions(site):
    """stwctl connections shows each session with listener, peer and TLS"""
    text, ports = listeners(["smtp", "imap"])
    site.build(text)
    site.start()
    with Talk("smtp", ports["smtp"], source="127.0.0.5") as smtp, Talk("imap", ports["imap"]) as imap:
        imap.start_tls()
        equal(imap.ask(b"b NOOP\r\n").startswith(b"b OK"), True)
        out, _ = site.expect(0, "connections")
        lines = sorted(line for line in out.splitlines() if "listenerId=" in line)
        equal(len(lines), 2, out)
        for part in ("listenerId=imap", "protocol=imap", "remoteIp=127.0.0.1", "tls=TLSv1.3", "cipher=TLS_"):
            contains(lines[0], part)
        for part in ("listenerId=smtp", "remoteIp=127.0.0.5", "tls=none",
                     f"remotePort={smtp.socket.getsockname()[1]}"):
            contains(lines[1], part)


@case
def many(site):
    """hundreds of clients at a time are served, under TLS too, and every place is given back"""
    text, ports = listeners(["smtp", "imap"], tlsImplicit=True)
    site.build(text)
    site.start()
    context = insecure()
    for _ in range(2):
        talks = [Talk(p, ports[p], tls=context) for p in ("smtp", "imap") for _ in range(150)]
        equal(site.role("edge")["connections"], 300)
        for talk in talks:
            talk.ask(b"a NOOP\r\n")
            talk.close()
    until(lambda: site.role("edge")["connections"] == 0, "the places to be free")


def is_served(port):
    """Whether a new session is greeted; refused or left in the queue, it is not."""
    try:
        with Talk("smtp", port, greet=False) as late:
            late.socket.settimeout(1)
            return late.line() != b""
    except OSError:
        return False


@case
def drain(site):
    """stwctl drain lets sessions end and takes no new ones"""
    text, ports = listeners(["smtp"])
    site.build(text)
    site.start()
    with Talk("smtp", ports["smtp"]) as talk:
        site.ctl("drain")
        contains(talk.ask(b"NOOP\r\n"), b"250 ")
        # without --wait the answer is out before the role has heard of it
        until(lambda: not is_served(ports["smtp"]), "the end of new sessions")
        contains(talk.ask(b"QUIT\r\n"), b"221 ")


run()
