//! From the bytes of a pickle to its tree: the stack machine.
//!
//! It follows CPython's unpickler opcode by opcode, but calls nothing: what Python would call
//! becomes an object in the arena where the tree grows. What such objects mean is found out when the
//! tree is finished, by [`classes`](super::classes).

use std::collections::HashMap;
use std::sync::Arc;

use num_bigint::BigInt;

use super::arena::{Arena, Budget, Id, Node, Recipe, misfit};
use super::input::Input;
use super::opcodes::Op;
use super::value::{ClassName, Py};
use super::{Limits, PickleError, Reason, literal, python2};

/// The newest protocol.
const NEWEST: u8 = 5;

/// The tree that a pickle stands for. Bytes after its STOP are ignored, as by Python.
///
/// Nothing is imported or executed. Memory and time are bounded by `limits` and by the length of
/// the input.
///
/// # Errors
///
/// What is no pickle, what refers to things outside itself, contains itself, or passes a limit.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Py, PickleError> {
    let mut machine = Machine {
        input: Input::new(bytes),
        arena: Arena::new(Budget::new(limits.memory(bytes.len()))),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        protocol: 0,
        names: HashMap::new(),
    };
    let mut ops = 0;
    let mut offset = 0;
    let root = loop {
        let step = match ops < limits.ops {
            true => machine.step(),
            false => Err(Reason::Ops(limits.ops)),
        };
        match step {
            Ok(None) => {}
            Ok(Some(root)) => break root,
            Err(reason) => return Err(PickleError { offset, reason }),
        }
        ops += 1;
        offset = machine.input.at();
    };
    let Machine { mut arena, protocol, .. } = machine;
    arena.old = protocol < 4;
    arena.finish(root, limits, bytes.len()).map_err(|reason| PickleError { offset, reason })
}

struct Machine<'a> {
    input: Input<'a>,
    arena: Arena,
    stack: Vec<Id>,
    /// The heights of the stack at its MARKs. What is below the last one is out of reach.
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
    protocol: u8,
    /// The text of the lines of GLOBAL and INST, one for equal ones.
    names: HashMap<&'a [u8], Arc<str>>,
}

