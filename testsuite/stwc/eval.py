"""Expressions: what each field may use, where mistakes are, what they compile to, what eval prints."""
import json
import os
import re
import resource
import subprocess
import sys
import tempfile

import stwctest

# validation.md 2.4: variables by group
CONNECTION = "listener remote_ip remote_port local_ip local_port protocol is_tls asn country".split()
MAIL_FROM = CONNECTION + "sender sender_domain authenticated_as".split()
QUEUE_SENDER = "sender sender_domain priority retry_num notify_num expires_in last_status last_error".split()
QUEUE_RCPT = QUEUE_SENDER + ("rcpt rcpt_domain recipients queue_name queue_age received_from_ip received_via_port "
                             "source size").split()
SPAM = ("remote_ip remote_ip.ptr helo_domain authenticated_as asn country is_tls env_from env_from.local "
        "env_from.domain env_to body body.text body.html body.words body.raw subject subject.thread subject.words "
        "location").split() + [f"{name}{part}" for name in ("from", "reply_to", "to", "cc", "bcc")
                               for part in ("", ".name", ".local", ".domain")]
GROUPS = {
    "HTTP": "listener remote_ip remote_port local_ip local_port protocol is_tls url path headers method".split(),
    "CONNECTION": CONNECTION, "EHLO": CONNECTION + ["helo_domain"], "MAIL_FROM": MAIL_FROM,
    "RCPT_TO": MAIL_FROM + "recipients rcpt rcpt_domain priority helo_domain".split(),
    "RCPT": ["rcpt"], "RCPT_DOMAIN": ["rcpt_domain"], "QUEUE_SENDER": QUEUE_SENDER, "QUEUE_RCPT": QUEUE_RCPT,
    "QUEUE_HOST": QUEUE_RCPT + ["mx", "remote_ip", "local_ip"], "SPAM_GENERIC": SPAM + ["value"],
    "SPAM_EMAIL": SPAM + "email value name local domain sld".split(),
    "SPAM_IP": SPAM + "ip value reverse_ip ip_reverse octets is_v4 is_v6".split(),
    "SPAM_HEADER": SPAM + "name name_lower value value_lower attributes raw raw_lower".split(),
    "SPAM_URL": SPAM + "url url_original value path_query path query scheme authority host sld port".split()}
CONSTANTS = {"AGGREGATE": "hourly daily weekly disable", "AUTH_TYPE": "login plain xoauth2 oauthbearer",
             "PRIORITY": "mixer stanag4406 nsep", "VERIFY": "relaxed strict disable"}
