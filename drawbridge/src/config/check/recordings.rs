//! The section `[recordings]`.

use std::ops::RangeInclusive;
use std::path::Path;

use recorder::LEAST_SEGMENT;
use recorder::archive::{Protection, keys::MAX_AUDITORS};
use toml::Spanned;

use super::super::Recordings;
use super::{Check, dto};

const MIB: u64 = 1 << 20;
const MOST_FREE: u64 = 16 << 20;
const MOST_SEGMENT: u64 = 4096;

impl Check<'_> {
    pub(super) fn recordings(
        &mut self,
        recordings: dto::Recordings,
        data: Option<&Path>,
    ) -> Option<Recordings> {
        // Without a data directory nothing comes of it; all errors are told at once.
        let usual = Recordings::usual(data.unwrap_or(Path::new("")));
        let dto::Recordings {
            encryption,
            auditors,
            keys,
            least_free_mib,
            segment_mib,
        } = recordings;
        let protection = match encryption.as_ref().map(|text| text.get_ref().as_str()) {
            None => usual.encryption,
            Some("at-rest") => Protection::AtRest,
            Some("off") => Protection::Off,
            Some("sealed") => Protection::Sealed,
            Some(_) => {
                if let Some(text) = &encryption {
                    let message = "write \"off\", \"at-rest\" or \"sealed\"";
                    self.wrong("recordings.encryption", text, message);
                }
                usual.encryption
            }
        };
        let auditors = self.auditors(auditors);
        if protection == Protection::Sealed
            && auditors.is_empty()
            && let Some(text) = &encryption
        {
            let message = "write the auditors' age recipients too, with `auditors`: \
                           nobody else could ever read a sealed recording";
            self.wrong("recordings.encryption", text, message);
        }
        let keys = match keys {
            Some(keys) => self.path("recordings.keys", keys),
            None => Some(usual.keys),
        };
        let key = "recordings.least_free_mib";
        let least_free = self.mib(key, least_free_mib, usual.least_free, 0..=MOST_FREE);
        let key = "recordings.segment_mib";
        let bounds = LEAST_SEGMENT / MIB..=MOST_SEGMENT;
        let segment = self.mib(key, segment_mib, usual.segment, bounds);
        Some(Recordings {
            encryption: protection,
            auditors,
            keys: keys?,
            least_free,
            segment,
        })
    }

    fn auditors(&mut self, auditors: Option<Spanned<Vec<dto::Text>>>) -> Vec<String> {
        let Some(auditors) = auditors else {
            return Vec::new();
        };
        if auditors.get_ref().len() > MAX_AUDITORS {
            let message = format!("write at most {MAX_AUDITORS}");
            self.wrong("recordings.auditors", &auditors, message);
        }
        let mut all = Vec::new();
        for one in auditors.into_inner() {
            if recorder::archive::keys::recipient(one.get_ref()).is_some() {
                all.push(one.into_inner());
            } else {
                let message = "write an age recipient, which begins with age1: \
                               its public half is what `age-keygen` prints";
                self.wrong("recordings.auditors", &one, message);
            }
        }
        all
    }

    fn mib(
        &mut self,
        key: &str,
        count: Option<Spanned<u32>>,
        usual: u64,
        bounds: RangeInclusive<u64>,
    ) -> u64 {
        let Some(count) = count else { return usual };
        let n = u64::from(*count.get_ref());
        if !bounds.contains(&n) {
            let (least, most) = (bounds.start(), bounds.end());
            let message = format!("write a number from {least} to {most}, in MiB");
            self.wrong(key, &count, message);
        }
        n * MIB
    }
}
