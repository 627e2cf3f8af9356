//! Recordings that should have been sealed and were not, and what was committed to
//! of them before.

use std::collections::BTreeSet;
use std::fs;

use super::rebuilt::closed_by;
use super::*;
use crate::archive::{MANIFEST, Manifest, recording_dir};

fn unsealed(number: u32, committed: u64) -> Unsealed {
    Unsealed {
        session: session(number),
        channel: number,
        started: Timestamp::from_micros(1_764_000_000_000_000),
        committed,
    }
}

/// A start that knows of them.
fn started(dir: TempDir, also: &[Unsealed]) -> (Bench, Vec<Interrupted>) {
    closed_by(Bench::knowing(dir, RealClock::start(), also))
}

fn dir_of(dir: &TempDir, number: u32) -> PathBuf {
    recording_dir(&dir.path().join("recordings"), session(number), number)
}

fn names(dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Some of each, in chunks, and a recording that goes on.
async fn some(bench: &Bench) -> (InputLog, InputTail, OutputLog) {
    let (input, mut tail, output) = bench.open(0).await;
    input.append(pattern(0, 1000)).await.unwrap();
    take(&mut tail, 1000).await;
    let shown = Bytes::from_static(b"sh\xffwn");
    output.write(Stream::Out, shown).unwrap();
    output.exit(3).unwrap();
    output.durable().await.unwrap();
    bench.recorder.cut(session(0), 0).await;
    (input, tail, output)
}

#[tokio::test]
async fn what_never_began_is_closed_with_nothing_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let half = dir_of(&dir, 1);
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("output.key.age"), "age-encry").unwrap();
    fs::write(half.join(MANIFEST), "{\"drawbridge\":\"reco").unwrap();
    let (again, closed) = started(dir, &[unsealed(0, 0), unsealed(1, 0)]);
    assert_eq!(closed.len(), 2);
    for (number, closed) in (0..).zip(&closed) {
        assert_eq!((closed.session, closed.channel), (session(number), number));
        let Closing {
            end,
            bytes_in,
            bytes_out,
            exit,
        } = closed.closing;
        assert_eq!((end, bytes_in, bytes_out), (End::Interrupted, 0, 0));
        assert_eq!(exit, None);
        let recording = archived(again.dir.path(), number);
        assert_eq!(recording.manifest().seal(), closed.seal);
        assert_eq!(recording.manifest().opening.session, session(number));
        let cast = cast_in(again.dir.path(), number);
        assert_eq!(markers(&cast), ["recording interrupted"]);
        assert_eq!(shown(&cast), "");
    }
}

/// Where there was more, nothing is put in its place.
#[tokio::test]
async fn what_lost_its_manifest_is_left_to_people() {
    let bench = Bench::new();
    let _handles = some(&bench).await;
    for committed in [0, 2] {
        let copy = killed(&bench);
        fs::remove_dir_all(copy.path().join("wal")).unwrap();
        let dir = dir_of(&copy, 0);
        if committed == 0 {
            fs::remove_file(dir.join(MANIFEST)).unwrap();
        } else {
            fs::remove_dir_all(&dir).unwrap();
        }
        let before = dir.exists().then(|| names(&dir));
        let (again, closed) = started(copy, &[unsealed(0, committed)]);
        assert_eq!(closed.len(), 0);
        let dir = dir_of(&again.dir, 0);
        assert_eq!(dir.exists().then(|| names(&dir)), before);
    }
}

#[tokio::test]
async fn without_the_log_it_is_counted_from_what_is_kept() {
    let bench = Bench::new();
    let _handles = some(&bench).await;
    let copy = killed(&bench);
    fs::remove_dir_all(copy.path().join("wal")).unwrap();
    let (_, closed) = started(copy, &[unsealed(0, 0)]);
    let Closing {
        bytes_in,
        bytes_out,
        exit,
        ..
    } = closed[0].closing;
    assert_eq!((bytes_in, bytes_out, exit), (1000, 5, Some(3)));
}

/// What is committed to stays, whatever the log could make anew.
#[tokio::test]
async fn what_is_committed_to_is_gone_on_from() {
    let bench = Bench::new();
    let (_input, _tail, output) = some(&bench).await;
    let [progress] = bench.recorder.progress().unwrap()[..] else {
        panic!("one recording is under way");
    };
    assert_eq!((progress.session, progress.channel), (session(0), 0));
    let so_far = progress.so_far;
    assert_eq!(so_far.lines, 3, "the first line, and a chunk of each track");
    output
        .write(Stream::Out, Bytes::from_static(b"later"))
        .unwrap();
    output.durable().await.unwrap();
    bench.recorder.cut(session(0), 0).await;

    let root_of_first = |dir: &TempDir, lines| {
        let bytes = fs::read(dir_of(dir, 0).join(MANIFEST)).unwrap();
        let manifest = Manifest::parse(&bytes).unwrap();
        assert!(manifest.closing.is_some());
        manifest
            .seals_after(&BTreeSet::from([lines]))
            .remove(&lines)
    };
    // The chunk is damaged and still in the log; so is the one after it.
    for (committed, stays) in [(so_far.lines, true), (0, false)] {
        let copy = killed(&bench);
        for name in names(&dir_of(&copy, 0)) {
            if name.ends_with(".zst.age") {
                fs::write(dir_of(&copy, 0).join(name), "damaged").unwrap();
            }
        }
        let (again, closed) = started(copy, &[unsealed(0, committed)]);
        assert_eq!(closed.len(), 1);
        let is = root_of_first(&again.dir, so_far.lines);
        assert_eq!(is == Some(so_far), stays, "{committed}");
        let whole = names(&dir_of(&again.dir, 0))
            .into_iter()
            .filter(|name| name.ends_with(".zst.age"))
            .filter(|name| fs::read(dir_of(&again.dir, 0).join(name)).unwrap() != b"damaged")
            .count();
        assert!(whole >= 1, "what came after is made again");
    }
}

#[tokio::test]
async fn nothing_is_committed_to_that_is_not_durable() {
    let bench = Bench::new();
    let (input, tail, output) = some(&bench).await;
    bench.disk.plan.fail_sync_all.store(true, Ordering::SeqCst);
    assert!(bench.recorder.progress().is_err());
    soon(output.stopped()).await;
    drop((input, tail, output));
    bench.disk.plan.fail_sync_all.store(false, Ordering::SeqCst);
    assert_eq!(bench.recorder.progress().unwrap(), []);
}
