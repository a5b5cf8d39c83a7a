"""stwc zone: records of a configuration, held against two checkers of zones that are not ours."""
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile

import stwctest

BASE = '''
[SystemSettings]
defaultHostname = "mail.example.org"
defaultDomainId = "#example.org"
[Domain."example.org"]
aliases = ["example.net"]
[NetworkListener]
smtp = {bind = ["[::]:25"]}
submissions = {bind = ["[::]:465"], tlsImplicit = true}
submission = {bind = ["[::]:587"]}
imaps = {protocol = "imap", bind = ["[::]:993"], tlsImplicit = true}
https = {protocol = "http", bind = ["[::]:443"], tlsImplicit = true}
'''
KEYS = '''
[DkimSignature.rsa]
"@type" = "Dkim1RsaSha256"
selector = "S1"
domainId = "#example.org"
privateKey = {"@type" = "File", filePath = "rsa.pem"}
[DkimSignature.ed]
"@type" = "Dkim1Ed25519Sha256"
selector = "s2"
domainId = "#example.org"
privateKey = {"@type" = "File", filePath = "ed.pem"}
[DkimSignature.old]
"@type" = "Dkim1Ed25519Sha256"
selector = "s0"
stage = "retired"
domainId = "#example.org"
privateKey = {"@type" = "File", filePath = "ed.pem"}
'''
WHERE = ["--domain", "example.org", "--address", "192.0.2.1", "--address", "2001:db8::1"]
NOW = ["--now", "2026-03-01T00:00:00Z"]


def zone(folder, text, *args, name="mail.toml"):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
        out.write(text)
    return stwctest.run("zone", name, *args, cwd=folder)


def records(text):
    """{(owner, type): {data}} of a zone file as we write it."""
    found = {}
    for line in text.splitlines():
        if match := re.match(r"(\S+)\s+IN (\S+)\s+(.*)", line):
            found.setdefault(match.group(1, 2), set()).add(match.group(3))
    return found


def openssl(*args, stdin=None):
    return subprocess.run(["openssl", *args], input=stdin, capture_output=True, check=True).stdout


def make_keys(folder):
    for name, words in (("rsa.pem", ["genrsa", "2048"]), ("ed.pem", ["genpkey", "-algorithm", "ed25519"])):
        with open(os.path.join(folder, name), "wb") as out:
            out.write(openssl(*words))
    openssl("req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", os.path.join(folder, "tls.key"), "-out",
            os.path.join(folder, "tls.crt"), "-days", "90", "-subj", "/CN=x", "-addext",
            "subjectAltName=DNS:mail.example.org")


