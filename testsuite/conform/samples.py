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
MIIEpAIBAAKCAQEAuYiDLYK8LtNLkT3Ws7bn7lTN0K5xntAR/rpjPBJs/kMQp3sa
RUUdVt+lb6+xgw9L6+IPEqLpdxEWloyIwViM4r702D70vkp25IicocdvM4XM8q7i
kNkK6lSQ3cXPZ6tpjucV10s1OjSz0s40lN6YrZjyxzUcfsFvqGVnezz3yCU98iqu
deuI67TnSn7BpZVaaApJGh95HjDSpUP1ykhB8Xckm0P/tXqCG+CIMeUGleqYzUKM
5AkwDEl441gEDu4VjElCyORSidn9MyygXiiDftcflJO3voE90pFS6fD7guhg0Jls
5EjpPmDULIGw2lV/F1vQId69BnrCmyLSsEr0KQIDAQABAoIBAAPskFq0cMq8PxVK
taluKUxkCIjdAavyWmkU89+bw6iijj3+l20G49KYLxl0QbjECG7sJHW4UqAJMV08
inFtcChlEcxnk3lZXZeikI6G53ITZsTswD/ASW/wmzJHmmYGzPgf6Nk5ft4U6oc/
Q4MxDJFiYmMme0xuhrAs+eH0RYjbAH+xF+iVdcIEpInqxkSdNmMJ2NY9r5MDdUEN
iMZVSKVi34UXP0kKa1GwQ7Ii5Doz1HVBcd0T0FOUxv38RS5QzZ4MJZHSk7apNpXJ
ROmpwPrQ+S0TDbmMc07olD+sCfKaKa7qOXGwQP7PqIK4y7otzcAQQXSoedwmKWw+
I3zam6ECgYEA96GJB3eyeY3PihXBHTsVDfeSt3pUi90GFwUrCaYX2kug3HwSe9vX
lMIUat2RMsbefMY/ciy+UIiW+gqb4e0sbNujBNy3zZJtXHKyMBsBY11SnBQUxXqh
R0cx2JONDggksPM/nF4wFkF0JRvRIX+Ahe/nUgxSOImqpVtZ57S9A4kCgYEAv823
lqliHOwZwjgTmmrT9jx7AjK1GTg0ICmi5IwoSE/Wn00P4Oz3v2m2ENXM5GPlFnKo
H6zk5ay5kcBsUU289jeVh3T6KYxjatinMEHr7gto81JIFcaIMZQBPDCdY7kHpTsS
39iL5Y9mSY4sqAPoWv5oOvdXjhdeio4+GxJwI6ECgYEA14doLfC3jWapWYU/tMJk
u+hccYduqOEx2L1tzRMcNaqXkvAGYnlg9J/Lh4vbQbenlDA0rppU9uE7jtvG+2gj
v4eXJrc43xrwRoOppYcLuUFTkndD8PGgB9rmfptGLQ1Xag/9sIqmDejgPyAr8Jz5
7xl0W4xPz9e6h/uvj6VW0gkCgYEApB+U/A++y77gH8g6RgUpkOeZ3nyjaIwmVmsq
XuTrx0zB+xhHARHkwV7kky1PoRM1wWqlIE2ipEGTnPuJ9FxP2GQhyII5WfouTAxN
q8aM6unKiYMb+b4jZkEeeXGkC+QVfba55N94fhuhzEkjPzXwyoQtjl9+BTFMDcW/
sQyq9mECgYB/D/Nv6y6p1c0Q9IDrm+zkguBmuZ5FRwbL1SUTcM2BRgveils2jMcQ
tIl4Og/kRTNbXXY7vOCqqcim5RgmHFGdQbjNsIpKzUXOPG0OAokjd818lH8641JF
c4d/1BFKVD8Yw8TEUZuP8zlom/IIxxrQfZiSkbxrldyXVvEiI1dQ3A==
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
# of 768 and 1024 bits
RSA_768 = """-----BEGIN PRIVATE KEY-----
MIIB5AIBADANBgkqhkiG9w0BAQEFAASCAc4wggHKAgEAAmEAq40gbWjEows3FsWz
6jv9Y2HW385Rx+3QsgLxZynYqYwoZp92+siWpceFvpoWnuQYzwpuDDciuGKjCyO9
8VePWyqKwmGee4fNyRjxihbdmOPky60o0v2GX8OC/MT0RnEfAgMBAAECYHC1ApX/
HBmGd8YFU+PTT/FoSVS253Hz44XgexttGcSiqbRqli/Dc34tLMiB0dTIRBRgSbl0
fO54bWLunv0gZkYMR76Q02S5755yvr2AKX1DaNbGISuMR9FnnxOHgiXEeQIxAN/+
R6+Uj9W6h02GY4OAFx2BcwvaQHMnItAieY2DI/Ge3LlaipB2vYYGvPTIksrirQIx
AMQQgePaz5utBrcCUOliFUwfdYGAoZVbnjR7aU4y7MJh2WpRYcDbKBC7TVirk3Ko
ewIwKSaF9PPOGO3TvaJa1eXKWVlW0W6fOIiQFLzAqAbXq6QL2OGRY0jtOJo0TKQs
k6lhAjBZPoZRN/0+CEFBNk2sHdhB4SP0gZ+LQ7u8edxSGv4H8NAtA8QyK8+N5iPr
05V3IFcCMQC5ZLiJUy706IkpUDa1eMxek9ao7e2p/2vJfixQcDRifZEQAt4FHSzq
TS2TCSdqDnY=
-----END PRIVATE KEY-----
"""
RSA_1024 = """-----BEGIN PRIVATE KEY-----
MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBANQwVMdYEP53IHip
+sMc7bQ21FRQib+/bWBwsHYktTWnOcLQ74eaqCVVjVDwN8hqu2RLHGmcLGViuKyV
X4rS4JqgaGu6SdHGxR1no2KJHUf2sUoSX/k9fuZ2mN7y8mdcvrbJYBEn4yQaAZJb
KLCuz0SZd8m455KJy33LiYlohX4vAgMBAAECgYEAmDXjWuxNpHyICobEn1oNGg2K
2sC7T5VePKQZsWY7pzVCNgHzEW9b1ww7xyfKnDYUHqnSw9+H6WKb3xF36/nBq1tU
1mBRpZTxJy8MZaLUO+/UTjH65kfALJoprZygblAe4vD49YZ8wmeP1m33hLU/SeKe
eRUbZjK5D0sxQPM+tuECQQDz4IVQm1laxsqwCfVYEtg0u/3OOWlUufqpp62/FO9J
fQEx3t9MCJM23GpD4kPt9CyKBAaMecga08fKRNby8XSrAkEA3ryPD+Ak4AJwbSFM
ACF3bKjrm8W4K0yClRTfLprHgo3zRz1f86uktPSueVjst2yk0y4r7ITRWTY2n9YA
eoC0jQJBAI5UMnngsD1yV0h2B2HnXZcpP+7jQr3X7Jqm6ZfjN+PDuLbKQ7e0KXaT
HNGRc+Oj5XqG7ut9B3PgtXEuy+PtVxECQHh+zW4rNgexihyfjLvtXuv7nipRFkbm
RyZbejl+JjxsipWZkFUEIEB8tf6Tqsu4DJrqOXzkhVSbzYU+glfDVOkCQQCLvtIZ
Jorw4uPZfYkMnXUowUTbxN0sexaxhTfghlBeXA8szhJHYz+9RKBE1YqtZDTRlwpa
V7LHI+Lux9kGeTvA
-----END PRIVATE KEY-----
"""
