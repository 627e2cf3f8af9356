//! Looking on at a session that is being recorded.

use super::*;

#[tokio::test]
async fn whoever_looks_on_sees_the_newest_terminal_and_nothing_after_its_end() {
    let bench = Bench::new();
    let mut view = bench.recorder.view(session(0));
    assert!(view.look().is_empty() && view.channel().is_none());

    let (input, _tail, output) = bench.open(0).await;
    input.append(Bytes::from_static(b"typed")).await.unwrap();
    output.write(Stream::Out, "first".into()).unwrap();
    output.resize(100, 30).unwrap();
    let screen = |data: &'static str| Seen::Screen {
        channel: 0,
        size: Some((100, 30)),
        data: data.into(),
    };
    assert_eq!(view.look(), [screen("first")]);
    assert_eq!(view.channel(), Some(0));
    output.write(Stream::Err, "second".into()).unwrap();
    assert_eq!(view.look(), [Seen::Output("second".into())]);
    assert!(view.look().is_empty());
    // Who comes later sees what stands there.
    let mut later = bench.recorder.view(session(0));
    assert_eq!(later.look(), [screen("firstsecond")]);
    // A session of another number is another's.
    assert!(bench.recorder.view(session(1)).look().is_empty());

    soon(output.finish()).await.unwrap().receipt.stored();
    assert!(view.look().is_empty());
}
