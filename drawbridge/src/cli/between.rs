//! From when until when a list is asked for.

use clap::Args;
use domain::Timestamp;

use super::context::Context;
use super::failure::Failure;
use super::request::bad_when;
use super::times::Times;
use super::when::point;

/// From when until when.
#[derive(Args, Clone, Debug)]
pub(super) struct Between {
    /// Only from then on: "2026-11-24 14:00" (plant time), or RFC 3339
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only before then
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl Between {
    /// Both, as the plant's clock has them.
    pub(crate) async fn read(
        &self,
        context: &Context,
        times: &Times,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), Failure> {
        if self.since.is_none() && self.until.is_none() {
            return Ok((None, None));
        }
        let now = context.now().await?;
        let time = |text: &Option<String>| {
            let at = text
                .as_deref()
                .map(|text| point(text, times.zone(), now, None));
            at.transpose().map_err(bad_when)
        };
        Ok((time(&self.since)?, time(&self.until)?))
    }
}
