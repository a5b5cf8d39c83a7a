"""dump, verify, get and ip: what they print, about images and sources, and their exit status."""
import json
import os
import subprocess
import sys
import tempfile

import stwctest

MAIL = """\
[SystemSettings]
defaultHostname = "mail.example.org"
defaultDomainId = "#example.org"
proxyTrustedNetworks = [
\t"192.0.2.10",
\t"192.0.2.128/25",
]

[Domain."example.org"]
description = "it's \\"ours\\"\\u0007"

[NetworkListener.mx]
name = "smtp"
bind = ["[::]:2525", "0.0.0.0:2526"]
protocol = "smtp"
socketSendBufferSize = 65536
tlsTimeout = "1m 30s"
socketTtl = { "@null" = true }

[[MtaHook]]
url = "https://one.example.org/"
httpHeaders = { X-A = "1", "x.b" = "2" }

[[MtaHook]]
url = "https://two.example.org/"
enable = { match = [{ if = "asn", then = "rcpt" }, { if = "rcpt", then = "asn" }], else = "true" }

[SieveSystemScript.hello]
contents = '''
require "reject";
reject "no";
'''

[BlockedIp]
"198.51.100.0/24" = { reason = "portScanning", expiresAt = "2030-01-02T03:04:05Z" }
"198.51.100.7" = {}
"2001:db8::/32" = {}

[AllowedIp."198.51.100.8"]
reason = "monitoring"

[Email]
maxMessageSize = "64mb"
maxAttachmentSize = 1000001
"""
OVERLAY = '[NetworkListener.mx]\nprotocol = "lmtp"\nmaxConnections = 5\n'
DUMP_TOML = """\
[AllowedIp]
"198.51.100.8" = { reason = "monitoring" }

[BlockedIp]
"198.51.100.0/24" = { expiresAt = "2030-01-02T03:04:05Z", reason = "portScanning" }
"198.51.100.7" = {}
"2001:db8::/32" = {}

[Domain."example.org"]
description = "it's \\"ours\\"\\u0007"

[Email]
maxAttachmentSize = 1000001
maxMessageSize = "64mb"

[[MtaHook]]
httpHeaders = { X-A = "1", "x.b" = "2" }
url = "https://one.example.org/"

[[MtaHook]]
enable = { else = "true", match = [{ if = "asn", then = "rcpt" }, { if = "rcpt", then = "asn" }] }
url = "https://two.example.org/"

[NetworkListener.mx]
bind = ["[::]:2525", "0.0.0.0:2526"]
name = "smtp"
protocol = "smtp"
socketSendBufferSize = 65536
socketTtl = { "@null" = true }
tlsTimeout = "1m 30s"

[SieveSystemScript.hello]
contents = '''
require "reject";
reject "no";'''

[SystemSettings]
defaultDomainId = "#example.org"
defaultHostname = "mail.example.org"
proxyTrustedNetworks = ["192.0.2.10", "192.0.2.128/25"]
"""
DUMP_YAML = """\
AllowedIp:
  "198.51.100.8": {reason: monitoring}
BlockedIp:
  "198.51.100.0/24": {expiresAt: "2030-01-02T03:04:05Z", reason: portScanning}
  "198.51.100.7": {}
  "2001:db8::/32": {}
Domain:
  example.org:
    description: "it's \\"ours\\"\\x07"
Email:
  maxAttachmentSize: 1000001
  maxMessageSize: "64mb"
MtaHook:
  - httpHeaders:
      X-A: "1"
      x.b: "2"
    url: "https://one.example.org/"
  - enable:
      else: "true"
      match:
        - if: asn
          then: rcpt
        - if: rcpt
          then: asn
    url: "https://two.example.org/"
NetworkListener:
  mx:
    bind:
      - "[::]:2525"
      - "0.0.0.0:2526"
    name: smtp
    protocol: smtp
    socketSendBufferSize: 65536
    socketTtl: null
    tlsTimeout: "1m 30s"
SieveSystemScript:
  hello:
    contents: |-
      require "reject";
      reject "no";
SystemSettings:
  defaultDomainId: "#example.org"
  defaultHostname: mail.example.org
  proxyTrustedNetworks:
    - "192.0.2.10"
    - "192.0.2.128/25"
"""


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


