"""Makes bundles as docs/evidence.md has them, for the self-test of the verifier."""

import base64
import hashlib
import io
import json
import os
import tarfile

from signed_log import BASE, L, encode_point, sha256, times, tree_hash

MANIFEST = "recording/manifest.jsonl"


class Signer:
    """RFC 8032, 5.1.5 and 5.1.6. For tests only: it is not constant in time."""

    def __init__(self, name, seed):
        digest = hashlib.sha512(seed.encode()).digest()
        scalar = int.from_bytes(digest[:32], "little")
        self.scalar = scalar & ((1 << 254) - 8) | 1 << 254
        self.prefix, self.name = digest[32:], name
        self.public = encode_point(times(self.scalar, BASE))

    def sign(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % L
        point = encode_point(times(r, BASE))
        k = int.from_bytes(hashlib.sha512(point + self.public + message).digest(), "little") % L
        return point + ((r + k * self.scalar) % L).to_bytes(32, "little")

    def key_id(self, kind):
        return sha256(self.name.encode() + b"\n" + bytes([kind]) + self.public)[:4]

    def vkey(self, kind=1):
        material = base64.b64encode(bytes([kind]) + self.public).decode()
        return f"{self.name}+{self.key_id(kind).hex()}+{material}"

    def line(self, kind, signature):
        signature = base64.b64encode(self.key_id(kind) + signature).decode()
        return f"— {self.name} {signature}\n"

    def plain(self, text):
        return self.line(1, self.sign(text.encode()))

    def timed(self, text, at):
        signature = self.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        return self.line(4, at.to_bytes(8, "big") + signature)


LOG, NEXT, OTHER = Signer("plant.example/log", "a"), Signer("plant.example/log", "b"), Signer("plant.example/log", "c")
WITNESS = Signer("witness.example", "w")
AT = 1_795_507_200
SESSION = "01930000-0000-7000-8000-000000000001"


def to_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def manifest(chunks, end=None):
    """Lines that follow one another, from what the chunks hold."""
    lines = [
        {
            "drawbridge": "recording/1",
            "session": SESSION,
            "channel": 0,
            "started": "2026-11-24T08:00:00Z",
            "output": {"encryption": "off"},
            "input": {"encryption": "at-rest", "recipients": ["age1x"]},
        }
    ]
    for number, (track, data) in enumerate(chunks):
        lines.append(
            {
                "chunk": number,
                "track": track,
                "from_ms": 0,
                "to_ms": 9,
                "events": 1,
                "through": number,
                "bytes": 9,
                "stored": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
    lines.append(end or {"end": "complete", "chunks": len(chunks), "bytes_in": 17, "bytes_out": 93, "exit": 0})
    written = [to_json(lines[0])]
    for line in lines[1:]:
        written.append(to_json({**line, "prev": sha256(written[-1]).hex()}))
    return written


CHUNKS = [("output", b"zstd one"), ("input", b"age two"), ("output", b"zstd three")]
FILES = ["000000.output.cast.zst", "000001.input.frames.zst.age", "000002.output.cast.zst"]


def checkpoint(leaves, signers=(LOG,), at=AT):
    text = f"{LOG.name}\n{len(leaves)}\n{base64.b64encode(tree_hash(leaves)).decode()}\n"
    lines = "".join(s.plain(text) + s.timed(text, at) for s in signers)
    return text + "\n" + lines + WITNESS.timed(text, at + 5)


def path(leaves, index):
    """RFC 6962, 2.1.1: another way round than the verifier goes."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return path(leaves[:split], index) + [tree_hash(leaves[split:])]
    return path(leaves[split:], index - split) + [tree_hash(leaves[:split])]


# Where the log commits to the recording while it runs, and to how many lines.
PROGRESS = [(3, 2), (5, 4)]


def progress_of(manifest_lines, index, count, **changed):
    after = {"channel": 0, "lines": count, "root": tree_hash(manifest_lines[:count]).hex()} | changed
    event = {"seq": index + 1, "action": "recording.progress", "subject": f"session/{SESSION}", "after": after}
    return to_json(event)


def log_of(seal, before=7, after=5, progress=None):
    leaves = [b"event %d" % n for n in range(before)] + [seal] + [b"later %d" % n for n in range(after)]
    lines = manifest(CHUNKS)
    for index, count in PROGRESS:
        leaves[index] = progress_of(lines, index, count)
    for index, leaf in (progress or {}).items():
        leaves[index] = leaf
    return leaves


def with_progress(files, leaves, note):
    """What was committed to, with its proofs."""
    for number, (index, _) in enumerate(PROGRESS, 1):
        files[f"progress/{number}.json"] = leaves[index]
        files[f"progress/{number}.tlog-proof"] = proof_of(leaves, note, index)


def seal_of(lines, **changed):
    after = {"channel": 0, "state": "complete", "lines": len(lines), "root": tree_hash(lines).hex()}
    after |= {"bytes_in": 17, "bytes_out": 93, "exit": 0} | changed
    return to_json({"seq": 8, "action": "recording.sealed", "subject": f"session/{SESSION}", "after": after})


def proof_of(leaves, note, index=7):
    hashes = "".join(base64.b64encode(step).decode() + "\n" for step in path(leaves, index))
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{note}".encode()


def bundle(signers=(LOG,)):
    lines = manifest(CHUNKS)
    seal = seal_of(lines)
    leaves = log_of(seal)
    files = {"recording/" + name: data for name, (_, data) in zip(FILES, CHUNKS)}
    files[MANIFEST] = b"".join(line + b"\n" for line in lines)
    files["seal.json"] = seal
    note = checkpoint(leaves, signers)
    files["seal.tlog-proof"] = proof_of(leaves, note)
    with_progress(files, leaves, note)
    files["log.vkeys"] = (LOG.vkey() + "\n").encode()
    files["README.md"] = b"# How to check this\n"
    return files


def signed(lines=None, chunks=CHUNKS, seal=None, progress=None, **changed):
    """Whole and well signed, whatever it says: as a broker would make it that seals nonsense.
    Where `progress` is not given, it fits the lines."""

    def change(files):
        sealed = lines or manifest(chunks)
        leaf = seal or seal_of(sealed, **changed)
        fits = {index: progress_of(sealed, index, count) for index, count in PROGRESS}
        leaves = log_of(leaf, progress=progress or fits)
        files[MANIFEST] = b"".join(line + b"\n" for line in sealed)
        files["seal.json"] = leaf
        files["seal.tlog-proof"] = proof_of(leaves, checkpoint(leaves))
        with_progress(files, leaves, checkpoint(leaves))

    return change


def linked(*lines, gap=""):
    """Lines that follow one another, as given."""
    written = [to_json(lines[0]) + gap.encode()]
    for line in lines[1:]:
        written.append(to_json({**line, "prev": sha256(written[-1]).hex()}))
    return written


def parsed(number, **changed):
    """The lines of the good manifest, one of them with other values, linked anew."""
    lines = [json.loads(line) for line in manifest(CHUNKS)]
    lines[number].update(changed)
    return linked(*lines)


def handover(old, new, size, signer=None):
    text = f"drawbridge/key-handover/1\n{old.vkey()}\n{new.vkey()}\n{size}\n"
    return (text + "\n" + (signer or old).plain(text)).encode()


def write(files, directory, as_tar):
    if as_tar:
        name = os.path.join(directory, "visit.tar")
        with tarfile.open(name, "w") as tar:
            for member, data in files.items():
                info = tarfile.TarInfo(member)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return name
    name = os.path.join(directory, "visit")
    for member, data in files.items():
        target = os.path.join(name, member)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)
    return name
