"""The warnings about what works but should not, each with what does not trip it; and what silences them.

A lint that cries wolf gets switched off, so the quiet cases matter as much as the loud ones."""
import json
import os
import sys
import tempfile

import stwctest

DOMAIN = {"Domain": {"d": {"name": "example.org"}}}
SUITES = ["tls13-aes-256-gcm-sha384", "tls13-aes-128-gcm-sha256", "tls13-chacha20-poly1305-sha256",
          "tls-ecdhe-ecdsa-with-aes-256-gcm-sha384", "tls-ecdhe-ecdsa-with-aes-128-gcm-sha256",
          "tls-ecdhe-ecdsa-with-chacha20-poly1305-sha256", "tls-ecdhe-rsa-with-aes-256-gcm-sha384",
          "tls-ecdhe-rsa-with-aes-128-gcm-sha256", "tls-ecdhe-rsa-with-chacha20-poly1305-sha256"]
CERTIFICATE = {"Certificate": {"c": {"certificate": {"@type": "File", "filePath": "/c.pem"},
                                     "privateKey": {"@type": "File", "filePath": "/k.pem"}}}}


def listeners(**bodies):
    return {"NetworkListener": bodies}


def listener(bind="192.0.2.1:2525", **fields):
    return listeners(a={"bind": bind, **fields})


def binds(*each, **more):
    return {**listeners(**{name: {"bind": bind} for name, bind in zip("abc", each)}), **more}


def role(kind, *ids):
    listening = {"@type": kind, **({"listenerIds": list(ids)} if ids else {})}
    return {"listeners": listening}


def system(**fields):
    return {"SystemSettings": {"defaultHostname": "mail.example.org", "defaultDomainId": "#d", **fields}, **DOMAIN}


def blocked(address, *allowed, **more):
    return {"BlockedIp": [{"address": address}], **({"AllowedIp": [{"address": a} for a in allowed]} if allowed else {}),
            **more}


def blocks(*addresses):
    return {"BlockedIp": [{"address": a} for a in addresses]}


def signatures(*rows):
    bodies = {f"s{i}": {"@type": kind, "selector": selector, "domainId": domain, "privateKey": {"@type": "File", "filePath": f"/{i}"}}
              for i, (selector, kind, domain) in enumerate(rows)}
    return {"Domain": {"d": {"name": "example.org"}, "e": {"name": "example.net"}}, "DkimSignature": bodies}


CONDITION = "MtaStageRcpt/allowRelaying/match/0/if"


def relaying(*branches, otherwise="!is_empty(authenticated_as)"):
    return {"MtaStageRcpt": {"allowRelaying": {"match": [{"if": i, "then": t} for i, t in branches],
                                               "else": otherwise}}}


def sasl(*branches, otherwise="false"):
    return {"MtaStageAuth": {"saslMechanisms": {"match": [{"if": i, "then": t} for i, t in branches],
                                                "else": otherwise}}}


def account(name="joe", **fields):
    return {"Account": {"a": {"@type": "User", "name": name, "domainId": "#d", **fields}}}


def directory(kind, **fields):
    return {"Authentication": {"directoryId": "#x"},
            "Directory": {"x": {"@type": kind, "description": "x", **fields}}}


def ldap(**fields):
    return directory("Ldap", baseDn="dc=x", **fields)


def sql(store, **fields):
    body = {"@type": store, "path": "/x.db"} if store == "Sqlite" else {"@type": store, "host": "h", "database": "d"}
    return directory("Sql", store=body, **fields)


QUESTION = {f: "SELECT 1 FROM t WHERE name = ?" for f in ("queryLogin", "queryRecipient", "queryMemberOf",
                                                           "queryEmailAliases")}


def routes(*names, **strategy):
    return {"MtaRoute": {name: {"@type": "Relay", "name": name, "address": "relay.example.org"} for name in names},
            **({"MtaOutboundStrategy": {"route": strategy}} if strategy else {})}


