//! The Storing API: types of one's own in files, as ch5mpy's `__h5_write__` and `__h5_read__`.
//!
//! A type says by [`H5Write`] what it writes into a dict, and under which Python class it is
//! found; by [`H5Read`] how it is rebuilt. [`register`] makes [`read_object`](super::read_object)
//! rebuild it. Python's ch5mpy reads the same group with its class of that name; a class that
//! nobody registered reads as an H5Dict with a note.
//!
//! ```
//! use ch5tui::object::{
//!     Context, File, H5Dict, H5Mode, H5Read, H5Write, Result, Storing, options, read_object,
//!     storing, write_object,
//! };
//!
//! #[derive(Debug, Clone, PartialEq)]
//! struct Point {
//!     x: f64,
//!     y: f64,
//! }
//!
//! impl H5Write for Point {
//!     const MODULE: &'static str = "shapes";
//!     const CLASS: &'static str = "Point";
//!     fn h5_write(&self, values: &H5Dict, cx: &Context) -> Result<()> {
//!         values.set("x", self.x, cx)?;
//!         values.attributes().set("y", self.y, cx)
//!     }
//! }
//!
//! impl H5Read for Point {
//!     fn h5_read(values: &H5Dict, cx: &Context) -> Result<Point> {
//!         let y = values.attributes().item("y")?.float()?;
//!         Ok(Point { x: values.extract("x", cx)?, y })
//!     }
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! let cx = options::context();
//! let file = File::open(folder.path().join("a.h5"), H5Mode::WriteTruncate)?;
//! let point = Point { x: 1.0, y: 2.0 };
//! let place = write_object(storing::object(point.clone()), &file, "p", &Storing::default(), &cx)?;
//! storing::register::<Point>();
//! let read = read_object(&place, &cx)?;
//! assert_eq!(storing::downcast::<Point>(&read).as_deref(), Some(&point));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::any::Any;
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;

use super::pickle::ClassName;
use super::{Context, H5Dict, Result, Value, foreign};
use crate::numpy::Foreign;

/// A type that writes itself: the counterpart of `__h5_write__`.
pub trait H5Write {
    /// The module of the Python class that it is found under.
    const MODULE: &'static str;
    /// That class's name, with dots for a nested one.
    const CLASS: &'static str;

    /// Writes the value's parts into a new group, and into its attributes.
    ///
    /// # Errors
    /// Any; nothing of the value is left in the file then.
    fn h5_write(&self, values: &H5Dict, cx: &Context) -> Result<()>;
}

/// A type that is rebuilt from what it wrote: the counterpart of `__h5_read__`.
pub trait H5Read: H5Write + Sized {
    /// Rebuilds a value from its group.
    ///
    /// # Errors
    /// Any; the object then reads as an H5Dict with a note, or fails, as the error mode says.
    fn h5_read(values: &H5Dict, cx: &Context) -> Result<Self>;
}

/// A type that writes itself, whichever it is.
pub trait AnyWrite: Send + Sync {
    /// Writes the value's parts.
    ///
    /// # Errors
    /// Those of the type.
    fn write(&self, values: &H5Dict, cx: &Context) -> Result<()>;
    /// The class that it is found under.
    fn class(&self) -> ClassName;
    /// As text.
    fn text(&self) -> String;
    /// The value.
    fn value(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<T: H5Write + Debug + Send + Sync + 'static> AnyWrite for T {
    fn write(&self, values: &H5Dict, cx: &Context) -> Result<()> {
        self.h5_write(values, cx)
    }

    fn class(&self) -> ClassName {
        ClassName::new(T::MODULE, T::CLASS)
    }

    fn text(&self) -> String {
        format!("{self:?}")
    }

    fn value(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// A value of a type of one's own.
struct Own(Arc<dyn AnyWrite>);

impl Foreign for Own {
    fn type_name(&self) -> String {
        self.0.class().to_string()
    }

    fn repr(&self, _cx: &Context) -> Result<String> {
        Ok(self.0.text())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A value of a type of one's own, to be stored.
pub fn object<T: H5Write + Debug + Send + Sync + 'static>(value: T) -> Value {
    foreign(Own(Arc::new(value)))
}

/// The value of a type of one's own that was read.
pub fn downcast<T: Send + Sync + 'static>(value: &Value) -> Option<Arc<T>> {
    let Value::Foreign(f) = value else { return None };
    let own = f.as_any().downcast_ref::<Own>()?;
    own.0.clone().value().downcast().ok()
}

/// What writes a value, where it is of a type of one's own.
pub(super) fn writer(f: &Arc<dyn Foreign>) -> Option<Arc<dyn AnyWrite>> {
    f.as_any().downcast_ref::<Own>().map(|own| own.0.clone())
}

type Rebuild = Arc<dyn Fn(&H5Dict, &Context) -> Result<Value> + Send + Sync>;

static TYPES: LazyLock<Mutex<HashMap<ClassName, Rebuild>>> = LazyLock::new(Mutex::default);

/// Has objects of this type rebuilt when they are read.
pub fn register<T: H5Read + Debug + Send + Sync + 'static>() {
    let rebuild: Rebuild = Arc::new(|values, cx| Ok(object(T::h5_read(values, cx)?)));
    TYPES.lock().insert(ClassName::new(T::MODULE, T::CLASS), rebuild);
}

/// Rebuilds an object of a class, where its type was registered.
pub(super) fn rebuild(class: &ClassName, values: &H5Dict, cx: &Context) -> Option<Result<Value>> {
    let rebuild = TYPES.lock().get(class).cloned()?;
    Some(rebuild(values, cx))
}
