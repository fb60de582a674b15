//! Blocks: elements in memory, row by row, of any dtype.
//!
//! A [`Block`] is dtype-erased outside and typed inside: its bytes are held in 64-bit words, so
//! that they can be seen as a slice of any number type without unsafe code. Buffers go back to a
//! pool of the thread that drops them: streaming through a large dataset allocates nothing after
//! its first tiles.

use std::cell::RefCell;
use std::sync::Arc;

use bytemuck::Pod;

use super::dtype::DType;
use super::item::Item;

/// Elements in memory, in C order.
#[derive(Debug, Clone)]
pub struct Block {
    dtype: DType,
    shape: Vec<usize>,
    data: Data,
}

#[derive(Debug, Clone)]
enum Data {
    Bytes(Buffer),
    Items(Vec<Item>),
}

impl Block {
    /// A block whose elements are all zero bytes (`None` for objects).
    pub fn zeros(dtype: DType, shape: Vec<usize>) -> Block {
        let n = count(&shape);
        let data = match dtype {
            DType::Object => Data::Items(vec![Item::None; n]),
            _ => Data::Bytes(Buffer::zeroed(n * dtype.size())),
        };
        Block { dtype, shape, data }
    }

    /// A block that the caller fills whole: what it holds until then is anybody's old numbers.
    pub fn scratch(dtype: DType, shape: Vec<usize>) -> Block {
        let n = count(&shape);
        let data = match dtype {
            DType::Object => Data::Items(vec![Item::None; n]),
            _ => Data::Bytes(Buffer::scratch(n * dtype.size())),
        };
        Block { dtype, shape, data }
    }

    /// A block of typed elements; `shape` has as many.
    pub fn of<T: Pod>(dtype: DType, shape: Vec<usize>, elements: &[T]) -> Block {
        let mut block = Block::scratch(dtype, shape);
        block.bytes_mut().copy_from_slice(bytemuck::cast_slice(elements));
        block
    }

    /// A block of Python values.
    pub fn of_items(shape: Vec<usize>, items: Vec<Item>) -> Block {
        Block { dtype: DType::Object, shape, data: Data::Items(items) }
    }

    /// What its elements are.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        count(&self.shape)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// The elements' bytes; empty for objects.
    pub fn bytes(&self) -> &[u8] {
        match &self.data {
            Data::Bytes(b) => b.bytes(),
            Data::Items(_) => &[],
        }
    }

    /// The elements' bytes, to write; empty for objects.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.data {
            Data::Bytes(b) => b.bytes_mut(),
            Data::Items(_) => &mut [],
        }
    }

    /// The elements as numbers of a type of the dtype's size (bool as `u8`, text as `u32`).
    pub fn typed<T: Pod>(&self) -> &[T] {
        bytemuck::cast_slice(self.bytes())
    }

    /// The elements as numbers, to write.
    pub fn typed_mut<T: Pod>(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(self.bytes_mut())
    }

    /// The Python values of an object block; empty for others.
    pub fn items(&self) -> &[Item] {
        match &self.data {
            Data::Bytes(_) => &[],
            Data::Items(i) => i,
        }
    }

    /// The Python values of an object block, to write.
    pub fn items_mut(&mut self) -> &mut [Item] {
        match &mut self.data {
            Data::Bytes(_) => &mut [],
            Data::Items(i) => i,
        }
    }

    /// The bytes of element `i`.
    pub fn element(&self, i: usize) -> &[u8] {
        let size = self.dtype.size();
        &self.bytes()[i * size..(i + 1) * size]
    }

    /// The same elements under another shape of as many.
    pub fn reshaped(mut self, shape: Vec<usize>) -> Block {
        debug_assert_eq!(count(&shape), self.len());
        self.shape = shape;
        self
    }

    /// The same bytes under another dtype; the shape's last axis takes up the difference in size.
    pub fn viewed(mut self, dtype: DType, shape: Vec<usize>) -> Block {
        self.dtype = dtype;
        self.shape = shape;
        self
    }

    /// Copies `n` elements from `from` in `source` to `to` here; both of one dtype.
    pub fn copy_run(&mut self, to: usize, source: &Block, from: usize, n: usize) {
        match (&mut self.data, &source.data) {
            (Data::Items(a), Data::Items(b)) => a[to..to + n].clone_from_slice(&b[from..from + n]),
            (Data::Bytes(a), Data::Bytes(b)) => {
                let size = self.dtype.size();
                let from = &b.bytes()[from * size..(from + n) * size];
                a.bytes_mut()[to * size..(to + n) * size].copy_from_slice(from);
            }
            _ => {}
        }
    }

    /// Sets elements `to..to + n` to element `from` of `source`.
    pub fn fill_run(&mut self, to: usize, n: usize, source: &Block, from: usize) {
        match (&mut self.data, &source.data) {
            (Data::Items(a), Data::Items(b)) => a[to..to + n].fill(b[from].clone()),
            (Data::Bytes(a), Data::Bytes(b)) => {
                let size = self.dtype.size();
                let out = &mut a.bytes_mut()[to * size..(to + n) * size];
                fill(out, &b.bytes()[from * size..(from + 1) * size]);
            }
            _ => {}
        }
    }
}

