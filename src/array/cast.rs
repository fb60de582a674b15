//! Casts: the elements of an array as another dtype.
//!
//! Numbers become other numbers as C does it on x86-64, which is what NumPy gives there: integers
//! wrap, a float out of an integer's range becomes the smallest one (with a warning). Text is
//! parsed and printed as Python does.

use std::sync::Arc;

use bytemuck::Pod;
use half::f16;
use num_complex::Complex;

use super::block::Block;
use super::context::Context;
use super::dtype::{DType, Kind, Struct};
use super::elementwise::{Kernel, Operand, blockwise, elementwise, unary};
use super::error::{Error, Result};
use super::item::Item;
use super::lazy::Array;
use super::text;
use super::time::TimeUnit;

/// Binds `$T` to the type that holds a number of this dtype (bool is held in `u8`), and gives
/// `$other` for dtypes that are no numbers.
#[macro_export]
#[doc(hidden)]
macro_rules! with_number {
    ($dtype:expr, $T:ident => $body:expr, $other:expr) => {
        match $dtype {
            $crate::array::DType::Bool | $crate::array::DType::UInt8 => {
                type $T = u8;
                $body
            }
            $crate::array::DType::Int8 => {
                type $T = i8;
                $body
            }
            $crate::array::DType::Int16 => {
                type $T = i16;
                $body
            }
            $crate::array::DType::Int32 => {
                type $T = i32;
                $body
            }
            $crate::array::DType::Int64
            | $crate::array::DType::Datetime(_)
            | $crate::array::DType::Timedelta(_) => {
                type $T = i64;
                $body
            }
            $crate::array::DType::UInt16 => {
                type $T = u16;
                $body
            }
            $crate::array::DType::UInt32 => {
                type $T = u32;
                $body
            }
            $crate::array::DType::UInt64 => {
                type $T = u64;
                $body
            }
            $crate::array::DType::Float16 => {
                type $T = half::f16;
                $body
            }
            $crate::array::DType::Float32 => {
                type $T = f32;
                $body
            }
            $crate::array::DType::Float64 => {
                type $T = f64;
                $body
            }
            $crate::array::DType::Complex64 => {
                type $T = num_complex::Complex<f32>;
                $body
            }
            $crate::array::DType::Complex128 => {
                type $T = num_complex::Complex<f64>;
                $body
            }
            _ => $other,
        }
    };
}

/// A number that can become any other.
pub trait Number: Pod + Send + Sync + PartialEq {
    /// As the nearest double, imaginary part dropped.
    fn to_f64(self) -> f64;
    /// As a single, rounded once.
    fn to_f32(self) -> f32 {
        self.to_f64() as f32
    }
    /// As a half, the way NumPy rounds.
    fn to_f16(self) -> f16 {
        f16::from_f32(self.to_f32())
    }
    /// As a 64-bit integer, wrapped as x86-64 does.
    fn to_i64(self) -> i64;
    /// As a 32-bit integer, wrapped as x86-64 does.
    fn to_i32(self) -> i32 {
        self.to_i64() as i32
    }
    /// As an unsigned 64-bit integer.
    fn to_u64(self) -> u64 {
        self.to_i64() as u64
    }
    /// The imaginary part.
    fn imaginary(self) -> f64 {
        0.0
    }
    /// Whether it is a float that no integer of `low..high` holds.
    fn outside(self, _low: f64, _high: f64) -> bool {
        false
    }
    /// Whether it is not zero.
    fn truth(self) -> bool {
        self != Self::zeroed()
    }
}

macro_rules! integers {
    ($($T:ty)*) => {$(
        impl Number for $T {
            fn to_f64(self) -> f64 {
                self as f64
            }
            fn to_f32(self) -> f32 {
                self as f32
            }
            fn to_i64(self) -> i64 {
                self as i64
            }
        }
    )*};
}
integers!(i8 i16 i32 i64 u8 u16 u32 u64);

/// One more than the largest 64-bit integer.
const TWO_63: f64 = (1u64 << 63) as f64;

fn f64_to_i64(x: f64) -> i64 {
    if (-TWO_63..TWO_63).contains(&x) { x as i64 } else { i64::MIN }
}

fn f64_to_i32(x: f64) -> i32 {
    let x = x.trunc();
    if (-2147483648.0..=2147483647.0).contains(&x) { x as i32 } else { i32::MIN }
}

fn f64_to_u64(x: f64) -> u64 {
    if x < TWO_63 { f64_to_i64(x) as u64 } else { (f64_to_i64(x - TWO_63) as u64) ^ (1 << 63) }
}

