//! The executor: work split into units, done on all threads, within the memory limit.
//!
//! Units follow the grid of the array's source, so that a chunk is decoded once. A unit is a
//! region; how large it may be is the context's business. Results come to one place, in order or
//! as they are done; progress is counted there, and a cancel stops between units.

use std::collections::BTreeMap;

use parking_lot::{Condvar, Mutex};

use super::block::{Block, count};
use super::context::Context;
use super::error::{Error, Result};
use super::lazy::{Array, Span, whole};

/// A unit is large enough to be worth a thread's while, and small enough to stay in cache.
const UNIT: usize = 512 << 10;

/// A shape cut into boxes of one size.
#[derive(Debug, Clone)]
pub struct Units {
    shape: Vec<usize>,
    size: Vec<usize>,
    counts: Vec<usize>,
}

impl Units {
    /// Boxes of `size` over `shape`; those at the far edges are smaller.
    pub fn new(shape: &[usize], size: Vec<usize>) -> Units {
        let size: Vec<usize> = size.iter().map(|&s| s.max(1)).collect();
        let counts = shape.iter().zip(&size).map(|(n, s)| n.div_ceil(*s)).collect();
        Units { shape: shape.to_vec(), size, counts }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        count(&self.counts)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.counts.contains(&0)
    }

    /// The region of unit `i`, in C order.
    pub fn region(&self, i: usize) -> Vec<Span> {
        let mut rest = i;
        let mut region = vec![Span::run(0, 0); self.shape.len()];
        for axis in (0..self.shape.len()).rev() {
            let start = rest % self.counts[axis] * self.size[axis];
            rest /= self.counts[axis];
            region[axis] = Span::run(start, self.size[axis].min(self.shape[axis] - start));
        }
        region
    }
}

/// The size of boxes of at most `most` elements that are whole pieces of the grid where there is
/// one, grown along the axes in the order given.
pub fn unit_size(
    shape: &[usize],
    grid: Option<&[usize]>,
    most: usize,
    order: &[usize],
) -> Vec<usize> {
    let mut size: Vec<usize> = match grid {
        Some(g) => g.iter().zip(shape).map(|(g, n)| (*g).min(*n).max(1)).collect(),
        None => vec![1; shape.len()],
    };
    for &axis in order {
        let others = count(&size) / size[axis].max(1);
        let room = most / others.max(1);
        if room >= shape[axis] {
            size[axis] = shape[axis].max(1);
        } else if room > size[axis] {
            size[axis] = room / size[axis] * size[axis];
            break;
        } else if size[axis] < shape[axis] {
            break;
        }
    }
    size
}

/// How many elements of an array a unit may have, by the memory limit and what is efficient.
pub fn unit_elements(array: &Array, cx: &Context) -> usize {
    let by_memory = cx.share() as f64 / array.footprint();
    let by_cache = UNIT as f64 / array.dtype().size().max(1) as f64;
    by_memory.min(by_cache).max(1.0) as usize
}

/// Bytes that are worth reading or writing at once where data lies in rows.
const RUN: usize = 16 << 10;

/// Units of an array that can be read in any order.
pub fn units(array: &Array, cx: &Context) -> Units {
    let shape = array.shape();
    let mut order: Vec<usize> = (0..array.ndim()).rev().collect();
    let grid = array.grid();
    let mut most = unit_elements(array, cx);
    let fast = fast_axis(array);
    if grid.is_none() && fast + 1 < array.ndim() {
        // against the order of what is stored: boxes with runs in both orders
        let last = array.ndim() - 1;
        most = (cx.share() as f64 / array.footprint()).max(1.0) as usize;
        let side = (RUN / array.dtype().size().max(1)).min(most.isqrt()).max(1);
        let mut size = vec![1; array.ndim()];
        (size[fast], size[last]) = (side.min(shape[fast]).max(1), side.min(shape[last]).max(1));
        most = most.min((8 * UNIT / array.dtype().size().max(1)).max(count(&size)));
        order.retain(|a| *a != fast);
        order.insert(0, fast);
        return Units::new(shape, unit_size(shape, Some(&size), most, &order));
    }
    let size = unit_size(shape, grid.as_deref(), most, &order);
    Units::new(shape, size)
}

/// The axis along which an array's stored neighbours lie: the last, unless it is transposed.
pub fn fast_axis(array: &Array) -> usize {
    let last = array.ndim().saturating_sub(1);
    if let Some(view) = array.source_as::<super::view::View>() {
        let (base, _, axes) = view.parts();
        let fast = fast_axis(base);
        let place = |b: usize| axes.iter().position(|a| *a == Some(b));
        // where the view has dropped it, the last of the axes that it has
        let kept = axes.iter().flatten().copied().max();
        return place(fast).or_else(|| place(kept?)).unwrap_or(last);
    }
    let inputs = array.source().inputs();
    match inputs.iter().find(|a| a.shape() == array.shape()) {
        Some(input) => fast_axis(input),
        None => last,
    }
}

/// Whether results must come in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The order of the units.
    Kept,
    /// The order in which they are done.
    Any,
}

struct Queue<T> {
    next: usize,
    /// The unit whose result is taken next, where order is kept.
    taken: usize,
    done: BTreeMap<usize, T>,
    failed: Option<Error>,
    working: usize,
}

