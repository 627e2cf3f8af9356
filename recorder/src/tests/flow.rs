//! Recordings that go well.

use std::os::unix::fs::PermissionsExt;

use aws_lc_rs::digest::{SHA256, digest};

use super::*;

#[tokio::test]
async fn a_session_from_open_to_finish() {
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    input.append(Bytes::from_static(b"ls\r")).await.unwrap();
    assert_eq!(take(&mut tail, 3).await, b"ls\r");
    assert_eq!(tail.backlog(), 0);
    output.ready().await.unwrap();
    output
        .write(Stream::Out, Bytes::from_static(b"a b \xe2\x82"))
        .unwrap();
    output.resize(100, 30).unwrap();
    output
        .write(Stream::Out, Bytes::from_static(b"\xac\r\n"))
        .unwrap();
    output
        .write(Stream::Err, Bytes::from_static(b"err"))
        .unwrap();
    output.marker("one minute left").unwrap();
    output.exit(3).unwrap();
    input.end().await.unwrap();
    assert!(soon(tail.next()).await.unwrap().is_none());
    assert!(input.append(Bytes::from_static(b"x")).await.is_err());

    let other = output.clone();
    let finished = soon(output.finish()).await.unwrap();
    assert_eq!((finished.bytes_in, finished.bytes_out), (3, 12));
    assert_eq!((finished.kept_out, finished.sha256), (12, None));
    assert!(
        other
            .write(Stream::Out, Bytes::from_static(b"late"))
            .is_err()
    );
    assert!(soon(other.finish()).await.is_err());
    assert!(soon(tail.next()).await.unwrap().is_none());

    let recording = archived(bench.dir.path(), 0);
    let manifest = recording.manifest();
    assert_eq!(manifest.seal(), finished.seal);
    assert_eq!(
        manifest.closing,
        Some(Closing {
            end: End::Complete,
            bytes_in: 3,
            bytes_out: 12,
            exit: Some(3)
        })
    );
    let input_len = manifest.chunks[1].chunk.bytes;
    assert_eq!(manifest.chunks.len(), 2);
    let cast = bench.cast(0).await;
    let events: Vec<_> = Reader::new(&cast)
        .unwrap()
        .map(|timed| timed.unwrap().event)
        .collect();
    let expected = [
        Event::Output("a b ".into()),
        Event::Resize {
            cols: 100,
            rows: 30,
        },
        Event::Output("€\r\n".into()),
        Event::FromStderr,
        Event::Output("err".into()),
        Event::Marker("one minute left".into()),
        Event::Exit(3),
        Event::Closed {
            ending: Ending::Finished,
            input_len,
        },
    ];
    assert_eq!(events, expected);
    assert_eq!(bench.input(0).await, b"ls\r");
    assert!(bench.recorder.health().open == 1, "not stored yet");
    finished.receipt.stored();
    assert!(bench.recorder.health().open == 0);
}

