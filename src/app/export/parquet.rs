//! `.parquet`: a column for each column of a value's table (see [`super::table`]).
//!
//! Numbers keep their types; a complex column is two, `name.real` and `name.imag`. Text is UTF-8,
//! bytes are binary, datetime64 is a timestamp of its unit where Parquet has that (days and
//! coarser: dates; hours to seconds: milliseconds), timedelta64 a duration. NaT is null. Row
//! groups are as large as the memory allows, and encoded by all threads.

use std::io::BufWriter;
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, FixedSizeBinaryBuilder, StringBuilder};
use arrow_array::types::*;
use arrow_array::{ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit as ArrowUnit};
use bytemuck::Pod;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, compute_leaves};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::pieces::{Pace, ordered};
use super::table::{Leaf, Table};
use super::target::{Named, Target, shown};
use crate::array::block::Block;
use crate::array::error::Kind;
use crate::array::item::Item;
use crate::array::text;
use crate::array::time::TimeUnit;
use crate::array::{Context, DType, Error, Result};
use crate::numpy::value::Value;

/// More columns than this are no table; each costs memory while it is written.
const COLUMNS: usize = 20_000;
/// Bytes of a row group, where the memory allows.
const GROUP: usize = 32 << 20;

/// How a column is stored.
#[derive(Debug, Clone)]
enum Store {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float16,
    Float32,
    Float64,
    Text,
    Bytes,
    Fixed(i32),
    /// Counts of the first unit stored as counts of the second.
    Date(TimeUnit, TimeUnit),
    Timestamp(TimeUnit, TimeUnit, ArrowUnit),
    Duration(TimeUnit, TimeUnit, ArrowUnit),
    /// Objects that are text or None.
    Objects,
}

struct Column {
    name: String,
    offset: usize,
    size: usize,
    /// Which of the elements of a row, for objects.
    place: usize,
    store: Store,
}

