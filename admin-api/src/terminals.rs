//! Terminals on assets, as a browser's line needs them. The broker opens them; the
//! API does not know how.

use std::net::IpAddr;

use axum::body::Bytes;
use domain::{AccountName, AssetName};
use futures::future::BoxFuture;
use secrecy::SecretString;
use thiserror::Error;
use tokio::sync::mpsc;

/// Opens terminals.
pub trait Terminals: Send + Sync + 'static {
    /// Turns a ticket into a session with a terminal, as any vendor's client would.
    fn open(&self, visit: Visit) -> BoxFuture<'static, Result<Line, NoLine>>;
}

/// Who comes, with what, and how large their window is.
#[derive(Debug)]
pub struct Visit {
    /// The vendor.
    pub account: AccountName,
    /// Where to.
    pub asset: AssetName,
    /// What opens one session.
    pub ticket: SecretString,
    /// The network address that they come from.
    pub source: IpAddr,
    /// The terminal's columns.
    pub cols: u16,
    /// Its rows.
    pub rows: u16,
}

/// A terminal that is open. It ends when either half is dropped.
#[derive(Debug)]
pub struct Line {
    /// Towards the asset.
    pub typed: mpsc::Sender<Typed>,
    /// From the asset, and from the broker itself. It ends with the session.
    pub shown: mpsc::Receiver<Shown>,
}

/// Something from the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// What was typed.
    Keys(Bytes),
    /// The window's new columns and rows.
    Resize(u16, u16),
}

/// Something for the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Output, raw.
    Output(Bytes),
    /// What ran on the asset has ended with that status.
    Exit(u32),
}

/// The broker opened no line, and said why in its own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the broker opened no terminal")]
pub struct NoLine;
