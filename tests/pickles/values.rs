//! Values by hand: made, encoded, decoded and shown without a Python.

use std::sync::Arc;

use ch5tui::object::pickle::classes::{Known, call, instance, known, make};
use ch5tui::object::pickle::numpy::{ArrayData, ArrayElements, DTypeData, Field};
use ch5tui::object::pickle::{ClassName, Limits, MAX_DEPTH, Py, decode, encode, show};

fn decoded(bytes: &[u8]) -> Py {
    decode(bytes, &Limits::default()).unwrap()
}

fn shown(value: &Py) -> String {
    show::repr(value, 1000)
}

#[test]
fn class_alone() {
    let class = Py::Class(Arc::new(ClassName::new("ch5samples", "Point")));
    let bytes = b"\x80\x05\x95\x18\x00\x00\x00\x00\x00\x00\x00\x8c\nch5samples\x94\x8c\x05Point\x94\x93\x94.";
    assert_eq!(encode(&class).unwrap(), bytes);
    assert_eq!(decoded(bytes), class);
    assert_eq!(shown(&class), "<class 'ch5samples.Point'>");
}

#[test]
fn instances() {
    let plain = instance(ClassName::new("ch5samples", "Plain"), vec![("_v", Py::Float(5.0))]);
    let bytes = b"\x80\x05\x95-\x00\x00\x00\x00\x00\x00\x00\x8c\nch5samples\x94\x8c\x05Plain\x94\x93\x94)\x81\x94}\x94\x8c\x02_v\x94G@\x14\x00\x00\x00\x00\x00\x00sb.";
    assert_eq!(encode(&plain).unwrap(), bytes);
    assert_eq!(shown(&plain), "ch5samples.Plain(_v=5.0)");
    let color = call(ClassName::new("ch5samples", "Color"), vec![Py::int(1)]);
    assert_eq!(shown(&color), "ch5samples.Color(1)");
    let Py::Object(object) = &color else { panic!() };
    let value = Some(Py::int(1));
    let class = ClassName::new("ch5samples", "Color");
    let expected = Known::Enum { class: class.clone(), name: None, value };
    assert_eq!(known(object), Some(expected));
    let named = Known::Enum { class, name: Some("RED".to_owned()), value: None };
    assert_eq!(shown(&make(&named)), "<Color.RED>");
}

#[test]
fn flags() {
    let class = ClassName::new("m", "Perm");
    let both = Known::Enum { class, name: Some("A|B|C".to_owned()), value: None };
    let value = make(&both);
    assert_eq!(shown(&value), "<Perm.A|B|C>");
    let again = decoded(&encode(&value).unwrap());
    assert_eq!(again, value);
    let Py::Object(object) = &again else { panic!() };
    assert_eq!(known(object), Some(both));
}

#[test]
fn equal_but_not_shared() {
    // as Python: `["ab", "ab"]` made at run time are two objects, "a" is always one
    let words = Py::list(vec![Py::str("ab"), Py::str("ab"), Py::str("a"), Py::str("a")]);
    let bytes = b"\x80\x05\x95\x15\x00\x00\x00\x00\x00\x00\x00]\x94(\x8c\x02ab\x94\x8c\x02ab\x94\x8c\x01a\x94h\x03e.";
    assert_eq!(encode(&words).unwrap(), bytes);
}

#[test]
fn old_pickles() {
    // Python 2: a datetime's bytes and an array's are strings
    let when = decoded(b"cdatetime\ndatetime\np0\n(S'\\x07\\xe5\\x08\\x02\\x03\\x04\\x05\\x00\\x00\\x00'\np1\ntp2\nRp3\n.");
    assert_eq!(shown(&when), "datetime.datetime(2021, 8, 2, 3, 4, 5)");
    let array = decoded(
        b"cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\np1\n(I0\ntp2\nS'b'\np3\ntp4\nRp5\n\
          (I1\n(I2\ntp6\ncnumpy\ndtype\np7\n(S'i2'\np8\nI0\nI1\ntp9\nRp10\n(I3\nS'<'\np11\nNNNI-1\nI-1\n\
          I0\ntp12\nbI00\nS'\\x01\\x00\\xff\\xff'\np13\ntp14\nb.",
    );
    assert_eq!(shown(&array), "array([1, -1], dtype='<i2')");
    assert_eq!(shown(&decoded(b"c__builtin__\nxrange\n(I0\nI5\nI2\ntR.")), "range(0, 5, 2)");
    assert_eq!(shown(&decoded(b"V\\u20ac\n.")), "'€'");
    assert_eq!(shown(&decoded(b"(dp0\nS'a'\nL5L\ns.")), "{'a': 5}");
    assert_eq!(shown(&decoded(b"(lp0\nF1e300\na.")), "[1e+300]");
    assert_eq!(
        shown(&decoded(
            b"ccopy_reg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR(dS'x'\nI1\nsb."
        )),
        "m.C(x=1)"
    );
    // Python 3.13 has pathlib's classes elsewhere
    let path = decoded(b"\x80\x05cpathlib._local\nPosixPath\n\x8c\x01/\x8c\x01a\x86R.");
    assert_eq!(shown(&path), "PosixPath('/a')");
}

#[test]
fn cut_off() {
    let list = Py::list((0..1_000_000).map(Py::int).collect());
    assert_eq!(show::repr(&list, 10), "[0, 1, 2, ...");
    assert_eq!(format!("{list:.4}"), "[0, ...");
    assert_eq!(shown(&Py::int(num_bigint::BigInt::from(1) << 100_000)), "<int of 100001 bits>");
    assert_eq!(show::repr(&Py::None, 4), "None");
    assert_eq!(show::repr(&Py::None, 3), "Non...");
}

#[test]
fn arrays() {
    let dtype = Arc::new(DTypeData::plain("<f4").unwrap());
    let array = |shape: Vec<u64>, fortran, bytes: Vec<u8>| {
        Py::Array(Arc::new(ArrayData {
            class: ClassName::new("numpy", "ndarray"),
            dtype: Arc::clone(&dtype),
            shape,
            fortran,
            data: ArrayElements::Bytes(Arc::from(bytes)),
            scalar: false,
        }))
    };
    let bytes: Vec<u8> = (0..6).flat_map(|n| (n as f32 / 10.0).to_le_bytes()).collect();
    let value = array(vec![2, 3], true, bytes);
    assert_eq!(shown(&value), "array([[0.0, 0.2, 0.4], [0.1, 0.3, 0.5]], dtype='<f4')");
    assert_eq!(decoded(&encode(&value).unwrap()), value);
    let value = array(vec![0, u64::MAX], false, Vec::new());
    assert_eq!(shown(&value), "array([], shape=(0, 18446744073709551615), dtype='<f4')");
    let field = Field { name: Arc::from("x"), title: None, dtype, offset: 4 };
    let structure = Py::DType(Arc::new(DTypeData::structure(vec![field], 8, 1, false)));
    assert_eq!(decoded(&encode(&structure).unwrap()), structure);
}

/// The deepest tree goes through everything in the stack of a thread.
#[test]
fn deepest() {
    let mut value = Py::None;
    for _ in 0..MAX_DEPTH / 2 {
        value = instance(ClassName::new("m", "Node"), vec![("a", Py::None), ("next", value)]);
    }
    let limits = Limits { depth: MAX_DEPTH, ..Limits::default() };
    let again = decode(&encode(&value).unwrap(), &limits).unwrap();
    assert_eq!(again, value);
    assert_eq!(show::repr(&again, usize::MAX).len(), format!("{value}").len());
}
