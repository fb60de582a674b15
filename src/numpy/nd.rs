//! NumPy's arrays as values: cells with versions, and views of them.
//!
//! A lazy [`Array`] never changes; an [`Nd`] does. It is a cell that holds the present version,
//! and the steps from there to what is seen: `a[1:].T` shares `a`'s cell. An expression takes the
//! version of the moment ([`Nd::array`]); writing makes a new one, which all views see and no
//! expression made before. Which elements a view's assignment hits is found by sending the
//! elements' places through the same steps.

use std::sync::Arc;

use parking_lot::Mutex;

use super::value::{Value, from_item};
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::elementwise::{Kernel, Operand, elementwise, unary};
use crate::array::lazy::{Array, Source, Span, extent, for_runs, strides, whole};
use crate::array::run::to_block;
use crate::array::{Context, DType, Error, Result, Settings, text};

/// The Python class of an array.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Class {
    /// `numpy.ndarray`.
    #[default]
    Array,
    /// A NumPy scalar: `np.float64(1.5)`.
    Scalar,
    /// `numpy.matrix`.
    Matrix,
    /// `numpy.char.chararray`.
    CharArray,
    /// `numpy.rec.recarray`.
    RecArray,
}

/// Picks and arranges elements.
type Arranging = dyn Fn(&Array) -> Result<Array> + Send + Sync;

/// What leads from a cell to a view.
#[derive(Clone)]
enum Step {
    /// Elements picked and arranged, none computed.
    Arrange(Arc<Arranging>),
    /// A part of each element: a field, the real or the imaginary part.
    Part { offset: usize, dtype: DType, shape: Vec<usize> },
}

/// Elements that are kept elsewhere than in memory: a dataset of a file.
pub trait Target: Send + Sync {
    /// The elements of this moment.
    ///
    /// # Errors
    /// As opening it.
    fn version(&self) -> Result<Array>;
    /// Whether it can be written.
    fn is_writable(&self) -> bool;
    /// The dtype that values of this one are cast to before they are written.
    ///
    /// # Errors
    /// As opening it.
    fn takes(&self, values: &Array, cx: &Context) -> Result<DType>;
    /// Writes elements.
    ///
    /// # Errors
    /// As computing them, and as writing.
    fn write(&self, assignment: Assignment, cx: &Context) -> Result<()>;
}

/// Elements that are written to a [`Target`].
pub struct Assignment {
    /// For each value, the element that it goes to: its flat place in C order.
    pub places: Array,
    /// Where only a part of each element is written: how many bytes in, and of which dtype.
    pub part: Option<(usize, DType)>,
    /// The values, of the places' shape, cast; they may depend on the target.
    pub values: Array,
}

enum Version {
    Own(Array),
    Kept(Arc<dyn Target>),
}

struct Cell {
    version: Mutex<Version>,
    writable: bool,
}

impl Cell {
    fn array(&self) -> Result<Array> {
        let target = match &*self.version.lock() {
            Version::Own(array) => return Ok(array.clone()),
            Version::Kept(target) => target.clone(),
        };
        target.version()
    }

    fn target(&self) -> Option<Arc<dyn Target>> {
        match &*self.version.lock() {
            Version::Own(_) => None,
            Version::Kept(target) => Some(target.clone()),
        }
    }
}

/// An array or NumPy scalar. Clones are the same object.
#[derive(Clone)]
pub struct Nd {
    cell: Arc<Cell>,
    steps: Arc<[Step]>,
    class: Class,
    /// A view that can't be written, though its cell can.
    locked: bool,
}

impl Nd {
    /// An array of its own, to begin with this version.
    pub fn new(array: Array) -> Nd {
        Nd::make(array, Class::Array, true)
    }

    /// A NumPy scalar: an array without axes that can't be written.
    pub fn scalar(array: Array) -> Nd {
        Nd::make(array, Class::Scalar, false)
    }

    /// An array that can't be written.
    pub fn read_only(array: Array) -> Nd {
        Nd::make(array, Class::Array, false)
    }

    /// An array that is kept elsewhere; it and its views see what is written there.
    pub fn kept(target: Arc<dyn Target>) -> Nd {
        let cell = Cell { version: Mutex::new(Version::Kept(target)), writable: true };
        Nd { cell: Arc::new(cell), steps: Arc::new([]), class: Class::Array, locked: false }
    }

