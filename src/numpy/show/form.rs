//! Elements of an array as text: one form for all elements of a dtype, with the widths that make
//! columns of them. What needs widths is measured over the elements that are shown.

use half::f16;
use num_complex::Complex;

use super::float::{Shape, Trim, positional, scientific};
use super::options::{FloatMode, Options, Sign};
use crate::array::block::{Block, count};
use crate::array::dtype::{Field, Kind, quote, quote_bytes};
use crate::array::{Context, DType, Item, Result, text};
use crate::numpy::value::from_item;
use crate::store::{Float, LongKind};

/// How the elements of a block are written.
pub enum Form {
    /// Booleans; in arrays with a space that makes both as wide.
    Bool { true_text: &'static str },
    /// Whole numbers, right-aligned.
    Int { width: usize, sign: Sign },
    /// Floats.
    Float(FloatForm),
    /// Floats as `str()` writes the scalar.
    FloatText,
    /// Complex numbers.
    Complex(FloatForm, FloatForm),
    /// Dates and differences, right-aligned.
    Time { width: usize },
    /// What is written as it is: text, bytes, objects.
    Plain,
    /// Structured elements.
    Struct { fields: Vec<(Field, Form)>, threshold: usize, edge: usize },
}

/// A number that may lie at any address.
fn get<T: bytemuck::AnyBitPattern>(bytes: &[u8]) -> T {
    bytemuck::pod_read_unaligned(bytes)
}

/// An element that is a float.
fn float_of(dtype: &DType, bytes: &[u8]) -> Float {
    match dtype {
        DType::Float16 => Float::F16(get::<f16>(bytes)),
        DType::Float32 => Float::F32(get(bytes)),
        _ => Float::F64(get(bytes)),
    }
}

/// The two parts of an element that is a complex number.
fn parts_of(dtype: &DType, bytes: &[u8]) -> (Float, Float) {
    match dtype {
        DType::Complex64 => {
            let z: Complex<f32> = get(bytes);
            (Float::F32(z.re), Float::F32(z.im))
        }
        _ => {
            let z: Complex<f64> = get(bytes);
            (Float::F64(z.re), Float::F64(z.im))
        }
    }
}

/// An element that is a whole number.
fn int_of(dtype: &DType, bytes: &[u8]) -> i128 {
    match dtype {
        DType::Int8 => get::<i8>(bytes).into(),
        DType::Int16 => get::<i16>(bytes).into(),
        DType::Int32 => get::<i32>(bytes).into(),
        DType::UInt8 => get::<u8>(bytes).into(),
        DType::UInt16 => get::<u16>(bytes).into(),
        DType::UInt32 => get::<u32>(bytes).into(),
        DType::UInt64 => get::<u64>(bytes).into(),
        _ => get::<i64>(bytes).into(),
    }
}

/// A date or difference that is not NaT.
fn time_text(dtype: &DType, n: i64) -> String {
    match dtype {
        DType::Datetime(unit) => format!("'{}'", unit.date_text(n)),
        _ => n.to_string(),
    }
}

impl Form {
    /// The form of a block's elements. `scalar` is for `str` and `repr` of a structured scalar,
    /// whose floats are written in full.
    pub fn of(block: &Block, options: &Options, scalar: bool) -> Form {
        let dtype = block.dtype();
        let elements = || (0..block.len()).map(|i| block.element(i));
        match dtype.kind() {
            Kind::Bool => {
                Form::Bool { true_text: if block.shape().is_empty() { "True" } else { " True" } }
            }
            Kind::Signed | Kind::Unsigned => {
                let ints = || elements().map(|b| int_of(dtype, b));
                let (min, max) = (ints().min(), ints().max());
                let mut sign = options.sign;
                if sign == Sign::Space && min.is_some_and(|n| n < 0) {
                    sign = Sign::Minus;
                }
                let mut width = max.map_or(0, |n| n.to_string().len());
                if max.is_some_and(|n| n >= 0) && sign != Sign::Minus {
                    width += 1;
                }
                let width = width.max(min.map_or(0, |n| n.to_string().len()));
                Form::Int { width, sign }
            }
            Kind::Float if scalar => Form::FloatText,
            Kind::Float => {
                let all: Vec<Float> = elements().map(|b| float_of(dtype, b)).collect();
                Form::Float(FloatForm::of(&all, dtype, options, options.sign))
            }
            Kind::Complex => {
                let (re, im): (Vec<_>, Vec<_>) = elements().map(|b| parts_of(dtype, b)).unzip();
                let real = dtype.real();
                Form::Complex(
                    FloatForm::of(&re, &real, options, options.sign),
                    FloatForm::of(&im, &real, options, Sign::Plus),
                )
            }
            Kind::Datetime | Kind::Timedelta => {
                let counts = || elements().map(get::<i64>).filter(|n| *n != i64::MIN);
                let ends = [counts().min(), counts().max()];
                let width =
                    ends.iter().flatten().map(|n| time_text(dtype, *n).len()).max().unwrap_or(0);
                let nat = elements().any(|b| get::<i64>(b) == i64::MIN);
                Form::Time { width: if nat { width.max(5) } else { width } }
            }
            Kind::Void => match dtype.fields() {
                None => Form::Plain,
                Some(s) => {
                    let form =
                        |f: &Field| (f.clone(), Form::of(&column(block, f), options, scalar));
                    Form::Struct {
                        fields: s.fields.iter().map(form).collect(),
                        threshold: options.threshold,
                        edge: options.edgeitems,
                    }
                }
            },
            Kind::Str | Kind::Bytes | Kind::Object => Form::Plain,
        }
    }

