#!/usr/bin/env python3
"""A second verifier of bundles of evidence.

It was written from docs/evidence.md alone, shares no code with Drawbridge, and
needs nothing but Python's standard library. It is a check on the product's own
`drawbridge verify`, and on that page: whoever can't write such a script from the
page has found a mistake in it.

    verify_bundle.py BUNDLE [--key VKEY] [--witness VKEY]… [--seen CHECKPOINT]
                     [--max-age SECONDS [--now UNIX]] [--json]
    verify_bundle.py --self-test

BUNDLE is a tar file or a directory. VKEY is a line, or a file with one in it.
Exit status: 0 it holds, 1 it does not hold, 2 that can't be told.
"""

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import sys
import tarfile
import time

HOLDS, BROKEN, UNDECIDED = 0, 1, 2
LARGEST_TEXT = 64 << 20
# The keys of each kind of line of a manifest, in their order.
FIRST = ["drawbridge", "session", "channel", "started", "output", "input"]
CHUNK = ["chunk", "track", "from_ms", "to_ms", "events", "through", "bytes", "stored", "sha256", "prev"]
LAST = ["end", "chunks", "bytes_in", "bytes_out", "exit", "prev"]
NAMES = {"output": "cast", "input": "frames"}


class Broken(Exception):
    """Something contradicts something else."""


class Undecided(Exception):
    """What would decide is not there."""


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


# --- The bundle ------------------------------------------------------------------


class Bundle:
    def __init__(self, path):
        self.files = {}
        try:
            if os.path.isdir(path):
                for base, dirs, names in os.walk(path):
                    for full in (os.path.join(base, name) for name in dirs + names):
                        if os.path.islink(full):
                            raise Broken(f"{full} is a link; a bundle has only files")
                        if not os.path.isdir(full):
                            self.files[os.path.relpath(full, path).replace(os.sep, "/")] = full
            else:
                self.tar = tarfile.open(path, "r:")
                for member in (member for member in self.tar if not member.isdir()):
                    name = member.name.removeprefix("./")
                    must(member.isfile(), f"{name} is no plain file; a bundle has only files")
                    outside = name.startswith("/") or ".." in name.split("/")
                    must(name not in self.files and not outside, f"{name} is there twice, or outside of the bundle")
                    self.files[name] = member
        except (OSError, tarfile.TarError) as error:
            raise Undecided(f"{path} can't be read as a bundle: {error}") from error

    def open(self, name):
        if name not in self.files:
            raise Undecided(f"{name} is missing: this is no whole bundle")
        file = self.files[name]
        return open(file, "rb") if isinstance(file, str) else self.tar.extractfile(file)

    def text(self, name):
        with self.open(name) as file:
            data = file.read(LARGEST_TEXT + 1)
        must(len(data) <= LARGEST_TEXT, f"{name} is too large")
        return data

    def hash(self, name):
        digest, length = hashlib.sha256(), 0
        with self.open(name) as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                length += len(piece)
        return digest.hexdigest(), length


