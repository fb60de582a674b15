//! Code, results, statistics and jobs in a pseudo-terminal: keys go in, the screen is read, and
//! NumPy says what must stand there.

mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use support::terminal::{Setup, Terminal};
use support::{demo, run_python};

fn wide() -> Setup {
    Setup::new(120, 40)
}

/// Runs Python code that makes a file.
fn made(folder: &Path, code: &str) -> PathBuf {
    let path = folder.join("made.h5");
    let code =
        format!("import h5py,sys,numpy as np\nf=h5py.File(sys.argv[1],'w')\n{code}\nf.close()");
    run_python(&code, &[&path]);
    path
}

/// What Python prints for an expression over a file `f`.
fn python(path: &Path, expression: &str) -> String {
    let code =
        format!("import h5py,sys,numpy as np\nf=h5py.File(sys.argv[1])\nprint({expression})");
    run_python(&code, &[path]).trim().to_string()
}

/// A file with a dataset of 1 TB, of which nothing is stored but a corner.
fn huge(folder: &Path) -> PathBuf {
    made(
        folder,
        "d=f.create_dataset('huge',(1<<20,1<<17),'f8',chunks=(128,128))
d[:3,:3]=[[4,9,16],[25,36,49],[64,81,100]]
f['small']=np.arange(12.0).reshape(3,4)",
    )
}

/// The figures of one line of the details: the words after its key.
fn fact(t: &Terminal, key: &str) -> String {
    let text = t.text();
    let line = text.lines().find_map(|l| {
        let (_, right) = l.split_once('│')?;
        right.trim_start().strip_prefix(key)?.strip_prefix("  ").map(str::trim)
    });
    line.unwrap_or("").to_string()
}

fn number(text: &str) -> f64 {
    let word = text.split_whitespace().next().unwrap_or("");
    word.trim_matches(',').parse().unwrap_or(f64::NAN)
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
}

#[test]
fn type_an_expression_and_see_the_page() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys(":np.sqrt(f[\"run_01/counts\"]) + 1\r");
    t.wait_for("float64").wait_for("[0, 0, rows, columns]").wait_for("numpy.ndarray");
    let value = python(&demo(), "np.sqrt(f['run_01/counts'][7,0,16,20]) + 1");
    // browsed as a dataset: other indices, axes, an element by its index
    t.keys("]").wait_for("[1, 0, rows, columns]").keys("t").wait_for("[1, 0, columns, rows]");
    t.keys("t:index 7, 0, 16, 20\r").wait_for("[7, 0, 16, 20]");
    t.wait("the value there", |t| t.row(38).trim_end().ends_with(&value));
    // back to where one was
    t.keys("q").wait_for("q quit");
    assert!(t.row(0).starts_with("/ "), "{}", t.row(0));
    t.keys("\x1b[1;3C").wait_for("numpy.ndarray");
}

#[test]
fn going_back_returns_where_one_was() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys(":goto /run_01/counts\r\r").wait_for("q tree");
    t.keys("]]]G$").wait_for("[3, 0, 31, 39]");
    t.keys(":1 + 1\r").wait_for(" int").wait_for("2");
    t.keys("q").wait_for("[3, 0, 31, 39]");
}

#[test]
fn scalars_texts_lists_and_dicts() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11");
    let cases = [
        ("2**70", "1180591620717411303424"),
        ("'one line\\nand another'", "and another"),
        ("[1, 2.5, 'x']", "[1, 2.5, 'x']"),
        ("{'a': (1,)}", "{'a': (1,)}"),
        ("np.float32(0.1)", "np.float32(0.1)"),
        ("f['run_01/counts'].shape", "(20, 2, 32, 40)"),
    ];
    for (code, shown) in cases {
        t.keys(&format!("={code}\r")).wait_for(shown).keys("q").wait_for("q quit");
    }
    // a long text is wrapped and scrolled
    t.keys("=list(range(3000))\r").wait_for("[0, 1, 2").wait_for("lines more");
    t.keys("G").wait_for("2999]").keys("gg").wait_for("[0, 1, 2");
}

