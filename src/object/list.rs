//! H5List: a list of any objects in a file, with everything that a Python list does.
//!
//! Elements are the members `0`, `1`, … of a group. Looking one up and appending one take the
//! same time however long the list is; what moves elements renames those that move, and copies
//! nothing.

use std::any::Any;
use std::cmp::Ordering;

use super::compare::{equal, order};
use super::dict::in_memory;
use super::handle::Place;
use super::plan::Storing;
use super::read::{GroupKind, group_kind, read_object};
use super::{AttributeManager, Context, Error, Result, Value, foreign, show, write, write_object};
use crate::numpy::Foreign;

/// A list in a file.
///
/// ```
/// use ch5tui::object::{File, H5List, H5Mode, Value, options};
///
/// # let folder = tempfile::tempdir()?;
/// let cx = options::context();
/// let file = File::open(folder.path().join("a.h5"), H5Mode::WriteTruncate)?;
/// let l = H5List::create(&file, "l", vec![1.0.into(), 2i64.into(), "4.".into()], &cx)?;
/// assert_eq!(l.to_string(), "H5List[1.0, 2, '4.']");
/// l.append(Value::None, &cx)?;
/// l.insert(0, true, &cx)?;
/// assert_eq!(l.pop(-1, &cx)?.type_name(), "NoneType");
/// assert_eq!(l.to_string(), "H5List[True, 1.0, 2, '4.']");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct H5List {
    place: Place,
}

/// What an element of a rearranged list is.
enum Slot {
    /// The old element of this number.
    Old(usize),
    /// A copy of it.
    Copy(usize),
    /// A new value.
    New(Value),
}

impl H5List {
    /// The list at a place.
    pub fn at(place: Place) -> H5List {
        H5List { place }
    }

    /// The list at a place, which must be one.
    ///
    /// # Errors
    /// TypeError where it is none.
    pub fn open(place: Place) -> Result<H5List> {
        match group_kind(&place) {
            Ok(GroupKind::List) => Ok(H5List { place }),
            _ => Err(Error::type_error(format!("{} is not an H5List", place.path))),
        }
    }

    /// Makes a list in a group.
    ///
    /// # Errors
    /// ValueError where the name is taken.
    pub fn create(to: &Place, name: &str, items: Vec<Value>, cx: &Context) -> Result<H5List> {
        let place = to.join(name);
        super::plan::check_name(name)?;
        let items: Result<Vec<_>> = items.iter().map(|v| super::plan::plan(v, cx)).collect();
        write::create(&place, super::plan::Plan::List(items?), &Storing::default(), cx)?;
        Ok(H5List { place })
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Its attributes.
    pub fn attributes(&self) -> AttributeManager {
        self.place.attributes()
    }

    /// How many elements there are.
    ///
    /// # Errors
    /// As looking for them.
    pub fn len(&self) -> Result<usize> {
        Ok(self.place.file.file.list_length(&self.place.path)? as usize)
    }

    /// Whether there are none.
    ///
    /// # Errors
    /// As looking for one.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    fn element(&self, i: usize) -> Place {
        self.place.join(&i.to_string())
    }

    fn position(&self, i: i64, n: usize, what: &str) -> Result<usize> {
        let at = if i < 0 { i.saturating_add(n as i64) } else { i };
        match usize::try_from(at) {
            Ok(at) if at < n => Ok(at),
            _ => Err(Error::index(format!("{what} index out of range"))),
        }
    }

    /// An element; negative numbers count from the end.
    ///
    /// # Errors
    /// IndexError.
    pub fn item(&self, i: i64, cx: &Context) -> Result<Value> {
        let at = self.position(i, self.len()?, "list")?;
        read_object(&self.element(at), cx)
    }

    /// Where an element stands.
    ///
    /// # Errors
    /// IndexError.
    pub fn member(&self, i: i64) -> Result<Place> {
        Ok(self.element(self.position(i, self.len()?, "list")?))
    }

    /// The elements, one by one.
    ///
    /// # Errors
    /// As counting them.
    pub fn iter<'a>(&'a self, cx: &'a Context) -> Result<impl Iterator<Item = Result<Value>> + 'a> {
        let n = self.len()?;
        Ok((0..n).map(move |i| {
            cx.check()?;
            read_object(&self.element(i), cx)
        }))
    }

