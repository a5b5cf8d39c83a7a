#!/usr/bin/env python3
"""A reader of images written from doc/format.md alone, against what stwc build writes.

It shares no code with libstw, so the page, the writer and this file have to agree: the footer and
its digest, the manifest, every table, records by the image's own schema table, address tables
against a naive set, and the content digests computed anew.
"""
import hashlib
import ipaddress
import os
import random
import struct
import subprocess
import sys
import tempfile

STWC = os.path.join(os.environ["builddir"], "stwc", "stwc")
CHUNK = 1 << 20

SOURCE = """\
[SystemSettings]
defaultHostname = "mail.example.org"
defaultDomainId = "#example.org"
proxyTrustedNetworks = ["192.0.2.7/24", "2001:db8:1::/48"]

[NetworkListener.smtp]
protocol = "smtp"
bind = ["[::]:25", "0.0.0.0:2525"]
maxConnections = 100

[NetworkListener.imaps]
protocol = "imap"
bind = "127.0.0.1:993"
tlsImplicit = true

[Domain."example.org"]
[Domain."example.net"]

[Certificate.main]
certificate = {"@type" = "File", filePath = "cert.pem"}
privateKey = {"@type" = "File", filePath = "key.pem"}

[OidcProvider]
encryptionKey = {"@type" = "File", filePath = "oidc.key"}
signatureKey = {"@type" = "Text", secret = "correct horse"}

[Tracer.log]
"@type" = "Stdout"

[MtaHook.scan]
url = "https://scan.example.org/"
enable = { match = [{ if = "matches('^a', sender)", then = "1.5" }], else = "['x', -5m, relaxed]" }
"""


def u(fmt, data, at):
    return struct.unpack_from("<" + fmt, data, at)


class Scan:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise ValueError("outside")
        self.at += n
        return self.data[self.at - n:self.at]

    def num(self, n):
        return int.from_bytes(self.take(n), "little")

    def str(self):
        return self.take(self.num(4)).decode()

    def rest(self):
        return self.take(len(self.data) - self.at)


