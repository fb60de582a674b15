//! A 1-D array as a line: values over their index, with ticks, and the least and the greatest
//! value named. Where there are more values than columns of pixels, each column is the span from
//! its least to its greatest value, so that no peak is lost. NaN and infinities are gaps.

use super::image::{Picture, doubles};
use super::pieces::{PIECE, Pace, ordered};
use crate::array::lazy::Array;
use crate::array::{Context, Result};

/// The picture's size, and where in it the plot is.
const SIZE: [usize; 2] = [1280, 640];
const LEFT: usize = 110;
const TOP: usize = 40;
const PLOT: [usize; 2] = [1140, 550];

const PAPER: [u8; 3] = [255, 255, 255];
const INK: [u8; 3] = [60, 60, 60];
const PALE: [u8; 3] = [225, 225, 225];
const LINE: [u8; 3] = [0x2C, 0x60, 0x9E];

/// The values of one column of pixels.
#[derive(Debug, Clone, Copy)]
struct Bin {
    least: f64,
    greatest: f64,
    first: f64,
    last: f64,
}

const EMPTY: Bin =
    Bin { least: f64::INFINITY, greatest: f64::NEG_INFINITY, first: f64::NAN, last: f64::NAN };

impl Bin {
    fn one(x: f64) -> Bin {
        match x.is_finite() {
            true => Bin { least: x, greatest: x, first: x, last: x },
            false => EMPTY,
        }
    }

    /// Both, this one's values first.
    fn then(self, next: Bin) -> Bin {
        match (self.is_empty(), next.is_empty()) {
            (true, _) => next,
            (_, true) => self,
            _ => Bin {
                least: self.least.min(next.least),
                greatest: self.greatest.max(next.greatest),
                first: self.first,
                last: next.last,
            },
        }
    }

    fn is_empty(&self) -> bool {
        self.least > self.greatest
    }
}

/// Draws the array.
///
/// # Errors
/// As reading.
pub fn draw(array: &Array, what: &str, cx: &Context) -> Result<Picture> {
    let n = array.len();
    let bins = n.min(PLOT[0]);
    let bin = |i: usize| (i as u128 * bins as u128 / n as u128) as usize;
    let mut columns = vec![EMPTY; bins];
    // values are drawn as they come: a piece gives a few bins
    let pace = Pace { what: what.to_string(), result: 8.0, rows: false, piece: PIECE };
    ordered(
        array,
        &pace,
        cx,
        |first, block| {
            let mut found: Vec<(usize, Bin)> = Vec::new();
            for (i, x) in doubles(&block).into_iter().enumerate() {
                let at = bin(first + i);
                match found.last_mut() {
                    Some((b, sum)) if *b == at => *sum = sum.then(Bin::one(x)),
                    _ => found.push((at, Bin::one(x))),
                }
            }
            Ok(found)
        },
        |found| {
            for (at, sum) in found {
                columns[at] = columns[at].then(sum);
            }
            Ok(())
        },
    )?;
    Ok(picture(&columns, n))
}

fn picture(columns: &[Bin], n: usize) -> Picture {
    let all = columns.iter().fold(EMPTY, |a, b| a.then(*b));
    let (least, greatest) = match all.is_empty() {
        true => (0.0, 1.0),
        false => (all.least, all.greatest),
    };
    let pad = match greatest / 2.0 - least / 2.0 {
        0.0 => (least.abs() * 0.1).max(0.5),
        half => half * 0.1,
    };
    let (low, high) = (least - pad, greatest + pad);
    let mut canvas = Canvas { pixels: PAPER.repeat(SIZE[0] * SIZE[1]) };
    let y = |v: f64| {
        let t = (v / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
        TOP as f64 + (1.0 - t) * (PLOT[1] - 1) as f64
    };
    let last = (n.max(2) - 1) as f64;
    let x = |i: f64| LEFT as f64 + i / last * (PLOT[0] - 1) as f64;
    for v in ticks(low, high) {
        let at = y(v).round() as usize;
        canvas.bar(LEFT, at, PLOT[0], 1, PALE);
        let label = number(v, low, high);
        canvas.text(LEFT.saturating_sub(10 + width(&label)), at.saturating_sub(7), &label);
    }
    for i in ticks(0.0, (n - 1) as f64).into_iter().filter(|i| i.fract() == 0.0) {
        let (at, label) = (x(i).round() as usize, format!("{i}"));
        canvas.bar(at, TOP, 1, PLOT[1], PALE);
        let left = at.saturating_sub(width(&label) / 2).min(SIZE[0] - width(&label));
        canvas.text(left, TOP + PLOT[1] + 12, &label);
    }
    canvas.bar(LEFT, TOP, 1, PLOT[1], INK);
    canvas.bar(LEFT, TOP + PLOT[1], PLOT[0], 1, INK);
    let summary = match all.is_empty() {
        true => format!("n {n}  nan"),
        false => format!("n {n}  min {least:?}  max {greatest:?}"),
    };
    canvas.text(LEFT, 14, &summary);
    // where fewer values than columns of pixels are, a bin is a value
    let middle = |i: usize| match columns.len() == n {
        true => x(i as f64),
        false => LEFT as f64 + i as f64,
    };
    let mut before: Option<(f64, f64)> = None;
    for (i, bin) in columns.iter().enumerate() {
        if bin.is_empty() {
            before = None;
            continue;
        }
        if let Some(from) = before {
            canvas.line(from, (middle(i), y(bin.first)));
        }
        canvas.line((middle(i), y(bin.least)), (middle(i), y(bin.greatest)));
        before = Some((middle(i), y(bin.last)));
    }
    Picture { width: SIZE[0], height: SIZE[1], channels: 3, pixels: canvas.pixels }
}

/// Round numbers within a range: 1, 2 or 5 times a power of ten apart.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let raw = (high - low) / 6.0;
    if !(raw.is_finite() && raw > 0.0) {
        return vec![low];
    }
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= raw);
    let step = step.unwrap_or(raw);
    let first = (low / step).ceil();
    (0..20).map(|k| (first + f64::from(k)) * step).take_while(|v| *v <= high).collect()
}

