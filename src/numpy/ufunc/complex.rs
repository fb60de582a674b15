//! Complex arithmetic and functions, as NumPy (C99) computes them, infinities apart.

use num_complex::Complex;
use num_traits::Float;

/// The product, as C writes it out.
pub fn multiply<F: Float>(a: Complex<F>, b: Complex<F>) -> Complex<F> {
    Complex::new(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
}

/// The quotient by Smith's method, which NumPy uses.
pub fn divide<F: Float>(a: Complex<F>, b: Complex<F>) -> Complex<F> {
    let (re, im) = (b.re.abs(), b.im.abs());
    if re >= im {
        if re.is_zero() && im.is_zero() {
            return Complex::new(a.re / re, a.im / re);
        }
        let ratio = b.im / b.re;
        let scale = F::one() / (b.re + b.im * ratio);
        Complex::new((a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale)
    } else {
        let ratio = b.re / b.im;
        let scale = F::one() / (b.im + b.re * ratio);
        Complex::new((a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale)
    }
}

/// `z / |z|`, 0 for 0.
pub fn sign<F: Float>(z: Complex<F>) -> Complex<F> {
    let size = z.re.hypot(z.im);
    let nan = F::nan();
    if z.re.is_nan() || z.im.is_nan() {
        Complex::new(nan, nan)
    } else if size.is_infinite() {
        match (z.re.is_infinite(), z.im.is_infinite()) {
            (true, true) => Complex::new(nan, nan),
            (true, false) => Complex::new(z.re.signum(), F::zero()),
            _ => Complex::new(F::zero(), z.im.signum()),
        }
    } else if size.is_zero() {
        Complex::new(F::zero(), F::zero())
    } else {
        Complex::new(z.re / size, z.im / size)
    }
}

/// A power; small whole exponents by multiplication, as NumPy.
pub fn power<F: Float>(a: Complex<F>, b: Complex<F>) -> Complex<F> {
    let (zero, one) = (F::zero(), F::one());
    if b.re.is_zero() && b.im.is_zero() {
        return Complex::new(one, zero);
    }
    if a.re.is_zero() && a.im.is_zero() {
        return if b.re > zero && b.im.is_zero() {
            Complex::new(zero, zero)
        } else {
            Complex::new(F::nan(), F::nan())
        };
    }
    if b.im.is_zero()
        && b.re.fract().is_zero()
        && let Some(n) = b.re.to_i32()
        && n.abs() < 100
    {
        let mut out = Complex::new(one, zero);
        let mut base = a;
        let mut k = n.unsigned_abs();
        while k > 0 {
            if k & 1 == 1 {
                out = multiply(out, base);
            }
            base = multiply(base, base);
            k >>= 1;
        }
        return if n < 0 { divide(Complex::new(one, zero), out) } else { out };
    }
    let log = Complex::new(a.re.hypot(a.im).ln(), a.im.atan2(a.re));
    exp(multiply(b, log))
}

/// `e^z`.
pub fn exp<F: Float>(z: Complex<F>) -> Complex<F> {
    let size = z.re.exp();
    if z.im.is_zero() {
        return Complex::new(size, z.im);
    }
    if z.re == F::neg_infinity() {
        return match z.im.is_finite() {
            true => Complex::new(F::zero() * z.im.cos(), F::zero() * z.im.sin()),
            false => Complex::new(F::zero(), F::zero()),
        };
    }
    Complex::new(size * z.im.cos(), size * z.im.sin())
}

/// The natural logarithm.
pub fn ln<F: Float>(z: Complex<F>) -> Complex<F> {
    let (x, y) = (z.re.abs(), z.im.abs());
    let size = x.hypot(y);
    // near 1 the logarithm of the size loses digits: by way of what is over 1
    let half = F::one() / (F::one() + F::one());
    let re = if size > half && size < F::one() + F::one() {
        let (large, small) = if x > y { (x, y) } else { (y, x) };
        ((large - F::one()) * (large + F::one()) + small * small).ln_1p() * half
    } else {
        size.ln()
    };
    Complex::new(re, z.im.atan2(z.re))
}

/// The square root.
pub fn sqrt<F: Float>(z: Complex<F>) -> Complex<F> {
    let (zero, two) = (F::zero(), F::one() + F::one());
    if z.re.is_zero() && z.im.is_zero() {
        return Complex::new(zero, z.im);
    }
    if z.im.is_infinite() {
        return Complex::new(F::infinity(), z.im);
    }
    if z.re.is_nan() {
        return Complex::new(z.re, F::nan());
    }
    if z.re.is_infinite() {
        let rest = if z.im.is_nan() { z.im } else { zero.copysign(z.im) };
        return if z.re > zero {
            Complex::new(z.re, rest)
        } else {
            Complex::new(rest.abs(), z.re.abs().copysign(z.im))
        };
    }
    if z.re >= zero {
        let t = ((z.re + z.re.hypot(z.im)) / two).sqrt();
        Complex::new(t, z.im / (two * t))
    } else {
        let t = ((-z.re + z.re.hypot(z.im)) / two).sqrt();
        Complex::new(z.im.abs() / (two * t), t.copysign(z.im))
    }
}

/// The sine.
pub fn sin<F: Float>(z: Complex<F>) -> Complex<F> {
    Complex::new(z.re.sin() * z.im.cosh(), z.re.cos() * z.im.sinh())
}

/// The cosine.
pub fn cos<F: Float>(z: Complex<F>) -> Complex<F> {
    Complex::new(z.re.cos() * z.im.cosh(), -(z.re.sin() * z.im.sinh()))
}

/// The hyperbolic sine.
pub fn sinh<F: Float>(z: Complex<F>) -> Complex<F> {
    Complex::new(z.re.sinh() * z.im.cos(), z.re.cosh() * z.im.sin())
}

/// The hyperbolic cosine.
pub fn cosh<F: Float>(z: Complex<F>) -> Complex<F> {
    Complex::new(z.re.cosh() * z.im.cos(), z.re.sinh() * z.im.sin())
}

/// The hyperbolic tangent.
pub fn tanh<F: Float>(z: Complex<F>) -> Complex<F> {
    let far = F::from(22).unwrap_or_else(F::one);
    if z.re.abs() > far {
        // the rest is below the last place
        let four = F::from(4).unwrap_or_else(F::one);
        let tail = four * (-(z.re.abs() + z.re.abs())).exp() * z.im.sin() * z.im.cos();
        return Complex::new(z.re.signum(), tail);
    }
    let (t, s, c) = (z.im.tan(), z.re.sinh(), z.re.cosh());
    let beta = F::one() + t * t;
    let rho = (F::one() + s * s).sqrt();
    if t.is_infinite() {
        return Complex::new(c / s, F::one() / t);
    }
    let d = F::one() + beta * s * s;
    Complex::new(beta * rho * s / d, t / d)
}

/// The tangent, by way of the hyperbolic one.
pub fn tan<F: Float>(z: Complex<F>) -> Complex<F> {
    let w = tanh(Complex::new(-z.im, z.re));
    Complex::new(w.im, -w.re)
}

/// The inverse hyperbolic sine (Kahan's formulas for the inverse functions).
pub fn asinh<F: Float>(z: Complex<F>) -> Complex<F> {
    let w = asin(Complex::new(-z.im, z.re));
    Complex::new(w.im.copysign(z.re), (-w.re).copysign(z.im))
}

/// The inverse sine.
pub fn asin<F: Float>(z: Complex<F>) -> Complex<F> {
    let one = Complex::new(F::one(), F::zero());
    let (s1, s2) = (sqrt(one - z), sqrt(one + z));
    let re = z.re.atan2((multiply(s1, s2)).re);
    let im = (multiply(s1.conj(), s2)).im.asinh();
    Complex::new(re, im)
}

/// The inverse cosine.
pub fn acos<F: Float>(z: Complex<F>) -> Complex<F> {
    let one = Complex::new(F::one(), F::zero());
    let (s1, s2) = (sqrt(one - z), sqrt(one + z));
    let two = F::one() + F::one();
    Complex::new(two * s1.re.atan2(s2.re), (multiply(s2.conj(), s1)).im.asinh())
}

/// The inverse hyperbolic cosine.
pub fn acosh<F: Float>(z: Complex<F>) -> Complex<F> {
    let one = Complex::new(F::one(), F::zero());
    let (s1, s2) = (sqrt(z - one), sqrt(z + one));
    let two = F::one() + F::one();
    Complex::new((multiply(s1.conj(), s2)).re.asinh(), two * s1.im.atan2(s2.re))
}

/// The inverse hyperbolic tangent.
pub fn atanh<F: Float>(z: Complex<F>) -> Complex<F> {
    let (one, two) = (F::one(), F::one() + F::one());
    let four = two + two;
    let (x, y) = (z.re, z.im);
    if y.is_zero() && x.abs() < one {
        return Complex::new(x.atanh(), y);
    }
    let far = (one - x) * (one - x) + y * y;
    let re = (four * x / far).ln_1p() / four;
    let im = (two * y).atan2((one - x) * (one + x) - y * y) / two;
    // on the cut the sign of zero says which side
    let im = if y.is_zero() && x > one { im.abs().copysign(y) } else { im };
    Complex::new(re, im)
}

/// The inverse tangent, by way of the hyperbolic one.
pub fn atan<F: Float>(z: Complex<F>) -> Complex<F> {
    let w = atanh(Complex::new(-z.im, z.re));
    Complex::new(w.im, -w.re)
}
