//! Python's own values as text.

use std::sync::Arc;

use num_bigint::BigInt;

use super::super::value::{Type, Value};
use crate::array::dtype::{quote, quote_bytes};
use crate::array::error::Kind;
use crate::array::{Context, Error, Result, text};

/// How deep lists may lie in lists.
const DEEPEST: usize = 500;

/// Writes values; knows the containers that it is inside of.
pub struct Writer<'a> {
    cx: &'a Context,
    open: Vec<*const ()>,
}

impl<'a> Writer<'a> {
    /// A writer.
    pub fn new(cx: &'a Context) -> Writer<'a> {
        Writer { cx, open: Vec::new() }
    }

    /// `repr(value)`.
    pub fn repr(&mut self, value: &Value) -> Result<String> {
        Ok(match value {
            Value::None => "None".into(),
            Value::Ellipsis => "Ellipsis".into(),
            Value::NotImplemented => "NotImplemented".into(),
            Value::Bool(b) => if *b { "True" } else { "False" }.into(),
            Value::Int(n) => n.to_string(),
            Value::Float(x) => text::float(*x),
            Value::Complex(re, im) => text::complex(*re, *im),
            Value::Str(s) => quote(s),
            Value::Bytes(b) => quote_bytes(b),
            Value::Tuple(t) => {
                let place = Arc::as_ptr(t).cast();
                self.within(place, "(...)", |w| {
                    let items = w.list(t.iter())?;
                    Ok(if t.len() == 1 { format!("({items},)") } else { format!("({items})") })
                })?
            }
            Value::List(l) => {
                let place = Arc::as_ptr(l).cast();
                let items = l.lock().clone();
                self.within(place, "[...]", |w| Ok(format!("[{}]", w.list(items.iter())?)))?
            }
            Value::Dict(d) => {
                let place = Arc::as_ptr(d).cast();
                let dict = d.lock().clone();
                self.within(place, "{...}", |w| {
                    let mut parts = Vec::new();
                    for (k, v) in dict.iter() {
                        parts.push(format!("{}: {}", w.repr(k)?, w.repr(v)?));
                    }
                    Ok(format!("{{{}}}", parts.join(", ")))
                })?
            }
            Value::Set(s) => {
                let items: Vec<Value> = s.lock().iter().map(|(k, _)| k.clone()).collect();
                if items.is_empty() {
                    return Ok("set()".into());
                }
                let items = in_table_order(items);
                format!("{{{}}}", self.list(items.iter())?)
            }
            Value::Slice(s) => format!("slice({})", self.list(s.iter())?),
            Value::Range(a, b, 1) => format!("range({a}, {b})"),
            Value::Range(a, b, c) => format!("range({a}, {b}, {c})"),
            Value::Array(nd) => super::nd_repr(nd, self.cx)?,
            Value::DType(d) => format!("dtype({})", d.described()),
            Value::Type(t) => format!("<class '{}'>", class_name(t)),
            Value::Function(f) => {
                let name = f.names[0].rsplit('.').next().unwrap_or(f.names[0]);
                match f.ufunc {
                    Some(_) => format!("<ufunc '{name}'>"),
                    None => format!("<function {name} at {:#x}>", std::ptr::from_ref(*f).addr()),
                }
            }
            Value::UfuncMethod(f, name) => format!(
                "<built-in method {name} of numpy.ufunc object at {:#x}>",
                std::ptr::from_ref(*f).addr()
            ),
            Value::Foreign(f) => f.repr(self.cx)?,
        })
    }

    fn list<'v>(&mut self, items: impl Iterator<Item = &'v Value>) -> Result<String> {
        let mut out = String::new();
        for item in items {
            if !out.is_empty() {
                out.push_str(", ");
            }
            out.push_str(&self.repr(item)?);
        }
        Ok(out)
    }

    /// Writes a container; `again` stands for one that lies inside itself.
    fn within(
        &mut self,
        place: *const (),
        again: &str,
        write: impl FnOnce(&mut Self) -> Result<String>,
    ) -> Result<String> {
        if self.open.contains(&place) {
            return Ok(again.into());
        }
        if self.open.len() >= DEEPEST {
            return Err(Error::new(
                Kind::RecursionError,
                "maximum recursion depth exceeded while getting the repr of an object",
            ));
        }
        self.cx.check()?;
        self.open.push(place);
        let text = write(self);
        self.open.pop();
        text
    }
}

/// The class as Python names it, with its module.
fn class_name(class: &Type) -> String {
    match class {
        Type::Scalar(d) => format!("numpy.{}", d.scalar_name()),
        Type::Named(name) => match *name {
            "matrix" => "numpy.matrix".into(),
            "recarray" => "numpy.rec.recarray".into(),
            "chararray" => "numpy.char.chararray".into(),
            "ndarray" | "generic" | "number" | "integer" | "signedinteger" | "unsignedinteger"
            | "inexact" | "floating" | "complexfloating" | "flexible" | "character" | "dtype"
            | "ufunc" | "record" => format!("numpy.{name}"),
            _ => (*name).into(),
        },
    }
}

/// The order in which Python's set gives whole numbers: that of its hash table. Others stay as
/// they came.
fn in_table_order(items: Vec<Value>) -> Vec<Value> {
    let as_hash = |v: &Value| match v {
        Value::Bool(b) => Some(i64::from(*b)),
        Value::Int(n) => hash(n),
        _ => None,
    };
    let Some(hashes) = items.iter().map(as_hash).collect::<Option<Vec<i64>>>() else {
        return items;
    };
    let mut table: Vec<Option<usize>> = vec![None; 8];
    for i in 0..items.len() {
        place(&mut table, &hashes, i);
        // a table that is more than three fifths full grows
        let used = i + 1;
        if used * 5 >= (table.len() - 1) * 3 {
            let wanted = if used > 50_000 { used * 2 } else { used * 4 };
            let mut size = 8;
            while size <= wanted {
                size *= 2;
            }
            let old = std::mem::replace(&mut table, vec![None; size]);
            for i in old.into_iter().flatten() {
                place(&mut table, &hashes, i);
            }
        }
    }
    let mut items: Vec<Option<Value>> = items.into_iter().map(Some).collect();
    table.into_iter().flatten().filter_map(|i| items.get_mut(i)?.take()).collect()
}

/// Python's hash of a whole number.
fn hash(n: &BigInt) -> Option<i64> {
    let modulus = BigInt::from((1u64 << 61) - 1);
    let h: i64 = (n % modulus).try_into().ok()?;
    Some(if h == -1 { -2 } else { h })
}

/// Puts an entry where Python's set puts it: near its hash, else on along its perturbed way.
fn place(table: &mut [Option<usize>], hashes: &[i64], entry: usize) {
    const NEAR: usize = 9;
    let mask = table.len() - 1;
    let mut perturb = hashes[entry] as u64;
    let mut at = perturb as usize & mask;
    loop {
        let last = if at + NEAR <= mask { at + NEAR } else { at };
        if let Some(free) = (at..=last).find(|&i| table[i].is_none()) {
            table[free] = Some(entry);
            return;
        }
        perturb >>= 5;
        at = at.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize) & mask;
    }
}
