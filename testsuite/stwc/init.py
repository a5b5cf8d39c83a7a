"""stwc init: a first configuration out of options and out of a dialogue; what is refused, and what is left then."""
import os
import re
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import time

from stwctest import STWC, Tap, run
from terminal import Terminal

HOST = ("--hostname", "mail.example.org")
FILES = ["mail.toml", "secrets/dkim-ed25519-1.pem", "secrets/dkim-rsa-1.pem"]

# what is asked for besides the kind, and what must then stand in the file
STORES = {
    "data": {
        "rocksdb": ({}, 'path = "/var/lib/stalwart/"'),
        "sqlite": ({"path": "/srv/mail.sqlite"}, 'path = "/srv/mail.sqlite"'),
        "foundationdb": ({"clusterFile": "/etc/fdb"}, 'clusterFile = "/etc/fdb"'),
        "postgresql": ({"host": "db", "port": "5433", "authSecret": "env:PG"}, 'variableName = "PG"'),
        "mysql": ({"host": "db", "authSecret": "file:db.password"}, 'filePath = "db.password"'),
    },
    "blob": {
        "default": ({}, '[BlobStore]\n"@type" = "Default"'),
        "s3": ({"bucket": "b", "region": "EuCentral1", "accessKey": "env:A", "secretKey": "env:S"}, 'bucket = "b"'),
        "azure": ({"container": "c", "storageAccount": "a", "accessKey": "env:A"}, 'container = "c"'),
        "filesystem": ({"path": "/srv/blobs"}, 'path = "/srv/blobs"'),
        "foundationdb": ({}, '[BlobStore]\n"@type" = "FoundationDb"'),
        "postgresql": ({"host": "db"}, '[BlobStore]\n"@type" = "PostgreSql"'),
        "mysql": ({"host": "db"}, '[BlobStore]\n"@type" = "MySql"'),
    },
    "search": {
        "default": ({}, '[SearchStore]\n"@type" = "Default"'),
        "elasticsearch": ({"url": "https://s.example.org"}, 'url = "https://s.example.org"'),
        "meilisearch": ({"url": "https://s.example.org"}, '"@type" = "Meilisearch"'),
        "foundationdb": ({}, '[SearchStore]\n"@type" = "FoundationDb"'),
        "postgresql": ({}, '[SearchStore]\n"@type" = "PostgreSql"'),
        "mysql": ({}, '[SearchStore]\n"@type" = "MySql"'),
    },
    "in-memory": {
        "default": ({}, '[InMemoryStore]\n"@type" = "Default"'),
        "redis": ({"url": "redis://r"}, 'url = "redis://r"'),
        "rediscluster": ({"urls": "redis://a, redis://b", "authSecret": "env:R"}, 'urls = ["redis://a", "redis://b"]'),
        "redissentinel": ({"serviceName": "m"}, 'serviceName = "m"'),
    },
    "directory": {
        "internal": ({}, "[SystemSettings]"),
        "ldap": ({"baseDn": "dc=example", "bindDn": "cn=a,dc=example", "bindSecret": "env:L"}, 'variableName = "L"'),
        "sql": ({"store": "postgresql", "store.host": "db"}, 'host = "db"'),
        "oidc": ({"issuerUrl": "https://id.example.org"}, 'issuerUrl = "https://id.example.org"'),
    },
    "tracer": {
        "log": ({"path": "/srv/log"}, 'path = "/srv/log"'),
        "stdout": ({"level": "warn"}, 'level = "warn"'),
        "journal": ({}, '"@type" = "Journal"'),
        "otelhttp": ({"endpoint": "https://o.example.org"}, 'endpoint = "https://o.example.org"'),
        "otelgrpc": ({"endpoint": "https://o.example.org"}, 'endpoint = "https://o.example.org"'),
    },
    "dns": {
        "manual": ({}, 'dnsManagement = { "@type" = "Manual" }'),
        "cloudflare": ({"secret": "env:CF"}, 'description = "Cloudflare"'),
        "tsig": ({"host": "192.0.2.1", "keyName": "k", "key": "env:K"}, 'host = "192.0.2.1"'),
        "ovh": ({"applicationKey": "a", "applicationSecret": "env:A", "consumerKey": "env:C"}, 'applicationKey = "a"'),
    },
}
PROPERTY = {"data": "dataStore", "blob": "blobStore", "search": "searchStore", "in-memory": "inMemoryStore",
            "directory": "directory", "tracer": "tracer", "dns": "dnsServer"}

