//! Opening the database: one connection that writes, a few that read, and one
//! that only watches how things stand.

use std::fs::{OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Random, Timestamp};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{SqlitePool, Transaction};
use tokio::sync::watch;

use crate::error::StoreError;
use crate::log;
use crate::tx::{WriteTx, begin};
use crate::vault::{Vault, VaultKey};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// How long a writer waits for another process that holds the database.
const BUSY: Duration = Duration::from_secs(5);
/// How long a caller waits for its turn behind this process's own writers. A
/// slow disk takes some 20 ms a commit: this lets a few hundred queue up.
const TURN: Duration = Duration::from_secs(10);
const READERS: u32 = 4;

/// Where the state is kept, and what opens its vault.
pub struct Options {
    /// The SQLite file; made if it is not there.
    pub path: PathBuf,
    /// What credentials are sealed with.
    pub vault_key: VaultKey,
}

/// The state of a plant: one handle for all who read or change it. Clones share
/// it.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    /// For [`Store::standing`] alone: people who list must not hold up the end of
    /// a session.
    pub(crate) watch: SqlitePool,
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) changed: watch::Sender<u64>,
    /// Counts the checkpoints of the log.
    pub(crate) signed: watch::Sender<u64>,
}

impl Store {
    /// Opens the database, and brings it to this version.
    ///
    /// # Errors
    /// When the file can't be used, is of a newer version, or is locked, or when the
    /// log in it is not whole.
    pub async fn open(
        options: Options,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StoreError> {
        let Options { path, vault_key } = options;
        keep_private(&path).map_err(|source| StoreError::File {
            path: path.clone(),
            source,
        })?;
        let connect = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("trusted_schema", "OFF");
        let writer = pool(1).connect_with(connect.clone()).await?;
        MIGRATIONS.run(&writer).await?;
        let connect = connect.read_only(true);
        let watch = pool(1).connect_with(connect.clone()).await?;
        let readers = pool(READERS).connect_with(connect).await?;
        let store = Self {
            inner: Arc::new(Inner {
                writer,
                readers,
                watch,
                vault: Vault::new(&vault_key)?,
                clock,
                random,
                changed: watch::Sender::new(0),
                signed: watch::Sender::new(0),
            }),
        };
        let mut tx = begin(&store.inner).await?;
        log::check(&mut tx).await?;
        tx.commit().await?;
        store.warn_of_unreadable_credentials().await?;
        Ok(store)
    }

    /// Finishes what is under way and closes the file. Calls afterwards fail.
    pub async fn close(&self) {
        self.inner.readers.close().await;
        self.inner.watch.close().await;
        self.inner.writer.close().await;
    }

    /// Counts up after every change, by whomever in this process.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Several reads of one state.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.inner.readers.begin().await?)
    }

    pub(crate) async fn write(&self) -> Result<WriteTx, StoreError> {
        WriteTx::begin(&self.inner).await
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    // No idle or life time: a connection holds nothing that ages.
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(TURN)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// SQLite gives its journal files the mode of the database's file.
fn keep_private(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .read(true)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))
}
