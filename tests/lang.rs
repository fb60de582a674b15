//! The command language: what it takes, what it refuses, files in it, completion.

mod support;

use std::sync::Arc;

use ch5tui::array::{Context, Settings};
use ch5tui::lang::{Failure, ItemKind, Session, Token};
use ch5tui::numpy::show;
use ch5tui::store::{File, H5Mode, ObjectPath};
use support::{demo, run_python};

fn context() -> Context {
    Context::new(Settings::default())
}

fn session() -> Session {
    let file = File::open(demo(), H5Mode::Read).expect("the demo file");
    Session::new(vec![Arc::new(file)])
}

/// The `repr` of a piece of code's value.
fn shown(session: &mut Session, code: &str) -> String {
    let cx = context();
    match session.run(code, &cx) {
        Ok(Some(value)) => show::repr(&value, &cx).expect(code),
        Ok(None) => String::new(),
        Err(Failure { error, .. }) => error.to_string(),
    }
}

fn failure(session: &mut Session, code: &str) -> (String, String) {
    match session.run(code, &context()) {
        Err(f) => {
            let place = f.place.map_or("", |p| &code[p]);
            (f.error.to_string(), place.to_string())
        }
        Ok(_) => panic!("{code} was taken"),
    }
}

/// What stands at a place of the demo file, by h5py and here: attributes, and facts of datasets.
#[test]
fn objects_of_a_file_are_h5pys() {
    let code = r#"
import sys, h5py, numpy as np
f = h5py.File(sys.argv[1])
def told(e):
    print(e, repr(eval(e)).replace("\n", "\\n"), sep="\t")
def at(name, o):
    q = f"f[{o.name!r}]"
    told(f"list({q}.attrs.keys())")
    told(f"{q}.name")
    told(f"{q}.parent.name")
    for k, v in o.attrs.items():
        # references are told by their paths here; pickles are what they hold
        if "reference>" not in repr(v) and not isinstance(v, np.void):
            told(f"{q}.attrs[{k!r}]")
    if isinstance(o, h5py.Dataset):
        has_objects = o.dtype.fields and any(d[0].hasobject for d in o.dtype.fields.values())
        for a in ("chunks maxshape compression compression_opts shuffle fletcher32 fillvalue "
                  "shape ndim size scaleoffset is_virtual").split():
            # a compound with text of variable length is read as Python values
            if not (a == "fillvalue" and has_objects):
                told(f"{q}.{a}")
    elif isinstance(o, h5py.Group):
        told(f"len({q})")
        # ch5mpy's lists are lists
        if o.attrs.get("__h5_type__") != "list":
            told(f"list({q}.keys())")
            told(f"{q}")
at("/", f["/"])
f.visititems(lambda n, o: at(n, o))
"#;
    let told = run_python(code, &[&demo()]);
    let mut session = session();
    let mut wrong = Vec::new();
    for line in told.lines() {
        let (code, expected) = line.split_once('\t').expect("two columns");
        let got = shown(&mut session, code).replace('\n', "\\n");
        if got != expected {
            wrong.push(format!("{code}: {got}, not {expected}"));
        }
    }
    assert!(told.lines().count() > 1000);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pasted_blocks_are_taken() {
    let mut s = session();
    let code = ">>> import numpy as np\n>>> x = np.array([1,\n...               2])\n>>> x + 1\n\
                array([2, 3])\n";
    assert_eq!(shown(&mut s, code), "array([2, 3])");
    let code = "    import h5py\n    with h5py.File(f.filename) as g:  # a comment\n        \
                y = list(g)[:1]\n    y";
    assert_eq!(shown(&mut s, code), "['analysis']");
    let code = "with h5py.File('elsewhere.h5', 'r+') as f:\n    y = list(f)[:1]\ny";
    assert_eq!(shown(&mut s, code), "['analysis']");
    assert_eq!(shown(&mut s, "if 1 > 2:\n    3\nelse:\n    4\n"), "4");
    assert_eq!(shown(&mut s, "from numpy import sqrt as r; r(4.0)"), "np.float64(2.0)");
    assert_eq!(
        shown(&mut s, "with np.printoptions(precision=2):\n    str(np.array([1/3]))"),
        "'[0.33]'"
    );
    assert_eq!(shown(&mut s, "np.array([1/3])"), "array([0.33333333])");
}

#[test]
fn statements_that_are_not_there_say_so_in_one_line() {
    let mut s = session();
    for (code, what) in [
        ("def g(): pass", "def"),
        ("class A: pass", "class"),
        ("for i in x:\n    1\nelse:\n    2", "for with async or else"),
        ("async for i in x: i", "for with async or else"),
        ("while 1: pass", "while"),
        ("try:\n    1\nexcept E: 2", "try"),
        ("global x", "global"),
        ("@dec\ndef g(): pass", "a decorator"),
    ] {
        let (error, _) = failure(&mut s, code);
        assert!(error.starts_with(&format!("NotImplementedError: {what}")), "{error}");
    }
}

#[test]
fn a_failure_has_its_place() {
    let mut s = session();
    for (code, error, place) in [
        ("1 + nope * 2", "NameError: name 'nope' is not defined", "nope"),
        (
            "x = 1\n2 + 'a'",
            "TypeError: unsupported operand type(s) for +: 'int' and 'str'",
            "2 + 'a'",
        ),
        ("np.sum(f['no/such'])", "KeyError: 'no/such' in /", "f['no/such']"),
        ("[i for i in range(3) if i / 0]", "ZeroDivisionError: division by zero", "i / 0"),
        (">>> 1 / 0", "ZeroDivisionError: division by zero", "1 / 0"),
    ] {
        assert_eq!(failure(&mut s, code), (error.to_string(), place.to_string()));
    }
}

/// Nothing that is typed overflows the stack.
#[test]
fn hostile_nesting_is_an_error() {
    let mut s = session();
    let n = 100_000;
    for code in [
        "(".repeat(n),
        format!("{}1{}", "[".repeat(n), "]".repeat(n)),
        format!("{}1", "-".repeat(n)),
        format!("{}1", "not ".repeat(n)),
        format!("{}1", "lambda: ".repeat(n)),
        format!("x{}", ".a".repeat(n)),
        format!("x{}", "[0]".repeat(n)),
        format!("{}2", "2 ** ".repeat(n)),
        format!("{}1", "1 if 1 else ".repeat(n / 2)),
        "g = lambda: g()\ng()".into(),
        "x = []; x.append(x); x == [x] == [[x]]; y = []; y.append(y); x == y".into(),
    ] {
        let error = match s.run(&code, &context()) {
            Err(f) => f.error.to_string(),
            Ok(_) => panic!("{}… was taken", &code[..40.min(code.len())]),
        };
        assert!(
            error.starts_with("RecursionError") || error.starts_with("SyntaxError"),
            "{}…: {error}",
            &code[..40.min(code.len())]
        );
        s.highlight(&code);
        s.complete(&code, code.len());
    }
    // what is long but not deep is fine
    assert_eq!(shown(&mut s, &format!("{}1", "1 + ".repeat(20_000))), "20001");
    assert_eq!(shown(&mut s, &format!("{}1{}", "(".repeat(n), ")".repeat(n))), "1");
}

#[test]
fn endless_work_can_be_cancelled() {
    let cx = context();
    let stop = cx.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        stop.cancel();
    });
    let begun = std::time::Instant::now();
    let failure = session().run("any(x < 0 for x in range(10**15))", &cx).expect_err("stopped");
    assert_eq!(failure.error.to_string(), "KeyboardInterrupt");
    assert!(begun.elapsed().as_millis() < 2000);
    thread.join().expect("the other thread");
}

