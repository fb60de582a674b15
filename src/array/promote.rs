//! What dtypes have in common: promotion and casting rules, NumPy 2's (NEP 50).

use super::dtype::{DType, Field, Kind, Struct};
use super::error::{Error, Result};
use std::sync::Arc;

/// How freely elements may be cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Casting {
    No,
    Equiv,
    Safe,
    SameKind,
    Unsafe,
}

impl Casting {
    /// The rule of this name.
    ///
    /// # Errors
    /// ValueError for another name.
    pub fn parse(name: &str) -> Result<Casting> {
        Ok(match name {
            "no" => Casting::No,
            "equiv" => Casting::Equiv,
            "safe" => Casting::Safe,
            "same_kind" => Casting::SameKind,
            "unsafe" => Casting::Unsafe,
            _ => {
                return Err(Error::value(format!(
                    "casting must be one of 'no', 'equiv', 'safe', 'same_kind', or \
                     'unsafe' (got '{name}')"
                )));
            }
        })
    }
}

/// How many characters the text of a number may take (`np.promote_types(d, 'U')`).
pub fn text_width(dtype: &DType) -> Option<usize> {
    use DType::*;
    Some(match dtype {
        Bool => 5,
        Int8 => 4,
        Int16 => 6,
        Int32 => 11,
        Int64 => 21,
        UInt8 => 3,
        UInt16 => 5,
        UInt32 => 10,
        UInt64 => 20,
        Float16 | Float32 | Float64 => 32,
        Complex64 | Complex128 => 64,
        Str(n) | Bytes(n) => *n,
        Datetime(_) => 28,
        Timedelta(_) => 21,
        _ => return None,
    })
}

/// The dtype that both can be cast to without loss, as `np.promote_types`.
///
/// # Errors
/// TypeError (DTypePromotionError) where there is none.
pub fn promote(a: &DType, b: &DType) -> Result<DType> {
    use DType::*;
    if a == b {
        return Ok(a.clone());
    }
    let none = || {
        Error::new(
            crate::array::error::Kind::DTypePromotionError,
            format!(
                "The DType <class 'numpy.dtypes.{}'> could not be promoted by <class \
             'numpy.dtypes.{}'>. This means that no common DType exists for the given inputs. \
             For example they cannot be stored in a single array unless the dtype is `object`. \
             The full list of DTypes is: (<class 'numpy.dtypes.{}'>, <class 'numpy.dtypes.{}'>)",
                class_name(a),
                class_name(b),
                class_name(b),
                class_name(a)
            ),
        )
    };
    let (ka, kb) = (a.kind(), b.kind());
    if ka == Kind::Object || kb == Kind::Object {
        return Ok(Object);
    }
    if let (Struct(x), Struct(y)) = (a, b) {
        return promote_structs(x, y).ok_or_else(none);
    }
    if let (Datetime(x), Datetime(y)) = (a, b) {
        return x.common(*y, true).map(Datetime).ok_or_else(none);
    }
    if let (Timedelta(x), Timedelta(y)) = (a, b) {
        return x.common(*y, false).map(Timedelta).ok_or_else(none);
    }
    if a.is_string() || b.is_string() {
        let (Some(x), Some(y)) = (text_width(a), text_width(b)) else { return Err(none()) };
        let n = x.max(y);
        if ka == Kind::Str || kb == Kind::Str {
            return Ok(Str(n));
        }
        return match (ka, kb) {
            (Kind::Datetime | Kind::Timedelta, _) | (_, Kind::Datetime | Kind::Timedelta) => {
                Err(none())
            }
            _ => Ok(Bytes(n)),
        };
    }
    match (a, b) {
        (Timedelta(_), other) | (other, Timedelta(_)) if other.is_integral() => {
            return Ok(if ka == Kind::Timedelta { a.clone() } else { b.clone() });
        }
        (Datetime(x), Timedelta(y)) | (Timedelta(y), Datetime(x)) => {
            return x.common(*y, true).map(Datetime).ok_or_else(none);
        }
        _ => {}
    }
    if let (Void(x), Void(y)) = (a, b) {
        return if x == y { Ok(Void(*x)) } else { Err(none()) };
    }
    if !a.is_number() || !b.is_number() {
        return Err(none());
    }
    let (low, high) = if (ka, a.size()) <= (kb, b.size()) { (a, b) } else { (b, a) };
    let low_kind = low.kind();
    Ok(match high.kind() {
        Kind::Bool => Bool,
        Kind::Unsigned => match low_kind {
            Kind::Bool => high.clone(),
            _ => unsigned(low.size().max(high.size())),
        },
        Kind::Signed => match low_kind {
            Kind::Bool => high.clone(),
            Kind::Signed => signed(low.size().max(high.size())),
            _ if low.size() < high.size() => high.clone(),
            _ if low.size() < 8 => signed(2 * low.size()),
            _ => Float64,
        },
        Kind::Float => float(float_size(low).max(high.size())),
        _ => match float_size(low).max(high.size() / 2) {
            8 => Complex128,
            _ => Complex64,
        },
    })
}