macro_rules! floats {
    ($($T:ty)*) => {$(
        impl Number for $T {
            fn to_f64(self) -> f64 {
                self.into()
            }
            fn to_i64(self) -> i64 {
                f64_to_i64(self.to_f64())
            }
            fn to_i32(self) -> i32 {
                f64_to_i32(self.to_f64())
            }
            fn to_u64(self) -> u64 {
                f64_to_u64(self.to_f64())
            }
            fn to_f16(self) -> f16 {
                f16::from_f64(self.to_f64())
            }
            fn outside(self, low: f64, high: f64) -> bool {
                let x = self.to_f64().trunc();
                !(x >= low && x < high)
            }
        }
    )*};
}
floats!(f16 f32 f64);

macro_rules! complexes {
    ($($T:ty)*) => {$(
        impl Number for Complex<$T> {
            fn to_f64(self) -> f64 {
                self.re.into()
            }
            fn to_i64(self) -> i64 {
                self.re.to_i64()
            }
            fn to_i32(self) -> i32 {
                self.re.to_i32()
            }
            fn to_u64(self) -> u64 {
                self.re.to_u64()
            }
            fn to_f16(self) -> f16 {
                self.re.to_f16()
            }
            fn imaginary(self) -> f64 {
                self.im.into()
            }
            fn outside(self, low: f64, high: f64) -> bool {
                self.re.outside(low, high)
            }
        }
    )*};
}
complexes!(f32 f64);

/// The elements of `array` as `dtype`. Whether the cast is allowed is the caller's business.
///
/// # Errors
/// TypeError where there is no such cast at all.
pub fn cast(array: &Array, dtype: &DType) -> Result<Array> {
    if array.dtype() == dtype {
        return Ok(array.clone());
    }
    // a number in memory is cast at once: expressions stay shallow
    let lazy = cast_lazily(array, dtype)?;
    match array.in_memory() {
        Some(b) if b.len() <= 64 => {
            let cx = Context::new(super::context::Settings { threads: 1, ..Default::default() });
            Ok(Array::of(lazy.read(&super::lazy::whole(lazy.shape()), &cx)?))
        }
        _ => Ok(lazy),
    }
}

fn cast_lazily(array: &Array, dtype: &DType) -> Result<Array> {
    let from = array.dtype().clone();
    if from == DType::Object || *dtype == DType::Object {
        let to = dtype.clone();
        let kernel = move |blocks: &[Block], _: &Context| by_items(&blocks[0], &to);
        return blockwise(dtype.clone(), vec![array.clone()], Arc::new(kernel));
    }
    let kernel = kernel(&from, dtype)?;
    elementwise(dtype.clone(), vec![array.clone()], kernel)
}

/// Casts a block by way of Python values.
fn by_items(block: &Block, to: &DType) -> Result<Block> {
    let shape = block.shape().to_vec();
    let items: Vec<Item> = match block.dtype() {
        DType::Object => block.items().to_vec(),
        d => (0..block.len()).map(|i| text::item(d, block.element(i))).collect(),
    };
    if *to == DType::Object {
        return Ok(Block::of_items(shape, items));
    }
    let mut out = Block::zeros(to.clone(), shape);
    let size = to.size();
    for (i, item) in items.iter().enumerate() {
        write_item(item, to, &mut out.bytes_mut()[i * size..(i + 1) * size])?;
    }
    Ok(out)
}