SCHEMA = {"data": "DataStore", "blob": "BlobStore", "search": "SearchStore", "in-memory": "InMemoryStore",
          "directory": "DirectoryBootstrap", "tracer": "Tracer", "dns": "DnsServerBootstrap"}

# options that will not do, and a word of the reason
WRONG = [
    (("--hostname", "mail_1"), "known on one network alone"),
    (("--hostname", "e17b1f237a3a"), "as the name of a container is"),
    (("--hostname", "e17b1f237a3a.example.org"), "as the name of a container is"),
    (("--hostname", "192.0.2.1"), "no domain name"),
    (("--hostname", "https://mail.example.org"), "no host name"),
    (("--hostname", "root@example.org"), "no host name"),
    (("--hostname", "-a.example.org"), "no host name"),
    (("--hostname", "a-.example.org"), "no host name"),
    (("--hostname", "mail..example.org"), "no domain name"),
    (("--hostname", "mail.example.org."), "no domain name"),
    (("--hostname", "a" * 64 + ".example.org"), "at most 63"),
    (("--hostname", "a." * 122 + "example.org"), "253 in all"),
    (("--hostname", "co.uk"), "nobody's own"),
    (("--hostname", "a\nb"), "control character"),
    (("--hostname", ""), "empty"),
    (HOST + ("--domain", "com"), "no domain name"),
    (HOST + ("--domain", "co.uk"), "nobody's own"),
    (HOST + ("--domain", "*.example.org"), "no domain name"),
    (HOST + ("--acme", "maybe"), "yes or no"),
    (HOST + ("--dkim", "2"), "yes or no"),
    (HOST + ("--data", "oracle"), "there is no 'oracle' here; one of RocksDb, Sqlite"),
    (HOST + ("--data", "postgres"), "did you mean 'PostgreSql'"),
    (HOST + ("--data", "mysql", "--set", "dataStore.port=0"), "between 1 and 65535"),
    (HOST + ("--data", "mysql", "--set", "dataStore.port=99999999999999999999"), "no whole number from 1 to 65535"),
    (HOST + ("--data", "mysql", "--set", "dataStore.port=x"), "'x' is no whole number"),
    (HOST + ("--data", "mysql", "--set", "dataStore.host=db:3306"), "no host name or address"),
    (HOST + ("--data", "sqlite", "--set", "dataStore.path="), "empty"),
    (HOST + ("--data", "mysql", "--set", "dataStore.authSecret=hunter2"), "env:NAME"),
    (HOST + ("--data", "mysql", "--set", "dataStore.authSecret=env:hunter2 x"), "name of a variable"),
    (HOST + ("--data", "mysql", "--set", "dataStore.authSecret=env:"), "empty"),
    (HOST + ("--certificate", "env:A B", "--key", "k"), "name of a variable"),
    (HOST + ("--blob", "s3"), "--set blobStore.bucket= is needed"),
    (HOST + ("--blob", "sharded"), "--edition enterprise"),
    (HOST + ("--search", "elasticsearch", "--set", "searchStore.url=x"), "no URI"),
    (HOST + ("--in-memory", "redis", "--set", "inMemoryStore.timeout=5 parsec"), "no duration"),
    (HOST + ("--directory", "sql"), "needs an SQL database as DataStore, not RocksDb"),
    (HOST + ("--directory", "ldap", "--set", "directory.baseDn=dc=x", "--set", "directory.url=ldap://ldap.example.org"),
     "what is said for --directory does not fit together"),
    (HOST + ("--directory", "nis"), "one of Internal, Ldap, Sql, Oidc"),
    (HOST + ("--directory", "ldap"), "--set directory.baseDn= is needed"),
    (HOST + ("--directory", "ldap", "--set", "directory.url=http://l"), "begins with ldap, ldaps or ldapi"),
    (HOST + ("--directory", "ldap", "--set", "directory.baseDn=dc=x", "--set", "directory.filterLogin=((("), "attribute"),
    (HOST + ("--tracer", "stdout", "--set", "tracer.level=loud"), "no 'loud' here; one of error, warn"),
    (HOST + ("--dns", "tsig", "--set", "dnsServer.host=ns.example.org"), "address"),
    (HOST + ("--dns", "sig0"), "Tsig took its place"),
    (HOST + ("--dns", "deprecated1"), "? at the question shows all 70 there are"),
    (HOST + ("--certificate", "mail.crt"), "--key is needed"),
    (HOST + ("--acme", "yes", "--certificate", "mail.crt"), "--certificate: no question is about that"),
    (HOST + ("--acme", "no", "--key", "mail.key"), "--key: no question is about that"),
    (HOST + ("--certificate", "none", "--key", "mail.key"), "--key: no question is about that"),
    (HOST + ("--set", "serverHostname=mx.example.org"), "--hostname is answered twice"),
    (HOST + ("--set", "tracer.level=warn", "--set", "tracer.level=info"), "--set tracer.level is answered twice"),
    (HOST + ("--set", "dataStore.hots=db"), "--set dataStore.hots: no question is about that"),
    (HOST + ("--set", "dataStore"), "FIELD=ANSWER"),
    (HOST + ("--set", "=x"), "FIELD=ANSWER"),
    ((), "--hostname is needed"),
    (("--yes",), "--hostname is needed"),
]

