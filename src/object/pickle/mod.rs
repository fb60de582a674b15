//! Python pickles: decoded to a plain tree, encoded from one, shown as text; never executed.
//!
//! - [`value`]: the tree; [`classes`]: what the objects of well-known classes mean, and making
//!   them; [`numpy`]: dtypes, arrays and scalars.
//! - [`decode`](mod@decode): bytes to a tree; behind it [`opcodes`], the input, the literals of
//!   opcodes, Python 2's names, and the arena in which a tree grows.
//! - [`encode`](mod@encode): a tree to the bytes that CPython would write, in frames.
//! - [`show`]: a tree as Python's `repr` prints it.
//!
//! Here stand the error and the limits they share. Nothing here knows HDF5, files or a screen,
//! and nothing imports or calls what a pickle names.

mod arena;
pub mod classes;
pub mod decode;
pub mod encode;
mod encode_numpy;
mod frames;
mod input;
mod known;
mod literal;
mod memo;
pub mod numpy;
pub mod opcodes;
mod python2;
pub mod show;
mod show_numpy;
mod time_text;
pub mod value;

pub use decode::decode;
pub use encode::encode;
pub use value::{ClassName, Made, Object, Py};

/// The deepest nesting that is ever decoded or encoded, whatever [`Limits::depth`] says: walking
/// and dropping a tree takes stack in proportion.
pub const MAX_DEPTH: usize = 500;

/// How much a pickle may take to decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory for the tree and for making it. Small pickles get less: [`Limits::memory`].
    pub bytes: usize,
    /// Levels of nesting, at most [`MAX_DEPTH`]; an object's arguments and state are levels too.
    pub depth: usize,
    /// Opcodes.
    pub ops: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 64 << 20, depth: 500, ops: 50_000_000 }
    }
}

impl Limits {
    /// The memory that a pickle of `input` bytes may take: in proportion to its length.
    pub fn memory(&self, input: usize) -> usize {
        self.bytes.min(input.saturating_mul(256).saturating_add(1 << 20))
    }

    /// The nodes a tree may have if every shared value is counted wherever it stands.
    pub fn expanded(input: usize) -> u64 {
        (input as u64).saturating_mul(16).saturating_add(4_000_000)
    }
}

/// Why bytes are no pickle that can be decoded, or a tree none that can be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {reason}")]
pub struct PickleError {
    /// Where the opcode starts; for a tree, how many bytes were written before it.
    pub offset: usize,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a pickle or a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The input ends inside an opcode or before STOP.
    #[error("the pickle is cut short")]
    Truncated,
    /// A byte that is no opcode.
    #[error("0x{0:02x} is not an opcode")]
    Opcode(u8),
    /// A protocol newer than 5.
    #[error("protocol {0} is unknown")]
    Protocol(u8),
    /// An opcode needs more values than are on the stack.
    #[error("{0} on an empty stack")]
    Empty(&'static str),
    /// An opcode needs a MARK and there is none.
    #[error("{0} without a MARK")]
    NoMark(&'static str),
    /// An opcode finds a value of a kind it can't work on.
    #[error("{op} {what}")]
    Misfit {
        /// The opcode's name.
        op: &'static str,
        /// What is wrong with the value.
        what: &'static str,
    },
    /// The memo has nothing under this number.
    #[error("the memo has no value {0}")]
    Memo(u64),
    /// A text literal or a name that is none.
    #[error("{0}")]
    Literal(&'static str),
    /// An opcode that refers to something outside the pickle.
    #[error("{op} refers to {what}, which is not in the pickle")]
    Outside {
        /// The opcode's name.
        op: &'static str,
        /// What it refers to.
        what: String,
    },
    /// A container that is inside itself.
    #[error("it contains itself")]
    Cycle,
    /// Nested deeper than the limit.
    #[error("nested deeper than {0} levels")]
    Depth(usize),
    /// More memory than the limit.
    #[error("it needs more memory than {0} bytes")]
    Memory(usize),
    /// More nodes than the limit, when shared values are counted wherever they stand.
    #[error("it stands for more than {0} values")]
    Expanded(u64),
    /// More opcodes than the limit.
    #[error("it has more than {0} opcodes")]
    Ops(u64),
    /// A value too long for the pickle format.
    #[error("a value is too long to be pickled")]
    TooLong,
}
