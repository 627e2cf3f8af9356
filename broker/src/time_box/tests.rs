use super::*;

const NOON: Timestamp = Timestamp::from_micros(1_795_521_600_000_000);
const MINUTE: u64 = 60;

fn after(seconds: u64) -> Now {
    clocks(seconds, seconds)
}

fn clocks(wall: u64, monotonic: u64) -> Now {
    Now {
        wall: NOON.plus(Duration::from_secs(wall)),
        monotonic: Duration::from_secs(1_000 + monotonic),
    }
}

fn ends_after(seconds: u64) -> Timestamp {
    NOON.plus(Duration::from_secs(seconds))
}

/// What comes due, second by second, and when.
fn schedule(time_box: &mut TimeBox, from: u64, to: u64) -> Vec<(u64, Due)> {
    (from..=to)
        .filter_map(|second| match time_box.due(after(second)) {
            Due::Nothing { .. } => None,
            due @ (Due::Tell { .. } | Due::End) => Some((second, due)),
        })
        .collect()
}

fn tell(minutes: u64) -> Due {
    Due::Tell {
        left: Duration::from_secs(minutes * MINUTE),
    }
}

#[test]
fn told_at_ten_five_and_one_and_then_it_ends() {
    let mut time_box = TimeBox::new(ends_after(60 * MINUTE), after(0));
    let expected = vec![
        (50 * MINUTE, tell(10)),
        (55 * MINUTE, tell(5)),
        (59 * MINUTE, tell(1)),
        (60 * MINUTE, Due::End),
    ];
    assert_eq!(schedule(&mut time_box, 0, 60 * MINUTE), expected);
}

#[test]
fn what_the_welcome_has_said_is_not_said_again() {
    let mut time_box = TimeBox::new(ends_after(5 * MINUTE), after(0));
    assert_eq!(
        schedule(&mut time_box, 0, 5 * MINUTE),
        vec![(4 * MINUTE, tell(1)), (5 * MINUTE, Due::End)]
    );
}

#[test]
fn one_who_slept_over_two_marks_is_told_once() {
    let mut time_box = TimeBox::new(ends_after(60 * MINUTE), after(0));
    assert_eq!(time_box.due(after(56 * MINUTE)), tell(4));
    assert_eq!(
        schedule(&mut time_box, 56 * MINUTE, 59 * MINUTE),
        vec![(59 * MINUTE, tell(1))]
    );
}

#[test]
fn a_wall_clock_set_back_gives_no_time() {
    let mut time_box = TimeBox::new(ends_after(60 * MINUTE), after(0));
    let set_back = |monotonic| clocks(0, monotonic);
    assert!(matches!(
        time_box.due(set_back(59 * MINUTE - 600)),
        Due::Nothing { .. }
    ));
    assert_eq!(time_box.due(set_back(60 * MINUTE)), Due::End);
}

#[test]
fn a_wall_clock_set_forward_ends_it() {
    let mut time_box = TimeBox::new(ends_after(60 * MINUTE), after(0));
    assert_eq!(time_box.due(clocks(60 * MINUTE, 1)), Due::End);
}

#[test]
fn it_is_looked_at_often_and_never_too_late() {
    let mut time_box = TimeBox::new(ends_after(60 * MINUTE), after(0));
    let mut monotonic = Duration::from_secs(1_000);
    let mut looks = 0;
    loop {
        let passed = monotonic - Duration::from_secs(1_000);
        let now = Now {
            wall: NOON.plus(passed),
            monotonic,
        };
        match time_box.due(now) {
            Due::End => break assert_eq!(passed, Duration::from_secs(60 * MINUTE)),
            Due::Tell { .. } => {}
            Due::Nothing { until } => {
                assert!(until > monotonic, "it would spin");
                assert!(until - monotonic <= LOOK_AGAIN);
                monotonic = until;
            }
        }
        looks += 1;
    }
    assert!(looks < 3_700, "{looks}");
}

#[test]
fn a_moved_end_counts_from_the_old_one() {
    let mut time_box = TimeBox::new(ends_after(10 * MINUTE), after(0));
    // Meanwhile somebody has set the wall clock back by half an hour.
    let now = Now {
        wall: NOON.minus(Duration::from_secs(30 * MINUTE)),
        monotonic: Duration::from_secs(1_000 + 5 * MINUTE),
    };
    time_box.move_to(ends_after(30 * MINUTE), now);
    assert_eq!(time_box.left(now), Duration::from_secs(25 * MINUTE));

    let mut time_box = TimeBox::new(ends_after(10 * MINUTE), after(0));
    assert_eq!(time_box.due(after(6 * MINUTE)), tell(4));
    time_box.move_to(ends_after(30 * MINUTE), after(6 * MINUTE));
    assert_eq!(
        schedule(&mut time_box, 6 * MINUTE, 30 * MINUTE),
        vec![
            (20 * MINUTE, tell(10)),
            (25 * MINUTE, tell(5)),
            (29 * MINUTE, tell(1)),
            (30 * MINUTE, Due::End)
        ],
        "told again, as the end is another one"
    );
    time_box.move_to(ends_after(7 * MINUTE), after(8 * MINUTE));
    assert_eq!(time_box.due(after(8 * MINUTE)), Due::End);
}

#[test]
fn people_read_the_plants_time() {
    let asset = AssetName::parse("plc-7").expect("a name");
    let time = PlantTime::parse("Europe/Oslo").expect("a zone");
    let end = ends_after(130 * MINUTE);
    assert_eq!(
        welcome(&asset, end, &time, after(0)),
        "Connected to plc-7 until 15:10 (Europe/Oslo), in 2 h 10 min. This session is recorded."
    );
    let left = Duration::from_secs(10 * MINUTE);
    assert_eq!(
        warning(&asset, end, &time, after(120 * MINUTE), left),
        "Your window for plc-7 ends at 15:10 (Europe/Oslo), in 10 min. Save your work."
    );
    assert_eq!(
        moved(&asset, end, &time, after(120 * MINUTE)),
        "Your window for plc-7 now ends at 15:10 (Europe/Oslo), in 10 min."
    );
}
