//! Exported files, read back by the libraries that people read them with: NumPy, pandas, pyarrow
//! and h5py must find the same dtype, shape and values (`tests/oracle/read_back.py`). And that
//! files are replaced whole or not at all, within the memory, chunks read once.

mod support;

use std::any::Any;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ch5tui::app::export::{Format, stream, write};
use ch5tui::array::block::Block;
use ch5tui::array::dtype::Struct;
use ch5tui::array::lazy::extent;
use ch5tui::array::view::transpose;
use ch5tui::array::{Array, Context, DType, Error, Result, Settings, Source, Span, text};
use ch5tui::numpy::value::Value;
use serde_json::json;
use support::{python, root};

fn context() -> Context {
    Context::new(Settings::default())
}

/// Texts that elements of a dtype are made of, extremes among them.
fn samples(dtype: &DType) -> Vec<&'static str> {
    match dtype {
        DType::Bool => vec!["yes", "", "yes"],
        DType::Int8 => vec!["-128", "127", "0", "-1"],
        DType::Int16 => vec!["-32768", "32767", "5"],
        DType::Int32 => vec!["-2147483648", "2147483647", "7"],
        DType::Int64 => vec!["-9223372036854775808", "9223372036854775807", "12"],
        DType::UInt8 => vec!["255", "0", "9"],
        DType::UInt16 => vec!["65535", "0", "9"],
        DType::UInt32 => vec!["4294967295", "0", "9"],
        DType::UInt64 => vec!["18446744073709551615", "0", "9"],
        DType::Float16 => vec!["nan", "0.1", "65504", "-0.0", "6e-8", "inf"],
        DType::Float32 => {
            vec!["0.1", "nan", "-inf", "3.4028235e38", "1e-45", "-0.0", "1e16", "1e-5"]
        }
        DType::Float64 => vec![
            "0.1",
            "nan",
            "-inf",
            "inf",
            "1.7976931348623157e308",
            "5e-324",
            "-0.0",
            "1e16",
            "123456789012345680",
            "0.0001",
            "0.00001",
            "2.5e-300",
        ],
        DType::Complex64 | DType::Complex128 => {
            vec!["1.5-2j", "nan+1j", "0.1j", "-0.5+0.25j", "1e20-1e-9j", "(2+infj)"]
        }
        DType::Str(_) => vec!["a", "", "é|\"x\"", "a,b", "two\nlines", "\u{1F600}\ttab", "nan"],
        DType::Bytes(_) => vec!["ab", "", "q\"uo", "x,y", "l\nm"],
        DType::Void(_) => vec!["abc", "z"],
        DType::Datetime(_) => vec!["2024-02-29T12:34:56.789", "NaT", "1969-12-31", "1970-01-01"],
        DType::Timedelta(_) => vec!["5", "NaT", "-3", "0"],
        other => panic!("no samples for {other}"),
    }
}

/// Element `i` of a dtype's samples.
fn fill(dtype: &DType, i: usize, out: &mut [u8]) {
    match dtype {
        DType::Struct(s) => {
            for f in &s.fields {
                let part = &mut out[f.offset..f.offset + f.size()];
                for (k, e) in part.chunks_exact_mut(f.dtype.size()).enumerate() {
                    fill(&f.dtype, i + k, e);
                }
            }
        }
        _ => {
            let all = samples(dtype);
            text::parse(all[i % all.len()], dtype, out).expect("a sample");
        }
    }
}

fn sample(dtype: &DType, shape: &[usize]) -> Block {
    let mut block = Block::zeros(dtype.clone(), shape.to_vec());
    if dtype.size() > 0 {
        let elements = block.bytes_mut().chunks_exact_mut(dtype.size());
        elements.enumerate().for_each(|(i, e)| fill(dtype, i, e));
    }
    block
}