#[test]
fn lists_without_end_are_refused() {
    let mut s = session();
    assert!(shown(&mut s, "list(range(10**12))").starts_with("MemoryError"));
    assert!(shown(&mut s, "[0] * 10**12").starts_with("MemoryError"));
    assert!(shown(&mut s, "'x' * 10**12").starts_with("MemoryError"));
    assert!(shown(&mut s, "10 ** 10 ** 10").starts_with("MemoryError"));
    assert!(shown(&mut s, "f'{1:99999999999}'").starts_with("ValueError"));
}

#[test]
fn names_and_the_selected_node() {
    let mut s = session();
    s.set_here(Some((0, ObjectPath::new("run_01"))));
    assert_eq!(shown(&mut s, "here.name"), "'/run_01'");
    assert_eq!(shown(&mut s, "here['counts'].parent == here"), "True");
    assert_eq!(shown(&mut s, "files[0] == f['/'].file"), "True");
    assert_eq!(shown(&mut s, "[1, 2]"), "[1, 2]");
    assert_eq!(shown(&mut s, "_ + [3]"), "[1, 2, 3]");
    assert_eq!(
        shown(&mut s, "f['x'] = 5"),
        format!(
            "OSError: {}: is open for reading only (-w opens it for writing)",
            demo().display()
        )
    );
    assert!(s.get("nope").is_none());
}

