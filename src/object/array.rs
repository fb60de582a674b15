//! H5Array: NumPy's interface on a dataset, through the lazy engine.
//!
//! The array and its basic slices are live: they see what is written to the dataset, and what is
//! assigned to them is written. An expression ([`H5Array::array`]) is of the moment: it stays
//! what it was when the dataset changes.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use super::handle::{Dataset, Place};
use super::{AttributeManager, Context, DType, Error, Result, Value, convert, foreign, options};
use crate::array::block::Block;
use crate::array::elementwise::{Kernel, Operand, elementwise};
use crate::array::lazy::Span;
use crate::array::overwrite::Overwriting;
use crate::array::run::{to_block, units};
use crate::array::spill::materialise;
use crate::array::storing::Sink;
use crate::array::view::{Part, slice};
use crate::array::{Array, Settings};
use crate::numpy::nd::{Assignment, Even, Target};
use crate::numpy::{Foreign, Nd, convert as as_numpy, index, registry, show};
use crate::store::{Extent, Layout, ObjectKind};

/// A dataset as a NumPy array.
///
/// ```
/// use ch5tui::object::{File, H5Mode, Value, options};
///
/// # let folder = tempfile::tempdir()?;
/// let cx = options::context();
/// let d = File::open(folder.path().join("a.h5"), H5Mode::WriteTruncate)?.dict();
/// d.set("x", vec![3.0, 1.0, 2.0], &cx)?;
/// let x = d.array("x")?;
/// x.set(0i64, 10.0, &cx)?;
/// x.in_place("multiply", 2.0, &cx)?;
/// assert_eq!(x.read::<f64>(&cx)?.as_slice(), Some(&[20.0, 2.0, 4.0][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct H5Array {
    place: Place,
}

/// A dataset as the elements of a NumPy array.
struct Live {
    place: Place,
    settings: Settings,
}

impl H5Array {
    /// The dataset at a place.
    pub fn at(place: Place) -> H5Array {
        H5Array { place }
    }