def checked(tap, text, origin, name):
    """Two name servers' own checkers take the zone."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "zone")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        for words in (["named-checkzone", "-i", "full", "-m", "fail", "-M", "fail", "-S", "fail", "-r", "fail",
                       "-k", "fail", origin, path], ["kzonecheck", "-o", origin, path]):
            if not shutil.which(words[0]):
                print(f"# SKIP {name}: {words[0]} is not installed")
                continue
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            tap.ok(done.returncode == 0, f"{name}: {words[0]} takes it") or print(done.stdout + done.stderr)


def test_records(tap):
    with tempfile.TemporaryDirectory() as folder:
        done = zone(folder, BASE, *WHERE, *NOW)
        tap.equal(done.status, 0, "a plain mail server has a zone")
        checked(tap, done.stdout, "example.org", "a plain mail server")
        have = records(done.stdout)
        want = {
            ("@", "MX"): {"10 mail.example.org."},
            ("mail", "A"): {"192.0.2.1"}, ("mail", "AAAA"): {"2001:db8::1"},
            ("@", "NS"): {"ns1.example.org."}, ("ns1", "A"): {"192.0.2.1"}, ("ns1", "AAAA"): {"2001:db8::1"},
            ("@", "SOA"): {"ns1.example.org. postmaster.example.org. 2026030101 7200 3600 1209600 3600"},
            ("@", "TXT"): {'"v=spf1 mx -all"'}, ("mail", "TXT"): {'"v=spf1 a -all"'},
            ("_dmarc", "TXT"): {'"v=DMARC1; p=reject; rua=mailto:postmaster@example.org; '
                                'ruf=mailto:postmaster@example.org"'},
            ("_smtp._tls", "TXT"): {'"v=TLSRPTv1; rua=mailto:postmaster@example.org"'},
            ("_submissions._tcp", "SRV"): {"0 1 465 mail.example.org."},
            ("_imaps._tcp", "SRV"): {"0 1 993 mail.example.org."},
            ("_jmap._tcp", "SRV"): {"0 1 443 mail.example.org."},
            ("_caldavs._tcp", "SRV"): {"0 1 443 mail.example.org."},
            ("_carddavs._tcp", "SRV"): {"0 1 443 mail.example.org."},
            ("_autodiscover._tcp", "SRV"): {"0 1 443 mail.example.org."},
        }
        want.update({(alias, "CNAME"): {"mail.example.org."}
                     for alias in ("mta-sts", "autoconfig", "autodiscover", "ua-auto-config")})
        policy = "version: STSv1\r\nmode: testing\r\nmx: mail.example.org\r\nmax_age: 604800\r\n"
        want["_mta-sts", "TXT"] = {'"v=STSv1; id=%s"' % hashlib.sha256(policy.encode()).hexdigest()[:20]}
        pacc = subprocess.run([stwctest.STWC, "clients", "mail.toml", "--domain", "example.org", "--to", "pacc"], cwd=folder, capture_output=True, check=False)
        want["_ua-auto-config", "TXT"] = {'"v=UAAC1; a=sha256; d=%s"' % base64.b64encode(hashlib.sha256(pacc.stdout).digest()).decode()}
        tap.equal(have, want, "every record, and no other")
        tap.ok("; mode: testing\n" in done.stdout, "the policy of MTA-STS stands in a comment")
        document = subprocess.run([stwctest.STWC, "zone", "mail.toml", *WHERE, "--to", "policy"], cwd=folder,
                                  capture_output=True, check=False).stdout
        tap.equal(document.decode(), policy, "the policy alone, to the byte")


def test_image(tap):
    with tempfile.TemporaryDirectory() as folder:
        make_keys(folder)
        first = zone(folder, BASE + KEYS, *WHERE, *NOW, "--host")
        stwctest.run("build", "mail.toml", "-o", "mail.stwi", cwd=folder)
        second = stwctest.run("zone", "mail.stwi", *WHERE, *NOW, "--host", cwd=folder)
        tap.equal((second.status, second.stdout), (0, first.stdout), "the image gives the same bytes as its sources")
        first = zone(folder, BASE.replace("aliases", "isEnabled = false\naliases"), *WHERE, *NOW)
        stwctest.run("build", "mail.toml", "-o", "mail.stwi", cwd=folder)
        second = stwctest.run("zone", "mail.stwi", *WHERE, *NOW, cwd=folder)
        tap.ok(first.status == 0 and "mail.toml:6: the Domain of example.org is not enabled" in first.stderr and "_mta-sts" not in first.stdout and
               second.stdout == first.stdout, "a domain that is off: it is told, and no document is published that the web role does not serve")


def test_keys(tap):
    with tempfile.TemporaryDirectory() as folder:
        make_keys(folder)
        done = zone(folder, BASE + KEYS, *WHERE, *NOW)
        tap.equal((done.status, done.stdout), (1, ""), "keys in files are not left out silently")
        tap.ok("mail.toml:18: the DKIM key of 'S1'" in done.stderr.replace("'rsa'", "'S1'") and "--host" in done.stderr,
               "it says where, and how they are read") or print("# " + done.stderr)
        done = zone(folder, BASE + KEYS, *WHERE, *NOW, "--host")
        tap.equal(done.status, 0, "--host reads them")
        checked(tap, done.stdout, "example.org", "keys")
        have = records(done.stdout)
        (rsa,) = have["s1._domainkey", "TXT"]
        strings = re.findall(r'"([^"]*)"', rsa)
        tap.equal([len(s) for s in strings[:-1]], [255] * (len(strings) - 1), "a long key is cut at 255 bytes")
        der = openssl("rsa", "-in", os.path.join(folder, "rsa.pem"), "-pubout", "-outform", "DER")
        tap.equal("".join(strings), "v=DKIM1; k=rsa; h=sha256; p=" + base64.b64encode(der).decode(),
                  "the RSA key is what OpenSSL says it is")
        der = openssl("pkey", "-in", os.path.join(folder, "ed.pem"), "-pubout", "-outform", "DER")
        tap.equal(have["s2._domainkey", "TXT"],
                  {'"v=DKIM1; k=ed25519; h=sha256; p=%s"' % base64.b64encode(der[-32:]).decode()},
                  "the Ed25519 key is the bare 32 bytes (RFC 8463)")
        tap.ok(("s0._domainkey", "TXT") not in have, "a retired key is not published")
        done = zone(folder, BASE + KEYS, *WHERE, "--skip", "dkim")
        tap.ok(done.status == 0 and "_domainkey" not in done.stdout, "--skip dkim does without them")
        done = zone(folder, BASE + KEYS.replace('"s2"', '"s1"'), *WHERE, "--host")
        tap.ok(done.status == 1 and "two keys have the selector" in done.stderr, "two keys of one selector are refused")
        done = zone(folder, BASE + KEYS.replace("ed.pem", "tls.crt"), *WHERE, "--host")
        tap.ok(done.status == 1 and "MII" not in done.stderr, "a file that is no key is refused, without its content")


def test_tlsa_and_caa(tap):
    extra = '''
[Certificate.mail]
certificate = {"@type" = "File", filePath = "tls.crt"}
privateKey = {"@type" = "File", filePath = "tls.key"}
[AcmeProvider.le]
contact = ["postmaster@example.org"]
'''
    automatic = 'certificateManagement = {"@type" = "Automatic", acmeProviderId = "#le"}\n'
    with tempfile.TemporaryDirectory() as folder:
        make_keys(folder)
        text = BASE.replace('[NetworkListener]', automatic + '[NetworkListener]') + extra
        done = zone(folder, text, *WHERE, *NOW)
        tap.ok("TLSA" not in done.stdout, "TLSA is made on request alone")
        tap.equal(records(done.stdout).get(("@", "CAA")),
                  {'0 issue "letsencrypt.org"', '0 iodef "mailto:postmaster@example.org"'},
                  "CAA names the authority of the AcmeProvider, and where to complain")
        done = zone(folder, text, *WHERE, *NOW, "--tlsa", "--host")
        der = openssl("pkey", "-in", os.path.join(folder, "tls.key"), "-pubout", "-outform", "DER")
        key = {"3 1 1 " + hashlib.sha256(der).hexdigest()}
        tap.equal({k: v for k, v in records(done.stdout).items() if k[1] == "TLSA"},
                  {(f"_{port}._tcp.mail", "TLSA"): key for port in (25, 443, 465, 993)},
                  "TLSA has the digest of the server's own key, for the exchanger and for each service that SRV announces")
        checked(tap, done.stdout, "example.org", "TLSA and CAA")
        two = text.replace("[Domain", 'services.imap.hostname = "imap.example.com"\nservices.smtp = {}\nmailExchangers = [{priority = 10}, '
                           '{priority = 20, hostname = "mx2.example.org"}]\n[Domain', 1)
        done = zone(folder, two, *WHERE, "--address", "mx2.example.org=192.0.2.2", "--tlsa", "--host")
        tap.equal({k[0] for k in records(done.stdout) if k[1] == "TLSA"}, {"_25._tcp.mail", "_465._tcp.mail"},
                  "hosts of other zones, and exchangers whose key is not here, have none")
        tap.ok("no Certificate of the configuration is for mx2.example.org" in done.stderr, "… which is said of the latter")
        done = zone(folder, text.replace("mail.example.org", "mx.example.org"), *WHERE, "--tlsa", "--host")
        tap.ok(done.status == 1 and "no Certificate of the configuration is for mx.example.org" in done.stderr, "a host of this server needs one")
        done = zone(folder, text, *WHERE, "--tlsa")
        tap.ok(done.status == 1 and "--host" in done.stderr, "a certificate in a file wants --host")
        other = text.replace('contact =', 'directory = "https://ca.example.com/acme"\ncontact =')
        done = zone(folder, other, *WHERE)
        tap.ok(done.status == 0 and ("@", "CAA") not in records(done.stdout) and "'ca.example.com'" in done.stderr and "--caa" in done.stderr,
               "an authority whose name in CAA is not known is told, not guessed")
        done = zone(folder, other, *WHERE, "--caa", "ca.example.com; accounturi=https://ca.example.com/Acct/1", "--caa", "pki.goog")
        tap.equal(records(done.stdout).get(("@", "CAA")), {'0 issue "ca.example.com; accounturi=https://ca.example.com/Acct/1"', '0 issue "pki.goog"', '0 iodef "mailto:postmaster@example.org"'},
                  "… and --caa says it")
        checked(tap, done.stdout, "example.org", "CAA with an account")
        for wrong in ("", ";", "a b", "*.example.org", 'a; x="y"', "a;\x7f"):
            done = zone(folder, other, *WHERE, "--caa", wrong)
            tap.ok(done.status == 1 and not done.stdout and "no name of an authority" in done.stderr, f"{wrong!r} is no authority")


def test_only_what_is_there(tap):
    """No record without a listener behind it."""
    with tempfile.TemporaryDirectory() as folder:
        bare = BASE.split("[NetworkListener]")[0] + '[NetworkListener]\nsmtp = {bind = ["[::]:25"]}\n'
        have = records(zone(folder, bare, *WHERE).stdout)
        tap.equal({k for k in have if k[1] in ("SRV", "CNAME") or k[0] == "_mta-sts"}, set(),
                  "without listeners for clients there is no SRV record, no alias and no MTA-STS")
        plain = BASE.replace("[Domain", "services.imap.cleartext = true\n[Domain") + \
            'imap = {protocol = "imap", bind = ["[::]:143"]}\n'
        have = records(zone(folder, plain, *WHERE).stdout)
        tap.equal(have.get(("_imap._tcp", "SRV")), {"10 1 143 mail.example.org."},
                  "cleartext announces STARTTLS too, behind TLS")
        tap.ok(("_submission._tcp", "SRV") not in have, "… of that protocol alone")
        every = BASE.replace("[Domain", "services = {%s}\n[Domain" % ", ".join(
            f"{name} = {{cleartext = true}}" for name in ("smtp", "imap", "pop3", "managesieve", "jmap", "caldav", "carddav")), 1) + \
            'pop3s = {protocol = "pop3", bind = ["[::]:995"], tlsImplicit = true}\npop3 = {protocol = "pop3", bind = ["[::]:110"]}\n' \
            'imap = {protocol = "imap", bind = ["[::]:143"]}\nsieve = {protocol = "manageSieve", bind = ["[::]:4190"]}\n' \
            'http = {protocol = "http", bind = ["[::]:80"], useTls = false}\n'
        done = zone(folder, every, *WHERE)
        have = records(done.stdout)
        tap.equal({k[0].split(".")[0]: v for k, v in have.items() if k[1] == "SRV" and "autodiscover" not in k[0]},
                  {f"_{name}": {f"{priority} 1 {port} mail.example.org."} for name, priority, port in (
                      ("submissions", 0, 465), ("submission", 10, 587), ("imaps", 0, 993), ("imap", 10, 143), ("pop3s", 0, 995), ("pop3", 10, 110),
                      ("sieve", 10, 4190), ("jmap", 0, 443), ("caldavs", 0, 443), ("caldav", 10, 80), ("carddavs", 0, 443), ("carddav", 10, 80))},
                  "every service of RFC 6186, 8314, 5804, 8620 and 6764 has its name and port, those with TLS before those without")
        checked(tap, done.stdout, "example.org", "every service")
        local = BASE.replace("[::]:993", "127.0.0.1:993")
        tap.ok(("_imaps._tcp", "SRV") not in records(zone(folder, local, *WHERE).stdout),
               "a listener on loopback is no service")
        managed = BASE.replace("[NetworkListener]", '''dnsManagement = {"@type" = "Automatic", dnsServerId = "#d",
 publishRecords = ["mx", "spf"]}
[DnsServer.d]
"@type" = "DigitalOcean"
description = "d"
secret = {"@type" = "EnvironmentVariable", variableName = "TOKEN"}
ttl = "10m"
[NetworkListener]''')
        done = zone(folder, managed.replace(",\n", ", "), *WHERE)
        tap.equal({k[1] for k in records(done.stdout)} - {"SOA", "NS", "A", "AAAA"}, {"MX", "TXT"},
                  "publishRecords says which kinds there are")
        tap.ok("$TTL 600\n" in done.stdout, "the time to live is that of the DnsServer")
        deep = managed.replace(",\n", ", ").replace("publishRecords", 'origin = "example.org", publishRecords')
        deep = deep.replace("#example.org", "#lists.example.org").replace('Domain."example.org"', 'Domain."lists.example.org"')
        done = zone(folder, deep, *WHERE[2:])
        tap.ok("$ORIGIN example.org.\n" in done.stdout and records(done.stdout).get(("lists", "MX")) == {"10 mail.example.org."},
               "the zone is the origin that the domain's management names")


def test_hosts(tap):
    """Hosts that others cannot find, and aliases."""
    with tempfile.TemporaryDirectory() as folder:
        for name, host, why in (("a container's id", "e17b1f237a3a", "no host name"),
                                ("one word", "mailhost", "no host name"),
                                ("a container's id with a domain", "e17b1f237a3a.example.org", "container")):
            done = zone(folder, BASE.replace("mail.example.org", host), *WHERE)
            tap.ok(done.status == 1 and not done.stdout and why in done.stderr and "mail.toml:3" in done.stderr,
                   f"{name} as mail exchanger is refused") or print("# " + done.stderr)
        for host in ("mail_1.example.org", "-mail.example.org", "mail-.example.org"):
            done = zone(folder, BASE.replace("mail.example.org", host), *WHERE)
            tap.equal((done.status, done.stdout, done.stderr.count("is no host name")), (1, "", 1), f"{host} is refused, once")
        done = zone(folder, BASE.replace('defaultHostname = "mail.example.org"\n', ""), *WHERE)
        tap.ok(done.status == 1 and done.stderr.count("defaultHostname is not set") == 1 and "http listener" not in done.stderr,
               "a server without a name has no zone, and that is all that is wrong")
        done = zone(folder, BASE, "--domain", "example.org")
        tap.ok(done.status == 1 and "--address" in done.stderr, "a host of the zone without an address is refused")
        for address in ("0.0.0.0", "127.0.0.1", "224.0.0.1", "::", "::1", "ff02::1", "::ffff:127.0.0.1"):
            done = zone(folder, BASE, *WHERE[:2], "--address", address)
            tap.ok(done.status == 1 and not done.stdout and "no address that others" in done.stderr, f"{address} is no address of a host")
        done = zone(folder, BASE, *WHERE[:2], "--address", "10.1.2.3")
        tap.ok(done.status == 0 and "10.1.2.3 is a private address" in done.stderr, "a private one is told")
        have = records(zone(folder, BASE, *WHERE[:2], "--address", "::ffff:192.0.2.9").stdout)
        tap.equal((have[("mail", "A")], ("mail", "AAAA") in have), ({"192.0.2.9"}, False), "an IPv4 address in the form of IPv6 is one of IPv4")
        done = zone(folder, BASE, *WHERE, "--address", "mial.example.org=192.0.2.5")
        tap.ok(done.status == 0 and "--address mial.example.org is left out" in done.stderr, "an address of a host that no record names is told")
        bound = BASE.replace('["[::]:25"]', '["203.0.113.9:25"]')
        tap.equal(records(zone(folder, bound.replace("203.0.113.9", "8.8.4.4"), "--domain", "example.org").stdout)
                  .get(("mail", "A")), {"8.8.4.4"}, "the public address of a listener is one")
        for label in ("autoconfig", "mta-sts"):
            done = zone(folder, BASE.replace("mail.example.org", label + ".example.org"), *WHERE)
            have = records(done.stdout)
            tap.ok(done.status == 0 and (label, "CNAME") not in have and (label, "A") in have,
                   f"a server that is called {label} is no alias of itself")
            checked(tap, done.stdout, "example.org", label)
        two = BASE.replace("[Domain", 'mailExchangers = [{priority = 10}, {priority = 20, hostname = '
                           '"mx2.example.org"}]\n[Domain', 1)
        done = zone(folder, two, *WHERE)
        tap.ok(done.status == 1 and "--address mx2.example.org=IP" in done.stderr, "another exchanger needs an address")
        done = zone(folder, two, *WHERE, "--address", "mx2.example.org=192.0.2.2")
        tap.equal(records(done.stdout).get(("mx2", "A")), {"192.0.2.2"}, "… which --address NAME=IP gives")
        checked(tap, done.stdout, "example.org", "two exchangers")
        done = zone(folder, BASE.replace("mail.example.org", "mail.example.com"), *WHERE, "--ns", "ns.example.com")
        have = records(done.stdout)
        tap.ok(("@", "MX") in have and not any(k[1] in ("A", "AAAA") for k in have),
               "a host outside the zone has its address elsewhere")
        tap.ok("no host of this server lies in example.org" in done.stderr, "… and what --address says is told to be of no use")
        done = zone(folder, BASE.replace("mail.example.org", "example.org"), *WHERE)
        have = records(done.stdout)
        tap.equal((have["@", "MX"], have["@", "A"], have["@", "TXT"]), ({"10 example.org."}, {"192.0.2.1"}, {'"v=spf1 mx -all"'}), "a server may be called like its domain")
        checked(tap, done.stdout, "example.org", "a server at the apex")
        deep = BASE.replace('#example.org', '#lists.eu.example.org').replace('Domain."example.org"', 'Domain."lists.eu.example.org"')
        done = zone(folder, deep, "--domain", "lists.eu.example.org", "--origin", "example.org", *WHERE[2:])
        have = records(done.stdout)
        tap.equal((have["lists.eu", "MX"], have["mail", "A"], have["_dmarc.lists.eu", "TXT"] != set(), ("@", "MX") in have),
                  ({"10 mail.example.org."}, {"192.0.2.1"}, True, False), "--origin: a domain deep in the zone of another")
        checked(tap, done.stdout, "example.org", "a domain deep in a zone")
        dotted = zone(folder, deep, "--domain", "LISTS.eu.example.org.", "--origin", "example.org.", "--address", "192.0.2.1", "--address",
                      "mail.example.org.=2001:db8::1", "--ns", "ns.example.com.")
        tap.equal(dotted.stdout, zone(folder, deep, "--origin", "example.org", "--address", "192.0.2.1", "--address", "mail.example.org=2001:db8::1", "--ns",
                                      "ns.example.com").stdout, "names may have the dot of zone files at their end")
        done = zone(folder, deep, "--origin", "example.com", *WHERE[2:])
        tap.ok(done.status == 1 and "'example.com' does not hold lists.eu.example.org" in done.stderr, "--origin has to be above the domain")
        done = zone(folder, BASE, "--domain", "example.net", "--ns", "ns.example.com", "--skip", "dkim")
        tap.equal(records(done.stdout).get(("@", "MX")), {"10 mail.example.org."}, "an alias of a Domain has a zone too")
        done = zone(folder, BASE, "--domain", "example.net", "--ns", "ns.example.com")
        tap.ok(done.status == 0 and "example.net is an alias of a Domain, whose DKIM keys are published there" in done.stderr, "… without keys, as it says")
        done = zone(folder, BASE, "--domain", "example.com")
        tap.ok(done.status == 1 and "no Domain 'example.com'" in done.stderr, "a domain that is not there is an error")
        german = BASE.replace("example.org", "bücher.de")
        done = zone(folder, german, "--domain", "Bücher.de", "--address", "192.0.2.1")
        tap.ok("$ORIGIN xn--bcher-kva.de.\n" in done.stdout, "names in other scripts are A-labels")
        checked(tap, done.stdout, "xn--bcher-kva.de", "A-labels")


def test_serial(tap):
    def serial(text):
        (soa,) = records(text)["@", "SOA"]
        return int(soa.split()[2])

    with tempfile.TemporaryDirectory() as folder:
        def again(text, now, *args):
            return zone(folder, text, *WHERE, "--now", now, "--previous", "old.zone", *args)

        def keep(text):
            with open(os.path.join(folder, "old.zone"), "w", encoding="utf-8") as out:
                out.write(text)

        first = zone(folder, BASE, *WHERE, *NOW).stdout
        keep(first)
        tap.equal(again(BASE, "2027-01-01T00:00:00Z").stdout, first, "no record changed, so the serial stays")
        changed = BASE.replace("587", "588").replace("465", "466")
        tap.equal(serial(again(changed, "2026-03-01T23:00:00Z").stdout), 2026030102, "a change on the same day counts up")
        tap.equal(serial(again(changed, "2026-03-02T00:00:00Z").stdout), 2026030201, "… another day begins anew")
        tap.equal(serial(again(changed, "2025-01-01T00:00:00Z").stdout), 2026030102, "… a clock behind never goes back")
        keep(first.replace("2026030101", "4294967295"))
        tap.equal(serial(again(changed, "2026-03-02T00:00:00Z").stdout), 2026030201,
                  "a serial at the end of the circle is left for the day, which lies before it (RFC 1982)")
        other = "$TTL 1h\n@ IN SOA ns1 postmaster (\n 2026030155 ; serial\n 1h 2h 3h 4h )\n"
        keep("$ORIGIN example.org.\n" + other + "  NS ns1\n")
        tap.equal(serial(again(BASE, "2026-03-01T00:00:00Z").stdout), 2026030156, "a zone by hand is read too")
        keep(first.replace("2026030101", "2026030199"))
        tap.equal(serial(again(changed, "2026-03-01T23:00:00Z").stdout), 2026030200, "behind 99 comes the next day's 00")
        keep(first.replace("2026030101", "2026030200"))
        tap.equal(serial(again(changed, "2026-03-02T00:00:00Z").stdout), 2026030201, "… behind which that day begins as ever")
        keep(first.replace("2026030101", "2099010150"))
        tap.equal(serial(again(changed, "2026-03-01T00:00:00Z").stdout), 2099010151, "a serial from the future is counted on from")
        keep(first.replace("2026030101", "7"))
        tap.equal(serial(again(changed, "2026-03-01T00:00:00Z").stdout), 2026030101, "one that was counted by hand is left behind")
        keep(re.sub(r"\$ORIGIN.*\n", "", first))
        tap.equal(again(BASE, "2027-01-01T00:00:00Z").stdout, first, "a zone file without $ORIGIN is of the zone, as a name server reads it")
        keep(re.sub(r"\$ORIGIN.*\n", "", first) + "www IN A 192.0.2.80\n@ IN HTTPS 1 .\n")
        done = again(BASE, "2026-03-01T00:00:00Z")
        tap.ok(serial(done.stdout) == 2026030102 and "old.zone had www.example.org A 192.0.2.80, which is not in this zone" in done.stderr and
               "example.org HTTPS" in done.stderr, "records that the older zone had and this one has not are told")
        keep(first.replace("$ORIGIN example.org.", "$ORIGIN example.com."))
        done = again(BASE, "2026-03-01T00:00:00Z")
        tap.ok(done.status == 2 and not done.stdout and "the zone of example.com, not of example.org" in done.stderr, "the zone of another domain is refused")
        rewritten = re.sub(r'"(v=spf1) mx -all"', r'"\1 mx" " -all"', first).replace("MAIL", "mail")
        rewritten = rewritten.replace("10 mail.example.org.", "10 MAIL").replace("2001:db8::1", "2001:DB8:0:0::1")
        keep(rewritten)
        tap.equal(serial(again(BASE, "2027-01-01T00:00:00Z").stdout), 2026030101,
                  "another spelling of the same records is no change")
        keep(zone(folder, BASE, *WHERE, *NOW, "--to", "json").stdout)
        tap.equal(again(BASE, "2027-01-01T00:00:00Z").stdout, first, "the JSON of the older zone serves as well")
        for name, text in (("an open quote", '@ TXT "x'), ("$INCLUDE", "$INCLUDE x"), ("half a record", "a. MX 10"),
                           ("an open parenthesis", "@ SOA a b ( 1"), ("no JSON", "{"), ("no escape", "@ TXT a\\300"), ("a file cut in a word", "@ TXT a\\")):
            keep(text)
            done = again(BASE, "2027-01-01T00:00:00Z")
            tap.ok(done.status == 2 and not done.stdout and "old.zone: " in done.stderr, f"{name} is refused")
        keep(first)
        done = again(BASE, "2026-03-02T00:00:00Z", "--to", "nsupdate")
        tap.ok("update delete" not in done.stdout and "note: old.zone" not in done.stderr, "nsupdate leaves name servers and their addresses alone")
        keep(first.replace("ns1.example.org. post", "mail.example.org. post").replace("NS    ns1", "NS    mail").replace("192.0.2.1", "192.0.2.7"))
        tap.ok("update delete mail.example.org. A 192.0.2.7\n" in again(BASE, "2026-03-02T00:00:00Z", "--to", "nsupdate").stdout,
               "… unless the server is one of them itself")
        keep(first)
        update = again(changed, "2026-03-02T00:00:00Z", "--to", "nsupdate").stdout
        tap.ok("update delete _submissions._tcp.example.org. SRV 0 1 465 mail.example.org.\n" in update and
               "update add _submissions._tcp.example.org. 3600 SRV 0 1 466 mail.example.org.\n" in update and
               update.endswith("send\n") and " SOA " not in update,
               "nsupdate takes away what went, and leaves the serial to the server")


def test_formats(tap):
    with tempfile.TemporaryDirectory() as folder:
        bind = records(zone(folder, BASE, *WHERE, *NOW).stdout)
        document = json.loads(zone(folder, BASE, *WHERE, *NOW, "--to", "json").stdout)
        have = {}
        for record in document["records"]:
            owner = record["name"].removesuffix("example.org").rstrip(".") or "@"
            have.setdefault((owner, record["type"]), set()).add(record["data"])
        tap.equal(have, bind, "JSON has the same records")
        tap.equal(document["resolver"]["@type"], "System", "JSON says which resolver is asked")
        terraform = zone(folder, BASE.replace("Hostname", "Hostname", 1), *WHERE, "--to", "terraform").stdout
        tap.equal(set(re.findall(r'"(\w+ \S+)" = \{', terraform)),
                  {f"{kind} {owner + '.' if owner != '@' else ''}example.org" for owner, kind in bind
                   if kind not in ("SOA", "NS") and owner != "ns1"}, "Terraform has every set of records")
        done = zone(folder, BASE, *WHERE, "--to", "yaml")
        tap.ok(done.status == 2 and "bind|nsupdate" in done.stderr, "an unknown form is told")
        done = zone(folder, BASE, *WHERE, "-o", "out.zone")
        with open(os.path.join(folder, "out.zone"), encoding="utf-8") as made:
            tap.ok(done.status == 0 and not done.stdout and "SOA" in made.read(), "-o writes a file")
        tap.equal(zone(folder, BASE, *WHERE[2:], *NOW).stdout, zone(folder, BASE, *WHERE, *NOW).stdout,
                  "the only Domain needs no name")
        done = zone(folder, BASE + '[Domain."example.com"]\n', *WHERE[2:])
        tap.ok(done.status == 1 and "--domain" in done.stderr, "one of two does")
        for words in (["--address", "x"], [*WHERE, "--skip", "spam"], ["--tlsa=1"]):
            tap.equal(zone(folder, BASE, *words).status, 2, f"wrong usage: {words}")


def test_terraform(tap):
    """What Terraform itself reads of two domains in one module."""
    if not shutil.which("terraform"):
        print("# SKIP terraform is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        make_keys(folder)
        odd = BASE.replace("aliases", 'reportAddressUri = "mailto:${x}%{y}@example.org"\naliases')
        for domain in ("example.org", "example.net"):
            text = zone(folder, odd + KEYS, "--domain", domain, *WHERE[2:], "--host", "--to", "terraform").stdout
            with open(os.path.join(folder, domain + ".tf"), "w", encoding="utf-8") as out:
                out.write(text)
        wanted = {}
        for (owner, kind), data in records(zone(folder, odd + KEYS, *WHERE, "--host").stdout).items():
            if kind not in ("SOA", "NS") and owner != "ns1":
                name = "example.org" if owner == "@" else owner + ".example.org"
                wanted[f"{kind} {name}"] = {"name": name, "type": kind, "ttl": 3600, "data": sorted(data)}
        env = dict(os.environ, HOME=folder, CHECKPOINT_DISABLE="1")
        done = subprocess.run(["terraform", "console"], input='jsonencode([local.stw_records_example_org, local.stw_records_example_net, '
                              'local.stw_mta_sts_policy_example_net])', cwd=folder, env=env, capture_output=True, text=True, check=False)
        if not tap.ok(done.returncode == 0, "Terraform takes the records of two domains"):
            print("# " + done.stderr.replace("\n", "\n# "))
            return
        first, second, policy = json.loads(json.loads(done.stdout))
        tap.equal(first, wanted, "… and reads the records that the zone file has")
        tap.ok(second["MX example.net"]["data"] == ["10 mail.example.org."] and policy.startswith("version: STSv1\r\n"), "… of each")


def test_reports(tap):
    with tempfile.TemporaryDirectory() as folder:
        none = BASE.replace("aliases", "reportAddressUri = false\naliases").replace("= false", '= "mailto:a,b@example.com"')
        done = zone(folder, none, *WHERE)
        have = records(done.stdout)
        tap.equal(have["_dmarc", "TXT"], {'"v=DMARC1; p=reject; rua=mailto:a%2Cb@example.com; ruf=mailto:a%2Cb@example.com"'},
                  "a comma in an address does not end it")
        tap.ok("example.org._report._dmarc.example.com" in done.stderr, "reports to elsewhere need consent, as it says")
        empty = BASE.replace("[Domain", '[MtaSts]\nmode = "disable"\n[Domain')
        tap.ok("_mta-sts" not in zone(folder, empty, *WHERE).stdout, "a policy that is disabled is not published")
        two = BASE.replace("[Domain", 'mailExchangers = [{priority = 10}, {priority = 20, hostname = "mx2.eu.example.org"}]\n[Domain', 1)
        for mode, hosts, status, told in (("enforce", "mail.example.org", 1, ["mx2.eu"]), ("testing", "mail.example.org", 0, ["mx2.eu"]),
                                          ("enforce", "*.example.org", 1, ["mx2.eu"]), ("enforce", 'mail.example.org", "*.EU.example.org', 0, []),
                                          ("testing", "*.org", 0, ["mail", "mx2.eu"])):
            done = zone(folder, two + f'[MtaSts]\nmode = "{mode}"\nmxHosts = ["{hosts}"]\n', *WHERE, "--address", "mx2.eu.example.org=192.0.2.2")
            tap.equal((done.status, re.findall(r"does not name the mail exchanger (\S+)\.example\.org", done.stderr)), (status, told),
                      f"a policy of MTA-STS, {mode}, with {hosts}: exchangers that it does not name")
        have = records(zone(folder, BASE, *WHERE, "--skip", "mx").stdout)
        tap.equal(have["@", "TXT"], {'"v=spf1 a:mail.example.org -all"'}, "exchangers that somebody else publishes are not allowed to send")
        both = BASE.replace("[NetworkListener]", '[Domain."mail.example.org"]\n[NetworkListener]')
        tap.ok(("mail", "TXT") not in records(zone(folder, both, *WHERE).stdout), "a host that is a domain too has the SPF record of that alone (RFC 7208 section 4.5)")


def test_shared_key(tap):
    """One key for two domains, and one host."""
    with tempfile.TemporaryDirectory() as folder:
        make_keys(folder)
        more = KEYS.split("[DkimSignature.ed]")[0]
        text = BASE + more + '[Domain."example.com"]\n' + more.replace(".rsa]", ".com]").replace("#example.org", "#example.com")
        first = records(zone(folder, text, *WHERE, "--host").stdout)
        done = zone(folder, text, "--domain", "example.com", "--ns", "ns.example.org", "--host")
        second = records(done.stdout)
        tap.equal(second["s1._domainkey", "TXT"], first["s1._domainkey", "TXT"], "two domains may have one key")
        tap.equal(second["@", "MX"], {"10 mail.example.org."}, "… and one exchanger")
        checked(tap, done.stdout, "example.com", "a second domain")


def seed_examples():
    """The two zones of the walkthrough, with its domain filled in: {title: text}."""
    path = stwctest.shared("seeds/self-hosting-walkthrough.md")
    if not path:
        return {}
    with open(path, encoding="utf-8") as seed:
        blocks = re.findall(r'```zonefile title="(\w+) example"\n(.*?)```', seed.read(), re.S)
    return {title: text.replace("<YOUR_DOMAIN>", "example.org") for title, text in blocks}


def test_walkthrough(tap):
    """Its good example still has an alias of itself, under the name that the MX record gives."""
    examples = seed_examples()
    if not examples:
        print("# SKIP the zones of the walkthrough: shared/seeds is not there")
        return
    head = "$ORIGIN example.org.\n$TTL 3600\n@ IN SOA ns1 postmaster 1 2 3 4 5\n@ IN NS ns1\nns1 IN A 192.0.2.1\n"
    good = records(examples["Good"])
    tap.equal(good, {("@", "MX"): {"10 mail.example.org."}, ("mail", "CNAME"): {"mail.example.org."}},
              "its good example says that mail is an alias of mail")
    tap.ok("e17b1f237a3a." in examples["Bad"], "its bad example has the name of a container")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "zone")
        with open(path, "w", encoding="utf-8") as out:
            out.write(head + examples["Good"])
        if shutil.which("named-checkzone"):
            done = subprocess.run(["named-checkzone", "-M", "fail", "example.org", path], capture_output=True,
                                  text=True, check=False)
            tap.ok(done.returncode != 0 and "CNAME" in done.stdout, "… which a name server's own checker refuses")
        ours = zone(folder, BASE, *WHERE).stdout
        have = records(ours)
        tap.equal(have["@", "MX"], good["@", "MX"], "ours has the same mail exchanger")
        tap.ok(("mail", "CNAME") not in have and have["mail", "A"] == {"192.0.2.1"}, "… as a host with an address")
        checked(tap, ours, "example.org", "the walkthrough's server")
        old = "\n".join(head.splitlines() + [""]) + examples["Good"]
        with open(os.path.join(folder, "old.zone"), "w", encoding="utf-8") as out:
            out.write(old)
        update = zone(folder, BASE, *WHERE, "--previous", "old.zone", "--to", "nsupdate").stdout
        tap.ok("update delete mail.example.org. CNAME mail.example.org.\n" in update, "an update takes the alias away")


def main():
    tap = stwctest.Tap()
    if not shutil.which("openssl"):
        tap.skip_all("openssl is not installed")
        return
    for test in (test_records, test_image, test_keys, test_tlsa_and_caa, test_only_what_is_there, test_hosts,
                 test_serial, test_formats, test_terraform, test_reports, test_shared_key, test_walkthrough):
        test(tap)
    tap.done()


main()
