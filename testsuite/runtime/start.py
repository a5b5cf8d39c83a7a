"""Starting and stopping stwd: exit statuses, fallback, strict, check, privileges."""

import grp
import os
import pathlib
import pwd
import re
import signal
import stat
import subprocess
import sys

import stwtest
from stwtest import (STWD, Skip, case, contains, equal, free_ports, greeting, listener, refuses,
                     until)


@case
def start_and_stop(site):
    """starts, serves, says so, and stops on SIGTERM with status 0"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    contains(greeting(port), "mail.example.org")
    out, _ = site.expect(0, "status")
    contains(out, "healthy")
    contains(out, f"127.0.0.1:{port}")
    equal(stat.S_IMODE(os.stat(site.control).st_mode), 0o660, "mode of the socket")
    equal(site.stop(), 0, "exit status")
    assert refuses(port), "the port is still open"
    assert not site.control.exists(), "the control socket is still there"


@case
def stop_on_interrupt(site):
    """stops on SIGINT with status 0"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    equal(site.stop(signal.SIGINT), 0, "exit status")


@case
def into_the_background(site):
    """without --foreground returns once it serves, with status 0"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    done = site.run()
    equal(done.returncode, 0, "status of the parent")
    site.background = site.status()["pid"]
    contains(greeting(port), "220")
    os.kill(site.background, signal.SIGTERM)
    until(lambda: not site.control.exists(), "the background stwd to end")


@case
def background_failure(site):
    """without --foreground passes a failed start on, with its words"""
    site.image.write_bytes(b"no image" * 100)
    done = site.run()
    equal(done.returncode, 1, "status of the parent")
    contains(done.stderr, "stwd:")


@case
def no_image(site):
    """without an image ends with 2 and says how to make one"""
    done = site.run("--foreground")
    equal(done.returncode, 2, "exit status")
    contains(done.stderr, "stwc build")
    contains(done.stderr, str(site.image))


@case
def usage(site):
    """an unknown option, a stray word and a bad --health are usage errors"""
    for words in (["--nonsense"], ["stray"], ["--health", "nowhere"]):
        done = subprocess.run([STWD, *words], capture_output=True, text=True)
        equal(done.returncode, 2, str(words))
    equal(subprocess.run([STWD, "--help"], capture_output=True).returncode, 0, "--help")
    equal(subprocess.run([STWD, "--version"], capture_output=True).returncode, 0, "--version")


@case
def one_per_state_directory(site):
    """a second stwd on the same state directory refuses to start"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    done = subprocess.run([STWD, "--image", str(site.image), "--state", str(site.state),
                           "--control", str(site.dir / "other.sock"), "--foreground"],
                          capture_output=True, text=True, timeout=20)
    equal(done.returncode, 1, "exit status")
    contains(done.stderr, "another stwd")


@case
def fallback(site):
    """a damaged image at the start: the newest good generation serves, degraded"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    good = site.active()
    site.stop()
    data = bytearray(site.image.read_bytes())
    data[len(data) // 2] ^= 1
    site.image.write_bytes(data)
    site.start()
    contains(greeting(port), "220")
    status = site.status()
    equal(status["image"]["active"], good, "active generation")
    equal(status["health"], "degraded", "health")
    site.expect(1, "status")


@case
def fallback_twice(site):
    """a start whose port is taken falls back to the generation before"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    good = site.active()
    site.stop()
    with stwtest.socket.socket() as holder:
        holder.bind(("127.0.0.1", second))
        holder.listen()
        site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
        site.start()
        equal(site.active(), good, "active generation")
        contains(site.status()["degraded"], "another program uses this port")
        site.stop()
    # the cause is gone: a start is a new environment and tries again
    site.start()
    contains(greeting(second), "220")
    site.expect(0, "status")


@case
def strict(site):
    """--strict refuses to fall back"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    site.stop()
    site.image.write_bytes(b"x" * 5000)
    done = site.run("--foreground", "--strict")
    equal(done.returncode, 1, "exit status")
    contains(done.stderr, "--strict")


@case
def without_state(site):
    """without a writable state directory it serves from memory, with a warning, and reverts"""
    first, second = free_ports(2)
    site.state = pathlib.Path("/proc/none")
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    assert any("not kept" in w for w in site.status()["warnings"]), site.status()["warnings"]
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
    site.wait_for(lambda s: s["generation"] > 1, "the second generation")
    site.expect(0, "revert")
    contains(greeting(first), "220")
    assert refuses(second)


@case
def check(site):
    """--check passes a good image, refuses what a start would, and changes nothing"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    done = site.run("--check")
    equal(done.returncode, 0, done.stderr)
    assert not site.state.exists(), "--check made the state directory"
    with stwtest.socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        holder.listen()
        done = site.run("--check")
        equal(done.returncode, 1, "with the port taken")
        contains(done.stderr, str(port))
    site.start()
    done = site.run("--check")
    equal(done.returncode, 0, "beside a running stwd")
    contains(done.stderr, "note:")
    site.image.unlink()
    equal(site.run("--check").returncode, 2, "without an image")


