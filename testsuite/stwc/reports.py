"""stwc report: what the page shows, its well-formedness, its bytes, and what a browser makes of it."""
import html.parser
import os
import re
import shutil
import subprocess
import tempfile

import stwctest

SOURCE = r'''
[SystemSettings]
defaultHostname = "mx.example.org"
defaultDomainId = "#example.org"
[Domain."example.org"]
description = "<script>alert('x')</script> & \"quotes\""
catchAllAddress = "a@example.org"
[NetworkListener.smtp]
protocol = "smtp"
bind = ["[::]:25", "192.0.2.1:2525"]
useTls = true
tlsImplicit = false
[NetworkListener.imaps]
protocol = "imap"
bind = ["[::]:993"]
useTls = true
tlsImplicit = true
[Directory.ldap]
"@type" = "Ldap"
description = "d"
url = "ldap://127.0.0.1"
baseDn = "dc=example"
bindDn = "cn=x"
bindSecret = {"@type" = "Value", secret = "hunter2"}
[Authentication]
directoryId = "#ldap"
[BlockedIp."203.0.113.0/24"]
[AllowedIp]
"192.0.2.7" = { reason = "<our> monitoring" }
'''
VOID = {"meta", "br", "hr", "img", "link", "input"}
SVG = {"svg", "g", "polygon", "ellipse", "text", "path", "title", "a"}


class Page(html.parser.HTMLParser):
    """Tags that close in order; headings, landmarks, links, tables and the text of the page."""

    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.headings, self.ids, self.links, self.outside = [], [], [], [], [], []
        self.landmarks, self.tables, self.text, self.language = set(), [], "", None
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"left open: {self.open}")

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if len(values) != len(attrs):
            self.faults.append(f"an attribute twice: {tag} {self.getpos()}")
        if tag == "html":
            self.language = values.get("lang")
        if tag in ("header", "nav", "main", "footer"):
            self.landmarks.add(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        for name in ("src", "data", "action", "poster", "srcset", "xlink:href") + (() if tag == "a" else ("href",)):
            if name in values:
                self.outside.append((tag, values[name]))
        if tag == "script" or any(name.startswith("on") for name in values):
            self.outside.append((tag, values))
        if tag == "table":
            self.tables.append({"scopes": [], "caption": False, "rows": 0})
        if tag == "th":
            self.tables[-1]["scopes"].append(values.get("scope"))
        if tag == "caption":
            self.tables[-1]["caption"] = True
        if tag == "tr":
            self.tables[-1]["rows"] += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        if tag not in SVG | VOID:
            self.faults.append(f"{tag} closes itself")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"{tag} closes at {self.getpos()}")

    def handle_data(self, data):
        self.text += data


def read(folder):
    with open(os.path.join(folder, "index.html"), encoding="utf-8", newline="") as page:
        return page.read()


def write(name, text):
    with open(name, "w", encoding="utf-8") as out:
        out.write(text)


def check(tap, name, text):
    """What holds for every page."""
    page = Page(text)
    tap.equal(page.faults, [], f"{name}: tags close in order")
    tap.equal((page.language, page.landmarks), ("en", {"header", "nav", "main", "footer"}), f"{name}: language and landmarks")
    tap.ok(page.headings[0] == 1 and page.headings.count(1) == 1 and
           all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:])), f"{name}: headings leave no level out")
    tap.equal([t for t in page.tables if not t["caption"] or "col" not in t["scopes"] or None in t["scopes"] or
               t["scopes"].count("row") != t["rows"] - 1], [], f"{name}: tables have captions and headers")
    tap.ok(len(set(page.ids)) == len(page.ids) and {l[1:] for l in page.links} <= set(page.ids),
           f"{name}: links lead to a place on the page") or print("#", page.links, page.ids)
    tap.equal(page.outside, [], f"{name}: no script, nothing from elsewhere")
    tap.ok("hunter2" not in text, f"{name}: no secret")
    return page


def valid(tap):
    write("m.toml", SOURCE)
    done = stwctest.run("report", "m.toml", "-o", "page")
    tap.equal((done.status, done.stdout, done.stderr), (0, "", "wrote page/index.html\n"), "it is written")
    text = read("page")
    page = check(tap, "sources", text)
    for said in ("m.toml", "Diagnostics", "inline-secret", "****", "[::]:25, 192.0.2.1:2525",
                 "offered (STARTTLS)", "from the first byte", "<script>alert('x')</script> & ", "m.toml:9",
                 "Directory ldap", "directoryId", "203.0.113.0/24", "<our> monitoring", "Differences from the defaults",
                 "SystemSettings/defaultHostname", "live"):
        tap.ok(said in page.text, f"it says {said}")
    tap.equal(("<svg" in text), bool(shutil.which("dot")), "a picture where Graphviz is installed")
    stwctest.run("report", "m.toml", "-o", "again", env=dict(os.environ, LC_ALL="de_DE.UTF-8", TZ="Asia/Tokyo", SOURCE_DATE_EPOCH="0"))
    tap.equal(read("again"), text, "the same bytes twice")
    stwctest.run("report", "m.toml", "-o", "page", "-q")
    tap.equal(sorted(os.listdir("page")), ["index.html"], "once more over the old one")
    plain = stwctest.run("report", "m.toml", "-o", "plain", env={"PATH": "/nowhere"})
    page = check(tap, "without Graphviz", read("plain"))
    tap.ok(plain.status == 0 and "Graphviz is not installed" in page.text and "Directory ldap" in page.text,
           "without Graphviz the references are a table")
    stwctest.run("report", "m.toml", "-o", "plain", env={})
    tap.ok("<svg" not in read("plain"), "where nobody says where programs are, none is looked for")