    /// Where it is kept, where that is not in memory.
    pub fn target(&self) -> Option<Arc<dyn Target>> {
        self.cell.target()
    }

    fn make(array: Array, class: Class, writable: bool) -> Nd {
        let cell = Cell { version: Mutex::new(Version::Own(array)), writable };
        Nd { cell: Arc::new(cell), steps: Arc::new([]), class, locked: false }
    }

    /// The same array as another class.
    pub fn with_class(mut self, class: Class) -> Nd {
        self.class = class;
        self
    }

    /// Its class.
    pub fn class(&self) -> &Class {
        &self.class
    }

    /// Whether it is a NumPy scalar.
    pub fn is_scalar(&self) -> bool {
        self.class == Class::Scalar
    }

    /// Python's name of its class.
    pub fn type_name(&self) -> String {
        match self.class {
            Class::Array => "numpy.ndarray".into(),
            Class::Matrix => "numpy.matrix".into(),
            Class::CharArray => "numpy.char.chararray".into(),
            Class::RecArray => "numpy.rec.recarray".into(),
            Class::Scalar => {
                format!("numpy.{}", self.dtype().map_or("generic", |d| d.scalar_name()))
            }
        }
    }

    /// The elements of this moment.
    ///
    /// # Errors
    /// As making the view may meet.
    pub fn array(&self) -> Result<Array> {
        let mut array = self.cell.array()?;
        for step in self.steps.iter() {
            array = match step {
                Step::Arrange(f) => f(&array)?,
                Step::Part { offset, dtype, shape } => part(&array, *offset, dtype, shape),
            };
        }
        Ok(array)
    }

    /// Its dtype.
    ///
    /// # Errors
    /// As [`Nd::array`].
    pub fn dtype(&self) -> Result<DType> {
        Ok(self.array()?.dtype().clone())
    }

    /// Its shape.
    ///
    /// # Errors
    /// As [`Nd::array`].
    pub fn shape(&self) -> Result<Vec<usize>> {
        Ok(self.array()?.shape().to_vec())
    }

    /// How many axes it has.
    ///
    /// # Errors
    /// As [`Nd::array`].
    pub fn ndim(&self) -> Result<usize> {
        Ok(self.array()?.ndim())
    }

    /// How many elements it has.
    ///
    /// # Errors
    /// As [`Nd::array`].
    pub fn size(&self) -> Result<usize> {
        Ok(self.array()?.len())
    }

    /// A view: the same elements, picked and arranged by `f`, which computes none.
    ///
    /// # Errors
    /// Those of `f`.
    pub fn viewed(
        &self,
        f: impl Fn(&Array) -> Result<Array> + Send + Sync + 'static,
    ) -> Result<Nd> {
        f(&self.array()?)?;
        let mut steps = self.steps.to_vec();
        steps.push(Step::Arrange(Arc::new(f)));
        let class = if self.is_scalar() { Class::Array } else { self.class.clone() };
        Ok(Nd { cell: self.cell.clone(), steps: steps.into(), class, locked: self.locked })
    }

    /// A view of a part of each element, `offset` bytes in: a field, the imaginary part.
    pub fn part(&self, offset: usize, dtype: DType, shape: Vec<usize>) -> Nd {
        let mut steps = self.steps.to_vec();
        steps.push(Step::Part { offset, dtype, shape });
        Nd {
            cell: self.cell.clone(),
            steps: steps.into(),
            class: self.class.clone(),
            locked: self.locked,
        }
    }

    /// The same array, which can't be written any more under this name.
    pub fn locked(mut self) -> Nd {
        self.locked = true;
        self
    }

    /// Whether it can be written.
    pub fn is_writable(&self) -> bool {
        let kept = self.cell.target().is_none_or(|t| t.is_writable());
        self.cell.writable && !self.locked && kept
    }

    /// Elements from one neighbour to the next along each axis, in the array that owns them; its
    /// own are one after the other.
    ///
    /// # Errors
    /// As [`Nd::array`].
    pub fn layout(&self) -> Result<Vec<isize>> {
        let version = self.cell.array()?;
        let mut array = byte_places(version.shape(), 1);
        for step in self.steps.iter() {
            array = match step {
                Step::Arrange(f) => f(&array)?,
                Step::Part { shape, .. } => shifted(&array, 0, 1, shape)?,
            };
        }
        Ok(crate::array::view::layout(&array))
    }