@case
def health_address(site):
    """--health opens a listener of its own"""
    port, health = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start("--health", f"127.0.0.1:{health}")
    with stwtest.socket.create_connection(("127.0.0.1", health), timeout=5) as s:
        s.sendall(b"GET /healthz/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        contains(s.makefile("rb").readline().decode(), "200")


@case
def host_name(site):
    """the host name: SystemSettings, then STALWART_HOSTNAME, then the system"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start(env={"STALWART_HOSTNAME": "other.example"})
    equal(site.status()["hostname"], "mail.example.org", "configured")
    site.stop()
    source = site.dir / "bare.toml"
    source.write_text(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.compile(source, site.image)
    site.start(env={"STALWART_HOSTNAME": "Other.Example"})
    equal(site.status()["hostname"], "other.example", "from the environment")
    contains(greeting(port), "other.example")
    site.stop()
    site.start()
    system = os.uname().nodename.lower()
    if not re.fullmatch(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?", system):
        system = "localhost"
    equal(site.status()["hostname"], system, "from the system")
    site.stop()
    for bad in ("x\r\nevil", "bad host", "-", "ä.example.org", "a..b", "a" * 64):
        site.start(env={"STALWART_HOSTNAME": bad})
        status = site.status()
        equal(status["hostname"], system, f"instead of {bad!r}")
        contains("".join(status["warnings"]), "STALWART_HOSTNAME is no host name")
        equal(greeting(port), f"220 {system} ESMTP ready\r\n", "greeting")
        site.stop()


@case
def image_out_of_reach(site):
    """--check and a start end alike: 2 without an image, 1 with one that cannot be read"""
    for beside, status in ((site.dir / "none.stwi", 2), (site.dir / "file" / "x.stwi", 1)):
        (site.dir / "file").write_text("no directory")
        site.image = beside
        for options in (("--check",), ("--foreground",)):
            done = site.run(*options)
            equal(done.returncode, status, (beside.name, options))
            equal("stwc build" in done.stderr, status == 2, "the advice")


@case
def control_directory(site):
    """the directory of --control is made when it is missing, those above it are not"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.control = site.dir / "one" / "two" / "c.sock"
    done = site.run("--foreground")
    equal(done.returncode, 1, "two are missing")
    contains(done.stderr, "cannot open the control socket")
    assert not (site.dir / "one").exists(), "a directory was made"
    site.control = site.dir / "one" / "c.sock"
    site.start()
    equal((site.dir / "one").stat().st_mode & 0o7777, 0o755, "its mode")


@case
def own_ports(site):
    """ports of tests: no two tests get the same, and the system gives them to nobody"""
    script = "import sys, stwtest; print(*stwtest.free_ports(120), flush=True); sys.stdin.read()"
    tests = [site.also(subprocess.Popen([sys.executable, "-c", script], text=True,
                                        cwd=pathlib.Path(stwtest.__file__).parent,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE))
             for _ in range(4)]
    ports = [int(p) for t in tests for p in t.stdout.readline().split()] + free_ports(120)
    equal(len(set(ports)), 5 * 120, "different ports")
    low, high = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
                    .read_text().split())
    equal([p for p in ports if low <= p <= high], [], "ports that the system gives away")


@case
def threads(site):
    """the thread pool: SystemSettings, else the processors of the affinity mask"""
    port, = free_ports(1)
    source = site.dir / "source.toml"
    text = listener("smtp", "smtp", f"127.0.0.1:{port}")
    source.write_text("[SystemSettings]\nthreadPoolSize = 3\n" + text)
    site.compile(source, site.image)
    site.start()
    equal(site.status()["threads"], 3, "configured")
    assert "threads in a role" not in "".join(site.status()["warnings"])
    site.stop()
    source.write_text("[SystemSettings]\nthreadPoolSize = 4294967296\n" + text)
    site.compile(source, site.image)
    site.start()
    equal(site.status()["threads"], 256, "the limit")
    tasks = os.listdir(f"/proc/{site.role('edge')['pid']}/task")
    assert 256 <= len(tasks) <= 270, f"{len(tasks)} threads run"
    contains("".join(site.status()["warnings"]), "at most 256 threads in a role, not 4294967296")
    site.stop()
    site.build(text)
    cpu = min(os.sched_getaffinity(0))
    site.start(preexec=lambda: os.sched_setaffinity(0, {cpu}))
    equal(site.status()["threads"], 1, "of one processor")