    /// Element `i` of a block.
    ///
    /// # Errors
    /// As the `repr` of an object may meet.
    pub fn cell(&self, block: &Block, i: usize, cx: &Context) -> Result<String> {
        match block.dtype() {
            DType::Object => match block.items().get(i) {
                Some(item @ Item::List(_)) => {
                    Ok(format!("list({})", super::repr(&from_item(item), cx)?))
                }
                Some(item) => super::repr(&from_item(item), cx),
                None => Ok("None".into()),
            },
            dtype => Ok(self.bytes_text(dtype, block.element(i))),
        }
    }

    /// An element that is no object.
    pub fn bytes_text(&self, dtype: &DType, bytes: &[u8]) -> String {
        match self {
            Form::Bool { true_text } => match bytes.first() {
                Some(0) | None => "False".into(),
                _ => (*true_text).into(),
            },
            Form::Int { width, sign } => {
                let n = int_of(dtype, bytes);
                let plain = match sign {
                    Sign::Plus if n >= 0 => format!("+{n}"),
                    Sign::Space if n >= 0 => format!(" {n}"),
                    _ => n.to_string(),
                };
                format!("{plain:>width$}")
            }
            Form::Float(form) => form.text(float_of(dtype, bytes)),
            Form::FloatText => text::scalar(dtype, bytes),
            Form::Complex(re, im) => {
                let (a, b) = parts_of(dtype, bytes);
                let (a, b) = (re.text(a), im.text(b));
                let end = b.trim_end().len();
                format!("{a}{}j{}", &b[..end], &b[end..])
            }
            Form::Time { width } => match get::<i64>(bytes) {
                i64::MIN => format!("{:>width$}", "'NaT'"),
                n => format!("{:>width$}", time_text(dtype, n)),
            },
            Form::Struct { fields, threshold, edge } => {
                let texts: Vec<String> = fields
                    .iter()
                    .map(|(f, form)| {
                        let part = bytes.get(f.offset..f.offset + f.size()).unwrap_or_default();
                        let cut = (count(&f.shape) > *threshold).then_some(*edge);
                        form.sub_array(&f.dtype, &f.shape, part, cut)
                    })
                    .collect();
                match texts.as_slice() {
                    [one] => format!("({one},)"),
                    _ => format!("({})", texts.join(", ")),
                }
            }
            Form::Plain => match dtype {
                DType::Str(_) => quote(&text::str_of(bytes)),
                DType::Bytes(_) => quote_bytes(text::bytes_of(bytes)),
                _ => text::scalar(dtype, bytes),
            },
        }
    }