# what it shows, configuration, (code, path) of every warning; more arguments
CASES = [
    # binds
    ("the same address as the mapped form", binds("192.0.2.1:2525", "[::ffff:192.0.2.1]:2525"),
     [("duplicate-bind", "NetworkListener/b/bind/[::ffff:192.0.2.1]:2525")]),
    ("0.0.0.0 over an address", binds("192.0.2.1:2525", "0.0.0.0:2525"),
     [("overlapping-bind", "NetworkListener/a/bind/192.0.2.1:2525")]),
    ("[::] takes IPv4 too", binds("[::]:2525", "192.0.2.1:2525"),
     [("overlapping-bind", "NetworkListener/b/bind/192.0.2.1:2525")]),
    ("even all of it", binds("[::]:2525", "0.0.0.0:2525"),
     [("overlapping-bind", "NetworkListener/b/bind/0.0.0.0:2525")]),
    ("0.0.0.0 does not take IPv6", binds("0.0.0.0:2525", "[2001:db8::1]:2525"), []),
    ("another port", binds("[::]:2525", "192.0.2.1:2526"), []),
    ("one listener may have both", listener(bind=["[::]:2525", "0.0.0.0:2525", "192.0.2.1:2525"]), []),
    ("port 0 is another each time", binds("[::]:0", "127.0.0.1:0"), []),
    ("listeners of nodes that have different roles", binds("[::]:2525", "[::]:2525", ClusterRole={
        "one": role("EnableSome", "#a"), "two": role("DisableSome", "#a"), "none": role("DisableAll")}), []),
    ("the second and the third, though the first meets neither", binds("192.0.2.1:2525", "192.0.2.1:2525", "192.0.2.1:2525", ClusterRole={
        "one": role("EnableSome", "#a"), "two": role("EnableSome", "#b", "#c")}),
     [("duplicate-bind", "NetworkListener/c/bind/192.0.2.1:2525")]),
    ("unless one role has both", binds("[::]:2525", "[::]:2525", ClusterRole={
        "one": role("EnableSome", "#a"), "two": role("EnableAll")}),
     [("duplicate-bind", "NetworkListener/b/bind/[::]:2525")]),

    # TLS of listeners
    ("one version disabled", listener(tlsDisableProtocols=["tls12"]), []),
    ("both, without TLS", listener(bind="127.0.0.1:2525", useTls=False, tlsDisableProtocols=["tls12", "tls13"]), []),
    ("every suite disabled", listener(tlsDisableCipherSuites=SUITES),
     [("no-cipher-suite", "NetworkListener/a/tlsDisableCipherSuites")]),
    ("those of TLS 1.3, with TLS 1.2 on", listener(tlsDisableCipherSuites=SUITES[:3]), []),
    ("those of TLS 1.2, with TLS 1.3 off", listener(tlsDisableProtocols=["tls13"], tlsDisableCipherSuites=SUITES[3:]),
     [("no-cipher-suite", "NetworkListener/a/tlsDisableCipherSuites")]),
    ("implicit TLS", listener(tlsImplicit=True), []),
    ("submission without TLS", listener(useTls=False), [("cleartext-listener", "NetworkListener/a/useTls")]),
    ("ManageSieve without TLS", listener(protocol="manageSieve", useTls=False),
     [("cleartext-listener", "NetworkListener/a/useTls")]),
    ("mail exchange on port 25 without TLS", listener(bind="192.0.2.1:25", useTls=False), []),
    ("LMTP without TLS", listener(protocol="lmtp", useTls=False), []),
    ("on loopback", listener(bind=["127.0.0.1:1143", "[::1]:1143"], protocol="imap", useTls=False), []),
    ("STARTTLS", listener(protocol="imap"), []),
    ("behind its own proxies, which have TLS", {**listener(
        protocol="imap", useTls=False, overrideProxyTrustedNetworks=["192.0.2.9"]), "AllowedIp": [{"address": "192.0.2.9"}]}, []),

    # the management API
    ("http in the clear", listener(bind="[::]:8080", protocol="http"), [("public-management", "NetworkListener/a/bind")]),
    ("with a default that is written", {**listener(bind="[::]:8080", protocol="http"), "Http": {"allowedEndpoints": "200"}},
     [("public-management", "NetworkListener/a/bind")]),
    *[(f"{protocol} on {port}", listener(bind=f"192.0.2.1:{port}", protocol=protocol, tlsImplicit=implicit),
       [("tls-port", "NetworkListener/a/bind")]) for protocol, port, implicit in (
           ("smtp", 25, True), ("smtp", 587, True), ("smtp", 465, False), ("imap", 993, False), ("imap", 143, True),
           ("pop3", 995, False), ("pop3", 110, True), ("http", 80, True))],
    *[(f"{protocol} on {port}, as it should be", listener(bind=f"192.0.2.1:{port}", protocol=protocol, tlsImplicit=implicit), [])
      for protocol, port, implicit in (("smtp", 25, False), ("smtp", 587, False), ("smtp", 465, True), ("imap", 993, True),
                                       ("pop3", 110, False), ("imap", 1993, False), ("lmtp", 25, True), ("manageSieve", 993, False))],
    ("behind a proxy that does the TLS", listener(bind="192.0.2.1:993", protocol="imap",
                                                  overrideProxyTrustedNetworks=["10.0.0.0/8"]),
     [("bannable-proxy", "NetworkListener/a/overrideProxyTrustedNetworks")]),
    ("one of several ports", listener(bind=["192.0.2.1:587", "192.0.2.1:465"]), [("tls-port", "NetworkListener/a/bind")]),
    ("https", listener(bind="[::]:443", protocol="http", tlsImplicit=True), []),
    ("http on loopback", listener(bind="127.0.0.1:8080", protocol="http", useTls=False), []),
    ("http on a private address", listener(bind="10.0.0.1:8080", protocol="http"), []),
    ("http with endpoints named", {**listener(bind="[::]:8080", protocol="http"),
                                   "Http": {"allowedEndpoints": "if_then(starts_with(path, '/.well-known'), 200, 404)"}},
     []),
    ("http behind a proxy", {**listener(bind="[::]:8080", protocol="http"),
                             **system(proxyTrustedNetworks=["10.0.0.9"])}, []),
    ("the only http listener asks for the header on loopback", {
        **listener(bind="127.0.0.1:8080", protocol="http"), **system(proxyTrustedNetworks=["127.0.0.0/8"])},
     [("proxy-lockout", "NetworkListener/a")]),
    ("on every address too", {**listener(bind="0.0.0.0:443", protocol="http", tlsImplicit=True),
                              **system(proxyTrustedNetworks=["127.0.0.1"])}, [("proxy-lockout", "NetworkListener/a")]),
    ("[::] has ::1", {**listener(bind="[::]:443", protocol="http", tlsImplicit=True),
                      **system(proxyTrustedNetworks=["127.0.0.1"])}, []),
    ("a second way", {**listeners(a={"bind": "10.0.0.5:443", "protocol": "http", "tlsImplicit": True},
                                  b={"bind": "127.0.0.1:8080", "protocol": "http"}),
                      **system(proxyTrustedNetworks=["10.0.0.0/8"])}, []),
    ("none", {**listener(bind="10.0.0.5:443", protocol="http", tlsImplicit=True),
              **system(proxyTrustedNetworks=["10.0.0.0/8"])}, [("proxy-lockout", "NetworkListener/a")]),
    ("a server's own listeners", system(proxyTrustedNetworks=["127.0.0.1", "::1"]),
     [("proxy-lockout", "SystemSettings/proxyTrustedNetworks")]),
    ("with the usual proxy", system(proxyTrustedNetworks=["10.0.0.9"]), []),

    # passwords in the clear
    ("plain text for IMAP, with a server's own listeners", {"Imap": {"allowPlainTextAuth": True}},
     [("cleartext-auth", "Imap/allowPlainTextAuth")]),
    ("where all is implicit TLS", {"Imap": {"allowPlainTextAuth": True}, **listener(protocol="imap", tlsImplicit=True)}, []),
    ("plain for everybody", sasl(otherwise="[plain, login]"), [("cleartext-auth", "MtaStageAuth/saslMechanisms")]),
    ("plain with TLS", sasl(("local_port != 25 && is_tls", "[plain, login]"), otherwise="[oauthbearer]"), []),
    ("plain behind a branch that has none", sasl(("!is_tls", "false"), otherwise="[plain, login]"), []),
    *[(f"plain where TLS is not: {text}", sasl((text, "[plain, login]")), [("cleartext-auth", "MtaStageAuth/saslMechanisms")])
      for text in ("!is_tls", "is_tls == false", "is_tls==0")],
    ("and what comes later is behind TLS", sasl(("is_tls == false", "[oauthbearer]"), otherwise="[plain, login]"), []),
    ("the other order", sasl(("is_tls", "[plain]"), otherwise="[login]"),
     [("cleartext-auth", "MtaStageAuth/saslMechanisms")]),
    ("tokens in the clear", sasl(otherwise="[oauthbearer]"), []),
    ("LDAP elsewhere", ldap(url="ldap://ldap.example.org:389"), [("cleartext-auth", "Directory/x/url")]),
    ("LDAP in capitals", ldap(url="LDAP://ldap.example.org:389"), [("cleartext-auth", "Directory/x/url")]),
    ("LDAP with StartTLS", ldap(url="ldap://ldap.example.org:389", useTls=True), []),
    ("LDAPS", ldap(url="ldaps://ldap.example.org:636"), []),
    ("LDAP here, or in the same network of containers", ldap(url="ldap://openldap:1389"), []),

    # relaying
    ("everybody may relay", relaying(otherwise="true"), [("open-relay", "MtaStageRcpt/allowRelaying")]),
    ("whoever claims a sender", relaying(otherwise="sender_domain == 'example.org'"),
     [("open-relay", "MtaStageRcpt/allowRelaying")]),
    ("every network, which a server has no prefix for", relaying(("is_ip_in_cidr(remote_ip, '0.0.0.0/0')", "true")),
     [("expression-constant", "MtaStageRcpt/allowRelaying/match/0/if")]),
    ("all but every network", relaying(("!is_ip_in_cidr(remote_ip, '::/0')", "true")),
     [("expression-constant", "MtaStageRcpt/allowRelaying/match/0/if"), ("open-relay", "MtaStageRcpt/allowRelaying")]),
    ("after a login", relaying(), []),
    ("from our own network", relaying(("is_ip_in_cidr(remote_ip, '10.0.0.0/8')", "true")), []),
    *[(f"a condition held against a truth: {text}", relaying((text, "true"), otherwise="false"), []) for text in (
        "is_empty(authenticated_as) == false", "0 == is_empty(authenticated_as)", "is_empty(authenticated_as) != true",
        "!is_empty(authenticated_as) == true", "is_ip_in_cidr(remote_ip, '10.0.0.0/8') != false", "is_local_domain(rcpt_domain) == 1")],
    *[(f"which is open: {text}", relaying((text, "true"), otherwise="false"), [("open-relay", "MtaStageRcpt/allowRelaying")])
      for text in ("is_local_domain(rcpt_domain) == false", "is_empty(authenticated_as) == true", "1 != !is_empty(authenticated_as)")],
    ("for a domain that we are the backup of", relaying(("rcpt_domain == 'example.net'", "true")), []),
    ("the other way round", relaying(("is_empty(authenticated_as)", "false"), otherwise="true"), []),
    ("nobody", relaying(otherwise="false"), []),
    *[(f"strangers relay by {text}", relaying(otherwise=text), [("open-relay", "MtaStageRcpt/allowRelaying")]) for text in (
        "1", "!false", "true || is_tls", "is_tls", "is_empty(authenticated_as)", "authenticated_as == ''", "authenticated_as != 'x'",
        "!is_empty(authenticated_as) || sender_domain == 'example.org'", "!is_local_domain(rcpt_domain)", "remote_ip != '192.0.2.1'",
        "rcpt_domain != 'example.org' && helo_domain == 'x'", "if_then(is_tls, true, false)", "!ends_with(remote_ip, '.1')",
        "matches('example', sender)", "country == 'DE'", "len(authenticated_as) == 0",
        "!(sender_domain == 'x' && is_empty(sender))")],
    *[(f"strangers do not relay by {text}", relaying(otherwise=text), []) for text in (
        "0", "!true", "authenticated_as != ''", "len(authenticated_as) != 0", "ends_with(authenticated_as, '@example.org')",
        "is_tls && !is_empty(authenticated_as)", "is_local_domain(rcpt_domain)", "remote_ip == '192.0.2.1' || remote_ip == '192.0.2.2'",
        "contains(['a.example', 'b.example'], rcpt_domain)", "key_exists('relay', remote_ip)", "local_port == 587",
        "if_then(is_empty(authenticated_as), false, true)", "sender_domain == rcpt_domain", "asn == 64512", "starts_with(remote_ip, '10.')",
        "!(is_empty(authenticated_as) && remote_ip != '192.0.2.1')", "listener != 'smtp'")],
    ("nobody knows who is meant", relaying(("remote-ip", "true")),
     [("expression-name", "MtaStageRcpt/allowRelaying/match/0/if"), ("expression-context", "MtaStageRcpt/allowRelaying/match/0/if")]),
    ("who gets at the port for mail", {**relaying(("local_port == 25", "true")), **listener(bind=["[::]:25"])},
     [("open-relay", "MtaStageRcpt/allowRelaying")]),
    ("which a server opens by itself", relaying(("is_tls && 25 == local_port", "true")), [("open-relay", "MtaStageRcpt/allowRelaying")]),
    ("but not from outside", {**relaying(("local_port == 25", "true")), **listener(bind=["10.0.0.1:25"])}, []),
    ("a choice in a choice in a choice", relaying(otherwise="if_then(" * 60 + "is_tls" + ", true, false)" * 60),
     [("open-relay", "MtaStageRcpt/allowRelaying")]),
    ("strangers, by what is left to them", relaying(("rcpt_domain == 'example.org'", "true"), ("is_tls", "true")),
     [("open-relay", "MtaStageRcpt/allowRelaying")]),
    ("and not what comes behind", relaying(("is_empty(authenticated_as)", "is_local_domain(rcpt_domain)"), otherwise="true"), []),

    # blocked addresses
    ("a trusted proxy is blocked", {**blocked("192.0.2.0/24"), **system(proxyTrustedNetworks=["192.0.2.0/25"])},
     [("blocked-proxy", "BlockedIp/192.0.2.0/24/address")]),
    ("a part of the proxies", {**blocked("192.0.2.0/26"), **system(proxyTrustedNetworks=["192.0.2.0/25"])}, []),
    ("a listener's own, by the mapped form", {**blocked("::ffff:192.0.2.0/120"), **listener(
        overrideProxyTrustedNetworks=["192.0.2.7"]), "AllowedIp": [{"address": "192.0.2.0/23"}]},
     [("blocked-proxy", "BlockedIp/::ffff:192.0.2.0/120/address")]),
    ("a private range", blocked("192.168.0.0/16"), [("blocked-private", "BlockedIp/192.168.0.0/16/address")]),
    ("a part of one as mapped addresses", blocked("::ffff:10.1.0.0/112"), [("blocked-private", "BlockedIp/::ffff:10.1.0.0/112/address")]),
    ("Docker's own", blocked("172.17.0.0/16"), [("blocked-private", "BlockedIp/172.17.0.0/16/address")]),
    ("one private address", blocked("192.168.1.77"), []),
    ("a private network", blocks("192.168.1.77", "192.168.1.78", "192.168.2.0/24", "192.168.3.0/24", "192.167.1.0/24"),
     [("blocked-private", "BlockedIp/192.168.2.0/24/address")]),
    ("one that is allowed all the same", {**blocks("10.1.0.0/16"), "AllowedIp": [{"address": "10.0.0.0/8"}]}, []),
    ("of IPv6", blocks("fd00::1", "fd12::/48", "fe00::/16"), [("blocked-private", "BlockedIp/fd12::/48/address")]),
    ("Docker's and what it lies in", blocks("172.17.0.0/16", "172.16.0.0/12"),
     [("blocked-private", "BlockedIp/172.16.0.0/12/address"), ("blocked-private", "BlockedIp/172.17.0.0/16/address")]),
    ("addresses of providers' networks", blocked("100.64.0.0/10"), [("blocked-private", "BlockedIp/100.64.0.0/10/address")]),
    ("a part of them", blocks("100.64.8.0/24", "169.254.1.0/24"), []),
    ("a private network that has ended", {"BlockedIp": [{"address": "10.1.0.0/16", "expiresAt": "2026-01-01T00:00:00Z"}]},
     [], "--now", "2026-01-01T00:00:00Z"),
    ("this host", blocked("127.0.0.1"), [("blocked-private", "BlockedIp/127.0.0.1/address")]),
    ("an allowed address", blocked("192.0.2.0/24", "192.0.2.7"), [("blocked-allowed", "BlockedIp/192.0.2.0/24/address")]),
    ("the same in both lists", blocked("2001:db8::/32", "2001:db8::/32"),
     [("blocked-allowed", "BlockedIp/2001:db8::/32/address")]),
    ("a blocked address in an allowed network", blocked("192.0.2.7", "192.0.2.0/24"), []),
    ("a block that has ended", {"BlockedIp": [{"address": "192.0.2.0/24", "expiresAt": "2026-01-01T00:00:00Z"}],
                                "AllowedIp": [{"address": "192.0.2.7"}]}, [], "--now", "2026-01-01T00:00:00Z"),
    ("and one that is about to", {"BlockedIp": [{"address": "192.0.2.0/24", "expiresAt": "2026-01-01T00:00:00Z"}],
                                  "AllowedIp": [{"address": "192.0.2.7"}]},
     [("blocked-allowed", "BlockedIp/192.0.2.0/24/address")], "--now", "2025-12-31T23:59:59Z"),
    ("the wider one counts where the narrow one has ended", {
        "BlockedIp": [{"address": "192.0.2.0/24", "expiresAt": "2020-01-01T00:00:00Z"}, {"address": "192.0.0.0/16"}],
        "AllowedIp": [{"address": "192.0.2.7"}]}, [("blocked-allowed", "BlockedIp/192.0.0.0/16/address")]),
    ("a listener's own proxy can be banned", listener(overrideProxyTrustedNetworks=["192.0.2.7"]),
     [("bannable-proxy", "NetworkListener/a/overrideProxyTrustedNetworks")]),
    ("once for a network and what lies in it, on however many listeners", listeners(**{
        name: {"bind": f"192.0.2.1:{port}", "overrideProxyTrustedNetworks": ["192.0.2.7", "192.0.2.0/24"]}
        for name, port in (("a", 2525), ("b", 2526))}), [("bannable-proxy", "NetworkListener/a/overrideProxyTrustedNetworks")]),
    ("and once for a blocked one", {**blocked("192.0.2.0/25", "192.0.2.128/25", "192.0.2.7"), **listeners(**{
        name: {"bind": f"192.0.2.1:{port}", "overrideProxyTrustedNetworks": ["192.0.2.7"]}
        for name, port in (("a", 2525), ("b", 2526))})},
     [("blocked-allowed", "BlockedIp/192.0.2.0/25/address"), ("blocked-proxy", "BlockedIp/192.0.2.0/25/address")]),
    ("not when it is allowed", {**listener(overrideProxyTrustedNetworks=["192.0.2.7"]), "AllowedIp": [{"address": "192.0.2.0/24"}]}, []),
    ("nor when the whole server trusts it", {**listener(overrideProxyTrustedNetworks=["192.0.2.7"]),
                                             **system(proxyTrustedNetworks=["192.0.2.0/24"])}, []),
    ("nor without bans", {**listener(overrideProxyTrustedNetworks=["192.0.2.7"]), "Security": {
        "authBanRate": None, "abuseBanRate": None, "loiterBanRate": None, "scanBanRate": None}}, []),

    # what nothing uses
    ("a certificate on a listener with TLS", {**listener(), **CERTIFICATE}, []),
    ("a certificate and a server's own listeners", CERTIFICATE, []),
    ("a directory of one domain", {"Domain": {"d": {"name": "example.org", "directoryId": "#x"}},
                                   "Directory": {"x": {"@type": "Ldap", "baseDn": "dc=x", "description": "x"}}},
     [("enterprise", "Domain/d/directoryId")]),
    ("a directory in a fragment", {**DOMAIN, "Directory": {"x": {
        "@type": "Ldap", "baseDn": "dc=x", "description": "x"}}}, [], "--partial"),
    ("a route that is named", routes("relay", **{"else": "'relay'", "match": []}), []),
    ("behind the cases of the default, which name another", routes("relay", **{"else": "'relay'"}),
     [("expression-target", "MtaOutboundStrategy/route/match/0/then")]),
    ("as a text, which has no cases", {"MtaRoute": {"relay": {"@type": "Mx", "description": "r"}}, "MtaOutboundStrategy": {"route": "'relay'"}}, []),
    ("one that might be computed", routes("relay", **{"else": "key_get('routes', rcpt_domain)", "match": []}), []),
    ("another name", routes("relay", **{"else": "'relais'", "match": []}),
     [("expression-target", "MtaOutboundStrategy/route/else"), ("unused-route", "MtaRoute/relay")]),
    ("a route of the same name as a server's own", routes("mx", "local"), []),
    ("routes of one's own are all there are", routes("mx"), [("expression-target", "MtaRoute/mx")]),
    ("a schedule of one's own is the only one", {"MtaVirtualQueue": {"q": {}}, "MtaDeliverySchedule": {"s": {"queueId": "#q"}}},
     [("expression-target", "MtaDeliverySchedule/s")]),
    ("unless the default is not what is used", {"MtaVirtualQueue": {"q": {}}, "MtaDeliverySchedule": {"s": {"queueId": "#q"}},
                                                "MtaOutboundStrategy": {"schedule": "'s'"}}, []),
    ("or it is a fragment", {"MtaConnectionStrategy": {"c": {}}}, [], "--partial"),

    # constants of conditions
    *[(f"never: {text}", relaying((text, "is_local_domain(rcpt_domain)")), [("expression-constant", CONDITION)]) for text in (
        "is_ip_in_cidr(remote_ip, '10.0.0.0/40')", "is_ip_in_cidr(remote_ip, '10.0.0.0/7')", "is_ip_in_cidr(remote_ip, 'office')",
        "!(is_tls && is_ip_in_cidr(remote_ip, '2001:db8::/129'))", "remote_ip == '10.0.0.0/8'", "'2001:DB8::1' == remote_ip",
        "local_ip != 'mx.example.org'", "contains(['10.0.0.1', '10.0.0.0/8'], remote_ip)", "is_tls == 'true'", "protocol == 'SMTP'",
        "local_port == 'smtp'", "eq_ignore_case(protocol, 'manage-sieve')", "protocol != 'esmtp'", "if_then(protocol == 'x', 1, 0)")],
    *[(f"perhaps: {text}", relaying((text, "is_local_domain(rcpt_domain)")), []) for text in (
        "is_ip_in_cidr(remote_ip, '10.0.0.0/8')", "is_ip_in_cidr(remote_ip, '2001:db8::1')", "is_ip_in_cidr(remote_ip, sender)",
        "remote_ip == '2001:db8::1'", "remote_ip != ''", "starts_with(remote_ip, '10.')", "is_tls == true", "protocol == 'lmtp'",
        "local_port == '25'", "eq_ignore_case(protocol, 'SMTP')", "sender == '10.0.0.0/8'", "listener == 'smtp'", "listener != '_local'",
        "listener == sender", "starts_with(listener, 'smtpp')", "contains(['smtp', 'submissions'], listener)")],
    ("a method in small letters", {"Http": {"allowedEndpoints": "if_then(method == 'get', 200, 404)"}},
     [("expression-constant", "Http/allowedEndpoints/else")]),
    ("methods there may be", {"Http": {"allowedEndpoints": "if_then(method == 'GET' || method == 'REPORT', 200, 404)"}}, []),
    ("a listener that is not there", relaying(("listener == 'smtpp'", "is_local_domain(rcpt_domain)")),
     [("expression-target", CONDITION)]),
    ("among those that are", {**listener(), **relaying(("contains(['a', 'smtp'], listener)", "is_local_domain(rcpt_domain)"))},
     [("expression-target", CONDITION)]),
    ("a listener of a fragment", relaying(("listener == 'smtpp'", "is_local_domain(rcpt_domain)")), [], "--partial"),

    # selectors
    ("two keys with one selector", signatures(("a", "Dkim1RsaSha256", "#d"), ("A", "Dkim1Ed25519Sha256", "#d")),
     [("dkim-selector", "DkimSignature/s1/selector")]),
    ("with two", signatures(("a", "Dkim1RsaSha256", "#d"), ("b", "Dkim1Ed25519Sha256", "#d")), []),
    ("of two domains", signatures(("a", "Dkim1RsaSha256", "#d"), ("a", "Dkim1RsaSha256", "#e")), []),
    ("of two versions", signatures(("a", "Dkim1RsaSha256", "#d"), ("a", "Dkim2RsaSha256", "#d")), []),
    *[(f"the selector {text!r}", signatures((text, "Dkim1RsaSha256", "#d")), expected) for text, expected in (
        ("2026-a_b.c", []), ("a b", [("dkim-selector", "DkimSignature/s0/selector")]), ("a..b", [("dkim-selector", "DkimSignature/s0/selector")]),
        ("\u00e4", [("dkim-selector", "DkimSignature/s0/selector")]), ("a" * 63, []),
        ("a" * 64, [("dkim-selector", "DkimSignature/s0/selector")]), ("a.", [("dkim-selector", "DkimSignature/s0/selector")]))],

    # names
    ("a container's name", system(defaultHostname="3F2A9C01BE77.lan"), [("container-hostname", "SystemSettings/defaultHostname")]),
    ("a host called so in hexadecimal, and shorter", system(defaultHostname="cafe.example.org"), []),
    ("an address", system(defaultHostname="192.0.2.1"), []),
    ("macros of a file", {"Domain": {"d": {"name": "example.org", "description": "%{file:/etc/x}%"}}},
     [("env-macro", "Domain/d/description")]),
    ("a percent sign", {"Domain": {"d": {"name": "example.org", "description": "100 %{x}% %{metric}%"}}}, []),
    ("accounts, but no postmaster", {**DOMAIN, **account()}, [("no-postmaster", "Domain/d")]),
    ("postmaster", {**DOMAIN, **account("postmaster")}, []),
    ("an alias", {**DOMAIN, **account(aliases=[{"name": "Postmaster", "domainId": "#d"}])}, []),
    ("an alias that is off", {**DOMAIN, **account(aliases=[{"name": "postmaster", "domainId": "#d", "enabled": False}])},
     [("no-postmaster", "Domain/d")]),
    ("aliases of a domain as mail has them", {"Domain": {"d": {"name": "example.org", "aliases": ["example.net", "xn--bcher-kva.de", "mx_1.lan"]}}}, []),
    ("aliases that mail never has", {"Domain": {"d": {"name": "example.org", "aliases": ["bücher.de", "Example.net", "example.com.", "a b"]}}},
     [("domain-alias", "Domain/d/aliases")] * 4),
    ("a list", {**DOMAIN, **account(), "MailingList": {"l": {"name": "postmaster", "domainId": "#d"}}}, []),
    ("a catch-all", {"Domain": {"d": {"name": "example.org", "catchAllAddress": "joe@example.org"}}, **account()}, []),
    ("accounts that a directory has", {**DOMAIN, **account(), **ldap()}, []),
    ("no accounts at all", DOMAIN, []),

    # databases and directories
    ("question marks for PostgreSQL", sql("PostgreSql", queryLogin="SELECT 1 WHERE name = ?"),
     [("sql-placeholder", "Directory/x/queryLogin")]),
    ("its own operator", sql("PostgreSql", queryLogin="SELECT 1 WHERE name = $1 AND data ? 'mail'"), []),
    ("a quoted one", sql("PostgreSql", queryLogin="SELECT '?' WHERE name = $1"), []),
    ("a backslash that ends a text", sql("PostgreSql", queryLogin="SELECT 1 WHERE a LIKE '%\\' || $1 AND b <> 'why?'"), []),
    ("one in a comment", sql("PostgreSql", queryLogin="SELECT 1 -- who?\nWHERE name = 'x' /* ? */"), []),
    ("behind a comment", sql("PostgreSql", queryLogin="SELECT 1 -- who\nWHERE name = ?"), [("sql-placeholder", "Directory/x/queryLogin")]),
    ("behind a quote that is doubled", sql("PostgreSql", queryLogin="SELECT 'it''s' WHERE name = ?"),
     [("sql-placeholder", "Directory/x/queryLogin")]),
    ("a quote behind a backslash in MySQL", sql("MySql", **{**QUESTION, "queryLogin": "SELECT 'it\\'s $1' WHERE name = ?"}), []),
    ("the defaults for MySQL", sql("MySql"), [("sql-placeholder", "Directory/x/" + f) for f in (
        "queryEmailAliases", "queryLogin", "queryMemberOf", "queryRecipient")]),
    ("question marks for MySQL", sql("MySql", **QUESTION), []),
    ("either for SQLite", sql("Sqlite", queryLogin="SELECT 1 WHERE name = ?"), []),
    ("the data store's database", {**directory("Sql", queryLogin="SELECT 1 WHERE name = ?"), "DataStore": {
        "@type": "PostgreSql", "host": "h", "database": "d"}}, [("sql-placeholder", "Directory/x/queryLogin")]),
    ("a pool whose minimum is the default's", {"DataStore": {"@type": "MySql", "host": "h", "database": "d",
                                                             "poolMaxConnections": 4}},
     [("min-above-max", "DataStore")]),
    ("equal bounds", {"DataStore": {"@type": "MySql", "host": "h", "database": "d", "poolMinConnections": 10}}, []),
    ("a pool of a directory's own", directory("Sql", **QUESTION, store={
        "@type": "MySql", "host": "h", "database": "d", "poolMinConnections": 11}), [("min-above-max", "Directory/x/store")]),
    ("binding as the user, anonymously before", ldap(), []),
    ("reading passwords, as somebody", ldap(bindAuthentication=False, bindDn="cn=x", bindSecret={
        "@type": "File", "filePath": "/s"}), []),
    ("reading passwords from nowhere", ldap(bindAuthentication=False, attrSecret=[], bindDn="cn=x", bindSecret={
        "@type": "File", "filePath": "/s"}), [("ldap-bind", "Directory/x/attrSecret")]),
    ("reading them anonymously", ldap(bindAuthentication=False), [("ldap-bind", "Directory/x/bindAuthentication")]),
    ("a secret for nobody", ldap(bindSecret={"@type": "File", "filePath": "/s"}), [("ldap-bind", "Directory/x/bindSecret")]),
]