def other_inputs(tap):
    stwctest.run("build", "--allow-inline-secrets", "m.toml", "-o", "m.stwi")
    done = stwctest.run("report", "m.stwi", "-o", "image")
    page = check(tap, "an image", read("image"))
    tap.ok(done.status == 0 and "m.toml:" in page.text and "Directory ldap" in page.text, "an image has places and references too")
    write("o.toml", '[SystemSettings]\ndefaultHostname = "mx2.example.org"\n[BlockedIp."198.51.100.0/24"]\n')
    done = stwctest.run("report", "m.toml", "--overlay", "o.toml", "--against", "m.stwi", "-o", "against")
    page = check(tap, "a comparison", read("against"))
    tail = page.text[page.text.rindex("Differences from another"):]
    tap.ok(done.status == 0 and "mx2.example.org" in tail and "198.51.100.0/24" in tail and "useTls" not in tail,
           "what differs from another image")
    tap.ok("From m.stwi to this one." in tail, "and which it was")
    done = stwctest.run("report", "m.toml", "--against", "none.stwi", "-o", "nothing")
    tap.equal((done.status, done.stderr, os.path.exists("nothing")), (2, "stwc report: none.stwi: No such file or directory\n", False),
              "one that is not there is told once")
    write("wrong.toml", "[NetworkListener.a]\nbnd = 5\n")
    done = stwctest.run("report", "m.toml", "--against", "wrong.toml", "-o", "nothing")
    tap.ok(done.status == 2 and "unknown-field" in done.stderr and "memory" not in done.stderr and not os.path.exists("nothing"),
           "one with a mistake")
    done = stwctest.run("report", "m.toml", "--overlay", "o.toml", "-o", "two", "-q")
    tap.ok("Configuration report: m.toml and 1 more" in Page(read("two")).text, "several sources are counted in the title")
    done = stwctest.run("report", "--from", "toml", "-", "--as", "what came", "-o", "two", "-q", stdin=SOURCE)
    tap.ok("Configuration report: what came\n" in Page(read("two")).text, "standard input has the name that it is given")
    done = stwctest.run("report", "m.toml")
    tap.equal((done.status, done.stderr), (2, "stwc report: where to? -o DIR\n"), "no folder is named")
    write("file", "")
    tap.equal(stwctest.run("report", "m.toml", "-o", "file").status, 2, "a folder that cannot be")


def invalid(tap):
    write("bad.toml", SOURCE + '[Tracer.x]\n"@type" = "<Stdout>"\n[Directory.b]\n"@type" = "Ldap"\ndescription = "half"\n'
          'bindSecret = {"@type" = "Value", secret = "hunter2", x = "hunter2"}\n')
    done = stwctest.run("report", "bad.toml", "-o", "bad", "--against", "m.stwi")
    page = check(tap, "mistakes", read("bad"))
    tap.ok(done.status == 1 and "not valid: " in done.stderr, "the exit status tells of mistakes")
    tap.ok("unknown-variant" in page.text and "<Stdout>" in page.text and "The configuration is not valid." in page.text, "and so does the page")
    for said in ("[::]:25, 192.0.2.1:2525", "b (with a mistake)descriptionhalf", "x (with a mistake)nothing could be read",
                 "AuthenticationdirectoryIdDirectory ldap", "203.0.113.0/24"):
        tap.ok(said in page.text.replace('"', ""), f"what could be read is shown: {said}")
    tap.ok("Differences" not in page.text, "and nothing is compared")
    write("syntax.toml", SOURCE + "[[[\n")
    stwctest.run("report", "syntax.toml", "-o", "bad")
    tap.ok("from the first byte" in check(tap, "a mistake of syntax", read("bad")).text, "of a file that ends in a mistake, too")