# host names that need a look, and what the file has of host and domain
NAMES = [
    (("--hostname", " MAIL.Example.ORG "), "mail.example.org", "example.org"),
    (("--hostname", "bücher.example.org"), "xn--bcher-kva.example.org", "example.org"),
    (("--hostname", "example.org"), "example.org", "example.org"),
    (("--hostname", "mail.example.co.uk"), "mail.example.co.uk", "example.co.uk"),
    (("--hostname", "example.co.uk"), "example.co.uk", "example.co.uk"),
    (("--hostname", "mail.localhost"), "mail.localhost", "mail.localhost"),
    (HOST + ("--domain", "Example.NET"), "mail.example.org", "example.net"),
]


def tree(folder):
    return sorted(os.path.relpath(os.path.join(root, name), folder)
                  for root, directories, names in os.walk(folder) for name in names + directories)


def mode(*path):
    return stat.S_IMODE(os.stat(os.path.join(*path)).st_mode)


def text(folder):
    with open(os.path.join(folder, "mail.toml"), encoding="utf-8") as file:
        return file.read()


def is_clean(folder):
    done = run("check", "--format", "json", "--strict", folder)
    return done.status == 0 and not done.codes("error", "warning")


def first(tap, folder):
    """What --yes gives: files, modes, keys, listeners."""
    target = os.path.join(folder, "new")
    done = subprocess.run([STWC, "init", "--yes", *HOST, target], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, umask=0o077, timeout=60)
    tap.ok(done.returncode == 0 and "stwc check " + target in done.stderr and not done.stdout,
           "a host name is enough, and the next steps are told")
    tap.equal(tree(target), sorted(FILES + ["secrets"]), "it writes a configuration and two keys, and nothing else")
    tap.equal([mode(target, name) for name in FILES + ["secrets"]], [0o644, 0o600, 0o600, 0o700],
              "keys are for their owner alone")
    tap.ok(is_clean(target), "stwc check has nothing to warn of")
    tap.equal(run("check", "--strict", "--host", "--secrets", target + "/secrets", target).status, 0,
              "nor with --host, where the keys are read")
    tap.equal(run("build", "--quiet", target, "-o", os.path.join(folder, "new.stwi")).status, 0, "stwc build builds it")
    for name, kind in ((FILES[1], "ED25519"), (FILES[2], "2048 bit")):
        keys(tap, os.path.join(target, name), kind)
    found = re.findall(r'bind = \["(.*?)"\]', text(target))
    tap.equal(sorted(found), ["127.0.0.1:8080", "[::]:25", "[::]:443", "[::]:465", "[::]:587", "[::]:993"],
              "mail listens everywhere, management on this machine")
    tap.ok('defaultHostname = "mail.example.org"' in text(target) and 'name = "example.org"' in text(target),
           "the domain is that of the host name")
    tap.ok(all(line.startswith("# ") for line in text(target).splitlines()[:3]), "it begins with comments")
    lines, before = text(target).splitlines(), ""
    for i, line in enumerate(lines):
        name = re.match(r"\[+(\w+)", line)
        if name and name[1] != before:
            before = name[1]
            tap.ok(lines[i - 1].startswith("# "), f"{before} has a comment")
    again = os.path.join(folder, "again")
    run("init", "--quiet", *HOST, again)
    tap.equal(text(again), text(target), "the same answers give the same text")
    tap.ok(open(os.path.join(again, FILES[1]), "rb").read() != open(os.path.join(target, FILES[1]), "rb").read(),
           "but other keys")