    /// The dataset at a place, which must be one.
    ///
    /// # Errors
    /// TypeError where it is none.
    pub fn open(place: Place) -> Result<H5Array> {
        match place.kind()? {
            ObjectKind::Dataset => Ok(H5Array { place }),
            _ => Err(Error::type_error(format!("{} is not a dataset", place.path))),
        }
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Its dataset.
    pub fn dataset(&self) -> Dataset {
        Dataset::at(self.place.clone())
    }

    /// Its attributes.
    pub fn attributes(&self) -> AttributeManager {
        self.place.attributes()
    }

    /// Its elements as they are now, for expressions.
    ///
    /// # Errors
    /// As opening it.
    pub fn array(&self, cx: &Context) -> Result<Array> {
        self.place.file.array(&self.place.path, cx)
    }

    /// It as a NumPy array whose elements are the file's.
    pub fn nd(&self, cx: &Context) -> Nd {
        Nd::kept(Arc::new(Live { place: self.place.clone(), settings: cx.settings().clone() }))
    }

    /// Its shape.
    ///
    /// # Errors
    /// As asking the file.
    pub fn shape(&self) -> Result<Vec<usize>> {
        let facts = self.place.file.file.dataset(&self.place.path)?;
        Ok(facts.extent.dims().iter().map(|n| *n as usize).collect())
    }

    /// Its dtype; the width of text is that of the longest.
    ///
    /// # Errors
    /// As opening it.
    pub fn dtype(&self, cx: &Context) -> Result<DType> {
        Ok(self.array(cx)?.dtype().clone())
    }

    /// How many axes it has.
    ///
    /// # Errors
    /// As asking the file.
    pub fn ndim(&self) -> Result<usize> {
        Ok(self.shape()?.len())
    }

    /// How many elements it has.
    ///
    /// # Errors
    /// As asking the file.
    pub fn size(&self) -> Result<usize> {
        Ok(self.shape()?.iter().product())
    }

    /// The shape of its chunks, where it has some.
    ///
    /// # Errors
    /// As asking the file.
    pub fn chunks(&self) -> Result<Option<Vec<u64>>> {
        match self.place.file.file.dataset(&self.place.path)?.layout {
            Layout::Chunked(chunk) => Ok(Some(chunk)),
            _ => Ok(None),
        }
    }

    /// Its maximum shape; none in it is unlimited.
    ///
    /// # Errors
    /// As asking the file.
    pub fn maxshape(&self) -> Result<Vec<Option<u64>>> {
        match self.place.file.file.dataset(&self.place.path)?.extent {
            Extent::Simple { max, .. } => Ok(max),
            _ => Ok(Vec::new()),
        }
    }

    /// All elements as an array of numbers.
    ///
    /// # Errors
    /// TypeError where they are no `T`; MemoryError where they don't fit.
    pub fn read<T: convert::Number>(&self, cx: &Context) -> Result<ndarray::ArrayD<T>> {
        convert::to_ndarray(&self.array(cx)?, cx)
    }

    /// `x[key]`: integers, slices, masks and index arrays, in a tuple for several axes.
    ///
    /// # Errors
    /// IndexError, as NumPy gives it.
    pub fn get(&self, key: impl Into<Value>, cx: &Context) -> Result<Value> {
        index::get(&self.nd(cx), &key.into(), cx)
    }

    /// `x[key] = value`: cast and broadcast as NumPy does it. The value may be made of the array
    /// itself.
    ///
    /// # Errors
    /// IndexError, ValueError, TypeError, as NumPy gives them; OSError where the file can't be
    /// written.
    pub fn set(&self, key: impl Into<Value>, value: impl Into<Value>, cx: &Context) -> Result<()> {
        index::set(&self.nd(cx), &key.into(), value.into(), cx)
    }

    /// `x += value` and the like, by chunks: `function` is NumPy's name, as `add`.
    ///
    /// # Errors
    /// As NumPy's in-place operators: UFuncTypeError where the result doesn't fit the dtype.
    pub fn in_place(&self, function: &str, value: impl Into<Value>, cx: &Context) -> Result<()> {
        let Some(f) = registry::find(function) else {
            return Err(Error::attribute(format!("module 'numpy' has no attribute '{function}'")));
        };
        let this = Value::Array(self.nd(cx));
        let out = vec![("out".to_string(), this.clone())];
        registry::call(f, vec![this, value.into()], out, cx).map(drop)
    }

    /// Applies a function to the elements, chunk by chunk, and writes what it gives.
    ///
    /// # Errors
    /// Those of the function, and of writing; the array is then as it was.
    pub fn map<T: convert::Number>(
        &self,
        f: impl Fn(T) -> T + Send + Sync + 'static,
        cx: &Context,
    ) -> Result<()> {
        let array = self.array(cx)?;
        convert::check_number::<T>(array.dtype())?;
        let dtype = array.dtype().clone();
        let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
            crate::array::elementwise::unary(ins[0], out, &f);
            Ok(())
        });
        let mapped = elementwise(dtype, vec![array], kernel)?;
        self.set(Value::Ellipsis, Value::array(mapped), cx)
    }

    /// The elements as another dtype, computed when they are read.
    ///
    /// # Errors
    /// As opening it.
    pub fn astype(&self, dtype: &DType, cx: &Context) -> Result<Array> {
        as_numpy::astype(&self.array(cx)?, dtype, None, cx)
    }

    /// The array in pieces that are cheap to read: where each begins, and its elements.
    ///
    /// # Errors
    /// As opening it.
    pub fn iter_chunks<'a>(
        &self,
        cx: &'a Context,
    ) -> Result<impl Iterator<Item = Result<(Vec<usize>, Block)>> + 'a> {
        let array = self.array(cx)?;
        let pieces = units(&array, cx);
        let n = if array.is_empty() { 0 } else { pieces.len() };
        Ok((0..n).map(move |i| {
            cx.check()?;
            let region = pieces.region(i);
            let start = region.iter().map(|s| s.start).collect();
            Ok((start, array.read(&region, cx)?))
        }))
    }
}

impl Target for Live {
    fn version(&self) -> Result<Array> {
        self.place.file.array(&self.place.path, &Context::new(self.settings.clone()))
    }

    fn is_writable(&self) -> bool {
        // a file that is open for reading says so itself, when it is written
        true
    }

    fn takes(&self, values: &Array, cx: &Context) -> Result<DType> {
        let sink = Sink::open(&self.place.file.file, &self.place.path)?;
        as_numpy::sized(&sink.dtype_for(values.dtype()), values, cx)
    }

    fn write(&self, assignment: Assignment, cx: &Context) -> Result<()> {
        if !self.place.file.file.mode().has_write_intent() {
            // refused, or allowed from now on
            self.place.file.change(|_| Ok(()))?;
        }
        if assignment.places.is_empty() {
            return Ok(());
        }
        match Even::of(&assignment.places) {
            Some(even) => self.write_even(&even, assignment, cx),
            None => self.write_points(assignment, cx),
        }
    }
}

impl Live {
    fn write_even(&self, even: &Even, assignment: Assignment, cx: &Context) -> Result<()> {
        let mut values = even.arrange(&assignment.values);
        drop(assignment.values);
        if let Some((offset, dtype)) = &assignment.part {
            let parts: Vec<Part> = even.region.iter().map(|s| Part::Along(*s)).collect();
            // read before it is written: what is read and written lies in the same chunks
            let old = materialise(&slice(&self.version()?, &parts), cx)?;
            values = materialise(&patched(&old, *offset, dtype, &values)?, cx)?;
        }
        let Place { file, path } = &self.place;
        file.let_go();
        let values = Overwriting::new(values, &file.file, path, &even.region, cx)?;
        file.change(|change| {
            let sink = Sink::open(change.file(), path)?;
            let (region, inner) = even.region.split_at(sink.shape().len());
            if !inner.iter().zip(sink.inner()).all(|(s, n)| s.len == *n) {
                return Err(Error::not_implemented("writing a part of an element's array"));
            }
            sink.write(change, region, values.values(), cx)
        })
    }

