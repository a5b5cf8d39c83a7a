"""Texts for the rules that a row names in `checks`: some that a server takes, some that it refuses.

The keys were made for this and stand nowhere else; the certificate belongs to the P-256 key and
runs for a hundred years.
"""

CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBjTCCATOgAwIBAgIUHEoja9gczaHK7rE4d1cT4DmJRAgwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQbWFpbC5leGFtcGxlLm9yZzAgFw0yNjExMjEwODE1NDdaGA8y
MTI2MTAyODA4MTU0N1owGzEZMBcGA1UEAwwQbWFpbC5leGFtcGxlLm9yZzBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABEsFrld+9332sje+sojGVgrnRfq4XRxVmpUt
u4MdFTia0OSq3uUsugj1J8qBDlVyaAn/uaes04PFfboO1Tzh6AyjUzBRMB0GA1Ud
DgQWBBT1aZRAU/7Wkd99SvWszDI6EuTG9DAfBgNVHSMEGDAWgBT1aZRAU/7Wkd99
SvWszDI6EuTG9DAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIGIu
o0Oge37L0DvE9K9WxA//DAtHWzEKxM6Sqds3QnCLAiEAz5X1BPcfUTsoL3nR+QUR
I/PPuhRX4cjXzCjBcJVOU1k=
-----END CERTIFICATE-----
"""

P256 = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgw9r6WYS69AFhwlhV
MWv6yqIOBGJqBYaGgBmpbzNVJW+hRANCAARLBa5Xfvd99rI3vrKIxlYK50X6uF0c
VZqVLbuDHRU4mtDkqt7lLLoI9SfKgQ5VcmgJ/7mnrNODxX26DtU84egM
-----END PRIVATE KEY-----
"""

