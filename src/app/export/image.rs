//! `.png`: a picture of the data.
//!
//! A 1-D array is a plot ([`super::plot`]). A 2-D array is an image, first row on top, one pixel
//! an element, in colours from dark blue (the least) to yellow (the greatest finite value); NaN is
//! transparent. An array of uint8 with 3 or 4 channels is the picture that it holds. What is more
//! than [`SIDE`] pixels high or wide is reduced to block means; a small array is enlarged by whole
//! pixels. Complex numbers are drawn by their magnitude; axes of length 1 are let go.

use std::io::Write;

use bytemuck::Pod;
use half::f16;
use num_complex::Complex;
use num_traits::AsPrimitive;

use super::plot;
use super::target::{Target, shown};
use crate::array::block::Block;
use crate::array::error::Kind;
use crate::array::lazy::{Array, for_runs};
use crate::array::reshape::reshape;
use crate::array::run::{Order, parallel, units};
use crate::array::{Context, DType, Error, Result};
use crate::numpy::convert::as_array;
use crate::numpy::value::Value;

/// Pixels of a side of an image, at most.
const SIDE: usize = 1600;
/// A smaller image is enlarged up to this.
const SMALL: usize = 512;

/// The colour map: colours at equal distances, after matplotlib's viridis.
const COLOURS: [[u8; 3]; 9] = [
    [0x44, 0x01, 0x54],
    [0x47, 0x2D, 0x7B],
    [0x3B, 0x52, 0x8B],
    [0x2C, 0x72, 0x8E],
    [0x21, 0x91, 0x8C],
    [0x28, 0xAE, 0x80],
    [0x5E, 0xC9, 0x62],
    [0xAD, 0xDC, 0x30],
    [0xFD, 0xE7, 0x25],
];

/// A picture: so many bytes a pixel, row by row.
pub struct Picture {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 3 for RGB, 4 for RGBA.
    pub channels: usize,
    /// The bytes.
    pub pixels: Vec<u8>,
}

/// Draws a value.
///
/// # Errors
/// As [`super::write`].
pub fn write(value: &Value, target: &Target, cx: &Context) -> Result<()> {
    let mut array = as_array(value, cx)?;
    let colours = array.ndim() == 3
        && *array.dtype() == DType::UInt8
        && matches!(array.shape().last(), Some(3 | 4));
    if !colours && array.ndim() > 2 {
        let shape: Vec<usize> = array.shape().iter().copied().filter(|n| *n != 1).collect();
        array = reshape(&array, shape);
    }
    let refuse = |kind, why: &str| Err(target.refuse(kind, why));
    if !(array.dtype().is_number() || array.dtype().is_time()) {
        return refuse(Kind::TypeError, &format!("{} can't be drawn", array.dtype()));
    }
    if array.is_empty() {
        return refuse(Kind::ValueError, "an empty array can't be drawn");
    }
    let what = format!("drawing {}", shown(target.path()));
    let picture = match (colours, array.ndim()) {
        (true, _) => photograph(&array, &what, cx)?,
        (_, 1) => plot::draw(&array, &what, cx)?,
        (_, 2) => image(&array, &what, cx)?,
        (_, n) => {
            let why = format!("a picture is of 1-D or 2-D data, and this has {n} axes");
            return refuse(Kind::ValueError, &why);
        }
    };
    encode(&picture, target)
}

fn encode(picture: &Picture, target: &Target) -> Result<()> {
    let failed = |e: png::EncodingError| match e {
        png::EncodingError::IoError(e) => Error::from(e),
        other => Error::os(format!("{}: {other}", shown(target.path()))),
    };
    let mut out = target.stream();
    let mut encoder = png::Encoder::new(&mut out, picture.width as u32, picture.height as u32);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_color(match picture.channels {
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Rgba,
    });
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&picture.pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    out.flush().map_err(Error::from)
}

/// Means of blocks of an array's first two axes; NaN is not counted.
struct Means {
    /// Elements that a pixel stands for, along both axes.
    factor: [usize; 2],
    /// Pixels along both axes, and channels.
    size: [usize; 3],
    means: Vec<f64>,
}

/// Sums and counts of the pixels `from..from + size` along both axes.
struct Part {
    from: [usize; 2],
    size: [usize; 2],
    sums: Vec<(f64, u32)>,
}

