//! A pseudo-terminal with the program in it: keys go in, and the screen that its bytes make is
//! read. Nothing sleeps for a fixed time: a test waits until the screen is as it should be.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long a test waits for the screen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal and the program in it.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<Screen>>,
}

struct Screen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    ended: bool,
}

fn size(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a terminal has a size")
}

/// How a terminal is started.
pub struct Setup {
    columns: u16,
    rows: u16,
    env: Vec<(String, String)>,
    shell: bool,
}

impl Setup {
    /// A terminal of this size.
    pub fn new(columns: u16, rows: u16) -> Setup {
        Setup { columns, rows, env: Vec::new(), shell: false }
    }

    /// With a variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Setup {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Under a shell with job control, which goes on after the program.
    pub fn under_shell(mut self) -> Setup {
        self.shell = true;
        self
    }

    /// Starts the program with a file.
    pub fn open(self, file: &Path) -> Terminal {
        self.start(&[file.to_str().expect("paths of tests are UTF-8")])
    }

    /// Starts the program with arguments.
    pub fn start(self, args: &[&str]) -> Terminal {
        let mut command = if self.shell {
            let words: Vec<String> =
                std::iter::once(&super::PROGRAM).chain(args).map(|w| format!("'{w}'")).collect();
            let mut c = CommandBuilder::new("bash");
            c.args(["--norc", "--noprofile", "-i"]);
            c.env("PS1", "shell> ");
            c.env("RUN", words.join(" "));
            c
        } else {
            let mut c = CommandBuilder::new(super::PROGRAM);
            c.args(args);
            c
        };
        command.cwd(super::root());
        for (name, _) in std::env::vars() {
            if name.starts_with("SSH_") || name.starts_with("LC_") || name == "NO_COLOR" {
                command.env_remove(name);
            }
        }
        command.env_remove("DISPLAY");
        command.env_remove("WAYLAND_DISPLAY");
        // the history of whoever runs the tests is left alone
        let state = std::env::temp_dir().join(format!("ch5tui-tests-{}", std::process::id()));
        command.env("XDG_STATE_HOME", state);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in &self.env {
            command.env(name, value);
        }
        let pty = native_pty_system()
            .openpty(PtySize {
                rows: self.rows,
                cols: self.columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .expect("a pseudo-terminal");
        let child = pty.slave.spawn_command(command).expect("the program starts");
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().expect("a reader");
        let screen = Arc::new(Mutex::new(Screen {
            parser: vt100::Parser::new(size(self.rows), size(self.columns), 0),
            bytes: Vec::new(),
            ended: false,
        }));
        let inside = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                let mut screen = inside.lock().unwrap();
                screen.parser.process(&buffer[..n]);
                screen.bytes.extend_from_slice(&buffer[..n]);
            }
            inside.lock().unwrap().ended = true;
        });
        let writer = pty.master.take_writer().expect("a writer");
        let mut terminal = Terminal { master: pty.master, writer, child, screen };
        if self.shell {
            terminal.wait_for("shell>");
            terminal.keys("eval \"$RUN\"\r");
        }
        terminal
    }
}

impl Terminal {
    /// Types keys: text, `\r` for Enter, `\x1b` for Esc and so on.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        self.writer.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.writer.flush().expect("the terminal takes keys");
        self
    }

    /// The screen as text, a line a row.
    pub fn text(&self) -> String {
        self.screen.lock().unwrap().parser.screen().contents()
    }

    /// Row number `row` of the screen.
    pub fn row(&self, row: usize) -> String {
        self.text().lines().nth(row).unwrap_or("").to_string()
    }

    /// Something of the screen beside its text.
    pub fn look<T>(&self, f: impl FnOnce(&vt100::Screen) -> T) -> T {
        f(self.screen.lock().unwrap().parser.screen())
    }

    /// The row under the cursor: the one that is reversed.
    pub fn cursor_row(&self) -> String {
        self.look(|s| {
            let (rows, cols) = s.size();
            (0..rows.get())
                .find(|&r| (0..cols.get()).any(|c| s.cell(r, c).is_some_and(|c| c.inverse())))
                .map(|r| s.contents_between(r, 0, r, cols.get()))
                .unwrap_or_default()
        })
    }

    /// All bytes that the program wrote so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.screen.lock().unwrap().bytes.clone()
    }

    /// Waits until the screen holds a text.
    pub fn wait_for(&mut self, text: &str) -> &mut Self {
        self.wait(&format!("{text:?} on the screen"), |t| t.text().contains(text))
    }

    /// Waits until the screen no longer holds a text.
    pub fn wait_gone(&mut self, text: &str) -> &mut Self {
        self.wait(&format!("{text:?} gone from the screen"), |t| !t.text().contains(text))
    }

    /// Waits for anything.
    pub fn wait(&mut self, what: &str, f: impl Fn(&Terminal) -> bool) -> &mut Self {
        let start = Instant::now();
        while !f(self) {
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for {what}; the screen is:\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        self
    }

    /// Changes the terminal's size.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        // vt100 itself panics on the smallest screens; the program must not
        let (r, c) = (size(rows.max(4)), size(columns.max(12)));
        self.screen.lock().unwrap().parser.screen_mut().set_size(r, c);
        self.master
            .resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })
            .expect("the terminal takes its size");
        self
    }

    /// The process that was started.
    pub fn pid(&self) -> i32 {
        self.child.process_id().expect("the program runs") as i32
    }

    /// Sends a signal to it, by its name without SIG.
    pub fn signal(&self, name: &str) {
        self.signal_to(self.pid(), name);
    }

    /// Sends a signal to a process.
    pub fn signal_to(&self, pid: i32, name: &str) {
        let status = std::process::Command::new("bash")
            .args(["-c", &format!("kill -{name} {pid}")])
            .status()
            .expect("kill runs");
        assert!(status.success());
    }

    /// The process of the program itself, where it runs under a shell.
    pub fn inner_pid(&self) -> i32 {
        let children = format!("/proc/{0}/task/{0}/children", self.pid());
        let text = std::fs::read_to_string(children).expect("the shell runs");
        text.split_whitespace().next().expect("the program runs").parse().expect("a number")
    }

    /// Waits for the end of the program; its exit code.
    pub fn end(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the program can be waited for") {
                let reading = Instant::now();
                while !self.screen.lock().unwrap().ended && reading.elapsed() < PATIENCE {
                    std::thread::sleep(Duration::from_millis(5));
                }
                return status.exit_code();
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// That the terminal is as it was before: main screen, cursor shown, no paste mode; and under
    /// a shell, which has come back, its settings as before.
    pub fn assert_restored(&mut self) {
        let (alternate, hidden, paste) =
            self.look(|s| (s.alternate_screen(), s.hide_cursor(), s.bracketed_paste()));
        assert!(!alternate, "the alternate screen is still on:\n{}", self.text());
        assert!(!hidden, "the cursor is still hidden");
        assert!(!paste || self.bytes().windows(7).any(|w| w == b"shell> "), "paste mode is on");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
