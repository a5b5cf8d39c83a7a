"""Every type, field, variant and enum has a sentence of documentation, which says more than its name.

What `stwc explain`, the manual and the JSON Schema of editors show comes from these sentences alone."""

import os
import re
import tomllib

import house

# words that carry nothing of their own in a sentence about a field
EMPTY = set("""a an the of for to in on at by is are be it its this that and or with from as which what whether if
value field property setting option name set list number null none text time optional required object""".split())


def words(text):
    """The words of a name or a sentence, in lower case: camel case is taken apart, plurals are cut."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", text)
    return [p.lower().rstrip("s") for p in parts]


def faults(place, names, sentence, proper=False):
    """What is wrong with a sentence about something called `names`; a proper name may stand alone."""
    if not sentence:
        return ["%s has no sentence" % place]
    found = []
    if not sentence.endswith("."):
        found.append("%s: not a sentence: %s" % (place, sentence))
    known = {w for name in names for w in words(name)} | {w.rstrip("s") for w in EMPTY}
    known |= {"".join(words(name)) for name in names}
    if not proper and not set(words(sentence)) - known:
        found.append("%s: only repeats the name: %s" % (place, sentence))
    return found


def table_faults(name, table):
    if "view" in table:
        return []
    found = faults(name, [name], table.get("doc"))
    for key, row in table.items():
        if isinstance(row, dict) and "type" in row:
            found += faults("%s.%s" % (name, key), [name, key], row.get("doc"))
    for variant, row in table.get("variants", {}).items():
        found += faults("%s %s" % (name, variant), [name, variant], row.get("doc"), proper=True)
    return found


def tables():
    for path in house.files(".stws", places=["schemas"]):
        with open(os.path.join(house.SRCDIR, path), "rb") as source:
            document = tomllib.load(source)
        for name, table in document.items():
            if name not in ("enum", "variables", "constants", "reference", "release"):
                yield path, name, table


def main():
    tap = house.Tap()
    tap.ok(table_faults("Lamp", {"doc": "A light.", "shadeColor": {"type": "string"}}) ==
           ["Lamp.shadeColor has no sentence"], "a field without a sentence is seen")
    tap.ok(len(table_faults("Lamp", {"doc": "A light.", "shadeColors": {
        "type": "string", "doc": "The color of the shade."}})) == 1, "so is one that repeats the name")
    tap.ok(len(table_faults("Lamp", {"doc": "A light"})) == 1, "and one that is no sentence")
    tap.ok(len(table_faults("Lamp", {"doc": "A light.", "variants": {"Oil": {}}})) == 1, "and a bare variant")
    by_file, count = {}, 0
    for path, name, table in tables():
        by_file.setdefault(path, []).extend(table_faults(name, table))
        count += sum(1 for row in table.values() if isinstance(row, dict) and "type" in row)
    for path, found in sorted(by_file.items()):
        tap.none(found, path)
    tap.ok(count > 2000, "all %d fields were read" % count)
    tap.done()


main()
