//! Where a tree grows while its pickle is read: nodes by number, so that containers can still
//! change and even hold themselves; and the budget that all of decoding is charged to.
//!
//! It knows no opcodes ([`decode`](mod@super::decode)) and no classes but what `getattr` names
//! ([`classes`](super::classes) turns finished objects into plain values).

use std::mem::{replace, size_of, take};
use std::sync::Arc;

use super::classes;
use super::value::{ClassName, Made, Object, Py};
use super::{Limits, MAX_DEPTH, Reason};

/// The number of a node.
pub(super) type Id = u32;

/// What a node is charged: itself, what it becomes, and its place in the memo.
const NODE: usize = 160;
/// What an object is charged besides.
const OBJECT: usize = 400;
/// What a value in a container is charged.
const ELEMENT: usize = size_of::<Py>() + size_of::<Id>();

/// Memory that decoding may still take.
pub(super) struct Budget {
    left: usize,
    most: usize,
}

impl Budget {
    /// A budget of so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Budget { left: most, most }
    }

    /// Takes memory from the budget.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Reason> {
        self.left = self.left.checked_sub(bytes).ok_or(Reason::Memory(self.most))?;
        Ok(())
    }
}

/// A value that may still change.
pub(super) enum Node {
    /// One that is finished.
    Leaf(Py),
    /// A list.
    List(Vec<Id>),
    /// A tuple.
    Tuple(Vec<Id>),
    /// A dict.
    Dict(Vec<(Id, Id)>),
    /// A set.
    Set(Vec<Id>),
    /// A frozenset.
    FrozenSet(Vec<Id>),
    /// An object.
    Object(Box<Draft>),
}

/// An object that may still change.
pub(super) struct Draft {
    pub(super) recipe: Recipe,
    pub(super) state: Option<Id>,
    pub(super) setter: Option<Id>,
    pub(super) items: Vec<Id>,
    pub(super) entries: Vec<(Id, Id)>,
    pub(super) members: Vec<Id>,
}

/// How an object comes to be.
#[derive(Clone, Copy)]
pub(super) enum Recipe {
    /// `callable(*args)`
    Call { callable: Id, args: Id },
    /// `class.__new__(class, *args, **kwargs)`
    New { class: Id, args: Id, kwargs: Option<Id> },
}

/// The nodes, and what they cost so far.
pub(super) struct Arena {
    nodes: Vec<Node>,
    pub(super) budget: Budget,
    /// Whether the pickle is of protocol 3 or older.
    pub(super) old: bool,
}

impl Arena {
    /// An arena with nothing in it.
    pub(super) fn new(budget: Budget) -> Self {
        Arena { nodes: Vec::new(), budget, old: true }
    }

    /// Adds a node; the values in it have been charged.
    pub(super) fn add(&mut self, node: Node) -> Result<Id, Reason> {
        let id = Id::try_from(self.nodes.len()).map_err(|_| Reason::TooLong)?;
        self.budget.charge(NODE)?;
        self.nodes.push(node);
        Ok(id)
    }

    /// Adds an object.
    pub(super) fn add_object(&mut self, recipe: Recipe) -> Result<Id, Reason> {
        self.budget.charge(OBJECT)?;
        self.add(Node::Object(Box::new(Draft {
            recipe,
            state: None,
            setter: None,
            items: Vec::new(),
            entries: Vec::new(),
            members: Vec::new(),
        })))
    }

    /// A node.
    pub(super) fn get(&self, id: Id) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// A node, to change it.
    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut Node> {
        self.nodes.get_mut(id as usize)
    }

    /// Charges values that go into a container.
    pub(super) fn charge_elements(&mut self, count: usize) -> Result<(), Reason> {
        self.budget.charge(count.saturating_mul(ELEMENT))
    }

    /// The tree below a node.
    ///
    /// Walks without recursion: a node is entered, its children are finished, then it is left and
    /// becomes a leaf. To come upon a node that is entered and not yet left is to find a cycle.
    pub(super) fn finish(mut self, root: Id, limits: &Limits, input: usize) -> Result<Py, Reason> {
        self.budget.charge(self.nodes.len() * size_of::<Grown>())?;
        let mut grown = vec![Grown::default(); self.nodes.len()];
        let depth = limits.depth.min(MAX_DEPTH);
        let most = Limits::expanded(input);
        let mut path = vec![(root, false)];
        while let Some((id, left)) = path.pop() {
            let at = id as usize;
            let (Some(node), Some(here)) = (self.nodes.get(at), grown.get_mut(at)) else {
                return Err(Reason::Memo(u64::from(id)));
            };
            if matches!(node, Node::Leaf(_)) {
                continue;
            }
            if !left {
                if replace(&mut here.entered, true) {
                    return Err(Reason::Cycle);
                }
                path.push((id, true));
                children(node, |child| path.push((child, false)));
                continue;
            }
            let mut sum = Grown { entered: true, depth: 0, weight: 1 };
            children(node, |child| {
                let child = grown.get(child as usize).copied().unwrap_or_default();
                sum.depth = sum.depth.max(child.depth + 1);
                sum.weight = sum.weight.saturating_add(child.weight.max(1));
            });
            if sum.depth as usize > depth {
                return Err(Reason::Depth(depth));
            }
            if sum.weight > most {
                return Err(Reason::Expanded(most));
            }
            grown[at] = sum;
            let node = replace(&mut self.nodes[at], Node::Leaf(Py::None));
            let value = self.value(node)?;
            self.nodes[at] = Node::Leaf(value);
        }
        self.leaf(root)
    }

