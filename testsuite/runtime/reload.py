"""Reloads: swapping an image, what is refused, and what a session notices of it (nothing)."""

import os
import shutil
import signal
import socket
import threading
import time

import stwtest
from stwtest import case, contains, equal, free_ports, greeting, listener, refuses, until


@case
def swap_by_rename(site):
    """a rename swaps the image; a session goes on, and no connection is lost meanwhile"""
    kept, first, second = free_ports(3)
    both = listener("smtp", "smtp", f"127.0.0.1:{kept}")
    site.build(both + listener("imap", "imap", f"127.0.0.1:{first}"))
    site.start()
    session = socket.create_connection(("127.0.0.1", kept), timeout=10)
    lines = session.makefile("rb")
    contains(lines.readline().decode(), "220")
    failures, greeted, stop = [], [0], threading.Event()

    def connect():
        while not stop.is_set():
            try:
                contains(greeting(kept), "220")
                greeted[0] += 1
            except Exception as why:
                failures.append(repr(why))

    threads = [threading.Thread(target=connect) for _ in range(3)]
    for t in threads:
        t.start()
    try:
        for turn in range(6):
            port = second if turn % 2 == 0 else first
            site.build(both + listener("imap", "imap", f"127.0.0.1:{port}"))
            until(lambda: not refuses(port), "the new listener")
            until(lambda: refuses(first if turn % 2 == 0 else second), "the old one to close")
            session.sendall(b"NOOP\r\n")
            contains(lines.readline().decode(), "250")
    finally:
        stop.set()
        for t in threads:
            t.join()
    equal(failures, [], "lost connections")
    assert greeted[0] > 20, greeted
    equal(site.status()["generation"], 7, "generations")
    session.close()


