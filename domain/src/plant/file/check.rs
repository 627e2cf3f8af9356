//! What the file means: every name stands for something, every number is within
//! its bounds. Collects all errors instead of stopping at the first.

mod rules;
mod things;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use super::{PlantError, PlantErrors, dto, line_of};
use crate::name::ZoneName;
use crate::plant::{Plant, Zone};
use crate::time::{human_duration, parse_duration, parse_long_duration};

/// The longest title, person's name or company, in characters.
const MAX_TITLE: usize = 120;
/// No window may be longer, whatever a file says.
const LONGEST_SESSION: Duration = Duration::from_secs(7 * 24 * 3600);

pub(super) fn plant(text: &str, file: &dto::File) -> Result<Plant, PlantErrors> {
    let mut check = Check {
        text,
        zones: file
            .zone
            .iter()
            .map(|z| z.name.get_ref().as_str())
            .collect(),
        assets: file
            .asset
            .iter()
            .map(|a| a.name.get_ref().as_str())
            .collect(),
        errors: Vec::new(),
    };
    let site = check.site(&file.site);
    let rules = check.rules(&file.rules);
    let zones = check.all("zone", &file.zone, |c, z| {
        let zone = c.zone(z)?;
        Some((zone.name.clone(), zone, z.name.span()))
    });
    let conduits = check.all("conduit", &file.conduit, |c, d| {
        let conduit = c.conduit(d, &zones)?;
        Some((conduit.name.clone(), conduit, d.name.span()))
    });
    check.one_conduit_a_zone(&file.conduit);
    let assets = check.all("asset", &file.asset, |c, d| {
        let asset = c.asset(d)?;
        Some((asset.name.clone(), asset, d.name.span()))
    });
    let accounts = check.all("account", &file.account, |c, d| {
        let account = c.account(d)?;
        Some((account.name.clone(), account, d.name.span()))
    });
    let mut errors = check.errors;
    errors.sort();
    match site {
        Some(site) if errors.is_empty() => Ok(Plant {
            site,
            rules,
            zones,
            conduits,
            assets,
            accounts,
        }),
        Some(_) | None => Err(PlantErrors(errors)),
    }
}

struct Check<'a> {
    text: &'a str,
    /// The names in the file, also of what has an error of its own, so that one
    /// slip is told once.
    zones: BTreeSet<&'a str>,
    assets: BTreeSet<&'a str>,
    errors: Vec<PlantError>,
}

impl Check<'_> {
    fn error(&mut self, span: Range<usize>, key: &str, message: impl Display) {
        self.errors.push(PlantError {
            line: line_of(self.text, span.start),
            key: key.to_owned(),
            message: message.to_string(),
        });
    }

    /// Notes an error, and goes on with nothing.
    fn ok<T, E: Display>(
        &mut self,
        span: Range<usize>,
        key: &str,
        found: Result<T, E>,
    ) -> Option<T> {
        found.map_err(|error| self.error(span, key, error)).ok()
    }

    fn word<T: FromStr<Err: Display>>(&mut self, key: &str, text: &dto::Text) -> Option<T> {
        self.ok(text.span(), key, text.get_ref().parse())
    }

    fn title(&mut self, key: &str, text: Option<&dto::Text>, or: &str) -> String {
        let Some(text) = text else {
            return or.to_owned();
        };
        let title = text.get_ref().trim();
        if title.chars().count() > MAX_TITLE || title.chars().any(char::is_control) {
            self.error(
                text.span(),
                key,
                format_args!("use at most {MAX_TITLE} characters, without control characters"),
            );
        }
        title.to_owned()
    }

    fn longest(
        &mut self,
        key: &str,
        text: Option<&dto::Text>,
        usual: Duration,
    ) -> Option<Duration> {
        let Some(text) = text else { return Some(usual) };
        let length = self.ok(text.span(), key, parse_duration(text.get_ref()))?;
        if length.is_zero() {
            self.error(
                text.span(),
                key,
                "a window of zero length lets nobody in; write at least 1m",
            );
            return None;
        }
        if length > LONGEST_SESSION {
            self.error(
                text.span(),
                key,
                format_args!(
                    "{} is no just-in-time access; write at most 7d",
                    human_duration(length)
                ),
            );
            return None;
        }
        Some(length)
    }

    fn retention(&mut self, key: &str, text: Option<&dto::Text>) -> Option<Duration> {
        let Some(text) = text else {
            return Some(Zone::USUAL_RETENTION);
        };
        let length = self.ok(text.span(), key, parse_long_duration(text.get_ref()))?;
        let (least, most) = Zone::RETENTION_BOUNDS;
        if length < least || length > most {
            self.error(
                text.span(),
                key,
                "write 1d to 36500d; what must outlast a case goes under a legal hold",
            );
            return None;
        }
        Some(length)
    }

    fn zone_name(&mut self, key: &str, text: &dto::Text) -> Option<ZoneName> {
        let name: ZoneName = self.word(key, text)?;
        if !self.zones.contains(name.as_str()) {
            self.error(
                text.span(),
                key,
                format_args!("there is no zone {name} in this file"),
            );
        }
        Some(name)
    }

    /// Checks each thing of a list, and that no two have one name.
    fn all<D, N: Ord + Display, T>(
        &mut self,
        kind: &str,
        list: &[D],
        mut one: impl FnMut(&mut Self, &D) -> Option<(N, T, Range<usize>)>,
    ) -> BTreeMap<N, T> {
        let mut found = BTreeMap::new();
        for item in list {
            let Some((name, thing, span)) = one(self, item) else {
                continue;
            };
            match found.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(thing);
                }
                Entry::Occupied(first) => self.error(
                    span,
                    &format!("{kind}.name"),
                    format_args!(
                        "{kind} {} is in this file already; names are unique",
                        first.key()
                    ),
                ),
            }
        }
        found
    }
}
