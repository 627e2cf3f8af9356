"""What `verify_bundle.py --self-test` does: the vectors of RFC 8032, C2SP's own
example of a note, and a bundle made here, altered in many ways.
"""

import base64
import copy
import hashlib
import io
import json
import os
import tarfile
import tempfile

from bundle_maker import (
    AT,
    CHUNKS,
    FILES,
    LOG,
    MANIFEST,
    NEXT,
    OTHER,
    PROGRESS,
    SESSION,
    WITNESS,
    bundle,
    checkpoint,
    handover,
    linked,
    log_of,
    manifest,
    parsed,
    path,
    progress_of,
    proof_of,
    seal_of,
    signed,
    to_json,
    write,
)
from signed_log import Broken, Checkpoint, Key, L, Note, leaf_hash, node_hash, root_from_proof, tree_hash, verified
from verify_bundle import BROKEN, HOLDS, UNDECIDED, judge

# RFC 8032, 7.1: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
        "3dca179c138ac17ad9bef1177331a704",
    ),
]

# c2sp.org/signed-note: its example.
NOTE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Z"
    "tg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def flip(name, at=-3):
    def change(files):
        data = bytearray(files[name])
        data[at] ^= 1
        files[name] = bytes(data)

    return change


def put(**changed):
    return lambda files: files.update(changed)


def drop(*names):
    return lambda files: [files.pop(name) for name in names]


def swap(one, two):
    def change(files):
        files[one], files[two] = files[two], files[one]

    return change


def reseal(lines, chunks=CHUNKS, **changed):
    """Someone with database and disk, and without the key: all is made anew but the signature."""

    def change(files):
        seal = seal_of(lines, **changed)
        leaves = log_of(seal)
        files[MANIFEST] = b"".join(line + b"\n" for line in lines)
        files["seal.json"] = seal
        _, _, rest = checkpoint(leaves).partition("\n\n")
        _, _, kept = checkpoint(log_of(seal_of(manifest(CHUNKS)))).partition("\n\n")
        files["seal.tlog-proof"] = proof_of(leaves, checkpoint(leaves).replace(rest, kept))

    return change


def reorder(files):
    lines = files[MANIFEST].splitlines(keepends=True)
    lines[1], lines[3] = lines[3], lines[1]
    files[MANIFEST] = b"".join(lines)


def proof_with(change):
    return lambda files: files.update({"seal.tlog-proof": change(files["seal.tlog-proof"])})


def every_proof_with(change):
    return lambda files: files.update({n: change(data) for n, data in files.items() if n.endswith("tlog-proof")})


def without_line(files):
    lines = files[MANIFEST].splitlines(keepends=True)
    files[MANIFEST] = b"".join(lines[:2] + lines[3:])


def handed(size, signer=None, by=NEXT):
    def change(files):
        files.update(bundle(signers=(by,)))
        files["log.handovers"] = handover(LOG, NEXT, size, signer)

    return change


def twice(files):
    files["log.handovers"] = handover(LOG, OTHER, 3) + handover(OTHER, NEXT, 9)
    proofs = bundle(signers=(NEXT,)).items()
    files.update({name: data for name, data in proofs if name.endswith("tlog-proof")})


def forged(at):
    """A signature of the right key that is not one: the checkpoint's own, or the timed one."""

    def change(files):
        lines = files["seal.tlog-proof"].decode().split("\n")
        name, text = lines[at].rsplit(" ", 1)
        signature = bytearray(base64.b64decode(text))
        signature[-1] ^= 1
        lines[at] = name + " " + base64.b64encode(bytes(signature)).decode()
        files["seal.tlog-proof"] = "\n".join(lines).encode()

    return change


GOOD = json.loads(seal_of(manifest(CHUNKS)))


def other_seal(**changed):
    return signed(seal=to_json({**GOOD, **changed}))


SMALLER = log_of(seal_of(manifest(CHUNKS)), after=1)
LEAVES = log_of(seal_of(manifest(CHUNKS)))
FORKED = LEAVES[:-1] + [b"another end"]
LARGER = LEAVES + [b"later still"]

