//! The language's tree: what a text says, with the place of each part, free of the parser.
//!
//! Chains of operators that a parser nests to the left are flat lists here, so that a sum of a
//! thousand terms is no deeper than one of two.

use std::ops::Range;
use std::sync::Arc;

use crate::numpy::Value;

/// Bytes of the text.
pub type Place = Range<usize>;

/// An expression and where it stands.
#[derive(Clone)]
pub struct Expr {
    /// What it is.
    pub node: Node,
    /// Where it stands.
    pub place: Place,
}

/// The kinds of expressions.
#[derive(Clone)]
pub enum Node {
    /// A literal.
    Literal(Value),
    /// A name.
    Name(Arc<str>),
    /// `x.name`.
    Attribute(Box<Expr>, Arc<str>),
    /// `f(…)`.
    Call(Box<Expr>, Vec<Argument>),
    /// `x[key]`.
    Subscript(Box<Expr>, Box<Expr>),
    /// `start:stop:step` inside brackets.
    Slice(Box<[Option<Expr>; 3]>),
    /// Operators of one rank, from the left.
    Binary(Box<Expr>, Vec<(Operator, Expr)>),
    /// An operator before its operand.
    Unary(Unary, Box<Expr>),
    /// `a and b and c`.
    And(Vec<Expr>),
    /// `a or b or c`.
    Or(Vec<Expr>),
    /// `a < b <= c`.
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    /// Test, value if true, value if false.
    Conditional(Box<[Expr; 3]>),
    /// A tuple.
    Tuple(Vec<Expr>),
    /// A list.
    List(Vec<Expr>),
    /// A set.
    Set(Vec<Expr>),
    /// A dict; an entry without a key is `**value`.
    Dict(Vec<(Option<Expr>, Expr)>),
    /// `*x` in a list of values.
    Starred(Box<Expr>),
    /// A lambda.
    Lambda(Arc<Lambda>),
    /// A comprehension or generator expression.
    Comprehension(Arc<Comprehension>),
    /// An f-string.
    Format(Vec<Piece>),
    /// `name := value`.
    Named(Arc<str>, Box<Expr>),
}

/// One argument of a call.
#[derive(Clone)]
pub enum Argument {
    /// By place.
    Place(Expr),
    /// By name.
    Name(Arc<str>, Expr),
    /// `*values`.
    Places(Expr),
    /// `**names`.
    Names(Expr),
}

/// Operators between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    MatMul,
    Divide,
    FloorDivide,
    Remainder,
    Power,
    LeftShift,
    RightShift,
    And,
    Or,
    Xor,
}

impl Operator {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        use Operator::*;
        match self {
            Add => "+",
            Subtract => "-",
            Multiply => "*",
            MatMul => "@",
            Divide => "/",
            FloorDivide => "//",
            Remainder => "%",
            Power => "** or pow()",
            LeftShift => "<<",
            RightShift => ">>",
            And => "&",
            Or => "|",
            Xor => "^",
        }
    }

    /// The universal function that does it on arrays.
    pub fn ufunc(self) -> &'static str {
        use Operator::*;
        match self {
            Add => "add",
            Subtract => "subtract",
            Multiply => "multiply",
            MatMul => "matmul",
            Divide => "divide",
            FloorDivide => "floor_divide",
            Remainder => "remainder",
            Power => "power",
            LeftShift => "left_shift",
            RightShift => "right_shift",
            And => "bitwise_and",
            Or => "bitwise_or",
            Xor => "bitwise_xor",
        }
    }
}

/// Operators before one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Unary {
    Not,
    Negative,
    Positive,
    Invert,
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Is,
    IsNot,
    In,
    NotIn,
}

impl Comparison {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        use Comparison::*;
        match self {
            Equal => "==",
            NotEqual => "!=",
            Less => "<",
            LessEqual => "<=",
            Greater => ">",
            GreaterEqual => ">=",
            Is => "is",
            IsNot => "is not",
            In => "in",
            NotIn => "not in",
        }
    }
}

/// A lambda: its parameters and its value.
pub struct Lambda {
    /// In the order of their declaration.
    pub params: Vec<LambdaParam>,
    /// What it gives.
    pub body: Expr,
}

/// A parameter of a lambda.
pub struct LambdaParam {
    /// Its name.
    pub name: Arc<str>,
    /// Its default.
    pub default: Option<Expr>,
    /// How it is given.
    pub way: crate::numpy::registry::Way,
}

/// A comprehension.
pub struct Comprehension {
    /// What it makes.
    pub kind: Made,
    /// An item, or a dict's key.
    pub item: Expr,
    /// A dict's value.
    pub value: Option<Expr>,
    /// Its loops, the outer first.
    pub loops: Vec<Loop>,
}

/// What a comprehension makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Made {
    List,
    Set,
    Dict,
    Generator,
}

/// `for target in iter if …`.
pub struct Loop {
    /// What takes each item.
    pub target: Expr,
    /// What is gone through.
    pub iter: Expr,
    /// Conditions.
    pub tests: Vec<Expr>,
}

/// A part of an f-string.
#[derive(Clone)]
pub enum Piece {
    /// As it is.
    Text(Arc<str>),
    /// `{value!r:spec}`.
    Value {
        /// What is written.
        value: Box<Expr>,
        /// `s`, `r` or `a`.
        conversion: Option<char>,
        /// How.
        spec: Option<Vec<Piece>>,
    },
}

/// A statement and where it stands.
#[derive(Clone)]
pub struct Statement {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub place: Place,
}

/// The kinds of statements.
#[derive(Clone)]
pub enum Kind {
    /// An expression.
    Expr(Expr),
    /// `a = b = value`.
    Assign(Vec<Expr>, Expr),
    /// `a += value`.
    Augment(Expr, Operator, Expr),
    /// `del a, b`.
    Delete(Vec<Expr>),
    /// `import module as name`.
    Import(Vec<(String, Option<String>)>),
    /// `from module import name as name`.
    From(String, Vec<(String, Option<String>)>),
    /// `for target in iter:` and what stands below it.
    For(Expr, Expr, Vec<Statement>),
    /// `with value as name:` and what stands below it.
    With(Vec<(Expr, Option<Expr>)>, Vec<Statement>),
    /// `if`, `elif`, `else`: tests (none for the last) and bodies.
    If(Vec<(Option<Expr>, Vec<Statement>)>),
    /// `assert test, message`.
    Assert(Expr, Option<Expr>),
    /// Nothing.
    Pass,
}