/// Writes a Python value as an element of a dtype.
///
/// # Errors
/// TypeError, ValueError or OverflowError as Python gives them for such a value.
pub fn write_item(item: &Item, to: &DType, out: &mut [u8]) -> Result<()> {
    use num_traits::ToPrimitive;
    let no = || {
        let kind = match item {
            Item::None => "NoneType",
            Item::List(_) => "list",
            Item::Tuple(_) => "tuple",
            Item::Array(_) => "numpy.ndarray",
            Item::Str(_) => "str",
            Item::Bytes(_) => "bytes",
            Item::Complex(..) => "complex",
            _ => "object",
        };
        let wants = match to.kind() {
            Kind::Bool | Kind::Signed | Kind::Unsigned => {
                "int() argument must be a string, a bytes-like object or a real number, not"
            }
            _ => "float() argument must be a string or a real number, not",
        };
        Error::type_error(format!("{wants} '{kind}'"))
    };
    match (item, to) {
        (_, DType::Bool) => out[0] = u8::from(item.truth()),
        (Item::None, DType::Datetime(_) | DType::Timedelta(_)) => {
            out.copy_from_slice(&i64::MIN.to_ne_bytes())
        }
        (Item::None, d) if d.is_inexact() => {
            return from_number(Complex::new(f64::NAN, 0.0), d, out);
        }
        (Item::Int(n), d) if d.is_integer() => {
            let fits = match d.kind() {
                Kind::Unsigned => n.to_u64().filter(|n| d.size() == 8 || *n >> (8 * d.size()) == 0),
                _ => n
                    .to_i64()
                    .filter(|n| {
                        let spare = 64 - 8 * d.size() as u32;
                        (*n << spare) >> spare == *n
                    })
                    .map(|n| n as u64),
            };
            let n = fits.ok_or_else(|| {
                Error::overflow(format!("Python integer {n} out of bounds for {}", d.name()))
            })?;
            out.copy_from_slice(&n.to_le_bytes()[..d.size()]);
        }
        (Item::Int(n), DType::Datetime(_) | DType::Timedelta(_)) => {
            let n = n.to_i64().ok_or_else(|| Error::overflow("int too big to convert"))?;
            out.copy_from_slice(&n.to_ne_bytes());
        }
        (Item::Str(s), DType::Str(n)) => text::put_str(s, *n, out),
        (Item::Bytes(b), DType::Bytes(_) | DType::Void(_)) => text::put_bytes(b, out),
        (Item::Bytes(b), DType::Str(n)) => text::put_str(&String::from_utf8_lossy(b), *n, out),
        (Item::Str(s), _) => text::parse(s, to, out)?,
        (Item::Bytes(b), _) => text::parse(&String::from_utf8_lossy(b), to, out)?,
        (Item::Tuple(parts), DType::Struct(s)) => {
            if parts.len() != s.fields.len() {
                return Err(Error::value(format!(
                    "could not assign tuple of length {} to structure with {} fields.",
                    parts.len(),
                    s.fields.len()
                )));
            }
            for (part, f) in parts.iter().zip(&s.fields) {
                write_field(part, &f.dtype, &mut out[f.offset..f.offset + f.size()])?;
            }
        }
        // one value for all fields
        (_, DType::Struct(s)) if !matches!(item, Item::List(_) | Item::Array(_) | Item::None) => {
            for f in &s.fields {
                let size = f.dtype.size().max(1);
                let part = &mut out[f.offset..f.offset + f.size()];
                part.chunks_exact_mut(size).try_for_each(|e| write_item(item, &f.dtype, e))?;
            }
        }
        (_, DType::Str(n)) => text::put_str(&text::item_text(item), *n, out),
        (_, DType::Bytes(_)) => text::put_bytes(text::item_text(item).as_bytes(), out),
        (Item::Array(a), _) if a.len() == 1 && *a.dtype() != DType::Object => {
            write_item(&text::item(a.dtype(), a.element(0)), to, out)?
        }
        (Item::Float(x), d) if d.is_integer() && !x.is_finite() => {
            return Err(if x.is_nan() {
                Error::value("cannot convert float NaN to integer")
            } else {
                Error::overflow("cannot convert float infinity to integer")
            });
        }
        (Item::Complex(..), d) if !d.is_complex() => return Err(no()),
        (_, d) => match item.complex() {
            Some((re, im)) if d.is_number() => return from_number(Complex::new(re, im), d, out),
            _ => return Err(no()),
        },
    }
    Ok(())
}

fn write_field(item: &Item, dtype: &DType, out: &mut [u8]) -> Result<()> {
    let size = dtype.size().max(1);
    let n = out.len() / size;
    match item {
        Item::List(parts) if n > 1 || parts.len() == 1 => {
            let each = out.len() / parts.len().max(1);
            for (part, slot) in parts.iter().zip(out.chunks_mut(each.max(1))) {
                write_field(part, dtype, slot)?;
            }
            Ok(())
        }
        _ => {
            for slot in out.chunks_mut(size) {
                write_item(item, dtype, slot)?;
            }
            Ok(())
        }
    }
}

fn from_number(z: Complex<f64>, to: &DType, out: &mut [u8]) -> Result<()> {
    let k = kernel(&DType::Complex128, to)?;
    let cx = Context::new(super::context::Settings { threads: 1, ..Default::default() });
    let mut word = [0u64; 2];
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut word);
    let source = [z];
    k(&[Operand::Many(bytemuck::cast_slice(&source))], &mut bytes[..to.size()], &cx)?;
    out.copy_from_slice(&bytes[..to.size()]);
    Ok(())
}

