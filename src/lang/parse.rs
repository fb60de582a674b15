//! From text to tree. The only module that knows the parser's crate.

use std::sync::Arc;

use num_bigint::BigInt;
use ruff_python_ast as ruff;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

use super::ast::*;
use super::paste::Clean;
use crate::array::error::Kind as ErrorKind;
use crate::array::{Error, Result};
use crate::numpy::Value;
use crate::numpy::registry::Way;

/// How deep expressions may be nested.
const DEEPEST: usize = 200;
/// The longest text that is taken.
const LONGEST: usize = 1 << 20;
/// A text of this length is no danger to the stack, however it is nested.
const SHORT: usize = 512;

/// What is wrong with a text, and where.
pub struct Wrong {
    /// What.
    pub error: Error,
    /// Where.
    pub place: Option<Place>,
}

type Lowered<T> = std::result::Result<T, Wrong>;

/// The statements of a text.
///
/// # Errors
/// SyntaxError; RecursionError for what is nested too deep.
pub fn parse(text: &str) -> Lowered<Vec<Statement>> {
    if text.len() > LONGEST {
        let error = Error::new(ErrorKind::MemoryError, "the code is longer than 1 MB");
        return Err(Wrong { error, place: None });
    }
    let clean = Clean::of(text);
    let run = || {
        let parsed = parse_unchecked(&clean.text, ParseOptions::from(Mode::Module));
        lower(&parsed, &clean)
    };
    // the parser looks after its own stack, but not after that of dropping its tree
    if clean.text.len() <= SHORT {
        run()
    } else {
        stacker::grow((4 << 20) + 1024 * text.len(), run)
    }
}

fn lower(parsed: &Parsed<ruff::Mod>, clean: &Clean) -> Lowered<Vec<Statement>> {
    let lowering = Lowering { clean, loops: Default::default() };
    if let Some(e) = parsed.errors().first() {
        let text = lowercase_first(&e.error.to_string());
        return Err(lowering.wrong(Error::new(ErrorKind::SyntaxError, text), e.location));
    }
    match parsed.syntax() {
        ruff::Mod::Module(m) => lowering.statements(&m.body, 0),
        ruff::Mod::Expression(e) => {
            let expr = lowering.expr(&e.body, 0)?;
            let place = expr.place.clone();
            Ok(vec![Statement { kind: Kind::Expr(expr), place }])
        }
    }
}

/// CPython's messages begin with a small letter; names of operators are left alone.
fn lowercase_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(c) if chars.clone().next().is_some_and(char::is_lowercase) => {
            c.to_lowercase().chain(chars).collect()
        }
        _ => text.to_string(),
    }
}

/// What a token is, for colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Token {
    Name,
    Keyword,
    Number,
    String,
    Comment,
    Operator,
    Bracket,
    Other,
}

/// The tokens of a text, finished or not, with their places.
pub fn tokens(text: &str) -> Vec<(Place, Token)> {
    if text.len() > LONGEST {
        return Vec::new();
    }
    let run = || {
        let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
        let mut out = Vec::new();
        for t in parsed.tokens().iter() {
            let kind = match t.kind() {
                TokenKind::Name => Token::Name,
                TokenKind::Int | TokenKind::Float | TokenKind::Complex => Token::Number,
                TokenKind::String
                | TokenKind::FStringStart
                | TokenKind::FStringMiddle
                | TokenKind::FStringEnd => Token::String,
                TokenKind::Comment => Token::Comment,
                TokenKind::Lpar
                | TokenKind::Rpar
                | TokenKind::Lsqb
                | TokenKind::Rsqb
                | TokenKind::Lbrace
                | TokenKind::Rbrace => Token::Bracket,
                TokenKind::Newline
                | TokenKind::NonLogicalNewline
                | TokenKind::Indent
                | TokenKind::Dedent
                | TokenKind::EndOfFile => continue,
                k if k.is_soft_keyword() => Token::Name,
                k if k.is_keyword() => Token::Keyword,
                k if k.is_operator() => Token::Operator,
                _ => Token::Other,
            };
            let r = t.range();
            let place = r.start().to_usize()..r.end().to_usize();
            if !place.is_empty() && place.end <= text.len() {
                out.push((place, kind));
            }
        }
        out
    };
    if text.len() <= SHORT { run() } else { stacker::grow((4 << 20) + 1024 * text.len(), run) }
}

