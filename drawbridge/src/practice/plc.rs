//! A practice PLC console: live-looking values, their trend, a list of faults.
//! Values are a function of the time since it was switched on, so that two
//! readings differ and a test still knows what to expect.

use std::f64::consts::TAU;
use std::fmt::Write;
use std::time::Duration;

use super::console::{Console, Reply};

/// Samples in a trend, and how far they are apart.
const SAMPLES: u32 = 12;
const APART: Duration = Duration::from_secs(5);
const BAR: f64 = 30.0;

/// A value that swings around its middle.
struct Tag {
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    middle: f64,
    swing: f64,
    /// Seconds from one top to the next.
    period: f64,
}

impl Tag {
    fn at(&self, time: Duration) -> f64 {
        self.middle + self.swing * (TAU * time.as_secs_f64() / self.period).sin()
    }
}

struct Fault {
    code: &'static str,
    text: &'static str,
    active: bool,
}

/// What one controller is.
struct Model {
    greeting: &'static str,
    prompt: &'static str,
    tags: &'static [Tag],
    faults: &'static [Fault],
}

static TURBINE: Model = Model {
    greeting: "TG-2 GOVERNOR CONTROLLER   practice asset, nothing turns\n\
               Firmware 4.12.0            type 'help' for commands\n\n",
    prompt: "TG2> ",
    tags: &[
        tag("GOV.SPEED", "Turbine speed", "rpm", 3000.0, 1.8, 17.0),
        tag("GOV.SPEED_SP", "Speed set point", "rpm", 3000.0, 0.0, 1.0),
        tag("GEN.POWER", "Active power", "MW", 48.2, 0.7, 61.0),
        tag("OIL.PRESS", "Lube oil pressure", "bar", 2.61, 0.04, 23.0),
        tag(
            "BRG1.TEMP",
            "Bearing 1 temperature",
            "degC",
            71.4,
            0.9,
            140.0,
        ),
        tag("BRG1.VIB", "Bearing 1 vibration", "mm/s", 2.3, 0.5, 7.0),
    ],
    faults: &[
        Fault {
            code: "F-2107",
            text: "BRG1.VIB above warning limit, twice today",
            active: true,
        },
        Fault {
            code: "F-0042",
            text: "Battery of controller B low",
            active: false,
        },
    ],
};

static SAFETY: Model = Model {
    greeting: "SIS-1 SAFETY CONTROLLER    practice asset, nothing trips\n\
               Firmware 2.3.1, SIL 3      type 'help' for commands\n\n",
    prompt: "SIS1> ",
    tags: &[
        tag("TRIP.ARMED", "Trip chain armed", "", 1.0, 0.0, 1.0),
        tag("OVS.SPEED", "Overspeed channel", "rpm", 3000.0, 1.8, 17.0),
        tag("OVS.LIMIT", "Overspeed limit", "rpm", 3300.0, 0.0, 1.0),
        tag("VALVE.STROKE", "Last partial stroke", "%", 10.0, 0.0, 1.0),
    ],
    faults: &[],
};

const fn tag(
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    middle: f64,
    swing: f64,
    period: f64,
) -> Tag {
    Tag {
        name,
        title,
        unit,
        middle,
        swing,
        period,
    }
}

const HELP: &str = "\
help         this list
status       the controller and all values
read TAG     one value, such as 'read GOV.SPEED'
trend TAG    one value over the last minute
faults       what the controller complains about
exit         leave
";

/// A PLC's console.
pub(super) struct PlcConsole {
    model: &'static Model,
}

impl PlcConsole {
    /// A turbine's governor.
    pub(super) fn turbine() -> Self {
        Self { model: &TURBINE }
    }

    /// A safety controller.
    pub(super) fn safety() -> Self {
        Self { model: &SAFETY }
    }

    fn tag(&self, name: Option<&str>) -> Result<&'static Tag, Reply> {
        let names = || {
            let names: Vec<_> = self.model.tags.iter().map(|t| t.name).collect();
            names.join(", ")
        };
        let Some(name) = name else {
            return Err(Reply::failed(
                2,
                format!("Which value? One of {}.\n", names()),
            ));
        };
        let found = self
            .model
            .tags
            .iter()
            .find(|t| t.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            Reply::failed(1, format!("No value {shown}. There are {}.\n", names()))
        })
    }

    fn status(&self, uptime: Duration) -> String {
        let active = self.model.faults.iter().filter(|f| f.active).count();
        let seconds = uptime.as_secs();
        let mut text = format!(
            "State RUN   on for {} d {:02}:{:02}:{:02}   faults active: {active}\n",
            seconds / 86_400,
            seconds / 3600 % 24,
            seconds / 60 % 60,
            seconds % 60
        );
        for tag in self.model.tags {
            text.push_str(&reading(tag, uptime));
        }
        text
    }

    fn faults(&self) -> String {
        if self.model.faults.is_empty() {
            return "No faults.\n".to_owned();
        }
        let mut text = String::new();
        for Fault {
            code,
            text: what,
            active,
        } in self.model.faults
        {
            let state = if *active { "ACTIVE" } else { "gone" };
            let _ = writeln!(text, "{code}  {state:<7} {what}");
        }
        text
    }
}

