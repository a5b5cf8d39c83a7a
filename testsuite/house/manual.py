"""The man pages and --help name the same options and commands."""

import re
import subprocess

import house

PROGRAMS = {"doc/stwc.1": "stwc/stwc", "doc/stwctl.1": "stwctl", "doc/stwd.8": "stwd"}


def page_options(text):
    """Options of a page, from its Fl macros, which stand at the start of a line or inside one."""
    found = set()
    for line in text.splitlines():
        if line.startswith("."):
            found.update("-" + flag for flag in re.findall(r"(?<=[ .])Fl (-?[a-z][\w-]*)", line))
    return found


def page_commands(text):
    """Commands of a page: the items of the list after "The commands are"."""
    part = re.search(r"The commands are:(.*?)^\.El", text, re.S | re.M)
    return set(re.findall(r"^\.It Cm ([\w-]+)", part.group(1), re.M)) if part else set()


def help_of(program, *words):
    done = subprocess.run([house.command(program), *words, "--help"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=20)
    return done.stdout, done.returncode


def help_options(text):
    return set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*[a-z]|-[a-zA-Z])(?![\w-])", text))


def help_commands(text):
    """Commands stand one per line, set in by two blanks, before what they do."""
    return set(re.findall(r"^  ([a-z][a-z-]*)\b", text, re.M))


def page_takers(text, commands):
    """For each option of a page with commands: those that its item names, else those of its section."""
    found = {}
    for section in re.split(r"^\.S[sh] .*$", text, flags=re.M):
        intro, *items = re.split(r"^\.It ", section, flags=re.M)
        usual = set(re.findall(r"^\.Cm (\w+)", intro, re.M)) & commands
        for item in items:
            head, _, body = item.partition("\n")
            own = set(re.findall(r"^\.Cm (\w+)", body, re.M)) & commands
            for option in page_options("." + head):
                if option.startswith("--"):
                    found[option] = own or usual
    return found


def takers(tap, page, program):
    """The man page and each command's --help agree on which options the command takes."""
    text = house.read(page)
    commands = page_commands(text)
    helps = {command: help_options(help_of(program, command)[0]) for command in commands}
    for option, said in sorted(page_takers(text, commands).items()):
        if option in ("--help", "--version"):
            continue
        real = {command for command in commands if option in helps[command]}
        tap.ok(said == real, "%s: the commands that take %s" % (page, option),
               "man page: %s" % sorted(said), "--help: %s" % sorted(real))


def compare(tap, page, program):
    text = house.read(page)
    shown, status = help_of(program)
    tap.ok(status == 0 and shown, "%s --help" % program)
    commands = help_commands(shown) if page_commands(text) else set()
    options = help_options(shown)
    for command in sorted(commands & page_commands(text)):
        more, status = help_of(program, command)
        if status == 0:
            options |= help_options(more)
    name = program.split("/")[-1]
    tap.none(sorted(page_commands(text) - commands), "%s: every command of the man page is in --help" % name)
    tap.none(sorted(commands - page_commands(text)), "%s: every command of --help is in the man page" % name)
    tap.none(sorted(page_options(text) - options), "%s: every option of the man page is in --help" % name)
    tap.none(sorted(options - page_options(text)), "%s: every option of --help is in the man page" % name)


def unspoken(page, source, pattern):
    """What the pattern finds in a source and the page does not name."""
    found = re.findall(pattern, house.read(source))
    return ["nothing found in " + source] if not found else [f for f in found if f not in house.read(page)]


def times(tap):
    """The time limits of sessions, in the words of the page."""
    page = " ".join(house.read("doc/stwd.8").split())
    limits = house.read("runtime/limits.h")
    for name, words in (("SMTP", "%d minutes for SMTP and LMTP"), ("IMAP", "%d minutes for IMAP and ManageSieve"),
                        ("SIEVE", "%d minutes for IMAP and ManageSieve"), ("POP3", "%d minutes for POP3"),
                        ("HTTP", "%d seconds for HTTP")):
        value = re.search(r"#define LIMIT_IDLE_%s \(([0-9 *]+)\)" % name, limits).group(1)
        seconds = 1
        for factor in value.split("*"):
            seconds *= int(factor)
        shown = words % (seconds // 1000 if "seconds" in words else seconds // 60000)
        tap.ok(shown in page, "doc/stwd.8: " + shown)


def main():
    tap = house.Tap()
    tap.none(unspoken("doc/stwd.8", "runtime/web_respond.c", r'\{"(/[a-z/]+)", on_'),
             "doc/stwd.8: every path of the web role")
    times(tap)
    tap.ok(page_options(".Op Fl -to Ar x\n.It Fl o Ar f\n.Cm a Fl -b\ntext Fl -no\n") == {"--to", "-o", "--b"},
           "options of a page are found")
    tap.ok(help_options("  --to FORMAT, -o FILE, non-option -- 0.15-x") == {"--to", "-o"},
           "options of a help text are found")
    for page, program in PROGRAMS.items():
        compare(tap, page, program)
    tap.ok(page_takers(".Ss A\n.Cm a ,\n.Cm b\n.It Fl -x\ny\n.It Fl o , Fl -z Ar f\n.Cm b\n", {"a", "b"}) ==
           {"--x": {"a", "b"}, "--z": {"b"}}, "the commands of an option are found")
    takers(tap, "doc/stwc.1", "stwc/stwc")
    codes = subprocess.run([house.command("stwc/stwc"), "explain", "--list"], capture_output=True, text=True)
    words = set(re.findall(r'^DIAG_CODE\(\w+, "([a-z0-9-]+)"', house.read("core/codes.def"), re.M))
    listed = set(re.findall(r"^([a-z0-9-]+)\b", codes.stdout, re.M))
    tap.ok(words and words <= listed, "stwc explain --list names every code", *sorted(words - listed))
    tap.done()


main()