@case
def not_enacted(site):
    """status names what the image carries and stwd does not enact, by type and count"""
    port, = free_ports(1)
    site.build('maxConnections = 99\ndefaultDomainId = "#a"\n'
               + listener("smtp", "smtp", f"127.0.0.1:{port}")
               + listener("lmtp", "lmtp", "127.0.0.1:0", overrideProxyTrustedNetworks='["10.0.0.0/8"]')
               + '[Domain.a]\nname = "example.org"\n[Role.a]\ndescription = "a"\n[Role.b]\ndescription = "b"\n'
               '[[Tracer]]\n"@type" = "Journal"\n')
    site.start()
    equal(site.status()["notEnacted"],
          {"Role": 2, "NetworkListener.overrideProxyTrustedNetworks": 1,
           "SystemSettings.defaultDomainId": 1, "Tracer/Journal": 1}, "not enacted")
    contains(site.expect(0, "status")[0], "Role 2")


def process_status(pid, label):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(x for x in lines if x.startswith(label + ":")).split()[1:]


def find_user():
    """A user other than root, with the name of its group."""
    for entry in pwd.getpwall():
        if entry.pw_uid and entry.pw_gid:
            return entry, grp.getgrgid(entry.pw_gid)
    raise Skip("there is nobody but root")


@case
def privileges(site):
    """RUN_AS_USER and RUN_AS_GROUP, as names or numbers, keep nothing but CAP_NET_BIND_SERVICE"""
    if os.getuid() != 0:
        raise Skip("needs root")
    user, group = find_user()
    port, = free_ports(1)
    site.dir.chmod(0o777)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    for env in ({"RUN_AS_USER": user.pw_name}, {"RUN_AS_USER": str(user.pw_uid)},
                {"RUN_AS_USER": user.pw_name, "RUN_AS_GROUP": group.gr_name}):
        site.start(env=env, preexec=lambda: os.setgroups([0, 4242]))
        pids = [r["pid"] for r in site.status()["roles"]]
        for pid in [site.daemon.pid, *pids]:
            equal(process_status(pid, "Uid"), [str(user.pw_uid)] * 4, "user")
            equal(process_status(pid, "Gid"), [str(user.pw_gid)] * 4, "group")
            groups = sorted(os.getgrouplist(user.pw_name, user.pw_gid))
            equal(sorted(map(int, process_status(pid, "Groups"))), groups, "groups")
        for pid in pids:
            equal(int(process_status(pid, "CapPrm")[0], 16), 0, "capabilities of a role")
        equal(int(process_status(site.daemon.pid, "CapEff")[0], 16), 1 << 10,
              "capabilities of main")
        site.stop()
    for env, name in (({"RUN_AS_USER": "no-such-user"}, "no-such-user"),
                      ({"RUN_AS_USER": "0", "RUN_AS_GROUP": "no-such-group"}, "no-such-group")):
        done = site.run("--foreground", env=env)
        equal(done.returncode, 1, name)
        contains(done.stderr, name)


@case
def privileged_port(site):
    """a privileged port without the capability: the error names port, capability and unit line"""
    if os.getuid() != 0:
        raise Skip("needs root, to lose its capabilities")
    setpriv = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
               "--inh-caps=-all", "--bounding-set=-all"]
    if subprocess.run([*setpriv, "true"], capture_output=True).returncode != 0:
        raise Skip("needs setpriv")
    limit = pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()
    if int(limit) <= 25:
        raise Skip("every port is free for all here")
    site.dir.chmod(0o777)
    site.build(listener("smtp", "smtp", "127.0.0.1:25"))
    done = subprocess.run([*setpriv, *site.command("--foreground")], capture_output=True,
                          text=True, timeout=20)
    equal(done.returncode, 1, "exit status")
    for part in ("port 25", "CAP_NET_BIND_SERVICE", "AmbientCapabilities=CAP_NET_BIND_SERVICE"):
        contains(done.stderr, part)