fn promote_structs(x: &Struct, y: &Struct) -> Option<DType> {
    if x.fields.len() != y.fields.len() {
        return None;
    }
    let fields = x
        .fields
        .iter()
        .zip(&y.fields)
        .map(|(f, g)| {
            let same = f.name == g.name && f.shape == g.shape;
            let dtype = promote(&f.dtype, &g.dtype).ok().filter(|_| same)?;
            Some((f.name.clone(), dtype, f.shape.clone()))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(DType::Struct(Arc::new(Struct::packed(fields))))
}

/// Bytes of the float that holds a real type's values (half for 8 bits, …).
fn float_size(d: &DType) -> usize {
    match d.kind() {
        Kind::Bool => 2,
        Kind::Unsigned | Kind::Signed => match d.size() {
            1 => 2,
            2 => 4,
            _ => 8,
        },
        Kind::Complex => d.size() / 2,
        _ => d.size(),
    }
}

/// The signed integer of so many bytes.
pub fn signed(size: usize) -> DType {
    match size {
        1 => DType::Int8,
        2 => DType::Int16,
        4 => DType::Int32,
        _ => DType::Int64,
    }
}

/// The unsigned integer of so many bytes.
pub fn unsigned(size: usize) -> DType {
    match size {
        1 => DType::UInt8,
        2 => DType::UInt16,
        4 => DType::UInt32,
        _ => DType::UInt64,
    }
}

/// The float of so many bytes.
pub fn float(size: usize) -> DType {
    match size {
        2 => DType::Float16,
        4 => DType::Float32,
        _ => DType::Float64,
    }
}

/// NumPy's class of a dtype, as its messages name it.
pub fn class_name(d: &DType) -> &'static str {
    use DType::*;
    match d {
        Bool => "BoolDType",
        Int8 => "Int8DType",
        Int16 => "Int16DType",
        Int32 => "Int32DType",
        Int64 => "Int64DType",
        UInt8 => "UInt8DType",
        UInt16 => "UInt16DType",
        UInt32 => "UInt32DType",
        UInt64 => "UInt64DType",
        Float16 => "Float16DType",
        Float32 => "Float32DType",
        Float64 => "Float64DType",
        Complex64 => "Complex64DType",
        Complex128 => "Complex128DType",
        Str(_) => "StrDType",
        Bytes(_) => "BytesDType",
        Datetime(_) => "DateTime64DType",
        Timedelta(_) => "TimeDelta64DType",
        Void(_) | Struct(_) => "VoidDType",
        Object => "ObjectDType",
    }
}

/// Python's numbers, which take the dtype of the arrays that they meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Weak {
    Int,
    Float,
    Complex,
}

