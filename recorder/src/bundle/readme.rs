//! The README of a bundle: the whole check by hand.

use std::fmt::Write;

use super::Contents;
use crate::archive::{Protection, Track};

/// The README of a bundle of `contents`.
pub(super) fn of(contents: &Contents) -> String {
    let manifest = contents.recording.manifest();
    let opening = &manifest.opening;
    let mut text = format!(
        "# Recording of session {}, channel {}\n\nBegun {}, {}.\n",
        opening.session,
        opening.channel,
        opening.started,
        match manifest.closing {
            Some(closing) => closing.end.as_str(),
            None => "not ended",
        }
    );
    let tracks = contents.tracks.contains(&Track::Input);
    let _ = writeln!(
        text,
        "It has what the asset showed{}.",
        if tracks {
            ", and what the vendor typed, passwords included: give it to nobody who may not read them"
        } else {
            ", and not what the vendor typed"
        }
    );
    text.push_str(CHECK);
    for track in Track::ALL
        .into_iter()
        .filter(|t| contents.tracks.contains(t))
    {
        text.push_str(&look(opening.track(track).encryption, track));
    }
    text.push_str(MEANING);
    text
}

fn look(protection: Protection, track: Track) -> String {
    let (ending, into) = match track {
        Track::Output => ("output.cast.zst", "visit.cast"),
        Track::Input => ("input.frames.zst", "visit.frames"),
    };
    match protection {
        Protection::Off => format!("\n```sh\nzstd -dcq recording/*.{ending} > {into}\n```\n"),
        Protection::AtRest => format!(
            "\n```sh\nfor f in recording/*.{ending}.age; do age -d -i recording/{track}.agekey \"$f\" | zstd -dcq; done > {into}\n```\n"
        ),
        Protection::Sealed => format!(
            "\nThe {track} is sealed: only an auditor's own key, AUDITOR.agekey here, opens it.\n```sh\nfor f in recording/*.{ending}.age; do age -d -i AUDITOR.agekey \"$f\" | zstd -dcq; done > {into}\n```\n"
        ),
    }
}

const CHECK: &str = r##"
## Checking it
```sh
drawbridge verify visit.tar --key NAME+HASH+KEY
```
`NAME+HASH+KEY` is the log's public key. Get it from somebody you trust, or from your own notes of earlier. The one in `log.vkeys` came with the bundle, and whoever forged the one could have forged the other.

The same by hand, with sha256sum, openssl, zstd, age and bash, in the directory that the bundle was unpacked to:

