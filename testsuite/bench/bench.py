#!/usr/bin/env python3
"""Measures stw beside other programs, in one run on one machine, and prints the table.

    make bench [BENCH='--rounds 3 --only compile,wide']

Ours and theirs take turns, so that what disturbs the machine disturbs both; a figure is the median
of its rounds. CPU time is user and system time of the whole process, from its start to its end.
A target that is missed is said, and is no failure: the exit status is 0 when the run came to its end."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import generate
import measure
import render
import servers
from measure import Failed, Stat

MIB = 1 << 20
SRCDIR = os.environ.get("srcdir") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILDDIR = os.environ.get("builddir") or os.path.join(SRCDIR, "build")
RATE = 1000
WIDE = 10000


class Report:
    """The figures of a run, in the order of the table."""

    def __init__(self):
        self.figures = []
        self.section = ""
        self.begun = time.monotonic()

    def say(self, text):
        print("%4d s  %s" % (time.monotonic() - self.begun, text), file=sys.stderr, flush=True)

    def begin(self, section):
        self.section = section
        self.say(section)

    def add(self, title, unit, ours, peer=None, theirs=None, target=None, met=None, more_is_better=False, note=None,
            ratio=None):
        """`ours` and `theirs` are Stat or None; `met` is None where there is no target. `ratio`: where the rounds were
        held against each other; else it is that of the two medians."""
        if ratio is None and ours and theirs:
            parts = (ours, theirs) if more_is_better else (theirs, ours)
            ratio = parts[0].median / parts[1].median if parts[1].median else None
        self.figures.append({"section": self.section, "title": title, "unit": unit,
                             "ours": ours.json() if ours else None, "peer": peer,
                             "theirs": theirs.json() if theirs else None, "ratio": ratio, "target": target,
                             "met": met, "note": note})

    def missing(self, title, why, target):
        self.say("%s: %s" % (title, why))
        self.add(title, "", None, target=target, met=False, note=str(why))


def stwc(bench, *words):
    return [bench.program("stwc/stwc"), words[0], "--quiet", *words[1:]]


# ---- a million addresses, compiled ----

def compile_commands(bench, peers):
    """{name: (command, environment)} of what takes turns."""
    node = dict(os.environ, NODE_PATH=os.path.join(peers, "node_modules"))
    confdb = bench.path("confdb")
    commands = {
        "check": (stwc(bench, "check", bench.path("plan.ndjson")),),
        "jq": (["jq", "empty", bench.path("plan.ndjson")],),
        "build": (stwc(bench, "build", bench.path("plan.ndjson"), "-o", bench.path("plan.stwi")),),
        "ajv": (["node", os.path.join(SRCDIR, "testsuite/bench/validate.js"), bench.path("plan.schema.json"),
                 bench.path("plan.json")], node),
        "nginx": (["nginx", "-t", "-c", bench.path("nginx.conf"), "-e", bench.path("nginx.log")],),
        "haproxy": (["haproxy", "-c", "-f", bench.path("haproxy.cfg")],),
        "knot": (["knotc", "--force", "-C", confdb, "conf-import", bench.path("knot.conf")],),
    }
    return commands


PEER_NAMES = {"jq": "jq, reading only", "ajv": "ajv, JSON Schema", "nginx": "nginx -t", "haproxy": "haproxy -c",
              "knot": "knotc conf-import, 100,000 zones"}


def compile_addresses(bench, report, options):
    report.begin("A million addresses, compiled")
    count = options.addresses
    generate.write_addresses(bench.folder, count)
    generate.write_nginx(bench.folder, servers.free_port(), 1)
    generate.write_haproxy(bench.folder, servers.free_port(), 1)
    generate.write_zones(bench.path("knot.conf"), 100000, bench.folder)
    os.makedirs(bench.path("confdb"), exist_ok=True)
    runs = bench.alternate(compile_commands(bench, options.peers), options.rounds, report.say)
    if "check" not in runs or "build" not in runs:
        raise Failed("stwc did not compile the addresses")
    # the targets are about these two, which are short: they take turns more often
    runs.update(bench.alternate({name: command for name, command in compile_commands(bench, options.peers).items()
                                 if name in ("check", "build")}, options.rounds * 4, report.say))
    size = os.path.getsize(bench.path("plan.ndjson"))
    check, build = measure.cpu(runs["check"]), measure.cpu(runs["build"])
    speed = check.map(lambda cpu: size / cpu / 1e6)
    report.add("stwc check, speed", "MB/s", speed, target="at least 150", met=speed.median >= 150)
    for name, title in PEER_NAMES.items():
        if name in runs:
            report.add("stwc check, CPU time", "s", check, title, measure.cpu(runs[name]))
    peak = measure.peak(runs["check"])
    report.add("stwc check, memory at the peak", "MiB", peak.map(lambda n: n / MIB),
               target="at most 250, aim 125", met=peak.median <= 250 * MIB)
    for name, title in PEER_NAMES.items():
        if name in runs and name not in ("jq", "knot"):  # one holds nothing, the other reads less
            report.add("stwc check, memory at the peak", "MiB", peak.map(lambda n: n / MIB), title,
                       measure.peak(runs[name]).map(lambda n: n / MIB))
    ratio = build.per(check)
    report.add("stwc build, CPU time", "s", build)
    report.add("stwc build, CPU time over that of check", "×", ratio, target="at most 1.5", met=ratio.median <= 1.5)
    report.add("stwc build, memory at the peak", "MiB", measure.peak(runs["build"]).map(lambda n: n / MIB))
    per_address = os.path.getsize(bench.path("plan.stwi")) / count
    report.add("image, the whole file", "bytes an address", Stat([per_address]), target="at most 24",
               met=per_address <= 24)
    reader_speed(bench, report)


def reader_speed(bench, report):
    """The reader of NDJSON alone, on a text in memory."""
    text = subprocess.run([bench.tool("json"), "59", "3"], stdout=subprocess.PIPE, text=True, check=True,
                          timeout=120).stdout
    for order in ("in order", "shuffled"):
        speeds = [float(n) for n in re.findall(r"^keys %s: .*: (\d+) MB/s" % order, text, re.M)]
        report.add("the NDJSON reader alone, keys %s" % order, "MB/s", Stat(speeds))


# ---- a million addresses, served ----

def make_images(bench, daemon):
    base = bench.path("base.toml")
    generate.write_text(base, daemon.source())
    for name, sources in (("empty", []), ("million", ["plan.ndjson"]), ("next", ["next.ndjson"])):
        bench.run(stwc(bench, "build", base, *map(bench.path, sources), "-o", bench.path(name + ".stwi")))
    daemon.images = [bench.path("million.stwi"), bench.path("next.stwi")]


def others(bench, report):
    for server in (servers.Nginx(bench), servers.Haproxy(bench)):
        if shutil.which(server.name):
            yield server
        else:
            report.say("%s is not installed" % server.name)


def measure_starts(bench, report, options, daemon, rest):
    """{name: [seconds]}, {name: [private bytes]}, [bytes of the image], taking turns."""
    starts, private, image = {}, {}, []
    turns = [("empty", daemon, bench.path("empty.stwi")), ("million", daemon, bench.path("million.stwi"))]
    turns += [(server.name, server, "addresses") for server in rest]
    for number in range(options.rounds):
        for name, server, listed in turns:
            starts.setdefault(name, []).append(server.start(listed))
            private.setdefault(name, []).append(server.private())
            if name == "million":
                image.append(measure.mapped(server.pids(), r"\.stwi|memfd"))
            server.stop()
        report.say("start %d of %d" % (number + 1, options.rounds))
    return starts, private, image


def report_starts(report, starts, private, image):
    ms = {name: Stat(values).map(lambda s: s * 1e3) for name, values in starts.items()}
    mib = {name: Stat(values).map(lambda n: n / MIB) for name, values in private.items()}
    report.add("start, empty image, until it answers", "ms", ms["empty"])
    for name in [n for n in ms if n not in ("empty", "million")] or [None]:
        report.add("start, a million, until it answers", "ms", ms["million"], name, ms.get(name))
    more = Stat([ms["million"].median - ms["empty"].median])
    report.add("start, what the million adds", "ms", more, target="at most 30", met=more.median <= 30)
    for name in [n for n in mib if n not in ("empty", "million")] or [None]:
        report.add("private memory, all processes", "MiB", mib["million"], name, mib.get(name))
    more = Stat([mib["million"].median - mib["empty"].median])
    report.add("private memory, what the million adds", "MiB", more, target="at most 20", met=more.median <= 20)
    report.add("image memory, resident beside it", "MiB", Stat(image).map(lambda n: n / MIB))


class Reloads:
    """What the reloads of one server showed."""

    def __init__(self, bench, server, start, count, say):
        self.name = server.name
        server.start(start)
        time.sleep(1)  # HAProxy's worker answers before its master listens to signals
        try:
            with servers.PeakWatch(server) as watch:
                for _ in range(2):
                    server.reload()
                    time.sleep(0.3)
            self.peak = watch.peak
            self.before = server.private()
            self.under_load(bench, server, count)
            self.after = server.private()
        finally:
            server.stop()
        say("%s: %d reloads, %s" % (server.name, count, self.load))

    def under_load(self, bench, server, count):
        protocols = {"http": server.port}
        if isinstance(server, servers.Daemon):
            protocols = {"smtp": server.smtp}
        (protocol, port), = protocols.items()
        command = [bench.tool("load"), str(port), str(RATE), "600", protocol]
        load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(0.5)
            self.times = []
            for _ in range(count):
                self.times.append(server.reload())
                time.sleep(0.3)
        finally:
            load.terminate()
            out, _ = load.communicate(timeout=60)
        self.load = json.loads(out)
        self.lost = self.load["started"] - self.load["answered"]

    def stat(self, name):
        return Stat(time[name] * 1e3 for time in self.times)


def report_reloads(report, ours, theirs, count):
    commit = ours.stat("commit")
    report.add("reload, to the last role's commit, by its own clock", "ms", commit, target="within 60",
               met=commit.median <= 60)
    for other in theirs or [None]:
        report.add("reload, from outside: until the new one answers", "ms", ours.stat("serves"),
                   other and other.name, other and other.stat("serves"), "within 60",
                   ours.stat("serves").median <= 60)
    for other in theirs:
        report.add("reload, from outside: until nothing old is left", "ms", ours.stat("gone"), other.name,
                   other.stat("gone"))
    for other in theirs or [None]:
        report.add("memory at the peak of a reload, all processes", "MiB", Stat([ours.peak / MIB]),
                   other and other.name, other and Stat([other.peak / MIB]))
    note = "of %d new connections at %d a second; slowest answer %.0f ms"
    for each in [ours] + theirs:
        lost = Stat([each.lost])
        text = note % (each.load["started"], RATE, each.load["max"] / 1e3)
        if each is ours:
            report.add("connections lost in %d reloads" % count, "", lost, target="none", met=each.lost == 0, note=text)
        else:
            report.add("connections lost in %d reloads" % count, "", Stat([ours.lost]), each.name, lost, note=text)
    grown = (ours.after - ours.before) / MIB
    report.add("private memory, what %d reloads add" % count, "MiB", Stat([grown]))


def serve_addresses(bench, report, options):
    report.begin("A million addresses, served")
    if not os.path.exists(bench.path("plan.ndjson")):
        generate.write_addresses(bench.folder, options.addresses)
    daemon = servers.Daemon(bench)
    make_images(bench, daemon)
    rest = list(others(bench, report))
    report_starts(report, *measure_starts(bench, report, options, daemon, rest))
    ours = Reloads(bench, daemon, bench.path("million.stwi"), options.reloads, report.say)
    theirs = [Reloads(bench, server, "addresses", options.reloads, report.say) for server in rest]
    report_reloads(report, ours, theirs, options.reloads)


# ---- one decision ----

def decide(bench, report, options):
    report.begin("One address decision, a million listed")
    text = subprocess.run([bench.tool("address"), str(options.rounds)], stdout=subprocess.PIPE, text=True, check=True,
                          timeout=120).stdout
    # warm: the peers of a busy hour come again; all of IPv4 at random is how bad a cold cache can be
    for name, title, warm in (("working-set", "peers from a working set of 4,096", True),
                              ("random", "peers at random from all of IPv4, each new", False)):
        times = Stat(float(n) for n in re.findall(r"^%s ([\d.]+) " % name, text, re.M))
        report.add("decision, " + title, "ns", times, target="under 300" if warm else None,
                   met=times.median < 300 if warm else None)


# ---- wide configurations ----

def wide_commands(bench):
    commands = {form: (stwc(bench, "check", bench.path("wide." + form)),) for form in generate.WIDE_WRITERS}
    commands["events"] = ([bench.tool("yaml"), bench.path("wide.yaml")],)
    commands["knot"] = (["knotc", "-c", bench.path("knot-wide.conf"), "conf-check"],)
    return commands


def wide(bench, report, options):
    report.begin("A wide configuration: 10,000 objects of mixed types")
    for form in generate.WIDE_WRITERS:
        generate.write_wide(bench.path("wide." + form), WIDE, form)
    generate.write_zones(bench.path("knot-wide.conf"), WIDE, bench.folder)
    runs = bench.alternate(wide_commands(bench), options.rounds * 16, report.say)  # short ones, which vary much
    knot = measure.cpu(runs["knot"]).map(lambda s: s / WIDE * 1e6) if "knot" in runs else None
    for form in generate.WIDE_WRITERS:
        if form in runs:
            each = measure.cpu(runs[form]).map(lambda s: s / WIDE * 1e6)
            # YAML is judged by libyaml, below: its events alone cost what is asked of the other two
            judged = knot and form != "yaml"
            ratio = knot.per(each).median if knot else None
            report.add("stwc check, %s, CPU time" % form.upper(), "µs an object", each,
                       "knotc conf-check, a zone" if knot else None, knot, "5 times below" if judged else None,
                       ratio >= 5 if judged else None, ratio=ratio)
    if "yaml" in runs:
        ratio = measure.cpu(runs["yaml"]).per(measure.cpu(runs["events"])).median
        report.add("stwc check, YAML, CPU time", "ms", measure.cpu(runs["yaml"]).map(lambda s: s * 1e3),
                   "libyaml, events only", measure.cpu(runs["events"]).map(lambda s: s * 1e3), "at most twice",
                   ratio <= 2, ratio=1 / ratio)
    linear(bench, report, options)
    ordinary(bench, report, options)


def linear(bench, report, options):
    """CPU time of an object as their number grows. The sizes take turns; one that needs more than the limit is missed."""
    for form in generate.WIDE_WRITERS:
        sizes = {size: bench.path("linear.%d.%s" % (size, form)) for size in map(int, options.sizes.split(","))}
        runs = {size: [] for size in sizes}
        failed = {}
        for size, path in sizes.items():
            generate.write_wide(path, size, form)
        for _ in range(options.rounds):
            for size, path in sizes.items():
                try:
                    if size not in failed:
                        runs[size] += [bench.run(stwc(bench, "check", path)) for _ in range(5 if size <= WIDE else 1)]
                except Failed as why:
                    failed[size] = why
        for path in sizes.values():
            os.unlink(path)
        linear_of(report, form, runs, failed)


def linear_of(report, form, runs, failed):
    target = "at most 1.5 times that of 10,000"
    base = None
    for size, done in runs.items():
        title = "stwc check, %s, %s objects" % (form.upper(), format(size, ","))
        if size in failed:
            why = failed[size]
            report.missing(title, "not within %d s of CPU time" % measure.LIMIT if "137" in str(why) else why, target)
            continue
        each = measure.cpu(done).map(lambda s, n=size: s / n * 1e6)
        base = each if size == WIDE else base
        judged = base is not None and size > WIDE
        report.add(title, "µs an object", each, target=target if judged else None,
                   met=each.median <= 1.5 * base.median if judged else None,
                   note="%.0f MiB at the peak" % (measure.peak(done).median / MIB))


def ordinary(bench, report, options):
    report.begin("An ordinary file of 300 lines")
    path, image = bench.path("ordinary.toml"), bench.path("ordinary.stwi")
    generate.write_text(path, generate.ordinary())
    runs = bench.alternate({"check": (stwc(bench, "check", path),),
                            "build": (stwc(bench, "build", path, "-o", image),)}, options.rounds * 8, lambda text: None)
    check = measure.elapsed(runs["check"]).map(lambda s: s * 1e3)
    report.add("stwc check, elapsed, process start included", "ms", check, target="under 10", met=check.median < 10)
    report.add("stwc build, elapsed, with its fsync", "ms", measure.elapsed(runs["build"]).map(lambda s: s * 1e3))
    size = os.path.getsize(image) / 1024
    report.add("its image", "KiB", Stat([size]), target="under 256", met=size < 256)


PARTS = {"compile": compile_addresses, "serve": serve_addresses, "decide": decide, "wide": wide}


def versions(options):
    """{program: version} of the peers that are there."""
    package = os.path.join(options.peers, "node_modules/ajv/package.json")
    found = {"jq": measure.version(["jq", "--version"]), "nginx": measure.version(["nginx", "-v"]),
             "HAProxy": measure.version(["haproxy", "-v"]), "Knot DNS": measure.version(["knotc", "--version"]),
             "node": measure.version(["node", "--version"])}
    if os.path.exists(package):
        with open(package, encoding="utf-8") as text:
            found["ajv"] = json.load(text)["version"]
    return {name: number for name, number in found.items() if number}


def compiler(builddir):
    """What built us: the compiler and its flags, from the Makefile."""
    with open(os.path.join(builddir, "Makefile"), encoding="utf-8") as text:
        made = dict(re.findall(r"^(CC|CFLAGS) = (.*)$", text.read(), re.M))
    return "%s, CFLAGS=%s" % (measure.first_line([made.get("CC", "cc").split()[0], "--version"]), made.get("CFLAGS"))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--reloads", type=int, default=20)
    parser.add_argument("--addresses", type=int, default=1000000)
    parser.add_argument("--sizes", default="1000,10000,100000,1000000", help="numbers of objects, to see the growth")
    parser.add_argument("--only", default=",".join(PARTS), help="which of " + ", ".join(PARTS))
    parser.add_argument("--peers", default=os.path.join(BUILDDIR, "bench-peers"), help="where peers put ajv")
    parser.add_argument("--json", metavar="FILE", help="writes the figures there too")
    return parser.parse_args()


def main():
    options = arguments()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    report = Report()
    folder = tempfile.mkdtemp(prefix="stw-bench-")
    os.chmod(folder, 0o755)  # workers of nginx are another user
    bench = measure.Bench(BUILDDIR, folder)
    try:
        for name in options.only.split(","):
            try:
                PARTS[name](bench, report, options)
            except (Failed, OSError, subprocess.SubprocessError) as why:
                report.missing("the part '%s'" % name, why, "measured")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result = {"version": measure.version([bench.program("stwc/stwc"), "--version"]), "machine": measure.machine(),
              "compiler": compiler(BUILDDIR), "versions": versions(options), "figures": report.figures,
              "seconds": round(time.monotonic() - report.begun)}
    if options.json:
        generate.write_text(options.json, json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(render.text(result))


if __name__ == "__main__":
    main()