@case
def by_signal(site):
    """SIGHUP reloads, and finds a change even where the file was there before"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    site.daemon.send_signal(signal.SIGHUP)
    site.wait_for(lambda s: s.get("lastReload", {}).get("cause") == "signal", "the reload")
    equal(site.status()["lastReload"]["result"], "unchanged", "the same image")
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
    site.daemon.send_signal(signal.SIGHUP)
    until(lambda: not refuses(second), "the new listener")


@case
def symlink_chain(site):
    """a link anywhere on the way to the image may be what is renamed"""
    first, second, third = free_ports(3)
    for name, port in (("one", first), ("two", second), ("three", third)):
        (site.dir / name).mkdir()
        site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"), site.dir / name / "mail.stwi")
    (site.dir / "..data").symlink_to("one")
    (site.dir / "link.stwi").symlink_to("..data/mail.stwi")
    site.image = site.dir / "link.stwi"
    site.start()
    contains(greeting(first), "220")
    for name, port in (("two", second), ("three", third)):
        (site.dir / "..next").symlink_to(name)
        os.rename(site.dir / "..next", site.dir / "..data")
        until(lambda: not refuses(port), "the listener of " + name, 1.5)
    assert refuses(first)


@case
def written_in_place(site):
    """an image copied over the old one is taken when it is complete, and only then"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    other = site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"), site.dir / "other.stwi")
    data = other.read_bytes()
    with open(site.image, "r+b") as f:
        f.truncate(0)
        f.write(data[:len(data) // 2])
        f.flush()
        contains(greeting(first), "220")
        f.write(data[len(data) // 2:])
    until(lambda: not refuses(second), "the new listener")
    equal(site.status()["lastReload"]["result"], "active", "the last reload")


@case
def damaged(site):
    """a damaged image is refused, the old generation serves, and mending it mends the status"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    good = site.image.read_bytes()
    site.start()
    active = site.active()
    bad = bytearray(good)
    bad[5000] ^= 0x40
    (site.dir / "bad").write_bytes(bad)
    os.rename(site.dir / "bad", site.image)
    _, complaint = site.expect(1, "reload", "--wait")
    contains(complaint, "refused")
    equal(site.active(), active, "active generation")
    site.expect(1, "status")
    contains(greeting(port), "220")
    (site.dir / "good").write_bytes(good)
    os.rename(site.dir / "good", site.image)
    site.expect(0, "reload", "--wait")
    site.expect(0, "status")


@case
def occupied_port(site):
    """an occupied port refuses the whole generation: nothing else of it opens"""
    kept, taken, added = free_ports(3)
    smtp = listener("smtp", "smtp", f"127.0.0.1:{kept}")
    site.build(smtp)
    site.start()
    with socket.socket() as holder:
        # with the same option as ours: only a bind without it sees the other
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", taken))
        holder.listen()
        site.build(smtp + listener("imap", "imap", f"127.0.0.1:{added}")
                   + listener("pop3", "pop3", f"127.0.0.1:{taken}"))
        site.wait_for(lambda s: s["lastReload"]["result"] == "refused", "the refusal")
        contains(site.status()["lastReload"]["text"], f"127.0.0.1:{taken}")
        assert refuses(added), "a listener of the refused generation is open"
        contains(greeting(kept), "220")
    _, complaint = site.expect(1, "reload", "--wait")
    contains(complaint, "--force")
    site.expect(0, "reload", "--wait", "--force")
    contains(greeting(added), "OK")


@case
def missing_secret(site):
    """a secret that is not there refuses the generation and names object, field and place"""
    port, = free_ports(1)
    smtp = listener("smtp", "smtp", f"127.0.0.1:{port}")
    site.build(smtp)
    site.start("--secrets", str(site.dir))
    site.build(smtp + certificate("File", "filePath", "chain.pem", "gone.key"))
    _, complaint = site.expect(1, "reload", "--wait", "--force")
    contains(complaint, "Certificate")
    contains(complaint, "certificate")
    contains(complaint, "chain.pem")
    contains(complaint, str(site.dir))
    site.build(smtp + certificate("EnvironmentVariable", "variableName", "STW_NO_SUCH", "STW_NO"))
    _, complaint = site.expect(1, "reload", "--wait", "--force")
    contains(complaint, "STW_NO_SUCH")
    contains(greeting(port), "220")


def certificate(variant, field, chain, key):
    return (f'[[Certificate]]\ncertificate = {{"@type" = "{variant}", {field} = "{chain}"}}\n'
            f'privateKey = {{"@type" = "{variant}", {field} = "{key}"}}\n')


@case
def renewed_certificate(site):
    """a renewed certificate is a change although the image is the same; a private key never shows"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}")
               + certificate("File", "filePath", "chain.pem", "chain.key"))
    pair(site.dir, "one.example.org")
    site.start("--secrets", str(site.dir))
    names = site.status()["listeners"][0]["certificates"][0]["names"]
    equal(names, "one.example.org", "names")
    equal(site.expect(0, "reload", "--wait")[0].split(":")[0], "unchanged", "the same pair")
    pair(site.dir, "two.example.org")
    site.expect(0, "reload", "--wait")
    names = site.status()["listeners"][0]["certificates"][0]["names"]
    equal(names, "two.example.org", "names")
    # the key of another certificate
    key = (site.dir / "chain.key").read_bytes()
    pair(site.dir, "three.example.org")
    (site.dir / "chain.key").write_bytes(key)
    _, complaint = site.expect(1, "reload", "--wait")
    contains(complaint, "Certificate")
    secret = key.decode().splitlines()[1]
    for text in (complaint, site.log(), site.expect(1, "status")[0], str(site.status())):
        assert secret not in text, "a private key in a message"


def pair(directory, name):
    """A certificate for that name, and its key, as chain.pem and chain.key."""
    import subprocess
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj",
                    "/CN=" + name, "-addext", "subjectAltName=DNS:" + name, "-keyout",
                    str(directory / "chain.key"), "-out", str(directory / "chain.pem")],
                   check=True, capture_output=True)


@case
def comment_only(site):
    """an image with other bytes and the same content is unchanged"""
    port, = free_ports(1)
    text = listener("smtp", "smtp", f"127.0.0.1:{port}")
    site.build(text)
    site.start()
    site.build("# a remark\n" + text)
    out, _ = site.expect(0, "reload", "--wait")
    contains(out, "unchanged")
    equal(site.status()["generation"], 1, "generation")


@case
def restart_pending(site):
    """a changed bind-time option stays as it is and is listed: exit status 3"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}", socketBacklog=64))
    site.start()
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}", socketBacklog=128),
               site.dir / "next.stwi")
    contains(site.expect(0, "preview", site.dir / "next.stwi")[0], "restart (socketBacklog)")
    out, _ = site.expect(3, "apply", site.dir / "next.stwi")
    contains(out, "socketBacklog")
    equal(len(site.status()["restartPending"]), 1, "restart pending")
    contains(site.expect(0, "status")[0], "restart pending")


@case
def restart_pending_unchanged(site):
    """what waits for a restart is said, with status 3, when the watch was there first"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}", socketBacklog=64))
    site.start()
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}", socketBacklog=128))
    site.wait_for(lambda s: s["restartPending"], "the watch to be first")
    for words in (("reload", "--wait"), ("reload",), ("apply", site.image),
                  ("revert", site.active())):
        out, _ = site.expect(3, *words)
        contains(out, "unchanged")
        contains(out, "restart pending: ")
        contains(out, "socketBacklog")