fn means(array: &Array, what: &str, cx: &Context) -> Result<Means> {
    array.prepare(cx)?;
    let (height, width) = (array.shape()[0], array.shape()[1]);
    let channels = array.shape().get(2).copied().unwrap_or(1);
    // a sum and a count for each pixel are to fit into the limit
    let mut side = SIDE;
    while side > 200 && side * side * channels * 16 > cx.settings().memory / 3 {
        side /= 2;
    }
    let factor = [height.div_ceil(side), width.div_ceil(side)];
    let size = [height.div_ceil(factor[0]), width.div_ceil(factor[1]), channels];
    let mut sums = vec![(0.0f64, 0u32); size.iter().product()];
    let units = units(array, cx);
    cx.begin(what, array.len() as u64);
    parallel(
        cx,
        units.len(),
        // added in order: the same picture whatever the threads do
        Order::Kept,
        |i| {
            let region = units.region(i);
            let block = array.read(&region, cx)?;
            let values = doubles(&block);
            let at = |axis: usize, i: usize| (region[axis].start + i) / factor[axis];
            let from = [at(0, 0), at(1, 0)];
            let size =
                [at(0, region[0].len - 1) + 1 - from[0], at(1, region[1].len - 1) + 1 - from[1]];
            let mut sums = vec![(0.0, 0); size[0] * size[1] * channels];
            let channel = region.get(2).map_or(0, |s| s.start);
            for_runs(block.shape(), |first, index, n| {
                for (k, x) in values[first..first + n].iter().enumerate() {
                    let (column, c) = match index.len() {
                        3 => (index[1], channel + k),
                        _ => (k, 0),
                    };
                    let row = at(0, index[0]) - from[0];
                    let column = at(1, column) - from[1];
                    if !x.is_nan() {
                        let sum: &mut (f64, u32) =
                            &mut sums[(row * size[1] + column) * channels + c];
                        sum.0 += x;
                        sum.1 += 1;
                    }
                }
            });
            Ok((block.len(), Part { from, size, sums }))
        },
        |_, (n, part)| {
            cx.advance(n as u64);
            let row = part.size[1] * channels;
            for (r, line) in part.sums.chunks_exact(row).enumerate() {
                let to = ((part.from[0] + r) * size[1] + part.from[1]) * channels;
                for (total, sum) in sums[to..to + row].iter_mut().zip(line) {
                    total.0 += sum.0;
                    total.1 += sum.1;
                }
            }
            Ok(())
        },
    )?;
    let means = sums.into_iter().map(|(sum, n)| if n == 0 { f64::NAN } else { sum / f64::from(n) });
    Ok(Means { factor, size, means: means.collect() })
}

/// An image in colours.
fn image(array: &Array, what: &str, cx: &Context) -> Result<Picture> {
    let means = means(array, what, cx)?;
    let finite = || means.means.iter().copied().filter(|x| x.is_finite());
    let (least, greatest) =
        (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let [height, width, _] = means.size;
    let zoom = match means.factor {
        [1, 1] => (SMALL / height.max(width)).clamp(1, 16),
        _ => 1,
    };
    let mut pixels = Vec::with_capacity(height * width * zoom * zoom * 4);
    for row in means.means.chunks_exact(width) {
        let from = pixels.len();
        for x in row {
            let pixel = colour(*x, least, greatest);
            (0..zoom).for_each(|_| pixels.extend(pixel));
        }
        let line = from..pixels.len();
        (1..zoom).for_each(|_| pixels.extend_from_within(line.clone()));
    }
    Ok(Picture { width: width * zoom, height: height * zoom, channels: 4, pixels })
}

fn colour(x: f64, least: f64, greatest: f64) -> [u8; 4] {
    if x.is_nan() {
        return [0, 0, 0, 0];
    }
    // halves, so that the difference of the largest numbers is one
    let range = greatest / 2.0 - least / 2.0;
    let t = match () {
        _ if x == f64::INFINITY => 1.0,
        _ if x == f64::NEG_INFINITY => 0.0,
        _ if range > 0.0 => ((x / 2.0 - least / 2.0) / range).clamp(0.0, 1.0),
        _ => 0.5,
    };
    let place = t * (COLOURS.len() - 1) as f64;
    let i = (place as usize).min(COLOURS.len() - 2);
    let part = place - i as f64;
    let mix = |c: usize| {
        let (a, b) = (f64::from(COLOURS[i][c]), f64::from(COLOURS[i + 1][c]));
        (a + (b - a) * part).round() as u8
    };
    [mix(0), mix(1), mix(2), 255]
}

/// The picture that an array of bytes holds.
fn photograph(array: &Array, what: &str, cx: &Context) -> Result<Picture> {
    let means = means(array, what, cx)?;
    let [height, width, channels] = means.size;
    let pixels = means.means.iter().map(|x| x.round() as u8).collect();
    Ok(Picture { width, height, channels, pixels })
}

/// A block's elements as doubles: complex numbers by magnitude, times as counts, NaT as NaN.
pub fn doubles(block: &Block) -> Vec<f64> {
    fn of<T: Pod + AsPrimitive<f64>>(block: &Block) -> Vec<f64> {
        block.typed::<T>().iter().map(|x| x.as_()).collect()
    }
    match block.dtype() {
        DType::Int8 => of::<i8>(block),
        DType::Int16 => of::<i16>(block),
        DType::Int32 => of::<i32>(block),
        DType::Int64 => of::<i64>(block),
        DType::Bool | DType::UInt8 => of::<u8>(block),
        DType::UInt16 => of::<u16>(block),
        DType::UInt32 => of::<u32>(block),
        DType::UInt64 => of::<u64>(block),
        DType::Float16 => block.typed::<f16>().iter().map(|x| x.to_f64()).collect(),
        DType::Float32 => of::<f32>(block),
        DType::Float64 => of::<f64>(block),
        DType::Complex64 => {
            let length = |z: &Complex<f32>| f64::from(z.re).hypot(f64::from(z.im));
            block.typed::<Complex<f32>>().iter().map(length).collect()
        }
        DType::Complex128 => {
            block.typed::<Complex<f64>>().iter().map(|z| z.re.hypot(z.im)).collect()
        }
        DType::Datetime(_) | DType::Timedelta(_) => block
            .typed::<i64>()
            .iter()
            .map(|n| if *n == i64::MIN { f64::NAN } else { *n as f64 })
            .collect(),
        _ => vec![f64::NAN; block.len()],
    }
}