# … and the fields of each; "type.{a,b}" as there
FIELDS = """
HTTP - Http.{allowedEndpoints}
CONNECTION - MtaInboundSession.{maxDuration,timeout,transferLimit} MtaStageConnect.{smtpGreeting,hostname,script} \
MtaStageEhlo.{rejectNonFqdn,require,script}
CONNECTION VERIFY SenderAuth.{spfEhloVerify,spfFromVerify,reverseIpVerify}
EHLO - MtaStageAuth.{maxFailures,waitOnFail,require}
EHLO AUTH_TYPE MtaStageAuth.{saslMechanisms}
MAIL_FROM - MtaExtensions.{chunking,deliverBy,dsn,expn,futureRelease,noSoliciting,pipelining,requireTls,vrfy} \
MtaStageAuth.{mustMatchSender} MtaStageMail.{isSenderAllowed,rewrite,script} \
MtaStageRcpt.{maxFailures,waitOnFail,maxRecipients} \
SpfReportSettings.{fromAddress,fromName,sendFrequency,dkimSignDomain,subject}
MAIL_FROM PRIORITY MtaExtensions.{mtPriority}
RCPT_TO - DkimReportSettings.{fromAddress,fromName,sendFrequency,dkimSignDomain,subject} \
DmarcReportSettings.{failureFromAddress,failureFromName,failureSendFrequency,failureDkimSignDomain,failureSubject} \
MtaHook.{enable} MtaInboundThrottle.{match} MtaMilter.{enable} \
MtaStageData.{addAuthResultsHeader,addDateHeader,addMessageIdHeader,addReceivedHeader,addReceivedSpfHeader,\
addReturnPathHeader,maxMessages,maxReceivedHeaders,maxMessageSize,script,enableSpamFilter} \
MtaStageRcpt.{allowRelaying,rewrite,script} SenderAuth.{dkimSignDomain} \
SieveSystemInterpreter.{defaultFromAddress,defaultFromName,defaultReturnPath,dkimSignDomain}
RCPT_TO AGGREGATE DmarcReportSettings.{aggregateSendFrequency}
RCPT_TO VERIFY SenderAuth.{dkimVerify,arcVerify,dmarcVerify}
RCPT_DOMAIN - DmarcReportSettings.{aggregateContactInfo,aggregateFromAddress,aggregateFromName,aggregateMaxReportSize,\
aggregateOrgName,aggregateDkimSignDomain,aggregateSubject} ReportSettings.{outboundReportSubmitter}
QUEUE_SENDER - DsnReportSettings.{fromAddress,fromName,dkimSignDomain}
QUEUE_RCPT - MtaOutboundStrategy.{route,schedule}
QUEUE_HOST - MtaOutboundStrategy.{connection,tls} MtaOutboundThrottle.{match} MtaQueueQuota.{match} \
TlsReportSettings.{contactInfo,fromAddress,fromName,maxReportSize,orgName,dkimSignDomain,subject}
QUEUE_HOST AGGREGATE TlsReportSettings.{sendFrequency}
SPAM_GENERIC - SpamRule:Any.{condition} SpamRule:Body.{condition} SpamRule:Domain.{condition} \
SpamDnsblServer:Any.{zone} SpamDnsblServer:Body.{zone} SpamDnsblServer:Domain.{zone}
SPAM_EMAIL - SpamRule:Email.{condition} SpamDnsblServer:Email.{zone}
SPAM_IP - SpamRule:Ip.{condition} SpamDnsblServer:Ip.{zone} SpamDnsblServer:Any.{tag} SpamDnsblServer:Body.{tag} \
SpamDnsblServer:Domain.{tag} SpamDnsblServer:Email.{tag} SpamDnsblServer:Header.{tag} SpamDnsblServer:Ip.{tag} \
SpamDnsblServer:Url.{tag}
SPAM_HEADER - SpamRule:Header.{condition} SpamDnsblServer:Header.{zone}
SPAM_URL - SpamRule:Url.{condition} SpamDnsblServer:Url.{zone}
"""
SINGLETONS = ("Http MtaInboundSession MtaStageConnect MtaStageEhlo SenderAuth MtaStageAuth MtaExtensions MtaStageMail "
              "MtaStageRcpt SpfReportSettings DkimReportSettings DmarcReportSettings MtaStageData ReportSettings "
              "SieveSystemInterpreter DsnReportSettings MtaOutboundStrategy TlsReportSettings").split()


def fields():
    for line in FIELDS.strip().split("\n"):
        variables, constants, *rest = line.split()
        for type_, names in re.findall(r"([\w:]+)\.\{([^}]*)\}", " ".join(rest)):
            for name in names.split(","):
                yield type_, name, GROUPS[variables], CONSTANTS.get(constants, "").split()