@case
def widened_address(site):
    """an address may widen over one that is served: 127.0.0.1 to the wildcard and back"""
    if not socket.has_ipv6:
        raise stwtest.Skip("no IPv6")
    port, = free_ports(1)
    for bind in (f"127.0.0.1:{port}", f"[::]:{port}", f"0.0.0.0:{port}", f"127.0.0.1:{port}"):
        site.build(listener("smtp", "smtp", bind))
        if site.daemon is None:
            site.start()
        else:
            site.wait_for(lambda s: s["listeners"][0]["address"] == bind, bind)
        contains(greeting(port), "220")


@case
def dual_stack(site):
    """[::] takes IPv4 and IPv6"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"[::]:{port}"))
    site.start()
    contains(greeting(port), "220")
    try:
        contains(greeting(port, "::1"), "220")
    except OSError as why:
        raise stwtest.Skip(f"no IPv6 loopback: {why}")


@case
def port_zero(site):
    """port 0 takes a free port and keeps it across reloads"""
    other, = free_ports(1)
    zero = listener("smtp", "smtp", "127.0.0.1:0")
    site.build(zero)
    site.start()
    port = site.status()["listeners"][0]["port"]
    contains(greeting(port), "220")
    site.build(zero + listener("imap", "imap", f"127.0.0.1:{other}"))
    site.wait_for(lambda s: s["generation"] == 2, "the reload")
    ports = {x["name"]: x["port"] for x in site.status()["listeners"]}
    equal(ports["smtp"], port, "port")


@case
def one_at_a_time(site):
    """a second request while one runs is told so, and status goes on answering"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    edge = site.role("edge")["pid"]
    os.kill(edge, signal.SIGSTOP)
    try:
        site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"), site.dir / "next.stwi")
        shutil.copy(site.dir / "next.stwi", site.dir / "moved")
        os.rename(site.dir / "moved", site.image)
        site.wait_for(lambda s: any(r["phase"] == "preparing" for r in s["roles"]), "prepare",
                      settled=False)
        _, complaint = site.expect(2, "reload")
        contains(complaint, "in progress")
        site.expect(2, "drain")
        # --wait waits for its turn, and says when that is too long
        site.expect(4, "--timeout", "1", "reload", "--wait")
    finally:
        os.kill(edge, signal.SIGCONT)
    site.wait_for(lambda s: s["generation"] == 2, "the reload to end")
    contains(greeting(second), "220")


@case
def preview(site):
    """preview counts what differs and changes nothing"""
    first, second = free_ports(2)
    base = listener("smtp", "smtp", f"127.0.0.1:{first}")
    site.build(base + '[BlockedIp.a]\naddress = "192.0.2.1"\n[BlockedIp.b]\naddress = "192.0.2.2"\n')
    site.start()
    site.build(base + listener("imap", "imap", f"127.0.0.1:{second}")
               + '[BlockedIp.a]\naddress = "192.0.2.1"\n[BlockedIp.c]\naddress = "192.0.2.3"\n'
               '[BlockedIp.d]\naddress = "192.0.2.4"\n', site.dir / "next.stwi")
    out, _ = site.expect(0, "preview", site.dir / "next.stwi")
    contains(out, "NetworkListener: 1 added, 0 removed, 0 changed")
    contains(out, "BlockedIp: 2 added, 1 removed, 0 changed")
    contains(out, "addresses: update")
    contains(out, "tls: keep")
    contains(out, f"127.0.0.1:{second} 'imap': add")
    contains(out, f"127.0.0.1:{first} 'smtp': keep")
    assert refuses(second), "preview opened a listener"
    equal(site.status()["generation"], 1, "generation")
    out, _ = site.expect(0, "preview", site.image)
    contains(out, "unchanged")


@case
def history(site):
    """the last five generations stay; status lists them"""
    ports = free_ports(8)
    for port in ports:
        site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
        if site.daemon is None:
            site.start()
        else:
            site.wait_for(lambda s: s["listeners"][0]["port"] == port, "the reload")
    digests = [g["digest"] for g in site.status()["generations"]]
    equal(len(digests), 5, "generations")
    site.stop()
    kept = {p.name for p in (site.state / "generations").iterdir()}
    equal(kept, {d + ".stwi" for d in digests}, "files")


