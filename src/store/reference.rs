//! References: the path they point at, and the selection.
//!
//! HDF5 finds an object's path by searching the file, which in a file of a million objects takes
//! seconds; so naming stops at the context's deadline, and the reference says its kind only.

use std::fmt;
use std::time::Instant;

use super::datatype::ReferenceKind;
use super::ffi::*;
use super::hdf::{Id, reason, text_of};
use super::path::{ObjectPath, escape};
use super::value::Context;

/// A reference, resolved as far as its file allows.
#[derive(Debug, Clone, PartialEq)]
pub enum Reference {
    /// It was never set.
    Null,
    /// Its object is gone.
    Dangling,
    /// An object of another file, which is not opened for it.
    Elsewhere {
        /// The other file's name.
        file: Vec<u8>,
    },
    /// The object, and the part of it.
    Target {
        /// The object; none where naming it would have taken too long, or it has no link.
        path: Option<ObjectPath>,
        /// The selected region.
        selection: Option<Selection>,
        /// The attribute.
        attribute: Option<Vec<u8>>,
    },
}

/// The selected part of a dataspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Nothing.
    Nothing,
    /// One range an axis: start, stop, step.
    Ranges(Vec<(u64, u64, u64)>),
    /// Many blocks inside a box of ranges.
    Blocks {
        /// The box: start and stop an axis.
        bounds: Vec<(u64, u64)>,
        /// How many blocks.
        count: u64,
    },
    /// Single points, the first few of them.
    Points {
        /// The first points.
        first: Vec<Vec<u64>>,
        /// How many there are.
        count: u64,
    },
}

/// Points that a selection keeps.
const POINTS: u64 = 4;

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: Vec<String>| items.join(", ");
        match self {
            Selection::Nothing => write!(f, "[]"),
            Selection::Ranges(ranges) => {
                let range = |&(a, b, step): &(u64, u64, u64)| match step {
                    1 => format!("{a}:{b}"),
                    _ => format!("{a}:{b}:{step}"),
                };
                write!(f, "[{}]", list(ranges.iter().map(range).collect()))
            }
            Selection::Blocks { bounds, count } => {
                let bounds = bounds.iter().map(|(a, b)| format!("{a}:{b}")).collect();
                write!(f, "[{}] ({count} blocks)", list(bounds))
            }
            Selection::Points { first, count } => {
                let point = |p: &Vec<u64>| match p.as_slice() {
                    [x] => format!("({x},)"),
                    _ => format!("({})", list(p.iter().map(u64::to_string).collect())),
                };
                let more = if *count > first.len() as u64 { ", …" } else { "" };
                write!(f, "{{{}{more}}}", list(first.iter().map(point).collect()))
            }
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Null => f.write_str("null"),
            Reference::Dangling => f.write_str("dangling"),
            Reference::Elsewhere { file } => write!(f, "in {}", escape(file)),
            Reference::Target { path, selection, attribute } => {
                match path {
                    Some(path) => write!(f, "{path}")?,
                    None => f.write_str("(unnamed object)")?,
                }
                if let Some(name) = attribute {
                    write!(f, "@{}", escape(name))?;
                }
                selection.as_ref().map_or(Ok(()), |s| write!(f, "{s}"))
            }
        }
    }
}

/// Resolves the reference in `element`.
///
/// # Safety
/// `cx.location` is open, and a `Standard` element was filled by the library.
pub(super) unsafe fn resolve(kind: ReferenceKind, element: &[u8], cx: &Context) -> Reference {
    // a copy with room and alignment for each kind
    let mut buffer = [0u64; 8];
    // SAFETY: at most 64 bytes are copied into 64.
    unsafe {
        let n = element.len().min(64);
        std::ptr::copy_nonoverlapping(element.as_ptr(), buffer.as_mut_ptr().cast::<u8>(), n);
    }
    let r: *const libc::c_void = buffer.as_mut_ptr().cast_const().cast();
    if element.iter().all(|&b| b == 0) {
        return Reference::Null;
    }
    let in_time = Instant::now() < cx.deadline;
    // SAFETY: `r` holds a reference of the kind that is passed with it.
    unsafe {
        match kind {
            ReferenceKind::Object => {
                let object = Id::new(H5Rdereference2(cx.location, H5P_DEFAULT, H5R_OBJECT1, r));
                if object.is_err() {
                    return Reference::Dangling;
                }
                let path = in_time.then(|| {
                    text_of(|p, n| H5Rget_name(cx.location, H5R_OBJECT1, r, p, n) as isize)
                });
                Reference::Target { path: named(path), selection: None, attribute: None }
            }
            ReferenceKind::Region => {
                let Ok(space) = Id::new(H5Rget_region(cx.location, H5R_DATASET_REGION1, r)) else {
                    return Reference::Dangling;
                };
                let path = in_time.then(|| {
                    text_of(|p, n| H5Rget_name(cx.location, H5R_DATASET_REGION1, r, p, n) as isize)
                });
                let selection = Some(selection_of(&space));
                Reference::Target { path: named(path), selection, attribute: None }
            }
            // `loc_id` of `H5R_ref_priv_t` (H5Rpkg.h); negative where the reference names another
            // file, which the library would then open for writing and keep open
            ReferenceKind::Standard if (buffer[4] as i64) < 0 => in_another_file(r),
            ReferenceKind::Standard => standard(r, in_time),
        }
    }
}