/// A tick's value, with the digits that tell it from its neighbours.
fn number(v: f64, low: f64, high: f64) -> String {
    let size = low.abs().max(high.abs());
    let places = (-((high - low) / 6.0).log10().floor()).clamp(0.0, 12.0) as usize;
    if v == 0.0 {
        "0".into()
    } else if (1e-4..1e6).contains(&size) {
        format!("{v:.places$}")
    } else {
        format!("{v:.2e}")
    }
}

struct Canvas {
    pixels: Vec<u8>,
}

impl Canvas {
    fn dot(&mut self, x: usize, y: usize, colour: [u8; 3]) {
        if x < SIZE[0] && y < SIZE[1] {
            let at = (y * SIZE[0] + x) * 3;
            self.pixels[at..at + 3].copy_from_slice(&colour);
        }
    }

    fn bar(&mut self, x: usize, y: usize, width: usize, height: usize, colour: [u8; 3]) {
        for row in y..y + height {
            (x..x + width).for_each(|column| self.dot(column, row, colour));
        }
    }

    /// A line two pixels thick.
    fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).ceil().clamp(1.0, 4000.0);
        for i in 0..=steps as usize {
            let t = i as f64 / steps;
            let (x, y) = ((from.0 + dx * t).round(), (from.1 + dy * t).round());
            if x >= 0.0 && y >= 0.0 {
                self.bar(x as usize, y as usize, 2, 2, LINE);
            }
        }
    }

    fn text(&mut self, x: usize, y: usize, text: &str) {
        for (i, c) in text.chars().enumerate() {
            for (row, bits) in glyph(c).into_iter().enumerate() {
                for column in (0..5).filter(|k| bits >> (4 - k) & 1 == 1) {
                    self.bar(x + 12 * i + 2 * column, y + 2 * row, 2, 2, INK);
                }
            }
        }
    }
}

/// Pixels that a text takes.
fn width(text: &str) -> usize {
    12 * text.len()
}

/// The letters that numbers and their names need: seven rows of five bits.
fn glyph(c: char) -> [u8; 7] {
    match c {
        '0' => [0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E],
        '1' => [0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E],
        '2' => [0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F],
        '3' => [0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E],
        '4' => [0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02],
        '5' => [0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E],
        '6' => [0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E],
        '7' => [0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
        '8' => [0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E],
        '9' => [0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C],
        '-' => [0x00, 0x00, 0x00, 0x1F, 0x00, 0x00, 0x00],
        '+' => [0x00, 0x04, 0x04, 0x1F, 0x04, 0x04, 0x00],
        '.' => [0x00, 0x00, 0x00, 0x00, 0x00, 0x0C, 0x0C],
        'a' => [0x00, 0x00, 0x0E, 0x01, 0x0F, 0x11, 0x0F],
        'e' => [0x00, 0x00, 0x0E, 0x11, 0x1F, 0x10, 0x0E],
        'i' => [0x04, 0x00, 0x0C, 0x04, 0x04, 0x04, 0x0E],
        'm' => [0x00, 0x00, 0x1A, 0x15, 0x15, 0x15, 0x15],
        'n' => [0x00, 0x00, 0x1E, 0x11, 0x11, 0x11, 0x11],
        'x' => [0x00, 0x00, 0x11, 0x0A, 0x04, 0x0A, 0x11],
        _ => [0; 7],
    }
}