class Lmdb:
    """Just enough of LMDB 0.9: the newest meta page, trees of one environment, big values."""

    def __init__(self, data, page):
        self.data, self.page = data, page
        metas = [self.meta(i) for i in (0, 1)]
        self.main = max(metas)[1]

    def meta(self, n):
        at = n * self.page + 16
        magic, version = u("II", self.data, at)
        assert (magic, version) == (0xBEEFC0DE, 1)
        txn = u("Q", self.data, at + 24 + 2 * 48 + 8)[0]
        return txn, self.db(self.data[at + 24 + 48:at + 24 + 96])

    @staticmethod
    def db(data):
        entries, root = struct.unpack_from("<QQ", data, 32)
        return root, entries

    def walk(self, root):
        if root == (1 << 64) - 1:
            return
        at = root * self.page
        flags, lower = u("HH", self.data, at + 10)
        for i in range((lower - 16) // 2):
            node = at + u("H", self.data, at + 16 + 2 * i)[0]
            lo, hi, nflags, ksize = u("HHHH", self.data, node)
            if flags & 1:
                yield from self.walk(lo | hi << 16 | nflags << 32)
                continue
            key = self.data[node + 8:node + 8 + ksize]
            size = lo | hi << 16
            start = node + 8 + ksize
            if nflags & 1:
                start = u("Q", self.data, start)[0] * self.page + 16
            yield key, self.data[start:start + size]

    def table(self, name):
        for key, value in self.walk(self.main[0]):
            if key == name.encode():
                root, entries = self.db(value)
                pairs = list(self.walk(root))
                assert len(pairs) == entries
                assert pairs == sorted(pairs)
                return pairs
        raise KeyError(name)


class Image:
    def __init__(self, path):
        self.data = data = open(path, "rb").read()
        foot = len(data) - 80
        (self.word, self.order, zero, self.page, self.store, self.secret_size, manifest, footer,
         self.format) = struct.unpack_from("<BBHIQQQII", data, foot)
        assert zero == 0 and footer == 80
        assert data[foot + 40:foot + 48] == b"stwimage"
        assert self.store + self.secret_size + manifest + 80 == len(data)
        body = data[:self.store + self.secret_size]
        self.secrets = body[self.store:]
        self.manifest_bytes = data[len(body):foot]
        chunks = b"".join(hashlib.sha256(body[i:i + CHUNK]).digest()
                          for i in range(0, len(body), CHUNK))
        self.digest = hashlib.sha256(chunks + self.manifest_bytes + data[foot:foot + 48]).digest()
        self.said = data[foot + 48:]
        self.read_manifest()
        self.lmdb = Lmdb(body[:self.store], self.page)

    def read_manifest(self):
        scan = Scan(self.manifest_bytes)
        self.major = scan.num(4)
        self.schema = scan.str()
        scan.take(32)
        self.builder, self.revision = scan.str(), scan.str()
        self.content = scan.take(32)
        self.sources = [(scan.str(), scan.take(32)) for _ in range(scan.num(4))]
        self.types = [(scan.num(2), scan.num(8), scan.take(32)) for _ in range(scan.num(4))]
        assert not scan.rest()


def read_type(scan):
    kind, flags = scan.num(1), scan.num(1)
    out = {"kind": kind, "null": flags & 1}
    if kind in (13, 15):
        out["structure"] = scan.num(2)
    elif kind == 14:
        out["enum"] = scan.str()
    if kind == 18:
        out["key"] = read_type(scan)
    if kind in (16, 17, 18):
        out["element"] = read_type(scan)
    return out


def read_schema(pairs):
    shapes, enums = {}, {}
    for key, value in pairs:
        scan = Scan(value)
        if key[0] == 2:
            enums[key[1:].decode()] = {scan.num(2): scan.str() for _ in range(scan.num(2))}
            continue
        name, kind, count = scan.str(), scan.num(1), scan.num(2)
        members = {}
        for _ in range(count):
            number, member = scan.num(2), scan.str()
            members[number] = (member, scan.num(2) if kind else read_type(scan))
        shapes[int.from_bytes(key[1:], "big")] = (name, kind, members)
        assert not scan.rest()
    return shapes, enums


WIRES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 2, 6: 2, 7: 5, 8: 15, 9: 9, 10: 10, 11: 11, 12: 8, 13: 7,
         14: 6, 15: 12, 16: 13, 17: 13, 18: 14}


class Decoder:
    def __init__(self, image):
        self.image = image
        self.shapes, self.enums = read_schema(image.lmdb.table("schema"))
        self.secret_places = []

    def item(self, scan, type):
        wire, length = scan.num(1), scan.num(4)
        at = scan.base + scan.at if hasattr(scan, "base") else None
        data = scan.take(length)
        if wire == 0:
            assert type["null"] and not data
            return None
        assert wire == WIRES[type["kind"]], (wire, type)
        if wire in (1, 2):
            return int.from_bytes(data, "little")
        if wire in (3, 8):
            return struct.unpack("<q", data)[0]
        if wire == 4:
            return struct.unpack("<d", data)[0]
        if wire == 5:
            return data.decode()
        if wire == 6:
            return self.enums[type["enum"]][int.from_bytes(data, "little")]
        if wire == 7:
            return struct.unpack_from("<HQ", data) + (data[10:].decode(),)
        if wire == 9:
            return ipaddress.ip_address(data)
        if wire == 10:
            return ipaddress.ip_address(data[1:]), data[0]
        if wire == 11:
            return ipaddress.ip_address(data[2:]), int.from_bytes(data[:2], "little")
        if wire == 15:
            offset, n = struct.unpack("<II", data)
            assert offset + n <= len(self.image.secrets)
            self.secret_places.append((at, self.image.secrets[offset:offset + n]))
            return self.image.secrets[offset:offset + n].decode()
        inner = Scan(data)
        inner.base = at
        if wire == 12:
            return self.object(inner, type["structure"], inner.num(2))
        out = []
        while inner.at < len(data):
            if wire == 14:
                out.append((self.item(inner, type["key"]), self.item(inner, type["element"])))
            else:
                out.append(self.item(inner, type["element"]))
        return out

    def object(self, scan, structure, variant):
        name, kind, members = self.shapes[structure]
        out = {}
        if kind:
            out["@type"], body = members[variant]
            members = self.shapes[body][2] if body else {}
        else:
            assert variant == 0
        last = 0
        while scan.at < len(scan.data):
            number = scan.num(2)
            assert number > last
            last = number
            field, type = members[number]
            out[field] = self.item(scan, type)
        return out

    def record(self, key, value):
        """(type, id, identity, client id, body, the value as content with its secrets)"""
        structure, ident = struct.unpack(">HQ", key)
        self.secret_places = []
        scan = Scan(value)
        variant, identity, client = scan.num(2), scan.str(), scan.str()
        scan.base = 0
        body = self.object(scan, structure, variant)
        content = bytearray(value)
        for at, _ in self.secret_places:
            content[at:at + 4] = bytes(4)
        return (self.shapes[structure][0], ident, identity, client, body,
                bytes(content) + b"".join(s for _, s in self.secret_places))


