//! The disk as the recorder uses it; another one takes its place where a test
//! needs it to fail.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, Advice, FallocateFlags, access, fadvise, fallocate, statvfs, syncfs};
use rustix::io::Errno;

/// Advice is given for so many bytes at a time.
pub(crate) const FORGET: u64 = 1 << 20;

/// Makes directories and files.
pub trait Disk: Send + Sync + 'static {
    /// Makes a directory that only its owner may enter (0700), and its parents.
    /// One that is there already is fine.
    ///
    /// # Errors
    /// What the system says.
    fn make_dir(&self, path: &Path) -> io::Result<()>;

    /// Makes a new file that only its owner may open (0600).
    ///
    /// # Errors
    /// What the system says; `AlreadyExists` if it does.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file that is there.
    ///
    /// # Errors
    /// What the system says.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Makes the names in a directory durable.
    ///
    /// # Errors
    /// What the system says.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Makes all that was written to the file system of `path` durable.
    ///
    /// # Errors
    /// What the system says; after one, nothing is known of what was written before.
    fn sync_all(&self, path: &Path) -> io::Result<()> {
        syncfs(File::open(path)?).map_err(io::Error::from)
    }

    /// Gives a file another name, in place of what has that name.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Removes a file; one that is not there is fine.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Whether new files can be made in a directory. Of a file system that became
    /// read-only the system says so to everybody, root too.
    ///
    /// # Errors
    /// What the system says where they can't.
    fn writable(&self, dir: &Path) -> io::Result<()> {
        access(dir, Access::WRITE_OK | Access::EXEC_OK).map_err(io::Error::from)
    }

    /// How much room the file system of `path` has.
    ///
    /// # Errors
    /// What the system says.
    fn room(&self, path: &Path) -> io::Result<Room> {
        let found = statvfs(path)?;
        Ok(Room {
            free: found.f_bavail.saturating_mul(found.f_frsize),
            total: found.f_blocks.saturating_mul(found.f_frsize),
        })
    }
}

/// The room on a file system, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What the broker may still take.
    pub free: u64,
    /// All there is.
    pub total: u64,
}

/// One open file of a recording.
pub trait DiskFile: Send + Sync {
    /// Writes at `offset`; may write less than all, like `pwrite`.
    ///
    /// # Errors
    /// What the system says.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize>;

    /// Reads at `offset`; may read less than all, like `pread`; 0 at the end.
    ///
    /// # Errors
    /// What the system says.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// Makes what was written durable (`fdatasync`), and makes sure that it can
    /// be found again: a file whose name is gone is lost, whatever it holds.
    ///
    /// # Errors
    /// What the system says. After an error nothing is known of what was
    /// written before it; a second call that succeeds means nothing.
    fn sync(&self) -> io::Result<()>;

    /// The system need not keep the bytes from `from` to `to`, all of them durable,
    /// in memory: evidence is written once and hardly ever read, and would push out
    /// what is. It is advice, so there is nothing to fail.
    fn forget(&self, from: u64, to: u64);

    /// Cuts the file to `len` bytes.
    ///
    /// # Errors
    /// What the system says.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Whether its name still leads to it: the system is glad to write into a file
    /// that was deleted.
    ///
    /// # Errors
    /// If it does not.
    fn present(&self) -> io::Result<()>;

    /// Takes the room for `len` bytes now, so that writing them can't fail for want
    /// of it. They read as zeros.
    ///
    /// # Errors
    /// What the system says.
    fn allocate(&self, len: u64) -> io::Result<()>;
}

/// Writes all of `bytes` at `offset`.
pub(crate) fn write_all_at(
    file: &dyn DiskFile,
    mut offset: u64,
    mut bytes: &[u8],
) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(offset, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                bytes = bytes.get(written..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads at `offset` until `buf` is full.
pub(crate) fn read_exact_at(
    file: &dyn DiskFile,
    mut offset: u64,
    mut buf: &mut [u8],
) -> io::Result<()> {
    while !buf.is_empty() {
        match file.read_at(offset, buf) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                offset += read as u64;
                buf = buf.get_mut(read..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        let identity = identity(&file.metadata()?);
        Ok(Box::new(RealFile {
            file,
            path: path.to_owned(),
            identity,
        }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let identity = identity(&file.metadata()?);
        Ok(Box::new(RealFile {
            file,
            path: path.to_owned(),
            identity,
        }))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

struct RealFile {
    file: File,
    path: PathBuf,
    identity: (u64, u64),
}

fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

impl DiskFile for RealFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(bytes, offset)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(buf, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()?;
        self.present()
    }

    fn present(&self) -> io::Result<()> {
        if identity(&fs::metadata(&self.path)?) == self.identity {
            Ok(())
        } else {
            Err(io::Error::other("another file has taken its place"))
        }
    }

    fn forget(&self, from: u64, to: u64) {
        if let Some(length) = NonZeroU64::new(to.saturating_sub(from)) {
            let _ = fadvise(&self.file, from, Some(length), Advice::DontNeed);
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        match fallocate(&self.file, FallocateFlags::empty(), 0, len) {
            // Some file systems can't: then the room is not promised.
            Err(Errno::OPNOTSUPP) => self.file.set_len(len),
            other => other.map_err(io::Error::from),
        }
    }
}