    /// All elements.
    ///
    /// # Errors
    /// As reading them.
    pub fn items(&self, cx: &Context) -> Result<Vec<Value>> {
        self.iter(cx)?.collect()
    }

    /// Elements by their numbers.
    ///
    /// # Errors
    /// As reading them.
    pub fn at_positions(&self, positions: &[usize], cx: &Context) -> Result<Vec<Value>> {
        positions.iter().map(|&i| read_object(&self.element(i), cx)).collect()
    }

    /// A copy in memory: a Python list.
    ///
    /// # Errors
    /// As reading all of it.
    pub fn copy(&self, cx: &Context) -> Result<Value> {
        let items: Result<Vec<Value>> = self.items(cx)?.iter().map(|v| in_memory(v, cx)).collect();
        Ok(Value::list(items?))
    }

    /// Puts a value at the end.
    ///
    /// # Errors
    /// As [`write_object`].
    pub fn append(&self, value: impl Into<Value>, cx: &Context) -> Result<()> {
        let n = self.len()?;
        write_object(value, &self.place, &n.to_string(), &Storing::default(), cx).map(drop)
    }

    /// Puts values at the end, in one change: all or none.
    ///
    /// # Errors
    /// As [`write_object`].
    pub fn extend(&self, values: Vec<Value>, cx: &Context) -> Result<()> {
        let n = self.len()?;
        self.rearrange((0..n).map(Slot::Old).chain(values.into_iter().map(Slot::New)).collect(), cx)
    }

    /// Sets an element.
    ///
    /// # Errors
    /// IndexError; as [`write_object`].
    pub fn set(&self, i: i64, value: impl Into<Value>, cx: &Context) -> Result<()> {
        let at = self.position(i, self.len()?, "list assignment")?;
        write_object(value, &self.place, &at.to_string(), &Storing::default(), cx).map(drop)
    }

    /// Puts a value before an element; beyond the ends, at the end.
    ///
    /// # Errors
    /// As [`write_object`].
    pub fn insert(&self, i: i64, value: impl Into<Value>, cx: &Context) -> Result<()> {
        let n = self.len()?;
        let at = if i < 0 { i.saturating_add(n as i64).max(0) } else { i.min(n as i64) };
        let mut slots: Vec<Slot> = (0..n).map(Slot::Old).collect();
        slots.insert(at as usize, Slot::New(value.into()));
        self.rearrange(slots, cx)
    }

    /// Takes an element away and gives it, read into memory.
    ///
    /// # Errors
    /// IndexError.
    pub fn pop(&self, i: i64, cx: &Context) -> Result<Value> {
        let n = self.len()?;
        if n == 0 {
            return Err(Error::index("pop from empty list"));
        }
        let at = self.position(i, n, "pop")?;
        let value = in_memory(&read_object(&self.element(at), cx)?, cx)?;
        self.delete(&[at], cx)?;
        Ok(value)
    }

    /// Takes elements away, by their numbers.
    ///
    /// # Errors
    /// As writing.
    pub fn delete(&self, positions: &[usize], cx: &Context) -> Result<()> {
        let n = self.len()?;
        let gone: std::collections::HashSet<usize> = positions.iter().copied().collect();
        self.rearrange((0..n).filter(|i| !gone.contains(i)).map(Slot::Old).collect(), cx)
    }

    /// Takes one element away.
    ///
    /// # Errors
    /// IndexError.
    pub fn delete_item(&self, i: i64, cx: &Context) -> Result<()> {
        let at = self.position(i, self.len()?, "list assignment")?;
        self.delete(&[at], cx)
    }

    /// Puts values in the place of those from `start` to `stop`.
    ///
    /// # Errors
    /// As [`write_object`].
    pub fn splice(
        &self,
        start: usize,
        stop: usize,
        values: Vec<Value>,
        cx: &Context,
    ) -> Result<()> {
        let n = self.len()?;
        let (start, stop) = (start.min(n), stop.min(n).max(start.min(n)));
        let mut slots: Vec<Slot> = (0..start).map(Slot::Old).collect();
        slots.extend(values.into_iter().map(Slot::New));
        slots.extend((stop..n).map(Slot::Old));
        self.rearrange(slots, cx)
    }

