"""stwc hash: a password from a pipe or a terminal, as the argon2id hash that an account takes."""
import ctypes
import os
import pty
import re
import signal
import subprocess
import termios
import time

from stwctest import STWC, Tap, check_text, run
from terminal import Terminal

FORM = r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})\n"
CHEAP = ("--memory", "8192", "--iterations", "1", "--lanes", "1")


def library():
    try:
        return ctypes.CDLL("libargon2.so.1")
    except OSError:
        return None


def verifies(argon2, text, password):
    password = password.encode()
    return argon2.argon2id_verify(text.strip().encode(), password, len(password)) == 0


def account(secret):
    return f"""
[SystemSettings]
defaultHostname = "mail.example.org"
[Domain."example.org"]
[Account.jane]
"@type" = "User"
name = "jane"
domainId = "#example.org"
credentials = [{{ "@type" = "Password", secret = '{secret}' }}]
"""


def piped(tap, argon2):
    done = run("hash", stdin="correct horse\n")
    form = re.fullmatch(FORM, done.stdout)
    tap.ok(form and done.status == 0 and not done.stderr, "a line of standard input gives a hash in PHC form")
    tap.equal(form and form.groups()[:3], ("65536", "3", "4"), "by RFC 9106's parameters for dear memory")
    if argon2:
        tap.ok(verifies(argon2, done.stdout, "correct horse"), "libargon2 verifies it")
        tap.ok(not verifies(argon2, done.stdout, "correct horsf"), "and refuses another password")
        for text in ("a", "a\r\n", "a\n"):
            tap.ok(verifies(argon2, run("hash", *CHEAP, stdin=text).stdout, "a"), f"{text!r} is the password 'a'")
        text = run("hash", *CHEAP, stdin=" grün \n").stdout
        tap.ok(verifies(argon2, text, " grün "), "blanks and other letters are part of it")
    again = run("hash", *CHEAP, stdin="a").stdout
    tap.ok(again != run("hash", *CHEAP, stdin="a").stdout, "each hash has a salt of its own")
    form = re.fullmatch(FORM, again)
    tap.equal(form and form.groups()[:3], ("8192", "1", "1"), "the options set its cost")
    checked = check_text(account(done.stdout.strip()), "--from", "toml")
    tap.ok(not checked.codes() and "password-hash" not in checked.codes("warning"), "stwc check takes it for the password of an account")
    checked = check_text(account(done.stdout.strip().rpartition("$")[0]), "--from", "toml")
    tap.ok("password-hash" in checked.codes("warning"), "but not a part of it")


def refused(tap):
    for stdin, why in (("", "no password"), ("\n", "empty"), ("a\nb\n", "more than one line"), ("a\tb\n", "control"),
                       ("a\0b\n", "control"), ("a\n\n", "more than one line"), ("\r\n", "empty"), ("\ufeffa\n", "byte order mark"),
                       ("x" * 1025, "1024 bytes at most")):
        done = run("hash", *CHEAP, stdin=stdin)
        tap.ok(done.status == 2 and why in done.stderr and not done.stdout, f"{stdin[:8]!r} is refused: {why}")
        tap.ok(len(stdin) < 2 or stdin[:3] not in done.stderr, "and nothing of it is shown")
    done = subprocess.run([STWC, "hash"], input=b"\xff\n", capture_output=True, check=False, timeout=60)
    tap.ok(done.returncode == 2 and b"UTF-8" in done.stderr, "bytes that are no text are refused")
    for option, value in (("memory", "8191"), ("memory", "4194305"), ("memory", "64mb"), ("iterations", "0"),
                          ("iterations", "65"), ("lanes", "0"), ("lanes", "65"), ("lanes", "-1")):
        done = run("hash", f"--{option}", value, stdin="a\n")
        tap.ok(done.status == 2 and f"--{option} is a number from" in done.stderr, f"--{option} {value} is refused")
    done = run("hash", "secret", stdin="a\n")
    tap.ok(done.status == 2 and "secret" not in done.stderr, "a password on the command line is refused, and not shown")


def at_a_terminal(tap, argon2):
    t = Terminal("hash", *CHEAP)
    tap.ok(t.until("password: ") and t.hidden(), "a terminal is asked, and does not echo")
    t.type("open sesame\n")
    tap.ok(t.until("again: ") and t.hidden(), "and asked again")
    t.type("open sesame\n")
    tap.equal(t.end(), 0, "two that are the same give a hash")
    found = re.search(FORM, t.shown.replace("\r", ""))
    tap.ok(found and "sesame" not in t.shown, "which alone is shown")
    if argon2:
        tap.ok(found and verifies(argon2, found.group(), "open sesame"), "libargon2 verifies it")
    t = Terminal("hash", *CHEAP)
    _ = t.until("password: ") and t.hidden()
    t.type("open sesame\n")
    _ = t.until("again: ") and t.hidden()
    t.type("open sesamf\n")
    tap.ok(t.end() == 2 and "not the same" in t.shown and "$argon" not in t.shown,
           "two that differ give none")


def interrupted(tap):
    master, slave = pty.openpty()
    with subprocess.Popen([STWC, "hash"], stdin=slave, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + 30
        while termios.tcgetattr(slave)[3] & termios.ECHO and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        tap.equal(process.returncode, -signal.SIGINT, "an interrupt ends it as others are ended")
    tap.ok(termios.tcgetattr(slave)[3] & termios.ECHO, "and leaves a terminal that echoes")
    os.close(master)
    os.close(slave)


def main():
    tap = Tap()
    argon2 = library()
    if not argon2:
        print("# libargon2.so.1 cannot be loaded: what it would verify is not asked")
    piped(tap, argon2)
    refused(tap)
    at_a_terminal(tap, argon2)
    interrupted(tap)
    tap.done()


if __name__ == "__main__":
    main()
