"""stwc at a terminal of its own, for tests that play the person in front of it."""
import os
import pty
import re
import select
import signal
import termios
import time

from stwctest import STWC

PATIENCE = 30


class Terminal:
    """One run of stwc; what it shows is collected in .shown."""

    def __init__(self, *args, cwd=None):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.chdir(cwd or ".")
            os.execv(STWC, [STWC, *args])
        self.shown = ""

    def more(self):
        """Reads what is there to read, or waits a moment; false at the end."""
        if not select.select([self.fd], [], [], 0.2)[0]:
            return True
        try:
            got = os.read(self.fd, 4096)
        except OSError:
            return False
        self.shown += got.decode(errors="replace").replace("\r\n", "\n")
        return bool(got)

    def until(self, text):
        """Reads on until the text has been shown."""
        end = time.monotonic() + PATIENCE
        while text not in self.shown and time.monotonic() < end:
            if not self.more():
                break
        return text in self.shown

    def type(self, text):
        os.write(self.fd, text.encode())

    def answer(self, prompt, text):
        """Waits for a question that begins so, answers it, and gives what came before it."""
        end = time.monotonic() + PATIENCE
        while not re.search(r"^" + re.escape(prompt) + r".*: \Z", self.shown, re.M):
            if time.monotonic() > end or not self.more():
                raise AssertionError(f"no question {prompt!r} in:\n{self.shown}")
        before = self.shown.rpartition(prompt)[0]
        self.shown = ""
        self.type(text + "\n")
        return before

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def hidden(self, seconds=PATIENCE):
        """The prompt is shown a moment before the echo goes."""
        end = time.monotonic() + seconds
        while self.echoes() and time.monotonic() < end:
            time.sleep(0.01)
        return not self.echoes()

    def end(self):
        """The exit status, negative for a signal, once all is read; what does not end is killed."""
        self.until("\0no program says this")
        late = time.monotonic() + PATIENCE
        while not (found := os.waitpid(self.pid, os.WNOHANG))[0]:
            if time.monotonic() > late:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.01)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(found[1])