def contexts(tap):
    """Each field knows its variables and constants, and no others."""
    every = sorted({name for group in GROUPS.values() for name in group}) + ["email_lower"]
    words = sorted({word for group in CONSTANTS.values() for word in group.split()} | {"ipv4_only", "require"})
    source, wants, count = {}, set(), 0
    for type_, name, variables, constants in fields():
        count += 1
        text = "[" + ", ".join(every + words) + "]"
        at = 2
        for word in every + words:
            known = word in variables if word in every else not constants or word in constants
            if not known:
                wants.add((type_, name, at))
            at += len(word) + 2
        base, _, variant = type_.partition(":")
        body = {name: text, **({"@type": variant} if variant else {})}
        if base in SINGLETONS:
            source.setdefault(base, {}).update(body)
        else:
            source.setdefault(base, {}).setdefault(variant or "x", {}).update(body)
    # and the two fields whose types have no group of their own
    source["Alert"] = {"x": {"condition": "[" + ", ".join(every + words) + "]"}}
    source["Domain"] = {"example.org": {"subAddressing": {
        "@type": "Custom", "customRule": "[" + ", ".join(["rcpt"] + words) + "]"}}}
    tap.equal(count + 2, 123, "all fields are tried")
    done = stwctest.check_text(json.dumps(source, indent=0), "--partial", "--max-errors", "0", "--from", "json")
    have = set()
    lines = json.dumps(source, indent=0).split("\n")
    for diag in done.diagnostics:
        if diag["code"] != "expression-context":
            if diag["code"].startswith("expression-") and diag["severity"] == "error":
                tap.ok(False, "%s: %s" % (diag.get("path"), diag["message"]))
            continue
        path = diag["path"].split("/")
        type_ = path[0] if path[0] in SINGLETONS or path[1] == "x" else path[0] + ":" + path[1]
        name = next(part for part in path[1:] if part not in ("x", path[1]) or path[0] in SINGLETONS)
        have.add((type_, name, diag["column"] - lines[diag["line"] - 1].index("[")))
    tap.equal((sorted(wants - have)[:5], sorted(have - wants)[:5]), ([], []), "each knows its group and no more")
    tap.ok(len(wants) > 5000, "%d words of other stages are told at their place" % len(wants))


# a name, a source in some format, and the places at which the code is told
PLACES = [
    ("a basic string", "a.toml", '[MtaStageEhlo]\nrequire = "is_tls && \\"\\u00e4\\\\n\\" == foo"\n',
     [("expression-name", 2, 39)]),
    ("a literal string", "a.toml", "[MtaStageEhlo]\nrequire = 'is_tls & rcpt'\n", [("expression-context", 2, 21)]),
    ("a multi-line string", "a.toml", '[MtaStageEhlo]\nrequire = """is_tls &&\n  len()"""\n',
     [("expression-arity", 3, 3)]),
    ("a condition", "a.toml", "[MtaStageMail.rewrite]\nmatch = [{ if = 'sender', then = '$1' },\n"
     "  { if = \"matches('(a', sender)\", then = '$1' }]\nelse = 'false'\n", [("expression-regex", 3, 20)]),
    ("a result", "a.json", '{"MtaStageData": {"maxMessages": {"match": [{"if": "is_tls",\n"then": "10 +"}], '
     '"else": "5"}}}', [("expression-syntax", 2, 14)]),
    ("an escape of JSON", "a.json", '{"MtaStageEhlo": {"require": "\'\\u00e4\' == \\u0066oo"}}',
     [("expression-name", 1, 43)]),
    ("plain YAML", "a.yaml", "MtaStageEhlo:\n  require: is_tls && foo\n", [("expression-name", 2, 22)]),
    ("quoted YAML", "a.yaml", "MtaStageEhlo:\n  require: 'is_tls && ''a'' == foo'\n", [("expression-name", 2, 32)]),
    ("a plan", "a.ndjson", '{"@type":"update","object":"MtaStageEhlo","value":{"require":{"else":"is_tls || 5 5"}}}\n',
     [("expression-syntax", 1, 83)]),
    ("look-around", "a.toml", "[MtaStageMail]\nrewrite = \"matches('a(?=b)', sender)\"\n", [("expression-regex", 2, 22)]),
    ("a back-reference", "a.toml", "[MtaStageMail]\nrewrite = 'matches(\"(a)\\1\", sender)'\n",
     [("expression-regex", 2, 24)]),
    ("two mistakes", "a.toml", "[MtaStageEhlo]\nrequire = 'foo || bar'\n",
     [("expression-name", 2, 12), ("expression-name", 2, 19)]),
    ("a text for a number", "a.toml", "[MtaStageData]\nmaxMessages = \"if_then(is_tls, 'x', 5)\"\n",
     [("expression-result", 2, 32)]),
    ("a script that is not there", "a.toml", "[MtaStageEhlo]\nscript = \"'none'\"\n", [("expression-target", 2, 11)]),
    ("the end of the text", "a.toml", "[MtaStageEhlo]\nrequire = 'is_tls &&'\n", [("expression-syntax", 2, 21)]),
]
# what names of objects results may say
TARGETS = [
    ("route", "MtaRoute", {"relay": {"@type": "Relay", "address": "192.0.2.1"}}, "relay", "relai"),
    ("schedule", "MtaDeliverySchedule", {"slow": {"queueId": "#q"}}, "slow", "fast"),
    ("connection", "MtaConnectionStrategy", {"long": {}}, "long", "short"),
    ("tls", "MtaTlsStrategy", {"weak": {}}, "weak", "strong"),
]


