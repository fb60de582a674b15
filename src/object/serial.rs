//! Whatever serde can serialise, as the Python value that it is: structs and maps as dicts,
//! sequences as lists, tuples as tuples, options as None or the value, an enum's variants as
//! their name or a dict of it.
//!
//! ```
//! use ch5tui::object::{File, H5Mode, options, serial};
//!
//! #[derive(serde::Serialize)]
//! struct Settings {
//!     gain: f64,
//!     channels: Vec<u8>,
//!     note: Option<String>,
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! let cx = options::context();
//! let d = File::open(folder.path().join("a.h5"), H5Mode::WriteTruncate)?.dict();
//! let settings = Settings { gain: 1.5, channels: vec![1, 2], note: None };
//! d.set("settings", serial::pickled(&settings)?, &cx)?;
//! assert_eq!(
//!     ch5tui::numpy::show::repr(&d.item("settings", &cx)?, &cx)?,
//!     "{'gain': 1.5, 'channels': [1, 2], 'note': None}"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::any::Any;

use serde::ser::{self, Serialize};

use super::{Context, Error, Result, Value, foreign, python};
use crate::numpy::Foreign;

/// A value that is stored as a pickle, whatever it is.
pub(super) struct Pickled(pub(super) Value);

impl Foreign for Pickled {
    fn type_name(&self) -> String {
        self.0.type_name()
    }

    fn repr(&self, cx: &Context) -> Result<String> {
        crate::numpy::show::repr(&self.0, cx)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A serialisable value, to be stored as a pickle, which Python reads as a dict, list or scalar.
///
/// # Errors
/// Those of its serialisation.
pub fn pickled<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    Ok(foreign(Pickled(to_value(value)?)))
}

/// A serialisable value as a Python value.
///
/// # Errors
/// Those of its serialisation.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    value.serialize(Writer).map_err(|e| e.0)
}

/// A Python value as whatever serde can deserialise; through the types that JSON has.
///
/// # Errors
/// TypeError where it is another kind.
pub fn from_value<T: serde::de::DeserializeOwned>(value: &Value, cx: &Context) -> Result<T> {
    let json = json_of(&python::to_value(&python::to_py(value, cx)?))?;
    serde_json::from_value(json).map_err(|e| Error::type_error(e.to_string()))
}

fn json_of(value: &Value) -> Result<serde_json::Value> {
    use num_traits::ToPrimitive;
    use serde_json::Value as Json;
    Ok(match value {
        Value::None => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) => match (n.to_i64(), n.to_u64()) {
            (Some(n), _) => n.into(),
            (None, Some(n)) => n.into(),
            _ => return Err(Error::overflow("an integer of more than 64 bits")),
        },
        Value::Float(x) => (*x).into(),
        Value::Str(s) => Json::String(s.to_string()),
        Value::Bytes(b) => Json::Array(b.iter().map(|b| (*b).into()).collect()),
        Value::List(_) | Value::Tuple(_) => {
            let items: Result<Vec<Json>> =
                value.sequence().unwrap_or_default().iter().map(json_of).collect();
            Json::Array(items?)
        }
        Value::Dict(d) => {
            let mut map = serde_json::Map::new();
            for (k, v) in d.lock().iter() {
                let key = k.as_str().ok_or_else(|| Error::type_error("a key that is no text"))?;
                map.insert(key, json_of(v)?);
            }
            Json::Object(map)
        }
        Value::Array(nd) if nd.is_scalar() => json_of(&nd.item()?)?,
        Value::Array(nd) => {
            let block = nd.block()?;
            let items: Result<Vec<Json>> =
                (0..block.len()).map(|i| json_of(&crate::numpy::nd::element(&block, i))).collect();
            Json::Array(items?)
        }
        other => return Err(Error::type_error(format!("a {}", other.type_name()))),
    })
}

/// Why a value can't be serialised.
#[derive(Debug)]
struct Failed(Error);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: std::fmt::Display>(text: T) -> Failed {
        Failed(Error::type_error(text.to_string()))
    }
}

type Done<T = Value> = std::result::Result<T, Failed>;

struct Writer;

/// Items of a sequence, on the way to a list or tuple.
struct Items {
    items: Vec<Value>,
    tuple: bool,
    variant: Option<&'static str>,
}

