"""What a log that signs is made of: Ed25519, the tree, and signed notes. For
verify_bundle.py; nothing but Python's standard library.
"""

import base64
import binascii
import hashlib
import re


class Broken(Exception):
    """Something contradicts something else."""


def must(holds, message):
    if not holds:
        raise Broken(message)


# --- Ed25519, RFC 8032 section 5.1. Verifies; the self-test also signs. ---------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Extended coordinates, RFC 8032, 5.1.4."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def decode_point(data):
    """RFC 8032, 5.1.3; None if it is no point."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode_point(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def verified(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    key, r = decode_point(public), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= L:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % L
    return same(times(s, BASE), add(r, times(k, key)))


# --- The tree, RFC 6962 section 2.1 ----------------------------------------------


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(data):
    return sha256(b"\x00" + data)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def tree_hash(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(tree_hash(leaves[:split]), tree_hash(leaves[split:]))


def root_from_proof(leaf, index, size, proof):
    """RFC 9162, 2.1.3.2, which is RFC 6962's tree."""
    if index >= size:
        raise Broken("the leaf's index is beyond the log's size")
    first, last, root = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise Broken("the inclusion proof is too long")
        if first & 1 or first == last:
            root = node_hash(step, root)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            root = node_hash(root, step)
        first, last = first >> 1, last >> 1
    if last:
        raise Broken("the inclusion proof is too short")
    return root


# --- Signed notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature) ----------


def decode64(text):
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Broken(f"{text[:40]!r} is no base64") from error


class Key:
    """A verifier key: NAME+HASH+KEY."""

    def __init__(self, line):
        parts = line.strip().split("+", 2)
        must(len(parts) == 3 and parts[0], f"{line.strip()[:80]!r} is no verifier key")
        self.name, material = parts[0], decode64(parts[2])
        must(len(material) == 33 and material[0] in (1, 4), f"the key of {self.name} is not an Ed25519 key")
        self.kind, self.public = material[0], material[1:]
        must(self.id(self.kind).hex() == parts[1], f"the key of {self.name} is not the one of its hash")

    def id(self, kind):
        return sha256(self.name.encode() + b"\n" + bytes([kind]) + self.public)[:4]

    def __eq__(self, other):
        return (self.name, self.public) == (other.name, other.public)


class Note:
    def __init__(self, data, what):
        try:
            note = data.decode()
        except UnicodeDecodeError as error:
            raise Broken(f"{what} is not UTF-8") from error
        text, gap, lines = note.rpartition("\n\n")
        must(gap and lines.endswith("\n"), f"{what} is no signed note")
        self.text, self.what, self.signatures = text + "\n", what, []
        for line in lines[:-1].split("\n"):
            found = re.fullmatch("— ([^ +]+) ([^ ]+)", line)
            must(found, f"{what} has a line that is no signature")
            signature = decode64(found[2])
            must(len(signature) >= 5, f"{what} has a signature that is too short")
            self.signatures.append((found[1], signature[:4], signature[4:]))

    def signed_by(self, key):
        """Whether the key signed it; a wrong signature of a known key is an error."""
        found = False
        for name, key_id, signature in self.signatures:
            if name == key.name and key_id == key.id(1):
                if not verified(key.public, self.text.encode(), signature):
                    raise Broken(f"{self.what}: the signature of {name} is wrong")
                found = True
        return found

    def times(self, key):
        """When the key signed it, by its timestamped signatures."""
        found = []
        for name, key_id, signature in self.signatures:
            if name == key.name and key_id == key.id(4):
                at = int.from_bytes(signature[:8], "big")
                message = f"cosignature/v1\ntime {at}\n{self.text}".encode()
                if not verified(key.public, message, signature[8:]):
                    raise Broken(f"{self.what}: the timestamped signature of {name} is wrong")
                found.append(at)
        return found


class Checkpoint(Note):
    def __init__(self, data, what="the checkpoint"):
        super().__init__(data, what)
        lines = self.text.split("\n")
        if len(lines) < 4 or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
            raise Broken(f"{what} is not one")
        self.origin, self.size, self.root = lines[0], int(lines[1]), decode64(lines[2])
        must(len(self.root) == 32, f"{what} has no root")


def handovers(data):
    """The notes of log.handovers: each begins with the line that names its kind."""
    head = b"drawbridge/key-handover/1\n"
    parts = data.split(head)
    must(not parts[0], "log.handovers begins with something else than a hand-over")
    for part in parts[1:]:
        note = Note(head + part.rstrip(b"\n") + b"\n", "a hand-over")
        lines = note.text.split("\n")
        if len(lines) != 5 or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[3]):
            raise Broken("a hand-over is not as the page has it")
        yield note, Key(lines[1]), Key(lines[2]), int(lines[3])