ED25519 = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIIjx3rpCF7wn0fOOPt9mx0ZnPYsCUy/v58h7d+9ub2/F
-----END PRIVATE KEY-----
"""

RSA = """-----BEGIN RSA PRIVATE KEY-----
MIICXAIBAAKBgQDBlKahGR7jPg9dDEqsv79voImU9Uj7E2WIO7PBQi/TfiFs/nnv
r0sxpuGqH+HCeGTQdtBVGbSUB4QtptstHxZ8GBUSDn75dAffJ17XYvCAxuhDvDJe
qDLhdG+1Wv7/Ty7oP4iaKtl3BxlLbOH/LeOjRKDT7OEVntceNUQmhxLnPQIDAQAB
AoGAUJipf61L1OUD1IPHm4ECHWHDpocxaYe74CqrPq1l6DI9jHmvHwHm1rdagVBg
2Gzz3G97cdMQAgnXGIK+Al1NKIgnYYruVi3LSQOQcaDcshsJ6Bnx4W2v9LlkSCHv
4hTbWlJcjObuiBQjlnNSEWPIuhLa1pbsfc9a+SI1iWClEukCQQDe6TP0A+cntFJV
KN1XYO2gWNdYbvZNN6syPshIoO2scmAwAXTsk+mw55xYn+MHSrFlpdxDqPJPsBUw
qhMR5WZ3AkEA3lDfmgWsFpwHUxtzpMlIzzGqsDCooHiNjkVAjTdu59TgWVG/3Xj0
3wtmPyrHho50+vya6WuVHZHy9X2KHu7o6wJBAIqZe6k0qAyi7TJwJzgGV5oEw1kE
HXcjrvmd2dB253D66N3QehADZCGP0UG1oGbPRYALYepb6NYtiO9qQFM3TL8CQCGH
WPHFwTp3tbMXBM3pfY2iE/gWnpf1FoRKdX3Wymc0d9GAvssMHwI0mesU7JqiiYoA
5uwlSYv4IwhbMqWPqpkCQHzxDIc1P4qXVqyqeIEaHJFGlrFmNKrjZ75fWCViCqBv
NQYp4GTPVDLV8O/Rak+OtS5hJ/t7TIrSUvp/wTdAwUk=
-----END RSA PRIVATE KEY-----
"""

CUT = CERTIFICATE[:100] + "\n"
ENCRYPTED = """-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg=
-----END ENCRYPTED PRIVATE KEY-----
"""

# rule: members of sets that do not pass
BY_MEMBER = {"contacts": ["no address", "user@", "mailto:", "mailto:user@nodomain"]}
# rule: (texts that pass, texts that do not)
BY_CHECK = {
    "base64": (["c2VjcmV0", "c2VjcmU="], ["not base64", "c2VjcmV"]),
    "base64-url": (["c2VjcmV0", "c2VjcmU", "_-8"], ["c2VjcmU=", "+/8", "two words"]),
    "certificate": ([CERTIFICATE, CERTIFICATE + CERTIFICATE, "a note\n" + CERTIFICATE], ["no block", CUT, P256]),
    "private-key": ([P256, ED25519, RSA, CERTIFICATE + P256], ["no block", CERTIFICATE, ENCRYPTED]),
    "public-key": ([CERTIFICATE], ["no key", CUT, P256]),
    "push-key": ([P256], ["no block", ED25519, RSA]),
    "header-value": (["dG9rZW4.x", "two words"], ["a\nb", "a\u007fb"]),
    "ldap-filter": (["(mail=?)", "(&(objectClass=person)(|(uid={local})(mail={email})))", "(!(uid={username}))"],
                    ["(mail=?", "mail=?)", "(objectClass=person)", "(uid={nobody})", "(&(mail=?)uid=1)"]),
    "ldap-name": (["dc=example,dc=org", "cn=a\\, b,o=x", "uid=x+cn=y,ou=\u00e9,c=DE"],
                  ["example.org", "dc=example,,dc=org", "cn", "dc=a,"]),
    "ldap-url": (["ldap://127.0.0.1:389", "ldaps://ldap.example.org", "LDAP://[::1]:389"],
                 ["https://ldap.example.org", "ldap.example.org:389"]),
    "selector-template": (["v{version}-{algorithm}-{date-%Y%m%d}", "s{epoch}", "fixed", "{algorithm} {hash}", "{date-%-d}"],
                          ["a{nothing}", "a{version", "{}", "!!", "{date-%L}", "{date-%%}"]),
    "sieve": (["keep;", 'require ["fileinto"];\r\nif header :is "a" "b" { fileinto "x"; }\n', "# nothing\n"],
              ["keep", "if true { keep;", "fileinto", '"text";']),
    "template": (["{{event_title}}", "{{#if rsvp}}a{{/if rsvp}}", "no variable", "{{#each attendees}}{{/each attendees}}"],
                 ["{{key", "{{#if rsvp}}a", "{{/if rsvp}}", "{{#if rsvp}}a{{/if}}"]),
}
# of a union whose variants need keys of different kinds
BY_VARIANT = {"Dkim1Ed25519Sha256": ED25519, "Dkim1RsaSha256": RSA, "Dkim2Ed25519Sha256": ED25519, "Dkim2RsaSha256": RSA}

# expressions that stand anywhere
EXPRESSIONS = ["[1, 'a', 2.5][0]", "-1 + 2 * (3 - 4) / 5", "'it\\'s' == \"it's\" && !false || 1 ^ 0", "1 => 2", "count([])",
               "split('a,b', ',')[1]", "system('hostname')", "1d", "len('\\n')", "0} the rest", "hash('a', 'sha256')"]
# and such as stand nowhere
WRONG_EXPRESSIONS = ["1 +", "no_such_name", "no_such_function(1)", "len()", "len(1, 2)", "'open", "(1", "1)", "[1", "1\t+ 1",
                     "matches('(?=a)', 'a')", "matches('(', 'a')", "matches(len('a'), 'a')", "1 2", "5 parsecs", "a &&& b", "@",
                     "system('nothing')", "metric('nothing')"]
