//! Recordings after a broker that did not stop in order.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::archive::recording_dir;

/// The page of a segment that has its key.
const PAGE: usize = 4096;

/// What a new start finds and closes.
async fn restarted(dir: TempDir) -> (Bench, Vec<Interrupted>) {
    closed_by(Bench::at(dir, RealClock::start()))
}

/// What it has closed.
pub(super) fn closed_by(bench: Bench) -> (Bench, Vec<Interrupted>) {
    let mut closed = bench.recorder.interrupted().unwrap();
    let mut all = Vec::new();
    while let Ok(one) = closed.try_recv() {
        all.push(one);
    }
    (bench, all)
}

#[tokio::test]
async fn what_was_handed_out_survives() {
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    input.append(pattern(0, 100_000)).await.unwrap();
    take(&mut tail, 100_000).await;
    output
        .write(Stream::Out, Bytes::from_static(b"shown"))
        .unwrap();
    output.resize(100, 40).unwrap();
    output.durable().await.unwrap();

    let copy = killed(&bench);
    let first_page = std::fs::read(&wal_files(copy.path())[0]).unwrap()[..PAGE].to_vec();
    let (again, closed) = restarted(copy).await;
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].closing.end, End::Interrupted);
    assert_eq!(closed[0].closing.bytes_in, 100_000);
    let recording = archived(again.dir.path(), 0);
    assert_eq!(recording.manifest().seal(), closed[0].seal);
    assert!(again.input(0).await == pattern(0, 100_000));
    let cast = again.cast(0).await;
    assert_eq!(shown(&cast), "shown");
    assert_eq!(markers(&cast), ["recording interrupted"]);

    // It is closed once, and then the log does not know it any more.
    until(|| {
        wal_files(again.dir.path())
            .iter()
            // One that is being given another name is looked at again.
            .all(|file| std::fs::read(file).is_ok_and(|bytes| bytes[..PAGE] != first_page[..]))
    })
    .await;
    let (_, closed) = restarted(killed(&again)).await;
    assert_eq!(closed.len(), 0);
}

#[tokio::test]
async fn a_seal_that_was_not_stored_is_found_again() {
    let bench = Bench::new();
    let (input, _tail, output) = bench.open(0).await;
    input.append(Bytes::from_static(b"x")).await.unwrap();
    let finished = soon(output.finish()).await.unwrap();
    let (_, closed) = restarted(killed(&bench)).await;
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].closing.end, End::Complete);
    assert_eq!(closed[0].seal, finished.seal);
}

#[tokio::test]
async fn whatever_did_not_reach_the_disk_is_made_again() {
    // Several chunks of each side, none of them flushed, all of it in the log.
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    let text = "wörds on a screen, again and again\r\n".repeat(100_000);
    for part in text.as_bytes().chunks(40_001) {
        input.append(Bytes::copy_from_slice(part)).await.unwrap();
        take(&mut tail, part.len()).await;
        output
            .write(Stream::Out, Bytes::copy_from_slice(part))
            .unwrap();
        output.durable().await.unwrap();
    }
    bench.cast(0).await;
    let chunks = archived(bench.dir.path(), 0).manifest().chunks.len();
    assert!(chunks >= 3, "{chunks} chunks");
    let names: Vec<_> = std::fs::read_dir(recording_dir(&bench.root(), session(0), 0))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| !name.to_str().unwrap().ends_with(".key.age"))
        .collect();

    let cases = (0..names.len(), 0_usize..1000, any::<bool>());
    let check = |(file, part, zeros): (usize, usize, bool)| {
        let copy = killed(&bench);
        let dir = recording_dir(&copy.path().join("recordings"), session(0), 0);
        let path = dir.join(&names[file]);
        let content = std::fs::read(&path).unwrap();
        let kept = content.len() * part / 1000;
        let mut torn = content[..kept].to_vec();
        if zeros {
            torn.resize(content.len(), 0);
        }
        std::fs::write(&path, &torn).unwrap();
        let again = Bench::at(copy, RealClock::start());
        let mut closed = again.recorder.interrupted().unwrap();
        prop_assert!(closed.try_recv().is_ok(), "{:?} {kept}", names[file]);
        prop_assert!(input_in(again.dir.path(), 0) == text.as_bytes());
        prop_assert!(shown(&cast_in(again.dir.path(), 0)) == text);
        Ok(())
    };
    TestRunner::new(Config::with_cases(60))
        .run(&cases, check)
        .unwrap();
}

#[tokio::test]
async fn the_log_ends_at_its_first_torn_frame() {
    let bench = Bench::new();
    let (input, mut tail, _output) = bench.open(0).await;
    for at in 0..200 {
        input.append(pattern(at * 50, 50)).await.unwrap();
        take(&mut tail, 50).await;
    }
    let copy = killed(&bench);
    let segment = wal_files(copy.path()).remove(0);
    let whole = std::fs::read(&segment).unwrap();
    let used = whole.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    for cut in [4096, 4100, used / 2, used - 1] {
        let copy = killed(&bench);
        let segment = wal_files(copy.path()).remove(0);
        let mut torn = whole.clone();
        torn[cut..].fill(0xa5);
        std::fs::write(segment, torn).unwrap();
        let again = Bench::at(copy, RealClock::start());
        let closed = again.recorder.interrupted().unwrap().try_recv();
        if closed.is_err() {
            assert!(cut <= 4100, "nothing is left of {cut} bytes");
            continue;
        }
        let kept = input_in(again.dir.path(), 0);
        assert!(kept == pattern(0, kept.len()) && kept.len().is_multiple_of(50));
        assert!(kept.len() < 10_000);
    }
}

#[tokio::test]
async fn segments_are_used_again_and_their_keys_are_gone() {
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    let first = wal_files(bench.dir.path());
    let page = std::fs::read(&first[0]).unwrap()[..PAGE].to_vec();
    output
        .write(Stream::Out, Bytes::from_static(b"shown"))
        .unwrap();
    output.exit(7).unwrap();
    // More than four segments.
    for at in 0..700 {
        input.append(pattern(at * 60_000, 60_000)).await.unwrap();
        take(&mut tail, 60_000).await;
    }
    until(|| {
        wal_files(bench.dir.path()).len() <= 5 && !wal_files(bench.dir.path()).contains(&first[0])
    })
    .await;
    for file in wal_files(bench.dir.path()) {
        // It may be gone by now, or just be made.
        let bytes = std::fs::read(file).unwrap_or_default();
        assert!(bytes.get(..PAGE) != Some(&page[..]));
    }
    // A recording that has been let go of in parts is whole nevertheless.
    let (again, closed) = restarted(killed(&bench)).await;
    assert_eq!(closed.len(), 1);
    let Closing {
        bytes_in,
        bytes_out,
        exit,
        ..
    } = closed[0].closing;
    assert_eq!((bytes_in, bytes_out, exit), (42_000_000, 5, Some(7)));
    assert!(
        again.input(0).await
            == pattern(0, 0)
                .iter()
                .copied()
                .chain((0..700).flat_map(|at| pattern(at * 60_000, 60_000)))
                .collect::<Vec<_>>()
    );
    drop(output);
}

fn wal_files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(dir.join("wal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}
