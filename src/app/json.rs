//! Values as JSON, one line each, written while they are computed.
//!
//! Python's values as JSON has them; arrays, NumPy's scalars and datasets with their dtype and
//! shape. Floats read back to the same bits and always have a point or an exponent; NaN and
//! infinities are strings, for JSON has no numbers that they could be.

use std::cmp::Ordering;
use std::io::Write;

use half::f16;
use num_complex::Complex;

use crate::array::block::Block;
use crate::array::error::Kind;
use crate::array::run::{in_order, to_block};
use crate::array::{Array, Context, DType, Error, Result, text};
use crate::numpy::value::{Dict, Type, from_item, range_len};
use crate::numpy::{Class, Nd, Value, show};

/// How deep lists may lie in lists.
const DEEPEST: usize = 500;
/// Text is handed on in pieces of this size.
const PIECE: usize = 64 << 10;

/// Writes a value on one line, without an end of line.
///
/// # Errors
/// Whatever computing and writing it may meet; ValueError for a list that lies inside itself.
pub fn write(value: &Value, out: &mut dyn Write, cx: &Context) -> Result<()> {
    Writer { out, text: Vec::new(), cx, depth: 0 }.whole(value)
}

struct Writer<'a> {
    out: &'a mut dyn Write,
    /// Written, but not yet handed on.
    text: Vec<u8>,
    cx: &'a Context,
    depth: usize,
}

