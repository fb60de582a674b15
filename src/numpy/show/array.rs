//! Arrays as text: what is shown of a large one, and the brackets, columns and lines around it.
//!
//! Only the elements that are shown are computed: of a summarised array, the corners.

use super::form::Form;
use super::options::Options;
use crate::array::block::Block;
use crate::array::dtype::{quote, tuple};
use crate::array::lazy::Span;
use crate::array::run::{put, to_block};
use crate::array::{Array, Context, DType, Error, Result, text};
use crate::numpy::nd::{Class, Nd};

/// More elements than this are only written whole where they fit into memory.
const MANY: usize = 1 << 18;

/// The elements that are shown, and which axes are cut.
struct Shown {
    block: Block,
    cut: Vec<bool>,
}

/// Reads the first `lead` and the last `trail` elements of axes longer than `longest`, and other
/// axes whole.
fn corners(
    array: &Array,
    longest: usize,
    (lead, trail): (usize, usize),
    cx: &Context,
) -> Result<Shown> {
    let cut: Vec<bool> = array.shape().iter().map(|&n| n > longest).collect();
    let axes: Vec<usize> = (0..cut.len()).filter(|&a| cut[a]).collect();
    let shape: Vec<usize> = array
        .shape()
        .iter()
        .zip(&cut)
        .map(|(&n, &cut)| if cut { lead + trail } else { n })
        .collect();
    let bytes = shape
        .iter()
        .try_fold(array.dtype().size().max(1), |n, &d| n.checked_mul(d))
        .unwrap_or(usize::MAX);
    if count_checked(&shape).is_none_or(|n| n > MANY) && !cx.fits(bytes) {
        return Err(Error::memory("the text of this array is larger than the memory limit"));
    }
    let cx = &cx.for_page();
    array.prepare(cx)?;
    let mut block = Block::zeros(array.dtype().clone(), shape.clone());
    for corner in 0..1usize << axes.len().min(usize::BITS as usize - 1) {
        cx.check()?;
        let mut from: Vec<Span> = array.shape().iter().map(|&n| Span::run(0, n)).collect();
        let mut to = from.clone();
        for (bit, &axis) in axes.iter().enumerate() {
            (from[axis], to[axis]) = match corner >> bit & 1 {
                0 => (Span::run(0, lead), Span::run(0, lead)),
                _ => (Span::run(array.shape()[axis] - trail, trail), Span::run(lead, trail)),
            };
        }
        if from.iter().all(|s| s.len > 0) {
            put(&mut block, &to, &array.read(&from, cx)?);
        }
    }
    Ok(Shown { block, cut })
}

fn count_checked(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
}

fn shown(array: &Array, options: &Options, cx: &Context) -> Result<Shown> {
    if array.len() <= options.threshold {
        if array.len() > MANY && !cx.fits(array.bytes()) {
            return Err(Error::memory("the text of this array is larger than the memory limit"));
        }
        return Ok(Shown { block: to_block(array, cx)?, cut: vec![false; array.ndim()] });
    }
    let edge = options.edgeitems;
    corners(array, 2 * edge, (edge, edge.max(1)), cx)
}

/// An array's elements in brackets, as `np.array2string` gives them. `prefix` and `suffix` are
/// how many characters stand before and after.
///
/// # Errors
/// Whatever computing the elements may meet.
pub fn array2string(
    array: &Array,
    options: &Options,
    separator: &str,
    prefix: usize,
    suffix: usize,
    cx: &Context,
) -> Result<String> {
    if array.is_empty() {
        return Ok("[]".into());
    }
    let shown = shown(array, options, cx)?;
    let form = Form::of(&shown.block, options, false);
    let lines = Lines {
        block: &shown.block,
        cut: &shown.cut,
        form: &form,
        lead: options.edgeitems,
        separator,
        cx,
    };
    lines.level(0, 0, prefix + 1, options.linewidth as isize - suffix as isize)
}

/// Elements laid out in lines.
struct Lines<'a> {
    block: &'a Block,
    cut: &'a [bool],
    form: &'a Form,
    lead: usize,
    separator: &'a str,
    cx: &'a Context,
}

/// How wide a text is.
fn width(text: &str) -> usize {
    text.chars().count()
}

