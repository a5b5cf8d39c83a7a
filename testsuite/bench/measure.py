"""How things are measured: commands by CPU time and peak memory, processes by what the kernel says of them."""

import os
import platform
import re
import statistics
import subprocess


# seconds of CPU time that a command may take; one that needs more has no figure
LIMIT = 40


class Stat:
    """Values of one figure, one of each round."""

    def __init__(self, values):
        self.values = list(values)

    median = property(lambda self: statistics.median(self.values))

    def per(self, other):
        """The ratio of each round to the same round of another figure: what disturbed one disturbed both."""
        return Stat(a / b for a, b in zip(self.values, other.values))

    def map(self, function):
        return Stat(map(function, self.values))

    def json(self):
        return {"median": self.median, "min": min(self.values), "max": max(self.values), "n": len(self.values)}


class Failed(Exception):
    """A command did not do what it should have; the figure that needs it is left out, and that is said."""


class Run:
    """One run of a command: seconds and bytes."""

    def __init__(self, line):
        elapsed, user, system, peak, self.status = map(int, line.split())
        self.elapsed = elapsed / 1e9
        self.cpu = (user + system) / 1e6
        self.peak = peak * 1024


class Bench:
    """Where programs and temporary files are."""

    def __init__(self, builddir, folder):
        self.builddir = builddir
        self.folder = folder

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def program(self, name):
        return os.path.join(self.builddir, name)

    def tool(self, name):
        return self.program("testsuite/bench/bench_" + name)

    def run(self, command, environment=None, expected=(0,)):
        """The command under bench_run, its output thrown away."""
        result = self.path("run.result")
        with open(self.path("run.log"), "w+", encoding="utf-8", errors="replace") as log:
            subprocess.run([self.tool("run"), result, str(LIMIT)] + command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                           env=environment, check=True, timeout=4 * LIMIT)
            with open(result, encoding="ascii") as line:
                run = Run(line.read())
            if run.status not in expected:
                log.seek(0)
                raise Failed("%s: exit status %d: %s" % (" ".join(map(os.path.basename, command[:3])), run.status,
                                                         log.read()[-400:]))
        return run

    def alternate(self, commands, rounds, say):
        """Runs each command once a round: {name: [Run]}. One that fails is reported and left out."""
        runs = {name: [] for name in commands}
        for number in range(rounds):
            for name, command in commands.items():
                if name not in runs:
                    continue
                try:
                    runs[name].append(self.run(*command))
                except (Failed, OSError, subprocess.SubprocessError) as why:
                    say("%s: %s" % (name, why))
                    del runs[name]
            say("round %d of %d" % (number + 1, rounds))
        return runs


def cpu(runs):
    return Stat(run.cpu for run in runs)


def peak(runs):
    return Stat(run.peak for run in runs)


def elapsed(runs):
    return Stat(run.elapsed for run in runs)


# ---- processes ----

def family(pid):
    """The process and all below it that live."""
    found = [pid]
    for each in found:
        try:
            for task in os.listdir("/proc/%d/task" % each):
                with open("/proc/%d/task/%s/children" % (each, task), encoding="ascii") as children:
                    found.extend(map(int, children.read().split()))
        except OSError:
            pass
    return found


def rollup(pids, field):
    """The sum of one field of smaps_rollup, in bytes; a process that ended counts nothing."""
    total = 0
    for pid in pids:
        try:
            with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as fields:
                match = re.search(r"^%s: +(\d+) kB" % field, fields.read(), re.M)
                total += int(match.group(1)) * 1024 if match else 0
        except OSError:
            pass
    return total


def mapped(pids, pattern):
    """Proportional bytes resident of the mappings whose name matches."""
    total = 0
    for pid in pids:
        inside = False
        with open("/proc/%d/smaps" % pid, encoding="utf-8") as lines:
            for line in lines:
                head = re.match(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)", line)
                if head:
                    inside = re.search(pattern, head.group(1)) is not None
                elif inside and line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


# ---- the machine ----

def first_line(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=30)
        return done.stdout.strip().split("\n")[0]
    except (OSError, subprocess.SubprocessError):
        return ""


def version(command):
    """The version number that a program prints of itself, or ""."""
    match = re.search(r"\d+\.\d+[\w.+-]*", first_line(command))
    return match.group() if match else ""


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        text = info.read()
    model = re.search(r"^model name\s*: (.*)$", text, re.M)
    flags = re.search(r"^(?:flags|Features)\s*: (.*)$", text, re.M)
    names = flags.group(1).split() if flags else []
    return {"cpu": model.group(1) if model else platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "sha": "sha_ni" in names or "sha2" in names,
            "virtual": "hypervisor" in names,
            "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "system": "%s, Linux %s" % (platform.freedesktop_os_release().get("PRETTY_NAME", "?"),
                                        platform.release()),
            "load": os.getloadavg()[0]}