1. **Each chunk is what the manifest says.** No output means that all agree. A chunk that is not here is named: what the vendor typed is not in every bundle.
```sh
while IFS= read -r line; do
  n=$(printf %s "$line" | sed -n 's/^{"chunk":\([0-9]*\),.*/\1/p'); [ -n "$n" ] || continue
  want=$(printf %s "$line" | sed 's/.*"sha256":"\([0-9a-f]*\)".*/\1/')
  set -- recording/"$(printf %06d "$n")".*
  [ -e "$1" ] || { echo "chunk $n is not here"; continue; }
  [ "$(sha256sum < "$1" | cut -c1-64)" = "$want" ] || echo "chunk $n: $1 differs"
done < recording/manifest.jsonl
```
2. **The lines follow one another, and lead to the root in the seal.** Each line's `prev` is the SHA-256 of the line before, and the root is the Merkle tree hash (RFC 6962) of all lines. The second of these prints what `"root"` in `seal.json` must be.
```sh
prev=; while IFS= read -r line; do
  [ -z "$prev" ] || case $line in *"\"prev\":\"$prev\"}") ;; *) echo "broken before: $line";; esac
  prev=$(printf %s "$line" | sha256sum | cut -c1-64)
done < recording/manifest.jsonl

bytes() { printf '%b' "$(printf %s "$1" | sed 's/../\\x&/g')"; }
node() { bytes "01$1$2" | sha256sum | cut -c1-64; }
tree() { [ $# = 1 ] && { printf %s "$1"; return; }; k=1; while [ $((k * 2)) -lt $# ]; do k=$((k * 2)); done
  node "$(tree "${@:1:k}")" "$(tree "${@:k+1}")"; }
leaves=(); while IFS= read -r line; do leaves+=("$({ printf '\0'; printf %s "$line"; } | sha256sum | cut -c1-64)"); done < recording/manifest.jsonl
tree "${leaves[@]}"; echo
grep -o '"root":"[0-9a-f]*"' seal.json
```
3. **The seal is in the log.** Its leaf is the SHA-256 of a zero byte and `seal.json`; with the hashes in `seal.tlog-proof`, from top to bottom, it leads to the root in the checkpoint below them (third line, in base64). `index` says where it is: at each step an odd number, or the last one of its level, has its sibling on the left; then the number is halved.
```sh
b64() { base64 -d | od -An -vtx1 | tr -d ' \n'; }
leaf=$({ printf '\0'; cat seal.json; } | sha256sum | cut -c1-64)
i=$(sed -n 's/^index //p' seal.tlog-proof)
size=$(sed '1,/^$/d' seal.tlog-proof | sed -n 2p); last=$((size - 1)); h=$leaf
for p in $(sed -n '/^index/,/^$/p' seal.tlog-proof | sed '1d;/^$/d'); do p=$(printf %s "$p" | b64)
  if [ $((i % 2)) = 1 ] || [ "$i" = "$last" ]; then h=$(node "$p" "$h")
    while [ $((i % 2)) = 0 ] && [ "$i" != 0 ]; do i=$((i / 2)); last=$((last / 2)); done
  else h=$(node "$h" "$p"); fi
  i=$((i / 2)); last=$((last / 2)); done
echo "$h"; sed '1,/^$/d' seal.tlog-proof | sed -n 3p | b64; echo
```
4. **What the log committed to while the recording ran is how it begins.** Each `progress/N.json`, if there are any, is an event that tells of so many first lines and their root. No output means that all agree. That each is in the log is seen as in step 3, with its own `progress/N.tlog-proof`, whose checkpoint is that of `seal.tlog-proof`.
```sh
for p in progress/*.json; do [ -e "$p" ] || continue
  n=$(sed 's/.*"lines":\([0-9]*\).*/\1/' "$p"); want=$(sed 's/.*"root":"\([0-9a-f]*\)".*/\1/' "$p")
  [ "$(tree "${leaves[@]:0:n}")" = "$want" ] || echo "$p: the recording does not begin so"
done
```
5. **The log has signed the checkpoint.** Put the log's public key, that you trust, into `key`; the signature is the line of the log whose base64 begins like the key's HASH. If `log.handovers` is there, the key that signed may be a later one: each note in it is checked in the same way, with the key before.
```sh
key='NAME+HASH+KEY'
sed '1,/^$/d' seal.tlog-proof > checkpoint
sed '/^$/,$d' checkpoint > text
bytes "302a300506032b6570032100$(printf %s "${key#*+*+}" | b64 | cut -c3-)" > key.der
hash=${key#*+}; hash=${hash%%+*}
sed -n 's/^— [^ ]* //p' checkpoint | while read -r s; do s=$(printf %s "$s" | b64)
  case $s in "$hash"*) bytes "${s#"$hash"}" > signature;; esac; done
openssl pkeyutl -verify -pubin -inkey key.der -keyform DER -rawin -in text -sigfile signature
```

## Looking at it
`replay.html`, if it is there, opens in any browser, from the disk. It is for looking only: what is proven are the chunks. To make an asciicast v3 file of these, for any player:
"##;

const MEANING: &str = "
## What it means
If all agrees, the recording is what it was when it was sealed, and the log's owner has said so, in a log in which nothing can be changed, dropped or put in another order without that being seen by whoever has a later checkpoint of it. That the broker recorded all that happened, and that its clock was right, is not something that a file can prove.
";