class Column:
    def __init__(self, table, scan, entries, width, sparse):
        self.at, self.count = scan.num(4), scan.num(4)
        self.table, self.width, self.sparse = table, width, sparse
        self.values = self.at + ((entries + 511) // 512 * 68 if sparse else 0)

    def get(self, i):
        if not self.sparse:
            return self.table[self.at + i * self.width:self.at + (i + 1) * self.width]
        if not self.count:
            return None
        block = self.at + i // 512 * 68
        bits = int.from_bytes(self.table[block + 4:block + 68], "little")
        if not bits >> i % 512 & 1:
            return None
        rank = u("I", self.table, block)[0] + bin(bits & (1 << i % 512) - 1).count("1")
        return self.table[self.values + rank * self.width:self.values + (rank + 1) * self.width]


class Family:
    def __init__(self, table, scan, origins, count, width):
        kinds = [(width, 0), (width, 0), (4, 0), (1, 0), (4, 1), (width, 1), (2, 1), (8, 1), (8, 1),
                 (8, 1), (0, 1), (0, 1), (1, 0)]
        names = ("base sample index prefix parent written reason expires created note null_expires "
                 "null_note text").split()
        self.count, self.width = count, width
        for name, (w, sparse) in zip(names, kinds):
            setattr(self, name, Column(table, scan, count, w, sparse))
        self.line = Column(table, origins, count, 4, 0)
        self.source = Column(table, origins, count, 4, 1)
        self.usual = Column(table, origins, count, 4, 0)

    def network(self, i):
        return self.base.get(i), self.prefix.get(i)[0]

    def check_index(self):
        if self.width == 4 and self.count > 16:
            bits = next(b for b in range(1, 17) if self.count >> b <= 16 or b == 16)
            assert self.index.count == (1 << bits) + 1
            firsts = [int.from_bytes(self.base.get(i), "big") >> 32 - bits
                      for i in range(self.count)]
            for bucket in range(self.index.count):
                below = int.from_bytes(self.index.get(bucket), "little")
                assert below == sum(f < bucket for f in firsts)
        elif self.width == 4:
            assert self.index.count == 0
        else:
            assert self.sample.count == (self.count + 63) // 64
            for i in range(self.sample.count):
                assert self.sample.get(i) == self.base.get(i * 64)

    def match(self, address, now):
        """The page's own way to look an address up."""
        at = None
        for i in range(self.count):
            if self.base.get(i) <= address:
                at = i
        while at is not None:
            base, prefix = self.network(at)
            shift = self.width * 8 - prefix
            if int.from_bytes(base, "big") >> shift == int.from_bytes(address, "big") >> shift:
                i = at
                while i >= 0 and self.network(i) == (base, prefix):
                    expires = self.expires.get(i)
                    if expires is None or int.from_bytes(expires, "little", signed=True) > now:
                        return prefix
                    i -= 1
            parent = self.parent.get(at)
            at = int.from_bytes(parent, "little") if parent else None
        return None


class Packed:
    def __init__(self, table):
        magic, content, v4, v6 = struct.unpack_from("<4sIII", table)
        assert magic == b"stwA"
        self.content = table[:content]
        scan, origins = Scan(table), Scan(table)
        scan.at, origins.at = 16, content
        self.v4 = Family(table, scan, origins, v4, 4)
        self.v6 = Family(table, scan, origins, v6, 16)

    def match(self, address, now):
        if address.version == 6 and address.ipv4_mapped:
            address = address.ipv4_mapped
        mapped = address.packed if address.version == 6 else b"\0" * 10 + b"\xff\xff" + address.packed
        best = self.v6.match(mapped, now)
        plain = self.v4.match(address.packed, now) if address.version == 4 else None
        return max((p for p in (best, None if plain is None else plain + 96) if p is not None),
                   default=None)


def networks():
    """Overlaps, host bits, both families, some with an end: text, network, end or None."""
    rng = random.Random(5)
    out, seen = [], set()
    while len(out) < 700:
        if rng.random() < 0.3:
            bits = [rng.choice([0x20010DB8 << 96, 0xFFFF << 32]) | rng.getrandbits(24) << 8, 128]
            prefix = rng.randint(24, 128)
        else:
            bits = [10 << 24 | rng.getrandbits(18), 32]
            prefix = rng.randint(8, 32)
        address = ipaddress.ip_address(bits[0].to_bytes(bits[1] // 8, "big"))
        if rng.random() < 0.5:
            address = ipaddress.ip_network((address, prefix), strict=False)[0]
        if (address, prefix) in seen:
            continue
        seen.add((address, prefix))
        expires = rng.choice([None, None, 1500000000, 1900000000])
        out.append((address, prefix, expires))
    return out


def stamp(seconds):
    import datetime
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def blocked_text(entries):
    lines = ["BlockedIp = ["]
    for address, prefix, expires in entries:
        end = ', expiresAt = "%s"' % stamp(expires) if expires else ""
        lines.append('  {address = "%s/%d"%s},' % (address, prefix, end))
    return "\n".join(lines) + "\n]\n"


def naive(entries, peer, now):
    if peer.version == 6 and peer.ipv4_mapped:
        peer = peer.ipv4_mapped
    mapped = peer if peer.version == 6 else ipaddress.ip_address(
        b"\0" * 10 + b"\xff\xff" + peer.packed)
    best = None
    for address, prefix, expires in entries:
        if expires and expires <= now:
            continue
        own = peer if address.version == 4 else mapped
        if own.version != address.version:
            continue
        if own in ipaddress.ip_network((address, prefix), strict=False):
            length = prefix + (96 if address.version == 4 else 0)
            best = length if best is None else max(best, length)
    return best


def content_digests(image, decoder):
    parts = {}
    for key, value in image.lmdb.table("records"):
        content = decoder.record(key, value)[5]
        parts.setdefault(int.from_bytes(key[:2], "big"), []).append(
            key + struct.pack("<I", len(value)) + content)
    digests = {s: (len(p), hashlib.sha256(b"".join(p)).digest()) for s, p in parts.items()}
    for key, value in image.lmdb.table("packed"):
        packed = Packed(value)
        digests[int.from_bytes(key, "big")] = (packed.v4.count + packed.v6.count,
                                               hashlib.sha256(packed.content).digest())
    types = sorted((s, n, d) for s, (n, d) in digests.items())
    whole = b"".join(struct.pack("<HQ", s, n) + d for s, n, d in types)
    for table in ("schema", "defaults"):
        for key, value in image.lmdb.table(table):
            whole += struct.pack("<I", len(key)) + key + struct.pack("<I", len(value)) + value
    return types, hashlib.sha256(whole).digest()


def build(folder, entries):
    source, path = os.path.join(folder, "mail.toml"), os.path.join(folder, "mail.stwi")
    with open(source, "w") as f:
        f.write(blocked_text(entries) + SOURCE)
    subprocess.run([STWC, "build", "-q", "--allow-inline-secrets", "--revision", "r7", source,
                    "-o", path], check=True, stderr=subprocess.PIPE)
    return source, path


class Run:
    def __init__(self):
        self.count = self.failed = 0

    def test(self, name, function):
        self.count += 1
        try:
            function()
            print("ok %d - %s" % (self.count, name))
        except Exception as error:  # a reader's mistake counts like a failed comparison
            self.failed += 1
            import traceback
            print("not ok %d - %s" % (self.count, name))
            print("# " + traceback.format_exc().replace("\n", "\n# "))


OPERANDS = {**{op: "H" for op in (1, 2, 3, 6, 8, 10, 35)}, **{op: "B" for op in (5, 7)},
            **{op: "I" for op in (4, 32, 33, 34)}}


def parts(table, offset):
    """The constants of a program, and its code."""
    length, = u("I", table, offset)
    data = table[offset + 4:offset + 4 + length]
    version, zero, _, count, _, size = u("BBHHHI", data, 0)
    assert (version, zero) == (1, 0)
    constants, at = [], 12
    for _ in range(count):
        kind, at = data[at], at + 1
        if kind in (1, 2):
            constants.append((kind, u("q" if kind == 1 else "d", data, at)[0]))
            at += 8
            continue
        at += 2 if kind == 5 else 0
        n, = u("I", data, at)
        constants.append((kind, data[at + 4:at + 4 + n].decode()))
        at += 4 + n
    assert at + size == length
    return constants, data[at:]


def walk(table, offset):
    """(place, (opcode, operand)) of each instruction."""
    code, at = parts(table, offset)[1], 0
    while at < len(code):
        form = OPERANDS.get(code[at], "")
        yield at, (code[at], u(form, code, at + 1)[0] if form else None)
        at += 1 + struct.calcsize("<" + form)


def program(table, offset):
    return parts(table, offset)[0], [step for _, step in walk(table, offset)]


def main():
    folder = tempfile.TemporaryDirectory()
    entries = networks()
    source, path = build(folder.name, entries)
    image = Image(path)
    decoder = Decoder(image)
    objects = [decoder.record(k, v) for k, v in image.lmdb.table("records")]
    run = Run()

    def footer():
        assert image.digest == image.said
        assert image.format == 1 and image.word == struct.calcsize("P") and image.order == 1
        assert image.page == os.sysconf("SC_PAGESIZE") and image.store % image.page == 0

    def manifest():
        assert image.major == 1 and image.revision == "r7"
        assert image.builder.startswith("stwc ")
        assert image.sources == [(source, hashlib.sha256(open(source, "rb").read()).digest())]

    def bodies():
        found = {(o[0], o[2]): o[4] for o in objects}
        assert found["SystemSettings", ""]["defaultHostname"] == "mail.example.org"
        assert found["SystemSettings", ""]["proxyTrustedNetworks"] == [
            (ipaddress.ip_address("192.0.2.7"), 24), (ipaddress.ip_address("2001:db8:1::"), 48)]
        smtp = found["NetworkListener", "smtp"]
        assert smtp["bind"] == [(ipaddress.ip_address("::"), 25),
                                (ipaddress.ip_address("0.0.0.0"), 2525)]
        assert smtp["maxConnections"] == 100 and smtp["protocol"] == "smtp"
        assert "tlsImplicit" not in smtp
        assert found["NetworkListener", "imaps"]["tlsImplicit"] == 1
        certificate = [b for (t, _), b in found.items() if t == "Certificate"][0]
        provider = [b for (t, _), b in found.items() if t == "OidcProvider"][0]
        assert provider["signatureKey"] == {"@type": "Text", "secret": "correct horse"}
        assert certificate["certificate"] == {"@type": "File", "filePath": "cert.pem"}
        assert [b for (t, _), b in found.items() if t == "Tracer"][0]["@type"] == "Stdout"

    def ids_and_names():
        names = dict(image.lmdb.table("names"))
        assert len(names) == len(objects)
        for (key, _), (type, ident, identity, _, _, _) in zip(image.lmdb.table("records"), objects):
            digest = hashlib.sha256((type + "/" + identity).encode()).digest()
            assert ident == int.from_bytes(digest[:8], "big") & (1 << 63) - 1
            assert names[key[:2] + identity.encode()] == struct.pack("<Q", ident)

    def referrers():
        domain = [o for o in objects if o[:3:2] == ("Domain", "example.org")][0]
        settings = [o for o in objects if o[0] == "SystemSettings"][0]
        number, ident, text = settings[4]["defaultDomainId"]
        assert ident == domain[1] and text == ""
        assert (struct.pack(">HQ", number, ident) in
                [k[:10] for k, v in image.lmdb.table("referrers") if v == b""])

    def origins():
        lines = open(source).read().splitlines()
        for key, value in image.lmdb.table("origins"):
            assert (len(value) - 8) % 10 == 0
            assert u("I", value, 0)[0] == 0
            name, _, members = decoder.shapes[int.from_bytes(key[:2], "big")]
            if name != "NetworkListener":
                continue
            for at in range(8, len(value), 10):
                number, index, line = u("HII", value, at)
                field = members[number][0]
                # a client id gives the name, so that is written in the header
                wanted = "[NetworkListener." if field == "name" else field + " = "
                assert lines[line - 1].startswith(wanted), field

    def defaults():
        for key, value in image.lmdb.table("defaults"):
            scan = Scan(value)
            scan.base = 0
            assert decoder.object(scan, int.from_bytes(key, "big"), 0)

    def listeners():
        table = dict(image.lmdb.table("tables"))[b"listeners"]
        rows = [table[i:i + 27] for i in range(2, len(table), 27)]
        assert len(rows) == 3 and rows == sorted(rows)
        assert [(r[0], int.from_bytes(r[17:19], "big")) for r in rows] == [
            (4, 2525), (4, 993), (6, 25)]

    def expressions():
        table = dict(image.lmdb.table("tables"))[b"expressions"]
        count, = u("I", table, 0)
        places = [u("HQHHI", table, 4 + 18 * i) for i in range(count)]
        assert [p[:4] for p in places] == sorted({p[:4] for p in places})
        hook = [o for o in objects if o[0] == "MtaHook"][0]
        number = next(n for n, (name, _, _) in decoder.shapes.items() if name == "MtaHook")
        (place,) = [p for p in places if p[1]]
        assert place[:3] == (number, hook[1], number)
        assert decoder.shapes[number][2][place[3]][0] == "enable"
        # the default of the field has the id 0
        assert (number, 0, number, place[3]) in [p[:4] for p in places]
        constants, code = program(table, place[4])
        assert constants == [(4, "^a"), (2, 1.5), (3, "x"), (1, 300000), (5, "relaxed")]
        # a variable, a match, unless; each result, and return with its branch
        assert [op for op, _ in code] == [2, 10, 34, 1, 35, 1, 1, 12, 1, 8, 35]
        assert [v for op, v in code if op in (35, 8)] == [0, 3, 1]
        assert code[2][1] in [at for at, _ in walk(table, place[4])]

    def addresses():
        (key, table), = image.lmdb.table("packed")
        packed = Packed(table)
        packed.v4.check_index()
        packed.v6.check_index()
        lines = open(source).read().splitlines()
        found = set()
        for family in (packed.v4, packed.v6):
            for i in range(family.count):
                base, prefix = family.network(i)
                address = ipaddress.ip_address(family.written.get(i) or base)
                expires = family.expires.get(i)
                found.add((address, prefix, expires and int.from_bytes(expires, "little")))
                line = int.from_bytes(family.line.get(i), "little")
                assert '"%s/%d"' % (address, prefix) in lines[line - 1]
                assert family.source.get(i) is None and family.usual.get(0) == bytes(4)
        assert found == set(entries)

    def look_ups():
        packed = Packed(image.lmdb.table("packed")[0][1])
        rng = random.Random(9)
        now = 1700000000
        for _ in range(150):
            address, prefix, _ = rng.choice(entries)
            network = ipaddress.ip_network((address, prefix), strict=False)
            peer = rng.choice([network[0], network[-1], address])
            assert packed.match(peer, now) == naive(entries, peer, now), peer

    def content():
        types, whole = content_digests(image, decoder)
        assert types == image.types
        assert whole == image.content

    for function in (footer, manifest, bodies, ids_and_names, referrers, origins, defaults,
                     listeners, expressions, addresses, look_ups, content):
        run.test(function.__name__.replace("_", " "), function)
    print("1..%d" % run.count)
    folder.cleanup()
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