/// The dtype of an array where it meets a Python number: the number's kind counts, not its size.
pub fn with_weak(dtype: &DType, weak: Weak) -> DType {
    match (dtype.kind(), weak) {
        (Kind::Bool, Weak::Int) => DType::Int64,
        (Kind::Bool | Kind::Signed | Kind::Unsigned, Weak::Float) => DType::Float64,
        (Kind::Bool | Kind::Signed | Kind::Unsigned, Weak::Complex) => DType::Complex128,
        (Kind::Float, Weak::Complex) => match dtype {
            DType::Float64 => DType::Complex128,
            _ => DType::Complex64,
        },
        _ => dtype.clone(),
    }
}

/// The dtype of a Python number alone.
pub fn weak_default(weak: Weak) -> DType {
    match weak {
        Weak::Int => DType::Int64,
        Weak::Float => DType::Float64,
        Weak::Complex => DType::Complex128,
    }
}

/// Whether elements may be cast under a rule, as `np.can_cast`.
pub fn can_cast(from: &DType, to: &DType, casting: Casting) -> bool {
    if from == to || casting == Casting::Unsafe {
        return true;
    }
    if casting <= Casting::Equiv {
        return false;
    }
    if safe(from, to) {
        return true;
    }
    if casting == Casting::Safe {
        return false;
    }
    // same_kind
    match (from.kind(), to.kind()) {
        (Kind::Str, Kind::Str) | (Kind::Bytes, Kind::Bytes) => true,
        (Kind::Bytes, Kind::Str) => true,
        (Kind::Datetime, Kind::Datetime) => true,
        (Kind::Timedelta, Kind::Timedelta) => match (from, to) {
            (DType::Timedelta(a), DType::Timedelta(b)) => {
                a.is_calendar() == b.is_calendar() || a.is_generic() || b.is_generic()
            }
            _ => true,
        },
        (Kind::Unsigned | Kind::Signed, Kind::Timedelta) => true,
        (Kind::Void, Kind::Void) => match (from, to) {
            (DType::Struct(a), DType::Struct(b)) => fields_cast(a, b, casting),
            _ => true,
        },
        (a, b) if a <= Kind::Complex && b <= Kind::Complex => {
            let rank = |k: Kind| match k {
                Kind::Bool => 0,
                Kind::Unsigned => 1,
                Kind::Signed => 2,
                Kind::Float => 3,
                _ => 4,
            };
            rank(a) <= rank(b)
        }
        _ => false,
    }
}

fn fields_cast(a: &Struct, b: &Struct, casting: Casting) -> bool {
    let one =
        |(f, g): (&Field, &Field)| f.shape == g.shape && can_cast(&f.dtype, &g.dtype, casting);
    a.fields.len() == b.fields.len() && a.fields.iter().zip(&b.fields).all(one)
}

fn safe(from: &DType, to: &DType) -> bool {
    match (from, to) {
        (_, DType::Object) => true,
        (DType::Str(a), DType::Str(b)) | (DType::Bytes(a), DType::Bytes(b)) => a <= b || *b == 0,
        (DType::Bytes(a), DType::Str(b)) => a <= b || *b == 0,
        (d, DType::Str(n) | DType::Bytes(n)) if d.is_number() || d.is_time() => {
            *n == 0 || text_width(d).is_some_and(|w| w <= *n)
        }
        (DType::Datetime(a), DType::Datetime(b)) => {
            a.is_generic() || (!b.is_generic() && a.common(*b, true) == Some(*b))
        }
        (DType::Timedelta(a), DType::Timedelta(b)) => {
            a.is_generic() || (!b.is_generic() && a.common(*b, false) == Some(*b))
        }
        (d, DType::Timedelta(_)) => d.is_integral() && *d != DType::UInt64,
        (DType::Struct(a), DType::Struct(b)) => fields_cast(a, b, Casting::Safe),
        (a, b) if a.is_number() && b.is_number() => promote(a, b).as_ref() == Ok(b),
        _ => false,
    }
}