def read_json(data, what):
    def once(pairs):
        keys = [key for key, _ in pairs]
        must(len(set(keys)) == len(keys), f"{what} has a key twice")
        return dict(pairs)

    try:
        value = json.loads(data.decode(), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise Broken(f"{what} is no JSON") from error
    must(isinstance(value, dict), f"{what} is no JSON object")
    return value


def to_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def check_manifest(bundle, says):
    """Steps 1 and 2. Gives the first line, the last, and all of them."""
    data = bundle.text("recording/manifest.jsonl")
    must(data.endswith(b"\n"), "the manifest breaks off within a line")
    lines = data[:-1].split(b"\n")
    parsed = [read_json(line, f"line {n} of the manifest") for n, line in enumerate(lines, 1)]
    first, chunks, last = parsed[0], parsed[1:-1], parsed[-1]
    must(len(parsed) >= 2 and "end" in last, "the manifest has no last line: it was never closed")
    for line, text, keys in zip(parsed, lines, [FIRST, *[CHUNK] * len(chunks), LAST]):
        must(list(line) == keys and to_json(line) == text, "a line of the manifest is not written just so")
    must(first.get("drawbridge") == "recording/1", "the manifest is not of a recording/1")
    for number, line in enumerate(parsed[1:], 2):
        before = sha256(lines[number - 2]).hex()
        must(line.get("prev") == before, f"line {number} of the manifest does not follow the one before")
    must(last.get("chunks") == len(chunks), "the manifest's last line counts other chunks than there are")
    expected, there = {"manifest.jsonl", "output.agekey", "input.agekey"}, {"output": [], "input": []}
    for number, chunk in enumerate(chunks):
        track = chunk.get("track")
        must(track in NAMES and chunk.get("chunk") == number, f"chunk {number} is not told as it must be")
        sealed = isinstance(first.get(track), dict) and first[track].get("encryption") != "off"
        name = f"{number:06}.{track}.{NAMES[track]}.zst" + (".age" if sealed else "")
        expected.add(name)
        path = "recording/" + name
        there[track].append(path in bundle.files)
        if path in bundle.files:
            digest, length = bundle.hash(path)
            must(length == chunk.get("stored"), f"{name} has {length} bytes, its line says {chunk.get('stored')}")
            must(digest == chunk.get("sha256"), f"{name} is not what its line says: it was changed")
    beside = [name for name in bundle.files if name.startswith("recording/")]
    for name in sorted(set(beside) - {"recording/" + name for name in expected}):
        says.append(f"nothing vouches for {name}")
    must(all(there["output"]), "chunks of the output are missing")
    must(all(there["input"]) or not any(there["input"]), "chunks of the input are missing")
    for track, found in there.items():
        if found:
            says.append(f"{sum(found)} of {len(found)} chunks of the {track} are as they were sealed")
    return first, last, lines


def check_seal(bundle, first, last, lines):
    """Step 3. Gives the leaf and its index in the log."""
    leaf = bundle.text("seal.json")
    seal = read_json(leaf, "seal.json")
    after = seal.get("after")
    must(seal.get("action") == "recording.sealed" and isinstance(after, dict), "seal.json is no seal")
    must(after.get("root") == tree_hash(lines).hex(), "the manifest is not the one that was sealed")
    must(after.get("lines") == len(lines), "the manifest has another number of lines than was sealed")
    must(seal.get("subject") == f"session/{first.get('session')}", "the seal is of another session")
    must(after.get("channel") == first.get("channel"), "the seal is of another channel")
    must(after.get("state") == last.get("end"), "the seal says that it ended otherwise")
    for key in ("bytes_in", "bytes_out", "exit"):
        must(after.get(key) == last.get(key), f"the seal and the manifest differ in {key}")
    must(type(seal.get("seq")) is int and seal["seq"] >= 1, "the seal has no place in the log")
    return leaf, seal["seq"] - 1


def check_log(bundle, leaf, index):
    """Step 4. Gives the checkpoint."""
    proof, gap, checkpoint = bundle.text("seal.tlog-proof").partition(b"\n\n")
    lines = proof.split(b"\n")
    must(gap and lines[0] == b"c2sp.org/tlog-proof@v1", "seal.tlog-proof is none")
    rest = lines[2:] if lines[1:] and lines[1].startswith(b"extra ") else lines[1:]
    must(rest and rest[0] == b"index %d" % index, "the proof is of another place in the log than the seal says")
    hashes = [decode64(line.decode("ascii", "replace")) for line in rest[1:]]
    must(all(len(step) == 32 for step in hashes), "the proof has something that is no hash")
    checkpoint = Checkpoint(checkpoint)
    root = root_from_proof(leaf_hash(leaf), index, checkpoint.size, hashes)
    must(root == checkpoint.root, "the seal is not in the log that the checkpoint is of")
    return checkpoint


def check_signature(bundle, checkpoint, key, says):
    """Step 5. Gives the key that signed it."""
    trusted = [{"key": key, "since": 0, "until": None}]
    notes = handovers(bundle.text("log.handovers")) if "log.handovers" in bundle.files else ()
    for note, old, new, size in notes:
        for one in [one for one in trusted if one["key"] == old and size >= one["since"]]:
            if note.signed_by(old):
                must(one["until"] in (None, (size, new)), "two hand-overs of one key contradict one another")
                one["until"] = (size, new)
                trusted.append({"key": new, "since": size, "until": None})
    for one in trusted:
        over = one["until"] is not None and checkpoint.size > one["until"][0]
        if one["key"].name != checkpoint.origin or checkpoint.size < one["since"] or over:
            continue
        if checkpoint.signed_by(one["key"]):
            if one["key"] != key:
                says.append("the key was handed over since yours")
            return one["key"]
    raise Broken("the checkpoint has no signature by the key that you trust, nor by one it was handed over to")


def verify(bundle, key, witnesses=(), seen=None, max_age=None, now=None):
    """Gives what was found, in words; raises what does not hold."""
    says, missing = [], []
    first, last, lines = check_manifest(bundle, says)
    leaf, index = check_seal(bundle, first, last, lines)
    says.append(f"the manifest of {len(lines)} lines is the one that was sealed")
    checkpoint = check_log(bundle, leaf, index)
    says.append(f"the seal is event {index + 1} of the {checkpoint.size} in the log")
    came_along = bundle.text("log.vkeys").decode().split("\n")[0] if key is None else None
    signer = check_signature(bundle, checkpoint, key or Key(came_along), says)
    if key is None:
        missing.append("it is signed with a key that came with it: whoever forged the one could forge the other")
    else:
        says.append(f"the log of {checkpoint.origin} is signed by a key that you trust")
    at = checkpoint.times(signer)
    for witness in witnesses:
        found = checkpoint.times(witness)
        if found:
            says.append(f"witness {witness.name} has seen it")
            at = found
        else:
            missing.append(f"witness {witness.name} has not signed this checkpoint")
    if seen is not None:
        must(seen.origin == checkpoint.origin, "the checkpoint that was seen is of another log")
        must(seen.size <= checkpoint.size, "the log was larger when it was seen than it is here")
        if seen.size < checkpoint.size:
            missing.append("whether this log continues the one that was seen, only the log itself can show")
        else:
            must(seen.root == checkpoint.root, "the log was another when it was seen")
    if max_age is not None:
        age = (time.time() if now is None else now) - max(at, default=0)
        if not at or age > max_age:
            missing.append("the checkpoint is older than is allowed, or does not say when it was signed")
    if missing:
        raise Undecided("; ".join(missing))
    return says


def judge(path, key, **demands):
    try:
        return HOLDS, verify(Bundle(path), key, **demands)
    except Broken as why:
        return BROKEN, [str(why)]
    except Undecided as why:
        return UNDECIDED, [str(why)]
    except (ArithmeticError, LookupError, TypeError, ValueError) as why:
        return BROKEN, [f"something in it is not as docs/evidence.md has it: {why!r}"]


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def argument(text):
    """A key: the line itself, or a file with it."""
    return Key(read_file(text).decode().split("\n")[0] if os.path.exists(text) else text)


def main():
    parser = argparse.ArgumentParser(description="A second verifier of bundles of evidence.")
    parser.add_argument("bundle", nargs="?")
    parser.add_argument("--witness", action="append", default=[])
    for name in ("--key", "--seen"):
        parser.add_argument(name)
    for name in ("--max-age", "--now"):
        parser.add_argument(name, type=float)
    for name in ("--json", "--self-test"):
        parser.add_argument(name, action="store_true")
    args = parser.parse_args()
    if args.self_test:
        sys.dont_write_bytecode = True
        import verify_bundle_test

        return verify_bundle_test.run()
    if args.bundle is None:
        parser.error("name a bundle")
    try:
        key = argument(args.key) if args.key else None
        witnesses = [argument(witness) for witness in args.witness]
        seen = args.seen and Checkpoint(read_file(args.seen), "the checkpoint that was seen")
    except (Broken, OSError, UnicodeDecodeError) as error:
        parser.error(str(error))
    demands = {"witnesses": witnesses, "seen": seen, "max_age": args.max_age, "now": args.now}
    status, says = judge(args.bundle, key, **demands)
    word = {HOLDS: "holds", BROKEN: "does not hold", UNDECIDED: "can't be told"}[status]
    found = json.dumps({"status": status, "verdict": word, "says": says})
    print(found if args.json else f"{word}: " + "; ".join(says))
    return status


if __name__ == "__main__":
    sys.exit(main())