#[tokio::test]
async fn only_the_owner_may_look() {
    let bench = Bench::new();
    let _handles = bench.open(7).await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let dir = archive::recording_dir(&bench.root(), session(7), 7);
    for dir in [&bench.root(), dir.parent().unwrap(), &dir] {
        assert_eq!(mode(dir), 0o700);
    }
    bench.cast(7).await;
    let mut files: Vec<_> = std::fs::read_dir(&dir)
        .unwrap()
        .chain(std::fs::read_dir(bench.dir.path().join("wal")).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_recording_is_never_written_over() {
    let bench = Bench::new();
    drop(bench.open(0).await);
    let again = bench.recorder.open(header(0, KeepOutput::Everything)).await;
    assert!(matches!(
        again,
        Err(RecorderError::Disk {
            doing: "beginning a recording in",
            ..
        })
    ));
}

#[tokio::test]
async fn beyond_the_limit_output_is_counted_and_hashed() {
    let bench = Bench::new();
    let channel = bench
        .recorder
        .open(header(0, KeepOutput::First(1000)))
        .await
        .unwrap();
    let (_input, _tail, output) = channel.split();
    let text = "0123456789".repeat(350);
    for part in text.as_bytes().chunks(700) {
        output
            .write(Stream::Out, Bytes::copy_from_slice(part))
            .unwrap();
    }
    output
        .write(Stream::Err, Bytes::from_static(b"oops"))
        .unwrap();
    output.exit(0).unwrap();
    let finished = soon(output.finish()).await.unwrap();

    assert_eq!((finished.bytes_out, finished.kept_out), (3504, 1000));
    let digests = finished.sha256.unwrap();
    assert_eq!(digests.out, digest(&SHA256, text.as_bytes()).as_ref());
    assert_eq!(digests.err, digest(&SHA256, b"oops").as_ref());
    let cast = bench.cast(0).await;
    assert_eq!(shown(&cast), text[..1000]);
    let markers = markers(&cast);
    assert_eq!(markers.len(), 2, "{markers:?}");
    assert!(markers[0].contains("1000 bytes"), "{markers:?}");
    assert!(markers[1].contains("1000 of 3504 bytes"), "{markers:?}");
    let hex: String = digests
        .out
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(markers[1].contains(&hex), "{markers:?}");
}

#[tokio::test]
async fn a_running_session_can_be_watched() {
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    output
        .write(Stream::Out, Bytes::from_static(b"password: "))
        .unwrap();
    assert_eq!(shown(&bench.cast(0).await), "password: ");
    input.append(Bytes::from_static(b"secret\r")).await.unwrap();
    take(&mut tail, 7).await;

    let mut merged = Vec::new();
    bench.recorder.cut(session(0), 0).await;
    serve::cast_with_input(&archived(bench.dir.path(), 0))
        .unwrap()
        .read_to_end(&mut merged)
        .unwrap();
    let events: Vec<_> = Reader::new(&merged)
        .unwrap()
        .map(|timed| timed.unwrap().event)
        .collect();
    assert_eq!(
        events,
        [
            Event::Output("password: ".into()),
            Event::Input("secret\r".into())
        ]
    );
    let cast = String::from_utf8(bench.cast(0).await).unwrap();
    assert!(!cast.contains("secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_tiny_packets_shares_flushes() {
    let bench = Bench::new();
    let (input, mut tail, _output) = bench.open(0).await;
    bench.disk.plan.syncs.store(0, Ordering::SeqCst);
    bench.disk.plan.sync_takes.store(2, Ordering::SeqCst);
    let sender = tokio::spawn(async move {
        for at in 0..20_000 {
            input.append(pattern(at, 1)).await.unwrap();
        }
    });
    assert!(take(&mut tail, 20_000).await == pattern(0, 20_000));
    sender.await.unwrap();
    let syncs = bench.disk.plan.syncs.load(Ordering::SeqCst);
    assert!(syncs < 500, "{syncs} flushes for 20,000 packets");
}

#[tokio::test]
async fn output_is_flushed_without_being_asked() {
    let bench = Bench::new();
    let (_input, _tail, output) = bench.open(0).await;
    *bench.disk.plan.ending.lock().unwrap() = ".wal";
    bench.disk.plan.syncs.store(0, Ordering::SeqCst);
    output.write(Stream::Out, Bytes::from_static(b"x")).unwrap();
    until(|| bench.disk.plan.syncs.load(Ordering::SeqCst) > 0).await;
}

#[tokio::test]
async fn the_asset_waits_for_a_slow_disk_and_for_nothing_else() {
    let clock = Arc::new(StandingClock::default());
    let bench = Bench::with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let (_input, _tail, output) = bench.open(0).await;
    let hangs = &bench.disk.plan.hangs;
    let held_up = || tokio::time::timeout(Duration::from_millis(50), output.ready());

    hangs.store(true, Ordering::SeqCst);
    output.write(Stream::Out, pattern(0, 1000)).unwrap();
    clock.0.store(249_000, Ordering::SeqCst);
    output.ready().await.unwrap();
    clock.0.store(251_000, Ordering::SeqCst);
    assert!(held_up().await.is_err(), "something is 251 ms old");
    hangs.store(false, Ordering::SeqCst);
    soon(output.ready()).await.unwrap();

    hangs.store(true, Ordering::SeqCst);
    for _ in 0..13 {
        output.ready().await.unwrap();
        output.write(Stream::Out, pattern(0, 80 << 10)).unwrap();
    }
    assert!(held_up().await.is_err(), "1040 KiB are not durable");
    hangs.store(false, Ordering::SeqCst);
    soon(output.ready()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_channels_do_not_mix() {
    let bench = Arc::new(Bench::new());
    let tasks: Vec<_> = (0..200)
        .map(|number| tokio::spawn(echo_session(Arc::clone(&bench), number)))
        .collect();
    for (number, task) in (0..).zip(tasks) {
        let typed = soon(task).await.unwrap();
        assert!(bench.input(number).await == typed.as_bytes());
        assert!(shown(&bench.cast(number).await) == typed);
    }
}

/// Types lines that name the session, shows what reaches the asset, and finishes.
async fn echo_session(bench: Arc<Bench>, number: u32) -> String {
    let (input, mut tail, output) = bench.open(number).await;
    let typed: String = (0..60)
        .map(|line| format!("{number} types {line}\r"))
        .collect();
    let echo = output.clone();
    let sending = async {
        for line in typed.split_inclusive('\r') {
            input
                .append(Bytes::copy_from_slice(line.as_bytes()))
                .await
                .unwrap();
            tokio::task::yield_now().await;
        }
        input.end().await.unwrap();
    };
    let echoing = async {
        let mut taken = Vec::new();
        while let Some(bytes) = tail.next().await.unwrap() {
            echo.ready().await.unwrap();
            taken.extend_from_slice(&bytes);
            echo.write(Stream::Out, bytes).unwrap();
        }
        taken
    };
    let ((), taken) = tokio::join!(sending, echoing);
    assert!(taken == typed.as_bytes());
    let finished = output.finish().await.unwrap();
    assert_eq!(
        (finished.bytes_in, finished.bytes_out),
        (typed.len() as u64, typed.len() as u64)
    );
    typed
}

#[tokio::test]
async fn handles_may_go_in_any_order() {
    let bench = Bench::new();
    let mut interrupted = bench.recorder.interrupted().unwrap();
    for (number, order) in (0..).zip(["ito", "iot", "tio", "toi", "oit", "oti"]) {
        let (input, mut tail, output) = bench.open(number).await;
        input.append(Bytes::from_static(b"typed")).await.unwrap();
        output
            .write(Stream::Out, Bytes::from_static(b"shown"))
            .unwrap();
        take(&mut tail, 5).await;
        let (mut input, mut tail, mut output) = (Some(input), Some(tail), Some(output));
        for handle in order.chars() {
            match handle {
                'i' => drop(input.take()),
                't' => drop(tail.take()),
                _ => drop(output.take()),
            }
            match (&input, &mut tail) {
                (Some(input), _) => soon(input.append(Bytes::from_static(b"!"))).await.unwrap(),
                (None, Some(tail)) => while soon(tail.next()).await.unwrap().is_some() {},
                (None, None) => {}
            }
            if let Some(output) = &output {
                soon(output.ready()).await.unwrap();
            }
        }
        // What was queued is kept nevertheless, and closed as interrupted.
        let closed = soon(interrupted.recv()).await.unwrap();
        assert_eq!((closed.session, closed.channel), (session(number), number));
        assert_eq!(closed.closing.end, End::Interrupted);
        assert_eq!(shown(&bench.cast(number).await), "shown");
    }
}

#[tokio::test]
async fn a_channel_outlives_the_recorder() {
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    let Bench {
        dir: _dir,
        recorder,
        ..
    } = bench;
    drop(recorder);
    input.append(Bytes::from_static(b"still")).await.unwrap();
    assert_eq!(take(&mut tail, 5).await, b"still");
    soon(output.finish()).await.unwrap();
}
