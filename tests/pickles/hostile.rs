//! Pickles that nobody's pickler wrote: none panics, takes long, or takes much memory.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ch5tui::object::pickle::classes::instance;
use ch5tui::object::pickle::{ClassName, Limits, MAX_DEPTH, Py, decode, encode, show};

/// The most memory that this process has held since [`forget_peak`], in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("the process has a status");
    let line = status.lines().find(|l| l.starts_with("VmHWM")).expect("with its peak");
    let kilobytes = line.split_whitespace().nth(1).and_then(|n| n.parse::<usize>().ok());
    kilobytes.expect("a number") * 1024
}

/// Begins to measure the peak anew.
fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("the peak can be reset");
}

/// What takes longer than this hangs: on an idle machine they take less than 50 ms.
const SLOW: Duration = Duration::from_secs(2);

struct Took {
    result: Result<Py, String>,
    time: Duration,
}

/// The better of two times, as other processes may take the processor.
fn measured(bytes: &[u8]) -> Took {
    let first = measured_once(bytes);
    if first.time < Duration::from_millis(20) {
        return first;
    }
    let second = measured_once(bytes);
    if second.time < first.time { second } else { first }
}

fn measured_once(bytes: &[u8]) -> Took {
    let start = Instant::now();
    let result = decode(bytes, &Limits::default()).map_err(|error| error.to_string());
    Took { result, time: start.elapsed() }
}

struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutated");
    let script = crate::support::root().join("tests/oracle/pickle_corpus.py");
    let mut command = Command::new(crate::support::python());
    command.arg("-B").args([script.as_os_str(), "write".as_ref(), folder.as_os_str()]);
    assert!(command.env("PYTHONHASHSEED", "0").status().unwrap().success());
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "pickle"));
    files.sort();
    files.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

fn mutate(random: &mut Xorshift, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let length = 1 + random.below(12);
        let end = (at + length).min(bytes.len());
        match random.below(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = random.next() as u8,
            2 => bytes.insert(at, random.next() as u8),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let from = random.below(other.len());
                let to = (from + random.below(64)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            _ => {
                let again = bytes[at..end].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, again);
            }
        }
    }
}

fn mutations() {
    let files = corpus();
    assert!(files.len() > 1000, "the corpus has {} files", files.len());
    let (small, large): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.len() <= 4000);
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
    let (mut decoded, mut longest, mut most) = (0, Duration::ZERO, 0);
    forget_peak();
    let before = peak();
    for round in 0..100_000 {
        let pool = if round % 250 == 0 { &large } else { &small };
        let mut bytes = pool[random.below(pool.len())].clone();
        let other = small[random.below(small.len())];
        mutate(&mut random, &mut bytes, other);
        let took = measured(&bytes);
        longest = longest.max(took.time);
        if round % 1000 == 999 {
            most = peak().saturating_sub(before);
            assert!(most < 64 << 20, "{most} bytes");
        }
        assert!(took.time < SLOW, "{} bytes took {:?}", bytes.len(), took.time);
        if let Ok(value) = took.result {
            decoded += 1;
            let shown = show::repr(&value, 500);
            assert!(shown.chars().count() <= 503);
            let again = encode(&value).unwrap();
            let twice = decode(&again, &Limits::default());
            if round % 8 == 0 {
                let twice = twice.unwrap_or_else(|error| panic!("{error}: {shown} {again:?}"));
                assert_eq!(show::repr(&twice, 500), shown, "{bytes:?}");
            }
        }
    }
    println!("{decoded} of 100000 decode; at most {longest:?} and {most} bytes");
}

fn refused(bytes: &[u8], why: &str) {
    let took = measured(bytes);
    let error = took.result.expect_err("it decodes");
    assert!(error.contains(why), "{error} where {why} was expected");
    assert!(took.time < SLOW, "{:?}", took.time);
}

