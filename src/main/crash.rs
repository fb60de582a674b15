//! What is done when HDF5 crashes on a damaged file: the terminal is given back, one line says
//! which file it was, and the program ends with exit code 1.
//!
//! And a limit of a file's size is made an error of writing it, as a full disk is.
//!
//! A signal handler may call few functions: everything here is `write`, `tcsetattr` and `_exit`
//! on values prepared before.

use std::ptr::null_mut;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::Relaxed;

use ch5tui::store::file_at_work;
use ch5tui::tui::terminal::{LEAVE, is_taken};
use libc::{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, c_int};

/// The terminal's settings before the program changed them.
static SETTINGS: AtomicPtr<libc::termios> = AtomicPtr::new(null_mut());

/// Makes crashes end as described. To be called once, before anything else.
pub fn install() {
    // SAFETY: plain data, filled by tcgetattr before use; the handler is a plain function.
    unsafe {
        // a file that may not grow is an error of the write, which is answered
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        let mut settings: libc::termios = std::mem::zeroed();
        if libc::tcgetattr(0, &mut settings) == 0 {
            SETTINGS.store(Box::leak(Box::new(settings)), Relaxed);
        }
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_crash as *const () as usize;
        // on the thread's own stack for signals: the crash may be an overflow of the other
        action.sa_flags = libc::SA_ONSTACK | libc::SA_RESETHAND;
        for signal in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT] {
            libc::sigaction(signal, &action, null_mut());
        }
    }
}

fn say(fd: c_int, bytes: &[u8]) {
    // SAFETY: the slice is valid; what can't be written is lost.
    unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
}

extern "C" fn on_crash(signal: c_int) {
    // SAFETY: only functions that are safe in signal handlers, on pointers that stay valid.
    unsafe {
        if is_taken() {
            say(1, LEAVE);
            let settings = SETTINGS.load(Relaxed);
            if !settings.is_null() {
                libc::tcsetattr(0, libc::TCSANOW, settings);
            }
        }
        say(2, b"ch5tui: ");
        let file = file_at_work();
        if file.is_null() {
            say(2, b"crashed; please report how\n");
            // the signal's own effect, a core file perhaps, after the handler's return
            libc::raise(signal);
            return;
        }
        say(2, std::slice::from_raw_parts(file.cast(), libc::strlen(file)));
        say(2, b": HDF5 crashed while reading it: the file is damaged\n");
        libc::_exit(1);
    }
}