/// The kernel that casts elements of one dtype to another; neither is object.
///
/// # Errors
/// TypeError where there is no such cast.
pub fn kernel(from: &DType, to: &DType) -> Result<Kernel> {
    let (f, t) = (from.clone(), to.clone());
    match (from, to) {
        (DType::Datetime(a), DType::Datetime(b)) => return Ok(times(*a, *b, true)),
        (DType::Timedelta(a), DType::Timedelta(b)) => return Ok(times(*a, *b, false)),
        (DType::Struct(a), DType::Struct(b)) => return structs(a.clone(), b.clone()),
        (_, DType::Struct(b)) if from.is_number() || *from == DType::Bool => {
            return all_fields(from, b.clone());
        }
        (DType::Str(_) | DType::Bytes(_), DType::Struct(_))
        | (DType::Struct(_), DType::Str(_) | DType::Bytes(_)) => {}
        (DType::Str(_), DType::Str(_)) => {
            let (n, m) = (from.size() / 4, to.size() / 4);
            return Ok(Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                for (i, slot) in out.chunks_exact_mut((4 * m).max(1)).enumerate() {
                    let source = ins[0].element(i, 4 * n);
                    let k = slot.len().min(source.len());
                    slot[..k].copy_from_slice(&source[..k]);
                    slot[k..].fill(0);
                }
                Ok(())
            }));
        }
        (DType::Bytes(_) | DType::Void(_), DType::Bytes(_) | DType::Void(_)) => {
            let (n, m) = (from.size(), to.size());
            return Ok(Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                for (i, slot) in out.chunks_exact_mut(m.max(1)).enumerate() {
                    text::put_bytes(ins[0].element(i, n), slot);
                }
                Ok(())
            }));
        }
        _ if from.is_string() => {
            let n = from.size();
            return Ok(Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                for (i, slot) in out.chunks_exact_mut(t.size().max(1)).enumerate() {
                    text::recast(&f, ins[0].element(i, n), &t, slot)?;
                }
                Ok(())
            }));
        }
        _ if to.is_string() => {
            let n = from.size();
            return Ok(Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                for (i, slot) in out.chunks_exact_mut(t.size().max(1)).enumerate() {
                    let words = text::cast_text(&f, ins[0].element(i, n));
                    let room = slot.len() / if matches!(t, DType::Str(_)) { 4 } else { 1 };
                    if matches!(f, DType::Datetime(_)) && words.len() > room {
                        return Err(Error::runtime(format!(
                            "The string provided for NumPy ISO datetime formatting was too \
                             short, with length {room}"
                        )));
                    }
                    match &t {
                        DType::Str(m) => text::put_str(&words, *m, slot),
                        _ => text::put_bytes(words.as_bytes(), slot),
                    }
                }
                Ok(())
            }));
        }
        _ => {}
    }
    let none = Err(no_cast(from, to));
    with_number!(from, A => {
        if *to == DType::Bool {
            return Ok(Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
                unary(ins[0], out, |x: A| u8::from(x.truth()));
                Ok(())
            }));
        }
        let kernel: Kernel = match to {
            DType::Int8 => ints::<A, i8>(-128.0, 128.0, |x| x.to_i32() as i8),
            DType::Int16 => ints::<A, i16>(-32768.0, 32768.0, |x| x.to_i32() as i16),
            DType::Int32 => ints::<A, i32>(-2147483648.0, 2147483648.0, |x| x.to_i32()),
            DType::Int64 | DType::Timedelta(_) | DType::Datetime(_) => {
                ints::<A, i64>(-TWO_63, TWO_63, |x| x.to_i64())
            }
            DType::UInt8 => ints::<A, u8>(-1e-300, 256.0, |x| x.to_i32() as u8),
            DType::UInt16 => ints::<A, u16>(-1e-300, 65536.0, |x| x.to_i32() as u16),
            DType::UInt32 => ints::<A, u32>(-1e-300, 4294967296.0, |x| x.to_i64() as u32),
            DType::UInt64 => ints::<A, u64>(-1e-300, 1.8446744073709552e19, |x| x.to_u64()),
            DType::Float16 => plain(|x: A| x.to_f16()),
            DType::Float32 => plain(|x: A| x.to_f32()),
            DType::Float64 => plain(|x: A| x.to_f64()),
            DType::Complex64 => plain(|x: A| Complex::new(x.to_f32(), x.imaginary() as f32)),
            DType::Complex128 => plain(|x: A| Complex::new(x.to_f64(), x.imaginary())),
            _ => return none,
        };
        if from.is_complex() && !to.is_complex() {
            return Ok(Arc::new(move |ins: &[Operand], out: &mut [u8], cx: &Context| {
                cx.note("ComplexWarning: Casting complex values to real discards the imaginary part");
                kernel(ins, out, cx)
            }));
        }
        Ok(kernel)
    }, none)
}

