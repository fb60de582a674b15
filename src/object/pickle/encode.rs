//! From a tree to the bytes of a pickle: protocol 5, byte for byte as CPython's pickler.
//!
//! NumPy's dtypes and arrays are in `encode_numpy`, the layout in frames is in `frames`. Nothing
//! here reads pickles.

use std::collections::HashMap;
use std::sync::Arc;

use num_bigint::BigInt;

use super::frames::Frames;
use super::memo::{Key, Kind, at};
use super::opcodes::Op;
use super::value::{ClassName, Made, Object, Py};
use super::{MAX_DEPTH, PickleError, Reason};

/// Items per APPENDS, SETITEMS or ADDITEMS.
const BATCH: usize = 1000;

/// The pickle of a tree, as `pickle.dumps(value, protocol=5)` would write it.
///
/// Values that share an `Arc` are one object and are written once. So are, as in Python, equal
/// classes, and equal names of modules and of attributes.
///
/// # Errors
///
/// A tree that is nested deeper than [`MAX_DEPTH`].
pub fn encode(value: &Py) -> Result<Vec<u8>, PickleError> {
    let mut pickler = Pickler { out: Frames::new(), memo: HashMap::new(), next: 0, depth: 0 };
    match pickler.save(value) {
        Ok(()) => {}
        Err(reason) => return Err(PickleError { offset: pickler.out.written(), reason }),
    }
    pickler.op(Op::STOP);
    Ok(pickler.out.finish())
}

/// What is written, and what of it can be referred to.
pub(super) struct Pickler {
    out: Frames,
    memo: HashMap<Key, u32>,
    next: u32,
    pub(super) depth: usize,
}

pub(super) type Saved = Result<(), Reason>;

