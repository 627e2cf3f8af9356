//! Disks that fail: nothing may be handed out that isn't durable, and nobody may hang.

use super::*;

/// What a disk does in the middle of a session.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Full(usize),
    Sync,
    Panic,
    Removed,
    Replaced,
}

fn strike(bench: &Bench, number: u32, ending: &'static str, fault: Fault) {
    let plan = &bench.disk.plan;
    *plan.ending.lock().unwrap() = ending;
    let dir = recorder::session_dir(&bench.root(), session(number));
    match fault {
        Fault::Full(room) => *plan.room.lock().unwrap() = Some(room),
        Fault::Sync => plan.fail_sync.store(true, Ordering::SeqCst),
        Fault::Panic => plan.panic.store(true, Ordering::SeqCst),
        Fault::Removed => std::fs::remove_dir_all(bench.root()).unwrap(),
        Fault::Replaced => {
            let path = dir.join(format!("{number}{ending}"));
            std::fs::copy(&path, dir.join("copy")).unwrap();
            std::fs::rename(dir.join("copy"), path).unwrap();
        }
    }
}

/// Every handle of a stopped recording says so, and goes on saying so.
async fn assert_all_stopped(input: InputLog, mut tail: InputTail, output: OutputLog, what: &str) {
    for _ in 0..2 {
        soon(input.stopped()).await;
        soon(tail.stopped()).await;
        soon(output.stopped()).await;
        assert!(
            soon(input.append(Bytes::from_static(b"x"))).await.is_err(),
            "{what}: append"
        );
        assert!(soon(input.end()).await.is_err(), "{what}: end");
        assert!(soon(tail.next()).await.is_err(), "{what}: next");
        assert!(
            output.write(Stream::Out, Bytes::from_static(b"x")).is_err(),
            "{what}: write"
        );
        assert!(output.marker("x").is_err(), "{what}: marker");
        assert!(soon(output.ready()).await.is_err(), "{what}: ready");
    }
    assert!(soon(output.finish()).await.is_err(), "{what}: finish");
}

/// Sends until it is refused.
async fn send(input: &InputLog, from: usize, packet: usize) {
    for at in (from..20_000_000).step_by(packet) {
        if input.append(pattern(at, packet)).await.is_err() {
            return;
        }
    }
    panic!("takes input for ever");
}