@case
def hardened(site):
    """roles: no capability, no way back to one, seccomp, no core; RUN_AS_USER=root keeps one"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start(env={"RUN_AS_USER": "root"} if os.getuid() == 0 else None)
    sanitized = "seccomp is off" in site.expect(0, "status")[0]
    for role in site.status()["roles"]:
        for label in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            equal(int(process_status(role["pid"], label)[0], 16), 0, f"{label} of {role['name']}")
        equal(process_status(role["pid"], "NoNewPrivs"), ["1"], "no new privileges")
        if not sanitized:
            equal(process_status(role["pid"], "Seccomp"), ["2"], "seccomp")
    for pid in [site.daemon.pid, *(r["pid"] for r in site.status()["roles"])]:
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        core = next(x for x in limits.splitlines() if x.startswith("Max core"))
        equal(core.split()[4:6], ["0", "0"], "limits of the core file")
        files = next(x for x in limits.splitlines() if x.startswith("Max open files"))
        equal(files.split()[3], files.split()[4], "open files: soft is hard")
    if os.getuid() == 0:
        equal(int(process_status(site.daemon.pid, "CapPrm")[0], 16) & ~(1 << 10), 0,
              "capabilities of main")


@case
def modes(site):
    """what stwd makes is its own, whatever the umask: directories, copies, keys, the socket"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    before = os.umask(0)
    try:
        site.start()
    finally:
        os.umask(before)
    site.expect(0, "bans", "add", "192.0.2.1")
    until((site.state / "history").exists, "the history")
    found = {str(p.relative_to(site.dir)): stat.S_IMODE(p.stat().st_mode)
             for p in [site.control, site.state, *site.state.rglob("*")]}
    copy = next(name for name in found if name.endswith(".stwi"))
    for name, mode in (("control.sock", 0o660), ("state", 0o700), ("state/generations", 0o700),
                       (copy, 0o400), ("state/lock", 0o600), ("state/live.mdb", 0o600),
                       ("state/history", 0o600), ("state/self-signed.key", 0o600)):
        equal(oct(found[name]), oct(mode), name)
    for name, mode in found.items():
        assert mode & 0o007 == 0, f"{name} has mode {oct(mode)}"


@case
def check_like_a_start(site):
    """--check refuses what a start would: a reverted image, a bad place for the socket, a pipe"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
    site.wait_for(lambda s: s["generation"] == 2, "the second generation")
    site.expect(0, "revert")
    done = site.run("--check")
    equal(done.returncode, 1, "beside a stwd that reverted it")
    site.stop()
    done = site.run("--check")
    equal(done.returncode, 1, "a reverted image")
    contains(done.stderr, "reverted")
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    equal(site.run("--check").returncode, 0, "the image before")
    for place in ("/dev/null/x", str(site.image), "/tmp/" + "x" * 200):
        done = site.run("--check", "--control", place)
        equal(done.returncode, 1, place)
        contains(done.stderr, place)
        equal(site.run("--foreground", "--control", place).returncode, 1, "a start with " + place)
    assert site.image.is_file(), "the image was taken for a socket"
    site.image.unlink()
    os.mkfifo(site.image)
    done = site.run("--check")
    equal(done.returncode, 1, "a pipe")
    contains(done.stderr, "no regular file")


@case
def secret_in_a_pipe(site):
    """a secret that is a pipe refuses the generation; nobody waits for a writer"""
    port, = free_ports(1)
    os.mkfifo(site.dir / "key.pem")
    site.build(listener("imaps", "imap", f"127.0.0.1:{port}", tlsImplicit=True) +
               "[Certificate.own]\n"
               f'certificate = {{"@type" = "File", filePath = "{site.dir}/key.pem"}}\n'
               f'privateKey = {{"@type" = "File", filePath = "{site.dir}/key.pem"}}\n')
    done = site.run("--foreground", timeout=5)
    equal(done.returncode, 1, "exit status")
    contains(done.stderr, "no regular file")


@case
def check_makes_no_log(site):
    """--check and preview see whether a log can be written, and leave no log file behind"""
    port, = free_ports(1)
    log = site.dir / "log"
    log.mkdir()
    text = listener("smtp", "smtp", f"127.0.0.1:{port}")
    tracer = f'[[Tracer]]\n"@type" = "Log"\npath = "{log}"\nprefix = "stwd"\nrotate = "never"\n'
    site.build(text + tracer)
    equal(site.run("--check").returncode, 0, "--check")
    equal(list(log.iterdir()), [], "what --check left")
    site.build(text)
    site.start()
    tried = site.build(text + tracer, site.dir / "next.stwi")
    site.expect(0, "preview", tried)
    equal(list(log.iterdir()), [], "what preview left")
    site.expect(0, "apply", tried)
    assert (log / "stwd").stat().st_size, "nothing is logged"
    site.expect(0, "preview", tried)
    assert (log / "stwd").exists(), "preview removed the log in use"


stwtest.run()
