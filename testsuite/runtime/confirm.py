"""apply, confirm and revert, and what they do to the operator's file."""

import os
import resource
import signal
import struct
import subprocess

import stwtest
from stwtest import case, contains, equal, free_ports, greeting, listener, refuses, until


def two(site):
    """Starts with one configuration; the ports of it and of next.stwi."""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"), site.dir / "next.stwi")
    site.start()
    return first, second


@case
def apply(site):
    """apply writes the operator's file and serves it"""
    first, second = two(site)
    before = site.active()
    site.expect(0, "apply", site.dir / "next.stwi")
    contains(greeting(second), "220")
    assert refuses(first)
    equal(site.image.read_bytes(), (site.dir / "next.stwi").read_bytes(), "the operator's file")
    assert site.active() != before
    site.expect(0, "status")
    site.stop()
    site.start()
    contains(greeting(second), "220")


@case
def apply_input(site):
    """apply - reads standard input"""
    _, second = two(site)
    site.expect(0, "apply", "-", stdin=(site.dir / "next.stwi").read_bytes())
    contains(greeting(second), "220")


@case
def apply_through_link(site):
    """apply replaces the file that a link leads to; the link stays"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"), site.dir / "real.stwi")
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"), site.dir / "next.stwi")
    site.image.symlink_to("real.stwi")
    site.start()
    site.expect(0, "apply", site.dir / "next.stwi")
    assert site.image.is_symlink()
    equal((site.dir / "real.stwi").read_bytes(), (site.dir / "next.stwi").read_bytes(), "the file")


@case
def apply_refused(site):
    """an apply that is refused leaves the operator's file as it serves"""
    first, second = two(site)
    before = site.image.read_bytes()
    with stwtest.socket.socket() as holder:
        holder.bind(("127.0.0.1", second))
        holder.listen()
        _, complaint = site.expect(1, "apply", site.dir / "next.stwi")
    contains(complaint, "refused")
    equal(site.image.read_bytes(), before, "the operator's file")
    (site.dir / "next.stwi").write_bytes(b"no image" * 1000)
    site.expect(1, "apply", site.dir / "next.stwi")
    equal(site.image.read_bytes(), before, "the operator's file")
    site.expect(0, "status")
    contains(greeting(first), "220")


@case
def confirmed(site):
    """apply --confirm, confirm: it stays"""
    first, second = two(site)
    site.expect(0, "apply", site.dir / "next.stwi", "--confirm", "2")
    assert site.status().get("confirmUntil"), "nothing pending"
    contains(site.expect(0, "status")[0], "confirm pending")
    site.expect(0, "confirm")
    site.expect(1, "confirm")
    stwtest.time.sleep(2.5)
    contains(greeting(second), "220")
    assert refuses(first)


@case
def unconfirmed(site):
    """apply --confirm without confirm: the generation before comes back, and so does its file"""
    first, second = two(site)
    before, file = site.active(), site.image.read_bytes()
    site.expect(0, "apply", site.dir / "next.stwi", "--confirm", "1")
    contains(greeting(second), "220")
    site.wait_for(lambda s: s["image"]["active"] == before, "the revert")
    until(lambda: site.image.read_bytes() == file, "the operator's file")
    contains(greeting(first), "220")
    assert refuses(second)
    site.expect(0, "status")
    equal(site.status()["lastReload"]["cause"], "unconfirmed", "cause")
    # what was not confirmed is not tried again by itself
    site.expect(1, "apply", site.dir / "next.stwi")


@case
def unconfirmed_over_restart(site):
    """a restart does not confirm: the clock goes on"""
    first, second = two(site)
    before = site.active()
    site.expect(0, "apply", site.dir / "next.stwi", "--confirm", "2")
    site.stop()
    site.start()
    contains(greeting(second), "220")
    assert site.status().get("confirmUntil"), "nothing pending after the restart"
    site.wait_for(lambda s: s["image"]["active"] == before, "the revert")
    contains(greeting(first), "220")
    site.expect(0, "status")


@case
def pending_blocks(site):
    """while an apply waits, another one and a reload are told so; revert ends it"""
    first, _ = two(site)
    file = site.image.read_bytes()
    site.expect(0, "apply", site.dir / "next.stwi", "--confirm", "60")
    _, complaint = site.expect(2, "apply", site.dir / "next.stwi")
    contains(complaint, "confirm")
    site.expect(2, "reload", "--wait")
    site.expect(0, "revert")
    contains(greeting(first), "220")
    equal(site.image.read_bytes(), file, "the operator's file")
    site.expect(0, "status")
    assert not site.status().get("confirmUntil")