def warnings(done):
    return sorted((d["code"], d.get("path")) for d in done.diagnostics if d["severity"] != "note")


def cases(tap):
    for what, configuration, expected, *more in CASES:
        done = stwctest.check_text(json.dumps(configuration), "--from", "json", *more)
        tap.equal(warnings(done), sorted(expected), what)


PLAIN = {"name": "smtp", "bind": {"127.0.0.1:2525": True}, "useTls": False}
LDAP = {"@type": "Ldap", "description": "people", "url": "ldaps://ldap.example.org", "baseDn": "dc=example",
        "filterMailbox": "(mail=?)"}
ROUTE = {"@type": "Relay", "name": "relay", "address": "relay.example.org"}


def op(verb, kind, value=None, **more):
    return {"@type": verb, "object": kind, **({} if value is None else {"value": value}), **more}


# A plan shows what it changes, and the server has more: what it shows, operations, warnings.
FRAGMENTS = [
    ("a certificate beside a listener", [op("create", "Certificate", CERTIFICATE["Certificate"]),
                                         op("create", "NetworkListener", {"l": PLAIN})], []),
    ("with the only listeners", [op("create", "Certificate", CERTIFICATE["Certificate"]),
                                 op("reconcile", "NetworkListener", {"l": PLAIN})], ["unused-certificate"]),
    ("with those of a kind", [op("create", "Certificate", CERTIFICATE["Certificate"]),
                              op("reconcile", "NetworkListener", {"l": PLAIN}, scope={"protocol": "smtp"})], []),
    ("after the others were destroyed", [op("create", "Certificate", CERTIFICATE["Certificate"]),
                                         op("destroy", "NetworkListener"),
                                         op("create", "NetworkListener", {"l": PLAIN})], ["unused-certificate"]),
    ("after some were", [op("create", "Certificate", CERTIFICATE["Certificate"]),
                         op("destroy", "NetworkListener", {"name": "x"}),
                         op("create", "NetworkListener", {"l": PLAIN})], []),
    ("a directory", [op("create", "Directory", {"p": LDAP})], []),
    ("beside a domain", [op("create", "Directory", {"p": LDAP}), op("create", "Domain", {"d": {"name": "example.org"}})], []),
    ("beside other logins", [op("create", "Directory", {"p": LDAP}), op("update", "Authentication", {"passwordMinLength": 9})],
     []),
    ("where logins go elsewhere", [op("create", "Directory", {"p": LDAP}),
                                   op("update", "Authentication", {"directoryId": None})], ["unused-directory"]),
    ("a route", [op("create", "MtaRoute", {"r": ROUTE})], []),
    ("beside other strategies", [op("create", "MtaRoute", {"r": ROUTE}),
                                 op("update", "MtaOutboundStrategy", {"schedule": {"else": "'remote'"}})], []),
    ("where mail goes another way", [op("create", "MtaRoute", {"r": ROUTE}),
                                     op("update", "MtaOutboundStrategy", {"route": {"else": "'mx'"}})], ["unused-route"]),
    ("proxies without listeners", [op("update", "SystemSettings", {"proxyTrustedNetworks": {"::/8": True, "127.0.0.0/8": True}})],
     []),
    ("a route that the server may have", [op("create", "MtaRoute", {"r": ROUTE}),
                                          op("update", "MtaOutboundStrategy", {
                                              "route": {"match": {"0": {"if": "rcpt_domain == 'a'", "then": "'mx'"},
                                                                  "1": {"if": "rcpt_domain == 'b'", "then": "'other'"}},
                                                        "else": "'relay'"}})], []),
    ("a route that was meant", [op("create", "MtaRoute", {"r": ROUTE}),
                                op("update", "MtaOutboundStrategy", {"route": {"else": "'rlay'"}})],
     ["expression-target", "unused-route"]),
    ("a route where all are shown", [op("reconcile", "MtaRoute", {"r": ROUTE}),
                                     op("update", "MtaOutboundStrategy", {"route": {"match": {
                                         "0": {"if": "rcpt_domain == 'a'", "then": "'mx'"}}, "else": "'relay'"}})],
     ["expression-target"]),
]