def descriptors(site):
    """How many descriptors main and its roles have open."""
    pids = [site.daemon.pid] + [r["pid"] for r in site.status()["roles"]]
    return [len(os.listdir(f"/proc/{pid}/fd")) for pid in pids]


def settled(site):
    """The same, once what the start or a reload needs for a moment is closed."""
    counts = [descriptors(site)]
    while len(counts) < 10 or any(count != counts[-1] for count in counts[-10:]):
        assert len(counts) < 400, counts
        time.sleep(0.02)
        counts.append(descriptors(site))
    return counts[-1]


def opened(site):
    """What they have open, for people."""
    pids = [site.daemon.pid] + [r["pid"] for r in site.status()["roles"]]
    return [sorted(os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")) for pid in pids]


def copies(site):
    """The digests of the images in the state directory."""
    return {p.name.removesuffix(".stwi") for p in (site.state / "generations").iterdir()}


def kept(site):
    """The same, as status says they should be."""
    return {g["digest"] for g in site.status()["generations"]}


@case
def no_orphans(site):
    """a copy that does not serve does not stay, whatever it was made for"""
    port, taken = free_ports(2)
    text = listener("smtp", "smtp", f"127.0.0.1:{port}")
    site.build(text)
    site.start()
    same = site.build("# a comment\n" + text, site.dir / "same.stwi", "mail.example.org",
                      "--revision", "two")
    other = site.build(listener("smtp", "smtp", f"127.0.0.1:{taken}"), site.dir / "other.stwi")
    site.expect(0, "apply", same)
    site.expect(0, "preview", other)
    equal(copies(site), kept(site), "after unchanged and preview")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", taken))
        holder.listen()
        site.expect(1, "apply", other)
    site.expect(1, "apply", other)  # refused before
    equal(copies(site), kept(site), "after refusals")
    # a preview of the very image that is being prepared leaves that one its file
    pid = site.role("edge")["pid"]
    os.kill(pid, signal.SIGSTOP)
    shutil.copy(other, site.dir / "new")
    os.rename(site.dir / "new", site.image)
    site.expect(0, "reload", "--force")
    site.expect(0, "preview", other)
    os.kill(pid, signal.SIGCONT)
    site.wait_for(lambda s: s["generation"] == 2, "the second generation")
    until(lambda: copies(site) == kept(site), "the copies of what served")
    # one that a kill left behind is swept at the next start
    site.stop()
    (site.state / "generations" / ("0" * 64 + ".stwi")).write_bytes(b"left behind")
    site.start()
    equal(copies(site), kept(site), "after the start")


@case
def mended(site):
    """a damaged copy of an image, mended by renaming a whole one over it, is taken by itself"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    good = site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"),
                      site.dir / "good.stwi").read_bytes()
    bad = bytearray(good)
    bad[5000] ^= 0x40
    (site.dir / "bad").write_bytes(bad)
    os.rename(site.dir / "bad", site.image)
    site.wait_for(lambda s: s["lastReload"]["result"] == "refused", "the refusal")
    os.rename(site.dir / "good.stwi", site.image)
    site.wait_for(lambda s: s["generation"] == 2, "the mended image")
    contains(greeting(second), "220")
    site.expect(0, "status")


@case
def rude_clients(site):
    """a control client that sends too much, too often, or goes away costs no descriptor"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    pid = site.role("edge")["pid"]
    before = settled(site)
    os.kill(pid, signal.SIGSTOP)  # so that requests have to wait
    with open(site.image, "rb") as image:
        for words in (b"connections\0", b"preview\0", b"reload\0--wait\0--force\0", b"nonsense\0"):
            for files in ([], [image.fileno()], [image.fileno()] * 2, [image.fileno()] * 9):
                with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
                    s.connect(str(site.control))
                    for _ in range(2):
                        try:
                            socket.send_fds(s, [b"stw1\0" + words], files)
                        except (BrokenPipeError, ConnectionResetError):
                            break  # it has been answered, or was shown the door
    os.kill(pid, signal.SIGCONT)
    until(lambda: descriptors(site) == before, lambda: f"{opened(site)} to be {before} again")
    site.expect(0, "status")


stwtest.run()
