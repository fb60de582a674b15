//! What an external link leads to: it is changed in the file that it is in, as a change of that
//! file, and the file with the link stays as it is.
//!
//! HDF5 would follow the link itself and write the other file behind the journal's back: so
//! links of a path are followed here before anything is changed.

use std::collections::VecDeque;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::change::Change;
use super::error::{Result, StoreError};
use super::file::File;
use super::link::Link;
use super::mode::H5Mode;
use super::path::ObjectPath;

/// Links that are followed, one after the other, before it is a circle.
const LINKS: usize = 40;

impl Change<'_> {
    /// The file that the object at a path is in, and its path there, if that is another file.
    ///
    /// # Errors
    /// The other file can't be opened for changes.
    pub(super) fn elsewhere(&self, path: &ObjectPath) -> Result<Option<(Arc<File>, ObjectPath)>> {
        let mut path = path.clone();
        let mut file: Option<Arc<File>> = None;
        for _ in 0..LINKS {
            let here = file.as_deref().unwrap_or(self.file());
            let Some((name, inner)) = here.across(&path) else {
                self.note_place(file.is_some());
                return Ok(file.map(|f| (f, path)));
            };
            let other = self.other_file(&name)?;
            if other.is_same_file(self.file()) {
                let why = "an external link leads back to the file itself";
                return Err(self.failed(&path, why.into()));
            }
            (file, path) = (Some(other), inner);
        }
        Err(self.failed(&path, "external links lead in a circle".into()))
    }

    /// The same for a link, which need not be there: the file of its group.
    pub(super) fn link_elsewhere(
        &self,
        path: &ObjectPath,
    ) -> Result<Option<(Arc<File>, ObjectPath)>> {
        let Some(parent) = path.parent() else { return Ok(None) };
        let group = self.elsewhere(&parent)?;
        Ok(group.map(|(file, group)| (file, group.join(path.name()))))
    }

    fn other_file(&self, name: &Path) -> Result<Arc<File>> {
        let real = name.canonicalize().map_err(|e| StoreError::io(name, &e))?;
        self.held_file(&real, || File::open(&real, H5Mode::ReadWrite))
    }
}

impl File {
    /// Where a path leaves this file: the other file, and what is left of the path there.
    fn across(&self, path: &ObjectPath) -> Option<(PathBuf, ObjectPath)> {
        let mut at = ObjectPath::root();
        let mut rest: VecDeque<Vec<u8>> = path.parts().map(<[u8]>::to_vec).collect();
        let mut followed = 0;
        while let Some(part) = rest.pop_front() {
            let next = at.join(&part);
            match self.link(&next).ok()? {
                Link::Hard => at = next,
                Link::Soft { target } if followed < LINKS => {
                    followed += 1;
                    let target = at.resolve(&target);
                    target.parts().collect::<Vec<_>>().into_iter().rev().for_each(|part| {
                        rest.push_front(part.to_vec());
                    });
                    at = ObjectPath::root();
                }
                Link::External { file, path } => {
                    let inner = ObjectPath::new(&path);
                    let inner = rest.iter().fold(inner, |path, part| path.join(part));
                    return Some((
                        self.beside(Path::new(std::ffi::OsStr::from_bytes(&file))),
                        inner,
                    ));
                }
                Link::Soft { .. } | Link::User { .. } => return None,
            }
        }
        None
    }

    /// A file that a link of this one names: beside this file, if it is there.
    fn beside(&self, name: &Path) -> PathBuf {
        let real = self.path().canonicalize().ok();
        let folders = [self.path().parent(), real.as_deref().and_then(Path::parent)];
        let mut places = folders.into_iter().flatten().map(|folder| folder.join(name));
        places.find(|place| place.exists()).unwrap_or_else(|| name.to_path_buf())
    }
}
