//! How NumPy's dtypes, arrays and scalars are written: as NumPy does up to protocol 4, but for
//! arrays of swapped byte order, which that would not keep.
//!
//! The functions that make them are named in `numpy.core`, not `numpy._core`: every NumPy finds
//! them there, NumPy 1 because that is their place, and NumPy 2, for old pickles, without a
//! warning. Everything else is [`encode`](mod@super::encode)'s.

use std::sync::Arc;

use super::encode::{Pickler, Saved};
use super::memo::{Key, Kind, at};
use super::numpy::{ArrayData, ArrayElements, DTypeData, Field};
use super::opcodes::Op;
use super::value::Py;

/// The module of `_reconstruct` and `scalar`.
const MULTIARRAY: &str = "numpy.core.multiarray";

impl Pickler {
    pub(super) fn save_array(&mut self, array: &Arc<ArrayData>) -> Saved {
        let key = at(Kind::Array, array);
        if self.again(&key) {
            return Ok(());
        }
        if let (true, ArrayElements::Bytes(bytes)) = (array.scalar, &array.data) {
            self.save_global(MULTIARRAY, "scalar")?;
            self.save_dtype(&array.dtype)?;
            self.save_bytes(bytes)?;
            self.close_call(Op::TUPLE2, Some(key));
            return Ok(());
        }
        if let (true, ArrayElements::Bytes(bytes)) = (keeps_order(array), &array.data) {
            return self.save_swapped(array, bytes, key);
        }
        self.save_global(MULTIARRAY, "_reconstruct")?;
        self.save_class(&array.class)?;
        self.save_sizes(&[0])?;
        self.save_temporary(b"b")?;
        self.close_call(Op::TUPLE3, Some(key));
        self.op(Op::MARK);
        self.save_size(1)?;
        self.save_sizes(&array.shape)?;
        self.save_dtype(&array.dtype)?;
        self.save(&Py::Bool(array.fortran))?;
        match &array.data {
            ArrayElements::Bytes(bytes) => self.save_bytes(bytes)?,
            ArrayElements::Objects(items) => self.save(&Py::List(Arc::clone(items)))?,
        }
        self.close_state();
        Ok(())
    }

    /// `ndarray(shape, dtype, data, 0, None, order)`
    fn save_swapped(&mut self, array: &ArrayData, bytes: &Arc<[u8]>, key: Key) -> Saved {
        self.save_class(&array.class)?;
        self.op(Op::MARK);
        self.save_sizes(&array.shape)?;
        self.save_dtype(&array.dtype)?;
        self.frame_boundary();
        self.save_bytearray(bytes)?;
        self.save_size(0)?;
        self.save(&Py::None)?;
        self.save_name(if array.fortran { "F" } else { "C" })?;
        self.close_call(Op::TUPLE, Some(key));
        Ok(())
    }

    pub(super) fn save_dtype(&mut self, dtype: &Arc<DTypeData>) -> Saved {
        let key = match plain_key(dtype) {
            Some(key) => key,
            None => at(Kind::DType, dtype),
        };
        self.save_dtype_as(dtype, Some(key))
    }

    fn save_dtype_as(&mut self, dtype: &DTypeData, key: Option<Key>) -> Saved {
        if key.as_ref().is_some_and(|key| self.again(key)) {
            return Ok(());
        }
        self.deeper()?;
        let base = dtype.base();
        let is_void = base.is_some() || dtype.fields.is_some();
        let (order, code) = dtype.text.split_at_checked(1).unwrap_or(("|", "V"));
        let (code, unit) = code.split_once('[').unwrap_or((code, "generic]"));
        let code = if is_void { format!("V{}", dtype.itemsize) } else { code.to_owned() };
        self.save_global("numpy", "dtype")?;
        self.save_name(&code)?;
        self.op(Op::NEWFALSE);
        self.op(Op::NEWTRUE);
        self.close_call(Op::TUPLE3, key);

        let is_time = !is_void && matches!(dtype.kind(), 'M' | 'm');
        let has_metadata = is_time || dtype.metadata.is_some();
        self.op(Op::MARK);
        self.save_size(if has_metadata { 4 } else { 3 })?;
        self.save_name(if is_void { "|" } else { order })?;
        match &base {
            None => self.save(&Py::None)?,
            Some(base) => {
                self.save_dtype_as(base, plain_key(base))?;
                self.save_sizes(&dtype.shape)?;
                self.close_tuple(Op::TUPLE2);
            }
        }
        self.save_fields(if base.is_some() { None } else { dtype.fields.as_deref() })?;
        let (size, alignment) = match dtype.kind() {
            _ if is_void => {
                let elements = base.as_ref().unwrap_or(dtype);
                (Py::int(dtype.itemsize), Py::int(elements.natural_alignment()))
            }
            'S' | 'U' | 'V' => (Py::int(dtype.itemsize), Py::int(dtype.natural_alignment())),
            _ => (Py::int(-1), Py::int(-1)),
        };
        self.save(&size)?;
        self.save(&alignment)?;
        self.save_size(u64::from(dtype.flags))?;
        if has_metadata {
            let metadata = dtype.metadata.clone().unwrap_or_else(|| Py::dict(Vec::new()));
            self.save_metadata(&metadata, is_time.then(|| unit.trim_end_matches(']')))?;
        }
        self.close_state();
        self.depth -= 1;
        Ok(())
    }