fn taken(bytes: &[u8]) -> Py {
    let took = measured(bytes);
    assert!(took.time < SLOW, "{:?}", took.time);
    took.result.unwrap()
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn hand_made() {
    // billion laughs: every level holds the one below ten times
    let mut laughs = b"\x80\x04](K\x01K\x02e\x94".to_vec();
    for level in 0u8..30 {
        laughs.extend(b"](");
        (0..10).for_each(|_| laughs.extend([b'h', level]));
        laughs.extend(b"e\x94");
    }
    laughs.push(b'.');
    refused(&laughs, "stands for more than");
    // the same through arguments of objects and through dtypes
    let mut calls = b"\x80\x04cm\nf\n\x94)R\x94".to_vec();
    for level in 1u8..200 {
        calls.extend([b'h', 0, b'h', level, b'h', level, 0x86, b'R', 0x94]);
    }
    calls.push(b'.');
    refused(&calls, "");
    let mut flags =
        b"\x80\x04c_operator\nor_\n\x94cbuiltins\ngetattr\n(cm\nF\nX\x01\x00\x00\x00AtR\x94"
            .to_vec();
    for level in 1u8..16 {
        flags.extend([b'h', 0, b'h', level, b'h', level, 0x86, b'R', 0x94]);
    }
    flags.push(b'.');
    taken(&flags);
    // quadratic: one long list made into many sets, one long string into much bytes
    let mut sets = joined(&[b"\x80\x04](", &[b'N'; 3000], b"e\x94cbuiltins\nset\n\x94]("]);
    (0..800).for_each(|_| sets.extend(b"h\x01h\x00\x85R"));
    sets.extend(b"e.");
    taken(&sets);
    let mut lists = joined(&[
        b"\x80\x02](",
        &[b'N'; 3000],
        b"eq\x00cbuiltins\nlist\nq\x01ccopy_reg\n_reconstructor\nq\x02cm\nL\nq\x03](",
    ]);
    (0..600).for_each(|_| lists.extend(b"h\x02h\x03h\x01h\x00\x87R"));
    lists.extend(b"e.");
    refused(&lists, "more memory");
    let text = "é".repeat(2000);
    let mut bytes = joined(&[
        b"\x80\x02X\xa0\x0f\x00\x00",
        text.as_bytes(),
        b"q\x00X\x06\x00\x00\x00latin1q\x01c_codecs\nencode\nq\x02](",
    ]);
    (0..900).for_each(|_| bytes.extend(b"h\x02h\x00h\x01\x86R"));
    bytes.extend(b"e.");
    refused(&bytes, "more memory");
    let mut long = joined(&[b"\x80\x02\x8b\x88\x13\x00\x00", &[1; 5000], b"q\x00]("]);
    (0..2000).for_each(|_| long.extend(b"h\x00"));
    long.extend(b"e.");
    refused(&long, "more memory");
    // deep
    for (byte, why) in [(b'(', "cut short"), (b']', "memory"), (b')', "memory"), (b'}', "memory")] {
        refused(&vec![byte; 1_000_000], why);
        refused(&vec![byte; 10_000], "cut short");
    }
    let nested = |levels: usize| joined(&[&vec![b']'; levels], &vec![b'a'; levels - 1], b"."]);
    refused(&nested(5000), "nested deeper than 500 levels");
    taken(&nested(500));
    let deepest = Limits { depth: usize::MAX, ..Limits::default() };
    let value = decode(&nested(MAX_DEPTH), &deepest).unwrap();
    assert_eq!(encode(&value).unwrap().len(), 2 + 9 + 3 * MAX_DEPTH);
    assert_eq!(show::repr(&value, 10_000).len(), 2 * MAX_DEPTH);
    assert_eq!(value.clone(), value);
    assert!(decode(&nested(MAX_DEPTH + 2), &deepest).is_err());
    let mut tower = Py::None;
    for _ in 0..MAX_DEPTH + 1 {
        tower = Py::list(vec![tower]);
    }
    assert!(encode(&tower).is_err());
    let mut objects = Py::None;
    for _ in 0..MAX_DEPTH / 2 {
        let class = ClassName::new("m", "Node");
        objects = instance(class, vec![("next", objects.clone()), ("same", objects)]);
    }
    let again = encode(&objects).unwrap();
    assert!(show::repr(&objects, 100_000).ends_with("..."));
    // its values stand for too many: every level doubles them
    assert!(decode(&again, &deepest).is_err());
    let mut objects = Py::None;
    for _ in 0..MAX_DEPTH / 2 {
        objects = instance(ClassName::new("m", "Node"), vec![("a", Py::None), ("next", objects)]);
    }
    let again = decode(&encode(&objects).unwrap(), &deepest).unwrap();
    assert_eq!(again, objects);
    assert_eq!(show::repr(&again, 1_000_000), show::repr(&objects, 1_000_000));
    // lengths that lie
    refused(b"\x8b\xff\xff\xff\x7fx.", "cut short");
    refused(b"\x8b\xff\xff\xff\xff.", "negative length");
    refused(b"T\xff\xff\xff\xff.", "negative length");
    refused(b"\x8d\x00\x00\x00\x00\x00\x00\x00\x80x.", "cut short");
    refused(b"\x8e\xff\xff\xff\xff\xff\xff\xff\xffx.", "cut short");
    refused(b"\x96\xff\xff\xff\xff\xff\xff\xff\x7fx.", "cut short");
    refused(b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xffN.", "cut short");
    refused(b"\x80\x04\x95\x03\x00\x00\x00\x00\x00\x00\x00N.", "cut short");
    assert_eq!(taken(b"\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00N.rest"), Py::None);
    refused(&joined(&[b"L", &[b'9'; 5000], b"L\n."]), "4300 digits");
    // the memo
    assert_eq!(taken(b"Nr\xff\xff\xff\x7f0j\xff\xff\xff\x7f."), Py::None);
    assert_eq!(taken(b"Np99999999999\n0g99999999999\n."), Py::None);
    refused(b"g5\n.", "the memo has no value 5");
    refused(b"p5\n.", "byte 0: PUT on an empty stack");
    refused(b"\x80\x04\x94.", "byte 2: MEMOIZE on an empty stack");
    refused(b"Np-1\n.", "memo number");
    // cycles
    refused(b"]q\x00h\x00a.", "it contains itself");
    refused(b"}q\x00Nh\x00s.", "it contains itself");
    refused(b"]q\x00h\x00\x85a.", "it contains itself");
    refused(b"cm\nC\n)\x81q\x00}X\x04\x00\x00\x00selfh\x00sb.", "it contains itself");
    refused(b"(N(N(]q\x00h\x00ah\x00(h\x00tt.", "it contains itself");
    // what refers outside
    refused(b"\x82\x05.", "EXT1 refers to the registered extension 5");
    refused(b"\x83\x05\x01.", "the registered extension 261");
    refused(b"\x84\x05\x01\x00\x00.", "the registered extension 261");
    refused(b"Pname\n.", "PERSID refers to the persistent object \"name\"");
    refused(b"NQ.", "persistent");
    refused(b"\x97.", "out-of-band buffers");
    refused(b"N\x98.", "out-of-band buffers");
    // nothing is called
    let system = taken(b"cos\nsystem\n(S'rm -rf /'\ntR.");
    assert_eq!(show::repr(&system, 100), "os.system('rm -rf /')");
    let inst = taken(b"(S'rm -rf /'\nios\nsystem\n.");
    assert_eq!(inst, system);
    assert_eq!(taken(b"(cos\nsystem\nS'rm -rf /'\no."), system);
    // opcodes where they don't belong
    for bytes in [
        &b""[..],
        b".",
        b"0.",
        b"1.",
        b"2.",
        b"(.",
        b"(2.",
        b"Na.",
        b"NNa.",
        b"]e.",
        b"(e.",
        b"N(Ne.",
        b"}Ns.",
        b"}(Nu.",
        b"(Nd.",
        b"N\x90.",
        b"R.",
        b"NR.",
        b"N)R.",
        b"NNR.",
        b"N)\x81.",
        b"b.",
        b"Nb.",
        b"NNb.",
        b"cm\nC\n)\x81NbNb.",
        b"o.",
        b"(o.",
        b"\x93.",
        b"NN\x93.",
        b"t.",
        b"\x86.",
        b"N\x86.",
        b"\x80\x06N.",
        b"\x80",
        b"\xff.",
        b"I\n.",
        b"Ix\n.",
        b"F\n.",
        b"Sx\n.",
        b"S'\n.",
        b"V\\u12\n.",
        b"\x8c\x01\xff.",
        b"cx\n",
        b"c\xff\n\n.",
        b"cm\nC\n)N\x92.",
        b"N)}\x92.",
    ] {
        refused(bytes, "");
    }
    assert_eq!(taken(b"(1N."), Py::None);
    assert_eq!(taken(b"(0N."), Py::None);
    assert_eq!(taken(b"I01\n."), Py::Bool(true));
    assert_eq!(taken(b"S'\\xff'\n."), Py::bytes(b"\xff"));
    assert_eq!(taken(b"U\x02\xc3\xa9."), Py::str("é"));
    assert_eq!(taken(b"\x8c\x04a\xed\xa0\x80."), Py::str("a\u{fffd}"));
    // limits
    let few = Limits { ops: 3, ..Limits::default() };
    assert!(decode(b"NNN0.", &few).unwrap_err().to_string().contains("more than 3 opcodes"));
    let little = Limits { bytes: 100, ..Limits::default() };
    assert!(decode(b"N.", &little).unwrap_err().to_string().contains("more memory"));
    // many dtypes with many fields: all of them together are charged
    let mut fields =
        b"\x80\x02cnumpy\ndtype\nq\x00X\x02\x00\x00\x00f8q\x01\x89\x88\x87Rq\x02(".to_vec();
    for _ in 0..1500 {
        fields.extend(b"h\x01");
    }
    fields.extend(b"tq\x03}h\x01h\x02K\x00\x86sq\x04(K\x03X\x01\x00\x00\x00|Nh\x03h\x04K\x08K\x01K\x10tq\x05](");
    for _ in 0..300 {
        fields.extend(b"h\x00X\x02\x00\x00\x00V8\x89\x88\x87Rh\x05b");
    }
    fields.extend(b"e.");
    refused(&fields, "more memory");
    // shapes that lie
    let huge = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR(K\x01(\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x00tcnumpy\ndtype\n(X\x02\x00\x00\x00f8\x89\x88tR\x89C\x00tb.";
    assert!(matches!(taken(huge), Py::Object(_)));
}

/// The dearest things per byte of input, ten kilobytes of each.
fn dear() {
    let units: [&[u8]; 22] = [
        b"]",
        b"}",
        b")",
        b"(",
        b"(t",
        b"\x8f",
        b"]\x94",
        b"}\x94",
        b"(l",
        b"N\x85",
        b"N\x94",
        b"2",
        b"h\x00)R",
        b"h\x00)\x81",
        b"h\x00)\x81}b",
        b"cA\nB\n",
        b"K\x01",
        b"\x8c\x01x",
        b"C\x01x",
        b"\x8a\x01\x01",
        b"h\x01",
        b"h\x00)R(NNNu(NNe",
    ];
    forget_peak();
    let before = peak();
    for unit in units {
        let mut bytes = b"\x80\x04cm\nC\n\x94](NNe\x94(".to_vec();
        while bytes.len() < 10_000 {
            bytes.extend(unit);
        }
        bytes.extend(b"l.");
        let took = measured(&bytes);
        assert!(took.time < SLOW, "{unit:?} took {:?}", took.time);
    }
    let most = peak().saturating_sub(before);
    assert!(most < 16 << 20, "{most} bytes for ten kilobytes");
}

#[test]
fn hostile_pickles_are_refused_in_bounded_memory_and_time() {
    // one after the other: the peak is the process's
    hand_made();
    dear();
    mutations();
}