struct Lowering<'a> {
    clean: &'a Clean,
    /// How many loops are around the statement.
    loops: std::cell::Cell<usize>,
}

impl Lowering<'_> {
    fn place(&self, range: TextRange) -> Place {
        self.clean.back(range.start().to_usize())..self.clean.back(range.end().to_usize())
    }

    fn wrong(&self, error: Error, range: TextRange) -> Wrong {
        Wrong { error, place: Some(self.place(range)) }
    }

    fn refuse<T>(&self, what: &str, range: TextRange) -> Lowered<T> {
        let error = Error::not_implemented(format!("{what} can't be used here"));
        Err(self.wrong(error, range))
    }

    fn syntax<T>(&self, what: &str, range: TextRange) -> Lowered<T> {
        Err(self.wrong(Error::new(ErrorKind::SyntaxError, what), range))
    }

    fn statements(&self, body: &[ruff::Stmt], depth: usize) -> Lowered<Vec<Statement>> {
        body.iter().map(|s| self.statement(s, depth + 1)).collect()
    }

    fn statement(&self, s: &ruff::Stmt, depth: usize) -> Lowered<Statement> {
        use ruff::Stmt;
        self.bounded(depth, s.range())?;
        let range = s.range();
        let alias = |a: &ruff::Alias| {
            (a.name.as_str().to_string(), a.asname.as_ref().map(|n| n.as_str().to_string()))
        };
        let kind = match s {
            Stmt::Expr(e) => Kind::Expr(self.expr(&e.value, depth)?),
            Stmt::Assign(a) => {
                Kind::Assign(self.exprs(&a.targets, depth)?, self.expr(&a.value, depth)?)
            }
            Stmt::AugAssign(a) => Kind::Augment(
                self.expr(&a.target, depth)?,
                operator(a.op),
                self.expr(&a.value, depth)?,
            ),
            Stmt::AnnAssign(a) => match &a.value {
                Some(v) => Kind::Assign(vec![self.expr(&a.target, depth)?], self.expr(v, depth)?),
                None => Kind::Pass,
            },
            Stmt::Delete(d) => Kind::Delete(self.exprs(&d.targets, depth)?),
            Stmt::Import(i) => Kind::Import(i.names.iter().map(alias).collect()),
            Stmt::ImportFrom(i) => {
                let module = i.module.as_ref().map(|m| m.as_str().to_string());
                Kind::From(module.unwrap_or_default(), i.names.iter().map(alias).collect())
            }
            Stmt::With(w) if !w.is_async => {
                let mut items = Vec::new();
                for item in &w.items {
                    let name = item.optional_vars.as_deref();
                    items.push((
                        self.expr(&item.context_expr, depth)?,
                        name.map(|n| self.expr(n, depth)).transpose()?,
                    ));
                }
                Kind::With(items, self.statements(&w.body, depth)?)
            }
            Stmt::If(i) => {
                let mut cases =
                    vec![(Some(self.expr(&i.test, depth)?), self.statements(&i.body, depth)?)];
                for clause in &i.elif_else_clauses {
                    let test = clause.test.as_ref().map(|t| self.expr(t, depth)).transpose()?;
                    cases.push((test, self.statements(&clause.body, depth)?));
                }
                Kind::If(cases)
            }
            Stmt::Assert(a) => Kind::Assert(
                self.expr(&a.test, depth)?,
                a.msg.as_ref().map(|m| self.expr(m, depth)).transpose()?,
            ),
            Stmt::Pass(_) => Kind::Pass,
            Stmt::FunctionDef(d) if d.is_async => return self.refuse("async", range),
            Stmt::FunctionDef(d) if !d.decorator_list.is_empty() => {
                return self.refuse("a decorator", range);
            }
            Stmt::FunctionDef(_) => return self.refuse("def (use a lambda)", range),
            Stmt::ClassDef(_) => return self.refuse("class", range),
            Stmt::For(f) if !f.is_async && f.orelse.is_empty() => {
                let (target, iter) = (self.expr(&f.target, depth)?, self.expr(&f.iter, depth)?);
                self.loops.set(self.loops.get() + 1);
                let body = self.statements(&f.body, depth);
                self.loops.set(self.loops.get() - 1);
                Kind::For(target, iter, body?)
            }
            Stmt::For(_) => return self.refuse("for with async or else", range),
            Stmt::Break(_) if self.loops.get() > 0 => return self.refuse("break", range),
            Stmt::Continue(_) if self.loops.get() > 0 => return self.refuse("continue", range),
            Stmt::While(_) => return self.refuse("while", range),
            Stmt::Try(_) => return self.refuse("try", range),
            Stmt::Global(_) => return self.refuse("global", range),
            Stmt::Nonlocal(_) => return self.refuse("nonlocal", range),
            Stmt::With(_) => return self.refuse("async", range),
            Stmt::Match(_) => return self.refuse("match", range),
            Stmt::Raise(_) => return self.refuse("raise", range),
            Stmt::TypeAlias(_) => return self.refuse("type", range),
            Stmt::Return(_) => return self.syntax("'return' outside function", range),
            Stmt::Break(_) => return self.syntax("'break' outside loop", range),
            Stmt::Continue(_) => return self.syntax("'continue' not properly in loop", range),
            Stmt::IpyEscapeCommand(_) => return self.syntax("invalid syntax", range),
        };
        Ok(Statement { kind, place: self.place(range) })
    }

    fn bounded(&self, depth: usize, range: TextRange) -> Lowered<()> {
        if depth <= DEEPEST {
            return Ok(());
        }
        let error = Error::new(
            ErrorKind::RecursionError,
            format!("the expression is nested more than {DEEPEST} deep"),
        );
        Err(self.wrong(error, range))
    }

    fn exprs(&self, list: &[ruff::Expr], depth: usize) -> Lowered<Vec<Expr>> {
        list.iter().map(|e| self.expr(e, depth)).collect()
    }

    fn boxed(&self, e: &ruff::Expr, depth: usize) -> Lowered<Box<Expr>> {
        Ok(Box::new(self.expr(e, depth)?))
    }

    fn optional(&self, e: Option<&ruff::Expr>, depth: usize) -> Lowered<Option<Expr>> {
        e.map(|e| self.expr(e, depth)).transpose()
    }

    fn expr(&self, e: &ruff::Expr, depth: usize) -> Lowered<Expr> {
        use ruff::Expr as E;
        let depth = depth + 1;
        let range = e.range();
        self.bounded(depth, range)?;
        let node = match e {
            E::BoolOp(b) => {
                let values = self.exprs(&b.values, depth)?;
                if b.op == ruff::BoolOp::And { Node::And(values) } else { Node::Or(values) }
            }
            E::Named(n) => match n.target.as_ref() {
                E::Name(name) => Node::Named(name.id.as_str().into(), self.boxed(&n.value, depth)?),
                _ => return self.syntax("cannot use assignment expressions with this", range),
            },
            E::BinOp(_) => self.chain(e, depth)?,
            E::UnaryOp(u) => {
                let op = match u.op {
                    ruff::UnaryOp::Invert => Unary::Invert,
                    ruff::UnaryOp::Not => Unary::Not,
                    ruff::UnaryOp::UAdd => Unary::Positive,
                    ruff::UnaryOp::USub => Unary::Negative,
                };
                Node::Unary(op, self.boxed(&u.operand, depth)?)
            }
            E::Lambda(l) => Node::Lambda(Arc::new(self.lambda(l, depth)?)),
            E::If(i) => Node::Conditional(Box::new([
                self.expr(&i.test, depth)?,
                self.expr(&i.body, depth)?,
                self.expr(&i.orelse, depth)?,
            ])),
            E::Dict(d) => Node::Dict(
                d.items
                    .iter()
                    .map(|i| {
                        Ok((self.optional(i.key.as_ref(), depth)?, self.expr(&i.value, depth)?))
                    })
                    .collect::<Lowered<_>>()?,
            ),
            E::Set(s) => Node::Set(self.exprs(&s.elts, depth)?),
            E::ListComp(c) => self.comprehension(Made::List, &c.elt, None, &c.generators, depth)?,
            E::SetComp(c) => self.comprehension(Made::Set, &c.elt, None, &c.generators, depth)?,
            E::DictComp(c) => match &c.key {
                Some(key) => {
                    self.comprehension(Made::Dict, key, Some(&c.value), &c.generators, depth)?
                }
                None => return self.syntax("dict unpacking in a comprehension", range),
            },
            E::Generator(c) => {
                self.comprehension(Made::Generator, &c.elt, None, &c.generators, depth)?
            }
            E::Compare(c) => {
                let ops = c.ops.iter().copied().map(comparison);
                let values = self.exprs(&c.comparators, depth)?;
                Node::Compare(self.boxed(&c.left, depth)?, ops.zip(values).collect())
            }
            E::Call(c) => self.call(c, depth)?,
            E::FString(s) => {
                let mut pieces = Vec::new();
                for part in s.value.iter() {
                    match part {
                        ruff::FStringPart::Literal(l) => {
                            pieces.push(Piece::Text(l.value.as_ref().into()));
                        }
                        ruff::FStringPart::FString(f) => {
                            self.pieces(f.elements.iter(), &mut pieces, depth)?
                        }
                    }
                }
                Node::Format(pieces)
            }
            E::StringLiteral(s) => Node::Literal(Value::str(s.value.to_str())),
            E::BytesLiteral(b) => {
                let bytes: Vec<u8> = b.value.iter().flat_map(|l| l.value.iter().copied()).collect();
                Node::Literal(Value::Bytes(bytes.into()))
            }
            E::NumberLiteral(n) => Node::Literal(match &n.value {
                ruff::Number::Int(i) => self.int(i, range)?,
                ruff::Number::Float(x) => Value::Float(*x),
                ruff::Number::Complex { real, imag } => Value::Complex(*real, *imag),
            }),
            E::BooleanLiteral(b) => Node::Literal(Value::Bool(b.value)),
            E::NoneLiteral(_) => Node::Literal(Value::None),
            E::EllipsisLiteral(_) => Node::Literal(Value::Ellipsis),
            E::Attribute(a) => {
                Node::Attribute(self.boxed(&a.value, depth)?, a.attr.as_str().into())
            }
            E::Subscript(s) => {
                Node::Subscript(self.boxed(&s.value, depth)?, self.boxed(&s.slice, depth)?)
            }
            E::Starred(s) => Node::Starred(self.boxed(&s.value, depth)?),
            E::Name(n) => Node::Name(n.id.as_str().into()),
            E::List(l) => Node::List(self.exprs(&l.elts, depth)?),
            E::Tuple(t) => Node::Tuple(self.exprs(&t.elts, depth)?),
            E::Slice(s) => Node::Slice(Box::new([
                self.optional(s.lower.as_deref(), depth)?,
                self.optional(s.upper.as_deref(), depth)?,
                self.optional(s.step.as_deref(), depth)?,
            ])),
            E::Await(_) | E::Yield(_) | E::YieldFrom(_) => {
                return self.syntax("'yield' outside function", range);
            }
            E::TString(_) => return self.refuse("a template string", range),
            E::IpyEscapeCommand(_) => return self.syntax("invalid syntax", range),
        };
        Ok(Expr { node, place: self.place(range) })
    }

    /// `a + b - c`, which is nested to the left, as one flat list.
    fn chain(&self, e: &ruff::Expr, depth: usize) -> Lowered<Node> {
        let mut rest = Vec::new();
        let mut left = e;
        while let ruff::Expr::BinOp(b) = left {
            if b.op == ruff::Operator::Pow && !rest.is_empty() {
                break;
            }
            rest.push((operator(b.op), self.expr(&b.right, depth)?));
            left = &b.left;
            if b.op == ruff::Operator::Pow {
                break;
            }
        }
        rest.reverse();
        Ok(Node::Binary(self.boxed(left, depth)?, rest))
    }

    fn int(&self, i: &ruff::Int, range: TextRange) -> Lowered<Value> {
        if let Some(n) = i.as_i64() {
            return Ok(Value::int(n));
        }
        let text: String = i.to_string().chars().filter(|c| *c != '_').collect();
        let lower = text.to_lowercase();
        let (digits, base) = match lower.get(..2) {
            Some("0x") => (&lower[2..], 16),
            Some("0o") => (&lower[2..], 8),
            Some("0b") => (&lower[2..], 2),
            _ => (&lower[..], 10),
        };
        if base == 10 && digits.len() > super::numbers::LONGEST_INT {
            return self.syntax(
                "Exceeds the limit (4300 digits) for integer string conversion: use hexadecimal",
                range,
            );
        }
        match BigInt::parse_bytes(digits.as_bytes(), base) {
            Some(n) => Ok(Value::Int(n)),
            None => self.syntax("invalid decimal literal", range),
        }
    }

    fn call(&self, c: &ruff::ExprCall, depth: usize) -> Lowered<Node> {
        // in the order they are written, since that is the order they are evaluated in
        let mut arguments: Vec<(TextRange, Argument)> = Vec::new();
        for a in &c.arguments.args {
            let argument = match a {
                ruff::Expr::Starred(s) => Argument::Places(self.expr(&s.value, depth)?),
                other => Argument::Place(self.expr(other, depth)?),
            };
            arguments.push((a.range(), argument));
        }
        for k in &c.arguments.keywords {
            let value = self.expr(&k.value, depth)?;
            let argument = match &k.arg {
                Some(name) => Argument::Name(name.as_str().into(), value),
                None => Argument::Names(value),
            };
            arguments.push((k.range, argument));
        }
        arguments.sort_by_key(|a| a.0.start());
        let arguments = arguments.into_iter().map(|a| a.1).collect();
        Ok(Node::Call(self.boxed(&c.func, depth)?, arguments))
    }

    fn lambda(&self, l: &ruff::ExprLambda, depth: usize) -> Lowered<Lambda> {
        let mut params = Vec::new();
        if let Some(p) = &l.parameters {
            let mut push = |list: &[ruff::ParameterWithDefault], way| -> Lowered<()> {
                for one in list {
                    params.push(LambdaParam {
                        name: one.parameter.name.as_str().into(),
                        default: self.optional(one.default.as_deref(), depth)?,
                        way,
                    });
                }
                Ok(())
            };
            push(&p.posonlyargs, Way::Place)?;
            push(&p.args, Way::Either)?;
            if let Some(rest) = &p.vararg {
                let name = rest.name.as_str().into();
                params.push(LambdaParam { name, default: None, way: Way::Rest });
            }
            let mut push = |list: &[ruff::ParameterWithDefault], way| -> Lowered<()> {
                for one in list {
                    params.push(LambdaParam {
                        name: one.parameter.name.as_str().into(),
                        default: self.optional(one.default.as_deref(), depth)?,
                        way,
                    });
                }
                Ok(())
            };
            push(&p.kwonlyargs, Way::Name)?;
            if let Some(names) = &p.kwarg {
                let name = names.name.as_str().into();
                params.push(LambdaParam { name, default: None, way: Way::Names });
            }
        }
        Ok(Lambda { params, body: self.expr(&l.body, depth)? })
    }

    fn comprehension(
        &self,
        kind: Made,
        item: &ruff::Expr,
        value: Option<&ruff::Expr>,
        loops: &[ruff::Comprehension],
        depth: usize,
    ) -> Lowered<Node> {
        let mut lowered = Vec::new();
        for l in loops {
            if l.is_async {
                return self.refuse("async", l.range);
            }
            lowered.push(Loop {
                target: self.expr(&l.target, depth)?,
                iter: self.expr(&l.iter, depth)?,
                tests: self.exprs(&l.ifs, depth)?,
            });
        }
        Ok(Node::Comprehension(Arc::new(Comprehension {
            kind,
            item: self.expr(item, depth)?,
            value: self.optional(value, depth)?,
            loops: lowered,
        })))
    }

    fn pieces<'a>(
        &self,
        elements: impl Iterator<Item = &'a ruff::InterpolatedStringElement>,
        out: &mut Vec<Piece>,
        depth: usize,
    ) -> Lowered<()> {
        for element in elements {
            match element {
                ruff::InterpolatedStringElement::Literal(l) => {
                    out.push(Piece::Text(l.value.as_ref().into()));
                }
                ruff::InterpolatedStringElement::Interpolation(i) => {
                    let mut conversion = i.conversion.to_char();
                    let mut spec = None;
                    if let Some(s) = &i.format_spec {
                        let mut inner = Vec::new();
                        self.pieces(s.elements.iter(), &mut inner, depth + 1)?;
                        spec = Some(inner);
                    }
                    if let Some(debug) = &i.debug_text {
                        // `{x=}` writes its own text, and the value as repr unless told how
                        out.push(Piece::Text(debug.as_str().into()));
                        if conversion.is_none() && spec.is_none() {
                            conversion = Some('r');
                        }
                    }
                    let value = self.boxed(&i.expression, depth)?;
                    out.push(Piece::Value { value, conversion, spec });
                }
            }
        }
        Ok(())
    }
}