#[test]
fn completion_of_paths_attributes_and_keywords() {
    let mut s = session();
    shown(&mut s, "threshold = 3");
    let texts = |code: &str| -> Vec<String> {
        let c = s.complete(code, code.len());
        c.items.into_iter().map(|i| i.text).collect()
    };
    let paths = texts("np.mean(f[\"run_0");
    assert!(paths.starts_with(&["run_01/".into(), "run_02/".into()]), "{paths:?}");
    let c = s.complete("f['run_01/co", 12);
    assert_eq!(c.items[0].text, "counts");
    assert_eq!(c.items[0].kind, ItemKind::Path);
    assert_eq!(c.items[0].detail, "(20, 2, 32, 40) uint16");
    assert_eq!(c.replace, 10..12);
    assert!(texts("f['run_01'].attrs['").len() > 1);
    assert_eq!(texts("thresh"), ["threshold"]);
    assert!(texts("np.linalg.no").contains(&"norm".to_string()));
    assert_eq!(texts("f['run_01/counts'].compression_"), ["compression_opts"]);
    assert!(texts("f['run_01/counts'][0].me").contains(&"mean".to_string()));
    let keywords = texts("np.mean(f['run_01/counts'], ax");
    assert_eq!(keywords[0], "axis=");
    assert!(!texts("np.mean(f['run_01/counts'], axis=0, ").contains(&"axis=".to_string()));
    assert!(texts("f['run_01/counts'].sum(k").contains(&"keepdims=".to_string()));
    let c = s.complete("np.mean(f['run_01/counts'], ", 28);
    assert!(c.signature.as_deref().is_some_and(|t| t.starts_with("np.mean(a, axis=None")));
    assert!(c.help.is_some_and(|h| !h.is_empty()));
    let c = s.complete("np.cumsum", 5);
    assert!(c.signature.is_some_and(|t| t.starts_with("np.cumsum(")), "the name under the cursor");
    assert!(texts("mea").contains(&"np.mean".to_string()));
    assert!(texts("# f['").is_empty());
    assert!(texts("\"abc\".uppe").contains(&"upper".to_string()));
}

#[test]
fn colours_of_text_that_is_not_finished() {
    let s = session();
    let text = "np.mean(f[\"a\"], axis=0 # c";
    let kinds: Vec<(&str, Token)> =
        s.highlight(text).into_iter().map(|(p, k)| (&text[p], k)).collect();
    assert_eq!(kinds[0], ("np", Token::Name));
    assert!(kinds.contains(&("\"a\"", Token::String)));
    assert!(kinds.contains(&("0", Token::Number)));
    assert!(kinds.contains(&("# c", Token::Comment)));
    assert!(!s.highlight("lambda x: x if 1 else f'{").is_empty());
}
