//! Recordings after a broker that did not stop in order.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::recorder::{cast_path, input_path};

/// A finished recording: its files.
async fn finished(bench: &Bench) -> (Vec<u8>, Vec<u8>) {
    let (input, mut tail, output) = bench.open(0).await;
    for line in ["ls\r", "päss\r", "exit\r"] {
        input
            .append(Bytes::copy_from_slice(line.as_bytes()))
            .await
            .unwrap();
        take(&mut tail, line.len()).await;
        output
            .write(Stream::Out, Bytes::copy_from_slice(line.as_bytes()))
            .unwrap();
        output
            .write(Stream::Err, Bytes::from_static(b"\xff\xfe"))
            .unwrap();
    }
    output.exit(0).unwrap();
    soon(output.finish()).await.unwrap();
    files(&bench.root())
}

fn files(root: &Path) -> (Vec<u8>, Vec<u8>) {
    let read = |path| std::fs::read(path).unwrap();
    (
        read(cast_path(root, session(0), 0)),
        read(input_path(root, session(0), 0)),
    )
}

fn put(root: &Path, cast: &[u8], input: &[u8]) {
    std::fs::create_dir_all(recorder::session_dir(root, session(0))).unwrap();
    std::fs::write(cast_path(root, session(0), 0), cast).unwrap();
    std::fs::write(input_path(root, session(0), 0), input).unwrap();
}

fn served(root: &Path) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let (mut cast, mut merged) = (Vec::new(), Vec::new());
    serve::read_cast(root, session(0), 0)?.read_to_end(&mut cast)?;
    serve::read_cast_with_input(root, session(0), 0)?.read_to_end(&mut merged)?;
    Ok((cast, merged))
}

fn assert_valid(cast: &[u8]) {
    assert!(
        Reader::new(cast).unwrap().all(|event| event.is_ok()),
        "{}",
        String::from_utf8_lossy(cast)
    );
}

#[tokio::test]
async fn any_torn_end_is_cut_marked_and_mended_once() {
    let bench = Bench::new();
    let (cast, input) = finished(&bench).await;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    // How a file may have been left: cut anywhere, with zeros after it.
    let whole_or_cut = |len| prop_oneof![1 => Just(len), 2 => 0..=len];
    let zeros = prop_oneof![Just(0), 1_usize..500];
    let cuts = (whole_or_cut(cast.len()), whole_or_cut(input.len()), zeros);
    let check = |(cast_cut, input_cut, zeros): (usize, usize, usize)| {
        let mut torn_input = input[..input_cut].to_vec();
        torn_input.resize(input_cut + zeros, 0);
        // The last line of a `.cast` is only written once its input log is durable.
        prop_assume!(
            cast_cut < cast.len() || torn_input.len() != input.len() || torn_input == input
        );
        put(root, &cast[..cast_cut], &torn_input);
        let lines = cast[..cast_cut]
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);

        // Before it is mended: what is valid, or nothing.
        match served(root) {
            Ok((served, merged)) => {
                prop_assert_eq!(&served, &cast[..lines]);
                assert_valid(&merged);
            }
            Err(error) => {
                prop_assert_eq!(error.kind(), io::ErrorKind::InvalidData);
                prop_assert_eq!(lines, 0);
            }
        }

        let repaired = repair_all(root).unwrap();
        let whole = cast_cut == cast.len() && torn_input.starts_with(&input);
        prop_assert_eq!(repaired.is_empty(), whole);
        let (mended, _) = files(root);
        let (served, merged) = served(root).unwrap();
        prop_assert_eq!(&served, &mended);
        assert_valid(&served);
        assert_valid(&merged);
        prop_assert!(mended.starts_with(&cast[..lines]));
        if let [repaired] = &repaired[..] {
            let marker = markers(&mended).pop();
            prop_assert_eq!(marker.as_deref(), Some("recording interrupted"));
            let torn_lines = (cast_cut - lines) as u64;
            prop_assert!(repaired.cut_bytes >= torn_lines);
            prop_assert!(repaired.cut_bytes <= torn_lines + input_cut as u64);
        }
        prop_assert_eq!(repair_all(root).unwrap(), []);
        prop_assert_eq!(files(root).0, mended);
        Ok(())
    };
    TestRunner::new(Config::with_cases(500))
        .run(&cuts, check)
        .unwrap();
}

#[tokio::test]
async fn input_that_was_handed_out_survives_the_repair() {
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    input.append(pattern(0, 100_000)).await.unwrap();
    take(&mut tail, 100_000).await;
    output
        .write(Stream::Out, Bytes::from_static(b"shown"))
        .unwrap();
    until(|| shown(&bench.cast(0)) == "shown").await;

    // As after kill -9: nothing is closed.
    let dir = tempfile::tempdir().unwrap();
    let (cast, log) = files(&bench.root());
    let torn = b"[0.1, \"o\", \"to";
    put(dir.path(), &[&cast[..], torn].concat(), &log);
    let repaired = repair_all(dir.path()).unwrap();
    assert_eq!(
        repaired,
        [Repaired {
            session: session(0),
            channel: 0,
            cut_bytes: torn.len() as u64
        }]
    );
    let (cast, log) = files(dir.path());
    assert!(frames_of(&log) == pattern(0, 100_000));
    assert_eq!(shown(&cast), "shown");
    assert_eq!(markers(&cast), ["recording interrupted"]);
}

#[tokio::test]
async fn a_finished_recording_whose_zeros_were_not_cut_is_not_interrupted() {
    let bench = Bench::new();
    let (cast, log) = finished(&bench).await;
    put(&bench.root(), &cast, &[&log[..], &[0; 4000]].concat());
    assert_eq!(repair_all(&bench.root()).unwrap(), []);
    assert_eq!(files(&bench.root()), (cast, log));
}

#[tokio::test]
async fn no_input_can_pass_for_the_end_of_a_recording() {
    let bench = Bench::new();
    let (cast, log) = finished(&bench).await;
    let closing = cast.rsplit(|&byte| byte == b'\n').nth(1).unwrap();
    let (input, mut tail, output) = bench.open(1).await;
    let forged = [b"\n", closing, b"\n"].concat();
    input
        .append(Bytes::from([&log[..], &forged].concat()))
        .await
        .unwrap();
    output.write(Stream::Out, Bytes::from(forged)).unwrap();
    take(&mut tail, log.len()).await;
    until(|| shown(&bench.cast(1)).contains("finished")).await;
    let repaired = repair_all(&bench.root()).unwrap();
    assert_eq!(repaired.len(), 1);
    assert_eq!(repaired[0].channel, 1);
}

#[test]
fn a_missing_half_is_made_up() {
    for have in ["0.cast", "0.input"] {
        let dir = tempfile::tempdir().unwrap();
        let recordings = recorder::session_dir(dir.path(), session(0));
        std::fs::create_dir_all(&recordings).unwrap();
        std::fs::write(recordings.join(have), b"").unwrap();
        assert_eq!(repair_all(dir.path()).unwrap().len(), 1);
        let (cast, _) = served(dir.path()).unwrap();
        assert_eq!(markers(&cast), ["recording interrupted"]);
        assert_eq!(repair_all(dir.path()).unwrap(), []);
    }
}

#[test]
fn what_is_no_recording_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("lost+found")).unwrap();
    let other = recorder::session_dir(dir.path(), session(0));
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("notes.txt"), "x").unwrap();
    assert_eq!(repair_all(dir.path()).unwrap(), []);
    assert_eq!(repair_all(&dir.path().join("nowhere")).unwrap(), []);
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1);
}