    /// Whether two see the same cell.
    pub fn shares(&self, other: &Nd) -> bool {
        Arc::ptr_eq(&self.cell, &other.cell)
    }

    /// Whether it is a view of another array.
    pub fn is_view(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Its elements in memory; for what is small.
    ///
    /// # Errors
    /// Whatever computing may meet.
    pub fn block(&self) -> Result<Block> {
        to_block(&self.array()?, &small())
    }

    /// The only element as a Python value (`.item()`).
    ///
    /// # Errors
    /// ValueError where there are several.
    pub fn item(&self) -> Result<Value> {
        let array = self.array()?;
        if array.len() != 1 {
            return Err(Error::value("can only convert an array of size 1 to a Python scalar"));
        }
        Ok(element(&to_block(&array, &small())?, 0))
    }

    /// Writes `values`, broadcast and cast, into the elements that `pick` leaves of it. They may
    /// be computed from these; where the caller holds nothing of what they are made of, and the
    /// elements are kept in a file, no more than a part of them is in memory at a time.
    ///
    /// # Errors
    /// ValueError where it can't be written or the shapes don't fit; those of casts.
    pub fn assign(
        &self,
        pick: impl FnOnce(&Array) -> Result<Array>,
        values: Array,
        cx: &Context,
    ) -> Result<()> {
        if !self.is_writable() {
            return Err(Error::value("assignment destination is read-only"));
        }
        if let Some(target) = self.cell.target() {
            return self.assign_kept(&*target, pick, values, cx);
        }
        let old = self.cell.array()?;
        let element_size = old.dtype().size();
        let is_object = *old.dtype() == DType::Object;
        // the byte at which each element that is seen begins
        let scale = if is_object { 1 } else { element_size };
        let mut places = byte_places(old.shape(), scale);
        let mut dtype = old.dtype().clone();
        for step in self.steps.iter() {
            places = match step {
                Step::Arrange(f) => f(&places)?,
                Step::Part { offset, dtype: d, shape } => {
                    dtype = d.clone();
                    shifted(&places, *offset, d.size(), shape)?
                }
            };
        }
        let places = pick(&places)?;
        let values = fit(&cast(&values, &dtype)?, places.shape())?;
        // the right side is read before anything changes: it may overlap
        let source = to_block(&values, cx)?;
        let places = to_block(&places, cx)?;
        let mut block = to_block(&old, cx)?;
        drop(old);
        let at: &[i64] = places.typed();
        if is_object {
            for (i, &p) in at.iter().enumerate() {
                block.items_mut()[p as usize] = source.items()[i].clone();
            }
        } else {
            let size = dtype.size();
            let bytes = block.bytes_mut();
            for (i, &p) in at.iter().enumerate() {
                let p = p as usize;
                bytes[p..p + size].copy_from_slice(&source.bytes()[i * size..(i + 1) * size]);
            }
        }
        *self.cell.version.lock() = Version::Own(Array::of(block));
        Ok(())
    }

    fn assign_kept(
        &self,
        target: &dyn Target,
        pick: impl FnOnce(&Array) -> Result<Array>,
        values: Array,
        cx: &Context,
    ) -> Result<()> {
        // who holds its elements is asked to keep them: only the shape is
        let shape = self.cell.array()?.shape().to_vec();
        let mut places = places(&shape);
        let mut part: Option<(usize, DType)> = None;
        for step in self.steps.iter() {
            match step {
                Step::Arrange(f) => places = f(&places)?,
                Step::Part { offset, dtype, shape } if shape.is_empty() => {
                    let before = part.map_or(0, |(offset, _)| offset);
                    part = Some((before + offset, dtype.clone()));
                }
                Step::Part { .. } => {
                    return Err(Error::not_implemented("writing a part of a field of a dataset"));
                }
            }
        }
        let places = pick(&places)?;
        let dtype = match &part {
            Some((_, dtype)) => dtype.clone(),
            None => target.takes(&values, cx)?,
        };
        let fitted = fit(&cast(&values, &dtype)?, places.shape())?;
        drop(values);
        target.write(Assignment { places, part, values: fitted }, cx)
    }
}

/// A context for single elements and other small things.
pub fn small() -> Context {
    Context::new(Settings { threads: 1, ..Settings::default() })
}

/// Element `i` of a block as a Python value.
pub fn element(block: &Block, i: usize) -> Value {
    match block.dtype() {
        DType::Object => from_item(&block.items()[i]),
        d => from_item(&text::item(d, block.element(i))),
    }
}

/// Values broadcast to the shape they are written to; extra axes of length 1 in front are let go.
fn fit(values: &Array, shape: &[usize]) -> Result<Array> {
    let mut values = values.clone();
    while values.ndim() > shape.len() && values.shape().first() == Some(&1) {
        values = crate::array::reshape::reshape(&values, values.shape()[1..].to_vec());
    }
    crate::array::view::broadcast_to(&values, shape).map_err(|_| {
        let spaceless = |s: &[usize]| crate::array::dtype::tuple(s).replace(", ", ",");
        Error::value(format!(
            "could not broadcast input array from shape {} into shape {}",
            spaceless(values.shape()),
            spaceless(shape)
        ))
    })
}

/// For each element of a shape, in which byte it begins.
fn byte_places(shape: &[usize], size: usize) -> Array {
    Array::new(DType::Int64, shape.to_vec(), Places { shape: shape.to_vec(), size })
}

struct Places {
    shape: Vec<usize>,
    size: usize,
}

impl Source for Places {
    fn read(&self, region: &[Span], _: &Context) -> Result<Block> {
        let mut out = Block::zeros(DType::Int64, extent(region));
        let steps = strides(&self.shape);
        let slots: &mut [i64] = out.typed_mut();
        for_runs(&extent(region), |to, index, n| {
            let mut index = index.to_vec();
            for i in 0..n {
                if let Some(last) = index.last_mut() {
                    *last = i;
                }
                let at: usize =
                    region.iter().enumerate().map(|(a, s)| s.at(index[a]) * steps[a]).sum();
                slots[to + i] = (at * self.size) as i64;
            }
        });
        Ok(out)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// Elements that lie evenly spaced along each axis of a shape.
pub struct Even {
    /// Which of each axis, walked forwards.
    pub region: Vec<Span>,
    /// How values that have the places' shape are brought into the region's.
    axes: Vec<Option<usize>>,
    spans: Vec<Span>,
}

impl Even {
    /// The box that places are, where they are one.
    pub fn of(places: &Array) -> Option<Even> {
        use crate::array::view::View;
        if let Some(all) = places.source_as::<Places>() {
            let region = whole(&all.shape);
            let axes = (0..region.len()).map(Some).collect();
            return Some(Even { spans: region.clone(), region, axes });
        }
        let (base, spans, axes) = places.source_as::<View>()?.parts();
        let all = base.source_as::<Places>()?;
        let mut region = Vec::new();
        // for each axis of the values, which of its positions; those not named are new ones
        let mut picked: Vec<Span> = places.shape().iter().map(|&n| Span::run(0, n)).collect();
        let mut order = Vec::new();
        for (axis, span) in spans.iter().enumerate().take(all.shape.len()) {
            let mut walkers = (0..axes.len()).filter(|&i| axes[i] == Some(axis));
            let walker = walkers.next();
            if walkers.next().is_some() || (span.step == 0 && span.len > 1) {
                return None;
            }
            let (first, _) = span.bounds();
            let step = span.step.abs().max(1);
            region.push(Span { start: first, step, len: span.len });
            if let Some(i) = walker
                && span.step < 0
                && span.len > 1
            {
                picked[i] = Span { start: span.len - 1, step: -1, len: span.len };
            }
            order.push(walker);
        }
        let spare = |i: &usize| axes[*i].is_none() && places.shape()[*i] != 1;
        match (0..axes.len()).any(|i| spare(&i)) {
            true => None,
            false => Some(Even { region, axes: order, spans: picked }),
        }
    }

    /// Values of the places' shape in the region's.
    pub fn arrange(&self, values: &Array) -> Array {
        let shape = extent(&self.region);
        crate::array::view::view(values, self.spans.clone(), self.axes.clone(), shape)
    }
}

/// The flat place of each element of a shape.
pub fn places(shape: &[usize]) -> Array {
    byte_places(shape, 1)
}

/// Places moved by an offset, and spread over a sub-array.
fn shifted(places: &Array, offset: usize, size: usize, shape: &[usize]) -> Result<Array> {
    let mut lifted = places.shape().to_vec();
    lifted.extend(shape.iter().map(|_| 1));
    let lifted = crate::array::reshape::reshape(places, lifted);
    let inner = byte_places(shape, size);
    let kernel: Kernel = Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
        crate::array::elementwise::binary(ins[0], ins[1], out, |a: i64, b: i64| {
            a + b + offset as i64
        });
        Ok(())
    });
    elementwise(DType::Int64, vec![lifted, inner], kernel)
}

/// A part of each element as an array.
pub fn part(array: &Array, offset: usize, dtype: &DType, shape: &[usize]) -> Array {
    struct Part {
        base: Array,
        offset: usize,
        dtype: DType,
        inner: Vec<usize>,
    }
    impl Source for Part {
        fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
            let rank = region.len() - self.inner.len();
            let block = self.base.read(&region[..rank], cx)?;
            let (from, size) = (self.base.dtype().size(), self.dtype.size());
            let n: usize = self.inner.iter().product::<usize>() * size;
            let mut shape = block.shape().to_vec();
            shape.extend(&self.inner);
            let mut out = Block::scratch(self.dtype.clone(), shape);
            let target = out.bytes_mut();
            for i in 0..block.len() {
                let start = i * from + self.offset;
                target[i * n..(i + 1) * n].copy_from_slice(&block.bytes()[start..start + n]);
            }
            if self.inner.is_empty() {
                return Ok(out);
            }
            let mut wanted = whole(block.shape());
            wanted.extend(&region[rank..]);
            Ok(crate::array::lazy::pick(&out, &wanted))
        }
        fn inputs(&self) -> Vec<Array> {
            vec![self.base.clone()]
        }
        fn grid(&self) -> Option<Vec<usize>> {
            let mut grid = self.base.grid()?;
            grid.extend(&self.inner);
            Some(grid)
        }
        fn as_any(&self) -> &dyn std::any::Any {
            self
        }
    }
    let mut full = array.shape().to_vec();
    full.extend(shape);
    let inner = shape.to_vec();
    Array::new(
        dtype.clone(),
        full,
        Part { base: array.clone(), offset, dtype: dtype.clone(), inner },
    )
}

