//! Elementwise expressions: chains of kernels, fused over tiles that stay in cache.
//!
//! `sqrt(x) + 1` is two `Elementwise` arrays. Reading a region of the outer one compiles both
//! into one program, reads the region of `x`, and runs the steps tile by tile: no intermediate is
//! ever as large as the region. An element gets the same bits wherever it falls in a tile, since
//! kernels treat each element alone.

use std::any::Any;
use std::sync::Arc;

use bytemuck::Pod;

use super::block::{Block, fill};
use super::context::Context;
use super::dtype::DType;
use super::error::Result;
use super::lazy::{Array, Source, Span, extent, strides};
use super::view::{broadcast_shapes, broadcast_to};

/// One operand of a kernel: an element for each of the output's, or one for all.
#[derive(Clone, Copy)]
pub enum Operand<'a> {
    /// As many elements as the output has.
    Many(&'a [u8]),
    /// One element, for all of them.
    One(&'a [u8]),
}

impl<'a> Operand<'a> {
    /// The elements as numbers: a slice, or a single one.
    pub fn typed<T: Pod>(self) -> Typed<'a, T> {
        match self {
            Operand::Many(b) => Typed::Many(bytemuck::cast_slice(b)),
            Operand::One(b) => Typed::One(bytemuck::pod_read_unaligned(b)),
        }
    }

    /// The bytes of element `i`, each of `size` bytes.
    pub fn element(self, i: usize, size: usize) -> &'a [u8] {
        match self {
            Operand::Many(b) => &b[i * size..(i + 1) * size],
            Operand::One(b) => b,
        }
    }
}

/// A typed operand.
#[derive(Clone, Copy)]
pub enum Typed<'a, T> {
    /// An element for each of the output's.
    Many(&'a [T]),
    /// One for all.
    One(T),
}

impl<T: Copy> Typed<'_, T> {
    /// Element `i`.
    pub fn at(&self, i: usize) -> T {
        match self {
            Typed::Many(s) => s[i],
            Typed::One(x) => *x,
        }
    }
}

/// Applies `f` to each element.
pub fn unary<A: Pod, R: Pod>(a: Operand, out: &mut [u8], f: impl Fn(A) -> R) {
    let out: &mut [R] = bytemuck::cast_slice_mut(out);
    match a.typed::<A>() {
        Typed::Many(a) => out.iter_mut().zip(a).for_each(|(o, &a)| *o = f(a)),
        Typed::One(a) => out.fill(f(a)),
    }
}

/// Applies `f` to each pair of elements.
pub fn binary<A: Pod, B: Pod, R: Pod>(
    a: Operand,
    b: Operand,
    out: &mut [u8],
    f: impl Fn(A, B) -> R,
) {
    let out: &mut [R] = bytemuck::cast_slice_mut(out);
    match (a.typed::<A>(), b.typed::<B>()) {
        (Typed::Many(a), Typed::Many(b)) => {
            out.iter_mut().zip(a).zip(b).for_each(|((o, &a), &b)| *o = f(a, b));
        }
        (Typed::Many(a), Typed::One(b)) => {
            out.iter_mut().zip(a).for_each(|(o, &a)| *o = f(a, b));
        }
        (Typed::One(a), Typed::Many(b)) => {
            out.iter_mut().zip(b).for_each(|(o, &b)| *o = f(a, b));
        }
        (Typed::One(a), Typed::One(b)) => out.fill(f(a, b)),
    }
}

/// What a kernel does with one tile: operands in, the output's bytes out.
pub type Kernel = Arc<dyn Fn(&[Operand], &mut [u8], &Context) -> Result<()> + Send + Sync>;

/// What is done with whole blocks of one shape where objects are involved.
pub type BlockKernel = Arc<dyn Fn(&[Block], &Context) -> Result<Block> + Send + Sync>;

/// An array each element of which is computed from the elements at the same place.
struct Elementwise {
    inputs: Vec<Array>,
    kernel: Kernel,
    shape: Vec<usize>,
    dtype: DType,
}

/// The array that `kernel` makes of its broadcast inputs.
///
/// # Errors
/// ValueError where the inputs' shapes don't broadcast.
pub fn elementwise(dtype: DType, inputs: Vec<Array>, kernel: Kernel) -> Result<Array> {
    let shapes: Vec<&[usize]> = inputs.iter().map(Array::shape).collect();
    let shape = broadcast_shapes(&shapes)?;
    let source = Elementwise { inputs, kernel, shape: shape.clone(), dtype: dtype.clone() };
    Ok(Array::new(dtype, shape, source))
}