impl Lines<'_> {
    /// The elements from `axis` on; `at` counts the axes before it. Lines begin `indent`
    /// characters in and are `room` long.
    fn level(&self, axis: usize, at: usize, indent: usize, room: isize) -> Result<String> {
        let shape = self.block.shape();
        let Some(&n) = shape.get(axis) else { return self.form.cell(self.block, at, self.cx) };
        self.cx.check()?;
        let after = if self.cut[axis] { Some(self.lead) } else { None };
        let child = |i: usize| self.level(axis + 1, at * n + i, indent + 1, room - 1);
        let left = shape.len() - axis;
        let hanging = " ".repeat(indent);
        let mut out = String::new();
        if left == 1 {
            let bare = width(self.separator.trim_end());
            let room = room - bare.max(1) as isize;
            let mut line = Line { done: String::new(), line: hanging.clone(), hanging, room };
            for i in 0..n {
                if i > 0 {
                    line.line.push_str(self.separator);
                }
                if after == Some(i) {
                    line.word("...");
                    line.line.push_str(self.separator);
                }
                line.words(&child(i)?);
            }
            out = line.done;
            out.push_str(&line.line);
        } else {
            let between = format!("{}{}", self.separator.trim_end(), "\n".repeat(left - 1));
            for i in 0..n {
                if i > 0 {
                    out.push_str(&between);
                }
                if after == Some(i) {
                    out.push_str(&format!("{hanging}...{between}"));
                }
                out.push_str(&hanging);
                out.push_str(&child(i)?);
            }
        }
        Ok(format!("[{}]", out.get(indent..).unwrap_or_default()))
    }
}

/// A row that is broken into lines.
struct Line {
    done: String,
    line: String,
    hanging: String,
    room: isize,
}

impl Line {
    fn end(&mut self) {
        self.done.push_str(self.line.trim_end());
        self.done.push('\n');
        self.line.clone_from(&self.hanging);
    }

    fn is_full(&self, more: usize) -> bool {
        (width(&self.line) + more) as isize > self.room && self.line.len() > self.hanging.len()
    }

    fn word(&mut self, word: &str) {
        if self.is_full(width(word)) {
            self.end();
        }
        self.line.push_str(word);
    }

    /// An element, which may have several lines of its own.
    fn words(&mut self, word: &str) {
        if !word.contains('\n') {
            return self.word(word);
        }
        let lines: Vec<&str> = word.lines().collect();
        let widest = lines.iter().map(|l| width(l)).max().unwrap_or(0);
        if self.is_full(widest) {
            self.end();
        }
        let indent = " ".repeat(width(&self.line));
        for (i, line) in lines.iter().enumerate() {
            if i > 0 {
                self.done.push_str(self.line.trim_end());
                self.done.push('\n');
                self.line.clone_from(&indent);
            }
            self.line.push_str(line);
        }
        let last = lines.last().map_or(0, |l| width(l));
        self.line.push_str(&" ".repeat(widest - last));
    }
}

/// Whether the elements' text tells the dtype.
fn is_implied(dtype: &DType) -> bool {
    matches!(dtype, DType::Int64 | DType::Float64 | DType::Complex128 | DType::Bool)
}

/// A dtype as it stands behind `dtype=`.
fn short_dtype(dtype: &DType) -> String {
    let text = dtype.to_string();
    let bare = |t: &str| t.chars().all(char::is_alphanumeric);
    match dtype {
        DType::Struct(_) => text,
        _ if bare(&text) => text,
        _ => quote(&text),
    }
}