class Case:
    def __init__(self, tap, folder):
        self.tap, self.folder = tap, folder
        write(folder, "mail.toml", MAIL)
        write(folder, "over.toml", OVERLAY)
        built = self.run("build", "-q", "mail.toml", "-o", "mail.stwi")
        tap.equal(built.status, 0, "the image is built")

    def run(self, *args):
        return stwctest.run(*args, cwd=self.folder)

    def says(self, name, args, status, stdout=None, stderr=None):
        done = self.run(*args)
        self.tap.equal(done.status, status, f"{name}: exit status {status}")
        if stdout is not None:
            self.tap.equal(done.stdout, stdout, f"{name}: what it prints")
        if stderr is not None:
            self.tap.ok(stderr in done.stderr, f"{name}: says why: {stderr}") or print("#   " + done.stderr)
        return done


def dumps(case):
    case.says("dump", ["dump", "mail.stwi"], 0, DUMP_TOML)
    case.says("dump --to yaml", ["dump", "--to", "yaml", "mail.stwi"], 0, DUMP_YAML)
    made = json.loads(case.says("dump --to json", ["dump", "--to=json", "mail.stwi"], 0).stdout)
    case.tap.equal(made["NetworkListener"]["mx"]["socketTtl"], None, "JSON has null")
    case.tap.equal(made["BlockedIp"]["198.51.100.7"], {}, "JSON has the entries of packed types")
    case.tap.equal(made["Domain"]["example.org"]["description"], 'it\'s "ours"\x07', "JSON has controls")
    lines = [json.loads(line) for line in
             case.says("dump --to plan", ["dump", "--to", "plan", "mail.stwi"], 0).stdout.splitlines()]
    case.tap.equal(lines[-1]["object"], "x:SystemSettings", "the plan ends with what refers to others")
    order = [line["object"] for line in lines]
    case.tap.ok(order.index("x:Domain") < order.index("x:SystemSettings"), "a plan makes a domain before its use")
    hooks = [line["value"] for line in lines if line["object"] == "x:MtaHook"]
    case.tap.equal(hooks[1]["[1]"]["enable"]["match"]["1"], {"if": "rcpt", "then": "asn"}, "a plan has the server's lists")
    case.tap.equal(hooks[0]["[0]"]["httpHeaders"], {"X-A": "1", "x.b": "2"}, "and its maps")
    listener = [line for line in lines if line["object"] == "x:NetworkListener"][0]
    case.tap.equal(listener, {"@type": "upsert", "object": "x:NetworkListener", "matchOn": ["name"], "value": {"mx": {
        "bind": {"[::]:2525": True, "0.0.0.0:2526": True}, "name": "smtp", "protocol": "smtp",
        "socketSendBufferSize": 65536, "socketTtl": None, "tlsTimeout": 90000}}}, "and its sets and numbers")
    case.says("dump of what is not there", ["dump", "none.stwi"], 2, "", "No such file")
    case.says("dump of sources", ["dump", "mail.toml"], 2, "")
    case.says("dump to nowhere", ["dump", "--to", "xml", "mail.stwi"], 2, "", "toml, yaml, json, plan or jmap, not 'xml'")
    case.says("dump of two", ["dump", "mail.stwi", "mail.stwi"], 2, "", "one image")


LONG_TEXT = "'" + "a" * 88 + "'"