def fragments(tap):
    for name, plan, want in FRAGMENTS:
        text = "".join(json.dumps(line) + "\n" for line in plan)
        done = stwctest.check_text(text, "--from", "ndjson", "--level", "cleartext-listener=off")
        tap.equal((done.codes(), sorted(done.codes("warning"))), ([], want), f"in a plan: {name}")


def places(tap):
    done = stwctest.check_files({"a.toml": '[BlockedIp."192.0.2.0/24"]\n\n[AllowedIp."192.0.2.7"]\n'})
    tap.equal([(d["line"], [r["line"] for r in d["related"]]) for d in done.diagnostics], [(1, [3])],
              "a block shows the allowed address")
    done = stwctest.check_files({"a.toml": '[NetworkListener.a]\nbind = "[::]:2525"\n\n[NetworkListener.b]\n'
                                           'bind = "192.0.2.1:2525"\n'})
    tap.equal([(d["line"], [r["line"] for r in d["related"]]) for d in done.diagnostics], [(5, [2])],
              "an address shows the wildcard")


# TOML or YAML, codes that are left
ALLOWANCES = [
    ("on its line", "a.toml", '[Imap]\nallowPlainTextAuth = true # stwc: allow cleartext-auth: a lab\n', []),
    ("above the entry", "a.toml", '[Imap]\n# stwc: allow cleartext-auth: a lab\n\n# more\nallowPlainTextAuth = true\n', []),
    ("above the table", "a.toml", '# stwc: allow cleartext-auth: a lab\n[Imap]\nallowPlainTextAuth = true\n', []),
    ("above a table with another in it", "a.toml",
     '# stwc: allow no-tls-version: a lab\n[NetworkListener]\n[NetworkListener.a]\nbind = "127.0.0.1:2525"\n'
     'tlsDisableProtocols = ["tls12", "tls13"]\n', []),
    ("not in the table after it", "a.toml",
     '# stwc: allow cleartext-auth: a lab\n[Domain."example.org"]\n\n[Imap]\nallowPlainTextAuth = true\n',
     ["cleartext-auth", "unused-allowance"]),
    ("a value of several lines", "a.toml",
     '[NetworkListener.a]\nbind = "127.0.0.1:2525"\n# stwc: allow duplicate-member: a lab\n'
     'tlsDisableProtocols = [\n  "tls12",\n  "tls12",\n]\n', []),
    ("in YAML, on its line", "a.yaml", 'Imap:\n  allowPlainTextAuth: true # stwc: allow cleartext-auth: a lab\n', []),
    ("in YAML, above the type", "a.yaml", '# stwc: allow cleartext-auth: a lab\nImap:\n  allowPlainTextAuth: true\n', []),
    ("in YAML, not beyond the entry", "a.yaml",
     '# stwc: allow cleartext-auth: a lab\nSecurity: {}\nImap:\n  allowPlainTextAuth: true\n',
     ["cleartext-auth", "unused-allowance"]),
    ("in YAML, a member of a list", "a.yaml",
     'MtaRoute:\n  # stwc: allow unused-route: later\n\n'
     '  - "@type": Relay\n    name: a\n    address: a.example.org\n', [], "--level", "expression-target=off"),
    ("in the 0.15 settings", "a.toml",
     '[server]\nhostname = "mail.example.org"\nsocket.linger = 5 # stwc: allow setting-not-carried: later\n', []),
    ("in a text it is none", "a.toml", '[Domain."example.org"]\ndescription = "x # stwc: allow nothing"\n', []),
    ("in a text of several lines", "a.toml", '[Domain."example.org"]\ndescription = """\n# stwc: allow x\n"""\n', []),
    ("in a block of YAML", "a.yaml", 'Domain:\n  example.org:\n    description: |\n      # stwc: allow x\n', []),
    ("without a reason", "a.toml", '[Imap]\nallowPlainTextAuth = true # stwc: allow cleartext-auth:  \n',
     ["allowance", "cleartext-auth"]),
    ("of an error", "a.toml", '[Imap]\nallowPlainTextAuht = true # stwc: allow unknown-field: no\n',
     ["allowance", "unknown-field"]),
    ("of what is off", "a.toml", '# stwc: allow open-relay: no\n[Imap]\n', [], "--level", "open-relay=off"),
    ("of what was made an error", "a.toml", '[Imap]\nallowPlainTextAuth = true # stwc: allow cleartext-auth: a lab\n',
     ["cleartext-auth"], "--level", "cleartext-auth=error"),
    ("of what --for stwd says", "a.toml", '# stwc: allow not-enacted: on purpose\n[Imap]\nmaxConcurrent = 5\n', []),
    ("with it", "a.toml", '# stwc: allow not-enacted: on purpose\n[Imap]\nmaxConcurrent = 5\n', [], "--for", "stwd"),
    ("in a fragment", "a.toml", '# stwc: allow open-relay: for the whole\n[Imap]\n', [], "--partial"),
]


