//! A disk that begins to fail when it is told to.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use recorder::{Disk, DiskFile, RealDisk};

#[derive(Clone, Default)]
pub(crate) struct FailingDisk {
    creation: Arc<AtomicBool>,
    writes: Arc<AtomicBool>,
}

impl FailingDisk {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn fail_creation(&self) {
        self.creation.store(true, Ordering::SeqCst);
    }

    pub(crate) fn fail_writes(&self) {
        self.writes.store(true, Ordering::SeqCst);
    }
}

fn full() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

impl Disk for FailingDisk {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.make_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        if self.creation.load(Ordering::SeqCst) {
            return Err(full());
        }
        Ok(Box::new(FailingFile {
            file: RealDisk.create(path)?,
            writes: Arc::clone(&self.writes),
        }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(FailingFile {
            file: RealDisk.open(path)?,
            writes: Arc::clone(&self.writes),
        }))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_dir(path)
    }
}

struct FailingFile {
    file: Box<dyn DiskFile>,
    writes: Arc<AtomicBool>,
}

impl DiskFile for FailingFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        if self.writes.load(Ordering::SeqCst) {
            return Err(full());
        }
        self.file.write_at(offset, bytes)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buf)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn forget(&self, from: u64, to: u64) {
        self.file.forget(from, to);
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn present(&self) -> io::Result<()> {
        self.file.present()
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.file.allocate(len)
    }
}
