#!/usr/bin/env python3
"""Writes the inputs of the measurements; the same bytes every time.

    generate.py DIR [--addresses N] [--zones N] [--wide N[,N...]]

A million addresses as plan, as JSON document with its JSON Schema, as list, and as configuration of
nginx and HAProxy; zones for Knot; wide configurations in TOML, YAML and JSON; an ordinary file."""

import argparse
import json
import os
import random

import wide

SEED = 20240229
LINE_OBJECTS = 500
# not an address of the network, or of the machine that measures
NOT_LISTED = (0, 10, 127)


def addresses(count, changed=0):
    """Distinct IPv4 addresses in no order; the first `changed` of them are others than without."""
    numbers = random.Random(SEED)
    seen = set()
    while len(seen) < count + changed:
        address = numbers.randrange(0x01000000, 0xE0000000)
        if address >> 24 not in NOT_LISTED:
            seen.add(address)
    listed = sorted(seen)
    numbers.shuffle(listed)
    return ["%d.%d.%d.%d" % (a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255) for a in listed[changed:]]


def operation(first, listed):
    """One line of a plan: BlockedIp objects, as a snapshot of a server writes them."""
    bodies = ",".join('"ban%07d":{"address":"%s","reason":"manual"}' % (first + i, address)
                      for i, address in enumerate(listed))
    return '{"@type":"upsert","object":"BlockedIp","matchOn":["address"],"value":{%s}}' % bodies


def operations(listed):
    for first in range(0, len(listed), LINE_OBJECTS):
        yield operation(first, listed[first:first + LINE_OBJECTS])


def write_plan(path, listed):
    with open(path, "w", encoding="ascii") as out:
        out.writelines(line + "\n" for line in operations(listed))


def write_document(path, listed):
    """The same operations as one JSON document."""
    with open(path, "w", encoding="ascii") as out:
        for number, line in enumerate(operations(listed)):
            out.write((",\n" if number else "[\n") + line)
        out.write("\n]\n")


# What a validator is asked: shape, names, members of enumerations, and that addresses are some.
DOCUMENT_SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["@type", "object", "matchOn", "value"],
        "additionalProperties": False,
        "properties": {
            "@type": {"const": "upsert"},
            "object": {"const": "BlockedIp"},
            "matchOn": {"type": "array", "items": {"const": "address"}},
            "value": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["address"],
                    "additionalProperties": False,
                    "properties": {
                        "address": {"type": "string", "format": "ipv4"},
                        "reason": {"enum": ["rcptToFailure", "authFailure", "loitering", "portScanning",
                                            "manual", "other"]},
                    },
                },
            },
        },
    },
}

NGINX = """worker_processes auto;
pid %(dir)s/nginx.pid;
error_log %(dir)s/nginx.log;
events { worker_connections 4096; }
http {
	access_log off;
	geo $blocked {
		default 0;
		include %(dir)s/%(list)s;
	}
	include %(dir)s/nginx.generation;
}
"""
# in a file of its own, so that a reload can be told from the answer
NGINX_GENERATION = """server {
	listen 127.0.0.1:%(port)d backlog=4096;
	if ($blocked) { return 444; }
	location / { return 200 "generation %(generation)d\\n"; }
}
"""
HAPROXY = """global
	maxconn 4096
	stats socket %(dir)s/haproxy.sock expose-fd listeners
defaults
	mode http
	timeout client 30s
	timeout server 30s
	timeout connect 5s
frontend measured
	bind 127.0.0.1:%(port)d backlog 4096
	acl blocked src -f %(dir)s/%(list)s
	tcp-request connection reject if blocked
	http-request return status 200 content-type text/plain string "generation %(generation)d"
"""