    /// The finished value of a node whose children are leaves.
    fn value(&mut self, node: Node) -> Result<Py, Reason> {
        Ok(match node {
            Node::Leaf(value) => value,
            Node::List(ids) => Py::List(self.leaves(&ids)?),
            Node::Tuple(ids) => Py::Tuple(self.leaves(&ids)?),
            Node::Set(ids) => Py::Set(self.leaves(&ids)?),
            Node::FrozenSet(ids) => Py::FrozenSet(self.leaves(&ids)?),
            Node::Dict(ids) => Py::Dict(Arc::new(self.pairs(&ids)?)),
            Node::Object(draft) => self.object(*draft)?,
        })
    }

    fn object(&mut self, mut draft: Draft) -> Result<Py, Reason> {
        let (class, made) = match draft.recipe {
            Recipe::Call { callable, args } => {
                let (callable, args) = (self.leaf(callable)?, self.tuple(args)?);
                if !matches!(callable, Py::Class(_) | Py::Object(_)) {
                    return Err(misfit("REDUCE", "of what can't be called"));
                }
                let class = classes::class_of(&callable, &mut self.budget)?;
                // up to protocol 3 a nested class is written as what getattr finds
                let named = self.old || matches!(callable, Py::Class(_));
                match class {
                    Some(class) if named => (class, Made::Reduce(args)),
                    class => {
                        let class = class.unwrap_or_else(|| ClassName::new("builtins", "object"));
                        (class, Made::Call { callable, args })
                    }
                }
            }
            Recipe::New { class, args, kwargs } => {
                let (class, args) = (self.leaf(class)?, self.tuple(args)?);
                let kwargs = match kwargs {
                    None => None,
                    Some(kwargs) => match self.leaf(kwargs)? {
                        Py::Dict(kwargs) => Some(kwargs),
                        _ => return Err(misfit("NEWOBJ_EX", "with keywords that are no dict")),
                    },
                };
                let Some(class) = classes::class_of(&class, &mut self.budget)? else {
                    return Err(misfit("NEWOBJ", "of what is no class"));
                };
                (class, Made::New { args, kwargs })
            }
        };
        let object = Object {
            class,
            made,
            state: draft.state.map(|id| self.leaf(id)).transpose()?,
            setter: draft.setter.map(|id| self.leaf(id)).transpose()?,
            items: self.owned(&take(&mut draft.items))?,
            entries: self.pairs(&take(&mut draft.entries))?,
            members: self.owned(&take(&mut draft.members))?,
        };
        classes::plain(object, &mut self.budget)
    }

    /// A copy of a leaf. Only an `int` has more to copy than a pointer.
    fn leaf(&mut self, id: Id) -> Result<Py, Reason> {
        match self.nodes.get(id as usize) {
            Some(Node::Leaf(value)) => {
                if let Py::Int(value) = value {
                    self.budget.charge((value.bits() / 8) as usize)?;
                }
                Ok(value.clone())
            }
            _ => Err(Reason::Cycle),
        }
    }

    fn owned(&mut self, ids: &[Id]) -> Result<Vec<Py>, Reason> {
        ids.iter().map(|id| self.leaf(*id)).collect()
    }

    fn leaves(&mut self, ids: &[Id]) -> Result<Arc<Vec<Py>>, Reason> {
        Ok(Arc::new(self.owned(ids)?))
    }

    fn pairs(&mut self, ids: &[(Id, Id)]) -> Result<Vec<(Py, Py)>, Reason> {
        ids.iter().map(|(key, value)| Ok((self.leaf(*key)?, self.leaf(*value)?))).collect()
    }

    fn tuple(&mut self, id: Id) -> Result<Arc<Vec<Py>>, Reason> {
        match self.leaf(id)? {
            Py::Tuple(items) => Ok(items),
            _ => Err(misfit("REDUCE", "with arguments that are no tuple")),
        }
    }
}

/// What is known of a node when it is left.
#[derive(Clone, Copy, Default)]
struct Grown {
    entered: bool,
    depth: u32,
    weight: u64,
}

fn children(node: &Node, mut each: impl FnMut(Id)) {
    match node {
        Node::Leaf(_) => {}
        Node::List(ids) | Node::Tuple(ids) | Node::Set(ids) | Node::FrozenSet(ids) => {
            ids.iter().copied().for_each(each);
        }
        Node::Dict(ids) => ids.iter().for_each(|(key, value)| {
            each(*key);
            each(*value);
        }),
        Node::Object(draft) => {
            match draft.recipe {
                Recipe::Call { callable, args } => {
                    each(callable);
                    each(args);
                }
                Recipe::New { class, args, kwargs } => {
                    each(class);
                    each(args);
                    kwargs.into_iter().for_each(&mut each);
                }
            }
            draft.state.into_iter().chain(draft.setter).for_each(&mut each);
            draft.items.iter().chain(&draft.members).copied().for_each(&mut each);
            draft.entries.iter().for_each(|(key, value)| {
                each(*key);
                each(*value);
            });
        }
    }
}

/// A value of a kind that an opcode can't work on.
pub(super) fn misfit(op: &'static str, what: &'static str) -> Reason {
    Reason::Misfit { op, what }
}
