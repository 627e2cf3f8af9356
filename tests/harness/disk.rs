//! A disk that fails when it is told to.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use recorder::{Disk, DiskFile, RealDisk};

/// What the disk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its work.
    None = 0,
    /// Refuses writes as a broken one does (EIO).
    Write = 1,
    /// Takes writes and fails to make them durable (EIO).
    Sync = 2,
    /// Is full (ENOSPC).
    Full = 3,
    /// Makes no new files (EACCES).
    Create = 4,
    /// Takes half of each write, and the other half when asked again.
    Short = 5,
    /// Takes 20 ms for each flush.
    Slow = 6,
}

/// The machine's disk, until a fault is put on it.
#[derive(Clone, Default)]
pub struct FaultyDisk(Arc<AtomicU8>);

impl FaultyDisk {
    /// From now on.
    pub fn set(&self, fault: Fault) {
        self.0.store(fault as u8, Ordering::SeqCst);
    }

    fn has(&self, fault: Fault) -> bool {
        self.0.load(Ordering::SeqCst) == fault as u8
    }
}

const EIO: i32 = 5;
const EACCES: i32 = 13;
const ENOSPC: i32 = 28;

fn fail<T>(code: i32) -> io::Result<T> {
    Err(io::Error::from_raw_os_error(code))
}

impl Disk for FaultyDisk {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.make_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        if self.has(Fault::Create) {
            return fail(EACCES);
        }
        let file = RealDisk.create(path)?;
        Ok(Box::new(FaultyFile {
            file,
            disk: self.clone(),
        }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(FaultyFile {
            file: RealDisk.open(path)?,
            disk: self.clone(),
        }))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_dir(path)
    }
}

struct FaultyFile {
    file: Box<dyn DiskFile>,
    disk: FaultyDisk,
}

impl DiskFile for FaultyFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        if self.disk.has(Fault::Write) {
            return fail(EIO);
        }
        if self.disk.has(Fault::Full) {
            return fail(ENOSPC);
        }
        if self.disk.has(Fault::Short) {
            return self
                .file
                .write_at(offset, &bytes[..bytes.len().div_ceil(2)]);
        }
        self.file.write_at(offset, bytes)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buf)
    }

    fn sync(&self) -> io::Result<()> {
        if self.disk.has(Fault::Slow) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        if self.disk.has(Fault::Sync) {
            fail(EIO)
        } else {
            self.file.sync()
        }
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