/// Does `n` pieces of work on all threads and gives each result to `take`, on this thread.
///
/// At most two results a thread wait to be taken. The first error stops all.
///
/// # Errors
/// Those of `work` and `take`; KeyboardInterrupt.
pub fn parallel<T: Send>(
    cx: &Context,
    n: usize,
    order: Order,
    work: impl Fn(usize) -> Result<T> + Sync,
    mut take: impl FnMut(usize, T) -> Result<()>,
) -> Result<()> {
    let threads = cx.settings().threads.min(n);
    if threads <= 1 {
        for i in 0..n {
            cx.check()?;
            take(i, work(i)?)?;
        }
        return Ok(());
    }
    let queue = Mutex::new(Queue {
        next: 0,
        taken: 0,
        done: BTreeMap::new(),
        failed: None,
        working: threads,
    });
    let (ready, room) = (Condvar::new(), Condvar::new());
    let window = 2 * threads;
    let worker = || {
        loop {
            let i = {
                let mut q = queue.lock();
                loop {
                    if q.failed.is_some() || q.next >= n {
                        q.working -= 1;
                        ready.notify_all();
                        room.notify_all();
                        return;
                    }
                    let ahead = match order {
                        Order::Kept => q.next - q.taken,
                        Order::Any => q.done.len(),
                    };
                    if ahead < window {
                        break;
                    }
                    room.wait(&mut q);
                }
                q.next += 1;
                q.next - 1
            };
            let result = cx.check().and_then(|()| work(i));
            let mut q = queue.lock();
            match result {
                Ok(value) => {
                    q.done.insert(i, value);
                }
                Err(e) => {
                    q.failed.get_or_insert(e);
                }
            }
            ready.notify_all();
        }
    };
    std::thread::scope(|scope| {
        // the calling thread works too little to count: it only takes results
        let mut started = 0;
        for k in 0..threads {
            let builder = std::thread::Builder::new().name(format!("compute {k}"));
            match builder.spawn_scoped(scope, worker) {
                Ok(_) => started += 1,
                Err(_) => break,
            }
        }
        let mut q = queue.lock();
        q.working -= threads - started;
        if started == 0 {
            q.failed = Some(Error::runtime("no thread could be started"));
        }
        loop {
            let at = match order {
                Order::Kept => q.done.contains_key(&q.taken).then_some(q.taken),
                Order::Any => q.done.keys().next().copied(),
            };
            if q.failed.is_none()
                && let Some(at) = at
                && let Some(value) = q.done.remove(&at)
            {
                q.taken += 1;
                room.notify_all();
                let result = parking_lot::MutexGuard::unlocked(&mut q, || take(at, value));
                if let Err(e) = result {
                    q.failed.get_or_insert(e);
                    // those that wait for room are to see it
                    room.notify_all();
                }
                continue;
            }
            if q.working == 0 {
                break;
            }
            ready.wait(&mut q);
        }
        q.failed.take().map_or(Ok(()), Err)
    })
}

/// All elements of an array, in memory.
///
/// # Errors
/// As reading; MemoryError where the address space ends.
pub fn to_block(array: &Array, cx: &Context) -> Result<Block> {
    if let Some(block) = array.in_memory() {
        return Ok(Block::clone(block));
    }
    array.prepare(cx)?;
    if array.bytes() <= UNIT || array.is_empty() {
        return array.read(&whole(array.shape()), cx);
    }
    if array.bytes() > isize::MAX as usize {
        return Err(Error::memory(format!("an array of {} bytes", array.bytes())));
    }
    let units = units(array, cx);
    let mut out = Block::zeros(array.dtype().clone(), array.shape().to_vec());
    parallel(
        cx,
        units.len(),
        Order::Any,
        |i| array.read(&units.region(i), cx),
        |i, block| {
            put(&mut out, &units.region(i), &block);
            Ok(())
        },
    )?;
    Ok(out)
}

/// Copies a block into its region of a larger one; spans of the region are runs.
pub fn put(out: &mut Block, region: &[Span], block: &Block) {
    let places = super::lazy::strides(out.shape());
    super::lazy::for_runs(block.shape(), |from, index, n| {
        let to: usize = region.iter().enumerate().map(|(a, s)| s.at(index[a]) * places[a]).sum();
        out.copy_run(to, block, from, n);
    });
}

/// Gives an array's elements in C order, slab by slab, to `take`; blocks are computed on all
/// threads within the memory limit.
///
/// # Errors
/// As reading, and those of `take`.
pub fn in_order(
    array: &Array,
    cx: &Context,
    mut take: impl FnMut(&Block) -> Result<()>,
) -> Result<()> {
    array.prepare(cx)?;
    if array.is_empty() {
        return Ok(());
    }
    if array.ndim() == 0 {
        return take(&array.read(&[], cx)?);
    }
    let most = unit_elements(array, cx);
    let slabs = slab_units(array, most, cx);
    cx.begin("writing", array.len() as u64);
    parallel(
        cx,
        slabs.len(),
        Order::Kept,
        |i| array.read(&slabs.region(i), cx),
        |_, block| {
            cx.advance(block.len() as u64);
            take(&block)
        },
    )
}

/// Boxes that follow each other in C order: whole along all axes after the first that is cut.
pub fn slab_units(array: &Array, most: usize, cx: &Context) -> Units {
    let shape = array.shape();
    let mut size: Vec<usize> = vec![1; shape.len()];
    let mut room = most;
    // whole chunks along the axis that is cut, where they fit into this thread's share
    let grid = array.grid();
    let by_memory = (cx.share() as f64 / array.footprint()).max(1.0) as usize;
    for axis in (0..shape.len()).rev() {
        let inner = count(&size[axis + 1..]);
        if room >= shape[axis] {
            size[axis] = shape[axis];
            room /= shape[axis].max(1);
            continue;
        }
        let step = grid.as_ref().map_or(1, |g| g[axis].min(shape[axis]).max(1));
        let rows = (room / step * step).max(step);
        size[axis] = if rows * inner <= by_memory { rows } else { room.max(1) };
        break;
    }
    Units::new(shape, size)
}