def keys(tap, path, kind):
    if not shutil.which("openssl"):
        print("# no openssl to read the keys with")
        return
    done = subprocess.run(["openssl", "pkey", "-in", path, "-noout", "-text"], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL, timeout=60)
    tap.ok(done.returncode == 0 and kind in done.stdout.splitlines()[0], f"openssl reads {os.path.basename(path)}")


def kinds(tap, folder):
    """Every kind of store and directory, out of a script."""
    for option, all_of_it in STORES.items():
        kinds_of = re.findall(r"^  ([A-Z]\w+)  \S", run("schema", SCHEMA[option]).stdout, re.M)
        unanswerable = []
        for kind in kinds_of:
            done = run("init", "--quiet", "--dkim", "no", "--edition", "enterprise", *HOST, f"--{option}", kind,
                       os.path.join(folder, f"any-{option}-{kind}"))
            if done.status and "= is needed" not in done.stderr and kind not in ("Deprecated1", "Sig0"):
                unanswerable.append((kind, done.stderr))
        tap.equal(unanswerable, [], f"--{option}: all of {len(kinds_of)} kinds can be answered")
        tap.ok(len(kinds_of) >= len(all_of_it), "and these are all there are")
    for option, all_of_it in STORES.items():
        for kind, (answers, expected) in all_of_it.items():
            target = os.path.join(folder, f"{option}-{kind}")
            sets = [word for field, answer in answers.items()
                    for word in ("--set", f"{PROPERTY[option]}.{field}={answer}")]
            done = run("init", "--quiet", "--dkim", "no", *HOST, f"--{option}", kind, *sets, target)
            if tap.ok(done.status == 0 and expected in text(target), f"--{option} {kind}"):
                tap.ok(is_clean(target), "is clean")
            else:
                print("# " + done.stderr.replace("\n", "\n# "))


def others(tap, folder):
    target = os.path.join(folder, "own")
    run("init", "--quiet", "--dkim", "no", *HOST, "--domain", "example.net", "--certificate", "mail.crt", "--key", "mail.key", target)
    tap.ok('filePath = "mail.crt"' in text(target) and "[AcmeProvider" not in text(target) and is_clean(target),
           "a certificate of one's own")
    tap.ok('name = "example.net"' in text(target), "and another domain")
    target = os.path.join(folder, "bare")
    run("init", "--quiet", *HOST, "--certificate", "None", "--dkim", "no", target)
    tap.ok(tree(target) == ["mail.toml"] and is_clean(target), "no keys, no certificate")
    target = os.path.join(folder, "queries")
    run("init", "--quiet", "--dkim", "no", *HOST, "--data", "mysql", "--directory", "sql", target)
    tap.ok("$1" not in text(target) and "= ?" in text(target) and is_clean(target),
           "queries have the placeholder that the database takes")
    target = os.path.join(folder, "unasked")
    run("init", "--quiet", "--dkim", "no", *HOST, "--set", "dataStore.cacheSize=64mb", target)
    tap.ok('cacheSize = "64mb"' in text(target), "fields that nobody is asked about can be set")


def refused(tap, folder):
    for words, why in WRONG:
        target = os.path.join(folder, "wrong")
        done = run("init", *words, target)
        shown = " ".join(words[2:] or words)
        tap.ok(done.status == 2 and why in done.stderr and not os.path.exists(target), f"{shown!r}: {why}")
        shutil.rmtree(target, ignore_errors=True)
        if why not in done.stderr:
            print("# " + done.stderr.replace("\n", "\n# "))
        tap.ok("hunter2" not in done.stderr, "no secret is shown") if "hunter2" in shown else None


def names(tap, folder):
    """Names stand in the file as the server keeps them."""
    for i, (words, host, domain) in enumerate(NAMES):
        target = os.path.join(folder, str(i))
        run("init", "--quiet", "--dkim", "no", *words, target)
        have = text(target)
        tap.ok(f'defaultHostname = "{host}"' in have and f'name = "{domain}"' in have
               and f'contact = ["postmaster@{domain}"]' in have and f"The mail server {host} of {domain}," in have
               and is_clean(target), f"{words[-1]!r} is {host} of {domain}")