# Someone with the log's own key tells the beginning anew, which was committed to before.
ANEW = [("output", b"zstd new"), *CHUNKS[1:]]
COMMITTED = {index: progress_of(manifest(CHUNKS), index, count) for index, count in PROGRESS}

# What is done to a good bundle, what is demanded, and the verdict.
CASES = [
    ("nothing", lambda files: None, {}, HOLDS),
    ("no public key", lambda files: None, {"key": None}, UNDECIDED),
    ("no public key, and another key signed", lambda f: f.update({"log.vkeys": (OTHER.vkey() + "\n").encode()}), {"key": None}, BROKEN),
    ("another's public key", lambda files: None, {"key": OTHER}, BROKEN),
    ("a byte of a chunk", flip("recording/" + FILES[0]), {}, BROKEN),
    ("a byte of the input", flip("recording/" + FILES[1]), {}, BROKEN),
    ("a chunk cut short", put(**{"recording/" + FILES[0]: b"zstd on"}), {}, BROKEN),
    ("a chunk made longer", put(**{"recording/" + FILES[0]: b"zstd one+"}), {}, BROKEN),
    ("two chunks swapped", swap("recording/" + FILES[0], "recording/" + FILES[2]), {}, BROKEN),
    ("a chunk gone", drop("recording/" + FILES[2]), {}, BROKEN),
    ("a file beside the chunks", put(**{"recording/000003.output.cast.zst": b"x"}), {}, HOLDS),
    ("a chunk with another name", swap("recording/" + FILES[0], "README.md"), {}, BROKEN),
    ("some of the input gone", signed(chunks=[*CHUNKS, ("input", b"age four")]), {}, BROKEN),
    ("without the input", drop("recording/" + FILES[1]), {}, HOLDS),
    ("without all that was shown", drop(*["recording/" + FILES[n] for n in (0, 2)]), {}, BROKEN),
    ("the manifest alone", drop(*["recording/" + name for name in FILES]), {}, BROKEN),
    ("with its keys", put(**{"recording/output.agekey": b"k", "recording/input.agekey": b"k"}), {}, HOLDS),
    ("a byte of the manifest", flip(MANIFEST, 40), {}, BROKEN),
    ("its last line", flip(MANIFEST, -90), {}, BROKEN),
    ("a line of the manifest gone", without_line, {}, BROKEN),
    ("lines in another order", reorder, {}, BROKEN),
    ("the manifest broken off", lambda f: f.update({MANIFEST: f[MANIFEST][:-1]}), {}, BROKEN),
    ("a line appended", lambda f: f.update({MANIFEST: f[MANIFEST] + b"{}\n"}), {}, BROKEN),
    ("the manifest gone", drop(MANIFEST), {}, UNDECIDED),
    ("the seal gone", drop("seal.json"), {}, UNDECIDED),
    ("the proof gone", drop("seal.tlog-proof"), {}, UNDECIDED),
    ("the seal edited", flip("seal.json", 9), {}, BROKEN),
    ("a line feed after the seal", lambda f: f.update({"seal.json": f["seal.json"] + b"\n"}), {}, BROKEN),
    ("made anew without the key", reseal(manifest(CHUNKS[:2])), {}, BROKEN),
    ("a seal with another exit", reseal(manifest(CHUNKS), exit=1), {}, BROKEN),
    ("a seal of another channel", reseal(manifest(CHUNKS), channel=1), {}, BROKEN),
    ("the manifest made anew, the seal kept", put(**{MANIFEST: b"\n".join(parsed(4, exit=1)) + b"\n"}), {}, BROKEN),
    ("signed and sound", signed(), {}, HOLDS),
    ("signed: another number of lines", other_seal(after={**GOOD["after"], "lines": 4}), {}, BROKEN),
    ("signed: another root", signed(root="00" * 32), {}, BROKEN),
    ("signed: another channel", signed(channel=1), {}, BROKEN),
    ("signed: another state", signed(state="interrupted"), {}, BROKEN),
    ("signed: another exit", signed(exit=None), {}, BROKEN),
    ("signed: other bytes", signed(bytes_in=18), {}, BROKEN),
    ("signed: another session", other_seal(subject="session/x"), {}, BROKEN),
    ("signed: no seal", other_seal(action="recording.opened"), {}, BROKEN),
    ("signed: no place", other_seal(seq="8"), {}, BROKEN),
    ("signed: another place", other_seal(seq=9), {}, BROKEN),
    ("signed: a key twice", signed(seal=to_json(GOOD)[:-1] + b',"seq":8}'), {}, BROKEN),
    ("signed: no object", signed(seal=b"[]"), {}, BROKEN),
    ("signed: lines that do not follow", signed(lines=[manifest(CHUNKS)[0], *parsed(0, channel=1)[1:]]), {}, BROKEN),
    ("signed: chunks miscounted", signed(lines=parsed(4, chunks=2)), {}, BROKEN),
    ("signed: a chunk misnumbered", signed(lines=parsed(2, chunk=7)), {}, BROKEN),
    ("signed: a track that is none", signed(lines=parsed(2, track="../output")), {}, BROKEN),
    ("signed: a track that is no word", signed(lines=parsed(2, track=["output"])), {}, BROKEN),
    ("signed: another length", signed(lines=parsed(1, stored=7)), {}, BROKEN),
    ("signed: another format", signed(lines=parsed(0, drawbridge="recording/2")), {}, BROKEN),
    ("signed: white space", signed(lines=linked(*[json.loads(x) for x in manifest(CHUNKS)], gap=" ")), {}, BROKEN),
    ("signed: a key too many", signed(lines=parsed(0, more=1)), {}, BROKEN),
    ("signed: never closed", signed(lines=manifest(CHUNKS)[:-1]), {}, BROKEN),
    ("signed: not even begun", signed(lines=manifest(CHUNKS)[:1]), {}, BROKEN),
    ("a forged signature", forged(-4), {}, BROKEN),
    ("a forged time", forged(-3), {"max_age": 60, "now": AT}, BROKEN),
    ("a forged witness", forged(-2), {"witnesses": [Key(WITNESS.vkey(4))]}, BROKEN),
    ("a proof of something else", proof_with(lambda p: p.replace(b"@v1", b"@v2")), {}, BROKEN),
    ("a hand-over after other words", lambda f: f.update({"log.handovers": b"words\n" + handover(LOG, NEXT, 9)}), {}, BROKEN),
    ("another place in the log", proof_with(lambda p: p.replace(b"index 7", b"index 6")), {}, BROKEN),
    ("a hash of the proof", flip("seal.tlog-proof", 40), {}, BROKEN),
    ("a hash too many", proof_with(lambda p: p.replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n\n", 1)), {}, BROKEN),
    ("a hash too few", proof_with(lambda p: p.replace(p.split(b"\n")[2] + b"\n", b"", 1)), {}, BROKEN),
    ("an extra line", proof_with(lambda p: p.replace(b"\nindex", b"\nextra eHg=\nindex", 1)), {}, HOLDS),
    ("the size of the log", proof_with(lambda p: p.replace(b"\n13\n", b"\n14\n")), {}, BROKEN),
    ("signed by another key", lambda f: f.update(bundle(signers=(OTHER,))), {}, BROKEN),
    ("signed by another key too", lambda f: f.update(bundle(signers=(OTHER, LOG))), {}, HOLDS),
    ("handed over", handed(9), {}, HOLDS),
    ("handed over, and signed by the old one", handed(9, by=LOG), {}, BROKEN),
    ("signed by the old one just before", handed(13, by=LOG), {}, HOLDS),
    ("handed over to two", lambda f: (handed(9)(f), f.update({"log.handovers": f["log.handovers"] + handover(LOG, OTHER, 9)})), {}, BROKEN),
    ("the same hand-over twice", lambda f: (handed(9)(f), f.update({"log.handovers": f["log.handovers"] * 2})), {}, HOLDS),
    ("handed over later than that", handed(14), {}, BROKEN),
    ("handed over by nobody", handed(9, signer=NEXT), {}, BROKEN),
    ("handed over to another", handed(9, by=OTHER), {}, BROKEN),
    ("handed over twice", twice, {}, HOLDS),
    ("without what was committed to", drop(*[f"progress/{n}.{kind}" for n in (1, 2) for kind in ("json", "tlog-proof")]), {}, HOLDS),
    ("a root that was committed to", lambda f: f.update({"progress/1.json": progress_of(manifest(CHUNKS), 3, 2, root="00" * 32)}), {}, BROKEN),
    ("what was committed to, of more lines", lambda f: f.update({"progress/2.json": progress_of(manifest(CHUNKS), 5, 5)}), {}, BROKEN),
    ("a proof of what was committed to gone", drop("progress/2.tlog-proof"), {}, UNDECIDED),
    ("a leaf of what was committed to gone", drop("progress/2.json"), {}, UNDECIDED),
    ("two of their proofs swapped", swap("progress/1.tlog-proof", "progress/2.tlog-proof"), {}, BROKEN),
    ("what was committed to is nothing", put(**{"progress/1.json": b"[]"}), {}, BROKEN),
    ("what was committed to is the seal", lambda f: f.update({"progress/1.json": f["seal.json"], "progress/1.tlog-proof": f["seal.tlog-proof"]}), {}, BROKEN),
    ("another checkpoint for it", lambda f: f.update({"progress/1.tlog-proof": proof_of(LARGER, checkpoint(LARGER), 3)}), {}, BROKEN),
    ("signed: another beginning than was committed to", lambda f: (signed(chunks=ANEW, progress=COMMITTED)(f), f.update({"recording/" + FILES[0]: b"zstd new"})), {}, BROKEN),
    ("signed: fewer lines than were committed to", lambda f: (signed(chunks=CHUNKS[:1], progress=COMMITTED)(f), drop(*["recording/" + name for name in FILES[1:]])(f)), {}, BROKEN),
    ("signed: more lines were committed to than there are", signed(progress={3: progress_of(manifest(CHUNKS), 3, 99)}), {}, BROKEN),
    ("signed: another channel was committed to", signed(progress={3: progress_of(manifest(CHUNKS), 3, 2, channel=1)}), {}, BROKEN),
    ("signed: no number of lines was committed to", signed(progress={3: progress_of(manifest(CHUNKS), 3, 2, lines=True)}), {}, BROKEN),
    ("signed: another session was committed to", signed(progress={3: progress_of(manifest(CHUNKS), 3, 2).replace(SESSION.encode(), b"x")}), {}, BROKEN),
    ("a witness", lambda files: None, {"witnesses": [Key(WITNESS.vkey(4))]}, HOLDS),
    ("no such witness", lambda files: None, {"witnesses": [Key(OTHER.vkey(4))]}, UNDECIDED),
    ("young enough", lambda files: None, {"max_age": 60, "now": AT + 60}, HOLDS),
    ("too old", lambda files: None, {"max_age": 60, "now": AT + 61}, UNDECIDED),
    ("by a witness's clock", lambda f: None, {"max_age": 60, "now": AT + 65, "witnesses": [Key(WITNESS.vkey(4))]}, HOLDS),
    ("an age, and no time", every_proof_with(lambda p: p[: p.index(LOG.timed(checkpoint(LEAVES).partition("\n\n")[0] + "\n", AT).encode())]), {"max_age": 60, "now": AT}, UNDECIDED),
    ("seen smaller", lambda files: None, {"seen": SMALLER}, UNDECIDED),
    ("seen the same", lambda files: None, {"seen": LEAVES}, HOLDS),
    ("seen another of that size", lambda files: None, {"seen": FORKED}, BROKEN),
    ("too old, and another was seen", lambda f: None, {"seen": FORKED, "max_age": 1, "now": AT + 9}, BROKEN),
    ("seen larger: put back", lambda files: None, {"seen": LARGER}, BROKEN),
    ("seen of another log", lambda files: None, {"seen": SMALLER, "seen_name": "elsewhere"}, BROKEN),
]


def check_case(name, change, demands, expected, as_tar):
    files = bundle()
    change(files)
    demands = copy.copy(demands)
    key = demands.pop("key", LOG)
    if "seen" in demands:
        seen = checkpoint(demands["seen"]).replace(LOG.name + "\n", demands.pop("seen_name", LOG.name) + "\n", 1)
        demands["seen"] = Checkpoint(seen.encode())
    with tempfile.TemporaryDirectory() as directory:
        where = write(files, directory, as_tar)
        status, says = judge(where, key and Key(key.vkey()), **demands)
    assert status == expected, f"{name}: {status} instead of {expected}: {says}"


def check_trees():
    for size in range(1, 20):
        leaves = [b"leaf %d" % n for n in range(size)]
        for index in range(size):
            proof = path(leaves, index)
            assert root_from_proof(leaf_hash(leaves[index]), index, size, proof) == tree_hash(leaves)
    # RFC 6962's shape, by hand.
    a, b, c = (leaf_hash(x) for x in (b"a", b"b", b"c"))
    assert tree_hash([b"a", b"b", b"c"]) == node_hash(node_hash(a, b), c)
    assert tree_hash([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def check_signatures():
    for public, message, signature in RFC_8032:
        public, message, signature = (bytes.fromhex(x) for x in (public, message, signature))
        assert verified(public, message, signature)
        assert not verified(public, message + b"x", signature)
        for at in (0, 31, 32, 63):
            wrong = bytearray(signature)
            wrong[at] ^= 1
            assert not verified(public, message, bytes(wrong))
        # S + L signs the same to whoever does not look (RFC 8032, 5.1.7).
        longer = (int.from_bytes(signature[32:], "little") + L).to_bytes(33, "little")
        if longer[32] == 0:
            assert not verified(public, message, signature[:32] + longer[:32])
    assert Note(NOTE.encode(), "the example").signed_by(Key(NOTE_KEY))


def check_words():
    """What can't be read is refused, and never taken for something else."""
    vkey = LOG.vkey()
    name, key_id, material = vkey.split("+", 2)
    for line in ("", name, f"+{key_id}+{material}", f"{name}+00000000+{material}", f"{name}+{key_id}+AAAA", vkey[:-4]):
        assert refused(Key, line), line
    note = checkpoint(LEAVES)
    head, _, lines = note.partition("\n\n")
    for text in (head, head + "\n\n", note[:-1], note + "words\n", head + "\n\n— name AAAA\n", "\n\n" + lines):
        assert refused(lambda text: Checkpoint(text.encode()), text), text
    for wrong in ("\n013\n", "\n-1\n", "\nx\n"):
        assert refused(lambda text: Checkpoint(text.encode()), note.replace("\n13\n", wrong)), wrong
    assert refused(lambda text: Checkpoint(text.encode()), note.replace(head[-20:], "AAAA"))
    assert refused(Checkpoint, b"\xff" + note.encode())
    good = path(LEAVES, 7)
    for proof, index in ((good, 13), (good[:-1], 7), ([*good, good[0]], 7), ([], 7)):
        assert refused(lambda p: root_from_proof(leaf_hash(LEAVES[7]), index, 13, p), proof), (index, len(proof))


def refused(read, what):
    try:
        read(what)
    except Broken:
        return True
    return False


def check_odd_tars():
    good = bundle()
    with tempfile.TemporaryDirectory() as directory:
        for kind in ("twice", "link", "outside"):
            name = write(good, directory, True)
            with tarfile.open(name, "a") as tar:
                info = tarfile.TarInfo({"twice": "seal.json", "link": "x", "outside": "../x"}[kind])
                if kind == "link":
                    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                tar.addfile(info, io.BytesIO(b""))
            assert judge(name, Key(LOG.vkey()))[0] == BROKEN, kind
        os.symlink("/etc/passwd", os.path.join(write(good, directory, False), "link"))
        assert judge(os.path.join(directory, "visit"), Key(LOG.vkey()))[0] == BROKEN
        nothing = os.path.join(directory, "none.tar")
        assert judge(nothing, Key(LOG.vkey()))[0] == UNDECIDED
        with open(nothing, "wb") as file:
            file.write(b"no tar" * 999)
        assert judge(nothing, Key(LOG.vkey()))[0] == UNDECIDED


def run():
    check_signatures()
    check_trees()
    for number, case in enumerate(CASES):
        check_case(*case, as_tar=number % 2 == 0)
    check_case(*CASES[0], as_tar=False)
    check_words()
    check_odd_tars()
    print(f"{len(CASES)} bundles, {len(RFC_8032)} vectors of RFC 8032: all as expected")
    return 0