#[test]
fn results_are_named_listed_written_and_copied() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.npy");
    let mut t = wide().env("SSH_CONNECTION", "1 2 3 4").open(&demo());
    t.wait_for("run_11").keys(":x = np.arange(6).reshape(2, 3) * 7\r").wait_for("done");
    // the bar takes the place of the first one's "done"
    t.keys(":w = 'text'").wait_for(":w = 'text'").keys("\r").wait_for("done");
    t.keys(":names\r").wait_for("(2, 3) int64").wait_for("'text'");
    t.keys("j\r").wait_for("numpy.ndarray").wait_for("35");
    t.keys(&format!(":write {}\r", out.display())).wait_for("wrote ");
    let back = run_python("import numpy,sys; print(numpy.load(sys.argv[1]).tolist())", &[&out]);
    assert_eq!(back.trim(), "[[0, 7, 14], [21, 28, 35]]");
    t.keys(&format!(":write {}\r", out.display())).wait_for("exists");
    t.keys(&format!(":write! {}\r", demo().display())).wait_for("is open here");
    t.keys("yv").wait_for("copied the value").keys("yc").wait_for("copied the code");
    // "x[:, 0]" in base64
    let expected = b"\x1b]52;c;eFs6LCAwXQ==\x1b\\";
    assert!(t.bytes().windows(expected.len()).any(|w| w == expected));
    // a name that is also a command's, in the bar for expressions
    t.keys("=w\r").wait_for("text");
}

#[test]
fn what_is_selected_is_put_into_the_bar() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys(":goto /run_01/counts\r").wait_for("[0, 0, rows, columns]");
    t.keys("i").wait_for("=f[\"/run_01/counts\"]").keys(".shape\r").wait_for(" tuple");
    t.keys("q\r").wait_for("q tree").keys("]lll").keys("i");
    t.wait_for("=f[\"/run_01/counts\"][1, 0, :, 3]").keys("\x1b").wait_gone("=f[");
    t.keys("q:goto /events\r\r").wait_for("q tree").keys("$i").wait_for("=f[\"/events\"][\"");
}

#[test]
fn a_long_reduction_shows_progress_and_is_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let mut t = wide().open(&huge(folder.path()));
    for (stop, how) in [("\x1b", "Esc"), ("\x03", "^C")] {
        t.wait_for("(3, 4)").keys("=f[\"huge\"].sum()\r").wait_for("Esc cancels").wait_for("left");
        // keys are taken meanwhile
        t.keys("G").wait("the last row", |t| t.row(0).starts_with("/small "));
        let start = Instant::now();
        t.keys(stop).wait_for("cancelled: f[\"huge\"].sum()");
        let took = start.elapsed();
        assert!(took < limit(100), "{how}: cancelled only after {took:?}");
        t.keys("gg").wait("alive", |t| t.row(0).starts_with("/ "));
    }
    t.keys("=f['small'].sum()\r").wait_for("np.float64(66.0)");
}

/// A limit in milliseconds, for the program as it is given to people; an unoptimised one gets
/// more.
fn limit(ms: u64) -> Duration {
    Duration::from_millis(if cfg!(debug_assertions) { ms * 8 } else { ms })
}

#[test]
fn quitting_while_a_job_runs_asks() {
    let folder = tempfile::tempdir().unwrap();
    let mut t = wide().open(&huge(folder.path()));
    t.wait_for("(3, 4)").keys("=f[\"huge\"].mean()\r").wait_for("Esc cancels");
    t.keys("q").wait_for("quit all the same?").keys("n").wait_gone("quit all the same?");
    t.wait_for("Esc cancels").keys(":q\r").wait_for("quit all the same?").keys("y");
    assert_eq!(t.end(), 0);
    let mut t = wide().open(&huge(folder.path()));
    t.wait_for("(3, 4)").keys("=f[\"huge\"].mean()\r").wait_for("Esc cancels").keys(":q!\r");
    assert_eq!(t.end(), 0);
}