def wide(case):
    """Long values leave their line: tables for maps, a member a line for lists, tables for lists of maps."""
    write(case.folder, "wide.json", json.dumps({"MtaHook": {"long": {
        "url": "https://example.org/", "httpHeaders": {"name%d" % i: "value %d" % i for i in range(6)},
        "enable": {"match": [{"if": LONG_TEXT, "then": "1"}, {"if": "4", "then": "2"}], "else": "3"}}},
        "Domain": {"example.org": {"aliases": ["a%02d.example.org" % i for i in range(9)]}}}))
    case.tap.equal(case.run("build", "-q", "wide.json", "-o", "wide.stwi").status, 0, "wide values build")
    want = "[Domain.\"example.org\"]\naliases = [\n%s]\n\n[MtaHook.long]\nurl = \"https://example.org/\"\n\n" % "".join(
        "\t\"a%02d.example.org\",\n" % i for i in range(9))
    want += "[MtaHook.long.enable]\nelse = \"3\"\n\n[[MtaHook.long.enable.match]]\nif = \"%s\"\nthen = \"1\"\n\n" % LONG_TEXT
    want += "[[MtaHook.long.enable.match]]\nif = \"4\"\nthen = \"2\"\n\n[MtaHook.long.httpHeaders]\n"
    want += "".join("name%d = \"value %d\"\n" % (i, i) for i in range(6))
    case.says("dump of wide values", ["dump", "wide.stwi"], 0, want)


def secrets(case):
    secret = "hunter2-s3cr3t"
    write(case.folder, "secret.json", json.dumps({"DnsServer": {"c": {
        "@type": "Cloudflare", "description": "zones", "secret": {"@type": "Value", "secret": secret}}}}))
    case.run("build", "-q", "--allow-inline-secrets", "secret.json", "-o", "secret.stwi")
    for form in ("toml", "yaml", "json", "plan"):
        case.says(f"dump --to {form} of a secret", ["dump", "--to", form, "secret.stwi"], 2, "", "--reveal-secrets")
    done = case.run("dump", "--reveal-secrets", "secret.stwi")
    case.tap.ok(done.status == 0 and f'secret = "{secret}"' in done.stdout, "dump --reveal-secrets shows it")
    for source in ("secret.stwi", "secret.json"):
        for output in ("text", "json"):
            done = case.run("get", "--format", output, "DnsServer/c/secret/secret", source)
            case.tap.ok(done.status == 0 and "****" in done.stdout and secret not in done.stdout + done.stderr,
                        f"get --format {output} of a secret in {source} shows stars")
        done = case.run("get", "-q", "DnsServer/c", source)
        case.tap.ok(done.status == 0 and secret not in done.stdout + done.stderr, f"nor does all of it, {source}")
    case.tap.ok(secret not in case.run("verify", "secret.stwi").stdout, "verify does not show it")