impl Machine<'_> {
    /// Does one opcode; gives the root at STOP.
    fn step(&mut self) -> Result<Option<Id>, Reason> {
        let byte = self.input.u8()?;
        let op = Op::from_byte(byte).ok_or(Reason::Opcode(byte))?;
        match op {
            Op::STOP => return self.pop(op).map(Some),
            Op::PROTO => {
                self.protocol = self.input.u8()?;
                if self.protocol > NEWEST {
                    return Err(Reason::Protocol(self.protocol));
                }
            }
            Op::FRAME => {
                let length = self.input.u64()?;
                if length > self.input.left() as u64 {
                    return Err(Reason::Truncated);
                }
            }
            Op::MARK => {
                self.arena.budget.charge(size_of::<usize>())?;
                self.marks.push(self.stack.len());
            }
            Op::POP => self.drop_top(op)?,
            Op::POP_MARK => drop(self.pop_mark(op)?),
            Op::DUP => {
                let top = self.top(op)?;
                self.push(top)?;
            }
            Op::PUT | Op::BINPUT | Op::LONG_BINPUT | Op::MEMOIZE => self.memoize(op)?,
            Op::GET | Op::BINGET | Op::LONG_BINGET => {
                let index = self.index(op)?;
                let id = *self.memo.get(&index).ok_or(Reason::Memo(index))?;
                self.push(id)?;
            }
            Op::GLOBAL | Op::STACK_GLOBAL => self.global(op)?,
            Op::EXT1 | Op::EXT2 | Op::EXT4 => return Err(self.extension(op)),
            Op::PERSID => {
                let line = self.input.line()?;
                let id = String::from_utf8_lossy(line.get(..40).unwrap_or(line));
                return Err(outside(op, format!("the persistent object {id:?}")));
            }
            Op::BINPERSID => return Err(outside(op, "a persistent object".to_owned())),
            Op::NEXT_BUFFER | Op::READONLY_BUFFER => {
                return Err(outside(op, "out-of-band buffers".to_owned()));
            }
            Op::EMPTY_LIST
            | Op::EMPTY_TUPLE
            | Op::EMPTY_DICT
            | Op::EMPTY_SET
            | Op::LIST
            | Op::TUPLE
            | Op::TUPLE1
            | Op::TUPLE2
            | Op::TUPLE3
            | Op::DICT
            | Op::FROZENSET => self.container(op)?,
            Op::APPEND | Op::APPENDS | Op::SETITEM | Op::SETITEMS | Op::ADDITEMS => {
                self.fill(op)?;
            }
            Op::REDUCE | Op::NEWOBJ | Op::NEWOBJ_EX | Op::INST | Op::OBJ => self.make(op)?,
            Op::BUILD => self.build(op)?,
            _ => {
                let leaf = self.leaf(op)?;
                self.push_node(Node::Leaf(leaf))?;
            }
        }
        Ok(None)
    }

    /// The value of an opcode that is one.
    fn leaf(&mut self, op: Op) -> Result<Py, Reason> {
        Ok(match op {
            Op::NONE => Py::None,
            Op::NEWTRUE => Py::Bool(true),
            Op::NEWFALSE => Py::Bool(false),
            Op::BININT => Py::int(i32::from_le_bytes(self.input.array()?)),
            Op::BININT1 => Py::int(self.input.u8()?),
            Op::BININT2 => Py::int(u16::from_le_bytes(self.input.array()?)),
            Op::INT => match self.input.line()? {
                b"00" => Py::Bool(false),
                b"01" => Py::Bool(true),
                line => Py::Int(literal::integer(line)?),
            },
            Op::LONG => Py::Int(literal::integer(self.input.line()?)?),
            Op::LONG1 => {
                let length = self.input.u8()?;
                Py::Int(BigInt::from_signed_bytes_le(self.payload(u64::from(length))?))
            }
            Op::LONG4 => {
                let length = self.input.signed_length()?;
                Py::Int(BigInt::from_signed_bytes_le(self.payload(length)?))
            }
            Op::FLOAT => Py::Float(literal::float(self.input.line()?)?),
            Op::BINFLOAT => Py::Float(f64::from_be_bytes(self.input.array()?)),
            Op::UNICODE => {
                let line = self.input.line()?;
                self.arena.budget.charge(line.len().saturating_mul(3))?;
                Py::Str(literal::raw_unicode(line)?)
            }
            Op::STRING => {
                let line = self.input.line()?;
                self.arena.budget.charge(line.len().saturating_mul(2))?;
                literal::old_string(&literal::quoted(line)?)
            }
            _ => self.counted(op)?,
        })
    }

    /// The value of an opcode that starts with a length.
    fn counted(&mut self, op: Op) -> Result<Py, Reason> {
        let length = match op {
            Op::SHORT_BINUNICODE | Op::SHORT_BINBYTES | Op::SHORT_BINSTRING => {
                u64::from(self.input.u8()?)
            }
            Op::BINUNICODE | Op::BINBYTES => u64::from(self.input.u32()?),
            Op::BINSTRING => self.input.signed_length()?,
            _ => self.input.u64()?,
        };
        let bytes = self.payload(length)?;
        Ok(match op {
            Op::SHORT_BINUNICODE | Op::BINUNICODE | Op::BINUNICODE8 => {
                Py::Str(literal::text(bytes)?)
            }
            Op::SHORT_BINSTRING | Op::BINSTRING => literal::old_string(bytes),
            Op::BYTEARRAY8 => Py::ByteArray(Arc::from(bytes)),
            _ => Py::Bytes(Arc::from(bytes)),
        })
    }

    fn payload(&mut self, length: u64) -> Result<&[u8], Reason> {
        let bytes = self.input.take(length)?;
        self.arena.budget.charge(bytes.len())?;
        Ok(bytes)
    }

    fn container(&mut self, op: Op) -> Result<(), Reason> {
        let values = match op {
            Op::TUPLE1 => self.pop_many(op, 1)?,
            Op::TUPLE2 => self.pop_many(op, 2)?,
            Op::TUPLE3 => self.pop_many(op, 3)?,
            Op::LIST | Op::TUPLE | Op::DICT | Op::FROZENSET => self.pop_mark(op)?,
            _ => Vec::new(),
        };
        self.arena.charge_elements(values.len())?;
        self.push_node(match op {
            Op::EMPTY_LIST | Op::LIST => Node::List(values),
            Op::EMPTY_SET => Node::Set(values),
            Op::FROZENSET => Node::FrozenSet(values),
            Op::EMPTY_DICT | Op::DICT => Node::Dict(pairs(op, &values)?),
            _ => Node::Tuple(values),
        })
    }

    fn fill(&mut self, op: Op) -> Result<(), Reason> {
        let values = match op {
            Op::APPEND => self.pop_many(op, 1)?,
            Op::SETITEM => self.pop_many(op, 2)?,
            _ => self.pop_mark(op)?,
        };
        self.arena.charge_elements(values.len())?;
        let target = self.top(op)?;
        match (op, self.arena.get_mut(target)) {
            (Op::APPEND | Op::APPENDS, Some(Node::List(items))) => items.extend(values),
            (Op::APPEND | Op::APPENDS, Some(Node::Object(object))) => object.items.extend(values),
            (Op::SETITEM | Op::SETITEMS, Some(Node::Dict(entries))) => {
                entries.extend(pairs(op, &values)?);
            }
            (Op::SETITEM | Op::SETITEMS, Some(Node::Object(object))) => {
                object.entries.extend(pairs(op, &values)?);
            }
            (Op::ADDITEMS, Some(Node::Set(members))) => members.extend(values),
            (Op::ADDITEMS, Some(Node::Object(object))) => object.members.extend(values),
            _ => return Err(misfit(op.name(), "on a value that takes no items")),
        }
        Ok(())
    }

    fn make(&mut self, op: Op) -> Result<(), Reason> {
        let recipe = match op {
            Op::REDUCE => {
                let args = self.pop_tuple(op)?;
                Recipe::Call { callable: self.pop(op)?, args }
            }
            Op::NEWOBJ => {
                let args = self.pop_tuple(op)?;
                Recipe::New { class: self.pop(op)?, args, kwargs: None }
            }
            Op::NEWOBJ_EX => {
                let kwargs = Some(self.pop(op)?);
                let args = self.pop_tuple(op)?;
                Recipe::New { class: self.pop(op)?, args, kwargs }
            }
            _ => {
                let class = match op {
                    Op::INST => Some(self.named()?),
                    _ => None,
                };
                let mut args = self.pop_mark(op)?;
                let class = match class {
                    Some(class) => class,
                    None if args.is_empty() => return Err(Reason::Empty(op.name())),
                    None => args.remove(0),
                };
                self.arena.charge_elements(args.len())?;
                let bare = args.is_empty();
                let args = self.arena.add(Node::Tuple(args))?;
                match bare {
                    true => Recipe::New { class, args, kwargs: None },
                    false => Recipe::Call { callable: class, args },
                }
            }
        };
        let id = self.arena.add_object(recipe)?;
        self.push(id)
    }

    fn build(&mut self, op: Op) -> Result<(), Reason> {
        let state = self.pop(op)?;
        let target = self.top(op)?;
        let Some(Node::Object(object)) = self.arena.get_mut(target) else {
            return Err(misfit(op.name(), "on a value without state"));
        };
        if object.state.replace(state).is_some() {
            return Err(misfit(op.name(), "on an object that has a state"));
        }
        Ok(())
    }

    /// POP. Where it drops the result of a function that was given an object and its state, that
    /// is how such an object's state is set.
    fn drop_top(&mut self, op: Op) -> Result<(), Reason> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        let dropped = self.pop(op)?;
        let Some(Node::Object(draft)) = self.arena.get(dropped) else { return Ok(()) };
        let Recipe::Call { callable, args } = draft.recipe else { return Ok(()) };
        let Some(Node::Tuple(args)) = self.arena.get(args) else { return Ok(()) };
        let [target, state] = args[..] else { return Ok(()) };
        if self.stack.last() == Some(&target)
            && let Some(Node::Object(object)) = self.arena.get_mut(target)
            && object.state.is_none()
        {
            object.state = Some(state);
            object.setter = Some(callable);
        }
        Ok(())
    }

    fn global(&mut self, op: Op) -> Result<(), Reason> {
        if op == Op::GLOBAL {
            let class = self.named()?;
            return self.push(class);
        }
        let (name, module) = (self.pop(op)?, self.pop(op)?);
        let (Some(Node::Leaf(Py::Str(module))), Some(Node::Leaf(Py::Str(qualname)))) =
            (self.arena.get(module), self.arena.get(name))
        else {
            return Err(misfit(op.name(), "with a name that is no str"));
        };
        let class = ClassName { module: Arc::clone(module), qualname: Arc::clone(qualname) };
        self.push_node(Node::Leaf(global(class)))
    }

    /// The global that two lines name.
    fn named(&mut self) -> Result<Id, Reason> {
        let (module, name) = (self.input.line()?, self.input.line()?);
        let (mut module, mut qualname) = (self.name(module)?, self.name(name)?);
        if self.protocol < 3 {
            let (new_module, new_name) = python2::renamed(&module, &qualname);
            if (new_module, new_name) != (&*module, &*qualname) {
                (module, qualname) = (Arc::from(new_module), Arc::from(new_name));
            }
        }
        self.arena.add(Node::Leaf(global(ClassName { module, qualname })))
    }

    fn extension(&mut self, op: Op) -> Reason {
        let code = match op {
            Op::EXT1 => self.input.u8().map(i64::from),
            Op::EXT2 => self.input.array().map(|bytes| i64::from(u16::from_le_bytes(bytes))),
            _ => self.input.array().map(|bytes| i64::from(i32::from_le_bytes(bytes))),
        };
        match code {
            Ok(code) => outside(op, format!("the registered extension {code}")),
            Err(reason) => reason,
        }
    }

    fn index(&mut self, op: Op) -> Result<u64, Reason> {
        Ok(match op {
            Op::GET | Op::PUT => literal::index(self.input.line()?)?,
            Op::BINGET | Op::BINPUT => u64::from(self.input.u8()?),
            Op::MEMOIZE => self.memo.len() as u64,
            _ => u64::from(self.input.u32()?),
        })
    }

    fn memoize(&mut self, op: Op) -> Result<(), Reason> {
        let index = self.index(op)?;
        let top = self.top(op)?;
        self.arena.budget.charge(2 * size_of::<(u64, Id)>())?;
        self.memo.insert(index, top);
        Ok(())
    }

    fn push_node(&mut self, node: Node) -> Result<(), Reason> {
        let id = self.arena.add(node)?;
        self.push(id)
    }

    fn push(&mut self, id: Id) -> Result<(), Reason> {
        self.arena.budget.charge(size_of::<Id>())?;
        self.stack.push(id);
        Ok(())
    }

    fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self, op: Op) -> Result<Id, Reason> {
        let reachable = self.stack.get(self.fence()..).unwrap_or_default();
        reachable.last().copied().ok_or(Reason::Empty(op.name()))
    }

    fn pop(&mut self, op: Op) -> Result<Id, Reason> {
        let top = self.top(op)?;
        self.stack.pop();
        Ok(top)
    }

    fn pop_many(&mut self, op: Op, count: usize) -> Result<Vec<Id>, Reason> {
        match self.stack.len().checked_sub(count) {
            Some(from) if from >= self.fence() => Ok(self.stack.split_off(from)),
            _ => Err(Reason::Empty(op.name())),
        }
    }

    fn pop_mark(&mut self, op: Op) -> Result<Vec<Id>, Reason> {
        let mark = self.marks.pop().ok_or(Reason::NoMark(op.name()))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn pop_tuple(&mut self, op: Op) -> Result<Id, Reason> {
        let args = self.pop(op)?;
        match self.arena.get(args) {
            Some(Node::Tuple(_)) => Ok(args),
            _ => Err(misfit(op.name(), "with arguments that are no tuple")),
        }
    }
}

impl<'a> Machine<'a> {
    fn name(&mut self, line: &'a [u8]) -> Result<Arc<str>, Reason> {
        if let Some(name) = self.names.get(line) {
            return Ok(Arc::clone(name));
        }
        self.arena.budget.charge(line.len() + 3 * size_of::<Py>())?;
        let name: Arc<str> = Arc::from(literal::utf8_line(line)?);
        self.names.insert(line, Arc::clone(&name));
        Ok(name)
    }
}

/// What a global's name stands for.
fn global(class: ClassName) -> Py {
    match (&*class.module, &*class.qualname) {
        ("builtins", "Ellipsis") => Py::Ellipsis,
        ("builtins", "NotImplemented") => Py::NotImplemented,
        _ => Py::Class(Arc::new(class)),
    }
}

fn outside(op: Op, what: String) -> Reason {
    Reason::Outside { op: op.name(), what }
}

fn pairs(op: Op, values: &[Id]) -> Result<Vec<(Id, Id)>, Reason> {
    let (pairs, rest) = values.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(misfit(op.name(), "with a key without a value"));
    }
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}