    /// The names and the fields of a struct, or two `None`.
    fn save_fields(&mut self, fields: Option<&[Field]>) -> Saved {
        let Some(fields) = fields else {
            self.save(&Py::None)?;
            return self.save(&Py::None);
        };
        self.save_items(fields, |pickler, field| pickler.save_str(&field.name, true))?;
        self.op(Op::EMPTY_DICT);
        self.memoize(None);
        self.op(Op::MARK);
        for field in fields {
            for name in [Some(&field.name), field.title.as_ref()].into_iter().flatten() {
                self.save_str(name, true)?;
                self.save_dtype(&field.dtype)?;
                self.save_size(field.offset)?;
                match &field.title {
                    None => self.close_tuple(Op::TUPLE2),
                    Some(title) => {
                        self.save_str(title, true)?;
                        self.close_tuple(Op::TUPLE3);
                    }
                }
            }
        }
        self.op(Op::SETITEMS);
        Ok(())
    }

    /// A person's metadata, together with the unit of a datetime: `10us`.
    fn save_metadata(&mut self, metadata: &Py, unit: Option<&str>) -> Saved {
        let Some(unit) = unit else { return self.save(metadata) };
        match metadata {
            Py::Dict(entries) if entries.is_empty() => {
                self.op(Op::EMPTY_DICT);
                self.memoize(None);
            }
            metadata => self.save(metadata)?,
        }
        let letters = unit.trim_start_matches(|c: char| c.is_ascii_digit());
        let count = unit.strip_suffix(letters).and_then(|count| count.parse().ok());
        self.op(Op::MARK);
        self.save_temporary(letters.as_bytes())?;
        for size in [count.unwrap_or(1), 1, 1] {
            self.save_size(size)?;
        }
        self.close_tuple(Op::TUPLE);
        self.close_tuple(Op::TUPLE2);
        Ok(())
    }

    /// A string that need not outlive the tree: its memo entry keeps it.
    fn save_name(&mut self, text: &str) -> Saved {
        self.frame_boundary();
        self.save_str(&Arc::from(text), true)
    }

    /// Bytes that aren't in the tree, so that their address says nothing.
    fn save_temporary(&mut self, bytes: &[u8]) -> Saved {
        self.frame_boundary();
        self.write_bytes(bytes);
        self.memoize(None);
        Ok(())
    }

    fn save_size(&mut self, size: u64) -> Saved {
        self.frame_boundary();
        self.save_int(&size.into())
    }

    fn save_sizes(&mut self, sizes: &[u64]) -> Saved {
        self.save_items(sizes, |pickler, size| pickler.save_size(*size))
    }

    /// A tuple that nothing else refers to.
    fn save_items<T>(&mut self, items: &[T], save: impl Fn(&mut Self, &T) -> Saved) -> Saved {
        let end = match items.len() {
            0 => {
                self.op(Op::EMPTY_TUPLE);
                return Ok(());
            }
            1 => Op::TUPLE1,
            2 => Op::TUPLE2,
            3 => Op::TUPLE3,
            _ => {
                self.op(Op::MARK);
                Op::TUPLE
            }
        };
        for item in items {
            save(self, item)?;
        }
        self.close_tuple(end);
        Ok(())
    }

    fn close_tuple(&mut self, end: Op) {
        self.op(end);
        self.memoize(None);
    }

    fn close_state(&mut self) {
        self.close_tuple(Op::TUPLE);
        self.op(Op::BUILD);
    }
}

/// Whether `_reconstruct` would lose the byte order of an array: it swaps what isn't the machine's.
fn keeps_order(array: &ArrayData) -> bool {
    let swapped = array.dtype.text.starts_with('>') && array.dtype.fields.is_none();
    swapped && array.class.is("numpy", "ndarray")
}

/// Dtypes of one kind are one object wherever they stand.
fn plain_key(dtype: &DTypeData) -> Option<Key> {
    let plain = dtype.fields.is_none() && dtype.shape.is_empty() && dtype.metadata.is_none();
    plain.then(|| Key::DType(Arc::clone(&dtype.text)))
}
