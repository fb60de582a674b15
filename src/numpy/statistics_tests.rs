//! Statistics, products and signals against values that NumPy gave.

use super::calls::{call_with, op_values};
use super::convert::as_array;
use super::value::Value;
use crate::array::block::Block;
use crate::array::cast::cast;
use crate::array::run::to_block;
use crate::array::{Array, Context, DType, Settings};

fn context(memory: usize, threads: usize) -> Context {
    Context::new(Settings { memory, threads, temp_dir: None })
}

fn floats(v: &Value, cx: &Context) -> Vec<f64> {
    let a = cast(&as_array(v, cx).unwrap(), &DType::Float64).unwrap();
    to_block(&a, cx).unwrap().typed().to_vec()
}

fn list(xs: &[f64]) -> Value {
    Value::list(xs.iter().map(|&x| Value::Float(x)).collect())
}

fn close(name: &str, places: Vec<Value>, names: &[(&str, Value)], wanted: &[f64]) {
    let cx = context(1 << 20, 2);
    let got = floats(&call_with(name, places, names, &cx).unwrap(), &cx);
    assert_eq!(got.len(), wanted.len(), "{name}: {got:?}");
    for (a, b) in got.iter().zip(wanted) {
        assert!((a - b).abs() <= 1e-12 * (1.0 + b.abs()), "{name}: {got:?} {wanted:?}");
    }
}

type Call = (&'static str, Vec<Value>, Vec<(&'static str, Value)>);

fn waves() -> Value {
    let xs: Vec<f64> = (0..60_000).map(|i| ((i * 7919) % 10_007) as f64 * 0.01 - 50.0).collect();
    Value::array(Array::of(Block::of(DType::Float64, vec![3, 20_000], &xs)))
}

#[test]
fn order_statistics_and_histograms_are_the_same_for_every_limit() {
    let calls: [Call; 5] = [
        ("median", vec![waves()], vec![("axis", Value::int(1))]),
        ("percentile", vec![waves(), list(&[10.0, 99.5])], vec![]),
        ("sort", vec![waves()], vec![("axis", Value::int(1))]),
        (
            "bincount",
            vec![
                op_values("floor_divide", vec![waves(), Value::int(9)], &context(1 << 20, 1))
                    .and_then(|a| cast(&a, &DType::Int64))
                    .and_then(|a| {
                        op_values("absolute", vec![Value::array(a)], &context(1 << 20, 1))
                    })
                    .map(|a| Value::array(crate::array::reshape::reshape(&a, vec![60_000])))
                    .unwrap(),
            ],
            vec![],
        ),
        ("cov", vec![waves()], vec![]),
    ];
    for (name, places, names) in calls {
        let mut first: Option<Vec<u64>> = None;
        for (memory, threads) in [(1 << 28, 1), (1 << 20, 3), (150_000, 2)] {
            let cx = context(memory, threads);
            let got = floats(&call_with(name, places.clone(), &names, &cx).unwrap(), &cx);
            let bits: Vec<u64> = got.iter().map(|x| x.to_bits()).collect();
            assert_eq!(*first.get_or_insert_with(|| bits.clone()), bits, "{name} {memory}");
        }
    }
    let cx = context(1 << 20, 2);
    let both = call_with("histogram", vec![waves(), Value::int(4)], &[], &cx).unwrap();
    let parts = both.sequence().unwrap();
    assert_eq!(floats(&parts[0], &cx), [15002.0, 14995.0, 15001.0, 15002.0]);
    close("median", vec![waves()], &[("axis", Value::int(1))], &[0.030000000000001137; 3]);
    close("percentile", vec![waves(), list(&[10.0, 99.5])], &[], &[-40.0, 49.560049999999976]);
}

#[test]
fn neighbours() {
    let x = || list(&[1.0, 2.0, 4.0, 7.0, 11.0]);
    close("diff", vec![x()], &[("n", Value::int(2))], &[1.0, 1.0, 1.0]);
    close("trapezoid", vec![x()], &[("dx", Value::Float(0.5))], &[9.5]);
    let points = list(&[0.0, 1.0, 3.0, 4.0, 8.0]);
    close(
        "gradient",
        vec![x(), points],
        &[("edge_order", Value::int(2))],
        &[1.0, 1.0, 7.0 / 3.0, 2.6, -0.6],
    );
    let line = vec![list(&[-1.0, 0.5, 1.5, 9.0]), list(&[0.0, 1.0, 2.0]), list(&[10.0, 20.0, 0.0])];
    close("interp", line, &[], &[10.0, 15.0, 10.0, 0.0]);
    let taps = vec![list(&[1.0, 2.0, 3.0, 4.0]), list(&[1.0, 0.0, -1.0]), Value::str("same")];
    close("convolve", taps, &[], &[2.0, 2.0, 2.0, -3.0]);
    close(
        "unwrap",
        vec![list(&[0.0, 3.5, 6.5, 0.2, 3.0])],
        &[],
        &[0.0, -2.7831853071795862, 0.21681469282041377, 0.2, 3.0],
    );
}

#[test]
fn averages_and_counts() {
    let m = || Value::list(vec![list(&[1.0, 2.0, 4.0]), list(&[0.0, 3.0, -1.0])]);
    close("cov", vec![m()], &[], &[7.0 / 3.0, -4.0 / 3.0, -4.0 / 3.0, 13.0 / 3.0]);
    close("corrcoef", vec![m()], &[], &[1.0, -0.4193139346887673, -0.41931393468876726, 1.0]);
    let weights = [("weights", list(&[1.0, 0.0, 2.0]))];
    close("average", vec![list(&[1.0, 2.0, 3.0])], &weights, &[7.0 / 3.0]);
    let m = Value::list(vec![list(&[0.0, 1.0, 2.0]), list(&[3.0, 4.0, 5.0])]);
    close("linalg.norm", vec![m, Value::str("nuc")], &[], &[8.348469228349535]);
    let bins = vec![list(&[0.5, 1.0, 2.5]), list(&[2.0, 1.0, 0.0])];
    close("digitize", bins, &[], &[2.0, 1.0, 0.0]);
    let whole = Value::list([1, 1, 3].map(Value::int).to_vec());
    let names = [("weights", list(&[0.5, 1.0, 2.0])), ("minlength", Value::int(5))];
    close("bincount", vec![whole], &names, &[0.0, 1.5, 0.0, 2.0, 0.0]);
}

#[test]
fn refusals_in_numpys_words() {
    let cx = context(1 << 20, 1);
    let v = || list(&[1.0, 2.0, 3.0]);
    let refused = |name: &str, places: Vec<Value>, wanted: &str| {
        let e = call_with(name, places, &[], &cx).err().map(|e| e.to_string());
        assert_eq!(e.as_deref(), Some(wanted), "{name}");
    };
    refused(
        "percentile",
        vec![v(), Value::int(101)],
        "ValueError: Percentiles must be in the range [0, 100]",
    );
    refused(
        "dot",
        vec![v(), list(&[1.0, 2.0])],
        "ValueError: shapes (3,) and (2,) not aligned: 3 (dim 0) != 2 (dim 0)",
    );
    refused(
        "bincount",
        vec![Value::list(vec![Value::int(-1)])],
        "ValueError: 'list' argument must have no negative elements",
    );
    refused(
        "histogram",
        vec![list(&[1.0, f64::NAN])],
        "ValueError: autodetected range of [nan, nan] is not finite",
    );
}