def gets(case):
    both = ("mail.toml", "mail.stwi")
    for source in both:
        case.says(f"get a field, {source}", ["get", "NetworkListener/mx/bind", source], 0,
                  'bind = ["[::]:2525", "0.0.0.0:2526"]  # mail.toml:14\n')
        case.says(f"get by the key, {source}", ["get", "NetworkListener.smtp.protocol", source], 0,
                  'protocol = "smtp"  # mail.toml:15\n')
        case.says(f"get a member, {source}", ["get", "NetworkListener/mx/bind/1", source], 0,
                  '"0.0.0.0:2526"  # mail.toml:14\n')
        case.says(f"get a default, {source}", ["get", "NetworkListener/mx/useTls", source], 0,
                  "useTls = true  # default\n")
        case.says(f"get a null, {source}", ["get", "NetworkListener/mx/socketTtl", source], 0,
                  'socketTtl = { "@null" = true }  # mail.toml:18\n')
        case.says(f"get of a singleton, {source}", ["get", "SystemSettings/defaultHostname", source], 0,
                  'defaultHostname = "mail.example.org"  # mail.toml:2\n')
        case.says(f"get of a singleton that is not there, {source}", ["get", "Imap/maxAuthFailures", source], 0,
                  "maxAuthFailures = 3  # default\n")
        case.says(f"get the bare value, {source}", ["get", "-q", "Domain/example.org/description", source], 0,
                  "it's \"ours\"\x07\n")
        case.says(f"get by place, {source}", ["get", "-q", "MtaHook/1/url", source], 0, "https://two.example.org/\n")
        case.says(f"get a key of a map, {source}", ["get", "-q", "MtaHook/[0]/httpHeaders/x.b", source], 0, "2\n")
        case.says(f"get deep, {source}", ["get", "-q", "MtaHook/1/enable/match/1/then", source], 0, "asn\n")
        case.says(f"get an entry, {source}", ["get", "BlockedIp/198.51.100.0/24/reason", source], 0,
                  'reason = "portScanning"  # mail.toml:35\n')
        case.says(f"get a default of an entry, {source}", ["get", "BlockedIp/198.51.100.7/reason", source], 0,
                  'reason = "manual"  # default\n')
        entry = case.says(f"get a whole entry, {source}", ["get", "AllowedIp/198.51.100.8", source], 0).stdout
        case.tap.ok(entry.startswith('[AllowedIp."198.51.100.8"]  # mail.toml:39\n'), "it says where it stands")
        whole = case.says(f"get a whole object, {source}", ["get", "NetworkListener/mx", source], 0).stdout.split("\n")
        case.tap.equal(whole[0], "[NetworkListener.mx]  # mail.toml:12", "its header")
        case.tap.ok('tlsTimeout = "1m 30s"  # mail.toml:17' in whole and "tlsImplicit = false  # default" in whole,
                    "its fields, with defaults")
        made = json.loads(case.says(f"get as JSON, {source}", ["get", "--format", "json", "NetworkListener/mx/bind",
                                                              source], 0).stdout)
        case.tap.equal(made, {"path": "NetworkListener/mx/bind", "type": "set of socketAddress", "origin": "source",
                              "value": ["[::]:2525", "0.0.0.0:2526"], "file": "mail.toml", "line": 14}, "all of it")
        made = json.loads(case.run("get", "--format", "json", "NetworkListener/mx", source).stdout)
        case.tap.equal((made["line"], made["fields"]["useTls"]["origin"]), (12, "default"), "and a whole object")
        case.says(f"get nothing, {source}", ["get", "NetworkListener/smpt/bind", source], 2, "", "no NetworkListener")
        case.says(f"get no field, {source}", ["get", "NetworkListener/mx/binds", source], 2, "", "did you mean 'bind'?")
        case.says(f"get no type, {source}", ["get", "NetworkListner/mx", source], 2, "", "did you mean 'NetworkListener'?")
        case.says(f"get too deep, {source}", ["get", "NetworkListener/mx/protocol/x", source], 2, "", "nothing inside")
        case.says(f"get beyond the end, {source}", ["get", "NetworkListener/mx/bind/2", source], 2, "", "no place")
        case.says(f"get a collection, {source}", ["get", "MtaHook", source], 2, "", "one of the 2 objects")
        case.says(f"get a packed type, {source}", ["get", "BlockedIp", source], 2, "", "one of the 3 entries")
        case.says(f"get data, {source}", ["get", "Trace/x", source], 2, "", "data of a running server")
        case.says(f"get a view, {source}", ["get", "Account/User/x", source], 2, "")
    case.says("get an overlaid field", ["get", "NetworkListener/mx/protocol", "mail.toml", "--overlay", "over.toml"], 0,
              'protocol = "lmtp"  # over.toml:2, over mail.toml:15\n')
    case.says("get a field that an overlay set", ["get", "NetworkListener/mx/maxConnections", "mail.toml", "--overlay",
                                                  "over.toml"], 0, "maxConnections = 5  # over.toml:3, over the default\n")
    case.says("get a field that no overlay touched", ["get", "NetworkListener/mx/tlsTimeout", "mail.toml", "--overlay",
                                                      "over.toml"], 0, 'tlsTimeout = "1m 30s"  # mail.toml:17\n')
    made = json.loads(case.run("get", "--format", "json", "NetworkListener/mx/protocol", "mail.toml", "--overlay",
                               "over.toml").stdout)
    case.tap.equal(made["overlays"], {"file": "mail.toml", "line": 15}, "both origins in JSON")
    write(case.folder, "listed.toml", '[BlockedIp]\n"192.0.2.1" = { reason = "portScanning" }\n')
    write(case.folder, "longer.toml", '[BlockedIp]\n"192.0.2.1" = { expiresAt = "2030-01-02T03:04:05Z" }\n"192.0.2.2" = {}\n')
    case.says("get an overlaid address", ["get", "BlockedIp/192.0.2.1", "listed.toml", "--overlay", "longer.toml"], 0,
              '[BlockedIp."192.0.2.1"]  # longer.toml:2, over listed.toml:2\naddress = "192.0.2.1"  # listed.toml:2\n'
              'expiresAt = "2030-01-02T03:04:05Z"  # longer.toml:2, over the default\nreason = "portScanning"  # listed.toml:2\n')
    case.says("get an address that an overlay brings", ["get", "-q", "BlockedIp/192.0.2.2/reason", "listed.toml", "--overlay",
                                                        "longer.toml"], 0, "manual\n")
    case.says("ip of an overlaid address", ["ip", "192.0.2.1", "listed.toml", "--overlay", "longer.toml"], 1,
              "192.0.2.1: blocked: BlockedIp 192.0.2.1 (portScanning), until 2030-01-02T03:04:05Z, at longer.toml:2\n")
    case.says("the same without --overlay", ["check", "listed.toml", "longer.toml"], 1, "", "with --overlay the later file")
    write(case.folder, "bad.toml", "[NetworkListener.x]\nbind = 5\n")
    case.says("get of what is not valid", ["get", "NetworkListener/x", "bad.toml"], 1, "", "wrong-type")
    case.says("get without a source", ["get", "NetworkListener/x"], 2, "", "name a path")
    case.says("get of an image among sources", ["get", "NetworkListener/x", "mail.stwi", "mail.toml"], 2, "", "alone")


