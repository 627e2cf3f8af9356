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

/// Files of the log, or the chunks that every track here is encrypted in.
const LOG: &str = ".wal";
const CHUNKS: &str = ".zst.age";

fn strike(bench: &Bench, ending: &'static str, fault: Fault) {
    let plan = &bench.disk.plan;
    *plan.ending.lock().unwrap() = ending;
    let log = bench.dir.path().join("wal");
    match fault {
        Fault::Full(room) => *plan.room.lock().unwrap() = Some(room),
        Fault::Sync => plan.fail_sync.store(true, Ordering::SeqCst),
        Fault::Panic => plan.panic.store(true, Ordering::SeqCst),
        // A segment that is made meanwhile is in the way for a moment.
        Fault::Removed => while std::fs::remove_dir_all(&log).is_err() {},
        Fault::Replaced => {
            for entry in std::fs::read_dir(&log).unwrap() {
                let path = entry.unwrap().path();
                std::fs::copy(&path, log.join("copy")).unwrap();
                std::fs::rename(log.join("copy"), path).unwrap();
            }
        }
    }
}

/// The disk works again.
fn heal(bench: &Bench) {
    let plan = &bench.disk.plan;
    *plan.room.lock().unwrap() = None;
    for fault in [&plan.fail_sync, &plan.panic, &plan.no_new] {
        fault.store(false, Ordering::SeqCst);
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

/// Opens as soon as the recorder has seen that the disk works again: the thread that
/// makes segments may have met the fault, too, and tries again after a pause.
async fn open_again(bench: &Bench, number: u32) -> (InputLog, InputTail, OutputLog) {
    loop {
        let opened = bench
            .recorder
            .open(header(number, KeepOutput::Everything))
            .await;
        match opened {
            Err(RecorderError::Trouble(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            opened => break opened.unwrap().split(),
        }
    }
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
async fn input_stops_with_the_disk_of_the_log() {
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
        strike(&bench, LOG, fault);
        let ((), more) =
            soon(async { tokio::join!(send(&input, 5000, 100), take_all(&mut tail)) }).await;
        assert!(more.is_empty(), "{fault:?}: handed out what isn't durable");
        assert_all_stopped(input, tail, output, &format!("{fault:?}")).await;

        // What was durable is closed, and when the disk works again so does the rest.
        if matches!(fault, Fault::Removed) {
            continue;
        }
        heal(&bench);
        let mut interrupted = bench.recorder.interrupted().unwrap();
        let closed = soon(interrupted.recv()).await.unwrap();
        assert_eq!(closed.closing.end, End::Interrupted);
        assert!(bench.input(0).await == pattern(0, 5000));
        if matches!(fault, Fault::Replaced) {
            continue;
        }
        let (input, mut tail, output) = soon(open_again(&bench, 1)).await;
        input.append(Bytes::from_static(b"again")).await.unwrap();
        assert_eq!(take(&mut tail, 5).await, b"again");
        soon(output.finish()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_has_kept_all_that_was_handed_out() {
    for packet in [1, 777, 60_000] {
        let bench = Bench::new();
        let (input, mut tail, output) = bench.open(0).await;
        strike(&bench, LOG, Fault::Full(300_000));
        let ((), taken) =
            soon(async { tokio::join!(send(&input, 0, packet), take_all(&mut tail)) }).await;
        assert_all_stopped(input, tail, output, "full").await;
        heal(&bench);
        let mut interrupted = bench.recorder.interrupted().unwrap();
        soon(interrupted.recv()).await.unwrap();
        let kept = bench.input(0).await;
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
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_whose_chunks_fail_stops_and_loses_nothing() {
    for fault in [Fault::Full(0), Fault::Full(3000)] {
        let bench = Bench::new();
        let mut interrupted = bench.recorder.interrupted().unwrap();
        let (input, mut tail, output) = bench.open(0).await;
        output
            .write(Stream::Out, Bytes::from_static(b"before"))
            .unwrap();
        input.append(Bytes::from_static(b"typed")).await.unwrap();
        assert_eq!(take(&mut tail, 5).await, b"typed");
        strike(&bench, CHUNKS, fault);
        soon(async {
            while output.ready().await.is_ok()
                && output.write(Stream::Out, pattern(0, 1000)).is_ok()
            {}
        })
        .await;
        assert_all_stopped(input, tail, output, &format!("{fault:?}")).await;
        assert!(interrupted.try_recv().is_err());

        heal(&bench);
        let closed = soon(interrupted.recv()).await.unwrap();
        assert_eq!(closed.closing.end, End::Interrupted);
        assert_eq!(bench.input(0).await, b"typed");
        let cast = bench.cast(0).await;
        assert!(shown(&cast).starts_with("before"));
        assert_eq!(markers(&cast), ["recording interrupted"]);
    }
}

#[tokio::test]
async fn what_a_panic_has_lost_is_in_the_log() {
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    input.append(Bytes::from_static(b"typed")).await.unwrap();
    assert_eq!(take(&mut tail, 5).await, b"typed");
    strike(&bench, CHUNKS, Fault::Panic);
    bench.recorder.cut(session(0), 0).await;
    soon(output.stopped()).await;
    heal(&bench);
    let again = Bench::at(killed(&bench), RealClock::start());
    let closed = again.recorder.interrupted().unwrap().try_recv().unwrap();
    assert_eq!(closed.closing.end, End::Interrupted);
    assert_eq!(input_in(again.dir.path(), 0), b"typed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_whose_directory_is_gone_stops() {
    let bench = Bench::new();
    let (input, tail, output) = bench.open(0).await;
    std::fs::remove_dir_all(bench.root()).unwrap();
    soon(output.stopped()).await;
    assert_all_stopped(input, tail, output, "removed").await;
}

#[tokio::test]
async fn chunks_that_can_not_be_flushed_are_made_again_from_the_log() {
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    input.append(Bytes::from_static(b"typed")).await.unwrap();
    assert_eq!(take(&mut tail, 5).await, b"typed");
    strike(&bench, CHUNKS, Fault::Sync);
    assert!(soon(output.finish()).await.is_err());
    // A second flush that succeeds means nothing, so nothing new begins.
    heal(&bench);
    let refused = bench.recorder.open(header(9, KeepOutput::Everything)).await;
    assert!(matches!(refused, Err(RecorderError::Trouble(_))));
    assert!(bench.recorder.health().trouble.is_some());

    let again = Bench::at(killed(&bench), RealClock::start());
    let closed = again.recorder.interrupted().unwrap().try_recv().unwrap();
    assert_eq!((closed.session, closed.channel), (session(0), 0));
    assert_eq!(input_in(again.dir.path(), 0), b"typed");
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
async fn one_failing_channel_leaves_the_others_alone() {
    let bench = Bench::new();
    let (input, tail, output) = bench.open(0).await;
    let mut others = Vec::new();
    for number in 1..5 {
        others.push(bench.open(number).await);
    }
    strike(&bench, ".input.frames.zst.age", Fault::Panic);
    input.append(Bytes::from_static(b"x")).await.unwrap();
    bench.recorder.cut(session(0), 0).await;
    assert_all_stopped(input, tail, output, "panic").await;
    heal(&bench);
    for (input, mut tail, output) in others {
        input.append(Bytes::from_static(b"fine")).await.unwrap();
        assert_eq!(take(&mut tail, 4).await, b"fine");
        soon(output.finish()).await.unwrap();
    }
    bench.open(9).await;
}

#[tokio::test]
async fn a_thread_that_dies_takes_all_its_channels_with_it() {
    for ending in [LOG, CHUNKS] {
        let bench = Bench::new();
        let mut channels = Vec::new();
        for number in 0..3 {
            channels.push(bench.open(number).await);
        }
        *bench.disk.plan.ending.lock().unwrap() = ending;
        bench.disk.plan.panic_twice.store(true, Ordering::SeqCst);
        let (input, ..) = &channels[0];
        input.append(Bytes::from_static(b"x")).await.unwrap();
        bench.recorder.cut(session(0), 0).await;
        for (input, tail, output) in channels {
            assert_all_stopped(input, tail, output, ending).await;
        }
        *bench.disk.plan.ending.lock().unwrap() = "none";
        // Its channels stop a moment before it is dead.
        soon(async {
            for number in 9.. {
                let opened = bench.recorder.open(header(number, KeepOutput::Everything));
                if matches!(opened.await, Err(RecorderError::Stopped)) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_session_without_disk_is_refused() {
    let cases = [
        (Fault::Full(0), "manifest.jsonl"),
        (Fault::Full(0), "input.key.age"),
        (Fault::Full(0), LOG),
        (Fault::Sync, "manifest.jsonl"),
        (Fault::Sync, "output.key.age"),
        (Fault::Sync, LOG),
        (Fault::Removed, ""),
    ];
    for (fault, ending) in cases {
        let bench = Bench::new();
        strike(&bench, ending, fault);
        let opened = bench.recorder.open(header(0, KeepOutput::Everything)).await;
        assert!(
            matches!(
                opened,
                Err(RecorderError::Disk { .. }
                    | RecorderError::NotBegun(_)
                    | RecorderError::Trouble(_))
            ),
            "{fault:?} {ending}"
        );
    }
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    std::fs::write(&settings.root, "in the way").unwrap();
    let started = Recorder::start(
        settings,
        &[],
        Arc::new(RealDisk),
        RealClock::start(),
        random(),
    );
    assert!(matches!(started, Err(RecorderError::Disk { .. })));
}

/// When there is no room for another segment, everything waits, and then ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_can_not_grow_pauses_and_then_ends_what_runs() {
    let bench = Bench::new();
    *bench.disk.plan.ending.lock().unwrap() = LOG;
    let (input, mut tail, output) = bench.open(0).await;
    bench.disk.plan.no_new.store(true, Ordering::SeqCst);
    let taking = tokio::spawn(async move {
        let taken = take_all(&mut tail).await.len();
        (taken, tail)
    });
    soon(async {
        let mut at = 0;
        while input.append(pattern(at, 60_000)).await.is_ok() {
            at += 60_000;
        }
    })
    .await;
    let (taken, tail) = soon(taking).await.unwrap();
    assert!(taken > 2 << 20, "only {taken} bytes passed");
    assert!(bench.recorder.health().trouble.unwrap().contains("segment"));
    let refused = bench.recorder.open(header(9, KeepOutput::Everything)).await;
    assert!(matches!(refused, Err(RecorderError::Trouble(_))));
    assert_all_stopped(input, tail, output, "no segment").await;

    heal(&bench);
    until(|| bench.recorder.health().trouble.is_none()).await;
    bench.open(10).await;
}

#[tokio::test]
async fn a_disk_that_is_nearly_full() {
    let bench = Bench::new();
    let free = |free: u64| bench.disk.plan.free.store(free, Ordering::SeqCst);
    let recorder = &bench.recorder;
    let space = |expected| until(move || recorder.health().space == expected);
    let (input, tail, output) = bench.open(0).await;
    free((1 << 30) - 1);
    space(Space::Low).await;
    let refused = bench.recorder.open(header(1, KeepOutput::Everything)).await;
    assert!(matches!(refused, Err(RecorderError::NoRoom { .. })));
    input.append(Bytes::from_static(b"goes on")).await.unwrap();
    free(1 << 20);
    soon(output.stopped()).await;
    assert_all_stopped(input, tail, output, "nearly full").await;
    free(1 << 31);
    space(Space::Ample).await;
    bench.open(2).await;
}

#[tokio::test]
async fn durable_means_on_the_disk() {
    let bench = Bench::new();
    let (_input, _tail, output) = bench.open(0).await;
    // Nothing was queued: nothing to wait for.
    soon(output.durable()).await.unwrap();

    *bench.disk.plan.ending.lock().unwrap() = LOG;
    let before = bench.disk.plan.syncs.load(Ordering::SeqCst);
    output.marker("signal INT sent").unwrap();
    soon(output.durable()).await.unwrap();
    assert!(bench.disk.plan.syncs.load(Ordering::SeqCst) > before);
    let again = Bench::at(killed(&bench), RealClock::start());
    assert_eq!(
        markers(&cast_in(again.dir.path(), 0)),
        ["signal INT sent", "recording interrupted"]
    );

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
