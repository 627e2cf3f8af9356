//! A log that goes on, and logs that cheat.

use proptest::prelude::*;
use secrecy::SecretBox;

use super::*;
use crate::checkpoint::{cosignatures, open};
use crate::proof::Plan;
use crate::tree::{Node, root_of};

const LOG: &str = "plant.example/log";

fn key(name: &str, seed: u8, kind: KeyKind) -> SigningKey {
    SigningKey::from_seed(name, kind, SecretBox::new(Box::new([seed; 32]))).expect("a key")
}

fn log() -> SigningKey {
    key(LOG, 1, KeyKind::Note)
}

fn leaves(history: u8, size: u64) -> Vec<Vec<u8>> {
    (0..size)
        .map(|n| vec![history, n.to_le_bytes()[0]])
        .collect()
}

fn seen(history: u8, size: u64) -> Seen {
    Seen {
        size,
        root: root_of(leaves(history, size)),
    }
}

fn proof(history: u8, old: u64, new: u64) -> Vec<Hash> {
    let plan = Plan::consistency(old, new).expect("not smaller");
    let leaves = leaves(history, new);
    let hash = |node: Node| {
        let start = usize::try_from(node.index << node.level).expect("few");
        root_of(&leaves[start..start + (1 << node.level)])
    };
    let hashes: Vec<_> = plan.nodes().map(hash).collect();
    plan.assemble(&hashes).expect("as many")
}

fn checkpoint(history: u8, size: u64) -> Checkpoint {
    Checkpoint {
        origin: LOG.to_owned(),
        size,
        root: seen(history, size).root,
        extensions: Vec::new(),
    }
}

fn request(history: u8, old: u64, new: u64) -> AddCheckpoint {
    AddCheckpoint {
        old,
        proof: proof(history, old.min(new), new),
        note: checkpoint(history, new).sign(&log(), 1000).expect("signed"),
    }
}

#[test]
fn a_log_that_goes_on_is_signed_at_every_size() {
    let keys = [log().verifier().clone()];
    let witness = key("w.example", 2, KeyKind::Timestamped);
    let known = [witness.verifier().clone()];
    let mut state = Seen::nothing();
    for (at, size) in (5_000..).zip([0, 1, 1, 2, 7, 8, 20]) {
        let request = request(0, state.size, size);
        let body = request.to_string();
        assert_eq!(AddCheckpoint::parse(body.as_bytes()), Ok(request.clone()));
        let accepted = decide(&request, &keys, &state).expect("it goes on");
        state = accepted.seen();
        assert_eq!(state, seen(0, size));
        let answer = accepted.answer(&witness, at);
        let good = cosignatures(&answer, request.note.text(), &known).expect("good");
        assert_eq!(good.len(), 1);
        let both = accepted.witnessed(&witness, at).to_string();
        let opened = open(both.as_bytes(), &keys[0], &known).expect("opened");
        assert_eq!(opened.witnesses, [(known[0].clone(), at)]);
    }
}

