"""Live decisions: allow, bans, ip, connections, drain, log."""

import socket

import stwtest
from stwtest import case, contains, equal, free_ports, greeting, listener, refuses, until

HERE = "127.0.0.2"  # 127.0.0.1 is always allowed


def served(port):
    """Whether a peer at HERE is greeted, or dropped without a word."""
    with socket.socket() as s:
        s.settimeout(5)
        s.bind((HERE, 0))
        s.connect(("127.0.0.1", port))
        try:
            return s.makefile("rb").readline().startswith(b"220")
        except ConnectionResetError:
            return False


@case
def ban_and_allow(site):
    """a ban drops at once, an allow overrides it, and both end when removed"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    assert served(port), "before the ban"
    site.expect(0, "bans", "add", HERE)
    until(lambda: not served(port), "the ban")
    contains(site.expect(0, "ip", HERE)[0], "blocked: ban")
    contains(site.expect(0, "bans")[0], HERE)
    site.expect(0, "allow", "127.0.0.0/8", "1h")
    until(lambda: served(port), "the allow")
    contains(site.expect(0, "ip", HERE)[0], "accepted: temporary-allow 127.0.0.0/8 until")
    site.expect(0, "bans", "remove", "127.0.0.0/8")
    until(lambda: not served(port), "the ban again")
    site.expect(0, "bans", "remove", HERE)
    until(lambda: served(port), "the end of the ban")
    contains(site.expect(1, "bans", "remove", HERE)[1], "neither banned nor allowed")
    site.expect(0, "bans", "add", "127.0.0.0/30")
    contains(site.expect(1, "bans", "remove", HERE)[1], "no entry of its own; ban 127.0.0.0/30 blocks it")
    until(lambda: not served(port), "the ban of the network, which stays")


@case
def ends_by_itself(site):
    """a ban with a duration ends by itself"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    site.expect(0, "bans", "add", HERE, "1s")
    until(lambda: served(port), "the end of the ban", 5)
    site.wait_for(lambda s: s["bans"] == 0, "the table to be empty")


@case
def survives(site):
    """bans and allows survive a restart of stwd, a reload, and the death of a role"""
    port, = free_ports(1)
    text = listener("smtp", "smtp", f"127.0.0.1:{port}")
    site.build(text)
    site.start()
    site.expect(0, "bans", "add", HERE)
    site.expect(0, "allow", "192.0.2.7", "1h")
    site.stop()
    site.start()
    assert not served(port), "after a restart"
    equal(site.status()["temporaryAllows"], 1, "allows")
    before = site.role("edge")["pid"]
    stwtest.os.kill(before, 9)
    site.wait_for(lambda s: any(r["name"] == "edge" and r["phase"] == "serving"
                                and r["pid"] != before for r in s["roles"]), "edge")
    assert not served(port), "after the death of edge"
    site.build(text + '[AllowedIp.x]\naddress = "198.51.100.1"\n')
    site.expect(0, "reload", "--wait")
    assert not served(port), "after a reload"


@case
def decision(site):
    """ip says which rule decides, from which line"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}")
               + '[BlockedIp.a]\naddress = "192.0.2.0/24"\n[AllowedIp.b]\naddress = "192.0.2.9"\n')
    site.start()
    out, _ = site.expect(0, "ip", "192.0.2.77")
    contains(out, "blocked: blocked-ip 192.0.2.0/24")
    contains(out, "source.toml:")
    contains(site.expect(0, "ip", "192.0.2.9")[0], "accepted: allowed-ip 192.0.2.9")
    contains(site.expect(0, "ip", "::ffff:192.0.2.77")[0], "blocked")
    contains(site.expect(0, "ip", "::1")[0], "accepted: loopback")
    contains(site.expect(0, "ip", "203.0.113.1")[0], "no rule")
    contains(site.expect(2, "ip", "192.0.2.077")[1], "stwctl: '192.0.2.077' has a leading zero")


@case
def on_disk(site):
    """status tells a file that is no image from none"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    contains(site.expect(0, "status")[0], f"  on disk   {site.active()}\n")
    (site.dir / "junk").write_text("junk\n" * 100)
    (site.dir / "junk").rename(site.image)
    contains(site.ctl("status").stdout, "  on disk   a file that is no image\n")
    site.image.unlink()
    contains(site.ctl("status").stdout, "  on disk   none\n")
    site.image.mkdir()
    contains(site.ctl("status").stdout, "it is no regular file\n")


@case
def reasons(site):
    """ip says why an entry is there, as stwc ip does, on one line"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}")
               + '[BlockedIp.a]\naddress = "192.0.2.0/24"\nreason = "portScanning"\n'
               + '[AllowedIp.b]\naddress = "192.0.2.9"\nreason = "our\\noffice"\n'
               + '[AllowedIp.c]\naddress = "192.0.2.10"\n')
    site.start()
    contains(site.expect(0, "ip", "192.0.2.77")[0], "blocked: blocked-ip 192.0.2.0/24 (portScanning)\n")
    contains(site.expect(0, "ip", "192.0.2.9")[0], "accepted: allowed-ip 192.0.2.9 (our office)\n")
    contains(site.expect(0, "ip", "192.0.2.10")[0], "accepted: allowed-ip 192.0.2.10\n")


@case
def wrong_words(site):
    """addresses and durations that are none are told so"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    for words in (["allow", "nowhere", "1h"], ["allow", "192.0.2.1", "long"],
                  ["allow", "192.0.2.1", "0"], ["allow", "192.0.2.1", "99999999999999999999d"],
                  ["bans", "add"], ["bans", "frob", "192.0.2.1"], ["bans", "add", "192.0.2.1/33"]):
        site.expect(2, *words)


@case
def connections(site):
    """connections lists open sessions of every role"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.makefile("rb").readline()
        out, _ = site.expect(0, "connections")
        contains(out, "listenerId=smtp")
        contains(out, f"remotePort={s.getsockname()[1]}")


@case
def drain(site):
    """drain takes no new connections, lets sessions end, and refuses reloads"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    with socket.create_connection(("127.0.0.1", port)) as s:
        lines = s.makefile("rb")
        lines.readline()
        site.expect(0, "drain")
        until(lambda: refuses(port), "the listener to close")
        s.sendall(b"NOOP\r\n")
        contains(lines.readline().decode(), "250")
        site.expect(2, "reload")
        site.expect(1, "status")
        s.sendall(b"QUIT\r\n")
        contains(lines.readline().decode(), "221")
    site.expect(0, "drain", "--wait")
    # a role that dies now comes back with nothing to drain
    stwtest.os.kill(site.role("edge")["pid"], 9)
    site.wait_for(lambda s: all(r["pid"] for r in s["roles"]), "edge to come back")
    site.expect(0, "drain", "--wait")
    assert refuses(port)


@case
def log_level(site):
    """log changes the level of every role and gives it back"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    site.expect(0, "log", "error")
    site.expect(0, "log", "debug")
    site.expect(0, "status")
    until(lambda: "stw.control" in site.log(), "a line of level debug")
    site.expect(0, "log", "default")
    before = site.log().count("stw.control")
    site.expect(0, "status")
    equal(site.log().count("stw.control"), before, "lines of level debug")


stwtest.run()
