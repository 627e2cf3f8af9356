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
import hashlib
import json
import os
import sys
import tarfile
import time

from signed_log import Broken, Checkpoint, Key, decode64, handovers, leaf_hash, must, root_from_proof, sha256, tree_hash

HOLDS, BROKEN, UNDECIDED = 0, 1, 2
LARGEST_TEXT = 64 << 20
MOST_PROGRESS = 1000
# The keys of each kind of line of a manifest, in their order.
FIRST = ["drawbridge", "session", "channel", "started", "output", "input"]
CHUNK = ["chunk", "track", "from_ms", "to_ms", "events", "through", "bytes", "stored", "sha256", "prev"]
LAST = ["end", "chunks", "bytes_in", "bytes_out", "exit", "prev"]
NAMES = {"output": "cast", "input": "frames"}


class Undecided(Exception):
    """What would decide is not there."""


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


def check_log(bundle, name, leaf, index):
    """Step 4. Gives the checkpoint, and the text of it that the proof has."""
    proof, gap, note = bundle.text(name).partition(b"\n\n")
    lines = proof.split(b"\n")
    must(gap and lines[0] == b"c2sp.org/tlog-proof@v1", f"{name} is none")
    rest = lines[2:] if lines[1:] and lines[1].startswith(b"extra ") else lines[1:]
    must(rest and rest[0] == b"index %d" % index, f"{name} is of another place in the log than its event says")
    hashes = [decode64(line.decode("ascii", "replace")) for line in rest[1:]]
    must(all(len(step) == 32 for step in hashes), f"{name} has something that is no hash")
    checkpoint = Checkpoint(note)
    root = root_from_proof(leaf_hash(leaf), index, checkpoint.size, hashes)
    must(root == checkpoint.root, f"what {name} is for is not in the log that the checkpoint is of")
    return checkpoint, note


def check_progress(bundle, first, lines, note, says):
    """Step 5. Gives what is missing."""
    times = 0
    for number in range(1, MOST_PROGRESS + 1):
        names = [f"progress/{number}.{kind}" for kind in ("json", "tlog-proof")]
        missing = [name for name in names if name not in bundle.files]
        if missing:
            if times:
                says.append(f"while it ran, the log committed to it {times} times: it begins so")
            return missing if len(missing) == 1 else []
        leaf = bundle.text(names[0])
        event = read_json(leaf, names[0])
        after = event.get("after")
        must(event.get("action") == "recording.progress" and isinstance(after, dict), f"{names[0]} is no progress")
        must(event.get("subject") == f"session/{first.get('session')}", f"{names[0]} is of another session")
        must(after.get("channel") == first.get("channel"), f"{names[0]} is of another channel")
        must(type(event.get("seq")) is int and event["seq"] >= 1, f"{names[0]} has no place in the log")
        _, under = check_log(bundle, names[1], leaf, event["seq"] - 1)
        must(under == note, f"{names[1]} has another checkpoint than the seal's")
        count = after.get("lines")
        must(type(count) is int and 1 <= count <= len(lines), f"{names[0]} committed to lines that are not there")
        must(after.get("root") == tree_hash(lines[:count]).hex(), f"the first {count} lines are not those of {names[0]}")
        times += 1
    return []


def check_signature(bundle, checkpoint, key, says):
    """Step 6. Gives the key that signed it."""
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
    checkpoint, note = check_log(bundle, "seal.tlog-proof", leaf, index)
    says.append(f"the seal is event {index + 1} of the {checkpoint.size} in the log")
    missing += [f"{name} is missing" for name in check_progress(bundle, first, lines, note, says)]
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