fn no_cast(from: &DType, to: &DType) -> Error {
    Error::type_error(format!(
        "Cannot cast array data from {} to {} according to the rule 'unsafe'",
        described(from),
        described(to)
    ))
}

/// As `repr(dtype)`: `dtype('float64')`.
pub fn described(d: &DType) -> String {
    format!("dtype({})", d.described())
}

fn plain<A: Number, R: Pod>(f: impl Fn(A) -> R + Send + Sync + Copy + 'static) -> Kernel {
    Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        unary(ins[0], out, f);
        Ok(())
    })
}

/// A cast to an integer; values outside `low..high` are warned of once.
fn ints<A: Number, R: Pod>(
    low: f64,
    high: f64,
    f: impl Fn(A) -> R + Send + Sync + Copy + 'static,
) -> Kernel {
    Arc::new(move |ins: &[Operand], out: &mut [u8], cx: &Context| {
        unary(ins[0], out, f);
        let outside = match ins[0].typed::<A>() {
            super::elementwise::Typed::Many(s) => s.iter().any(|x| x.outside(low, high)),
            super::elementwise::Typed::One(x) => x.outside(low, high),
        };
        if outside {
            cx.note("RuntimeWarning: invalid value encountered in cast");
        }
        Ok(())
    })
}

fn times(from: TimeUnit, to: TimeUnit, date: bool) -> Kernel {
    Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        let lost = std::cell::Cell::new(false);
        unary(ins[0], out, |x: i64| {
            from.convert(x, to, date).unwrap_or_else(|| {
                lost.set(true);
                i64::MIN
            })
        });
        match lost.get() {
            true => Err(Error::overflow("Overflow when converting between datetime units")),
            false => Ok(()),
        }
    })
}

/// Casts a value to each of a structure's fields.
fn all_fields(from: &DType, to: Arc<Struct>) -> Result<Kernel> {
    let kernels: Result<Vec<Kernel>> = to.fields.iter().map(|f| kernel(from, &f.dtype)).collect();
    let (kernels, size) = (kernels?, from.size());
    Ok(Arc::new(move |ins: &[Operand], out: &mut [u8], cx: &Context| {
        for (i, slot) in out.chunks_exact_mut(to.size.max(1)).enumerate() {
            let source = ins[0].element(i, size);
            for (f, kernel) in to.fields.iter().zip(&kernels) {
                // fields may lie unaligned: by way of an aligned block
                let mut one = Block::zeros(f.dtype.clone(), vec![1]);
                kernel(&[Operand::Many(source)], one.bytes_mut(), cx)?;
                let part = &mut slot[f.offset..f.offset + f.size()];
                part.chunks_exact_mut(f.dtype.size().max(1))
                    .for_each(|e| e.copy_from_slice(one.bytes()));
            }
        }
        Ok(())
    }))
}

/// Casts structures field by field, by position.
fn structs(from: Arc<Struct>, to: Arc<Struct>) -> Result<Kernel> {
    if from.fields.len() != to.fields.len() {
        return Err(no_cast(&DType::Struct(from), &DType::Struct(to)));
    }
    let kernels = from
        .fields
        .iter()
        .zip(&to.fields)
        .map(|(a, b)| match a.dtype == b.dtype {
            true => Ok(None),
            false => kernel(&a.dtype, &b.dtype).map(Some),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(move |ins: &[Operand], out: &mut [u8], cx: &Context| {
        for (i, slot) in out.chunks_exact_mut(to.size.max(1)).enumerate() {
            let source = ins[0].element(i, from.size);
            for ((a, b), kernel) in from.fields.iter().zip(&to.fields).zip(&kernels) {
                let part = &source[a.offset..a.offset + a.size()];
                let target = &mut slot[b.offset..b.offset + b.size()];
                match kernel {
                    None => target.copy_from_slice(part),
                    Some(k) => {
                        // fields may lie unaligned: through aligned blocks
                        let n = part.len() / a.dtype.size().max(1);
                        let mut x = Block::zeros(a.dtype.clone(), vec![n]);
                        x.bytes_mut().copy_from_slice(part);
                        let mut y = Block::zeros(b.dtype.clone(), vec![n]);
                        k(&[Operand::Many(x.bytes())], y.bytes_mut(), cx)?;
                        target.copy_from_slice(y.bytes());
                    }
                }
            }
        }
        Ok(())
    }))
}