/// Entries of a dict.
struct Entries {
    entries: Vec<(Value, Value)>,
    key: Option<Value>,
    variant: Option<&'static str>,
}

/// A variant's content under its name.
fn named(variant: Option<&'static str>, value: Value) -> Done {
    match variant {
        Some(name) => Value::dict(vec![(Value::str(name), value)]).map_err(Failed),
        None => Ok(value),
    }
}

impl Items {
    fn new(tuple: bool, variant: Option<&'static str>) -> Items {
        Items { items: Vec::new(), tuple, variant }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Done<()> {
        self.items.push(value.serialize(Writer)?);
        Ok(())
    }

    fn done(self) -> Done {
        let value = if self.tuple { Value::tuple(self.items) } else { Value::list(self.items) };
        named(self.variant, value)
    }
}

impl Entries {
    fn new(variant: Option<&'static str>) -> Entries {
        Entries { entries: Vec::new(), key: None, variant }
    }

    fn push<T: Serialize + ?Sized>(&mut self, key: Value, value: &T) -> Done<()> {
        self.entries.push((key, value.serialize(Writer)?));
        Ok(())
    }

    fn done(self) -> Done {
        named(self.variant, Value::dict(self.entries).map_err(Failed)?)
    }
}

macro_rules! plain {
    ($($method:ident($t:ty) = $make:expr;)*) => {$(
        fn $method(self, v: $t) -> Done {
            Ok($make(v))
        }
    )*};
}

impl ser::Serializer for Writer {
    type Ok = Value;
    type Error = Failed;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    plain! {
        serialize_bool(bool) = Value::Bool;
        serialize_i8(i8) = Value::int;
        serialize_i16(i16) = Value::int;
        serialize_i32(i32) = Value::int;
        serialize_i64(i64) = Value::int;
        serialize_i128(i128) = Value::int;
        serialize_u8(u8) = Value::int;
        serialize_u16(u16) = Value::int;
        serialize_u32(u32) = Value::int;
        serialize_u64(u64) = Value::int;
        serialize_u128(u128) = Value::int;
        serialize_f64(f64) = Value::Float;
    }

    fn serialize_f32(self, v: f32) -> Done {
        Ok(Value::Float(f64::from(v)))
    }

    fn serialize_char(self, v: char) -> Done {
        Ok(Value::str(v.to_string()))
    }

    fn serialize_str(self, v: &str) -> Done {
        Ok(Value::str(v))
    }

    fn serialize_bytes(self, v: &[u8]) -> Done {
        Ok(Value::Bytes(v.into()))
    }

    fn serialize_none(self) -> Done {
        Ok(Value::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(Writer)
    }

    fn serialize_unit(self) -> Done {
        Ok(Value::None)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        Ok(Value::None)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        Ok(Value::str(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, v: &T) -> Done {
        v.serialize(Writer)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        named(Some(variant), value.serialize(Writer)?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Done<Items> {
        Ok(Items::new(false, None))
    }

    fn serialize_tuple(self, _: usize) -> Done<Items> {
        Ok(Items::new(true, None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Done<Items> {
        Ok(Items::new(true, None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Done<Items> {
        Ok(Items::new(true, Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Done<Entries> {
        Ok(Entries::new(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Done<Entries> {
        Ok(Entries::new(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Done<Entries> {
        Ok(Entries::new(Some(variant)))
    }
}

macro_rules! sequences {
    ($($t:ident $method:ident;)*) => {$(
        impl ser::$t for Items {
            type Ok = Value;
            type Error = Failed;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Done<()> {
                self.push(value)
            }
            fn end(self) -> Done {
                self.done()
            }
        }
    )*};
}

sequences! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! structures {
    ($($t:ident)*) => {$(
        impl ser::$t for Entries {
            type Ok = Value;
            type Error = Failed;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Done<()> {
                self.push(Value::str(key), value)
            }
            fn end(self) -> Done {
                self.done()
            }
        }
    )*};
}

structures!(SerializeStruct SerializeStructVariant);

impl ser::SerializeMap for Entries {
    type Ok = Value;
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done<()> {
        self.key = Some(key.serialize(Writer)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done<()> {
        let key = self.key.take().unwrap_or(Value::None);
        self.push(key, value)
    }

    fn end(self) -> Done {
        self.done()
    }
}
