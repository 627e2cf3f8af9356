use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::timeout;

use super::*;

/// A wire over a socket that takes so much, and the peer's end.
fn wire(takes: usize) -> (Wire<DuplexStream>, Tap, DuplexStream) {
    let (here, there) = duplex(takes);
    let (wire, tap) = Wire::new(here, u64::MAX);
    (wire, tap, there)
}

const SOON: Duration = Duration::from_millis(50);

async fn read_all(peer: &mut DuplexStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    peer.read_exact(&mut bytes).await.expect("all of it");
    bytes
}

#[tokio::test]
async fn writing_never_waits_for_a_peer_who_does_not_read() {
    let (mut wire, tap, mut peer) = wire(1000);
    let sent: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    timeout(SOON, wire.write_all(&sent))
        .await
        .expect("at once")
        .expect("written");
    timeout(SOON, wire.flush())
        .await
        .expect("at once")
        .expect("flushed");
    assert!(timeout(SOON, tap.room()).await.is_err(), "producers wait");

    // The loop goes on reading, and that sends.
    let reading = tokio::spawn(async move {
        let byte = wire.read_u8().await;
        (wire, byte)
    });
    assert_eq!(read_all(&mut peer, sent.len()).await, sent);
    timeout(SOON, tap.room())
        .await
        .expect("there is room again");
    peer.write_u8(7).await.expect("written");
    let (_wire, byte) = reading.await.expect("no panic");
    assert_eq!(byte.expect("read"), 7);
}

#[tokio::test]
async fn what_is_kept_for_a_peer_has_an_end() {
    let (mut wire, _tap, _peer) = wire(1000);
    let packet = vec![0; 64 << 10];
    let mut kept = 0;
    while timeout(SOON, wire.write_all(&packet)).await.is_ok() {
        kept += packet.len();
        assert!(kept <= MOST_UNSENT, "{kept}");
    }
    assert!(kept > MOST_UNSENT / 2, "{kept}");
}

#[tokio::test]
async fn shutting_down_sends_the_rest_first() {
    let (mut wire, _tap, mut peer) = wire(1000);
    wire.write_all(&[1; 50_000]).await.expect("written");
    let ending = tokio::spawn(async move { wire.shutdown().await });
    let mut all = Vec::new();
    peer.read_to_end(&mut all).await.expect("read");
    assert_eq!(all, [1; 50_000]);
    ending.await.expect("no panic").expect("shut down");
}

#[tokio::test]
async fn nothing_is_read_while_too_much_is_held() {
    let (mut wire, tap, mut peer) = wire(1000);
    peer.write_all(&[1, 2, 3]).await.expect("written");
    tap.hold(MUCH_HELD);
    tap.hold(0);
    assert!(timeout(SOON, wire.read_u8()).await.is_err(), "it read");
    assert!(tap.is_paused());
    // It can still send.
    wire.write_all(b"ctrl-c").await.expect("written");
    assert_eq!(read_all(&mut peer, 6).await, b"ctrl-c");

    let reading = tokio::spawn(async move { wire.read_u8().await });
    tokio::time::sleep(SOON).await;
    tap.release(0);
    tokio::time::sleep(SOON).await;
    assert!(!reading.is_finished(), "still too much");
    tap.release(MUCH_HELD);
    let byte = timeout(SOON, reading)
        .await
        .expect("woken")
        .expect("no panic");
    assert_eq!(byte.expect("read"), 1);
    assert!(!tap.is_paused());
}

#[tokio::test]
async fn many_small_messages_are_as_much_as_a_few_large_ones() {
    let (mut wire, tap, mut peer) = wire(1000);
    peer.write_u8(1).await.expect("written");
    for _ in 0..MOST_HELD - 1 {
        tap.hold(1);
    }
    assert!(
        timeout(SOON, wire.read_u8()).await.is_err(),
        "a queue would overflow"
    );
}

#[tokio::test]
async fn only_so_much_is_read_from_a_stranger() {
    let (here, mut peer) = duplex(1000);
    let (mut wire, tap) = Wire::new(here, 10);
    peer.write_all(&[0; 20]).await.expect("written");
    let mut five = [0; 5];
    wire.read_exact(&mut five).await.expect("within limits");
    wire.read_exact(&mut five).await.expect("within limits");
    wire.read_exact(&mut five).await.expect_err("beyond them");

    let (here, mut peer) = duplex(1000);
    let (mut other, other_tap) = Wire::new(here, 10);
    peer.write_all(&[0; 20]).await.expect("written");
    other_tap.trust();
    other
        .read_exact(&mut [0; 20])
        .await
        .expect("no limit any more");
    drop(tap);
}

#[tokio::test]
async fn it_is_cut_whatever_it_waits_for() {
    let (mut wire, tap, _peer) = wire(1000);
    let cut = tap.clone();
    let reading = tokio::spawn(async move { wire.read_u8().await });
    tokio::time::sleep(SOON).await;
    cut.cut();
    let read = timeout(SOON, reading)
        .await
        .expect("woken")
        .expect("no panic");
    read.expect_err("cut");

    let (mut wire, tap, _peer) = self::wire(1000);
    let cut = tap.clone();
    let writing = tokio::spawn(async move { wire.write_all(&vec![0; MOST_UNSENT * 2]).await });
    let waiting = tokio::spawn(async move { tap.room().await });
    tokio::time::sleep(SOON).await;
    assert!(!waiting.is_finished() && !writing.is_finished());
    cut.cut();
    let written = timeout(SOON, writing)
        .await
        .expect("woken")
        .expect("no panic");
    written.expect_err("cut");
    timeout(SOON, waiting)
        .await
        .expect("woken")
        .expect("no panic");
}

#[tokio::test]
async fn nobody_waits_for_a_wire_that_is_gone() {
    let (mut wire, tap, _peer) = wire(1000);
    wire.write_all(&vec![0; MUCH_UNSENT * 2])
        .await
        .expect("written");
    let waiting = tokio::spawn(async move { tap.room().await });
    tokio::time::sleep(SOON).await;
    assert!(!waiting.is_finished());
    drop(wire);
    timeout(SOON, waiting)
        .await
        .expect("woken")
        .expect("no panic");
}