def ips(case):
    for source in ("mail.toml", "mail.stwi"):
        case.says(f"blocked, {source}", ["ip", "--now", "2026-01-01T00:00:00Z", "198.51.100.9", source], 1,
                  "198.51.100.9: blocked: BlockedIp 198.51.100.0/24 (portScanning), until 2030-01-02T03:04:05Z, "
                  "at mail.toml:35\n")
        case.says(f"no longer blocked, {source}", ["ip", "--now", "2031-01-01T00:00:00Z", "198.51.100.9", source], 0,
                  "198.51.100.9: accepted: no rule speaks about it\n")
        case.says(f"blocked for ever, {source}", ["ip", "--now", "2031-01-01T00:00:00Z", "198.51.100.7", source], 1,
                  "198.51.100.7: blocked: BlockedIp 198.51.100.7, at mail.toml:36\n")
        case.says(f"mapped, {source}", ["ip", "::ffff:198.51.100.7", source], 1,
                  "::ffff:198.51.100.7: blocked: BlockedIp 198.51.100.7, at mail.toml:36\n")
        case.says(f"blocked, IPv6, {source}", ["ip", "2001:db8:1::1", source], 1)
        case.says(f"allowed, {source}", ["ip", "198.51.100.8", source], 0,
                  "198.51.100.8: accepted: AllowedIp 198.51.100.8 (monitoring), at mail.toml:39\n")
        case.says(f"loopback, {source}", ["ip", "127.0.0.1", source], 0,
                  "127.0.0.1: accepted: it is a loopback address\n")
        proxy = case.says(f"proxy, {source}", ["ip", "192.0.2.200", source], 0).stdout
        line = 6 if source == "mail.toml" else 4  # an image knows the field, not its members
        case.tap.equal(proxy, "192.0.2.200: accepted: SystemSettings.proxyTrustedNetworks has 192.0.2.128/25, "
                       f"at mail.toml:{line}\n", "it says which network")
        made = json.loads(case.says(f"as JSON, {source}", ["ip", "--format", "json", "--now", "0", "198.51.100.9",
                                                          source], 1).stdout)
        case.tap.equal(made, {"address": "198.51.100.9", "accept": False, "rule": "blocked-ip",
                              "network": "198.51.100.0/24", "reason": "portScanning",
                              "until": "2030-01-02T03:04:05Z", "file": "mail.toml", "line": 35}, "all of it")
        case.says(f"quiet, {source}", ["ip", "-q", "198.51.100.7", source], 1, "")
    case.says("no address", ["ip", "198.51.100.0/24", "mail.toml"], 2, "", "no IP address")
    case.says("ip of what is not valid", ["ip", "127.0.0.1", "bad.toml"], 2, "", "wrong-type")
    case.says("ip of nothing", ["ip", "127.0.0.1"], 2, "", "an image or sources")