def untouched(tap, folder):
    """A file that is there stays, whichever it is, and no other comes."""
    for name in FILES:
        target = os.path.join(folder, "taken")
        os.makedirs(os.path.dirname(os.path.join(target, name)))
        with open(os.path.join(target, name), "w", encoding="utf-8") as file:
            file.write("mine")
        before = tree(target)
        done = run("init", *HOST, target)
        with open(os.path.join(target, name), encoding="utf-8") as file:
            tap.ok(done.status == 2 and "is there already" in done.stderr and file.read() == "mine" and
                   tree(target) == before, f"{name} is left as it was")
        shutil.rmtree(target)
    os.makedirs(target)
    os.symlink("nowhere", os.path.join(target, "mail.toml"))
    tap.ok(run("init", *HOST, target).status == 2 and tree(target) == ["mail.toml"], "a link that leads nowhere, too")
    tap.equal(run("init", *HOST, "one", "two").status, 2, "two folders are one too many")


def unwritable(tap, folder):
    """Where nothing can be written is told before anything is asked."""
    open(os.path.join(folder, "file"), "w", encoding="utf-8").close()
    closed = os.path.join(folder, "closed")
    os.mkdir(closed, 0o555)
    os.chmod(folder, 0o755)
    nobody = {} if os.geteuid() else {"user": 65534, "group": 65534, "extra_groups": []}
    for target, why in ((os.path.join(folder, "file"), "Not a directory"), (os.path.join(folder, "file/new"), "Not a directory"),
                        (os.path.join(folder, "a/b"), "No such file"), ("", "no name"), (closed, "Permission denied"),
                        (os.path.join(closed, "new/"), "Permission denied")):
        options = nobody if why.startswith("Perm") else {}
        done = subprocess.run([STWC, "init", "--hostname", "x", target], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=60, cwd=folder, **options)
        tap.ok(done.returncode == 2 and why in done.stderr and "one network" not in done.stderr, f"{target[len(folder):]!r}: {why}")
    tap.equal((tree(closed), tree(folder)), ([], ["closed", "file"]), "and nothing was made")


def limited(size, *words):
    return subprocess.run([STWC, "init", *HOST, *words], capture_output=True, text=True, check=False, timeout=60,
                          stdin=subprocess.DEVNULL,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))


def full(tap, folder):
    """Files cannot grow beyond some size: nothing is left, whichever file it is that does not fit."""
    for size, words in ((0, ("--dkim", "no")), (200, ("--dkim", "no")), (3000, ())):
        target = os.path.join(folder, "full")
        done = limited(size, *words, target)
        tap.ok(done.returncode == 2 and "nothing was written" in done.stderr and not os.path.exists(target),
               f"no room behind {size} bytes, and nothing is left")
    target = os.path.join(folder, "kept")
    os.makedirs(os.path.join(target, "secrets"))
    limited(200, target)
    tap.equal(tree(target), ["secrets"], "folders that were there stay, empty as they were")