# a line of a Domain in YAML, the codes
COMMENTS = [
    ("directoryId: #ldap", ["yaml-comment"]), ("directoryId:     #ldap # the old one", ["yaml-comment"]),
    ("directoryId: # none yet", []), ("directoryId: null #ldap", []), ("directoryId: ~ #ldap", []), ("directoryId:", []),
    ("directoryId: ## none", []), ("description: #later", []), ("directoryId: #ldap\n    # stwc: allow no-domain: x", ["yaml-comment"]),
]


def comments(tap):
    for line, want in COMMENTS:
        text = f"Domain:\n  example.org:\n    catchAllAddress: a@example.org\n    {line}\n"
        done = stwctest.check_files({"a.yaml": text}, "--level", "unused-allowance=off")
        tap.equal([(d["code"], d["line"]) for d in done.diagnostics], [(code, 4) for code in want], f"YAML: {line!r}")
    done = stwctest.check_files({"a.yaml": "Role:\n  r:\n    description: x\n    roleIds: #admin\n"})
    tap.equal([(d["code"], "\"#admin\"" in d["hint"]) for d in done.diagnostics], [("null-value", True)], "what cannot be null")


def allowances(tap):
    for what, name, text, expected, *more in ALLOWANCES:
        done = stwctest.check_files({name: text}, *more)
        tap.equal(sorted(d["code"] for d in done.diagnostics), expected, f"an allowance {what}")
    many = "".join(f'[MtaRoute.r{i}]\n"@type" = "Mx" # stwc: allow unused-route: later\n' for i in range(80))
    done = stwctest.check_files({"a.toml": many.replace('"@type" = "Mx" #', '#')})
    tap.ok(done.summary["errors"] == 80, "eighty errors are none the fewer")
    many = "".join(f'[MtaRoute.r{i}] # stwc: allow unused-route: later\n"@type" = "Mx"\n' for i in range(80))
    done = stwctest.check_files({"a.toml": many}, "--level", "expression-target=off")
    tap.equal((done.diagnostics, done.summary["warnings"]), ([], 0), "eighty allowances, beyond --max-errors")


def main():
    tap = stwctest.Tap()
    cases(tap)
    comments(tap)
    fragments(tap)
    places(tap)
    allowances(tap)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