impl Pickler {
    pub(super) fn save(&mut self, value: &Py) -> Saved {
        self.frame_boundary();
        self.deeper()?;
        self.save_any(value)?;
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn deeper(&mut self) -> Saved {
        if self.depth >= MAX_DEPTH {
            return Err(Reason::Depth(MAX_DEPTH));
        }
        self.depth += 1;
        Ok(())
    }

    fn save_any(&mut self, value: &Py) -> Saved {
        match value {
            Py::None => self.op(Op::NONE),
            Py::Bool(true) => self.op(Op::NEWTRUE),
            Py::Bool(false) => self.op(Op::NEWFALSE),
            Py::Int(value) => return self.save_int(value),
            Py::Float(value) => self.save_float(*value),
            Py::Complex(real, imag) => return self.save_complex(*real, *imag),
            Py::Ellipsis => return self.save_global("builtins", "Ellipsis"),
            Py::NotImplemented => return self.save_global("builtins", "NotImplemented"),
            Py::Str(text) => return self.save_str(text, false),
            Py::Bytes(bytes) => return self.save_bytes(bytes),
            Py::ByteArray(bytes) => return self.save_bytearray(bytes),
            Py::List(items) => return self.save_list(items),
            Py::Tuple(items) => return self.save_tuple(items),
            Py::Dict(entries) => return self.save_dict(entries, false),
            Py::Set(members) => return self.save_set(members),
            Py::FrozenSet(members) => return self.save_frozenset(members),
            Py::Slice(parts) => return self.save_three("slice", Kind::Slice, parts),
            Py::Range(parts) => return self.save_three("range", Kind::Range, parts),
            Py::Class(class) => return self.save_class(class),
            Py::Object(object) => return self.save_object(object),
            Py::DType(dtype) => return self.save_dtype(dtype),
            Py::Array(array) => return self.save_array(array),
        }
        Ok(())
    }

    pub(super) fn op(&mut self, op: Op) {
        self.out.write(&[op as u8]);
    }

    pub(super) fn frame_boundary(&mut self) {
        self.out.boundary();
    }

    /// Writes a reference to what has been written already, if it has been.
    pub(super) fn again(&mut self, key: &Key) -> bool {
        let Some(index) = self.memo.get(key).copied() else { return false };
        match u8::try_from(index) {
            Ok(index) => self.out.write(&[Op::BINGET as u8, index]),
            Err(_) => {
                self.op(Op::LONG_BINGET);
                self.out.write(&index.to_le_bytes());
            }
        }
        true
    }

    /// Memoizes what has just been written; without a key nothing refers to it.
    pub(super) fn memoize(&mut self, key: Option<Key>) {
        self.op(Op::MEMOIZE);
        if let Some(key) = key {
            self.memo.insert(key, self.next);
        }
        self.next = self.next.saturating_add(1);
    }

    pub(super) fn save_int(&mut self, value: &BigInt) -> Saved {
        if let Ok(value) = u8::try_from(value) {
            self.out.write(&[Op::BININT1 as u8, value]);
        } else if let Ok(value) = u16::try_from(value) {
            let [low, high] = value.to_le_bytes();
            self.out.write(&[Op::BININT2 as u8, low, high]);
        } else if let Ok(value) = i32::try_from(value) {
            let [a, b, c, d] = value.to_le_bytes();
            self.out.write(&[Op::BININT as u8, a, b, c, d]);
        } else {
            let bytes = value.to_signed_bytes_le();
            if let Ok(length) = u8::try_from(bytes.len()) {
                self.out.write(&[Op::LONG1 as u8, length]);
            } else {
                let length = i32::try_from(bytes.len()).map_err(|_| Reason::TooLong)?;
                self.op(Op::LONG4);
                self.out.write(&length.to_le_bytes());
            }
            self.out.write(&bytes);
        }
        Ok(())
    }

    fn save_float(&mut self, value: f64) {
        self.frame_boundary();
        self.op(Op::BINFLOAT);
        self.out.write(&value.to_be_bytes());
    }

    fn save_complex(&mut self, real: f64, imag: f64) -> Saved {
        self.save_global("builtins", "complex")?;
        self.save_float(real);
        self.save_float(imag);
        self.close_call(Op::TUPLE2, None);
        Ok(())
    }

    /// The end of a call whose arguments have been written.
    pub(super) fn close_call(&mut self, tuple: Op, key: Option<Key>) {
        self.op(tuple);
        self.memoize(None);
        self.op(Op::REDUCE);
        self.memoize(key);
    }

    fn save_three(&mut self, name: &str, kind: Kind, parts: &Arc<[Py; 3]>) -> Saved {
        let key = at(kind, parts);
        if self.again(&key) {
            return Ok(());
        }
        self.save_global("builtins", name)?;
        for part in parts.iter() {
            self.save(part)?;
        }
        self.close_call(Op::TUPLE3, Some(key));
        Ok(())
    }

    /// A string; equal names are one object.
    pub(super) fn save_str(&mut self, text: &Arc<str>, name: bool) -> Saved {
        let key = at(Kind::Str, text);
        let shared = name.then(|| Key::Name(Arc::clone(text)));
        if self.again(&key) || shared.as_ref().is_some_and(|key| self.again(key)) {
            return Ok(());
        }
        let length = text.len().to_le_bytes();
        match text.len() {
            0..=0xff => {
                self.out.write_counted(&[Op::SHORT_BINUNICODE as u8, length[0]], text.as_bytes());
            }
            0x100..=0xffff_ffff => {
                let [a, b, c, d, ..] = length;
                self.out.write_counted(&[Op::BINUNICODE as u8, a, b, c, d], text.as_bytes());
            }
            _ => self.out.write_counted(&long_head(Op::BINUNICODE8, text.len()), text.as_bytes()),
        }
        if let Some(shared) = shared {
            self.memo.insert(shared, self.next);
        }
        self.memoize(Some(key));
        Ok(())
    }

    pub(super) fn save_bytes(&mut self, bytes: &Arc<[u8]>) -> Saved {
        let key = at(Kind::Bytes, bytes);
        if self.again(&key) {
            return Ok(());
        }
        self.write_bytes(bytes);
        self.memoize(Some(key));
        Ok(())
    }

    pub(super) fn write_bytes(&mut self, bytes: &[u8]) {
        let [a, b, c, d, ..] = bytes.len().to_le_bytes();
        match bytes.len() {
            0..=0xff => self.out.write_counted(&[Op::SHORT_BINBYTES as u8, a], bytes),
            0x100..=0xffff_ffff => {
                self.out.write_counted(&[Op::BINBYTES as u8, a, b, c, d], bytes);
            }
            _ => self.out.write_counted(&long_head(Op::BINBYTES8, bytes.len()), bytes),
        }
    }

    pub(super) fn save_bytearray(&mut self, bytes: &Arc<[u8]>) -> Saved {
        let key = at(Kind::ByteArray, bytes);
        if !self.again(&key) {
            self.out.write_counted(&long_head(Op::BYTEARRAY8, bytes.len()), bytes);
            self.memoize(Some(key));
        }
        Ok(())
    }

    fn save_list(&mut self, items: &Arc<Vec<Py>>) -> Saved {
        let key = at(Kind::List, items);
        if self.again(&key) {
            return Ok(());
        }
        self.op(Op::EMPTY_LIST);
        self.memoize(Some(key));
        if let [item] = &items[..] {
            self.save(item)?;
            self.op(Op::APPEND);
            return Ok(());
        }
        for batch in items.chunks(BATCH) {
            self.save_marked(batch, Op::APPENDS)?;
        }
        Ok(())
    }

    pub(super) fn save_marked(&mut self, values: &[Py], end: Op) -> Saved {
        self.op(Op::MARK);
        for value in values {
            self.save(value)?;
        }
        self.op(end);
        Ok(())
    }

    fn save_tuple(&mut self, items: &Arc<Vec<Py>>) -> Saved {
        self.frame_boundary();
        if items.is_empty() {
            self.op(Op::EMPTY_TUPLE);
            return Ok(());
        }
        let key = at(Kind::Tuple, items);
        if self.again(&key) {
            return Ok(());
        }
        let end = match items.len() {
            1 => Op::TUPLE1,
            2 => Op::TUPLE2,
            3 => Op::TUPLE3,
            _ => {
                self.save_marked(items, Op::TUPLE)?;
                self.memoize(Some(key));
                return Ok(());
            }
        };
        for item in items.iter() {
            self.save(item)?;
        }
        self.op(end);
        self.memoize(Some(key));
        Ok(())
    }

    /// A dict; the keys of an object's attributes are names.
    fn save_dict(&mut self, entries: &Arc<Vec<(Py, Py)>>, names: bool) -> Saved {
        self.frame_boundary();
        let key = at(Kind::Dict, entries);
        if self.again(&key) {
            return Ok(());
        }
        self.op(Op::EMPTY_DICT);
        self.memoize(Some(key));
        if let [entry] = &entries[..] {
            self.save_entry(entry, names)?;
            self.op(Op::SETITEM);
            return Ok(());
        }
        self.save_batches(entries, Op::SETITEMS, |pickler, entry| pickler.save_entry(entry, names))
    }

    fn save_entry(&mut self, (key, value): &(Py, Py), names: bool) -> Saved {
        match key {
            Py::Str(text) if names => {
                self.frame_boundary();
                self.save_str(text, true)?;
            }
            key => self.save(key)?,
        }
        self.save(value)
    }

    /// The batches of a dict or a set. After a full one CPython writes another, even if it has
    /// nothing left to write.
    fn save_batches<T>(
        &mut self,
        values: &[T],
        end: Op,
        save: impl Fn(&mut Self, &T) -> Saved,
    ) -> Saved {
        let empty: &[T] = &[];
        let more = !values.is_empty() && values.len().is_multiple_of(BATCH);
        for batch in values.chunks(BATCH).chain(more.then_some(empty)) {
            self.op(Op::MARK);
            for value in batch {
                save(self, value)?;
            }
            self.op(end);
        }
        Ok(())
    }

    fn save_set(&mut self, members: &Arc<Vec<Py>>) -> Saved {
        let key = at(Kind::Set, members);
        if self.again(&key) {
            return Ok(());
        }
        self.op(Op::EMPTY_SET);
        self.memoize(Some(key));
        self.save_batches(members, Op::ADDITEMS, Self::save)
    }

    fn save_frozenset(&mut self, members: &Arc<Vec<Py>>) -> Saved {
        let key = at(Kind::FrozenSet, members);
        if !self.again(&key) {
            self.save_marked(members, Op::FROZENSET)?;
            self.memoize(Some(key));
        }
        Ok(())
    }

    pub(super) fn save_global(&mut self, module: &str, name: &str) -> Saved {
        self.save_class(&ClassName::new(module, name))
    }

    pub(super) fn save_class(&mut self, class: &ClassName) -> Saved {
        self.frame_boundary();
        let key = Key::Class(class.clone());
        if self.again(&key) {
            return Ok(());
        }
        self.save_str(&class.module, true)?;
        self.frame_boundary();
        self.save_str(&class.qualname, false)?;
        self.op(Op::STACK_GLOBAL);
        self.memoize(Some(key));
        Ok(())
    }

    fn save_object(&mut self, object: &Arc<Object>) -> Saved {
        let key = at(Kind::Object, object);
        if self.again(&key) {
            return Ok(());
        }
        match &object.made {
            Made::Reduce(args) => {
                self.save_class(&object.class)?;
                self.save_tuple(args)?;
                self.op(Op::REDUCE);
            }
            Made::New { args, kwargs } => {
                self.save_class(&object.class)?;
                self.save_tuple(args)?;
                match kwargs {
                    None => self.op(Op::NEWOBJ),
                    Some(kwargs) => {
                        self.save_dict(kwargs, true)?;
                        self.op(Op::NEWOBJ_EX);
                    }
                }
            }
            Made::Call { callable, args } => {
                self.save(callable)?;
                self.save_tuple(args)?;
                self.op(Op::REDUCE);
            }
        }
        self.memoize(Some(key));
        for batch in object.items.chunks(BATCH) {
            match batch {
                [item] => {
                    self.save(item)?;
                    self.op(Op::APPEND);
                }
                batch => self.save_marked(batch, Op::APPENDS)?,
            }
        }
        for batch in object.entries.chunks(BATCH) {
            self.save_object_entries(batch)?;
        }
        if !object.members.is_empty() {
            self.save_marked(&object.members, Op::ADDITEMS)?;
        }
        self.save_state(object)
    }

    fn save_object_entries(&mut self, batch: &[(Py, Py)]) -> Saved {
        if let [entry] = batch {
            self.save_entry(entry, false)?;
            self.op(Op::SETITEM);
            return Ok(());
        }
        self.op(Op::MARK);
        for entry in batch {
            self.save_entry(entry, false)?;
        }
        self.op(Op::SETITEMS);
        Ok(())
    }

    fn save_state(&mut self, object: &Arc<Object>) -> Saved {
        let Some(state) = &object.state else { return Ok(()) };
        if let Some(setter) = &object.setter {
            self.save(setter)?;
            self.again(&at(Kind::Object, object));
            self.save(state)?;
            for op in [Op::TUPLE2, Op::REDUCE, Op::POP] {
                self.op(op);
            }
            return Ok(());
        }
        self.frame_boundary();
        match state {
            Py::Dict(entries) => self.save_dict(entries, true)?,
            Py::Tuple(both)
                if both.len() == 2 && !self.memo.contains_key(&at(Kind::Tuple, both)) =>
            {
                for part in both.iter() {
                    match part {
                        Py::Dict(entries) => self.save_dict(entries, true)?,
                        part => self.save(part)?,
                    }
                }
                self.op(Op::TUPLE2);
                self.memoize(Some(at(Kind::Tuple, both)));
            }
            state => self.save(state)?,
        }
        self.op(Op::BUILD);
        Ok(())
    }
}

fn long_head(op: Op, length: usize) -> [u8; 9] {
    let [a, b, c, d, e, f, g, h] = (length as u64).to_le_bytes();
    [op as u8, a, b, c, d, e, f, g, h]
}