/// The array that `kernel` makes of whole blocks of its inputs, broadcast to one shape.
///
/// # Errors
/// ValueError where the inputs' shapes don't broadcast.
pub fn blockwise(dtype: DType, inputs: Vec<Array>, kernel: BlockKernel) -> Result<Array> {
    let shapes: Vec<&[usize]> = inputs.iter().map(Array::shape).collect();
    let shape = broadcast_shapes(&shapes)?;
    let inputs = inputs.iter().map(|a| broadcast_to(a, &shape)).collect::<Result<Vec<_>>>()?;
    Ok(Array::new(dtype, shape, Blockwise { inputs, kernel }))
}

struct Blockwise {
    inputs: Vec<Array>,
    kernel: BlockKernel,
}

impl Source for Blockwise {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let blocks = self.inputs.iter().map(|a| a.read(region, cx)).collect::<Result<Vec<_>>>()?;
        cx.check()?;
        (self.kernel)(&blocks, cx)
    }

    fn inputs(&self) -> Vec<Array> {
        self.inputs.clone()
    }

    fn is_pointwise(&self) -> bool {
        true
    }

    fn grid(&self) -> Option<Vec<usize>> {
        self.inputs.iter().find_map(Array::grid)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Source for Elementwise {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        let mut program = Program::default();
        program.add(self);
        program.run(&self.shape, region, cx)
    }

    fn inputs(&self) -> Vec<Array> {
        self.inputs.clone()
    }

    fn is_pointwise(&self) -> bool {
        true
    }

    /// That of the largest input which has one.
    fn grid(&self) -> Option<Vec<usize>> {
        let largest = self.inputs.iter().filter_map(|a| Some((a, a.grid()?)));
        let (array, grid) = largest.max_by_key(|(a, _)| a.len())?;
        let extra = self.shape.len() - array.ndim();
        let mut out = vec![1; extra];
        for (axis, g) in grid.into_iter().enumerate() {
            // a broadcast axis says nothing about pieces
            out.push(if array.shape()[axis] == self.shape[extra + axis] { g } else { 1 });
        }
        Some(out)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Where a step finds an operand.
#[derive(Clone, Copy)]
enum Slot {
    Leaf(usize),
    Step(usize),
}

struct Step {
    kernel: Kernel,
    inputs: Vec<Slot>,
    dtype: DType,
    size: usize,
}

/// A fused expression: leaves are read, steps run for each tile.
#[derive(Default)]
struct Program {
    leaves: Vec<Array>,
    steps: Vec<Step>,
    /// Nodes that have their step already, by identity.
    known: Vec<(*const Elementwise, usize)>,
}

/// What is known of a leaf's elements when tiles are made.
enum Leaf<'a> {
    Whole(&'a Block),
    One(&'a Block),
    /// A smaller block, spread along some axes: elements between neighbours along each.
    Spread(&'a Block, Vec<usize>),
}

impl Program {
    fn add(&mut self, node: &Elementwise) -> usize {
        let this = std::ptr::from_ref(node);
        if let Some((_, step)) = self.known.iter().find(|(p, _)| *p == this) {
            return *step;
        }
        let inputs = node
            .inputs
            .iter()
            .map(|input| match input.source_as::<Elementwise>() {
                Some(inner) if inner.shape == node.shape => Slot::Step(self.add(inner)),
                _ => Slot::Leaf(self.leaf(input)),
            })
            .collect();
        let (kernel, size) = (node.kernel.clone(), node.dtype.size());
        self.steps.push(Step { kernel, inputs, dtype: node.dtype.clone(), size });
        self.known.push((this, self.steps.len() - 1));
        self.steps.len() - 1
    }

    fn leaf(&mut self, array: &Array) -> usize {
        if let Some(at) = self.leaves.iter().position(|l| l.same(array)) {
            return at;
        }
        self.leaves.push(array.clone());
        self.leaves.len() - 1
    }

    fn run(&self, shape: &[usize], region: &[Span], cx: &Context) -> Result<Block> {
        let out_shape = extent(region);
        let blocks = self.leaves.iter().map(|leaf| {
            let extra = shape.len() - leaf.ndim();
            let wanted: Vec<Span> = region[extra..]
                .iter()
                .zip(leaf.shape())
                .zip(&shape[extra..])
                .map(|((s, &n), &m)| if n == m { *s } else { Span::run(0, 1) })
                .collect();
            leaf.read(&wanted, cx)
        });
        let blocks = blocks.collect::<Result<Vec<_>>>()?;
        let last = &self.steps[self.steps.len() - 1];
        let mut out = Block::scratch(last.dtype.clone(), out_shape.clone());
        let total = out.len();
        let leaves: Vec<Leaf> = blocks
            .iter()
            .map(|b| match b.len() {
                1 if total != 1 => Leaf::One(b),
                n if n == total => Leaf::Whole(b),
                _ => {
                    let mut steps = vec![0; out_shape.len() - b.shape().len()];
                    let inner = strides(b.shape());
                    steps.extend(
                        inner.iter().zip(b.shape()).map(|(s, &n)| if n == 1 { 0 } else { *s }),
                    );
                    Leaf::Spread(b, steps)
                }
            })
            .collect();
        let widest = self
            .steps
            .iter()
            .map(|s| s.size)
            .chain(blocks.iter().map(|b| b.dtype().size()))
            .max()
            .unwrap_or(1);
        let tile = ((32 << 10) / widest.max(1)).clamp(64, 4096).min(total);
        let mut spread: Vec<Block> = leaves
            .iter()
            .map(|leaf| match leaf {
                Leaf::Spread(b, _) => Block::scratch(b.dtype().clone(), vec![tile]),
                _ => Block::zeros(DType::Bool, vec![0]),
            })
            .collect();
        let mut temporary: Vec<Block> = self.steps[..self.steps.len() - 1]
            .iter()
            .map(|s| Block::scratch(s.dtype.clone(), vec![tile]))
            .collect();
        let mut at = 0;
        while at < total {
            cx.check()?;
            let n = tile.min(total - at);
            for (i, leaf) in leaves.iter().enumerate() {
                if let Leaf::Spread(block, steps) = leaf {
                    spread_tile(block, steps, &out_shape, at, n, spread[i].bytes_mut());
                }
            }
            for (k, step) in self.steps.iter().enumerate() {
                let (before, rest) = temporary.split_at_mut(k.min(self.steps.len() - 1));
                let operands: Vec<Operand> = step
                    .inputs
                    .iter()
                    .map(|slot| match slot {
                        Slot::Step(s) => {
                            Operand::Many(&before[*s].bytes()[..n * self.steps[*s].size])
                        }
                        Slot::Leaf(l) => match &leaves[*l] {
                            Leaf::One(b) => Operand::One(b.bytes()),
                            Leaf::Whole(b) => {
                                let size = b.dtype().size();
                                Operand::Many(&b.bytes()[at * size..(at + n) * size])
                            }
                            Leaf::Spread(b, _) => {
                                Operand::Many(&spread[*l].bytes()[..n * b.dtype().size()])
                            }
                        },
                    })
                    .collect();
                let target = match rest.first_mut() {
                    Some(t) => &mut t.bytes_mut()[..n * step.size],
                    None => &mut out.bytes_mut()[at * step.size..(at + n) * step.size],
                };
                (step.kernel)(&operands, target, cx)?;
            }
            at += n;
        }
        Ok(out)
    }
}

/// Elements `at..at + n` (flat, of `shape`) of a block that is spread over the shape.
fn spread_tile(
    block: &Block,
    steps: &[usize],
    shape: &[usize],
    at: usize,
    n: usize,
    out: &mut [u8],
) {
    let size = block.dtype().size();
    let bytes = block.bytes();
    let last = shape.len() - 1;
    let row = shape[last];
    let (mut done, mut flat) = (0, at);
    while done < n {
        let within = flat % row;
        let len = (row - within).min(n - done);
        let mut rest = flat / row;
        let mut from = 0;
        for axis in (0..last).rev() {
            from += rest % shape[axis] * steps[axis];
            rest /= shape[axis];
        }
        let target = &mut out[done * size..(done + len) * size];
        match steps[last] {
            0 => fill(target, &bytes[from * size..(from + 1) * size]),
            _ => {
                let from = (from + within) * size;
                target.copy_from_slice(&bytes[from..from + len * size]);
            }
        }
        done += len;
        flat += len;
    }
}