/// Writes the table.
///
/// # Errors
/// As [`super::write`].
pub fn write(value: &Value, target: &Target, cx: &Context) -> Result<()> {
    let refuse = |e: Error| match e.kind {
        Kind::TypeError | Kind::ValueError => target.refuse(e.kind, &e.text),
        _ => e,
    };
    let table = Table::of(value, cx)?;
    if table.width() > COLUMNS {
        let why = format!("{} columns are too many for a Parquet table", table.width());
        return Err(target.refuse(Kind::ValueError, &why));
    }
    let mut columns = Vec::new();
    for i in 0..table.width() {
        columns_of(table.column(i), i, &mut columns).map_err(refuse)?;
    }
    let fields: Vec<Field> =
        columns.iter().map(|c| Field::new(&c.name, c.store.data_type(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let failed = |e: parquet::errors::ParquetError| parquet_error(target, e);
    let writer: ArrowWriter<BufWriter<Named<'_>>> =
        ArrowWriter::try_new(target.stream(), schema.clone(), Some(properties)).map_err(failed)?;
    let (mut writer, groups) = writer.into_serialized_writer().map_err(failed)?;
    let row_size = table.row_size();
    let pace = Pace {
        what: format!("writing {}", shown(target.path())),
        result: 2.0 * table.array.dtype().size() as f64,
        rows: true,
        piece: GROUP,
    };
    let width = table.width();
    ordered(
        &table.array,
        &pace,
        cx,
        // a piece is a row group, and encoded by the thread that computed it
        |_, block| {
            let rows = match block.dtype() {
                DType::Object => block.len() / width.max(1),
                _ => block.bytes().len().checked_div(row_size).unwrap_or(block.len()),
            };
            let mut chunks = Vec::new();
            let encoders = groups.create_column_writers(0).map_err(failed)?;
            for ((column, field), mut encoder) in columns.iter().zip(schema.fields()).zip(encoders)
            {
                cx.check()?;
                let array = column.array(&block, rows, row_size, width).map_err(refuse)?;
                for leaf in compute_leaves(field, &array).map_err(failed)? {
                    encoder.write(&leaf).map_err(failed)?;
                }
                chunks.push(encoder.close().map_err(failed)?);
            }
            Ok(chunks)
        },
        |chunks: Vec<ArrowColumnChunk>| {
            let mut group = writer.next_row_group().map_err(failed)?;
            for chunk in chunks {
                chunk.append_to_row_group(&mut group).map_err(failed)?;
            }
            group.close().map(drop).map_err(failed)
        },
    )?;
    let mut out = writer.into_inner().map_err(failed)?;
    std::io::Write::flush(&mut out).map_err(Error::from)
}

fn parquet_error(target: &Target, e: parquet::errors::ParquetError) -> Error {
    let text = e.to_string();
    let name = shown(target.path());
    // an error of the file names it already
    match text.find(&name) {
        Some(at) => Error::os(&text[at..]),
        None => Error::os(format!("{name}: {text}")),
    }
}

/// The columns that a part of a row becomes.
fn columns_of(leaf: Leaf, place: usize, out: &mut Vec<Column>) -> Result<()> {
    let size = leaf.dtype.size();
    let mut push = |name: String, offset: usize, size: usize, store: Store| {
        out.push(Column { name, offset, size, place, store });
    };
    let refuse = |why: &str| Err(Error::type_error(format!("column '{}': {why}", leaf.name)));
    let store = match &leaf.dtype {
        DType::Bool => Store::Bool,
        DType::Int8 => Store::Int8,
        DType::Int16 => Store::Int16,
        DType::Int32 => Store::Int32,
        DType::Int64 => Store::Int64,
        DType::UInt8 => Store::UInt8,
        DType::UInt16 => Store::UInt16,
        DType::UInt32 => Store::UInt32,
        DType::UInt64 => Store::UInt64,
        DType::Float16 => Store::Float16,
        DType::Float32 => Store::Float32,
        DType::Float64 => Store::Float64,
        DType::Complex64 | DType::Complex128 => {
            let half = size / 2;
            let part = if half == 4 { Store::Float32 } else { Store::Float64 };
            push(format!("{}.real", leaf.name), leaf.offset, half, part.clone());
            push(format!("{}.imag", leaf.name), leaf.offset + half, half, part);
            return Ok(());
        }
        DType::Str(_) => Store::Text,
        DType::Bytes(_) => Store::Bytes,
        DType::Void(0) => return refuse("elements without a byte have no place in Parquet"),
        DType::Void(n) => match i32::try_from(*n) {
            Ok(n) => Store::Fixed(n),
            Err(_) => return refuse("elements too long for Parquet"),
        },
        DType::Datetime(unit) | DType::Timedelta(unit) => {
            let date = matches!(leaf.dtype, DType::Datetime(_));
            match time(*unit, date) {
                Some(store) => store,
                None => {
                    return refuse(&format!(
                        "Parquet has no place for {}; cast it, as with .astype('{}[ns]')",
                        leaf.dtype,
                        leaf.dtype.scalar_name()
                    ));
                }
            }
        }
        DType::Object => Store::Objects,
        DType::Struct(_) => return refuse("a nested column"),
    };
    push(leaf.name, leaf.offset, size, store);
    Ok(())
}

/// How a time is stored; none where Parquet has no such unit.
fn time(unit: TimeUnit, date: bool) -> Option<Store> {
    let named = |name: &str| TimeUnit::named(name).unwrap_or(unit);
    Some(match (unit.name(), date) {
        ("Y" | "M" | "W" | "D", true) => Store::Date(unit, named("D")),
        ("h" | "m" | "s" | "ms", true) => {
            Store::Timestamp(unit, named("ms"), ArrowUnit::Millisecond)
        }
        ("us", true) => Store::Timestamp(unit, named("us"), ArrowUnit::Microsecond),
        ("ns", true) => Store::Timestamp(unit, named("ns"), ArrowUnit::Nanosecond),
        ("W" | "D" | "h" | "m" | "s", false) => {
            Store::Duration(unit, named("s"), ArrowUnit::Second)
        }
        ("ms", false) => Store::Duration(unit, named("ms"), ArrowUnit::Millisecond),
        ("us", false) => Store::Duration(unit, named("us"), ArrowUnit::Microsecond),
        ("ns", false) => Store::Duration(unit, named("ns"), ArrowUnit::Nanosecond),
        _ => return None,
    })
}

impl Store {
    fn data_type(&self) -> DataType {
        match self {
            Store::Bool => DataType::Boolean,
            Store::Int8 => DataType::Int8,
            Store::Int16 => DataType::Int16,
            Store::Int32 => DataType::Int32,
            Store::Int64 => DataType::Int64,
            Store::UInt8 => DataType::UInt8,
            Store::UInt16 => DataType::UInt16,
            Store::UInt32 => DataType::UInt32,
            Store::UInt64 => DataType::UInt64,
            Store::Float16 => DataType::Float16,
            Store::Float32 => DataType::Float32,
            Store::Float64 => DataType::Float64,
            Store::Text | Store::Objects => DataType::Utf8,
            Store::Bytes => DataType::Binary,
            Store::Fixed(n) => DataType::FixedSizeBinary(*n),
            Store::Date(..) => DataType::Date32,
            Store::Timestamp(_, _, unit) => DataType::Timestamp(*unit, None),
            Store::Duration(_, _, unit) => DataType::Duration(*unit),
        }
    }
}

impl Column {
    /// Its cells of a block of whole rows.
    fn array(&self, block: &Block, rows: usize, row_size: usize, width: usize) -> Result<ArrayRef> {
        let cell = |row: usize| {
            let at = row * row_size + self.offset;
            &block.bytes()[at..at + self.size]
        };
        macro_rules! numbers {
            ($Arrow:ty) => {
                numbers::<$Arrow>((0..rows).map(cell))
            };
        }
        Ok(match &self.store {
            Store::Bool => {
                Arc::new((0..rows).map(|r| Some(cell(r) != [0])).collect::<BooleanArray>())
            }
            Store::Int8 => numbers!(Int8Type),
            Store::Int16 => numbers!(Int16Type),
            Store::Int32 => numbers!(Int32Type),
            Store::Int64 => numbers!(Int64Type),
            Store::UInt8 => numbers!(UInt8Type),
            Store::UInt16 => numbers!(UInt16Type),
            Store::UInt32 => numbers!(UInt32Type),
            Store::UInt64 => numbers!(UInt64Type),
            Store::Float16 => numbers!(Float16Type),
            Store::Float32 => numbers!(Float32Type),
            Store::Float64 => numbers!(Float64Type),
            Store::Text => {
                let mut out = StringBuilder::with_capacity(rows, rows * self.size / 4);
                (0..rows).for_each(|r| out.append_value(text::str_of(cell(r))));
                Arc::new(out.finish())
            }
            Store::Bytes => {
                let mut out = BinaryBuilder::with_capacity(rows, rows * self.size);
                (0..rows).for_each(|r| out.append_value(text::bytes_of(cell(r))));
                Arc::new(out.finish())
            }
            Store::Fixed(n) => {
                let mut out = FixedSizeBinaryBuilder::with_capacity(rows, *n);
                for r in 0..rows {
                    out.append_value(cell(r)).map_err(|e| Error::runtime(e.to_string()))?;
                }
                Arc::new(out.finish())
            }
            Store::Date(from, to) => {
                let days = |n: i64| i32::try_from(n).ok();
                self.times::<Date32Type>((0..rows).map(cell), *from, *to, true, days)?
            }
            Store::Timestamp(from, to, unit) => {
                let cells = (0..rows).map(cell);
                match unit {
                    ArrowUnit::Microsecond => {
                        self.times::<TimestampMicrosecondType>(cells, *from, *to, true, Some)?
                    }
                    ArrowUnit::Nanosecond => {
                        self.times::<TimestampNanosecondType>(cells, *from, *to, true, Some)?
                    }
                    _ => self.times::<TimestampMillisecondType>(cells, *from, *to, true, Some)?,
                }
            }
            Store::Duration(from, to, unit) => {
                let cells = (0..rows).map(cell);
                match unit {
                    ArrowUnit::Millisecond => {
                        self.times::<DurationMillisecondType>(cells, *from, *to, false, Some)?
                    }
                    ArrowUnit::Microsecond => {
                        self.times::<DurationMicrosecondType>(cells, *from, *to, false, Some)?
                    }
                    ArrowUnit::Nanosecond => {
                        self.times::<DurationNanosecondType>(cells, *from, *to, false, Some)?
                    }
                    ArrowUnit::Second => {
                        self.times::<DurationSecondType>(cells, *from, *to, false, Some)?
                    }
                }
            }
            Store::Objects => {
                let mut out = StringBuilder::new();
                for r in 0..rows {
                    match &block.items()[r * width + self.place] {
                        Item::None => out.append_null(),
                        Item::Str(s) => out.append_value(s),
                        _ => {
                            return Err(Error::type_error(format!(
                                "column '{}': of objects, only text has a place in Parquet",
                                self.name
                            )));
                        }
                    }
                }
                Arc::new(out.finish())
            }
        })
    }

    /// Counts of one unit as counts of another; NaT is null.
    fn times<'a, A: ArrowPrimitiveType>(
        &self,
        cells: impl Iterator<Item = &'a [u8]>,
        from: TimeUnit,
        to: TimeUnit,
        date: bool,
        fit: impl Fn(i64) -> Option<A::Native>,
    ) -> Result<ArrayRef> {
        let counts = cells.map(|bytes| match bytemuck::pod_read_unaligned::<i64>(bytes) {
            i64::MIN => Ok(None),
            n => from.convert(n, to, date).and_then(&fit).map(Some).ok_or_else(|| {
                Error::value(format!("column '{}': a time outside Parquet's range", self.name))
            }),
        });
        Ok(Arc::new(counts.collect::<Result<PrimitiveArray<A>>>()?))
    }
}

fn numbers<'a, A: ArrowPrimitiveType>(cells: impl Iterator<Item = &'a [u8]>) -> ArrayRef
where
    A::Native: Pod,
{
    Arc::new(PrimitiveArray::<A>::from_iter_values(
        cells.map(bytemuck::pod_read_unaligned::<A::Native>),
    ))
}