#[test]
fn an_expression_of_a_terabyte_appears_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut t = wide().open(&huge(folder.path()));
    t.wait_for("(3, 4)").keys("=1 + 1\r").wait_for(" int").keys("q").wait_gone(" int ");
    let read = |t: &Terminal| {
        let io = std::fs::read_to_string(format!("/proc/{}/io", t.pid())).expect("its counts");
        let line = io.lines().find_map(|l| l.strip_prefix("rchar: ")).expect("bytes read");
        line.trim().parse::<u64>().expect("a number")
    };
    let before = read(&t);
    let start = Instant::now();
    t.keys("=np.sqrt(f[\"huge\"]) + 1\r").wait_for("3.0").wait_for("11.0");
    let took = start.elapsed();
    assert!(took < limit(100), "shown after {took:?}");
    let bytes = read(&t) - before;
    assert!(bytes < 2 << 20, "{bytes} bytes were read");
    // the far end as quickly
    let start = Instant::now();
    t.keys("G$").wait_for("[1048575, 131071]").wait_for("1.0");
    assert!(start.elapsed() < 2 * limit(100), "{:?}", start.elapsed());
}

#[test]
fn completion_of_a_path_and_of_a_keyword() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11");
    // what the paths have in common at once, then a choice
    t.keys("=f[\"run_0\t").wait_for("run_03/");
    t.keys("\t").wait_for("=f[\"run_01").keys("\t").wait_for("=f[\"run_02");
    t.keys("\x1b").wait("the choices gone", |t| !t.row(39).contains("run_02"));
    t.keys("\x1b").wait_gone("=f[");
    t.keys("=np.mean(f[\"run_01/counts\"], ax\t").wait_for("], axis=");
    // the signature and the help of the function under the cursor
    t.wait_for("mean(a, axis=None").keys("0)\r").wait_for("(2, 32, 40)");
    t.keys("q").wait_for("q quit");
    // Enter runs what is typed, whatever is offered
    t.keys("=np.ar\t").wait_for("arange").keys("\x15").keys("7 * 6\r").wait_for("42");
    t.keys("q").wait_for("q quit").keys(":goto /run_0").keys("\t").wait_for("run_05");
}

#[test]
fn history_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let setup = || wide().env("XDG_STATE_HOME", state.to_str().unwrap());
    let file = state.join("ch5tui/history");
    let mut t = setup().open(&demo());
    t.wait_for("run_11").keys("=11 * 11\r").wait_for("121").keys(":goto /run_01\r");
    t.wait("there", |t| t.row(0).starts_with("/run_01"));
    t.wait("kept", |_| std::fs::read_to_string(&file).is_ok_and(|s| s.contains("goto")));
    t.keys(":q\r");
    assert_eq!(t.end(), 0);
    let mut t = setup().open(&demo());
    t.wait_for("run_11").keys(":");
    t.wait("lines of the last run", |t| t.row(39).starts_with(':')).keys("\x1b[A");
    t.wait_for(":goto /run_01").keys("\x1b[A").wait_for(":11 * 11");
    t.keys("\x1b[B").wait_for(":goto /run_01").keys("\x15").keys("11\x1b[A");
    t.wait_for(":11 * 11").keys("\r").wait_for("121");
    // the line is kept after its result is shown
    t.wait("kept", |_| std::fs::read_to_string(&file).is_ok_and(|s| s.lines().count() == 3));
    t.keys(":q\r");
    assert_eq!(t.end(), 0);
    // with --clean nothing is read or kept
    let before = std::fs::read_to_string(&file).unwrap();
    let mut t = setup().start(&["--clean", demo().to_str().unwrap()]);
    t.wait_for("run_11").keys("=5 * 5\r").wait_for("25").keys("=\x1b[A").wait_for("=5 * 5");
    t.keys("\x1b[A\x1b").wait_gone("=5 * 5").keys(":q\r");
    assert_eq!(t.end(), 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
}

#[test]
fn the_caret_under_an_error() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11");
    for (code, error, at) in [
        ("1 + f[\"nope\"] * 2", "KeyError", "f[\"nope\"]"),
        ("np.sqrt(3) + undefined", "NameError: name 'undefined' is not defined", "undefined"),
        ("(1 + ", "SyntaxError", ""),
    ] {
        t.keys(&format!("={code}\r")).wait_for(error);
        let (line, carets) = (t.row(37), t.row(38));
        assert!(line.contains(code.trim()), "{line}");
        let place = line.find(at).filter(|_| !at.is_empty());
        if let Some(place) = place {
            assert_eq!(carets.find('^'), Some(place), "{}", t.text());
        }
        assert!(carets.contains('^'), "{carets}");
        t.keys("\x1b").wait_gone("^");
    }
}

