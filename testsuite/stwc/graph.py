"""stwc graph: the DOT language, read back by a reader of our own and, where it is there, by Graphviz."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import stwctest

QUOTED = r'"((?:[^"\\]|\\.)*)"'
SOURCE = r'''
[Domain."example.org"]
[Directory.ldap]
"@type" = "Ldap"
description = "d"
url = "ldap://127.0.0.1"
baseDn = "dc=example"
bindDn = "cn=x"
bindSecret = {"@type" = "Value", secret = "hunter2"}
[Tracer.'a "b" \n & <c>']
"@type" = "Stdout"
[SystemSettings]
defaultHostname = "mx.example.org"
defaultDomainId = "#example.org"
[Authentication]
directoryId = "#ldap"
[BlockedIp]
"192.0.2.1" = {}
"192.0.2.2" = {}
'''


def graph_of(tap, name, text):
    """Nodes by id with cluster and label, and edges, of a text in the DOT language."""
    nodes, edges, cluster = {}, [], None
    lines = text.splitlines()
    tap.equal((lines[0], lines[-1]), ("digraph configuration {", "}"), f"{name}: a directed graph")
    for line in lines[1:-1]:
        line = line.strip()
        if found := re.fullmatch(r'subgraph "cluster_(\w+)" \{', line):
            cluster = found.group(1)
        elif line == "}":
            cluster = None
        elif found := re.fullmatch(f"{QUOTED} -> {QUOTED} \\[label={QUOTED}(, style=dashed)?\\];", line):
            edges.append(found.groups())
        elif found := re.fullmatch(f"{QUOTED} \\[(?:label={QUOTED}|style=dashed)\\];", line):
            nodes[found.group(1)] = (cluster, found.group(2))
        elif not re.fullmatch(f"rankdir=LR;|node \\[shape=box\\];|label={QUOTED};", line):
            tap.ok(False, f"{name}: {line} is a line of a graph")
    return nodes, edges


def drawn(tap, name, text):
    """Graphviz reads it too."""
    if not shutil.which("dot"):
        print(f"# SKIP {name} by Graphviz: dot is not installed")
        return
    done = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=False)
    tap.ok(done.returncode == 0 and not done.stderr, f"{name}: Graphviz draws it") or print("#   " + done.stderr)


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "m.stwi")
        done = stwctest.run("graph", "--from", "toml", "-", stdin=SOURCE)
        tap.equal((done.status, "hunter2" in done.stdout + done.stderr), (0, False), "a graph of sources, without values")
        nodes, edges = graph_of(tap, "sources", done.stdout)
        tap.equal(nodes["Domain/example.org"], ("Domain", "example.org"), "an object stands in the cluster of its type")
        tap.equal(nodes["BlockedIp"], ("BlockedIp", "2 entries"), "a list of addresses is one node")
        tap.equal(nodes['Tracer/a \\"b\\" \\\\n & <c>'], ("Tracer", 'a \\"b\\" \\\\n &amp; <c>'), "names are quoted")
        tap.equal(edges, [("Authentication", "Directory/ldap", "directoryId", None),
                          ("SystemSettings", "Domain/example.org", "defaultDomainId", None)], "an edge for each reference")
        drawn(tap, "sources", done.stdout)
        tap.equal(stwctest.run("build", "--allow-inline-secrets", "--from", "toml", "-", "-o", image, stdin=SOURCE).status, 0, "an image")
        tap.equal(stwctest.run("graph", image).stdout, done.stdout, "has the same graph")
        turned = "\n".join("[" + part for part in reversed(SOURCE.split("\n[")[1:]))
        tap.equal(stwctest.run("graph", "--from", "toml", "-", stdin=turned).stdout, done.stdout, "whatever the order of the source")
        done = stwctest.run("graph", image, "--type", "SystemSettings", "--type=Domain")
        nodes, edges = graph_of(tap, "two types", done.stdout)
        tap.equal((sorted(nodes), [edge[:2] for edge in edges]),
                  (["Domain/example.org", "SystemSettings"], [("SystemSettings", "Domain/example.org")]), "of some types alone")
        nodes, edges = graph_of(tap, "one type", stwctest.run("graph", image, "--type", "SystemSettings").stdout)
        tap.equal((sorted(nodes), edges), (["SystemSettings"], []), "or of one")
        done = stwctest.run("graph", "--partial", "--from", "toml", "-", stdin='[Authentication]\ndirectoryId = "#else\\"where"\n')
        nodes, edges = graph_of(tap, "a fragment", done.stdout)
        tap.equal((nodes.get('Directory/#else\\"where'), edges[0][3]), ((None, None), ", style=dashed"), "a reference that leads outside is dashed")
        drawn(tap, "a fragment", done.stdout)
        tap.equal(stwctest.run("graph", image, "--type", "Domian").status, 2, "an unknown type is refused")
        tap.equal(stwctest.run("graph", "--from", "toml", "-", stdin="[Domain.a]\nnme = 1\n").status, 1, "and so are sources that are not valid")
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
