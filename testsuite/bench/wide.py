#!/usr/bin/env python3
"""Writes a wide configuration for timing: many small objects of several types that refer to each other.

    wide.py COUNT toml|yaml|json > FILE

Of ten objects three are listeners, two domains, three users, one a group and one a schedule with a
queue of its own, so that every kind of value occurs: numbers, durations, sets, lists, maps, nested
objects, unions, expressions, references by client id and by key. Nothing is wrong or to be warned
of; the proxies that the listeners trust are allowed, for one.
"""
import json
import sys

PROXIES = ["10.0.0.0/8", "2001:db8::/32"]


def listener(i):
    return {"bind": [f"127.0.{i >> 8 & 255}.{i & 255}:{1024 + i % 60000}", f"[2001:db8::{i & 0xffff:x}]:2525"],
            "protocol": ("smtp", "imap", "http")[i % 3], "maxConnections": 100 + i % 1000, "useTls": i % 2 == 0,
            "tlsTimeout": 60000, "overrideProxyTrustedNetworks": PROXIES}


def domain(i):
    return {"name": f"d{i}.example.org", "aliases": [f"a{i}.example.net"], "description": f"Domain number {i}",
            "catchAllAddress": f"all@d{i}.example.org",
            "subAddressing": {"@type": "Custom", "customRule": {"match": {"0": {"if": "rcpt == 'a'", "then": "rcpt"}},
                                                                "else": "rcpt"}}}


def group(i):
    return {"@type": "Group", "name": f"g{i}", "domainId": "#d0", "quotas": {"maxDiskQuota": 1000000 + i}}


def user(i):
    return {"@type": "User", "name": f"u{i}", "domainId": f"#d{i // 3 * 2}.example.org" if i % 2 else f"#d{i // 3}",
            "memberGroupIds": [f"#g{i // 3}"], "description": f"User number {i}",
            "aliases": [{"name": f"alias{i}", "domainId": "#d0"}]}


def schedule(i):
    return {"queueId": "#local", "retry": {"@type": "Default"}, "notify": {"@type": "Default"},
            "expiry": {"@type": "Ttl", "expire": 86400000 + i}}


def build(count):
    tens = count // 10
    accounts = {f"g{i}": group(i) for i in range(tens)}
    accounts.update({f"u{i}": user(i) for i in range(3 * tens)})
    return {"NetworkListener": {f"l{i}": listener(i) for i in range(3 * tens)},
            "Domain": {f"d{i}": domain(i) for i in range(2 * tens)},
            "Account": accounts,
            "AllowedIp": {"p4": {"address": PROXIES[0]}, "p6": {"address": PROXIES[1]}},
            "MtaDeliverySchedule": {name: schedule(i) for i, name in
                                    enumerate(["local", "dsn", "remote", *(f"s{i}" for i in range(tens))])}}


def inline(value):
    """A value in TOML, which is that of JSON but for maps."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {inline(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(inline(v) for v in value) + "]"
    return json.dumps(value)


def write_toml(objects, out):
    for kind, bodies in objects.items():
        for name, body in bodies.items():
            out.write(f"[{kind}.{name}]\n")
            out.writelines(f"{json.dumps(k) if k.startswith('@') else k} = {inline(v)}\n" for k, v in body.items())
            out.write("\n")


def write_yaml(objects, out):
    for kind, bodies in objects.items():
        out.write(f"{kind}:\n")
        for name, body in bodies.items():
            out.write(f"  {name}:\n")
            out.writelines(f"    {json.dumps(k)}: {json.dumps(v)}\n" for k, v in body.items())


def write_json(objects, out):
    json.dump(objects, out, indent=1)
    out.write("\n")


def main():
    writers = {"toml": write_toml, "yaml": write_yaml, "json": write_json}
    if len(sys.argv) != 3 or not sys.argv[1].isdigit() or sys.argv[2] not in writers:
        sys.exit(__doc__)
    writers[sys.argv[2]](build(int(sys.argv[1])), sys.stdout)


if __name__ == "__main__":
    main()