    /// Elements that lie anywhere, by their places; of those named twice the last counts.
    fn write_points(&self, assignment: Assignment, cx: &Context) -> Result<()> {
        let places = &assignment.places;
        let values = materialise(&assignment.values, cx)?;
        drop(assignment.values);
        let pieces = units(places, cx);
        self.place.file.change(|change| {
            let sink = Sink::open(change.file(), &self.place.path)?;
            if !sink.inner().is_empty() {
                return Err(Error::not_implemented("writing a part of an element's array"));
            }
            let steps = crate::array::lazy::strides(sink.shape());
            cx.begin("writing", places.len() as u64);
            for i in 0..pieces.len() {
                cx.check()?;
                let region = pieces.region(i);
                let at = places.read(&region, cx)?;
                let block = values.read(&region, cx)?;
                let at: &[i64] = at.typed();
                let mut last: HashMap<i64, usize> = HashMap::new();
                at.iter().enumerate().for_each(|(k, place)| {
                    last.insert(*place, k);
                });
                let mut kept: Vec<usize> = last.into_values().collect();
                kept.sort_unstable();
                let mut coordinates = Vec::with_capacity(kept.len() * steps.len());
                for &k in &kept {
                    let mut rest = at[k] as usize;
                    for step in &steps {
                        coordinates.push((rest / step) as u64);
                        rest %= step;
                    }
                }
                let mut picked = picked(&block, &kept);
                if let Some((offset, dtype)) = &assignment.part {
                    let old = self.elements_at(&coordinates, steps.len(), cx)?;
                    let new = Array::of(picked);
                    picked = to_block(&patched(&old, *offset, dtype, &new)?, cx)?;
                }
                sink.write_points(change, &coordinates, picked)?;
                cx.advance(at.len() as u64);
            }
            Ok(())
        })
    }

    /// Single elements, in a row.
    fn elements_at(&self, coordinates: &[u64], rank: usize, cx: &Context) -> Result<Array> {
        let array = self.version()?;
        let mut out = Block::zeros(array.dtype().clone(), vec![coordinates.len() / rank.max(1)]);
        for (i, at) in coordinates.chunks_exact(rank.max(1)).enumerate() {
            let region: Vec<Span> = at.iter().map(|&n| Span::run(n as usize, 1)).collect();
            out.copy_run(i, &array.read(&region, cx)?, 0, 1);
        }
        Ok(Array::of(out))
    }
}

/// The elements of a block by their numbers, in a row.
fn picked(block: &Block, kept: &[usize]) -> Block {
    let mut out = match *block.dtype() {
        DType::Object => {
            Block::of_items(vec![kept.len()], vec![crate::array::Item::None; kept.len()])
        }
        _ => Block::zeros(block.dtype().clone(), vec![kept.len()]),
    };
    for (i, &k) in kept.iter().enumerate() {
        out.copy_run(i, block, k, 1);
    }
    out
}

/// Elements of which a part is another: `values`, `offset` bytes in.
fn patched(old: &Array, offset: usize, dtype: &DType, values: &Array) -> Result<Array> {
    let (size, part) = (old.dtype().size(), dtype.size());
    let fields = dtype.fields().cloned();
    let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        for (i, slot) in out.chunks_exact_mut(size.max(1)).enumerate() {
            slot.copy_from_slice(ins[0].element(i, size));
            let new = ins[1].element(i, part);
            match &fields {
                // a structure of some of the fields is as large as that of all
                Some(s) => {
                    for f in &s.fields {
                        let n = f.offset + f.size();
                        slot[offset + f.offset..offset + n].copy_from_slice(&new[f.offset..n]);
                    }
                }
                None => slot[offset..offset + part].copy_from_slice(new),
            }
        }
        Ok(())
    });
    elementwise(old.dtype().clone(), vec![old.clone(), values.clone()], kernel)
}

impl std::fmt::Display for H5Array {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.repr(&options::context());
        f.write_str(&text.unwrap_or_else(|e| e.to_string()))
    }
}

impl std::fmt::Debug for H5Array {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "H5Array({:?})", self.place)
    }
}

impl Foreign for H5Array {
    fn type_name(&self) -> String {
        "H5Array".into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        show::dataset_repr(&self.array(cx)?, cx)
    }

    fn array(&self, cx: &Context) -> Option<Result<Array>> {
        Some(H5Array::array(self, cx))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl From<H5Array> for Value {
    fn from(array: H5Array) -> Value {
        foreign(array)
    }
}