fn dtypes() -> Vec<DType> {
    let names = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 \
                 complex64 complex128 U1 U7 S4 V3 M8[Y] M8[M] M8[W] M8[D] M8[h] M8[s] M8[ms] \
                 M8[us] M8[ns] m8[D] m8[s] m8[ms] m8[ns]";
    let mut all: Vec<DType> =
        names.split_whitespace().map(|n| DType::parse(n).expect("a dtype")).collect();
    let inner = Struct::packed(vec![
        ("re".into(), DType::Float32, vec![]),
        ("n".into(), DType::UInt8, vec![2, 2]),
    ]);
    all.push(DType::Struct(Arc::new(Struct::packed(vec![
        ("t".into(), DType::parse("M8[ms]").expect("a dtype"), vec![]),
        ("a b".into(), DType::Int16, vec![]),
        ("in".into(), DType::Struct(Arc::new(inner)), vec![]),
        ("name".into(), DType::Str(5), vec![]),
        ("ok".into(), DType::Bool, vec![3]),
        ("z".into(), DType::Complex64, vec![]),
        ("s".into(), DType::Bytes(3), vec![]),
    ]))));
    // with gaps between the fields and at the end
    let mut gaps = Struct::packed(vec![
        ("x".into(), DType::Int8, vec![]),
        ("y".into(), DType::Float64, vec![]),
        ("é".into(), DType::Int32, vec![]),
    ]);
    (gaps.fields[1].offset, gaps.fields[2].offset, gaps.size) = (8, 16, 24);
    all.push(DType::Struct(Arc::new(gaps)));
    all
}

/// What is to be compared.
#[derive(Default)]
struct Manifest(Vec<serde_json::Value>);

impl Manifest {
    fn add(&mut self, file: &Path, name: &str, block: &Block) {
        let raw = file.with_extension(format!("{}.raw", self.0.len()));
        std::fs::write(&raw, block.bytes()).expect("written");
        self.0.push(json!({
            "file": file,
            "format": file.extension().and_then(|e| e.to_str()),
            "name": name,
            "dtype": block.dtype().to_string(),
            "shape": block.shape(),
            "raw": raw,
        }));
    }