def write_text(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def write_lists(folder, listed):
    """The list as others read it: one address a line, and the body of nginx's geo."""
    write_text(os.path.join(folder, "addresses.txt"), "".join(a + "\n" for a in listed))
    write_text(os.path.join(folder, "addresses.geo"), "".join(a + " 1;\n" for a in listed))
    for name in ("empty.txt", "empty.geo"):
        write_text(os.path.join(folder, name), "")


def write_nginx(folder, port, generation, listed="addresses.geo"):
    values = {"dir": folder, "port": port, "generation": generation, "list": listed}
    write_text(os.path.join(folder, "nginx.generation"), NGINX_GENERATION % values)
    path = os.path.join(folder, "nginx.conf")
    write_text(path, NGINX % values)
    return path


def write_haproxy(folder, port, generation, listed="addresses.txt"):
    path = os.path.join(folder, "haproxy.cfg")
    write_text(path, HAPROXY % {"dir": folder, "port": port, "generation": generation, "list": listed})
    return path


def write_zones(path, count, storage):
    """Knot: zones that refer to a remote server and to an access rule."""
    with open(path, "w", encoding="ascii") as out:
        out.write("database:\n    storage: %s\nremote:\n  - id: primary\n    address: 192.0.2.1\n" % storage)
        out.write("acl:\n  - id: notify-allow\n    address: 192.0.2.1\n    action: notify\nzone:\n")
        for i in range(count):
            out.write("  - domain: zone%06d.example.org\n    master: primary\n    acl: notify-allow\n" % i)


class Bodies:
    """A map too large to be held: its items are made when they are asked for."""

    def __init__(self, *parts):
        self.parts = parts  # (prefix of the name, function of the number, count)

    def items(self):
        for prefix, body, count in self.parts:
            for i in range(count):
                yield "%s%d" % (prefix, i), body(i)


def wide_objects(count):
    """What wide.build() gives, item by item."""
    tens = count // 10
    return {"NetworkListener": Bodies(("l", wide.listener, 3 * tens)),
            "Domain": Bodies(("d", wide.domain, 2 * tens)),
            "Account": Bodies(("g", wide.group, tens), ("u", wide.user, 3 * tens)),
            "MtaDeliverySchedule": Bodies(("s", wide.schedule, tens))}


def write_json_stream(objects, out):
    first_type = True
    for kind, bodies in objects.items():
        out.write("%s\n %s: {" % ("{" if first_type else ",", json.dumps(kind)))
        first_type = False
        first = True
        for name, body in bodies.items():
            out.write("%s\n  %s: %s" % ("" if first else ",", json.dumps(name), json.dumps(body)))
            first = False
        out.write("\n }")
    out.write("\n}\n")


WIDE_WRITERS = {"toml": wide.write_toml, "yaml": wide.write_yaml, "json": write_json_stream}


def write_wide(path, count, form):
    with open(path, "w", encoding="utf-8") as out:
        WIDE_WRITERS[form](wide_objects(count), out)


ORDINARY_HEAD = """# Our mail server: two domains, a handful of people, the usual services.

[SystemSettings]
defaultHostname = "mail.example.org"
defaultDomainId = "#example.org"
maxConnections = 4096

"""
ORDINARY_SERVICES = (("smtp", "smtp", 25), ("submission", "smtp", 587), ("submissions", "smtp", 465),
                     ("imap", "imap", 143), ("imaps", "imap", 993), ("pop3", "pop3", 110),
                     ("pop3s", "pop3", 995), ("sieve", "manageSieve", 4190), ("https", "http", 443))


def ordinary():
    """A file of 300 lines such as somebody keeps by hand, comments and all."""
    parts = [ORDINARY_HEAD]
    for name, protocol, port in ORDINARY_SERVICES:
        parts.append("# %s\n[NetworkListener.%s]\nprotocol = \"%s\"\nbind = [\"[::]:%d\"]\n%s\n"
                     % (name, name, protocol, port, "tlsImplicit = true\n" if name.endswith("s") else ""))
    for name in ("example.org", "example.net"):
        parts.append("[Domain.\"%s\"]\ndescription = \"Mail of %s\"\n\n" % (name, name))
    for i in range(24):
        domain = ("example.org", "example.net")[i % 2]
        parts.append("# person %d\n[Account.person%d]\n\"@type\" = \"User\"\nname = \"person%d\"\n"
                     "domainId = \"#%s\"\ndescription = \"Person number %d\"\n\n" % (i, i, i, domain, i))
    lines = "".join(parts).count("\n")
    listed = addresses(200)
    parts.append("# kept out, after the spring of 2024\n")
    while lines + 5 <= 300:
        parts.append("[BlockedIp.\"%s\"]\nreason = \"manual\"\n\n" % listed.pop())
        lines += 3
    parts.append("# the end\n" * (300 - lines - 1))
    return "".join(parts)


def write_addresses(folder, count):
    listed = addresses(count)
    write_plan(os.path.join(folder, "plan.ndjson"), listed)
    write_document(os.path.join(folder, "plan.json"), listed)
    write_text(os.path.join(folder, "plan.schema.json"), json.dumps(DOCUMENT_SCHEMA, indent=1) + "\n")
    write_lists(folder, listed)
    # the list of the next day, for reloads
    write_plan(os.path.join(folder, "next.ndjson"), addresses(count, count // 100))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir")
    parser.add_argument("--addresses", type=int, default=1000000)
    parser.add_argument("--zones", type=int, default=100000)
    parser.add_argument("--wide", default="10000")
    options = parser.parse_args()
    folder = os.path.abspath(options.dir)
    os.makedirs(folder, exist_ok=True)
    write_addresses(folder, options.addresses)
    write_nginx(folder, 8080, 1)
    write_haproxy(folder, 8081, 1)
    write_zones(os.path.join(folder, "knot.conf"), options.zones, folder)
    for count in options.wide.split(","):
        for form in WIDE_WRITERS:
            write_wide(os.path.join(folder, "wide-%s.%s" % (count, form)), int(count), form)
    write_text(os.path.join(folder, "ordinary.toml"), ordinary())


if __name__ == "__main__":
    main()
