"""Sieve scripts: commands, tests, tags and extensions as a server's compiler knows them, each mistake in its place."""
import json

import stwctest

# every word of grammar/sieve_words.def as its RFC writes it; nothing is said of these
RIGHT = [
    'require "imap4flags"; keep; keep :flags ["a"]; discard; stop;',
    'REQUIRE "fileinto"; FileInto "x";',
    'require ["fileinto", "copy", "mailbox", "imap4flags", "special-use"];'
    ' fileinto :copy :create :flags ["a", "b"] :specialuse "\\\\Junk" "x"; fileinto :mailboxid "F1" "x";',
    'redirect "a@example.org"; redirect ["a@example.org"];',
    'require ["copy", "extlists", "redirect-dsn", "redirect-deliverby"]; redirect :copy :list "tag:x";'
    ' redirect :notify "never" :ret "full" "a@example.org";'
    ' redirect :bytimerelative 600 :bymode "notify" :bytrace "a@example.org";',
    'if anyof(true, not false) { keep; } elsif allof (exists "x", not exists ["a", "b"]) { stop; } else { discard; }',
    'if address :all :is ["from", "to"] "a@example.org" { keep; }'
    ' if header :comparator "i;octet" :contains "Subject" ["a", "b"] { keep; }'
    ' if size :over 10K { stop; } if size :under 1M { keep; }',
    'require "envelope"; if envelope :localpart :matches "from" "*" { keep; }',
    'require "subaddress"; if address :user "to" "x" { keep; } if address :detail "to" "x" { keep; }',
    'require ["relational", "comparator-i;ascii-numeric"];'
    ' if header :value "ge" :comparator "i;ascii-numeric" "X-Score" "5" { keep; } if header :count "gt" "to" "3" { stop; }',
    'require "regex"; if header :regex "subject" "^a+$" { keep; }',
    'require ["regex", "variables"]; if header :regex "a" ["(?i)a", "^(?=b)c", "(a)\\\\1", "a++", "(${x}", "\\\\[b"] { keep; }'
    ' set "global.a" "(b"; set "T.c" "d"; if header :is "a" "(b" { keep; } if header "X-${y}: z" "(" { keep; }',
    'require ["date", "index"]; if date :index 1 :last :zone "+0100" "received" "hour" "09" { keep; }'
    ' if date :originalzone "date" "weekday" "0" { keep; } if currentdate :zone "+0100" "hour" ["09", "10"] { keep; }',
    'require "variables"; set "a" "b"; set :lower :upperfirst :length "a" "${a}"; set :quotewildcard :local "a" "b";'
    ' set :replace "x" "y" "a" "b"; if string :matches "${a}" "*" { keep; }',
    'require "imap4flags"; addflag "a"; addflag "v" ["a", "b"]; setflag ["a"]; removeflag "a";'
    ' if hasflag :contains "v" "a" { keep; } if hasflag ["a", "b"] { keep; }',
    'require "editheader"; addheader :last "X-A" "b"; deleteheader "X-A"; deleteheader :index 1 :last "X-A";'
    ' deleteheader :contains "X-A" ["b", "c"];',
    'require "vacation"; vacation "away"; vacation :days 7 :subject "s" :from "a@example.org" :addresses ["b@example.org"]'
    ' :mime :handle "h" "away";',
    'require ["vacation", "vacation-seconds", "fcc", "mailbox"]; vacation :seconds 60 :fcc "Sent" :create "away";',
    'require ["enotify"]; notify :from "a@example.org" :importance "1" :options ["a=b"] :message "m" "mailto:b@example.org";'
    ' if valid_notify_method "mailto:b@example.org" { keep; }'
    ' if notify_method_capability :is "mailto:b@example.org" "online" "yes" { keep; }',
    'require ["reject", "ereject"]; reject "no"; ereject text:\nno\n.\n;',
    'require "body"; if body :raw :contains "x" { keep; } if body :content ["text", "image"] :is "x" { keep; }'
    ' if body :text :matches "*" { keep; }',
    'require ["mime", "foreverypart", "replace", "enclose", "extracttext", "variables"];'
    ' foreverypart :name "l" { if header :mime :type :is "Content-Type" "text" { break :name "l"; }'
    ' if header :mime :anychild :param ["name"] "Content-Type" "x" { replace :mime :subject "s" :from "f" "x"; }'
    ' extracttext :first 5 :upper "v"; break; } enclose :subject "s" :headers ["X: y"] "x";',
    'require "convert"; convert "image/tiff" "image/jpeg" ["pix-x=320"];'
    ' if convert "image/tiff" "image/jpeg" ["pix-x=320"] { keep; }',
    'require ["include", "variables"]; include :global :once :optional "x"; include :personal "y"; global ["a", "b"]; return;',
    'require "duplicate"; if duplicate { discard; } if duplicate :header "X-Id" :seconds 60 :handle "h" :last { stop; }'
    ' if duplicate :uniqueid "u" { stop; }',
    'require ["mailbox", "mailboxid", "mboxmetadata", "servermetadata", "special-use"]; if mailboxexists ["a", "b"] { keep; }'
    ' if mailboxidexists "F1" { keep; } if metadata :is "INBOX" "/private/x" "y" { keep; }'
    ' if metadataexists "INBOX" ["a", "b"] { keep; } if servermetadata "a" "b" { keep; }'
    ' if servermetadataexists "a" { keep; } if specialuse_exists "\\\\Junk" { keep; } if specialuse_exists "a" ["b"] { keep; }',
    'require "environment"; if environment :is "phase" "during" { keep; }',
    'require ["spamtest", "virustest"]; if spamtest :is "1" { keep; } if virustest "5" { stop; }',
    'require "spamtestplus"; if spamtest :percent :is "50" { keep; }',
    'require "extlists"; if valid_ext_list "tag:x" { keep; } if header :list "from" "tag:x" { keep; }',
    'require "ihave"; if ihave "frob" { frob :nicate "x" 5; } else { error "no frob"; } if frobbed { stop; }',
    'require ["vnd.stalwart.expressions", "vnd.stalwart.while"]; let "i" "0"; eval "i"; if eval "i < 3" { keep; }'
    ' while "i < 5" { let "i" "i + 1"; continue; }',
    # a server takes require anywhere, and so many of it as there are
    'keep; if true { require "fileinto"; fileinto "x"; }',
    'require text:\nfileinto\n.\n; fileinto "x";', 'require "file\\into"; fileinto "x";',
    '# only a comment\n', '/* here too */ keep /* and here */ ;',
]
# a script, and what is said of it: code, the bytes it points at, and words of the message or the hint
WRONG = [
    ('fileinto "x";', "sieve-require", "fileinto", 'require "fileinto";'),
    ('require "copy"; require "x-y";', "sieve-capability", '"x-y"', "no extension 'x-y'"),
    ('require ["copy", "file-into"];', "sieve-capability", '"file-into"', "did you mean 'fileinto'?"),
    ('redirect :copy "a@example.org";', "sieve-require", ":copy", "'copy'"),
    ('if header :regex "a" "b" { keep; }', "sieve-require", ":regex", "'regex'"),
    ('if header :count "ge" "a" "1" { keep; }', "sieve-require", ":count", "'relational'"),
    ('if envelope "from" "a" { keep; }', "sieve-require", "envelope", "'envelope'"),
    ('require "vacation"; vacation :seconds 60 "x";', "sieve-require", ":seconds", "'vacation-seconds'"),
    ('if string "a" "b" { keep; }', "sieve-require", "string", "'variables'"),
    ('dicard;', "sieve-command", "dicard", "did you mean 'discard'?"),
    ('header :is "a" "b";', "sieve-command", "header", "it is a test"),
    ('if headers :is "a" "b" { keep; }', "sieve-test", "headers", "did you mean 'header'?"),
    ('if not anyof(true, keep) { stop; }', "sieve-test", "keep", "it is a command"),
    ('keep "x";', "sieve-argument", '"x"', "takes no arguments but tags"),
    ('redirect;', "sieve-argument", "redirect", "needs a string"),
    ('redirect 5;', "sieve-argument", "5", "takes a string here"),
    ('redirect "a" "b";', "sieve-argument", '"b"', "no more than 1 argument"),
    ('redirect ["a", "b"];', "sieve-argument", "[", "takes a string here"),
    ('require "fileinto"; require "copy"; fileinto "x" :copy;', "sieve-argument", ":copy", "before the other arguments"),
    ('if header :foo "a" "b" { keep; }', "sieve-argument", ":foo", "takes no ':foo'"),
    ('if header :contain "a" "b" { keep; }', "sieve-argument", ":contain", "did you mean ':contains'?"),
    ('if header :is "a" { keep; }', "sieve-argument", "header", "needs a string or a list"),
    ('if header :comparator :is "a" "b" { keep; }', "sieve-argument", ":is", "behind ':comparator' stands a string"),
    ('if size :over { keep; }', "sieve-argument", "size", "needs a number"),
    ('if size :over "10K" { keep; }', "sieve-argument", '"10K"', "takes a number here"),
    ('if not { keep; }', "sieve-argument", "not", "takes a test"),
    ('if anyof { keep; }', "sieve-argument", "anyof", "takes tests in parentheses"),
    ('if true header "a" "b" { keep; }', "sieve-argument", "true", "takes no test"),
    ('stop { keep; }', "sieve-argument", "stop", "has no block"),
    ('require "foreverypart"; foreverypart;', "sieve-argument", "foreverypart;", "needs a block in braces"),
    ('require "vacation"; vacation :days "7" "x";', "sieve-argument", '"7"', "behind ':days' stands a number"),
    ('require "variables"; set :lower "a";', "sieve-argument", "set", "needs a string"),
    ('require "regex"; if header :regex "a" ["ok", "(b"] { keep; }', "sieve-string", '"(b"', "no regular expression"),
    ('require "regex"; if header :regex "a" text:\n[a\n.\n { keep; }', "sieve-string", "text:", "no regular expression"),
    ('require "relational"; if header :value "=>" "a" "1" { keep; }', "sieve-string", '"=>"', "no relation"),
    ('require "variables"; set "a.b" "c";', "sieve-string", '"a.b"', "no name space"),
    ('if exists ["a", ""] { keep; }', "sieve-string", '""', "is empty"),
    ('if header "Subject:" "a" { keep; }', "sieve-header", '"Subject:"', "leave out the colon"),
    ('if address "Reply To" "a" { keep; }', "sieve-header", '"Reply To"', "can be called 'Reply To'"),
    ('require "duplicate"; if duplicate :header "X Id" { keep; }', "sieve-header", '"X Id"', "no header field"),
    ('keep', "sieve-syntax", None, "expected ';' here"),
    ('else { keep; }', "sieve-syntax", "else", "no 'if' comes before this"),
    ('if { keep; }', "sieve-syntax", "{", "expected a test here"),
]
# the two interpreters, and their settings
SETTINGS = [
    ("system", 'fileinto "x";', {}, []),
    ("system", 'fileinto :copy "x"; dicard;', {}, ["sieve-command"]),
    ("system", 'require "x-y";', {}, ["sieve-capability"]),
    ("system", 'fileinto "x";', {"SieveSystemInterpreter": {"noCapabilityCheck": True}}, []),
    ("system", 'fileinto "x";', {"SieveSystemInterpreter": {"noCapabilityCheck": False}}, ["sieve-require"]),
    ("system", 'require "fileinto"; fileinto "x";', {"SieveSystemInterpreter": {"noCapabilityCheck": False}}, []),
    ("user", 'fileinto "x";', {"SieveSystemInterpreter": {"noCapabilityCheck": True}}, ["sieve-require"]),
    ("user", 'require "fileinto"; fileinto "x";', {"SieveUserInterpreter": {"disableCapabilities": ["fileinto"]}},
     ["sieve-capability"]),
    ("system", 'require "fileinto"; fileinto "x";', {"SieveUserInterpreter": {"disableCapabilities": ["fileinto"]}}, []),
    ("user", 'require "fileinto"; fileinto "x";', {"SieveUserInterpreter": {"disableCapabilities": ["copy"]}}, []),
]
BLOCKS = "if true { " * 16 + "keep; " + "} " * 16
LOOPS = 'require "foreverypart"; ' + "foreverypart { " * 5 + "keep; " + "} " * 5
TESTS = "if " + "anyof(" * 16 + "true" + ")" * 16 + " { keep; }"
# what is a little too much for the settings, and the settings
LIMITS = [
    (BLOCKS, {}), (LOOPS, {}), (TESTS, {}), ("#" * 102401, {}), (f'redirect "{"a" * 4096}";', {}),
    ('require "editheader"; addheader "X-A" "%s";' % ("a" * 1025), {}), ('require "include"; ' + 'include "a"; ' * 4, {}),
    ('require ["include", "variables"]; global "%s";' % ("a" * 32), {}), ("if true { keep; }" * 2, {"maxScriptSize": 33}),
]
ENOUGH = [
    (BLOCKS.replace("if true { ", "", 1).replace("} ", "", 1), {}), (LOOPS.replace("foreverypart { ", "", 1).replace("} ", "", 1), {}),
    (TESTS.replace("anyof(", "", 1).replace(")", "", 1), {}), ("#" * 102400, {}), (f'redirect "{"a" * 4095}";', {}),
    ('require "editheader"; addheader "X-A" "%s";' % ("a" * 1024), {}), ('require "include"; ' + 'include "a"; ' * 3, {}),
    ('require ["include", "variables"]; global "%s";' % ("a" * 31), {}), ("if true { keep; }" * 2, {"maxScriptSize": 34}),
    (BLOCKS, {"maxNestedBlocks": 16}), ("if true { keep; } " * 20 + "if anyof(true, anyof(true)) { keep; } " * 20, {"maxNestedTests": 2}),
]
SEVERITY = {"sieve-capability": "warning", "sieve-test": "warning", "sieve-header": "warning"}


