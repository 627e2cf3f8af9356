//! The stand-alone replay page of this build: `web/replay`, with nothing in it yet.

use thiserror::Error;

const BUILT: &str = include_str!(concat!(env!("OUT_DIR"), "/replay.html"));

/// The program was built without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "this build has no replay page: run `make web` where the program is built, and build it again"
)]
pub struct NoPage;

/// What [`recorder::replay::page`] puts a recording into.
///
/// # Errors
/// If the page was not there when the program was built.
pub const fn template() -> Result<&'static str, NoPage> {
    if BUILT.is_empty() {
        Err(NoPage)
    } else {
        Ok(BUILT)
    }
}

#[cfg(test)]
mod tests {
    use recorder::replay::{Facts, page};

    use super::*;

    /// Whether there is one depends on who builds: `make test` builds it first.
    #[test]
    fn the_page_of_this_build_takes_a_recording_and_asks_no_network() {
        let Ok(template) = template() else {
            assert!(NoPage.to_string().contains("make web"));
            return;
        };
        let mut made = Vec::new();
        let cast = &b"{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n"[..];
        page(template, &Facts::default(), &[], cast, &mut made).unwrap();
        let made = String::from_utf8(made).unwrap();
        assert!(made.contains("\\\"version\\\":3"));
        // What the page holds the browser to.
        let (_, policy) = made
            .split_once("\"Content-Security-Policy\" content=\"")
            .unwrap();
        let (policy, _) = policy.split_once('"').unwrap();
        let rules: Vec<_> = policy.split("; ").collect();
        assert!(
            matches!(
                rules.as_slice(),
                ["default-src 'none'", script, style, "base-uri 'none'", "form-action 'none'"]
                    if script.starts_with("script-src 'sha256-")
                        && script.ends_with("' 'wasm-unsafe-eval'")
                        && style.starts_with("style-src 'sha256-")
            ),
            "{policy}"
        );
        assert!(!policy.contains("unsafe-inline") && !policy.contains("http"));
    }
}
