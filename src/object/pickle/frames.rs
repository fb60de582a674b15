//! The bytes of a pickle as they are written: in frames, laid out as CPython's.
//!
//! What is written is for [`encode`](mod@super::encode).

use super::opcodes::Op;

/// What a frame holds before another is begun; what is longer stands outside frames.
const TARGET: usize = 64 * 1024;
/// The shortest content that is framed.
const LEAST: usize = 4;
/// FRAME and its length.
const HEAD: usize = 9;

/// A pickle that is being written.
pub(super) struct Frames {
    out: Vec<u8>,
    /// Where the open frame begins.
    frame: Option<usize>,
    framing: bool,
}

impl Frames {
    /// A pickle of protocol 5 with nothing in it yet.
    pub(super) fn new() -> Self {
        Frames { out: vec![Op::PROTO as u8, 5], frame: None, framing: true }
    }

    /// How many bytes have been written.
    pub(super) fn written(&self) -> usize {
        self.out.len()
    }

    /// The pickle.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.close();
        self.out
    }

    /// Writes an opcode or a part of one.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.framing && self.frame.is_none() {
            self.frame = Some(self.out.len());
            self.out.extend([0; HEAD]);
        }
        self.out.extend_from_slice(bytes);
    }

    /// Writes bytes after their opcode and length; long ones stand outside frames.
    pub(super) fn write_counted(&mut self, head: &[u8], bytes: &[u8]) {
        if bytes.len() >= TARGET {
            self.close();
            self.framing = false;
        }
        self.write(head);
        self.write(bytes);
        self.framing = true;
    }

    /// A place between two opcodes: a frame that is long enough ends here.
    pub(super) fn boundary(&mut self) {
        if self.frame.is_some_and(|start| self.out.len() - start >= TARGET + HEAD) {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(start) = self.frame.take() else { return };
        let length = self.out.len() - start - HEAD;
        if length < LEAST {
            self.out.drain(start..start + HEAD);
            return;
        }
        self.out[start] = Op::FRAME as u8;
        self.out[start + 1..start + HEAD].copy_from_slice(&(length as u64).to_le_bytes());
    }
}
