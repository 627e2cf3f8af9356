//! An asset that is slow to take its input, or never does.

use super::*;

/// Bytes that count themselves as long as anybody holds them.
struct Counted(Vec<u8>, Arc<Held>);

#[derive(Default)]
struct Held {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Counted {
    fn bytes(content: &[u8], held: &Arc<Held>) -> Bytes {
        let now = held.now.fetch_add(content.len(), Ordering::SeqCst) + content.len();
        held.most.fetch_max(now, Ordering::SeqCst);
        Bytes::from_owner(Self(content.to_vec(), Arc::clone(held)))
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.now.fetch_sub(self.0.len(), Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_late_is_read_back_from_the_disk() {
    const TOTAL: usize = 64 << 20;
    const LARGEST: usize = 70_000;
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    let held = Arc::new(Held::default());

    let (mut sent, mut size) = (0, 1);
    while sent < TOTAL {
        size = (size * 7 + 13) % LARGEST;
        let packet = pattern(sent, size.min(TOTAL - sent));
        soon(input.append(Counted::bytes(&packet, &held)))
            .await
            .unwrap();
        sent += packet.len();
    }
    input.end().await.unwrap();
    until(|| tail.backlog() == TOTAL as u64).await;
    until(|| held.now.load(Ordering::SeqCst) <= (1 << 20) + LARGEST).await;
    let most = held.most.load(Ordering::SeqCst);
    assert!(most <= (7 << 20) + 3 * LARGEST, "{most} bytes held at most");

    let mut at = 0;
    while let Some(bytes) = soon(tail.next()).await.unwrap() {
        assert!(bytes.len() <= 256 << 10);
        assert!(bytes == pattern(at, bytes.len()), "wrong bytes after {at}");
        at += bytes.len();
        assert_eq!(tail.backlog(), (TOTAL - at) as u64);
    }
    assert_eq!(at, TOTAL);
    assert_eq!(held.now.load(Ordering::SeqCst), 0);
    assert_eq!(soon(output.finish()).await.unwrap().bytes_in, TOTAL as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn falling_behind_and_catching_up_loses_nothing() {
    const TOTAL: usize = 24 << 20;
    let bench = Bench::new();
    let (input, mut tail, _output) = bench.open(0).await;
    let sender = tokio::spawn(async move {
        let mut sent = 0;
        while sent < TOTAL {
            // Some megabytes at once, then a pause in which the other side catches up.
            let burst = (sent + (3 << 20)).min(TOTAL);
            while sent < burst {
                let size = (sent % 9000 + 1).min(burst - sent);
                input.append(pattern(sent, size)).await.unwrap();
                sent += size;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut at = 0;
    while let Some(bytes) = soon(tail.next()).await.unwrap() {
        assert!(bytes == pattern(at, bytes.len()), "wrong bytes after {at}");
        at += bytes.len();
        if at % 5 == 0 {
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    }
    assert_eq!(at, TOTAL);
    sender.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tiny_packets_pay_for_what_they_cost() {
    let bench = Bench::new();
    let (input, tail, _output) = bench.open(0).await;
    bench.disk.plan.hangs.store(true, Ordering::SeqCst);
    let mut sent = 0_usize;
    while tokio::time::timeout(Duration::from_millis(200), input.append(pattern(sent, 1)))
        .await
        .is_ok()
    {
        sent += 1;
    }
    // 2 MiB of allowance, at 257 bytes each.
    assert!(
        (8_000..8_500).contains(&sent),
        "{sent} packets of one byte wait in memory"
    );
    bench.disk.plan.hangs.store(false, Ordering::SeqCst);
    until(|| tail.backlog() == sent as u64).await;
}

#[tokio::test]
async fn what_is_damaged_is_not_forwarded() {
    let bench = Bench::new();
    let (input, mut tail, output) = bench.open(0).await;
    for at in 0..40 {
        input.append(pattern(at * 60_000, 60_000)).await.unwrap();
    }
    until(|| tail.backlog() == 2_400_000).await;
    *bench.disk.plan.ending.lock().unwrap() = ".spill";
    bench.disk.plan.garbles.store(true, Ordering::SeqCst);
    let mut taken = Vec::new();
    while let Ok(bytes) = soon(tail.next()).await {
        taken.extend_from_slice(&bytes.expect("an error before the end"));
    }
    assert!(taken.len() < 2_000_000);
    assert!(
        taken
            .chunks(251)
            .all(|chunk| pattern(0, chunk.len()) == chunk)
    );
    soon(output.stopped()).await;
}

#[tokio::test]
async fn what_waits_for_an_asset_is_in_no_file_that_can_be_found() {
    let bench = Bench::new();
    let (input, tail, _output) = bench.open(0).await;
    for at in 0..40 {
        input.append(pattern(at * 60_000, 60_000)).await.unwrap();
    }
    until(|| tail.backlog() == 2_400_000).await;
    let dir = archive::recording_dir(&bench.root(), session(0), 0);
    for entry in std::fs::read_dir(dir).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(!name.to_str().unwrap().ends_with(".spill"), "{name:?}");
    }
}