def damage(case, name, change, status, said):
    with open(os.path.join(case.folder, "mail.stwi"), "rb") as whole:
        data = bytearray(whole.read())
    with open(os.path.join(case.folder, "damaged.stwi"), "wb") as out:
        out.write(change(data))
    case.says(f"verify {name}", ["verify", "damaged.stwi"], status, "", said)
    made = json.loads(case.says(f"as JSON, {name}", ["verify", "--format", "json", "damaged.stwi"], status).stdout)
    case.tap.ok(made["whole"] is False and said in made["problems"][0], "JSON says it too")
    case.says(f"dump {name}", ["dump", "damaged.stwi"], 2, "", said)
    case.says(f"get from {name}", ["get", "NetworkListener/mx", "damaged.stwi"], 2, "", said)


def flip(at):
    def change(data):
        data[at] ^= 1
        return data
    return change


def verifies(case):
    case.run("build", "-q", "--revision", "r1", "mail.toml", "-o", "rev.stwi")
    text = case.says("verify", ["verify", "rev.stwi"], 0).stdout
    for part in ("rev.stwi: whole\n", "  schema    0.16.", "  revision  r1\n", "NetworkListener 1\n", "BlockedIp 3\n",
                 "  mail.toml\n", "  secrets   none\n"):
        case.tap.ok(part in text, "verify says " + part.strip())
    made = json.loads(case.says("verify as JSON", ["verify", "--format", "json", "rev.stwi"], 0).stdout)
    case.tap.equal([made["whole"], made["problems"], made["revision"], made["objects"], made["secrets"]],
                   [True, [], "r1", 11, False], "what it holds")
    case.tap.equal({t["type"]: t["objects"] for t in made["types"]},
                   {"AllowedIp": 1, "BlockedIp": 3, "Domain": 1, "Email": 1, "MtaHook": 2, "NetworkListener": 1,
                    "SieveSystemScript": 1, "SystemSettings": 1}, "how many of each")
    digest = subprocess.run(["sha256sum", os.path.join(case.folder, "mail.toml")], capture_output=True, text=True,
                            check=True).stdout.split()[0]
    case.tap.equal(made["sources"], [{"name": "mail.toml", "digest": digest}], "and of what sources")
    case.says("verify -q", ["verify", "-q", "rev.stwi"], 0, "")
    damage(case, "with a wrong byte in front", flip(5000), 1, "damaged")
    damage(case, "with a wrong byte at the end", flip(-1), 1, "damaged")
    damage(case, "with a wrong byte in the manifest", flip(-200), 1, "damaged")
    damage(case, "cut short", lambda data: data[:-100], 1, "no stw image")
    damage(case, "empty", lambda data: b"", 1, "no stw image")
    case.says("verify what is not there", ["verify", "none.stwi"], 2, "", "No such file")
    case.says("verify nothing", ["verify"], 2, "", "one image")


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as folder:
        case = Case(tap, folder)
        dumps(case)
        wide(case)
        secrets(case)
        gets(case)
        ips(case)
        verifies(case)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