def places(tap):
    for name, file, text, want in PLACES:
        done = stwctest.check_files({file: text})
        have = [place for place in done.places() if place[0].startswith("expression-")]
        tap.equal(have, want, f"{name}: the place of the token")


def targets(tap):
    for field, type_, objects, right, wrong in TARGETS:
        for name, there in ((right, True), (wrong, False)):
            source = {type_: objects, "MtaVirtualQueue": {"q": {}}, "MtaOutboundStrategy": {field: f"'{name}'"}}
            done = stwctest.check_text(json.dumps(source), "--from", "json")
            tap.equal("expression-target" not in done.codes("warning"), there, f"{type_} '{name}'")
    for source, there in (
            ({"Domain": {"example.org": {"aliases": ["example.net"]}}, "SenderAuth": {"dkimSignDomain": "'example.net'"}}, True),
            ({"Domain": {"example.org": {}}, "SenderAuth": {"dkimSignDomain": "'example.net'"}}, False),
            ({"SieveSystemScript": {"Hello": {"contents": "keep;", "isActive": True}}, "MtaStageEhlo": {"script": "'hello'"}}, True),
            ({"SieveSystemScript": {"Hello": {"contents": "keep;", "isActive": False}}, "MtaStageEhlo": {"script": "'hello'"}}, False),
            ({"SieveSystemScript": {"Hello": {"contents": "keep;"}}, "MtaStageEhlo": {"script": "'hello'"}}, False),
            # what a server makes where a type is empty
            ({"MtaOutboundStrategy": {"route": "'mx'", "tls": "'default'", "schedule": "'remote'"}}, True)):
        done = stwctest.check_text(json.dumps(source), "--from", "json")
        tap.equal("expression-target" not in done.codes("warning"), there, f"targets of {json.dumps(source)[:60]}")


ROUTE = {"@type": "upsert", "object": "MtaRoute", "value": {"r": {"@type": "Mx", "name": "relay"}}}
SCRIPT = {"@type": "upsert", "object": "SieveSystemScript", "matchOn": ["name"], "value": {"s": {"name": "hi", "contents": "keep;"}}}
STAGE = {"@type": "update", "object": "MtaStageEhlo", "value": {"script": {"else": "'hi'"}}}
STRATEGY = {"@type": "update", "object": "MtaOutboundStrategy", "value": {"route": {"else": "'local'"}}}


