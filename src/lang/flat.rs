//! `array.flat` and `array.flags`.

use std::any::Any;
use std::sync::Arc;

use crate::array::block::Block;
use crate::array::lazy::Array;
use crate::array::reshape::reshape;
use crate::array::{Context, Result};
use crate::numpy::convert::as_array;
use crate::numpy::manipulation_broadcast::Broadcast;
use crate::numpy::{Class, Foreign, Nd, Value, index};

/// `array.flat`: the elements in a row.
pub struct Flat {
    /// The array.
    pub nd: Nd,
}

impl Flat {
    fn row(&self) -> Result<Nd> {
        Ok(self.nd.viewed(|a| Ok(reshape(a, vec![a.len()])))?.with_class(Class::Array))
    }

    /// The elements of a key, copied.
    ///
    /// # Errors
    /// As indexing.
    pub fn get(&self, key: &Value, cx: &Context) -> Result<Value> {
        match index::get(&self.row()?, key, cx)? {
            // unlike a view of the array it is a copy
            Value::Array(nd) if !nd.is_scalar() => Ok(Value::array(nd.array()?)),
            other => Ok(other),
        }
    }

    /// Sets the elements of a key; values are repeated as often as needed.
    ///
    /// # Errors
    /// As assigning.
    pub fn set(&self, key: &Value, new: &Value, cx: &Context) -> Result<()> {
        // values are repeated as often as needed
        let row = self.row()?;
        let values = as_array(new, cx)?;
        let n = values.len();
        let wanted = match index::get(&row, key, cx)? {
            Value::Array(hit) => hit.size()?,
            _ => 1,
        };
        if n == wanted || n == 1 || n == 0 {
            return index::set(&row, key, Value::array(reshape(&values, vec![n])), cx);
        }
        let flat = crate::array::run::to_block(&reshape(&values, vec![n]), cx)?;
        let mut out = Block::zeros(flat.dtype().clone(), vec![wanted]);
        for i in 0..wanted {
            out.copy_run(i, &flat, i % n, 1);
        }
        index::set(&row, key, Value::array(Array::of(out)), cx)
    }
}

impl Foreign for Flat {
    fn type_name(&self) -> String {
        "numpy.flatiter".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok("<numpy.flatiter object>".into())
    }

    fn array(&self, _cx: &Context) -> Option<Result<Array>> {
        Some(self.row().and_then(|r| r.array()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `array.flags`.
pub struct Flags {
    /// The array.
    pub nd: Nd,
}

impl Flags {
    fn list(&self) -> Result<[(&'static str, bool); 6]> {
        let array = self.nd.array()?;
        let long = array.shape().iter().filter(|n| **n != 1).count();
        Ok([
            ("C_CONTIGUOUS", true),
            ("F_CONTIGUOUS", long <= 1),
            ("OWNDATA", !self.nd.is_view()),
            ("WRITEABLE", self.nd.is_writable()),
            ("ALIGNED", true),
            ("WRITEBACKIFCOPY", false),
        ])
    }
}

impl Foreign for Flags {
    fn type_name(&self) -> String {
        "numpy._core.multiarray.flagsobj".into()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        let line = |(name, on): (&str, bool)| {
            format!("  {name} : {}\n", if on { "True" } else { "False" })
        };
        Ok(self.list()?.into_iter().map(line).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What the things of this module have as attributes; none for what is not of it.
pub fn foreign_part(f: &Arc<dyn Foreign>, name: &str) -> Option<Result<Value>> {
    if let Some(flags) = f.as_any().downcast_ref::<Flags>() {
        let list = match flags.list() {
            Ok(list) => list,
            Err(e) => return Some(Err(e)),
        };
        let hit = list.iter().find(|l| l.0.eq_ignore_ascii_case(name));
        return hit.map(|l| Ok(Value::Bool(l.1)));
    }
    if let Some(broadcast) = f.as_any().downcast_ref::<Broadcast>() {
        return broadcast.attribute(name).map(Ok);
    }
    let flat = f.as_any().downcast_ref::<Flat>()?;
    match name {
        "base" => Some(Ok(Value::Array(flat.nd.clone()))),
        _ => None,
    }
}
