//! The calls to the system that change something: each in one place, so that tests can make any
//! of them fail and see in which order they come.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

/// A call, as tests see it before it is made.
#[derive(Debug, Clone)]
#[cfg_attr(not(test), allow(dead_code))]
pub(super) enum Call<'a> {
    Write(&'a Path, u64, &'a [u8]),
    SetLen(&'a Path, u64),
    Sync(&'a Path),
    Create(&'a Path),
    Rename(&'a Path, &'a Path),
    Remove(&'a Path),
    SyncFolder,
}

#[cfg(test)]
pub(super) type Hook = Box<dyn FnMut(&Call) -> io::Result<()> + Send>;
#[cfg(test)]
thread_local! {
    /// Asked before each call of this thread.
    pub(super) static HOOK: std::cell::RefCell<Option<Hook>> =
        const { std::cell::RefCell::new(None) };
}

#[cfg(test)]
fn before(call: Call) -> io::Result<()> {
    HOOK.with_borrow_mut(|hook| hook.as_mut().map_or(Ok(()), |hook| hook(&call)))
}

/// Whether a test looks at the calls: then disks need not be waited for.
fn is_watched() -> bool {
    #[cfg(test)]
    return HOOK.with_borrow(|hook| hook.is_some());
    #[cfg(not(test))]
    false
}

#[cfg(not(test))]
fn before(_: Call) -> io::Result<()> {
    Ok(())
}

/// A file that is written.
#[derive(Debug)]
pub(super) struct Disk {
    pub file: File,
    path: PathBuf,
}

impl Disk {
    /// A file that is there, for reading and writing.
    pub fn open(path: &Path) -> io::Result<Disk> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Disk { file, path: path.to_path_buf() })
    }

    /// A new file, which who may read or write `like` may read or write, and nobody else.
    pub fn create(path: &Path, like: &fs::Metadata) -> io::Result<Disk> {
        before(Call::Create(path))?;
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        same_access(path, like, false);
        Ok(Disk { file, path: path.to_path_buf() })
    }

    pub fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        before(Call::Write(&self.path, at, bytes))?;
        self.file.write_all_at(bytes, at)
    }

    /// Reads what there is; beyond the end of the file are zeros.
    pub fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        read_with_zeros(&self.file, bytes, at)
    }

    pub fn set_len(&self, len: u64) -> io::Result<()> {
        before(Call::SetLen(&self.path, len))?;
        self.file.set_len(len)
    }

    pub fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Makes what was written, and the file's length, durable.
    pub fn sync(&self) -> io::Result<()> {
        before(Call::Sync(&self.path))?;
        if is_watched() { Ok(()) } else { self.file.sync_data() }
    }

    /// The same, with the time of the last change.
    pub fn sync_all(&self) -> io::Result<()> {
        before(Call::Sync(&self.path))?;
        if is_watched() { Ok(()) } else { self.file.sync_all() }
    }
}

/// The next bytes of a file from `from` on that are no hole, up to `end`; none where there are
/// only holes. Where the file system knows of no holes, all are such bytes.
pub(super) fn data_after(file: &File, from: u64, end: u64) -> io::Result<Option<Range<u64>>> {
    let seek = |at: u64, whence| {
        let at = libc::off_t::try_from(at).map_err(io::Error::other)?;
        // SAFETY: the descriptor is open; nothing here depends on its position.
        match unsafe { libc::lseek(file.as_raw_fd(), at, whence) } {
            -1 => Err(io::Error::last_os_error()),
            found => Ok(found as u64),
        }
    };
    if from >= end {
        return Ok(None);
    }
    match seek(from, libc::SEEK_DATA) {
        Ok(start) if start >= end => Ok(None),
        Ok(start) => Ok(Some(start..seek(start, libc::SEEK_HOLE)?.min(end))),
        Err(e) if e.raw_os_error() == Some(libc::ENXIO) => Ok(None),
        Err(e) if e.raw_os_error() == Some(libc::EINVAL) => Ok(Some(from..end)),
        Err(e) => Err(e),
    }
}

/// Reads what there is; beyond the end of the file are zeros.
pub(in crate::store) fn read_with_zeros(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match file.read_at(&mut bytes[done..], at + done as u64) {
            Ok(0) => {
                bytes[done..].fill(0);
                return Ok(());
            }
            Ok(n) => done += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    before(Call::Rename(from, to))?;
    fs::rename(from, to)
}

/// Removes a file; one that is not there is removed.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    before(Call::Remove(path))?;
    match fs::remove_file(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    before(Call::SyncFolder)?;
    if is_watched() { Ok(()) } else { File::open(path)?.sync_all() }
}

/// Makes a folder, for those who may use the file `like`; one that is there stays.
pub(super) fn create_folder(path: &Path, like: &fs::Metadata) -> io::Result<()> {
    match fs::create_dir(path) {
        Ok(()) => same_access(path, like, true),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            // no link to another folder
            let there = fs::symlink_metadata(path)?;
            if !there.is_dir() {
                return Err(ErrorKind::NotADirectory.into());
            }
            // what the file's readers may not read any more is in its records, too
            if there.mode() & 0o666 != like.mode() & 0o666 {
                same_access(path, like, true);
            }
            return Ok(());
        }
        Err(e) => return Err(e),
    }
    let durable = path.parent().map_or(Ok(()), sync_folder);
    if durable.is_err() {
        let _ = fs::remove_dir(path);
    }
    durable
}

/// Gives a file or folder the owner, group and permissions of another, as far as that is allowed.
pub(super) fn same_access(path: &Path, like: &fs::Metadata, folder: bool) {
    // who they belong to first: changing it may take permissions away. Only root gives to others
    let grouped = chown(path, Some(like.uid()), Some(like.gid())).is_ok()
        || chown(path, None, Some(like.gid())).is_ok();
    let mut mode = like.mode() & 0o666;
    if !grouped {
        mode &= 0o606;
    }
    if folder {
        // who may read or write a file in it must find it
        mode |= (mode & 0o444) >> 2;
    }
    let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode));
}