/// An array of one number.
pub fn number<T: bytemuck::Pod>(dtype: DType, x: T) -> Array {
    Array::of(Block::of(dtype, Vec::new(), &[x]))
}

/// The elements' truth.
///
/// # Errors
/// TypeError where elements have none.
pub fn truth(array: &Array) -> Result<Array> {
    match array.dtype() {
        DType::Bool => Ok(array.clone()),
        DType::Datetime(_) | DType::Timedelta(_) => elementwise(
            DType::Bool,
            vec![array.clone()],
            Arc::new(|ins: &[Operand], out: &mut [u8], _: &Context| {
                unary(ins[0], out, |x: i64| u8::from(x != 0));
                Ok(())
            }),
        ),
        DType::Struct(_) => {
            let (dtype, size) = (array.dtype().clone(), array.dtype().size());
            elementwise(
                DType::Bool,
                vec![array.clone()],
                Arc::new(move |ins: &[Operand], out: &mut [u8], _: &Context| {
                    for (i, slot) in out.iter_mut().enumerate() {
                        *slot = u8::from(any_true(&dtype, ins[0].element(i, size)));
                    }
                    Ok(())
                }),
            )
        }
        _ => cast(array, &DType::Bool),
    }
}

/// Whether any field of a structured element is true.
fn any_true(dtype: &DType, bytes: &[u8]) -> bool {
    match dtype {
        DType::Struct(s) => s.fields.iter().any(|f| {
            let size = f.dtype.size().max(1);
            bytes[f.offset..f.offset + f.size()].chunks_exact(size).any(|b| any_true(&f.dtype, b))
        }),
        d if d.is_number() => {
            crate::array::text::item(d, bytes).complex().is_some_and(|z| z != (0.0, 0.0))
        }
        _ => bytes.iter().any(|b| *b != 0),
    }
}