    fn check(self, folder: &Path) {
        let path = folder.join("manifest.json");
        std::fs::write(&path, serde_json::Value::Array(self.0.clone()).to_string())
            .expect("written");
        let out = Command::new(python())
            .arg(root().join("tests/oracle/read_back.py"))
            .arg(&path)
            .output()
            .expect("the oracle runs");
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(said.trim(), format!("{} compared", self.0.len()));
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Each format that takes any array, for every dtype and shape.
fn read_back(ending: &str, name: &str, takes: impl Fn(&DType) -> bool) {
    let folder = folder();
    let mut manifest = Manifest::default();
    for (i, dtype) in dtypes().into_iter().filter(takes).enumerate() {
        for (k, shape) in
            [&[][..], &[0], &[1], &[14], &[3, 5], &[0, 3], &[2, 3, 4], &[1, 1]].iter().enumerate()
        {
            let block = sample(&dtype, shape);
            let file = folder.path().join(format!("{i}_{k}.{ending}"));
            write(&Value::array(Array::of(block.clone())), &file, &context())
                .unwrap_or_else(|e| panic!("{dtype} {shape:?}: {e}"));
            manifest.add(&file, name, &block);
        }
    }
    manifest.check(folder.path());
}

#[test]
fn npy_is_what_numpy_loads() {
    read_back("npy", "", |_| true);
}

#[test]
fn npz_is_what_numpy_loads() {
    read_back("npz", "arr_0", |_| true);
}

#[test]
fn h5_is_what_h5py_reads() {
    read_back("h5", "data", |_| true);
}

#[test]
fn csv_is_what_pandas_and_loadtxt_read() {
    // pandas can't be told apart "" and a missing row of one column
    read_back("csv", "", |d| !matches!(d, DType::Void(_)));
}

#[test]
fn tsv_is_what_pandas_reads() {
    read_back("tsv", "", |d| !matches!(d, DType::Void(_)));
}

#[test]
fn parquet_is_what_pyarrow_and_pandas_read() {
    read_back("parquet", "", |_| true);
}

#[test]
fn markdown_has_the_cells() {
    read_back("md", "", |d| !matches!(d, DType::Void(_) | DType::Str(_) | DType::Bytes(_)));
    let folder = folder();
    let mut manifest = Manifest::default();
    let block = sample(&DType::Int32, &[1500, 120]);
    let file = folder.path().join("large.md");
    write(&Value::array(Array::of(block.clone())), &file, &context()).expect("written");
    manifest.add(&file, "", &block);
    manifest.check(folder.path());
}

#[test]
fn json_is_one_line() {
    read_back("json", "", |d| d.is_number() && !d.is_complex());
}

#[test]
fn a_dict_gives_an_array_a_key() {
    let folder = folder();
    let mut manifest = Manifest::default();
    let (a, b) = (sample(&DType::Float64, &[6]), sample(&DType::Str(7), &[6]));
    let value = |b: &Block| Value::array(Array::of(b.clone()));
    let entries = vec![(Value::str("a"), value(&a)), (Value::str("b c"), value(&b))];
    let dict = Value::dict(entries).expect("a dict");
    for ending in ["npz", "h5"] {
        let file = folder.path().join(format!("d.{ending}"));
        write(&dict, &file, &context()).expect("written");
        manifest.add(&file, "a", &a);
        manifest.add(&file, "b c", &b);
    }
    let record = Struct::packed(vec![
        ("a".into(), DType::Float64, vec![]),
        ("b c".into(), DType::Str(7), vec![]),
    ]);
    let mut table = Block::zeros(DType::Struct(Arc::new(record)), vec![6]);
    for (i, row) in table.bytes_mut().chunks_exact_mut(36).enumerate() {
        row[..8].copy_from_slice(a.element(i));
        row[8..].copy_from_slice(b.element(i));
    }
    for ending in ["csv", "parquet"] {
        let file = folder.path().join(format!("d.{ending}"));
        write(&dict, &file, &context()).expect("written");
        manifest.add(&file, "", &table);
    }
    // a tuple of arrays, and dicts in a dict
    let file = folder.path().join("t.npz");
    write(&Value::tuple(vec![value(&a), value(&b)]), &file, &context()).expect("written");
    manifest.add(&file, "arr_0", &a);
    manifest.add(&file, "arr_1", &b);
    let nested = Value::dict(vec![(Value::str("run"), dict)]).expect("a dict");
    let file = folder.path().join("n.h5");
    write(&nested, &file, &context()).expect("written");
    manifest.add(&file, "run/a", &a);
    manifest.check(folder.path());
}

/// A large array in chunks whose elements are their flat position, which counts what is read.
struct Counted {
    shape: [usize; 2],
    chunk: [usize; 2],
    read: Arc<AtomicUsize>,
    /// After so many elements: an error, or a cancel of the context.
    fails: Option<(usize, bool)>,
}

impl Source for Counted {
    fn read(&self, region: &[Span], cx: &Context) -> Result<Block> {
        // whole chunks are decoded for any part of them
        let decoded: usize = (0..2)
            .map(|a| {
                let (low, high) = region[a].bounds();
                let c = self.chunk[a];
                (high.div_ceil(c) * c).min(self.shape[a]) - low / c * c
            })
            .product();
        let before = self.read.fetch_add(decoded, Ordering::Relaxed);
        if let Some((after, cancel)) = self.fails
            && before + decoded > after
        {
            if !cancel {
                return Err(Error::os("the disk is broken"));
            }
            cx.cancel();
        }
        let mut block = Block::zeros(DType::Float64, extent(region));
        let width = region[1].len;
        for (i, x) in block.typed_mut::<f64>().iter_mut().enumerate() {
            *x = (region[0].at(i / width) * self.shape[1] + region[1].at(i % width)) as f64;
        }
        Ok(block)
    }
    fn grid(&self) -> Option<Vec<usize>> {
        Some(self.chunk.to_vec())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn counted(
    shape: [usize; 2],
    chunk: [usize; 2],
    fails: Option<(usize, bool)>,
) -> (Array, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let source = Counted { shape, chunk, read: read.clone(), fails };
    (Array::new(DType::Float64, shape.to_vec(), source), read)
}

fn positions(shape: [usize; 2], transposed: bool) -> Block {
    let (rows, columns) = (shape[0], shape[1]);
    let n = rows * columns;
    let at = |i: usize| if transposed { i % rows * columns + i / rows } else { i };
    let values: Vec<f64> = (0..n).map(|i| at(i) as f64).collect();
    let shape = if transposed { vec![columns, rows] } else { shape.to_vec() };
    Block::of(DType::Float64, shape, &values)
}

#[test]
fn chunks_are_read_once_whatever_the_order() {
    let folder = folder();
    let mut manifest = Manifest::default();
    let shape = [1000, 300];
    for (i, chunk) in [[50, 30], [1000, 1], [1, 300], [350, 300]].into_iter().enumerate() {
        for transposed in [false, true] {
            let want = positions(shape, transposed);
            for ending in ["npy", "npz", "h5", "csv", "parquet"] {
                if ending == "parquet" && transposed {
                    continue;
                }
                let (array, read) = counted(shape, chunk, None);
                let array = if transposed { transpose(&array, &[1, 0]) } else { array };
                let cx = Context::new(Settings {
                    memory: 2 << 20,
                    threads: 2,
                    temp_dir: Some(folder.path().to_path_buf()),
                });
                let file = folder.path().join(format!("{i}{transposed}.{ending}"));
                write(&Value::array(array), &file, &cx).expect("written");
                let times = read.load(Ordering::Relaxed) as f64 / want.len() as f64;
                assert!(times < 1.01, "{ending} {chunk:?} {transposed}: read {times} times");
                let name = match ending {
                    "npz" => "arr_0",
                    "h5" => "data",
                    _ => "",
                };
                manifest.add(&file, name, &want);
            }
        }
    }
    manifest.check(folder.path());
}

fn left_in(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    all.sort();
    all
}

#[test]
fn an_error_or_a_cancel_leaves_the_old_file() {
    for ending in ["npy", "npz", "h5", "csv", "tsv", "json", "parquet", "md", "png"] {
        for cancel in [false, true] {
            let folder = folder();
            let file = folder.path().join(format!("out.{ending}"));
            let fails = if ending == "md" { 0 } else { 600_000 };
            let value = || Value::array(counted([1000, 1000], [10, 1000], Some((fails, cancel))).0);
            let error = write(&value(), &file, &context()).expect_err("a failure");
            let wanted = if cancel { "KeyboardInterrupt" } else { "OSError: the disk is broken" };
            assert_eq!(error.to_string(), wanted, "{ending}");
            assert_eq!(left_in(folder.path()), Vec::<PathBuf>::new(), "{ending}");
            std::fs::write(&file, "old").expect("written");
            write(&value(), &file, &context()).expect_err("a failure");
            assert_eq!(std::fs::read(&file).expect("the old file"), b"old");
            assert_eq!(left_in(folder.path()), [file], "{ending}");
        }
    }
}

#[test]
fn permissions_of_a_replaced_file_are_kept_and_links_followed() {
    let folder = folder();
    let (file, link) = (folder.path().join("real.npy"), folder.path().join("link.npy"));
    std::fs::write(&file, "old").expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("set");
    std::os::unix::fs::symlink("real.npy", &link).expect("linked");
    let value = Value::array(Array::of(sample(&DType::Int16, &[4])));
    write(&value, &link, &context()).expect("written");
    let mode = std::fs::metadata(&file).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert!(link.symlink_metadata().expect("there").is_symlink());
    assert!(std::fs::read(&file).expect("read").starts_with(b"\x93NUMPY"));
}

#[test]
fn errors_are_one_line_that_names_the_file() {
    let folder = folder();
    let objects = Value::list(vec![Value::None, Value::str("a")]);
    let said = |name: &str, value: &Value| {
        let file = folder.path().join(name);
        let error = write(value, &file, &context()).expect_err("a failure").to_string();
        assert_eq!(left_in(folder.path()).len(), 0, "{name}");
        error.replace(&folder.path().display().to_string(), "")
    };
    let number = Value::Float(1.0);
    assert_eq!(said("none/a.npy", &number), "OSError: /none/a.npy: No such file or directory");
    assert!(said("a.xyz", &number).starts_with("ValueError: /a.xyz: no format has this ending"));
    assert!(said("a.npy", &objects).starts_with("TypeError: /a.npy: object arrays can't"));
    assert!(said("a.npz", &objects).starts_with("TypeError: /a.npz: object arrays can't"));
    assert!(said("a.h5", &objects).starts_with("TypeError: /a.h5: 'data': "));
    assert!(said("a.png", &number).starts_with("ValueError: /a.png: a picture is of"));
    let fine = Value::array(Array::of(sample(&DType::parse("m8[Y]").expect("a dtype"), &[2])));
    assert!(said("a.parquet", &fine).starts_with("TypeError: /a.parquet: column 'value': "));
}

fn streamed(value: &Value, format: Format) -> String {
    let mut out = Vec::new();
    stream(value, format, &mut out, &context()).expect("written");
    String::from_utf8(out).expect("text")
}

#[test]
fn streams_are_lines_of_cells() {
    let block = Block::of(DType::Float64, vec![2, 2], &[1.0f64, 1e-5, f64::NAN, 1e22]);
    let value = Value::array(Array::of(block));
    assert_eq!(streamed(&value, Format::Csv), "1.0,1e-05\nnan,1e+22\n");
    assert_eq!(streamed(&value, Format::Tsv), "1.0\t1e-05\nnan\t1e+22\n");
    let floats = [0.0001, 1234567890123456.0, -0.1, 0.0, 9999999999999998.0, 1e16];
    let value = Value::array(Array::of(Block::of(DType::Float64, vec![1, 6], &floats)));
    let line = "0.0001,1234567890123456.0,-0.1,0.0,9999999999999998.0,1e+16\n";
    assert_eq!(streamed(&value, Format::Csv), line);
    let texts = Value::list(vec![Value::str("a,b"), Value::str("say \"x\""), Value::str("")]);
    assert_eq!(streamed(&texts, Format::Csv), "\"a,b\"\n\"say \"\"x\"\"\"\n\"\"\n");
    assert_eq!(streamed(&texts, Format::Raw), "a,b\nsay \"x\"\n\n");
    assert_eq!(streamed(&Value::str("plain, \"text\""), Format::Raw), "plain, \"text\"\n");
    assert_eq!(streamed(&Value::int(5), Format::Csv), "5\n");
    let error = stream(&value, Format::Png, &mut Vec::new(), &context()).expect_err("a refusal");
    assert!(error.to_string().starts_with("ValueError: png can be written to a file only"));
}

fn picture(value: &Value) -> (png::OutputInfo, Vec<u8>) {
    let folder = folder();
    let file = folder.path().join("p.png");
    write(value, &file, &context()).expect("written");
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&file).expect("")));
    let mut reader = decoder.read_info().expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("pixels");
    (info, pixels)
}

#[test]
fn pictures_show_the_data() {
    // the picture that an array of bytes holds
    let bytes: Vec<u8> = (0..5 * 7 * 3).map(|i| (i * 37 % 251) as u8).collect();
    let rgb = Value::array(Array::of(Block::of(DType::UInt8, vec![5, 7, 3], &bytes)));
    let (info, pixels) = picture(&rgb);
    assert_eq!((info.width, info.height, info.color_type), (7, 5, png::ColorType::Rgb));
    assert_eq!(pixels, bytes);

    // an image: the least is dark blue, the greatest yellow, NaN transparent
    let values = [0.0f64, 10.0, f64::NAN, 5.0];
    let image = Value::array(Array::of(Block::of(DType::Float64, vec![2, 2], &values)));
    let (info, pixels) = picture(&image);
    assert_eq!((info.width, info.height), (32, 32));
    let pixel = |x: usize, y: usize| &pixels[(y * 32 + x) * 4..][..4];
    assert_eq!(pixel(0, 0), [0x44, 0x01, 0x54, 255]);
    assert_eq!(pixel(31, 15), [0xFD, 0xE7, 0x25, 255]);
    assert_eq!(pixel(3, 20)[3], 0);
    assert_eq!(pixel(20, 20), [0x21, 0x91, 0x8C, 255]);

    // a large one is reduced to means
    let (array, read) = counted([4000, 3000], [100, 100], None);
    let (info, pixels) = picture(&Value::array(array));
    assert_eq!((info.width, info.height), (1500, 1334));
    assert_eq!(pixels[..4], [0x44, 0x01, 0x54, 255]);
    assert_eq!(pixels[pixels.len() - 4..], [0xFD, 0xE7, 0x25, 255]);
    assert_eq!(read.load(Ordering::Relaxed), 12_000_000);

    // a plot: one peak in a million values is seen, at its place
    let mut values = vec![0.0f32; 1_000_000];
    values[500_000] = 1.0;
    let line = Value::array(Array::of(Block::of(DType::Float32, vec![1_000_000], &values)));
    let (info, pixels) = picture(&line);
    assert_eq!((info.width, info.height, info.color_type), (1280, 640, png::ColorType::Rgb));
    let blue = |x: usize, y: usize| pixels[(y * 1280 + x) * 3..][..3] == [0x2C, 0x60, 0x9E];
    let columns: Vec<usize> = (0..1280).filter(|&x| blue(x, 300)).collect();
    assert!(columns.iter().all(|x| (675..685).contains(x)) && !columns.is_empty(), "{columns:?}");
}
