//! The part of the check that is about groups: their links, side by side.
//!
//! Names come in one order from both groups, so that no name is looked up: to do so would read
//! a group's index once for each.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

use super::compare::{Comparison, Same};
use crate::store::ffi::*;
use crate::store::hdf::{Hdf, Id, check, reason};
use crate::store::path::escape;

impl Comparison<'_> {
    /// Compares two groups, and notes the objects that their links lead to.
    pub fn group(&mut self, a: &Id, b: &Id) -> Same {
        // SAFETY: both groups are open, and the callback's data outlives the walk.
        unsafe {
            if !self.is_walk {
                self.must(group_properties(a)? == group_properties(b)?, "properties")?;
            }
            let (mut x, mut y) = (H5G_info_t::default(), H5G_info_t::default());
            check(H5Gget_info(a.raw(), &mut x))?;
            check(H5Gget_info(b.raw(), &mut y))?;
            self.must(x.links == y.links, "numbers of links")?;
            self.must(x.max_corder == y.max_corder, "orders of links")?;
            // names come in one order from both; to look each up would read the index as often
            let listed = Listed::of(b)?;
            let mut walk = Walk { all: self, was: a, is: b, listed, n: 0, same: Ok(()) };
            let status = H5Literate2(
                a.raw(),
                H5_INDEX_NAME,
                H5_ITER_NATIVE,
                &mut 0,
                on_link,
                (&raw mut walk).cast(),
            );
            walk.same?;
            check(status).map(drop)
        }
    }

    /// Compares a name of both groups; `listed` is what the copy has in its place, perhaps.
    fn link(
        &mut self,
        (was, is): (&Id, &Id),
        name: &CStr,
        x: &H5L_info2_t,
        listed: Option<(&[u8], &H5L_info2_t)>,
    ) -> Same {
        let why = |what: &str| Err(format!("the link {}: {what}", escape(name.to_bytes())));
        // SAFETY: the groups are open, and buffers have the sizes that are given.
        unsafe {
            let y = match listed {
                Some((same, y)) if same == name.to_bytes() => *y,
                _ => {
                    let mut y: H5L_info2_t = std::mem::zeroed();
                    check(H5Lget_info2(is.raw(), name.as_ptr(), &mut y, H5P_DEFAULT))?;
                    y
                }
            };
            if (x.kind, x.cset, x.corder_valid) != (y.kind, y.cset, y.corder_valid)
                || x.corder_valid && x.corder != y.corder
            {
                return why("kind or order differ");
            }
            if x.kind == H5L_TYPE_HARD {
                return self.found(x.u[0], y.u[0]);
            }
            if x.u[0] != y.u[0] {
                return why("where it leads differs");
            }
            let value = |group: &Id| {
                let mut value = vec![0u8; x.u[0] as usize];
                let (at, n) = (value.as_mut_ptr().cast(), value.len());
                match H5Lget_val(group.raw(), name.as_ptr(), at, n, H5P_DEFAULT) >= 0 {
                    true => Some(value),
                    false => {
                        // of a class that is registered nowhere
                        reason();
                        None
                    }
                }
            };
            if value(was) != value(is) {
                return why("where it leads differs");
            }
        }
        Ok(())
    }
}

struct Walk<'a, 'b> {
    all: &'a mut Comparison<'b>,
    was: &'a Id,
    is: &'a Id,
    listed: Listed,
    /// Links that were compared.
    n: usize,
    same: Same,
}

/// The links of a group, in the order that it gives them fastest.
#[derive(Default)]
struct Listed {
    /// One after the other.
    names: Vec<u8>,
    /// Where each name ends.
    links: Vec<(usize, H5L_info2_t)>,
}

impl Listed {
    fn of(group: &Id) -> Hdf<Listed> {
        unsafe extern "C" fn push(
            _: hid_t,
            name: *const c_char,
            info: *const H5L_info2_t,
            data: *mut c_void,
        ) -> c_int {
            // SAFETY: `data` is the list below; the name and the facts are HDF5's.
            unsafe {
                let listed = &mut *data.cast::<Listed>();
                listed.names.extend_from_slice(CStr::from_ptr(name).to_bytes());
                listed.links.push((listed.names.len(), *info));
            }
            0
        }
        let mut listed = Listed::default();
        // SAFETY: the group is open, and the list outlives the walk.
        check(unsafe {
            let data = (&raw mut listed).cast();
            H5Literate2(group.raw(), H5_INDEX_NAME, H5_ITER_NATIVE, &mut 0, push, data)
        })?;
        Ok(listed)
    }

    fn get(&self, n: usize) -> Option<(&[u8], &H5L_info2_t)> {
        let (end, info) = self.links.get(n)?;
        let begin = n.checked_sub(1).map_or(0, |before| self.links[before].0);
        Some((&self.names[begin..*end], info))
    }
}

unsafe extern "C" fn on_link(
    _: hid_t,
    name: *const c_char,
    info: *const H5L_info2_t,
    data: *mut c_void,
) -> c_int {
    // SAFETY: `data` is the walk of the call; the name and the facts are HDF5's.
    let (walk, name, info) = unsafe { (&mut *data.cast::<Walk>(), CStr::from_ptr(name), &*info) };
    walk.same = walk.all.link((walk.was, walk.is), name, info, walk.listed.get(walk.n));
    walk.n += 1;
    c_int::from(walk.same.is_err())
}

/// What a group was created with. The lists themselves are not to be compared: they also hold the
/// places of the group's indices.
fn group_properties(group: &Id) -> Hdf<([c_uint; 8], bool)> {
    let ([mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h], mut times) = ([0; 8], false);
    // SAFETY: the group and its list are open, and the numbers take the answers.
    unsafe {
        let list = Id::new(H5Gget_create_plist(group.raw()))?;
        let l = list.raw();
        check(H5Pget_link_creation_order(l, &mut a))?;
        check(H5Pget_attr_creation_order(l, &mut b))?;
        check(H5Pget_link_phase_change(l, &mut c, &mut d))?;
        check(H5Pget_est_link_info(l, &mut e, &mut f))?;
        check(H5Pget_attr_phase_change(l, &mut g, &mut h))?;
        check(H5Pget_obj_track_times(l, &mut times))?;
    }
    Ok(([a, b, c, d, e, f, g, h], times))
}