#[test]
fn a_log_that_cheats_is_refused_with_the_status_of_the_protocol() {
    let keys = [log().verifier().clone()];
    let thief = key(LOG, 9, KeyKind::Note);
    let stranger = [key("other.example/log", 1, KeyKind::Note)
        .verifier()
        .clone()];
    let refused = |request: &AddCheckpoint, seen: Seen| {
        let refused = decide(request, &keys, &seen).expect_err("refused");
        (refused.status(), refused)
    };
    let (last, fork) = (seen(0, 7), seen(1, 7));

    // Rolled back: the old tree is asked for again, or said to be larger.
    let (status, why) = refused(&request(0, 3, 5), last);
    assert_eq!((status, why), (409, Refused::OtherSize(7)));
    let (status, why) = refused(&request(0, 7, 5), last);
    assert_eq!(
        (status, why),
        (400, Refused::OldAboveNew { old: 7, new: 5 })
    );
    // It does not know what was seen.
    assert_eq!(refused(&request(0, 0, 9), last).0, 409);
    // Forked: another history from the beginning, at the same size, or later.
    let (status, why) = refused(&request(1, 7, 9), last);
    assert_eq!(
        (status, why),
        (422, Refused::Unproven(ProofError::WrongHistory))
    );
    let (status, why) = refused(&request(0, 7, 7), fork);
    assert_eq!(
        (status, why),
        (422, Refused::Unproven(ProofError::WrongHistory))
    );
    let mut bent = request(0, 7, 9);
    bent.note = checkpoint(1, 9).sign(&log(), 1000).expect("signed");
    assert_eq!(refused(&bent, last).0, 422);
    // A proof of another length.
    let mut long = request(0, 0, 9);
    long.proof.push(last.root);
    assert_eq!(refused(&long, Seen::nothing()).0, 422);
    let mut short = request(0, 7, 9);
    short.proof.pop();
    assert_eq!(refused(&short, last).0, 422);
    // An empty tree with something in it.
    let mut full = request(0, 0, 0);
    let mut nothing = checkpoint(0, 0);
    nothing.root = last.root;
    full.note = nothing.sign(&log(), 1000).expect("signed");
    assert_eq!(refused(&full, Seen::nothing()).0, 422);
    // Signed by another, or by the log and changed.
    let mut stolen = request(0, 7, 9);
    stolen.note = checkpoint(0, 9).sign(&thief, 1000).expect("signed");
    let (status, why) = refused(&stolen, last);
    assert_eq!((status, why), (403, Refused::NotSigned(BadNote::Unsigned)));
    let changed = request(0, 7, 9).to_string().replace("\n9\n", "\n8\n");
    let changed = AddCheckpoint::parse(changed.as_bytes()).expect("a request");
    assert_eq!(refused(&changed, last).0, 403);
    // Of another log.
    for keys in [&stranger[..], &[]] {
        let why = decide(&request(0, 7, 9), keys, &last).expect_err("refused");
        assert_eq!(
            (why.status(), why),
            (404, Refused::UnknownLog(LOG.to_owned()))
        );
    }
    // No checkpoint at all.
    let mut other = request(0, 7, 9);
    other.note = Note::new("hello\n").expect("a text").signed(&log());
    assert_eq!(refused(&other, last), (400, Refused::NoCheckpoint));
}

#[test]
fn what_is_no_request_is_refused() {
    let good = request(0, 7, 9).to_string();
    let hash = format!("{}\n", Hash::of(b"x"));
    for bad in [
        "",
        "old 7",
        "old 7\n",
        "old 7\n\n",
        &good.replace("old 7", "old 07"),
        &good.replace("old 7", "Old 7"),
        &good.replace("old 7\n", &format!("old 7\n{}", hash.repeat(64))),
        &good.replace("old 7\n", "old 7\nAAAA\n"),
        &good.replace("— ", "- "),
        &good.replace('\n', "\r\n"),
        &format!("{good}{}", "x".repeat(LONGEST_REQUEST)),
    ] {
        assert!(AddCheckpoint::parse(bad.as_bytes()).is_err(), "{bad:.200}");
    }
    assert!(AddCheckpoint::parse(b"old 7\n\n\xff").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_a_request_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = AddCheckpoint::parse(&bytes);
        let _ = AddCheckpoint::parse(&[b"old 7\n\n".as_slice(), &bytes].concat());
    }

    #[test]
    fn nothing_signed_is_ever_taken_back(
        asked in prop::collection::vec((0_u8..2, 0_u64..30, 0_u64..30), 1..20)
    ) {
        let keys = [log().verifier().clone()];
        let mut state = Seen::nothing();
        let mut history = None;
        for (which, old, new) in asked {
            // Half of the time the log knows what was seen.
            let old = if old % 2 == 0 { state.size } else { old };
            if let Ok(accepted) = decide(&request(which, old, new), &keys, &state) {
                prop_assert!(accepted.seen().size >= state.size);
                state = accepted.seen();
                if state.size > 0 {
                    prop_assert_eq!(*history.get_or_insert(which), which);
                }
            }
        }
    }
}