@case
def revert(site):
    """revert goes back, leaves the operator's file alone, and says that it is not served"""
    first, second = two(site)
    before = site.active()
    next_image = (site.dir / "next.stwi").read_bytes()
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
    site.wait_for(lambda s: s["generation"] == 2, "the second generation")
    site.expect(0, "revert")
    equal(site.active(), before, "active generation")
    equal(site.image.read_bytes(), next_image, "the operator's file")
    site.expect(1, "status")
    contains(site.status()["degraded"], "not served")
    site.expect(1, "reload", "--wait")
    site.expect(1, "revert")  # there is nothing before it
    equal(len(site.status()["refused"]), 1, "refused images")
    site.expect(0, "reload", "--wait", "--force")
    contains(greeting(second), "220")
    site.expect(0, "status")
    # what was forced and serves is refused no more, also by the next start
    equal(site.status()["refused"], [], "refused images")
    site.stop()
    site.start()
    contains(greeting(second), "220")


@case
def revert_to_digest(site):
    """revert DIGEST goes back to any generation that is kept; beginnings of digests will do"""
    ports = free_ports(3)
    digests = []
    for port in ports:
        site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
        if site.daemon is None:
            site.start()
        status = site.wait_for(lambda s: s["listeners"][0]["port"] == port, "the listener")
        digests.append(status["image"]["active"])
    site.expect(1, "revert", "00000000000000000")
    contains(site.expect(0, "revert", digests[2])[0], "unchanged")
    site.expect(0, "revert", digests[0][:16])
    contains(greeting(ports[0]), "220")
    equal(site.active(), digests[0], "active generation")


@case
def exit_statuses(site):
    """statuses for what cannot be asked"""
    site.expect(2, "status")  # not running
    site.expect(2, "nonsense")
    site.expect(2, "ip")
    two(site)
    site.expect(2, "apply", site.dir / "gone.stwi")
    site.expect(2, "apply", site.dir / "next.stwi", "--confirm", "0")
    site.expect(2, "reload", "--nonsense")
    site.expect(2, "log", "loud")
    site.expect(2, "status", "--xml")
    equal(stwtest.subprocess.run([stwtest.STWCTL, "--help"], capture_output=True).returncode, 0,
          "--help")


def stop_role(site, name):
    """Holds a role still; it goes on, or is gone, at the end of the case."""
    pid = site.role(name)["pid"]
    os.kill(pid, signal.SIGSTOP)
    return pid