    /// Sets elements by their numbers, in one change.
    ///
    /// # Errors
    /// As [`write_object`].
    pub fn set_positions(
        &self,
        positions: &[usize],
        values: Vec<Value>,
        cx: &Context,
    ) -> Result<()> {
        let mut slots: Vec<Slot> = (0..self.len()?).map(Slot::Old).collect();
        for (&i, value) in positions.iter().zip(values) {
            slots[i] = Slot::New(value);
        }
        self.rearrange(slots, cx)
    }

    /// Takes the first element away that is equal to a value.
    ///
    /// # Errors
    /// ValueError where there is none.
    pub fn remove(&self, value: &Value, cx: &Context) -> Result<()> {
        match self.find(value, 0, usize::MAX, cx)? {
            Some(at) => self.delete(&[at], cx),
            None => Err(Error::value("list.remove(x): x not in list")),
        }
    }

    /// The number of the first element from `start` on, before `stop`, that is equal to a value.
    ///
    /// # Errors
    /// As reading them.
    pub fn find(
        &self,
        value: &Value,
        start: usize,
        stop: usize,
        cx: &Context,
    ) -> Result<Option<usize>> {
        for i in start..stop.min(self.len()?) {
            cx.check()?;
            if equal(&read_object(&self.element(i), cx)?, value, cx)? {
                return Ok(Some(i));
            }
        }
        Ok(None)
    }

    /// Whether an element is equal to a value.
    ///
    /// # Errors
    /// As reading them.
    pub fn contains(&self, value: &Value, cx: &Context) -> Result<bool> {
        Ok(self.find(value, 0, usize::MAX, cx)?.is_some())
    }

    /// How many elements are equal to a value.
    ///
    /// # Errors
    /// As reading them.
    pub fn count(&self, value: &Value, cx: &Context) -> Result<usize> {
        let mut n = 0;
        for item in self.iter(cx)? {
            n += usize::from(equal(&item?, value, cx)?);
        }
        Ok(n)
    }

    /// Turns the order of the elements round.
    ///
    /// # Errors
    /// As writing.
    pub fn reverse(&self, cx: &Context) -> Result<()> {
        self.rearrange((0..self.len()?).rev().map(Slot::Old).collect(), cx)
    }

    /// Puts the elements in order; equal ones stay as they were. `key` gives what each is
    /// compared by.
    ///
    /// # Errors
    /// TypeError where elements have no order; nothing is changed then.
    pub fn sort(
        &self,
        key: impl Fn(&Value) -> Result<Value>,
        reverse: bool,
        cx: &Context,
    ) -> Result<()> {
        let mut keys: Vec<(usize, Value)> = Vec::new();
        for (i, item) in self.iter(cx)?.enumerate() {
            keys.push((i, in_memory(&key(&item?)?, cx)?));
        }
        let mut failed = None;
        keys.sort_by(|a, b| {
            let found = if reverse { order(&b.1, &a.1) } else { order(&a.1, &b.1) };
            found.unwrap_or_else(|e| {
                failed.get_or_insert(e);
                Ordering::Equal
            })
        });
        match failed {
            Some(e) => Err(e),
            None => self.rearrange(keys.into_iter().map(|(i, _)| Slot::Old(i)).collect(), cx),
        }
    }

    /// Takes all elements away.
    ///
    /// # Errors
    /// As writing.
    pub fn clear(&self, cx: &Context) -> Result<()> {
        self.rearrange(Vec::new(), cx)
    }

    /// Repeats the elements so many times.
    ///
    /// # Errors
    /// As writing.
    pub fn repeat(&self, times: usize, cx: &Context) -> Result<()> {
        let n = self.len()?;
        let again = (1..times).flat_map(|_| (0..n).map(Slot::Copy));
        match times {
            0 => self.clear(cx),
            _ => self.rearrange((0..n).map(Slot::Old).chain(again).collect(), cx),
        }
    }