async fn take_all(tail: &mut InputTail) -> Vec<u8> {
    let mut taken = Vec::new();
    while let Ok(Some(bytes)) = tail.next().await {
        taken.extend_from_slice(&bytes);
    }
    taken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn input_stops_with_its_disk() {
    for fault in [
        Fault::Full(0),
        Fault::Sync,
        Fault::Panic,
        Fault::Removed,
        Fault::Replaced,
    ] {
        let bench = Bench::new();
        let (input, mut tail, output) = bench.open(0).await;
        input.append(pattern(0, 5000)).await.unwrap();
        assert!(take(&mut tail, 5000).await == pattern(0, 5000));
        assert!(bench.input(0) == pattern(0, 5000));
        strike(&bench, 0, ".input", fault);
        let ((), more) =
            soon(async { tokio::join!(send(&input, 5000, 100), take_all(&mut tail)) }).await;
        assert!(more.is_empty(), "{fault:?}: handed out what isn't durable");
        assert_all_stopped(input, tail, output, &format!("{fault:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_has_kept_all_that_was_handed_out() {
    for packet in [1, 777, 60_000] {
        let bench = Bench::new();
        let (input, mut tail, output) = bench.open(0).await;
        strike(&bench, 0, ".input", Fault::Full(300_000));
        let ((), taken) =
            soon(async { tokio::join!(send(&input, 0, packet), take_all(&mut tail)) }).await;
        let kept = bench.input(0);
        assert!(
            kept.starts_with(&taken),
            "{} handed out, {} kept",
            taken.len(),
            kept.len()
        );
        assert!(
            kept.chunks(251)
                .all(|chunk| pattern(0, chunk.len()) == chunk)
        );
        assert_all_stopped(input, tail, output, "full").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_channel_stops_with_the_disk_of_its_output() {
    for fault in [
        Fault::Full(0),
        Fault::Full(3000),
        Fault::Sync,
        Fault::Panic,
        Fault::Removed,
        Fault::Replaced,
    ] {
        let bench = Bench::new();
        let (input, tail, output) = bench.open(0).await;
        output
            .write(Stream::Out, Bytes::from_static(b"before"))
            .unwrap();
        until(|| shown(&bench.cast(0)) == "before").await;
        strike(&bench, 0, ".cast", fault);
        soon(async {
            while output.ready().await.is_ok()
                && output.write(Stream::Out, pattern(0, 1000)).is_ok()
            {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
        assert_all_stopped(input, tail, output, &format!("{fault:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_is_told() {
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    let plan = &bench.disk.plan;
    plan.hangs.store(true, Ordering::SeqCst);
    plan.panic.store(true, Ordering::SeqCst);

    let more = output.clone();
    let taking = tokio::spawn(async move { tail.next().await.map(|_| ()) });
    let watching = tokio::spawn(output.stopped());
    let sending = tokio::spawn(async move { send(&input, 0, 50_000).await });
    while more.write(Stream::Out, pattern(0, 100_000)).is_ok()
        && tokio::time::timeout(Duration::from_millis(50), more.ready())
            .await
            .is_ok()
    {}
    let waiting = tokio::spawn(async move { more.ready().await });
    let finishing = tokio::spawn(async move { output.finish().await.map(|_| ()) });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!taking.is_finished() && !waiting.is_finished() && !finishing.is_finished());

    plan.hangs.store(false, Ordering::SeqCst);
    assert!(soon(taking).await.unwrap().is_err());
    soon(watching).await.unwrap();
    soon(sending).await.unwrap();
    assert!(soon(waiting).await.unwrap().is_err());
    assert!(soon(finishing).await.unwrap().is_err());
}

#[tokio::test]
async fn finish_does_not_succeed_on_a_disk_that_fails() {
    for ending in [".cast", ".input"] {
        let bench = Bench::new();
        let (_input, _tail, output) = bench.open(0).await;
        output
            .write(Stream::Out, Bytes::from_static(b"last words"))
            .unwrap();
        strike(&bench, 0, ending, Fault::Sync);
        assert!(soon(output.finish()).await.is_err(), "{ending}");
    }
}

#[tokio::test]
async fn one_failing_channel_leaves_the_others_alone() {
    let bench = Bench::new();
    let (input, tail, output) = bench.open(0).await;
    let mut others = Vec::new();
    for number in 1..5 {
        others.push(bench.open(number).await);
    }
    strike(&bench, 0, "/0.input", Fault::Panic);
    input.append(Bytes::from_static(b"x")).await.unwrap();
    assert_all_stopped(input, tail, output, "panic").await;
    for (input, mut tail, output) in others {
        input.append(Bytes::from_static(b"fine")).await.unwrap();
        assert_eq!(take(&mut tail, 4).await, b"fine");
        soon(output.finish()).await.unwrap();
    }
    bench.open(9).await;
}

#[tokio::test]
async fn a_thread_that_dies_takes_all_its_channels_with_it() {
    for ending in [".input", ".cast"] {
        let dir = tempfile::tempdir().unwrap();
        let disk = TestDisk::default();
        let settings = Settings {
            root: dir.path().to_owned(),
            writers: 1,
        };
        let recorder =
            Recorder::start(settings, Arc::new(disk.clone()), RealClock::start()).unwrap();
        let mut channels = Vec::new();
        for number in 0..3 {
            let channel = recorder
                .open(header(number, KeepOutput::Everything))
                .await
                .unwrap();
            channels.push(channel.split());
        }
        *disk.plan.ending.lock().unwrap() = ending;
        disk.plan.panic_twice.store(true, Ordering::SeqCst);
        let (input, _, output) = &channels[0];
        if ending == ".input" {
            input.append(Bytes::from_static(b"x")).await.unwrap();
        } else {
            output.write(Stream::Out, Bytes::from_static(b"x")).unwrap();
        }
        for (input, tail, output) in channels {
            assert_all_stopped(input, tail, output, ending).await;
        }
        *disk.plan.ending.lock().unwrap() = "none";
        let refused = recorder.open(header(9, KeepOutput::Everything)).await;
        assert!(matches!(refused, Err(RecorderError::Stopped)));
    }
}

#[tokio::test]
async fn a_session_without_disk_is_refused() {
    let cases = [
        (Fault::Full(0), ".cast"),
        (Fault::Full(0), ".input"),
        (Fault::Full(30_000), ".input"),
        (Fault::Sync, ".cast"),
        (Fault::Sync, ".input"),
        (Fault::Removed, ""),
    ];
    for (fault, ending) in cases {
        let bench = Bench::new();
        strike(&bench, 0, ending, fault);
        if let Fault::Removed = fault {
            std::fs::write(bench.root(), "in the way").unwrap();
        }
        let opened = bench.recorder.open(header(0, KeepOutput::Everything)).await;
        assert!(
            matches!(opened, Err(RecorderError::Disk { .. })),
            "{fault:?} {ending}"
        );
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = Settings {
        root: file.path().to_owned(),
        writers: 1,
    };
    assert!(Recorder::start(settings, Arc::new(RealDisk), RealClock::start()).is_err());
}

#[tokio::test]
async fn durable_means_on_the_disk() {
    let bench = Bench::new();
    let (_input, _tail, output) = bench.open(0).await;
    // Nothing was queued: nothing to wait for.
    soon(output.durable()).await.unwrap();

    *bench.disk.plan.ending.lock().unwrap() = ".cast";
    let before = bench.disk.plan.syncs.load(Ordering::SeqCst);
    output.marker("signal INT sent").unwrap();
    soon(output.durable()).await.unwrap();
    assert!(bench.disk.plan.syncs.load(Ordering::SeqCst) > before);
    let path = recorder::cast_path(&bench.root(), session(0), 0);
    let cast = std::fs::read_to_string(path).unwrap();
    assert!(cast.contains("signal INT sent"), "{cast}");

    // Under a flood it waits for what was there, and not for what comes after.
    let flood = output.clone();
    let flooding = tokio::spawn(async move {
        while flood.write(Stream::Out, pattern(0, 4096)).is_ok() {
            if flood.ready().await.is_err() {
                return;
            }
        }
    });
    for _ in 0..20 {
        output.marker("again").unwrap();
        soon(output.durable()).await.unwrap();
    }

    bench.disk.plan.fail_sync.store(true, Ordering::SeqCst);
    output.marker("never durable").unwrap();
    assert!(soon(output.durable()).await.is_err());
    soon(flooding).await.unwrap();
}
