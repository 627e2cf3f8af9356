//! The log as others fetch it: tiles of hashes, and bundles of entries.

use ledger::TilePath;
use ledger::bundle;
use ledger::tile::Content;

use super::leaf::Leaf;
use super::{int, tree};
use crate::error::{Refusal, StoreError};
use crate::store::Store;

impl Store {
    /// A tile of the log, or a bundle of its entries, as it is served; none if the
    /// log is not that large.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, StoreError> {
        let mut tx = self.read().await?;
        if !path.is_in(tree::size(&mut tx).await?) {
            return Ok(None);
        }
        if path.content != Content::Entries {
            let hashes = tree::hashes(&mut tx, &path.nodes()).await?;
            return Ok(Some(hashes.iter().flat_map(|hash| hash.0).collect()));
        }
        let (start, end) = path.range();
        let rows = sqlx::query(tree::EVENTS)
            .bind(int(start))
            .bind(int(end))
            .fetch_all(&mut *tx)
            .await?;
        let leaf = |row| Ok(Leaf::of(row)?.bytes());
        let leaves = rows
            .iter()
            .map(leaf)
            .collect::<Result<Vec<_>, StoreError>>()?;
        let bundle = bundle::write(leaves);
        let text = "an event is longer than can be served; the log in the database was changed";
        Ok(Some(bundle.map_err(|_| Refusal::new("bad_log", text))?))
    }
}