HOSTILE = """
[SystemSettings]
defaultHostname = "mx.example.org"
[Domain."example.org"]
description = '</pre></td><img src=x onerror=alert(2)>'
catchAllAddress = "a@example.org"
[NetworkListener.'"><img src=x onerror=alert(3)>']
protocol = "imap"
bind = ["127.0.0.1:1143"]
[Directory.'--><script>alert(4)</script>\\" &lt;b&gt;']
"@type" = "Ldap"
description = "\\u202Egro.elpmaxe \\u0007"
url = "ldap://127.0.0.1"
baseDn = "dc=example"
bindDn = "cn=x"
bindSecret = {"@type" = "Value", secret = "hunter2"}
[Authentication]
directoryId = '#--><script>alert(4)</script>\\" &lt;b&gt;'
[AllowedIp]
"192.0.2.7" = { reason = "<script>alert(5)</script>" }
"""


def hostile(tap):
    name = "a<script>alert(1)<script>&\"'.toml"
    write(name, HOSTILE.replace("\\\\", "\\"))
    stwctest.run("build", "-q", "--allow-inline-secrets", name, "-o", "hostile.stwi")
    for what, words in (("hostile sources", (name, "--against", "m.stwi")), ("a hostile image", ("hostile.stwi", "--against", name))):
        done = stwctest.run("report", *words, "-o", "hostile")
        page = check(tap, what, read("hostile"))
        tap.equal(done.status, 0, f"{what}: a page")
        for number in range(1, 6):
            tap.ok(f"alert({number})" in page.text, f"{what}: {number} is text")
    write(name, HOSTILE.replace("\\\\", "\\") + "[Domain.'<b>']\nx = '<i>'\n")
    stwctest.run("report", name, "-o", "hostile")
    tap.ok("'<b>'" in check(tap, "hostile mistakes", read("hostile")).text, "in diagnostics too")


def luminance(colour):
    """Of WCAG 2.1."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(tap):
    schemes = re.findall(r":root\{([^}]*)\}", read("page"))
    tap.equal(len(schemes), 2, "a light scheme and a dark one")
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+):(#\w+)", scheme))
        for text in ("text", "link", "bad", "warn"):
            for ground in ("ground", "soft"):
                one, other = sorted((luminance(colours[text]), luminance(colours[ground])))
                tap.ok((other + 0.05) / (one + 0.05) >= 7, f"{text} on {ground}: a contrast of 7 to 1") or print("#", colours)


def large(tap):
    """Ten thousand objects: counted, cut, and no picture."""
    with open("large.toml", "w", encoding="utf-8") as out:
        for i in range(5001):
            out.write(f'[Domain."d{i}.example.org"]\n[Account.a{i}]\n"@type" = "User"\nname = "a{i}"\ndomainId = "#d{i}.example.org"\n')
        out.write("[BlockedIp]\n" + "".join(f"'198.51.100.{i}' = {{}}\n" for i in range(101)))
    done = stwctest.run("report", "-q", "large.toml", "-o", "large")
    text = read("large")
    tap.ok(done.status == 0 and "10002 objects" in text and "More than 400 objects are not drawn" in text and "<svg" not in text,
           "ten thousand objects are counted, and not drawn")
    tap.ok("… and 4951 more" in text, "diagnostics as many as --max-errors says")
    tap.ok("… and 9103 more" in text, "differences are cut")
    tap.ok("101 entries" in text and "198.51.100.99<" in text and text.count("198.51.100.100<") == 0, "entries are cut")
    tap.equal((text.count("<p>… and 1 more.</p>"), text.count('<th scope="row">a998<'), text.count('<th scope="row">a999<')), (3, 2, 0),
              "of each type the first five thousand are shown, and of references")
    stwctest.run("build", "-q", "large.toml", "-o", "large.stwi")
    stwctest.run("report", "-q", "large.stwi", "-o", "large")
    tap.ok('<th scope="row">Account a1</th><td>domainId</td><td>Domain d1.example.org</td>' in read("large"),
           "references of an image lead to their objects")


def dom(program, folder):
    """What a browser makes of the page; nothing where it does not come up here."""
    words = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=profile",
             "--virtual-time-budget=1000", "--dump-dom", "file://" + os.path.abspath(f"{folder}/index.html")]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ, HOME=os.getcwd()))
    except subprocess.TimeoutExpired:
        return ""
    return "" if done.returncode or "</html>" not in done.stdout else done.stdout


def browser(tap):
    """A browser, which the page forbids every script, shows the same text."""
    program = shutil.which("chromium")
    if not program:
        return print("# SKIP the browser: chromium is not installed")
    for folder in ("page", "bad", "hostile"):
        text = dom(program, folder)
        if not text:
            return print("# SKIP the browser: chromium does not start here")
        seen, written = Page(text), Page(read(folder))
        tap.equal(" ".join(seen.text.split()), " ".join(written.text.split()), f"the browser has the same text: {folder}")
        tap.equal((seen.headings, len(seen.tables), seen.outside), (written.headings, len(written.tables), []), f"the same headings and tables: {folder}")


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        valid(tap)
        other_inputs(tap)
        invalid(tap)
        hostile(tap)
        contrast(tap)
        large(tap)
        browser(tap)
        os.chdir("/")
    tap.done()


main()
