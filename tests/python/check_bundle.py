"""Checks a bundle of evidence, from docs/evidence.md alone: the standard library,
and none of Drawbridge's code.

    check_bundle.py visit.tar NAME+HASH+KEY

Exit status: 0 proven, 1 not.
"""

import base64
import hashlib
import json
import pathlib
import sys
import tarfile

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    """RFC 8032, 5.1.3."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def add(p, q):
    """RFC 8032, 5.1.4."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, p):
    q = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            q = add(q, p)
        p = add(p, p)
        scalar >>= 1
    return q


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def ed25519(key, message, signature):
    """RFC 8032, 5.1.7."""
    a, r = point(key), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or len(signature) != 64:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(h, a))
    same = lambda i: (left[i] * right[2] - right[i] * left[2]) % P == 0
    return same(0) and same(1)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def tree(leaves):
    """RFC 6962, 2.1."""
    if len(leaves) == 1:
        return sha256(b"\0", leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1", tree(leaves[:split]), tree(leaves[split:]))


def demand(holds, what):
    if not holds:
        print("NOT PROVEN:", what)
        sys.exit(1)
    print("ok:", what)


def signed(note, vkey):
    """The text of a signed note, if it is signed with that key (type 0x01)."""
    name, key_hash, key = vkey.split("+", 2)
    key = base64.b64decode(key)
    if key[0] != 1 or sha256(name.encode(), b"\n", key)[:4].hex() != key_hash:
        return None
    text, _, lines = note.rpartition(b"\n\n")
    text += b"\n"
    for line in lines.decode().splitlines():
        dash, who, encoded = line.split(" ")
        blob = base64.b64decode(encoded)
        if (dash, who, blob[:4].hex()) == ("—", name, key_hash):
            return text.decode() if ed25519(key[1:], text, blob[4:]) else None
    return None


def keys_of(trusted, handovers):
    """The trusted key, and those that it leads to, with the sizes they sign for."""
    header = b"drawbridge/key-handover/1\n"
    notes = [header + rest for rest in handovers.split(header)[1:]]
    keys, since = [], 0
    while True:
        texts = [signed(note, trusted) for note in notes]
        nexts = {tuple(text.split("\n")[2:4]) for text in texts if text and text.split("\n")[1] == trusted}
        if len(nexts) > 1:
            demand(False, "a key hands over once")
        following = nexts.pop() if nexts else None
        keys.append((trusted, since, int(following[1]) if following else None))
        if not following:
            return keys
        if int(following[1]) < since:
            demand(False, "no key hands over before its time")
        trusted, since = following[0], int(following[1])


def main(path, trusted):
    path = pathlib.Path(path)
    if path.is_dir():
        there = [file for file in path.rglob("*") if file.is_file()]
        files = {file.relative_to(path).as_posix(): file.read_bytes() for file in there}
    else:
        with tarfile.open(path) as tar:
            files = {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}

    lines = files["recording/manifest.jsonl"].split(b"\n")
    demand(lines.pop() == b"", "the manifest is whole")
    parsed = [json.loads(line) for line in lines]
    follow = all(parsed[n]["prev"] == sha256(lines[n - 1]).hex() for n in range(1, len(lines)))
    demand(follow, "each line follows from the one before")
    chunks = parsed[1:-1]
    counted = [c["chunk"] for c in chunks] == list(range(len(chunks)))
    demand(counted and parsed[-1]["chunks"] == len(chunks), "the chunks are counted")
    for chunk in chunks:
        encrypted = parsed[0][chunk["track"]]["recipients"]
        kind = {"output": "output.cast", "input": "input.frames"}[chunk["track"]]
        name = f"recording/{chunk['chunk']:06}.{kind}.zst" + (".age" if encrypted else "")
        if name not in files:
            demand(chunk["track"] == "input", f"{name} is there, or is input")
            continue
        right = sha256(files[name]).hex() == chunk["sha256"]
        demand(right and len(files[name]) == chunk["stored"], f"{name} is what was recorded")

    leaf = files["seal.json"]
    seal = json.loads(leaf)
    after = seal["after"]
    demand(seal["action"] == "recording.sealed", "the leaf seals a recording")
    whose = (f"session/{parsed[0]['session']}", parsed[0]["channel"])
    demand(whose == (seal["subject"], after["channel"]), "it seals this one")
    demand(after["lines"] == len(lines), "it has as many lines")
    demand(after["root"] == tree(lines).hex(), "its root is that of the manifest")

    head, _, checkpoint = files["seal.tlog-proof"].partition(b"\n\n")
    head = head.decode().split("\n")
    demand(head[0] == "c2sp.org/tlog-proof@v1", "the proof is one")
    index = int(head[1].removeprefix("index "))
    keys = keys_of(trusted, files.get("log.handovers", b""))
    texts = [(signed(checkpoint, key), since, until) for key, since, until in keys]
    good = [text for text, since, until in texts if text
            and since <= int(text.split("\n")[1])
            and (until is None or int(text.split("\n")[1]) <= until)]
    demand(good, "the log has signed the checkpoint")
    origin, size, root = good[0].split("\n")[:3]
    demand(origin == trusted.split("+")[0], "it is of the log whose key is trusted")

    # RFC 9162, 2.1.3.2.
    at, last, node = index, int(size) - 1, sha256(b"\0", leaf)
    demand(at <= last and seal["seq"] == index + 1, "the leaf has its place")
    for sibling in map(base64.b64decode, head[2:]):
        if last == 0:
            demand(False, "the proof is not too long")
        if at & 1 or at == last:
            node = sha256(b"\1", sibling, node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = sha256(b"\1", node, sibling)
        at, last = at >> 1, last >> 1
    demand(last == 0 and node == base64.b64decode(root), "the leaf is in the log")


main(*sys.argv[1:])
