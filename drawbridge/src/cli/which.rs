//! Whose visits and where: what sessions and recordings are looked for by.

use clap::Args;

/// Whose, and where.
#[derive(Args, Clone, Debug)]
pub(super) struct Which {
    /// Only on this asset
    #[arg(long)]
    pub(super) asset: Option<String>,
    /// Only of this vendor
    #[arg(long, visible_alias = "vendor")]
    pub(super) account: Option<String>,
    /// Only into this zone
    #[arg(long)]
    pub(super) zone: Option<String>,
    /// Only of people whose account now names a company with this in it
    #[arg(long)]
    pub(super) company: Option<String>,
}
