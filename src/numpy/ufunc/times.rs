//! Arithmetic of dates and differences of dates: loops and kernels. NaT makes NaT.

use super::{Loop, Ufunc, plain2};
use crate::array::DType;
use crate::array::Result;
use crate::array::elementwise::Kernel;
use crate::array::error::{Error, Kind};
use crate::array::promote::promote;

const NAT: i64 = i64::MIN;

fn refused(ufunc: &Ufunc, dtypes: &[DType]) -> Error {
    let names: Vec<String> = dtypes.iter().map(crate::array::cast::described).collect();
    Error::new(
        Kind::UFuncTypeError,
        format!(
            "ufunc '{}' cannot use operands with types {}",
            ufunc.names[0],
            names.join(" and ")
        ),
    )
}

/// The loop for operands among which are dates or differences; none where the general rule holds.
///
/// # Errors
/// UFuncTypeError where the function takes no such operands.
pub fn resolve(ufunc: &Ufunc, dtypes: &[DType]) -> Result<Option<Loop>> {
    use DType::{Bool, Datetime, Float64, Int64, Timedelta};
    let name = ufunc.names[0];
    let made = |ins: Vec<DType>, out: DType| Ok(Some(Loop { ins, outs: vec![out] }));
    if let [one] = dtypes {
        return match (name, one) {
            ("isnan" | "isinf" | "isfinite" | "isnat", _) => made(vec![one.clone()], Bool),
            ("negative" | "positive" | "absolute" | "sign", Timedelta(_)) => {
                made(vec![one.clone()], one.clone())
            }
            _ if ufunc.strict => Err(super::no_loop(ufunc, dtypes)),
            _ => Ok(None),
        };
    }
    let [a, b] = dtypes else { return Ok(None) };
    if a.is_string()
        || b.is_string()
        || matches!(a, DType::Struct(_))
        || matches!(b, DType::Struct(_))
    {
        return Ok(None);
    }
    let common = || promote(a, b).map_err(|_| refused(ufunc, dtypes));
    let difference = |d: &DType| match d {
        Datetime(u) => Timedelta(*u),
        other => other.clone(),
    };
    match (name, a, b) {
        ("logical_and" | "logical_or" | "logical_xor", ..) => made(vec![Bool, Bool], Bool),
        ("equal" | "not_equal" | "less" | "less_equal" | "greater" | "greater_equal", ..) => {
            if a.kind() == b.kind() {
                let c = common()?;
                return made(vec![c.clone(), c], Bool);
            }
            // a difference and a whole number are compared as differences
            match (a, b) {
                (Datetime(_), Timedelta(_)) | (Timedelta(_), Datetime(_)) => {
                    Err(refused(ufunc, dtypes))
                }
                _ => Err(super::no_loop(ufunc, dtypes)),
            }
        }
        ("maximum" | "minimum" | "fmax" | "fmin", ..)
            if a.kind() == b.kind()
                || (a.is_integral() && matches!(b, Timedelta(_)))
                || (b.is_integral() && matches!(a, Timedelta(_))) =>
        {
            let c = common()?;
            made(vec![c.clone(), c.clone()], c)
        }
        ("add", Datetime(_), Timedelta(_)) => {
            let c = common()?;
            made(vec![c.clone(), difference(&c)], c)
        }
        ("add", Timedelta(_), Datetime(_)) => {
            let c = common()?;
            made(vec![difference(&c), c.clone()], c)
        }
        ("add" | "subtract", Datetime(u), d) if d.is_integral() => {
            made(vec![a.clone(), Timedelta(*u)], a.clone())
        }
        ("add", d, Datetime(u)) if d.is_integral() => {
            made(vec![Timedelta(*u), b.clone()], b.clone())
        }
        ("subtract", Datetime(_), Datetime(_)) => {
            let c = common()?;
            made(vec![c.clone(), c.clone()], difference(&c))
        }
        ("subtract", Datetime(_), Timedelta(_)) => {
            let c = common()?;
            made(vec![c.clone(), difference(&c)], c)
        }
        ("add" | "subtract", Timedelta(_), Timedelta(_)) => {
            let c = common()?;
            made(vec![c.clone(), c.clone()], c)
        }
        ("add" | "subtract", Timedelta(_), d) if d.is_integral() => {
            made(vec![a.clone(), a.clone()], a.clone())
        }
        ("add" | "subtract", d, Timedelta(_)) if d.is_integral() => {
            made(vec![b.clone(), b.clone()], b.clone())
        }
        ("multiply", Timedelta(_), d) if d.is_integral() => made(vec![a.clone(), Int64], a.clone()),
        ("multiply", d, Timedelta(_)) if d.is_integral() => made(vec![Int64, b.clone()], b.clone()),
        ("multiply", Timedelta(_), DType::Float16 | DType::Float32 | Float64) => {
            made(vec![a.clone(), Float64], a.clone())
        }
        ("multiply", DType::Float16 | DType::Float32 | Float64, Timedelta(_)) => {
            made(vec![Float64, b.clone()], b.clone())
        }
        ("divide", Timedelta(_), Timedelta(_)) => {
            let c = common()?;
            made(vec![c.clone(), c], Float64)
        }
        ("divide" | "floor_divide", Timedelta(_), d) if d.is_integral() => {
            made(vec![a.clone(), Int64], a.clone())
        }
        ("divide" | "floor_divide", Timedelta(_), DType::Float16 | DType::Float32 | Float64) => {
            made(vec![a.clone(), Float64], a.clone())
        }
        ("floor_divide", Timedelta(_), Timedelta(_)) => {
            let c = common()?;
            made(vec![c.clone(), c], Int64)
        }
        ("remainder", Timedelta(_), Timedelta(_)) => {
            let c = common()?;
            made(vec![c.clone(), c.clone()], c)
        }
        ("divmod", Timedelta(_), Timedelta(_)) => {
            let c = common()?;
            Ok(Some(Loop { ins: vec![c.clone(), c.clone()], outs: vec![Int64, c] }))
        }
        (
            "add" | "subtract" | "multiply" | "divide" | "floor_divide" | "remainder" | "divmod"
            | "maximum" | "minimum" | "fmax" | "fmin",
            ..,
        ) => Err(refused(ufunc, dtypes)),
        _ if ufunc.strict => Err(super::no_loop(ufunc, dtypes)),
        _ => Err(super::no_loop(ufunc, dtypes)),
    }
}