@case
def promise_outlives_a_kill(site):
    """stwd killed in the midst of apply --confirm: what then serves still waits for its confirm"""
    first, second = two(site)
    before = site.active()
    stop_role(site, "edge")
    asking = site.also(subprocess.Popen(
        [stwtest.STWCTL, "--control", str(site.control), "apply", str(site.dir / "next.stwi"),
         "--confirm", "3"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    until(lambda: site.image.read_bytes() == (site.dir / "next.stwi").read_bytes(), "the file")
    site.daemon.kill()
    site.daemon.wait()
    asking.wait(stwtest.PATIENCE)
    site.start()
    contains(greeting(second), "220")
    assert site.status().get("confirmUntil"), "the promise is forgotten"
    site.wait_for(lambda s: s["image"]["active"] == before, "the revert")
    contains(greeting(first), "220")


@case
def confirm_too_late(site):
    """a confirm that comes while the generation before is coming back is told so, and changes nothing"""
    first, _ = two(site)
    before, file = site.active(), site.image.read_bytes()
    site.expect(0, "apply", site.dir / "next.stwi", "--confirm", "1")
    pid = stop_role(site, "edge")
    until(lambda: site.status()["reloading"], "the revert to begin")
    contains(site.expect(1, "confirm")[1], "too late")
    os.kill(pid, signal.SIGCONT)
    site.wait_for(lambda s: s["image"]["active"] == before, "the revert")
    equal(site.image.read_bytes(), file, "the operator's file")
    contains(greeting(first), "220")


@case
def signal_while_pending(site):
    """a SIGHUP that comes while an apply waits has its turn after the confirm, and the log says so"""
    _, second = two(site)
    third, = free_ports(1)
    site.expect(0, "apply", site.dir / "next.stwi", "--confirm", "60")
    site.build(listener("smtp", "smtp", f"127.0.0.1:{third}"))
    site.daemon.send_signal(signal.SIGHUP)
    until(lambda: "result=busy" in site.log(), "the log line")
    contains(greeting(second), "220")
    site.expect(0, "confirm")
    site.wait_for(lambda s: s["listeners"][0]["port"] == third, "the third generation")
    contains(site.status()["lastReload"]["cause"], "signal")


@case
def options_anywhere(site):
    """options of a command stand before and after its operands; others are named"""
    two(site)
    first, other = site.dir / "first.stwi", site.dir / "next.stwi"
    first.write_bytes(site.image.read_bytes())
    for words in (("--confirm", "60", other), (first, "--confirm", "60"),
                  ("--confirm", "60", "--", other)):
        site.expect(0, "apply", *words)
        assert site.status()["confirmUntil"], words
        site.expect(0, "confirm")
    for words, said in ((("apply", site.image, "--bogus"), "apply: there is no option '--bogus'"),
                        (("apply", "--confirm"), "a value is missing after '--confirm'"),
                        (("apply",), "apply: something is missing"),
                        (("reload", "--confirm", "1"), "reload: there is no option '--confirm'"),
                        (("status", "extra"), "status: unexpected 'extra'"),
                        (("drain", "now"), "drain: unexpected 'now'"),
                        (("preview", site.image, "more"), "preview: unexpected 'more'")):
        complaint = site.expect(2, *words)[1]
        assert complaint.startswith("stwctl: "), complaint
        contains(complaint, said)
        contains(complaint, f"usage: stwctl [--control SOCKET] [--timeout SECS] {words[0]}")
    site.stop()
    contains(site.expect(2, "status", "extra")[1], "unexpected 'extra'")


@case
def help_of_commands(site):
    """stwctl COMMAND --help prints the form of the command, with nobody there to ask"""
    contains(site.expect(0, "apply", "--help")[0], "apply [--confirm SECS] FILE|-\n")
    contains(site.expect(0, "reload", "--help")[0], "[--wait] [--force] [--reason TEXT]\n")
    contains(site.expect(0, "status", "--help")[0], "status [--json]\n")


@case
def own_name(site):
    """what is said on standard error begins with the name of the program, once"""
    two(site)
    (site.dir / "junk").write_text("junk\n" * 100)
    os.mkfifo(site.dir / "pipe")
    for words in (("apply", site.dir / "junk"), ("preview", site.dir / "pipe"),
                  ("ip", "nowhere"), ("log", "loud"), ("confirm",)):
        done = site.ctl(*words)
        equal(done.stderr.count("stwctl: "), 1, words)
        assert done.returncode and done.stderr.startswith("stwctl: "), done.stderr


@case
def no_image(site):
    """what is no regular file is never copied: a device without end, a pipe"""
    two(site)
    before = site.image.read_bytes()
    for words in (("apply", "/dev/zero"), ("preview", "/dev/zero")):
        contains(site.expect(1, *words)[1], "no regular file")
    equal(site.image.read_bytes(), before, "the operator's file")
    site.expect(0, "status")


def small_files_only():
    """What a stwd may write: less than the files of the case are long."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


@case
def large_files(site):
    """a file of many bytes that ends as no image does is refused before it is copied"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    footer = bytearray(site.image.read_bytes()[-80:])
    site.start(preexec=small_files_only)
    sparse, huge = site.dir / "sparse", site.dir / "huge"
    with open(sparse, "wb") as f:
        f.truncate(3 << 30)
    # lengths that fit, and a store above what a store may be
    footer[8:32] = struct.pack("<QQQ", 20 << 30, 0, 100)
    with open(huge, "wb") as f:
        f.truncate((20 << 30) + 100)
        f.seek(0, os.SEEK_END)
        f.write(footer)
    for words in ("apply", "preview"):
        contains(site.expect(1, words, sparse)[1], "no stw image")
        contains(site.expect(1, words, huge)[1], "lengths")
    for file, why in ((sparse, "no stw image"), (huge, "lengths")):
        os.rename(file, site.image)
        contains(site.expect(1, "reload", "--wait")[1], why)
    contains(greeting(port), "220")


@case
def clean_words(site):
    """a reason with line ends and escapes is one plain line in status; what cannot be written is said"""
    two(site)
    site.expect(0, "reload", "--wait", "--force", "--reason", "one\ntwo\x1b[31m \"three\"")
    out, _ = site.expect(0, "status")
    assert "\x1b" not in out and "(one two" in out, out
    contains(site.status()["lastReload"]["reason"], "three")
    with open("/dev/full", "w") as full:
        done = subprocess.run([stwtest.STWCTL, "--control", str(site.control), "status"],
                              stdout=full, stderr=subprocess.PIPE, text=True)
    equal(done.returncode, 2, "status of stwctl on a full disk")
    contains(done.stderr, "cannot write")


@case
def no_way_back(site):
    """an unconfirmed apply whose generation before is lost: degraded, with the reason; confirm mends it"""
    _, second = two(site)
    before = site.active()
    site.expect(0, "apply", site.dir / "next.stwi", "--confirm", "1")
    (site.state / "generations" / (before + ".stwi")).unlink()
    site.wait_for(lambda s: "cannot go back" in s.get("degraded", ""), "the failed revert")
    contains(site.expect(1, "status")[0], before[:12])
    contains(greeting(second), "220")
    site.expect(0, "confirm")
    site.expect(0, "status")


stwtest.run()
