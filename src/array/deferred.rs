//! Arrays that are computed whole, once, when a part of them is first wanted: scans, sorted data,
//! histograms. What doesn't fit into memory is spilled.

use std::any::Any;

use parking_lot::Mutex;

use super::block::Block;
use super::context::Context;
use super::dtype::DType;
use super::error::Result;
use super::lazy::{Array, Source, Span};

type Compute = Box<dyn Fn(&Context) -> Result<Array> + Send + Sync>;
type Part = Box<dyn Fn(&[Span], &Context) -> Result<Block> + Send + Sync>;

/// A result that is computed as a whole.
pub struct Deferred {
    inputs: Vec<Array>,
    len: usize,
    compute: Compute,
    /// Computes a region alone, for a page of a result that is much larger.
    part: Option<Part>,
    result: Mutex<Option<Array>>,
}

impl Deferred {
    /// An array of a known dtype and shape whose elements `compute` gives at once.
    pub fn array(
        dtype: DType,
        shape: Vec<usize>,
        inputs: Vec<Array>,
        compute: impl Fn(&Context) -> Result<Array> + Send + Sync + 'static,
    ) -> Array {
        Deferred::make(dtype, shape, inputs, Box::new(compute), None)
    }

    /// The same, where a region can also be computed alone.
    pub fn by_part(
        dtype: DType,
        shape: Vec<usize>,
        inputs: Vec<Array>,
        compute: impl Fn(&Context) -> Result<Array> + Send + Sync + 'static,
        part: impl Fn(&[Span], &Context) -> Result<Block> + Send + Sync + 'static,
    ) -> Array {
        Deferred::make(dtype, shape, inputs, Box::new(compute), Some(Box::new(part)))
    }

    fn make(
        dtype: DType,
        shape: Vec<usize>,
        inputs: Vec<Array>,
        compute: Compute,
        part: Option<Part>,
    ) -> Array {
        let len = super::block::count(&shape);
        let result = Mutex::new(None);
        Array::new(dtype, shape, Deferred { inputs, len, compute, part, result })
    }

    fn whole(&self, cx: &Context) -> Result<Array> {
        let mut result = self.result.lock();
        if let Some(done) = &*result {
            return Ok(done.clone());
        }
        for input in &self.inputs {
            input.prepare(cx)?;
        }
        let done = (self.compute)(cx)?;
        *result = Some(done.clone());
        Ok(done)
    }
}

impl Source for Deferred {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let wanted: usize = region.iter().map(|s| s.len).product();
        if cx.is_preview()
            && let Some(part) = &self.part
            && self.len > 4096
            && wanted < self.len / 8
            && self.result.lock().is_none()
        {
            return part(region, cx);
        }
        self.whole(cx)?.read(region, cx)
    }

    fn inputs(&self) -> Vec<Array> {
        self.inputs.clone()
    }

    fn prepare(&self, cx: &Context) -> Result<()> {
        // a page must not wait for what it doesn't show
        if cx.is_preview() && self.part.is_some() { Ok(()) } else { self.whole(cx).map(drop) }
    }

    fn prepares_inputs(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
