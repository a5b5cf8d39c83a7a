"""A minimised corpus as one file: an input a line, in base64.

  bundle.py pack FOLDER [WITHOUT]   what FOLDER has and the folder WITHOUT has not, to standard output
  bundle.py unpack FILE FOLDER      the inputs again, each in a file of its own
"""
import base64
import hashlib
import os
import sys


def contents(folder):
    found = set()
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            found.add(file.read())
    return found


def pack(folder, without=None):
    inputs = contents(folder) - (contents(without) if without else set()) - {b""}
    for data in sorted(inputs, key=lambda data: (len(data), data)):
        print(base64.b64encode(data).decode())


def unpack(file, folder):
    os.makedirs(folder, exist_ok=True)
    with open(file, encoding="ascii") as lines:
        for line in lines:
            data = base64.b64decode(line.rstrip("\n"), validate=True)
            with open(os.path.join(folder, hashlib.sha1(data).hexdigest()), "wb") as out:
                out.write(data)


if __name__ == "__main__":
    {"pack": pack, "unpack": unpack}[sys.argv[1]](*sys.argv[2:])