/// Fills `out` with copies of `element`.
pub fn fill(out: &mut [u8], element: &[u8]) {
    match element.len() {
        0 => {}
        1 => out.fill(element[0]),
        size => {
            let mut done = size.min(out.len());
            out[..done].copy_from_slice(&element[..done]);
            while done < out.len() {
                let n = done.min(out.len() - done);
                out.copy_within(..n, done);
                done += n;
            }
        }
    }
}

/// Returns what a macro makes of the unsigned integer that is as wide as an element: elements of
/// these widths can be moved as such, whatever they are. Goes on where there is none.
#[macro_export]
macro_rules! by_width {
    ($dtype:expr, $move:ident) => {
        match $dtype {
            $crate::array::DType::Object => {}
            d => match d.size() {
                1 => return $move!(u8),
                2 => return $move!(u16),
                4 => return $move!(u32),
                8 => return $move!(u64),
                _ => {}
            },
        }
    };
}

/// How many elements a shape has.
pub fn count(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// A block that several may hold, such as an array in memory.
pub type Shared = Arc<Block>;

/// Bytes in 64-bit words.
#[derive(Debug)]
struct Buffer {
    words: Vec<u64>,
    len: usize,
}

/// What one thread keeps for its next blocks, in bytes: new pages cost as much as filling them.
const POOL: usize = 32 << 20;
/// Smaller buffers are left to the allocator, which is fast for them.
const SMALL: usize = 32 << 10;

#[derive(Default)]
struct Pool {
    free: Vec<Vec<u64>>,
    bytes: usize,
}

thread_local! {
    static FREE: RefCell<Pool> = RefCell::default();
}

impl Buffer {
    fn zeroed(len: usize) -> Buffer {
        Buffer { words: vec![0; len.div_ceil(8)], len }
    }

    fn scratch(len: usize) -> Buffer {
        if !(SMALL..=POOL).contains(&len) {
            return Buffer::zeroed(len);
        }
        let need = len.div_ceil(8);
        let found = FREE.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            let at =
                pool.free.iter().rposition(|w| w.capacity() >= need && w.capacity() <= 2 * need)?;
            let words = pool.free.swap_remove(at);
            pool.bytes -= words.capacity() * 8;
            Some(words)
        });
        match found {
            Ok(Some(mut words)) => {
                words.resize(need, 0);
                Buffer { words, len }
            }
            _ => Buffer::zeroed(len),
        }
    }

    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.len]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.len]
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Buffer {
        let mut copy = Buffer::scratch(self.len);
        copy.bytes_mut().copy_from_slice(self.bytes());
        copy
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = self.words.capacity() * 8;
        if !(SMALL..=POOL).contains(&bytes) {
            return;
        }
        let words = std::mem::take(&mut self.words);
        let _ = FREE.try_with(|pool| {
            let Ok(mut pool) = pool.try_borrow_mut() else { return };
            while pool.bytes + bytes > POOL && !pool.free.is_empty() {
                let old = pool.free.remove(0);
                pool.bytes -= old.capacity() * 8;
            }
            pool.bytes += bytes;
            pool.free.push(words);
        });
    }
}