def plan_targets(tap):
    """A server that a plan is for has made its own objects, unless the plan takes them away."""
    for name, before, verb, there in (
            ("and they stay", [], "upsert", True),
            ("when others are destroyed", [{"@type": "destroy", "object": "MtaRoute", "value": {"name": "relay"}}], "create", True),
            ("when all are", [{"@type": "destroy", "object": "MtaRoute"}], "create", False),
            ("when others are left out of a part", [], {"@type": "reconcile", "scope": {"@type": "Mx"}}, True),
            ("when all others are left out", [], "reconcile", False)):
        verb = verb if isinstance(verb, dict) else {"@type": verb}
        lines = [*before, {**ROUTE, **verb}, STRATEGY]
        done = stwctest.check_text("".join(json.dumps(line) + "\n" for line in lines), "--from", "ndjson")
        tap.equal((done.codes(), "expression-target" not in done.codes("warning")), ([], there), f"a server's own routes: {name}")
    for active, there in ((None, True), (True, True), (False, False)):
        body = {**SCRIPT["value"]["s"], **({} if active is None else {"isActive": active})}
        lines = [{**SCRIPT, "value": {"s": body}}, STAGE]
        done = stwctest.check_text("".join(json.dumps(line) + "\n" for line in lines), "--from", "ndjson")
        tap.equal("expression-target" not in done.codes("warning"), there, f"a script of a plan that is active: {active}")


MAIL = """[SystemSettings]
defaultHostname = "mx.example.org"
[Domain."example.org"]
aliases = ["example.net"]
catchAllAddress = "jane@example.org"
[Account.jane]
"@type" = "User"
name = "jane"
domainId = "#example.org"
[MtaStageRcpt]
allowRelaying = "!is_empty(authenticated_as) || is_local_domain(rcpt_domain)"
[MtaStageRcpt.rewrite]
match = [
  { if = "matches('^([^+]+)[+].*@(.*)$', rcpt)", then = "$1 + '@' + $2" },
  { if = "key_exists('moved', rcpt)", then = "key_get('moved', rcpt)" }]
else = "false"
[MtaStageMail]
rewrite = "sender"
[MtaHook.a]
url = "https://a.example.org/"
enable = "false"
[MtaHook.b]
url = "https://b.example.org/"
enable = "false"
[MemoryLookupKeyValue]
a = { namespace = "moved", key = "*@old.example.org", value = "new@example.org", isGlobPattern = true }
"""
# of sources and of the image alike: arguments, status, what is printed
ASKED = [
    (["MtaStageRcpt/rewrite", "--with", "rcpt=jane+x@example.org"], 0, "'jane@example.org'  # match/0/then\n"),
    (["MtaStageRcpt/rewrite", "--with", "rcpt=joe@old.example.org"], 0, "'new@example.org'  # match/1/then\n"),
    (["MtaStageRcpt.rewrite", "--with", "rcpt=joe@example.org"], 0, "0  # else\n"),
    (["MtaStageRcpt/rewrite", "--with", "rcpt=jane+x@example.org", "-q"], 0, "jane@example.org\n"),
    (["MtaStageRcpt/allowRelaying", "--with", "rcpt_domain=EXAMPLE.net"], 0, "1  # else\n"),
    (["MtaStageRcpt/allowRelaying", "--with", "rcpt_domain=example.com"], 0, "0  # else\n"),
    (["MtaHook/b/enable"], 0, "0  # else\n"),
    (["MtaStageConnect/hostname"], 0, "'mx.example.org'  # else\n"),
    (["MtaOutboundStrategy/route", "--with", "rcpt_domain=example.org"], 0, "'local'  # match/0/then\n"),
    (["is_local_address('jane@example.net')"], 0, "1\n"),
    (["is_local_address('joe@example.net')"], 0, "0\n"),
    (["system('domain') + '!'"], 0, "'example.org!'\n"),
    (["is_local_domain('x')", "--answer", "is_local_domain('x')=true"], 0, "1\n"),
    (["key_get('elsewhere', 'x')"], 2, ""),
    (["SystemSettings/defaultHostname"], 2, ""),
    (["MtaStageRcpt/none"], 2, ""),
    (["1 + "], 1, ""),
    (["MtaStageRcpt/rewrite", "--with", "rcpt=joe@example.org", "--format", "json"], 0,
     '{"result":0,"kind":"integer","holds":false,"branch":"else","unset":[]}\n'),
    (["[rcpt, 1.5, 'a']", "--format", "json"], 0,
     '{"result":["",1.5,"a"],"kind":"list","holds":true,"unset":["rcpt"]}\n'),
]
ALONE = [
    (["1 + 1"], 0, "2\n", ""),
    (["--", "-1"], 0, "-1\n", ""),
    (["dns_query('a', 'mx')[0]", "--answer", "dns_query('a','mx')=['mx1', 5]"], 0, "'mx1'\n", ""),
    (["dns_query('a', 'mx')"], 2, "", "--answer"),
    (["rcpt"], 0, "''\n", "no value was given: rcpt"),
    (["metric('store.foundationdb-error') > 5", "--answer", "metric('store.foundationdb-error')=6"], 0, "1\n", ""),
    (["1", "--with", "rcp=1"], 2, "", "did you mean 'rcpt'"),
    (["1", "--with", "rcpt='a"], 2, "", "no value"),
    (["1", "--answer", "len=1"], 2, "", "looks something up"),
    (["foo"], 1, "", "expression:1:1"),
    (["MtaStageRcpt/rewrite"], 2, "", "name an image or sources"),
    ([], 2, "", "name an expression"),
]


