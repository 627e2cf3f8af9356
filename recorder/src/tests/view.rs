//! Looking on at a session that is being recorded.

use super::*;

fn screen(size: Option<(u16, u16)>, data: &'static str) -> Seen {
    Seen::Screen {
        size,
        data: data.into(),
    }
}

#[tokio::test]
async fn whoever_looks_on_sees_all_of_a_channel_and_its_end_once() {
    let bench = Bench::new();
    let mut view = bench.recorder.view(session(0), Channels::All);
    assert!(view.look().is_empty());

    let (input, _tail, output) = bench.open(0).await;
    input.append(Bytes::from_static(b"typed")).await.unwrap();
    output.write(Stream::Out, "first".into()).unwrap();
    output.resize(100, 30).unwrap();
    let size = Some((100, 30));
    assert_eq!(view.look(), [(0, screen(size, "first"))]);
    output.write(Stream::Err, "second".into()).unwrap();
    assert_eq!(view.look(), [(0, Seen::Output("second".into()))]);
    assert!(view.look().is_empty());
    // Who comes later sees what stands there.
    let mut later = bench.recorder.view(session(0), Channels::All);
    assert_eq!(later.look(), [(0, screen(size, "firstsecond"))]);
    // A session of another number is another's.
    let mut other = bench.recorder.view(session(1), Channels::All);
    assert!(other.look().is_empty());

    output.write(Stream::Out, "last".into()).unwrap();
    soon(output.finish()).await.unwrap().receipt.stored();
    let end = [(0, Seen::Output("last".into())), (0, Seen::Closed)];
    assert_eq!(view.look(), end);
    assert!(view.look().is_empty());
    // Nor is it lost on one who was not there.
    let mut late = bench.recorder.view(session(0), Channels::All);
    let all = [(0, screen(size, "firstsecondlast")), (0, Seen::Closed)];
    assert_eq!(late.look(), all);
}

#[tokio::test]
async fn each_channel_is_seen_as_itself_and_alone_the_newest_that_runs() {
    let bench = Bench::new();
    let mut all = bench.recorder.view(session(0), Channels::All);
    let mut newest = bench.recorder.view(session(0), Channels::Newest);
    let (_, _, first) = bench.open(0).await;
    first.write(Stream::Out, "one".into()).unwrap();
    let size = Some((80, 24));
    assert_eq!(all.look(), [(0, screen(size, "one"))]);
    assert_eq!(newest.look(), [(0, screen(size, "one"))]);

    let header = Header {
        session: session(0),
        ..header(1, KeepOutput::Everything)
    };
    let (_, _, second) = bench.recorder.open(header).await.unwrap().split();
    second.write(Stream::Out, "two".into()).unwrap();
    first.write(Stream::Out, "more".into()).unwrap();
    let seen = [(0, Seen::Output("more".into())), (1, screen(size, "two"))];
    assert_eq!(all.look(), seen);
    assert_eq!(newest.look(), [(0, Seen::Closed), (1, screen(size, "two"))]);

    // It is over, and the other is the newest that runs.
    soon(second.finish()).await.unwrap().receipt.stored();
    assert_eq!(all.look(), [(1, Seen::Closed)]);
    let seen = [(1, Seen::Closed), (0, screen(size, "onemore"))];
    assert_eq!(newest.look(), seen);
}

#[tokio::test]
async fn channels_that_came_and_went_unseen_are_told_as_that() {
    let bench = Bench::new();
    let mut view = bench.recorder.view(session(0), Channels::All);
    assert!(view.look().is_empty());
    for channel in 0..20 {
        let header = Header {
            session: session(0),
            ..header(channel, KeepOutput::Everything)
        };
        let (_, _, output) = bench.recorder.open(header).await.unwrap().split();
        soon(output.finish()).await.unwrap().receipt.stored();
    }
    let seen = view.look();
    let closed: Vec<_> = seen
        .iter()
        .filter(|(_, seen)| *seen == Seen::Closed)
        .map(|(channel, _)| *channel)
        .collect();
    assert_eq!(closed, (0..20).collect::<Vec<_>>());
    let not_seen = |(_, seen): &&(u32, Seen)| matches!(seen, Seen::Screen { size: None, data } if data.starts_with("» Not seen".as_bytes()));
    assert_eq!(seen.iter().filter(not_seen).count(), 4);
    assert!(view.look().is_empty());
    // Who comes later is told of what is kept, and of no gap.
    let mut later = bench.recorder.view(session(0), Channels::All);
    assert_eq!(later.look().len(), 32);
}