#[test]
fn a_pasted_block_runs() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11")
        .keys("=\x1b[200~import numpy as np\na = np.arange(4)\na.sum() * 7\n\x1b[201~");
    t.wait_for("a.sum() * 7").keys("\r").wait_for("np.int64(42)");
    // pasted where nothing is typed: not taken for keys
    t.keys("q").wait_for("q quit").keys("\x1b[200~6 * 7\x1b[201~").wait_for("=6 * 7").keys("\r");
    t.wait_for(" int").wait_for("42");
}

#[test]
fn warnings_are_one_line() {
    let mut t = wide().open(&demo());
    t.wait_for("run_11").keys("=1 / np.float64(0)\r").wait_for("RuntimeWarning: divide by zero");
    t.wait_for("np.float64(inf)");
}

#[test]
fn statistics_of_columns_with_nan() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(
        folder.path(),
        "x=np.random.default_rng(1).normal(3,2,(5000,4)); x[::7,1]=np.nan; x[4,2]=-np.inf; x[:,3]=np.nan
f.create_dataset('x',data=x,chunks=(700,3),compression=1)",
    );
    let mut t = wide().open(&path);
    t.wait_for("(5000, 4)").keys("js").wait_for("statistics of /x").wait_for("column 3");
    t.wait("the last figures", |t| t.text().contains("▁") || t.text().contains("█"));
    let of = |what: &str, column: usize| {
        let text = python(&path, &format!("float({what}(f['x'][:,{column}]))"));
        text.parse::<f64>().unwrap_or(f64::NAN)
    };
    t.keys("gg").wait("all", |t| fact(t, "of") == "all");
    assert_eq!(number(&fact(&t, "count")), 20_000.0);
    for column in 0..4 {
        t.keys("j").wait("the column", |t| fact(t, "of") == format!("column {column}"));
        if column == 3 {
            assert_eq!(fact(&t, "count"), "5000, of them 5000 NaN");
            assert_eq!(fact(&t, "min"), "");
            continue;
        }
        for (key, what) in [
            ("min", "np.nanmin"),
            ("max", "np.nanmax"),
            ("mean", "np.nanmean"),
            ("std", "np.nanstd"),
        ] {
            let (shown, expected) = (number(&fact(&t, key)), of(what, column));
            let same = close(shown, expected) || (shown.is_nan() && expected.is_nan());
            assert!(same, "{key} of column {column}: {shown}, NumPy: {expected}");
        }
        let place = python(&path, &format!("int(np.nanargmax(f['x'][:,{column}]))"));
        assert!(
            fact(&t, "max").ends_with(&format!("at [{place}, {column}]")),
            "{}",
            fact(&t, "max")
        );
    }
    assert!(t.text().contains("5000"));
    t.keys("q").wait_for("q quit");
}

