//! Elements that lie one after the other in a file that is no HDF5 file.

use std::any::Any;
use std::fs::File;
use std::os::unix::fs::FileExt;

use super::block::Block;
use super::context::Context;
use super::dtype::{DType, Kind};
use super::error::{Error, Result};
use super::lazy::{Array, Source, Span};

/// A file's elements, along one axis.
struct Raw {
    file: File,
    /// Bytes before the first element.
    base: u64,
    dtype: DType,
    swaps: Vec<(usize, usize)>,
}

/// The `n` elements from byte `base` of a file, which are read when they are wanted; `swaps` are
/// the numbers inside an element whose bytes stand the other way round.
pub fn raw(file: File, base: u64, dtype: DType, n: usize, swaps: Vec<(usize, usize)>) -> Array {
    Array::new(dtype.clone(), vec![n], Raw { file, base, dtype, swaps })
}

/// Where numbers lie inside an element, each as offset and size; text's code points are numbers.
pub fn numbers_in(dtype: &DType, offset: usize, out: &mut Vec<(usize, usize)>) {
    match dtype {
        DType::Struct(s) => {
            for f in &s.fields {
                for k in 0..f.shape.iter().product::<usize>() {
                    numbers_in(&f.dtype, offset + f.offset + k * f.dtype.size(), out);
                }
            }
        }
        DType::Str(n) => out.extend((0..*n).map(|i| (offset + 4 * i, 4))),
        DType::Complex64 => out.extend([(offset, 4), (offset + 4, 4)]),
        DType::Complex128 => out.extend([(offset, 8), (offset + 8, 8)]),
        d if d.size() > 1 && !matches!(d.kind(), Kind::Bytes | Kind::Void | Kind::Object) => {
            out.push((offset, d.size()));
        }
        _ => {}
    }
}

/// Turns the bytes of numbers inside elements round.
pub fn swap(bytes: &mut [u8], size: usize, swaps: &[(usize, usize)]) {
    for element in bytes.chunks_exact_mut(size.max(1)) {
        for &(offset, n) in swaps {
            if let Some(number) = element.get_mut(offset..offset + n) {
                number.reverse();
            }
        }
    }
}

impl Source for Raw {
    fn read(&self, region: &[Span], _cx: &Context) -> Result<Block> {
        let span = region[0];
        let size = self.dtype.size();
        let mut out = Block::scratch(self.dtype.clone(), vec![span.len]);
        let read = |bytes: &mut [u8], first: usize| {
            let at = self.base + (first * size) as u64;
            self.file.read_exact_at(bytes, at).map_err(|e| Error::os(format!("raw data: {e}")))
        };
        let (first, end) = span.bounds();
        if span.is_run() {
            read(out.bytes_mut(), first)?;
        } else if end - first <= 16 * span.len {
            let mut block = Block::scratch(self.dtype.clone(), vec![end - first]);
            read(block.bytes_mut(), first)?;
            for i in 0..span.len {
                out.copy_run(i, &block, span.at(i) - first, 1);
            }
        } else {
            for i in 0..span.len {
                read(&mut out.bytes_mut()[i * size..(i + 1) * size], span.at(i))?;
            }
        }
        if !self.swaps.is_empty() {
            swap(out.bytes_mut(), size, &self.swaps);
        }
        Ok(out)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