def check(document):
    return stwctest.run("check", "--format", "json", "--partial", "--from", "json", "--as", "s.json", "-", stdin=document)


def main():
    tap = stwctest.Tap()
    scripts = {f"r{i:02}": {"contents": script} for i, script in enumerate(RIGHT)}
    scripts |= {f"w{i:02}": {"contents": row[0]} for i, row in enumerate(WRONG)}
    document = json.dumps({"SieveUserScript": scripts}, indent=0)
    lines = document.splitlines()
    told = {}
    for d in check(document).diagnostics:
        told.setdefault(d.get("path", "").split("/")[1] if "path" in d else None, []).append(d)
    for i, script in enumerate(RIGHT):
        tap.equal([(d["code"], d["message"]) for d in told.get(f"r{i:02}", [])], [], f"right: {script[:60]!r}")
    for i, (script, code, at, words) in enumerate(WRONG):
        found = told.get(f"w{i:02}", [])
        if not tap.ok(len(found) == 1 and found[0]["code"] == code, f"{code}: {script!r}"):
            print(f"#   {found}")
            continue
        d = found[0]
        rest = lines[d["line"] - 1][d["column"] - 1:]
        right = words in d["message"] + " " + d.get("hint", "") and d["severity"] == SEVERITY.get(code, "error")
        right = right and (at is None or rest.startswith(json.dumps(at)[1:-1]))
        tap.ok(right, f"{code}: its place and words") or print(f"#   {d}\n#   at: {rest[:40]}")
    for kind, script, settings, codes in SETTINGS:
        name = {"system": "SieveSystemScript", "user": "SieveUserScript"}[kind]
        done = check(json.dumps({name: {"a": {"contents": script}}, **settings}))
        tap.equal(done.codes("error", "warning"), codes, f"a script of a {kind} with {settings}: {script!r}")
    for scripts, codes in (LIMITS, ["sieve-limit"]), (ENOUGH, []):
        for script, settings in scripts:
            done = stwctest.check_text(json.dumps({"SieveUserScript": {"a": {"contents": script}},
                                                   "SieveUserInterpreter": settings}), "--from", "json")
            tap.equal(done.codes("error", "warning"), codes, f"{codes}: {script[:60]!r}… {settings}")
    done = stwctest.check_text(json.dumps({"SieveSystemScript": {"a": {"contents": BLOCKS}}}), "--from", "json")
    tap.equal(done.codes("error", "warning"), [], "scripts of the system have other limits")
    done = check(json.dumps({"SieveUserScript": {"a": {"contents": "frob;\n" * 1000}}}))
    tap.equal(done.codes(), ["sieve-command"] * 20, "of a script that is none the first twenty mistakes are told")
    tap.done()


main()