    /// Whether it has the same elements as a sequence.
    ///
    /// # Errors
    /// As reading them.
    pub fn is_equal(&self, other: &[Value], cx: &Context) -> Result<bool> {
        if self.len()? != other.len() {
            return Ok(false);
        }
        for (item, other) in self.iter(cx)?.zip(other) {
            if !equal(&item?, other, cx)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes the list what the slots say: new values are written under other names first, then
    /// old ones that are left out go, then names move.
    fn rearrange(&self, slots: Vec<Slot>, cx: &Context) -> Result<()> {
        let n = self.len()?;
        let mut plans = Vec::new();
        for (i, slot) in slots.iter().enumerate() {
            if let Slot::New(value) = slot {
                plans.push((i, super::plan::plan(value, cx)?));
            }
        }
        let aside = |i: usize| self.place.join(&format!("{}{i}", write::TEMPORARY));
        let name = |i: usize| self.element(i).path;
        self.place.file.change(|c| {
            let made = (|| -> Result<()> {
                for (i, plan) in plans {
                    write::create(&aside(i), plan, &Storing::default(), cx)?;
                }
                for (i, slot) in slots.iter().enumerate() {
                    if let Slot::Copy(from) = slot {
                        c.copy(&self.place.file.file, &name(*from), &aside(i).path, true)?;
                    }
                }
                Ok(())
            })();
            if let Err(e) = made {
                for i in 0..slots.len() {
                    if c.exists(&aside(i).path) {
                        c.unlink(&aside(i).path)?;
                    }
                }
                return Err(e);
            }
            // where each old element goes, and which place each is waited for by
            let mut target: Vec<Option<usize>> = vec![None; n];
            for (i, slot) in slots.iter().enumerate() {
                if let Slot::Old(from) = slot {
                    target[*from] = Some(i);
                }
            }
            for i in (0..n).filter(|&i| target[i].is_none()) {
                c.unlink(&name(i))?;
            }
            move_names(&mut target, |from, to| {
                let path = |i: Option<usize>| match i {
                    Some(i) => name(i),
                    None => self.place.path.join(write::TEMPORARY.as_bytes()),
                };
                Ok(c.rename(&path(from), &path(to))?)
            })?;
            for (i, slot) in slots.iter().enumerate() {
                if !matches!(slot, Slot::Old(_)) {
                    c.rename(&aside(i).path, &name(i))?;
                }
            }
            Ok(())
        })
    }
}

/// Moves elements to their targets, each when its place is free; a circle by way of a place aside
/// (`None`). `target[i]` is where `i` goes; those without one are gone already.
fn move_names(
    target: &mut [Option<usize>],
    mut rename: impl FnMut(Option<usize>, Option<usize>) -> Result<()>,
) -> Result<()> {
    let n = target.len();
    for first in 0..n {
        // the chain of those that wait for each other, from this one on
        let mut chain = Vec::new();
        let mut at = first;
        let mut circle = false;
        while let Some(to) = target.get(at).copied().flatten() {
            if to == at {
                break;
            }
            chain.push((at, to));
            at = to;
            if at == first {
                circle = true;
                break;
            }
        }
        if circle {
            rename(Some(first), None)?;
        }
        for &(from, to) in chain.iter().skip(usize::from(circle)).rev() {
            rename(Some(from), Some(to))?;
        }
        if let (true, Some(&(_, to))) = (circle, chain.first()) {
            rename(None, Some(to))?;
        }
        for (from, _) in chain {
            target[from] = None;
        }
    }
    Ok(())
}

impl PartialEq for H5List {
    /// Whether two are the same list of the same file.
    fn eq(&self, other: &H5List) -> bool {
        self.place == other.place
    }
}

impl std::fmt::Display for H5List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = show::list(self, &super::options::context());
        f.write_str(&text.unwrap_or_else(|e| e.to_string()))
    }
}

impl std::fmt::Debug for H5List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "H5List({:?})", self.place)
    }
}

impl Foreign for H5List {
    fn type_name(&self) -> String {
        "H5List".into()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        show::list(self, cx)
    }

    fn plain(&self, cx: &Context) -> Option<Result<Value>> {
        Some(self.items(cx).map(Value::list))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl From<H5List> for Value {
    fn from(list: H5List) -> Value {
        foreign(list)
    }
}