#[test]
fn statistics_of_integers_and_of_a_compound() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(
        folder.path(),
        "r=np.random.default_rng(2)
f['n']=r.integers(-2**62,2**62,30000)
d=np.dtype([('id','u8'),('at',[('x','f4'),('y','f8')]),('ok','?'),('name','S6'),('z','c16')])
c=np.zeros(3000,d); c['id']=r.integers(0,2**63,3000)*2+1; c['at']['x']=r.normal(size=3000)
c['at']['y']=np.where(r.random(3000)<.1,np.nan,r.normal(size=3000)); c['ok']=r.random(3000)<.3
c['name']=[b'n%d'%(i*i%977) for i in range(3000)]; c['z']=r.normal(size=3000)+1j*r.normal(size=3000)
f.create_dataset('c',data=c,chunks=(256,),compression=1)
f['t']=np.array([5,3,9,1],'i4')",
    );
    let mut t = wide().open(&path);
    t.wait_for("(30000,)").keys(":goto /n\rs").wait_for("statistics of /n").wait_for("std");
    t.wait("all of them", |t| fact(t, "count") == "30000" && t.text().contains("█"));
    let value = |what: &str| python(&path, what);
    for (key, what) in [("min", "f['n'][()].min()"), ("max", "f['n'][()].max()")] {
        // exact, to the last digit
        assert_eq!(fact(&t, key).split(' ').next().unwrap(), value(what));
    }
    for (key, what) in [("mean", "float(f['n'][()].mean())"), ("std", "float(f['n'][()].std())")] {
        let (shown, expected) = (number(&fact(&t, key)), value(what).parse::<f64>().unwrap());
        assert!((shown - expected).abs() <= 1e-12 * 2f64.powi(62), "{key}: {shown} {expected}");
    }
    t.keys("q").wait_for("q quit").keys(":goto /c\rs").wait_for("statistics of /c");
    t.wait("all of them", |t| fact(t, "count").starts_with("3000") && t.text().contains("█"));
    for (name, code) in [("id", "['id']"), ("at.x", "['at']['x']"), ("at.y", "['at']['y']")] {
        t.keys("gg").wait("the first", |t| fact(t, "of") == "id");
        while fact(&t, "of") != name {
            let before = fact(&t, "of");
            t.keys("j").wait("the next", |t| fact(t, "of") != before);
        }
        for (key, what) in
            [("min", "nanmin"), ("max", "nanmax"), ("mean", "nanmean"), ("std", "nanstd")]
        {
            let dtype = if key == "mean" || key == "std" { ".astype('f8')" } else { "" };
            let expected = value(&format!("np.{what}(f['c'][()]{code}{dtype})"));
            let shown = fact(&t, key);
            let shown = shown.split(' ').next().unwrap();
            let same = shown == expected || close(number(shown), number(&expected));
            assert!(same, "{key} of {name}: {shown}, NumPy: {expected}");
        }
    }
    // texts and complex numbers have what makes sense of them
    for (name, key, expected) in [
        ("ok", "mean", value("float(f['c']['ok'].mean())")),
        ("name", "first", value("sorted(f['c']['name'])[0].decode()")),
        ("name", "longest", "4 characters".to_string()),
        ("z", "std", value("float(f['c']['z'].std())")),
    ] {
        t.keys("G").wait("the last", |t| fact(t, "of") == "z");
        while fact(&t, "of") != name {
            let before = fact(&t, "of");
            t.keys("k").wait("the one before", |t| fact(t, "of") != before);
        }
        let shown = fact(&t, key);
        let same = shown.starts_with(&expected) || close(number(&shown), number(&expected));
        assert!(same, "{key} of {name}: {shown}, NumPy: {expected}");
    }
    // of a field under the cursor, and of a result
    t.keys("q").wait_for("q quit").keys("\r").wait_for("q tree").keys("ls");
    t.wait("the field under the cursor", |t| fact(t, "of") == "at.x");
    t.keys("q=f['t'][::-1] * 2\r").wait_for("numpy.ndarray").keys("s").wait_for("statistics of");
    t.wait("its largest", |t| fact(t, "max") == "18  at [1]");
}

#[test]
fn one_extreme_cell_in_twenty_million_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(
        folder.path(),
        "x=np.zeros((5000,4000),'f4'); x[4321,1234]=7.5
f.create_dataset('x',data=x,chunks=(250,500),compression=1)",
    );
    let mut t = wide().open(&path);
    t.wait_for("(5000, 4000)").keys("js").wait_for("statistics of /x");
    t.keys("gg").wait("its place", |t| fact(t, "max") == "7.5  at [4321, 1234]");
    t.wait("all of them", |t| number(&fact(t, "count")) == 20e6);
}

#[test]
fn statistics_fill_in_and_are_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let mut t = wide().open(&huge(folder.path()));
    t.wait_for("(3, 4)").keys(":goto /huge\r").wait_for("float64").keys("\r").wait_for("q tree");
    let start = Instant::now();
    t.keys("s").wait("first figures", |t| number(&fact(t, "count")) > 0.0);
    assert!(start.elapsed() < limit(300), "{:?}", start.elapsed());
    let before = number(&fact(&t, "count"));
    t.wait("more", |t| number(&fact(t, "count")) > before).wait_for("Esc cancels");
    t.keys("\x1b").wait_for("cancelled").wait_gone("Esc cancels");
    t.keys("q").wait_for("[0, 0]");
}