def interrupted(tap, folder):
    """An interrupt at any moment leaves all or nothing, and never a part."""
    parts = []
    for i in range(12):
        target = os.path.join(folder, f"stopped-{i}")
        words = ["--dkim", "no"] if i else []
        with subprocess.Popen([STWC, "init", "--quiet", *HOST, *words, target], stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            time.sleep(0.004 * i)
            process.send_signal(signal.SIGINT)
            process.wait(60)
        have = tree(target) if os.path.exists(target) else []
        whole = have == (["mail.toml"] if i else sorted(FILES + ["secrets"]))
        if (have and not whole) or (process.returncode == 0 and not whole):
            parts.append((i, process.returncode, have))
    tap.equal(parts, [], "an interrupt leaves all or nothing")


def dialogue(tap, folder):
    t = Terminal("init", "talk", cwd=folder)
    t.answer("Host name", "?")
    before = t.answer("Host name", "mail_1")
    tap.ok("--hostname" in before and "The name under which the whole world" in before and
           max(map(len, before.splitlines())) <= 80, "? explains a question, and says its option")
    tap.ok("one network alone" in t.answer("Host name", ""), "a bad answer is told why, and asked again")
    tap.ok("needs an answer" in t.answer("Host name", " mail.example.org "), "so is none, where one is needed")
    t.answer("Domain", "")
    t.answer("Get a certificate", "perhaps")
    tap.ok("yes or no" in t.answer("Get a certificate", "n"), "yes or no")
    t.answer("Make DKIM keys", "")
    t.answer("Where mail,", "postgres")
    tap.ok("did you mean 'PostgreSql'" in t.answer("Where mail,", "postgresql"), "a kind that is none has a suggestion")
    t.answer("Host name or address", "db.example.org")
    t.answer("TCP port", "70000")
    tap.ok("between 1 and 65535" in t.answer("TCP port", ""), "a number out of bounds is told its bounds")
    t.answer("Name of the database", "")
    t.answer("User name", "mail")
    t.answer("Where the password", "hunter2")
    tap.ok("env:NAME" in t.answer("Where the password", "file:db.password"), "a secret is no answer, but a place is")
    t.answer("Protect", "yes")
    for prompt in ("Where the content", "Where the full-text", "Where counters", "Where accounts"):
        t.answer(prompt, "")
    t.answer("Where log", "stdout")
    t.answer("Least severe", "warn")
    t.answer("Who keeps", "?")
    shown = t.answer("Who keeps", "")
    tap.ok("\n    Cloudflare           Cloudflare.\n" in shown and "--dns\n" in shown and "Deprecated" not in shown,
           "? lists many kinds, and what they are")
    t.answer("File with the certificate", "mail.crt")
    t.answer("File with its private key", "mail.key")
    tap.equal(t.end(), 0, "and then it is done")
    target = os.path.join(folder, "talk")
    for line in ('name = "example.org"', 'host = "db.example.org"', 'authUsername = "mail"', "useTls = true",
                 'authSecret = { "@type" = "File", filePath = "db.password" }', 'level = "warn"',
                 'certificate = { "@type" = "File", filePath = "mail.crt" }'):
        tap.ok(line in text(target), f"the file has {line}")
    tap.ok("hunter2" not in text(target) and "port" not in text(target).partition("[DataStore]")[2].partition("[")[0],
           "and no secret, nor what is the default anyway")
    tap.equal(tree(target), sorted(FILES + ["secrets"]), "and the keys are there")
    tap.ok(is_clean(target), "and all of it is clean")


def given_but(*open_questions):
    """Options that answer every question of a Bootstrap but some."""
    answers = {"domain": "example.org", "acme": "yes", "dkim": "no", "data": "rocksdb", "blob": "default",
               "search": "default", "in-memory": "default", "directory": "internal", "tracer": "journal", "dns": "manual"}
    return [word for option, answer in answers.items() if option not in open_questions
            for word in ("--" + option, answer)] + ["--set", "dataStore.path=/srv"]


def again(tap, folder):
    """Answers that are right one by one, and do not fit each other: the part is asked again, with them as defaults."""
    t = Terminal("init", *HOST, *given_but("directory"), "--directory", "ldap", "--set", "directory.baseDn=dc=x",
                 "--set", "directory.description=LDAP", "again", cwd=folder)
    t.answer("Address of the server", "ldap://ldap.example.org")
    t.answer("Protect", "no")
    t.answer("Distinguished name that", "cn=mail")
    t.answer("Where the password", "env:LDAP")
    before = t.answer("Where accounts", "")
    tap.ok("without TLS" in before and "Once more" in before, "what does not fit is told where it is known, and asked again")
    t.answer("Short", "")
    tap.ok(t.until("[ldap://ldap.example.org]"), "what was answered is the default now")
    t.answer("Address of the server", "ldaps://ldap.example.org")
    t.answer("Protect", "")
    t.answer("Distinguished name below", "")
    t.answer("Distinguished name that", "")
    t.answer("Where the password", "")
    tap.equal(t.end(), 0, "and then it is done")
    have = text(os.path.join(folder, "again"))
    tap.ok("ldap://" not in have and 'baseDn = "dc=x"' in have and 'variableName = "LDAP"' in have and
           is_clean(os.path.join(folder, "again")), "with the later answers, and those that were left")


def other_kind(tap, folder):
    """Where only options have answered, a person is asked all the same before they are tried again."""
    t = Terminal("init", *HOST, *given_but("directory"), "--directory", "ldap", "--set", "directory.baseDn=dc=x", "--set",
                 "directory.url=ldap://ldap.example.org", "--set", "directory.useTls=no", "--set", "directory.bindDn=cn=m", "--set",
                 "directory.bindSecret=env:L", "--set", "directory.description=LDAP", "other", cwd=folder)
    shown = t.answer("Where accounts", "internal")
    tap.ok("error: passwords go" in shown, "what options say together may be wrong, too")
    tap.equal(t.end(), 0, "another choice ends it")
    tap.ok("[Directory" not in text(os.path.join(folder, "other")), "and is what counts")


def several(tap, folder):
    """Lists of objects: as many as one answers."""
    enterprise = ("init", "--edition", "enterprise", *HOST)
    t = Terminal(*enterprise, *given_but("blob"), "sharded", cwd=folder)
    t.answer("Where the content", "sharded")
    t.answer("Member store 1", "filesystem")
    t.answer("Root directory", "/srv/1")
    t.answer("Member store 2", "")
    t.answer("Member store 2", "filesystem")
    t.answer("Root directory", "/srv/2")
    t.answer("Member store 3, if there is one more", "")
    tap.equal(t.end(), 0, "a store of two others")
    target = os.path.join(folder, "sharded")
    tap.ok(re.search(r'path = "/srv/1".*path = "/srv/2"', text(target), re.S), "stands in the file")
    done = run("check", "--strict", "--edition", "enterprise", target)
    tap.ok(done.status == 0 and "--edition enterprise" in t.shown, "and is clean for who has the licence")
    target = os.path.join(folder, "script")
    done = run(*enterprise, "--dkim", "no", "--in-memory", "sharded", "--set", "inMemoryStore.stores.0=redis", "--set",
               "inMemoryStore.stores.1=rediscluster", "--set", "inMemoryStore.stores.2=redis", "--set",
               "inMemoryStore.stores.2.url=redis://c", target)
    tap.ok(done.status == 0 and 'url = "redis://c"' in text(target), "in a script places have numbers")
    done = run(*enterprise, "--blob", "sharded", "--set", "blobStore.stores.0=filesystem", os.path.join(folder, "one"))
    tap.ok(done.status == 2 and "--set blobStore.stores.1= is needed" in done.stderr, "too few is an error")
    t = Terminal("init", *HOST, *given_but("dns"), "--dns", "hurricane", "zones", cwd=folder)
    for zone in ("example.org", "example.net"):
        t.answer("Domain that the key", zone)
        t.answer("Dynamic DNS key", "env:KEY")
        t.answer("Zone", "yes" if zone == "example.org" else "")
    t.answer("Short text", "")
    tap.equal(t.end(), 0, "another one that is no choice is asked for by yes or no")
    tap.equal(re.findall(r'zone = "(.*?)"', text(os.path.join(folder, "zones"))), ["example.org", "example.net"],
              "and both are there")


def late(tap, folder):
    """A file that comes while the questions are answered is not written over."""
    t = Terminal("init", *HOST, *given_but("tracer"), "late", cwd=folder)
    t.until("Where log")
    target = os.path.join(folder, "late")
    os.mkdir(target)
    with open(os.path.join(target, "mail.toml"), "w", encoding="utf-8") as file:
        file.write("mine")
    t.answer("Where log", "journal")
    tap.ok(t.end() == 2 and "mail.toml: File exists; nothing was written" in t.shown, "a name that is taken by then is told")
    tap.equal((text(target), tree(target)), ("mine", ["mail.toml"]), "and what has it stays")


def given_up(tap, folder):
    t = Terminal("init", "--hostname", "mail.example.org", "gone", cwd=folder)
    before = t.answer("Domain", "example.org")
    tap.ok("Host name" not in before, "what an option says is not asked")
    t.until("Get a certificate")
    t.type("\x03")
    tap.equal(t.end(), -signal.SIGINT, "an interrupt ends the questions")
    t = Terminal("init", "gone", cwd=folder)
    t.until("Host name")
    t.type("\x04")
    tap.ok(t.end() == 2 and "nothing was written" in t.shown, "so does the end of the input")
    tap.ok(not os.path.exists(os.path.join(folder, "gone")), "and nothing is left of either")


def main():
    tap = Tap()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # every file is synchronised, which takes its time
    for part in (first, kinds, names, others, refused, untouched, unwritable, full, interrupted, dialogue, again, other_kind,
                 several, late, given_up):
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            part(tap, folder)
    tap.done()


if __name__ == "__main__":
    main()