def limits(tap):
    """A warning at four fifths, an error beyond."""
    for name, text, want in (
            ("short", "len('%s')" % ("x" * 50000), []),
            ("near", "len('%s')" % ("x" * 53000), ["near-limit"]),
            ("beyond", "len('%s')" % ("x" * 66000), ["expression-limit"]),
            ("deep", "(" * 20 + "!" * 810 + "is_tls" + ")" * 20, ["near-limit"]),
            ("deeper", "!" * 1000 + "is_tls", ["expression-limit"]),
            ("a long list", "contains([%s], 1)" % ", ".join(["1"] * 4000), ["near-limit"]),
            ("one that is too long", "contains([%s], 1)" % ", ".join(["1"] * 4097), ["expression-limit"])):
        done = stwctest.check_text(json.dumps({"MtaStageEhlo": {"require": text}}), "--from", "json")
        tap.equal(done.codes("error", "warning"), want, f"limits: {name}")


def asks(tap):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "mail.toml"), "w", encoding="utf-8") as out:
            out.write(MAIL)
        built = stwctest.run("build", "-q", "mail.toml", "-o", "mail.stwi", cwd=folder)
        tap.equal((built.status, built.stderr), (0, ""), "the image builds")
        again = stwctest.run("build", "-q", "mail.toml", "-o", "again.stwi", cwd=folder)
        with open(os.path.join(folder, "mail.stwi"), "rb") as one, open(os.path.join(folder, "again.stwi"), "rb") as two:
            tap.ok(again.status == 0 and one.read() == two.read(), "and a second time to the same bytes")
        tap.equal(stwctest.run("verify", "-q", "mail.stwi", cwd=folder).status, 0, "it is whole")
        for words, status, want in ASKED:
            for source in ("mail.toml", "mail.stwi"):
                done = stwctest.run("eval", words[0], source, *words[1:], cwd=folder)
                tap.equal((done.status, done.stdout), (status, want), f"{' '.join(words)}, {source}")
    for words, status, want, told in ALONE:
        done = stwctest.run("eval", *words)
        tap.equal((done.status, done.stdout, told in done.stderr), (status, want, True), f"alone: {' '.join(words)}")