fn named(found: Option<Option<Vec<u8>>>) -> Option<ObjectPath> {
    let bytes = found??;
    (!bytes.is_empty()).then(|| ObjectPath::new(bytes))
}

/// # Safety
/// `r` points at an `H5R_ref_t` that the library filled.
unsafe fn in_another_file(r: *const libc::c_void) -> Reference {
    // SAFETY: as promised by the caller; the name is stored in the reference.
    match text_of(|p, n| unsafe { H5Rget_file_name(r, p, n) } as isize) {
        Some(file) => Reference::Elsewhere { file },
        None => {
            reason();
            Reference::Dangling
        }
    }
}

/// # Safety
/// `r` points at an `H5R_ref_t` that the library filled.
unsafe fn standard(r: *const libc::c_void, in_time: bool) -> Reference {
    // SAFETY: as promised by the caller; names are asked for their length first.
    unsafe {
        let kind = H5Rget_type(r);
        if !(H5R_OBJECT1..=H5R_ATTR).contains(&kind) {
            reason();
            return Reference::Null;
        }
        let path = in_time.then(|| text_of(|p, n| H5Rget_obj_name(r, H5P_DEFAULT, p, n) as isize));
        if path == Some(None) {
            reason();
            return Reference::Dangling;
        }
        let selection = (kind == H5R_DATASET_REGION2 || kind == H5R_DATASET_REGION1)
            .then(|| Id::new(H5Ropen_region(r, H5P_DEFAULT, H5P_DEFAULT)).ok())
            .flatten()
            .map(|space| selection_of(&space));
        let attribute = (kind == H5R_ATTR)
            .then(|| text_of(|p, n| H5Rget_attr_name(r, p, n) as isize))
            .flatten();
        Reference::Target { path: named(path), selection, attribute }
    }
}

/// What is selected in an open dataspace.
fn selection_of(space: &Id) -> Selection {
    let s = space.raw();
    // SAFETY: `s` is open, and each buffer has the dataspace's rank.
    unsafe {
        let rank = H5Sget_simple_extent_ndims(s).max(0) as usize;
        match H5Sget_select_type(s) {
            H5S_SEL_NONE => Selection::Nothing,
            H5S_SEL_POINTS => {
                let count = H5Sget_select_npoints(s).max(0) as u64;
                let n = count.min(POINTS);
                let mut flat = vec![0; n as usize * rank];
                H5Sget_select_elem_pointlist(s, 0, n, flat.as_mut_ptr());
                let first = flat.chunks(rank.max(1)).map(<[u64]>::to_vec).collect();
                Selection::Points { first, count }
            }
            H5S_SEL_HYPERSLABS => {
                let mut v = vec![vec![0u64; rank]; 4];
                if H5Sis_regular_hyperslab(s) > 0 {
                    let [start, stride, count, block] = v.as_mut_slice() else {
                        unreachable!("four vectors were made")
                    };
                    H5Sget_regular_hyperslab(
                        s,
                        start.as_mut_ptr(),
                        stride.as_mut_ptr(),
                        count.as_mut_ptr(),
                        block.as_mut_ptr(),
                    );
                    let axes = (0..rank).map(|i| range(start[i], stride[i], count[i], block[i]));
                    if let Some(ranges) = axes.collect::<Option<Vec<_>>>() {
                        return Selection::Ranges(ranges);
                    }
                }
                let (mut low, mut high) = (vec![0; rank], vec![0; rank]);
                H5Sget_select_bounds(s, low.as_mut_ptr(), high.as_mut_ptr());
                let bounds =
                    low.into_iter().zip(high).map(|(a, b)| (a, b.saturating_add(1))).collect();
                let count = H5Sget_select_hyper_nblocks(s).max(0) as u64;
                Selection::Blocks { bounds, count }
            }
            _ => {
                let mut dims = vec![0; rank];
                H5Sget_simple_extent_dims(s, dims.as_mut_ptr(), std::ptr::null_mut());
                Selection::Ranges(dims.into_iter().map(|n| (0, n, 1)).collect())
            }
        }
    }
}

/// One axis of a regular hyperslab as start, stop, step; none where it is several blocks.
fn range(start: u64, stride: u64, count: u64, block: u64) -> Option<(u64, u64, u64)> {
    if count == 1 || stride == block {
        let last = count.saturating_sub(1).saturating_mul(stride);
        Some((start, start.saturating_add(last).saturating_add(block), 1))
    } else if block == 1 {
        let last = count.saturating_sub(1).saturating_mul(stride);
        Some((start, start.saturating_add(last).saturating_add(1), stride))
    } else {
        None
    }
}