/// `repr()` of an array that is no scalar.
///
/// # Errors
/// Whatever computing the elements may meet.
pub fn array_repr(nd: &Nd, options: &Options, cx: &Context) -> Result<String> {
    let array = nd.array()?;
    let dtype = array.dtype();
    let name = match nd.class() {
        Class::Array => "array",
        Class::Matrix => "matrix",
        Class::CharArray => "chararray",
        Class::RecArray => return rec_repr(&array, options, cx),
        Class::Scalar => dtype.scalar_name(),
    };
    let prefix = format!("{name}(");
    let list = array2string(&array, options, ", ", prefix.len(), 1, cx)?;
    let mut extras = Vec::new();
    if (array.is_empty() && array.shape() != [0]) || array.len() > options.threshold {
        extras.push(format!("shape={}", tuple(array.shape())));
    }
    if !is_implied(dtype) || array.is_empty() {
        extras.push(format!("dtype={}", short_dtype(dtype)));
    }
    if extras.is_empty() {
        return Ok(format!("{prefix}{list})"));
    }
    let text = format!("{prefix}{list},");
    let extras = extras.join(", ") + ")";
    let last = text.rsplit('\n').next().map_or(0, width);
    let space = if last + width(&extras) + 1 > options.linewidth {
        format!("\n{}", " ".repeat(prefix.len()))
    } else {
        " ".into()
    };
    Ok(format!("{text}{space}{extras}"))
}

fn rec_repr(array: &Array, options: &Options, cx: &Context) -> Result<String> {
    let list = if !array.is_empty() || array.shape() == [0] {
        array2string(array, options, ", ", 10, 1, cx)?
    } else {
        format!("[], shape={}", tuple(array.shape()))
    };
    Ok(format!("rec.array({list},\n          dtype={})", array.dtype()))
}

/// `str()` of an array that is no scalar.
///
/// # Errors
/// Whatever computing the elements may meet.
pub fn array_str(nd: &Nd, options: &Options, cx: &Context) -> Result<String> {
    let array = nd.array()?;
    if array.ndim() > 0 {
        return array2string(&array, options, " ", 0, 0, cx);
    }
    // without axes it is written as the scalar; bytes are the one exception
    let block = to_block(&array, cx)?;
    match array.dtype() {
        DType::Object => super::str_of(&super::super::nd::element(&block, 0), cx),
        DType::Bytes(_) => super::scalar_repr(&block),
        _ => Ok(super::scalar_str(&block)),
    }
}

/// A stored dataset as ch5mpy prints an `H5Array`: elements one by one, at most three at either
/// end of each axis, whatever the size.
///
/// # Errors
/// Whatever reading the elements may meet.
pub fn dataset_repr(array: &Array, cx: &Context) -> Result<String> {
    let text = if array.is_empty() {
        "[]".into()
    } else {
        let shown = corners(array, 6, (3, 3), cx)?;
        rows(&shown, 0, 0, String::new(), cx)?
    };
    let dtype = match array.dtype() {
        DType::Str(n) => format!("'<U{n}'"),
        d if crate::array::stored::is_foreign_order(array) => d.short().replacen('<', ">", 1),
        d => d.to_string(),
    };
    Ok(format!("H5Array({text}, shape={}, dtype={dtype})", tuple(array.shape())))
}

/// Rows of a dataset from `axis` on, with what stands before them. The first row of a block
/// follows the brackets of the blocks around it; the indentation of others counts that of these
/// once more, so that three and more axes look as ch5mpy's do.
fn rows(shown: &Shown, axis: usize, at: usize, before: String, cx: &Context) -> Result<String> {
    const PADDING: usize = 8;
    cx.check()?;
    let shape = shown.block.shape();
    let Some(&n) = shape.get(axis) else { return Ok(dataset_cell(&shown.block, at)) };
    let inside = axis + 1 < shape.len();
    let hanging = " ".repeat(PADDING + before.len() + 1);
    let mut texts = Vec::new();
    for i in 0..n {
        if shown.cut[axis] && i == 3 {
            texts.push(if inside { format!("{hanging}...") } else { "...".into() });
        }
        let before = match i {
            _ if !inside => String::new(),
            0 => format!("{before}["),
            _ => hanging.clone(),
        };
        texts.push(rows(shown, axis + 1, at * n + i, before, cx)?);
    }
    Ok(match inside {
        true => {
            let between = format!(",{}", "\n".repeat(shape.len() - axis - 1));
            texts.join(&between) + "]"
        }
        false => format!("{before}[{}]", texts.join(", ")),
    })
}

fn dataset_cell(block: &Block, i: usize) -> String {
    match block.dtype() {
        DType::Object => block.items().get(i).map_or_else(String::new, text::item_repr),
        DType::Str(_) => quote(&text::str_of(block.element(i))),
        dtype => text::scalar(dtype, block.element(i)),
    }
}