fn operator(op: ruff::Operator) -> Operator {
    use ruff::Operator as O;
    match op {
        O::Add => Operator::Add,
        O::Sub => Operator::Subtract,
        O::Mult => Operator::Multiply,
        O::MatMult => Operator::MatMul,
        O::Div => Operator::Divide,
        O::Mod => Operator::Remainder,
        O::Pow => Operator::Power,
        O::LShift => Operator::LeftShift,
        O::RShift => Operator::RightShift,
        O::BitOr => Operator::Or,
        O::BitXor => Operator::Xor,
        O::BitAnd => Operator::And,
        O::FloorDiv => Operator::FloorDivide,
    }
}

fn comparison(op: ruff::CmpOp) -> Comparison {
    use ruff::CmpOp as C;
    match op {
        C::Eq => Comparison::Equal,
        C::NotEq => Comparison::NotEqual,
        C::Lt => Comparison::Less,
        C::LtE => Comparison::LessEqual,
        C::Gt => Comparison::Greater,
        C::GtE => Comparison::GreaterEqual,
        C::Is => Comparison::Is,
        C::IsNot => Comparison::IsNot,
        C::In => Comparison::In,
        C::NotIn => Comparison::NotIn,
    }
}

/// For a caller that has no place to tell.
impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Error {
        wrong.error
    }
}

/// The only expression of a text.
///
/// # Errors
/// SyntaxError where it is none, or more.
pub fn expression(text: &str) -> Result<Expr> {
    let mut statements = parse(text)?;
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement { kind: Kind::Expr(e), .. }), true) => Ok(e),
        _ => Err(Error::new(ErrorKind::SyntaxError, "invalid syntax")),
    }
}