impl Writer<'_> {
    fn whole(&mut self, value: &Value) -> Result<()> {
        self.value(value)?;
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }

    fn push(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn value(&mut self, value: &Value) -> Result<()> {
        if self.depth > DEEPEST {
            return Err(Error::value("Circular reference detected"));
        }
        self.depth += 1;
        self.flush_full()?;
        match value {
            Value::None => self.push("null"),
            Value::Bool(b) => self.push(if *b { "true" } else { "false" }),
            Value::Int(n) => self.push(&n.to_string()),
            Value::Float(x) => float(&mut self.text, *x),
            Value::Complex(re, im) => complex(&mut self.text, *re, *im),
            Value::Str(s) => string(&mut self.text, s),
            Value::Bytes(b) => latin(&mut self.text, b),
            Value::Tuple(t) => self.list(t.iter())?,
            Value::List(l) => {
                let items = l.lock().clone();
                self.list(items.iter())?;
            }
            Value::Range(start, stop, step) => {
                self.push("[");
                for i in 0..range_len(*start, *stop, *step) {
                    let n = i128::from(*start) + i as i128 * i128::from(*step);
                    self.push(&format!("{}{n}", if i > 0 { ", " } else { "" }));
                    self.flush_full()?;
                }
                self.push("]");
            }
            Value::Set(s) => {
                let mut items: Vec<Value> = s.lock().iter().map(|(k, _)| k.clone()).collect();
                items.sort_by(order);
                self.list(items.iter())?;
            }
            Value::Dict(d) => {
                let dict = d.lock().clone();
                self.dict(&dict)?;
            }
            Value::Array(nd) => self.nd(nd)?,
            Value::DType(d) | Value::Type(Type::Scalar(d)) => {
                string(&mut self.text, &d.to_string());
            }
            Value::Type(Type::Named(name)) => string(&mut self.text, name),
            // a dataset may be one value: a pickle, a text
            Value::Foreign(f) => match (f.plain(self.cx), || f.array(self.cx)) {
                (Some(plain), _) => self.value(&plain?)?,
                (None, array) => match array() {
                    Some(array) => {
                        let array = array?;
                        self.array(&array, array.dtype().to_string())?;
                    }
                    None => self.repr(value)?,
                },
            },
            Value::Ellipsis
            | Value::NotImplemented
            | Value::Slice(_)
            | Value::Function(_)
            | Value::UfuncMethod(..) => self.repr(value)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn repr(&mut self, value: &Value) -> Result<()> {
        string(&mut self.text, &show::repr(value, self.cx)?);
        Ok(())
    }

    fn list<'v>(&mut self, items: impl Iterator<Item = &'v Value>) -> Result<()> {
        self.push("[");
        for (i, item) in items.enumerate() {
            if i > 0 {
                self.push(", ");
            }
            self.value(item)?;
        }
        self.push("]");
        Ok(())
    }

    fn dict(&mut self, dict: &Dict) -> Result<()> {
        self.push("{");
        for (i, (key, value)) in dict.iter().enumerate() {
            if i > 0 {
                self.push(", ");
            }
            let key = show::str_of(key, self.cx)?;
            string(&mut self.text, &key);
            self.push(": ");
            self.value(value)?;
        }
        self.push("}");
        Ok(())
    }

    fn nd(&mut self, nd: &Nd) -> Result<()> {
        let array = nd.array()?;
        let name = match (nd.class(), array.dtype()) {
            (Class::RecArray, DType::Struct(_)) => format!("(numpy.record, {})", array.dtype()),
            (_, dtype) => dtype.to_string(),
        };
        match array.dtype() {
            _ if !nd.is_scalar() => self.array(&array, name),
            // a structured scalar is the list of its fields; an object is itself
            DType::Struct(_) | DType::Object => {
                let block = to_block(&array, self.cx)?;
                self.element(&block, 0)
            }
            _ => self.array(&array, name),
        }
    }

    fn array(&mut self, array: &Array, dtype: String) -> Result<()> {
        self.push("{\"dtype\": ");
        string(&mut self.text, &dtype);
        let dims: Vec<String> = array.shape().iter().map(usize::to_string).collect();
        self.push(&format!(", \"shape\": [{}], \"data\": ", dims.join(", ")));
        if array.is_empty() {
            self.empty(array.shape())?;
        } else {
            self.elements(array)?;
        }
        self.push("}");
        Ok(())
    }

    /// The brackets of an array without elements.
    fn empty(&mut self, shape: &[usize]) -> Result<()> {
        let Some((&n, inner)) = shape.split_first() else { return Ok(()) };
        self.push("[");
        for i in 0..n {
            if i > 0 {
                self.push(", ");
            }
            self.cx.check()?;
            self.empty(inner)?;
            self.flush_full()?;
        }
        self.push("]");
        Ok(())
    }

    fn elements(&mut self, array: &Array) -> Result<()> {
        let shape = array.shape();
        // where along each axis the next element lies
        let mut index = vec![0usize; shape.len()];
        in_order(array, &self.cx.clone(), |block| {
            for i in 0..block.len() {
                let opened = index.iter().rev().take_while(|at| **at == 0).count();
                if opened < shape.len() {
                    self.push(", ");
                }
                self.text.extend(std::iter::repeat_n(b'[', opened));
                self.element(block, i)?;
                for (at, &n) in index.iter_mut().zip(shape).rev() {
                    *at += 1;
                    if *at < n {
                        break;
                    }
                    *at = 0;
                    self.push("]");
                }
                self.flush_full()?;
            }
            Ok(())
        })
    }

    /// Hands on what is written, once it is worth it.
    fn flush_full(&mut self) -> Result<()> {
        if self.text.len() >= PIECE {
            self.cx.check()?;
            self.out.write_all(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }

    fn element(&mut self, block: &Block, i: usize) -> Result<()> {
        match block.dtype() {
            DType::Object => match block.items().get(i) {
                Some(item) => self.value(&from_item(item)),
                None => Err(Error::new(Kind::IndexError, "no such element")),
            },
            dtype => {
                bytes(&mut self.text, dtype, block.element(i));
                Ok(())
            }
        }
    }
}

/// A number that may lie at any address.
fn get<T: bytemuck::AnyBitPattern>(bytes: &[u8]) -> T {
    bytemuck::pod_read_unaligned(bytes)
}

/// An element that is no object.
fn bytes(out: &mut Vec<u8>, dtype: &DType, element: &[u8]) {
    match dtype {
        DType::Bool => out.extend_from_slice(match element.first() {
            Some(0) | None => b"false".as_slice(),
            _ => b"true",
        }),
        DType::Int8 => integer(out, get::<i8>(element)),
        DType::Int16 => integer(out, get::<i16>(element)),
        DType::Int32 => integer(out, get::<i32>(element)),
        DType::Int64 => integer(out, get::<i64>(element)),
        DType::UInt8 => integer(out, get::<u8>(element)),
        DType::UInt16 => integer(out, get::<u16>(element)),
        DType::UInt32 => integer(out, get::<u32>(element)),
        DType::UInt64 => integer(out, get::<u64>(element)),
        DType::Float16 => float(out, get::<f16>(element).to_f64()),
        DType::Float32 => float(out, get::<f32>(element).into()),
        DType::Float64 => float(out, get(element)),
        DType::Complex64 => {
            let z: Complex<f32> = get(element);
            complex(out, z.re.into(), z.im.into());
        }
        DType::Complex128 => {
            let z: Complex<f64> = get(element);
            complex(out, z.re, z.im);
        }
        DType::Str(_) => string(out, &text::str_of(element)),
        DType::Bytes(_) => latin(out, text::bytes_of(element)),
        DType::Void(_) => latin(out, element),
        DType::Datetime(unit) => string(out, &unit.date_text(get(element))),
        DType::Timedelta(_) => match get::<i64>(element) {
            i64::MIN => out.extend_from_slice(b"\"NaT\""),
            n => integer(out, n),
        },
        DType::Struct(s) => {
            out.push(b'[');
            for (i, f) in s.fields.iter().enumerate() {
                if i > 0 {
                    out.extend_from_slice(b", ");
                }
                let part = element.get(f.offset..f.offset + f.size()).unwrap_or_default();
                sub_array(out, &f.dtype, &f.shape, part);
            }
            out.push(b']');
        }
        DType::Object => out.extend_from_slice(b"null"),
    }
}

fn sub_array(out: &mut Vec<u8>, dtype: &DType, shape: &[usize], element: &[u8]) {
    let Some((&n, inner)) = shape.split_first() else { return bytes(out, dtype, element) };
    let each = element.len() / n.max(1);
    out.push(b'[');
    for i in 0..n {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        let part = element.get(i * each..(i + 1) * each).unwrap_or_default();
        sub_array(out, dtype, inner, part);
    }
    out.push(b']');
}

/// Writes formatted text; a vector takes any.
fn format(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn integer(out: &mut Vec<u8>, n: impl std::fmt::Display) {
    format(out, format_args!("{n}"));
}

/// A double, in digits that read back to the same bits. Narrower floats are written as the double
/// that they are, so that a reader who knows only doubles has the same number.
fn float(out: &mut Vec<u8>, x: f64) {
    if x.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else if x.is_infinite() {
        out.extend_from_slice(if x > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" });
    } else {
        format(out, format_args!("{x:?}"));
    }
}

fn complex(out: &mut Vec<u8>, re: f64, im: f64) {
    out.push(b'[');
    float(out, re);
    out.extend_from_slice(b", ");
    float(out, im);
    out.push(b']');
}

/// Bytes as text, one character each.
fn latin(out: &mut Vec<u8>, bytes: &[u8]) {
    string(out, &bytes.iter().map(|b| char::from(*b)).collect::<String>());
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || matches!(c, '"' | '\\' | '\u{7f}')) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b => format(out, format_args!("\\u{b:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest.as_bytes());
    out.push(b'"');
}

/// The order of a set's items: numbers, text, bytes, tuples, others.
fn order(a: &Value, b: &Value) -> Ordering {
    let rank = |v: &Value| match v {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
        Value::Str(_) => 1,
        Value::Bytes(_) => 2,
        Value::Tuple(_) => 3,
        Value::Array(nd) if nd.is_scalar() => 0,
        _ => 4,
    };
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Str(a), Value::Str(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Tuple(x), Value::Tuple(y)) => x
            .iter()
            .zip(y.iter())
            .map(|(a, b)| order(a, b))
            .find(|o| o.is_ne())
            .unwrap_or_else(|| x.len().cmp(&y.len())),
        _ if rank(a) == 0 && rank(b) == 0 => match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => {
                let number = |v: &Value| v.float().unwrap_or(f64::NAN);
                number(a).total_cmp(&number(b))
            }
        },
        _ => rank(a).cmp(&rank(b)),
    }
}
