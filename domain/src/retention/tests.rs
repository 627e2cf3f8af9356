use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600);
const END: Timestamp = Timestamp::from_micros(1_795_507_200_000_000);

fn session(number: u128) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(number))
}

fn hold(on: HoldOn, released: bool) -> Hold {
    let signed = || Signed {
        at: END,
        by: Who::System,
        reason: "the accident of 24 November".to_owned(),
    };
    Hold {
        id: HoldId::from_uuid(Uuid::from_u128(7)),
        on,
        placed: signed(),
        released: released.then(signed),
    }
}

fn zone(name: &str) -> ZoneName {
    ZoneName::parse(name).expect("a name")
}

#[test]
fn what_a_recording_is_kept_by() {
    let (hall, yard) = (zone("hall"), zone("yard"));
    let sound = Kept {
        session: session(1),
        zone: &hall,
        ended_at: Some(END),
        sealed: true,
        promised: Some(10 * DAY),
        in_plant: Some(10 * DAY),
    };
    let of = |on, released| vec![hold(on, released)];
    let held = Purge::Keep(Why::Held(HoldId::from_uuid(Uuid::from_u128(7))));
    let until = |days: u32| Purge::Keep(Why::Retention(END.plus(DAY * days)));
    let just_before = |days: u32| END.plus(DAY * days).minus(Duration::from_micros(1));
    let at = |days: u32| END.plus(DAY * days);
    for (case, kept, holds, now, expected) in [
        ("due", sound.clone(), vec![], at(10), Purge::Now),
        (
            "too early",
            sound.clone(),
            vec![],
            just_before(10),
            until(10),
        ),
        (
            "the clock went back",
            sound.clone(),
            vec![],
            Timestamp::from_micros(0),
            until(10),
        ),
        (
            "still recording",
            Kept {
                ended_at: None,
                ..sound.clone()
            },
            vec![],
            at(40_000),
            Purge::Keep(Why::Recording),
        ),
        (
            "not sealed",
            Kept {
                sealed: false,
                ..sound.clone()
            },
            vec![],
            at(40_000),
            Purge::Keep(Why::NotSealed),
        ),
        (
            "held",
            sound.clone(),
            of(HoldOn::Session(session(1)), false),
            at(10),
            held.clone(),
        ),
        (
            "zone held",
            sound.clone(),
            of(HoldOn::Zone(hall.clone()), false),
            at(10),
            held.clone(),
        ),
        (
            "released",
            sound.clone(),
            of(HoldOn::Session(session(1)), true),
            at(10),
            Purge::Now,
        ),
        (
            "another session",
            sound.clone(),
            of(HoldOn::Session(session(2)), false),
            at(10),
            Purge::Now,
        ),
        (
            "another zone",
            sound.clone(),
            of(HoldOn::Zone(yard), false),
            at(10),
            Purge::Now,
        ),
        (
            "one of two holds released",
            sound.clone(),
            vec![
                hold(HoldOn::Session(session(1)), true),
                hold(HoldOn::Zone(hall.clone()), false),
            ],
            at(10),
            held,
        ),
        (
            "promised longer than the plant says now",
            Kept {
                in_plant: Some(DAY),
                ..sound.clone()
            },
            vec![],
            just_before(10),
            until(10),
        ),
        (
            "the plant says longer than was promised",
            Kept {
                in_plant: Some(400 * DAY),
                ..sound.clone()
            },
            vec![],
            at(10),
            until(400),
        ),
        (
            "the zone is gone: the usual, if less was promised",
            Kept {
                in_plant: None,
                ..sound.clone()
            },
            vec![],
            at(364),
            until(365),
        ),
        (
            "the zone is gone: what was promised, if it was more",
            Kept {
                in_plant: None,
                promised: Some(400 * DAY),
                ..sound.clone()
            },
            vec![],
            at(399),
            until(400),
        ),
        (
            "nothing is known: the usual",
            Kept {
                in_plant: None,
                promised: None,
                ..sound.clone()
            },
            vec![],
            at(364),
            until(365),
        ),
        (
            "the usual has passed",
            Kept {
                in_plant: None,
                promised: None,
                ..sound
            },
            vec![],
            at(365),
            Purge::Now,
        ),
    ] {
        assert_eq!(may_purge(&kept, &holds, now), expected, "{case}");
    }
}

fn some_hold() -> impl Strategy<Value = Hold> {
    (any::<bool>(), 0_u128..3, any::<bool>()).prop_map(|(on_zone, number, released)| {
        let on = if on_zone {
            HoldOn::Zone(zone(&format!("z{number}")))
        } else {
            HoldOn::Session(session(number))
        };
        hold(on, released)
    })
}

proptest! {
    /// Whatever the facts are: what is purged is over, sealed, past each
    /// retention that held for it, and under no hold.
    #[test]
    fn nothing_is_purged_that_anything_keeps(
        ended in proptest::option::of(0_u32..2000),
        sealed: bool,
        promised in proptest::option::of(1_u32..2000),
        in_plant in proptest::option::of(1_u32..2000),
        holds in proptest::collection::vec(some_hold(), 0..4),
        now in 0_u32..6000,
    ) {
        let (mine, now) = (zone("z1"), END.plus(DAY * now));
        let kept = Kept {
            session: session(1),
            zone: &mine,
            ended_at: ended.map(|days| END.plus(DAY * days)),
            sealed,
            promised: promised.map(|days| DAY * days),
            in_plant: in_plant.map(|days| DAY * days),
        };
        let on_it = holds.iter().any(|hold| {
            hold.released.is_none()
                && (hold.on == HoldOn::Session(session(1)) || hold.on == HoldOn::Zone(mine.clone()))
        });
        let past = |days: Option<u32>, or: u32| {
            ended.is_some_and(|end| now >= END.plus(DAY * (end + days.unwrap_or(or))))
        };
        let may = sealed && !on_it && past(promised, 0) && past(in_plant, 365);
        prop_assert_eq!(may_purge(&kept, &holds, now) == Purge::Now, may);
    }

    /// Holding, and waiting less, never turn a "keep" into a "purge".
    #[test]
    fn another_hold_never_frees(
        holds in proptest::collection::vec(some_hold(), 0..4),
        more in some_hold(),
        now in 0_u32..800,
    ) {
        let (mine, now) = (zone("z1"), END.plus(DAY * now));
        let kept = Kept {
            session: session(1),
            zone: &mine,
            ended_at: Some(END),
            sealed: true,
            promised: None,
            in_plant: Some(365 * DAY),
        };
        let before = may_purge(&kept, &holds, now);
        let all: Vec<_> = holds.into_iter().chain([more]).collect();
        if before != Purge::Now {
            prop_assert_ne!(may_purge(&kept, &all, now), Purge::Now);
        }
    }
}
