//! Notices that the terminal is gone, also where no signal says so, as after `su`: whoever waits
//! for keys would go on waiting, at the cost of a core (crossterm reads an end of file again and
//! again).

use std::io;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// What is told of a terminal that is gone.
const ENDS: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::NVAL);

/// Calls `gone` on a thread of its own when the terminal on standard input is gone.
///
/// # Errors
/// The system gives no thread.
pub fn watch(gone: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name("hangup".into()).spawn(move || {
        let input = io::stdin();
        // nothing is asked for: the end is told all the same
        let mut ends = [PollFd::new(&input, PollFlags::empty())];
        loop {
            match poll(&mut ends, None) {
                Ok(_) if ends[0].revents().intersects(ENDS) => break,
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
        gone();
    })?;
    Ok(())
}
