//! Arrays that come from nowhere: each element by a formula of its index, and constants.

use std::any::Any;
use std::sync::Arc;

use super::block::Block;
use super::context::Context;
use super::dtype::DType;
use super::error::Result;
use super::lazy::{Array, Source, Span, extent, for_runs};
use super::view::view;

/// What a formula does: the elements of a row at an index whose last axis walks a span.
pub type Row = Arc<dyn Fn(&[usize], Span, &mut [u8]) -> Result<()> + Send + Sync>;

struct Formula {
    dtype: DType,
    row: Row,
}

/// An array whose rows a formula gives: it gets the index of the row's first element, the span
/// that the last axis walks, and the row's bytes to write. Never objects.
pub fn generated(dtype: DType, shape: Vec<usize>, row: Row) -> Array {
    debug_assert!(!shape.is_empty());
    Array::new(dtype.clone(), shape, Formula { dtype, row })
}

impl Source for Formula {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let shape = extent(region);
        let mut out = Block::scratch(self.dtype.clone(), shape.clone());
        let size = self.dtype.size();
        let last = region.last().copied().unwrap_or(Span::run(0, 1));
        let mut failed = Ok(());
        let mut place = vec![0; region.len()];
        for_runs(&shape, |to, index, n| {
            if failed.is_err() {
                return;
            }
            for (slot, (s, i)) in place.iter_mut().zip(region.iter().zip(index)) {
                *slot = s.at(*i);
            }
            let bytes = &mut out.bytes_mut()[to * size..(to + n) * size];
            failed = cx.check().and_then(|()| (self.row)(&place, last, bytes));
        });
        failed.map(|()| out)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// An array along one axis: element `i` is `f(i)`.
pub fn along<T: bytemuck::Pod>(
    dtype: DType,
    n: usize,
    f: impl Fn(usize) -> T + Send + Sync + 'static,
) -> Array {
    let row: Row = Arc::new(move |_, span, out| {
        let out: &mut [T] = bytemuck::cast_slice_mut(out);
        for (i, slot) in out.iter_mut().enumerate() {
            *slot = f(span.at(i));
        }
        Ok(())
    });
    generated(dtype, vec![n], row)
}

/// The numbers `0, 1, …` below `n`.
pub fn count_up(n: usize) -> Array {
    along(DType::Int64, n, |i| i as i64)
}

/// A truth value for each row and column.
pub fn mask(
    rows: usize,
    columns: usize,
    f: impl Fn(i64, i64) -> bool + Send + Sync + 'static,
) -> Array {
    let row: Row = Arc::new(move |index, span, out| {
        for (j, slot) in out.iter_mut().enumerate() {
            *slot = u8::from(f(index[0] as i64, span.at(j) as i64));
        }
        Ok(())
    });
    generated(DType::Bool, vec![rows, columns], row)
}

/// An array all of whose elements are the only one of a block.
pub fn constant(one: Block, shape: Vec<usize>) -> Array {
    let one = Array::of(one.reshaped(Vec::new()));
    let axes = vec![None; shape.len()];
    view(&one, Vec::new(), axes, shape)
}