fn both(a: i64, b: i64, f: impl Fn(i64, i64) -> i64) -> i64 {
    if a == NAT || b == NAT { NAT } else { f(a, b) }
}

/// `add`.
pub fn add(l: &Loop) -> Option<Kernel> {
    l.ins[0].is_time().then(|| plain2(|a: i64, b: i64| both(a, b, i64::wrapping_add)))
}

/// `subtract`.
pub fn subtract(l: &Loop) -> Option<Kernel> {
    l.ins[0].is_time().then(|| plain2(|a: i64, b: i64| both(a, b, i64::wrapping_sub)))
}

fn rounded(x: f64) -> i64 {
    if x.is_nan() { NAT } else { crate::array::cast::Number::to_i64(x) }
}

/// `multiply`.
pub fn multiply(l: &Loop) -> Option<Kernel> {
    Some(match (&l.ins[0], &l.ins[1]) {
        (DType::Timedelta(_), DType::Int64) => {
            plain2(|a: i64, b: i64| if a == NAT { NAT } else { a.wrapping_mul(b) })
        }
        (DType::Int64, DType::Timedelta(_)) => {
            plain2(|a: i64, b: i64| if b == NAT { NAT } else { a.wrapping_mul(b) })
        }
        (DType::Timedelta(_), _) => {
            plain2(|a: i64, b: f64| if a == NAT { NAT } else { rounded(a as f64 * b) })
        }
        _ => plain2(|a: f64, b: i64| if b == NAT { NAT } else { rounded(a * b as f64) }),
    })
}

/// `divide`.
pub fn divide(l: &Loop) -> Option<Kernel> {
    Some(match (&l.ins[0], &l.ins[1]) {
        (DType::Timedelta(_), DType::Timedelta(_)) => {
            plain2(
                |a: i64, b: i64| {
                    if a == NAT || b == NAT { f64::NAN } else { a as f64 / b as f64 }
                },
            )
        }
        (DType::Timedelta(_), DType::Int64) => {
            plain2(|a: i64, b: i64| if a == NAT || b == 0 { NAT } else { a.wrapping_div(b) })
        }
        _ => plain2(|a: i64, b: f64| if a == NAT { NAT } else { rounded(a as f64 / b) }),
    })
}

/// `floor_divide`.
pub fn floor_divide(l: &Loop) -> Option<Kernel> {
    Some(match (&l.ins[0], &l.ins[1]) {
        (DType::Timedelta(_), DType::Timedelta(_)) => {
            plain2(
                |a: i64, b: i64| {
                    if a == NAT || b == NAT { 0 } else { super::arithmetic::int_divmod(a, b).0 }
                },
            )
        }
        (DType::Timedelta(_), DType::Int64) => {
            plain2(
                |a: i64, b: i64| {
                    if a == NAT || b == 0 { NAT } else { super::arithmetic::int_divmod(a, b).0 }
                },
            )
        }
        _ => plain2(|a: i64, b: f64| if a == NAT { NAT } else { rounded(a as f64 / b) }),
    })
}

/// `remainder`.
pub fn remainder(_: &Loop) -> Option<Kernel> {
    Some(plain2(|a: i64, b: i64| {
        if a == NAT || b == NAT || b == 0 { NAT } else { super::arithmetic::int_divmod(a, b).1 }
    }))
}