    /// A field's sub-array on one line; `cut` is how many items are shown at either end.
    fn sub_array(
        &self,
        dtype: &DType,
        shape: &[usize],
        bytes: &[u8],
        cut: Option<usize>,
    ) -> String {
        let Some((&n, inner)) = shape.split_first() else { return self.bytes_text(dtype, bytes) };
        let each = count(inner) * dtype.size();
        let item = |i: usize| {
            let part = bytes.get(i * each..(i + 1) * each).unwrap_or_default();
            self.sub_array(dtype, inner, part, cut)
        };
        let texts: Vec<String> = match cut {
            Some(edge) if n > 2 * edge => {
                let mut texts: Vec<String> = (0..edge).map(item).collect();
                texts.push("...".into());
                texts.extend((n - edge..n).map(item));
                texts
            }
            _ => (0..n).map(item).collect(),
        };
        format!("[{}]", texts.join(", "))
    }
}

/// A field of all elements of a block.
fn column(block: &Block, field: &Field) -> Block {
    let mut shape = block.shape().to_vec();
    shape.extend(&field.shape);
    let mut out = Block::zeros(field.dtype.clone(), shape);
    let size = field.size();
    if size > 0 && field.dtype != DType::Object {
        for (i, slot) in out.bytes_mut().chunks_exact_mut(size).enumerate() {
            if let Some(part) = block.element(i).get(field.offset..field.offset + size) {
                slot.copy_from_slice(part);
            }
        }
    }
    out
}

/// How a column of floats is written.
pub struct FloatForm {
    scientific: bool,
    shape: Shape,
    pad_right: usize,
    sign: Sign,
    nan: String,
    inf: String,
}

fn is_finite(x: Float) -> bool {
    match x {
        Float::F16(v) => v.is_finite(),
        Float::F32(v) => v.is_finite(),
        Float::F64(v) => v.is_finite(),
        Float::Long(v) => v.kind == LongKind::Finite,
    }
}

fn as_f64(x: Float) -> f64 {
    match x {
        Float::F16(v) => v.to_f64(),
        Float::F32(v) => v.into(),
        Float::F64(v) => v,
        Float::Long(_) => f64::NAN,
    }
}

/// Whether numbers of these magnitudes are written with exponents; all in the dtype's own
/// arithmetic, as NumPy compares them.
fn wants_exponents(dtype: &DType, min: f64, max: f64, suppress: bool) -> bool {
    let (top, low, wide) = match dtype {
        DType::Float16 => {
            let ratio = f16::from_f64(max) / f16::from_f64(min);
            (1e3, f16::from_f64(1e-4).to_f64(), ratio.to_f64() > 1000.0)
        }
        DType::Float32 => (1e6, f64::from(1e-4f32), max as f32 / min as f32 > 1000.0),
        _ => (1e8, 1e-4, max / min > 1000.0),
    };
    max >= top || (!suppress && (min < low || wide))
}

impl FloatForm {
    fn of(all: &[Float], dtype: &DType, options: &Options, sign: Sign) -> FloatForm {
        let finite: Vec<Float> = all.iter().copied().filter(|x| is_finite(*x)).collect();
        let sizes = || finite.iter().map(|x| as_f64(*x).abs()).filter(|x| *x != 0.0);
        let max = sizes().fold(0.0, f64::max);
        let min = sizes().fold(f64::INFINITY, f64::min);
        let precision = (options.floatmode != FloatMode::Unique).then_some(options.precision);
        let fixed = options.floatmode == FloatMode::Fixed;
        let (trim, unique) = if fixed { (Trim::Keep, false) } else { (Trim::Point, true) };
        let exponents = max > 0.0 && wants_exponents(dtype, min, max, options.suppress);
        let plus = sign == Sign::Plus;
        let first = Shape { unique, precision, trim, sign: plus, ..Shape::default() };
        let mut shape = Shape { trim: Trim::Point, unique: true, ..first };
        let mut pad_right = 0;
        let longest = |parts: &[(String, String)], f: fn(&(String, String)) -> &String| {
            parts.iter().map(|p| f(p).len()).max().unwrap_or(0)
        };
        if finite.is_empty() {
            shape.precision = None;
        } else if exponents {
            let mut exponent = 0;
            let parts: Vec<(String, String)> = finite
                .iter()
                .map(|x| {
                    let text = scientific(*x, &first);
                    let (number, power) = text.split_once('e').unwrap_or((&text, ""));
                    exponent = exponent.max(power.len().saturating_sub(1));
                    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
                    (whole.to_string(), fraction.to_string())
                })
                .collect();
            let digits = longest(&parts, |p| &p.1);
            shape = Shape {
                unique,
                trim: Trim::Keep,
                precision: Some(digits),
                min_digits: Some(digits),
                pad_left: longest(&parts, |p| &p.0),
                exp_digits: exponent,
                ..shape
            };
            pad_right = exponent + 2 + digits;
        } else {
            let parts: Vec<(String, String)> = finite
                .iter()
                .map(|x| {
                    let text = positional(*x, &first);
                    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
                    (whole.to_string(), fraction.to_string())
                })
                .collect();
            pad_right = longest(&parts, |p| &p.1);
            shape.unique = unique;
            shape.pad_left = longest(&parts, |p| &p.0);
            if matches!(options.floatmode, FloatMode::Fixed | FloatMode::MaxPrecEqual) {
                shape.precision = Some(pad_right);
                shape.min_digits = Some(pad_right);
                shape.trim = Trim::Keep;
            } else {
                shape.min_digits = Some(0);
            }
            shape.pad_right = Some(pad_right);
        }
        if sign == Sign::Space && !finite.iter().any(|x| as_f64(*x).is_sign_negative()) {
            shape.pad_left += 1;
        }
        if finite.len() < all.len() {
            let negative = all.iter().any(|x| as_f64(*x) == f64::NEG_INFINITY);
            let extra = usize::from(sign != Sign::Minus || negative);
            let offset = pad_right + 1;
            let nan = options.nanstr.chars().count().saturating_sub(offset);
            let inf = (options.infstr.chars().count() + extra).saturating_sub(offset);
            shape.pad_left = shape.pad_left.max(nan).max(inf);
        }
        FloatForm {
            scientific: exponents,
            shape,
            pad_right,
            sign,
            nan: options.nanstr.to_string(),
            inf: options.infstr.to_string(),
        }
    }

    fn text(&self, x: Float) -> String {
        if !is_finite(x) {
            let v = as_f64(x);
            let plus = if self.sign == Sign::Plus { "+" } else { "" };
            let word = if v.is_nan() {
                format!("{plus}{}", self.nan)
            } else {
                format!("{}{}", if v < 0.0 { "-" } else { plus }, self.inf)
            };
            let width = self.shape.pad_left + self.pad_right + 1;
            return format!("{word:>width$}");
        }
        if self.scientific { scientific(x, &self.shape) } else { positional(x, &self.shape) }
    }
}