impl Console for PlcConsole {
    fn greeting(&self) -> String {
        self.model.greeting.to_owned()
    }

    fn prompt(&self) -> String {
        self.model.prompt.to_owned()
    }

    fn run(&mut self, line: &str, uptime: Duration) -> Reply {
        let mut words = line.split_whitespace();
        let Some(command) = words.next() else {
            return Reply::default();
        };
        let argument = words.next();
        match command.to_ascii_lowercase().as_str() {
            "help" | "?" => Reply::out(HELP),
            "status" => Reply::out(self.status(uptime)),
            "faults" => Reply::out(self.faults()),
            "read" => self
                .tag(argument)
                .map_or_else(|r| r, |t| Reply::out(reading(t, uptime))),
            "trend" => self
                .tag(argument)
                .map_or_else(|r| r, |t| Reply::out(trend(t, uptime))),
            "exit" | "quit" | "logout" => Reply::end(0),
            other => {
                let shown: String = other.chars().filter(|c| !c.is_control()).take(40).collect();
                Reply::failed(
                    1,
                    format!("Unknown command {shown}. Type 'help' for a list.\n"),
                )
            }
        }
    }
}

fn reading(tag: &Tag, time: Duration) -> String {
    let Tag {
        name, title, unit, ..
    } = tag;
    let line = format!("{name:<13} {:>9.2} {unit:<5} {title}", tag.at(time));
    format!("{}\n", line.trim_end())
}

fn trend(tag: &Tag, now: Duration) -> String {
    let Tag {
        name, title, unit, ..
    } = tag;
    let mut text = format!("{name}  {title} [{unit}], every {} s\n", APART.as_secs());
    for back in (0..SAMPLES).rev() {
        let ago = APART * back;
        // Before it was switched on there is nothing to show.
        let Some(then) = now.checked_sub(ago) else {
            continue;
        };
        let value = tag.at(then);
        let share = if tag.swing > 0.0 {
            (value - tag.middle) / tag.swing
        } else {
            0.0
        };
        let length = (BAR / 2.0 * (1.0 + share)).round();
        let bar: String = (0..60)
            .take_while(|n| f64::from(*n) < length)
            .map(|_| '#')
            .collect();
        let line = format!(
            "{:>4} s  {value:>9.2}  {bar}",
            -i64::try_from(ago.as_secs()).unwrap_or(0)
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str, seconds: u64) -> Reply {
        PlcConsole::turbine().run(line, Duration::from_secs(seconds))
    }

    #[test]
    fn commands() {
        assert_eq!(run("", 0), Reply::default());
        assert_eq!(run("help", 0), Reply::out(HELP));
        assert_eq!(
            run("READ gov.speed", 0),
            Reply::out("GOV.SPEED       3000.00 rpm   Turbine speed\n")
        );
        assert!(run("faults", 0).out.contains("F-2107  ACTIVE"));
        assert_eq!(run("exit", 0), Reply::end(0));
        assert_eq!(
            PlcConsole::safety().run("faults", Duration::ZERO).out,
            "No faults.\n"
        );
    }

    #[test]
    fn mistakes_say_what_there_is() {
        assert_eq!(run("read", 0).status, 2);
        let reply = run("read NOPE\u{1b}[2J", 0);
        assert!(
            reply
                .err
                .starts_with("No value NOPE[2J. There are GOV.SPEED, "),
            "{reply:?}"
        );
        assert_eq!(
            run("reboot", 0).err,
            "Unknown command reboot. Type 'help' for a list.\n"
        );
    }

    #[test]
    fn values_move_with_time() {
        assert_ne!(run("read BRG1.VIB", 1), run("read BRG1.VIB", 2));
        assert_eq!(run("read BRG1.VIB", 1), run("read BRG1.VIB", 1));
        assert!(
            run("status", 93_784)
                .out
                .starts_with("State RUN   on for 1 d 02:03:04 ")
        );
    }

    #[test]
    fn a_trend_has_a_sample_for_each_five_seconds_that_it_ran() {
        assert_eq!(run("trend OIL.PRESS", 1000).out.lines().count(), 13);
        assert_eq!(run("trend OIL.PRESS", 11).out.lines().count(), 4);
        let text = run("trend OIL.PRESS", 1000).out;
        assert!(text.lines().all(|l| l.len() < 79), "{text}");
    }
}