def large():
    """2,000 lines of TOML with 300 expressions."""
    out = []
    for i in range(100):
        out += [f"[MtaMilter.m{i}]", f'hostname = "milter{i}.example.org"', f"port = {10000 + i}",
                f'enable = "listener == \'smtp\' && matches(\'^([^.]+)@(example{i}|[a-z]{{2,8}})[.]org$\', sender) && $2 != '
                f'\'x{i}\'"', 'timeoutConnect = "30s"', 'timeoutCommand = "30s"', "useTls = false", 'stages = ["data"]']
    for i in range(100):
        out += [f"[MtaInboundThrottle.t{i}]", f'description = "t{i}"', f'rate = "{10 + i}/1h"', 'key = ["remoteIp"]',
                f'match = "rcpt_domain == \'d{i}.example.org\' || (authenticated_as = \'\' && remote_ip != \'192.0.2.{i}\')"',
                "enable = true"]
    for i in range(100):
        out += [f"[MtaHook.h{i}]", f'url = "https://h{i}.example.org/"', f'enable = "is_tls && local_port == {i}"']
    return "\n".join(out + [f"# {i}" for i in range(2000 - len(out))]) + "\n"


def cost(*words, cwd):
    """The least processor time of five runs, in seconds, the start of the process included."""
    least = 1e9
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([stwctest.STWC, *words], cwd=cwd, check=False, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return least


def speed(tap):
    text = large()
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "large.toml"), "w", encoding="utf-8") as out:
            out.write(text)
        done = stwctest.run("check", "large.toml", cwd=folder)
        tap.equal((done.status, text.count("\n")), (0, 2000), "2,000 lines with 300 expressions are valid")
        with open(os.path.join(stwctest.BUILDDIR, "config.h"), encoding="utf-8") as config:
            sanitized = "#define STW_SANITIZE 1" in config.read()
        taken = cost("check", "-q", "large.toml", cwd=folder) * 1000
        tap.ok(sanitized or taken < 30, "and checked in less than 30 ms")
        print("# %.1f ms%s" % (taken, ", which a sanitizer makes longer" if sanitized else ""))
    plan = stwctest.shared("corpus/stalwart-0.16/spam-filter-3.0.0.ndjson")
    if not plan:
        print("# SKIP the spam filter plan: shared/corpus is not there")
        return
    taken = cost("check", "-q", plan, cwd=None) * 1000
    tap.ok(sanitized or taken < 30, "the spam filter plan of 2,707 objects too")
    print("# %.1f ms" % taken)


CASES = [{"if": "!is_empty(authenticated_as)", "then": "true"}]


def partly(tap):
    """What an expression leaves out is in its default, in every command alike; a text has no cases."""
    for what, value, cases, gives in (("a text", '"false"', [], "0"), ("an else", '{else = "false"}', CASES, "1"),
                                      ("nothing", "{}", CASES, "1"), ("no cases", "{match = []}", [], "0"),
                                      ("an else and no cases", '{else = "false", match = []}', [], "0")):
        source = f"[MtaExtensions]\nexpn = {value}\n"
        done = stwctest.run("eval", "-q", "MtaExtensions/expn", "--from", "toml", "-", "--with", "authenticated_as=x", stdin=source)
        plan = stwctest.run("convert", "--to", "plan", "--partial", "--from", "toml", "-", stdin=source)
        differs = stwctest.run("diff", "-q", "defaults", "--from", "toml", "-", stdin=source)
        sent = json.loads(plan.stdout)["value"]["expn"]
        tap.equal((done.stdout.strip(), list(sent["match"].values()), sent["else"], differs.status), (gives, cases, "false", int(cases == [])),
                  f"{what}, where the default has cases")
    done = stwctest.run("get", "-q", "Imap/maxRequestRate/period", "--from", "toml", "-", stdin="[Imap]\nmaxRequestRate = {count = 9}\n")
    tap.equal(done.stdout, "1m\n", "a rate that says its count has the period of its default")


def main():
    tap = stwctest.Tap()
    contexts(tap)
    places(tap)
    targets(tap)
    plan_targets(tap)
    partly(tap)
    limits(tap)
    asks(tap)
    speed(tap)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
