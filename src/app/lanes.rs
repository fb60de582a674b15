//! Lanes: threads that do one kind of work.
//!
//! What is put into a [`Lane`] takes the place of what waits there, and asks what is being done
//! there to stop: only the newest is wanted. What is queued is done after all that was there.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::array::Context;

/// A piece of work.
type Work = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Slot {
    next: VecDeque<(Context, Work)>,
    running: Option<Context>,
    stop: bool,
}

#[derive(Default)]
struct Shared {
    slot: Mutex<Slot>,
    wake: Condvar,
    /// Told when a piece of work has ended.
    idle: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        // work runs, and may panic, outside of this lock
        self.slot.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// A thread for one kind of work.
pub struct Lane(Arc<Shared>);

impl Lane {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(name: &str) -> std::io::Result<Lane> {
        let shared = Arc::new(Shared::default());
        let inside = Arc::clone(&shared);
        std::thread::Builder::new().name(name.into()).spawn(move || run(&inside))?;
        Ok(Lane(shared))
    }

    /// Does this work next, and no older work.
    pub fn put(&self, cx: &Context, work: impl FnOnce() + Send + 'static) {
        let mut slot = self.0.lock();
        for old in slot.running.iter().chain(slot.next.iter().map(|n| &n.0)) {
            old.cancel();
        }
        slot.next.clear();
        slot.next.push_back((cx.clone(), Box::new(work)));
        self.0.wake.notify_one();
    }

    /// Does this work after what is there.
    pub fn queue(&self, cx: &Context, work: impl FnOnce() + Send + 'static) {
        self.0.lock().next.push_back((cx.clone(), Box::new(work)));
        self.0.wake.notify_one();
    }

    /// Asks what is being done to stop, does nothing more, and waits until it has ended, but not
    /// longer than this.
    pub fn settle(&self, patience: Duration) {
        let begun = Instant::now();
        let mut slot = self.0.lock();
        slot.stop = true;
        slot.next.clear();
        slot.running.iter().for_each(Context::cancel);
        self.0.wake.notify_one();
        while slot.running.is_some() {
            let left = patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return;
            }
            slot = match self.0.idle.wait_timeout(slot, left) {
                Ok((slot, _)) => slot,
                Err(e) => e.into_inner().0,
            };
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut slot = self.0.lock();
        slot.stop = true;
        slot.running.iter().for_each(Context::cancel);
        self.0.wake.notify_one();
    }
}

fn run(shared: &Shared) {
    loop {
        let work = {
            let mut slot = shared.lock();
            slot.running = None;
            shared.idle.notify_all();
            loop {
                if slot.stop {
                    return;
                }
                if let Some((cx, work)) = slot.next.pop_front() {
                    slot.running = Some(cx);
                    break work;
                }
                slot = shared.wake.wait(slot).unwrap_or_else(|e| e.into_inner());
            }
        };
        // who put it there tells of a panic; the lane goes on
        let _ = catch_unwind(AssertUnwindSafe(work));
    }
}

/// Runs `f`; the words of its panic as the error.
///
/// # Errors
/// It panicked.
pub fn guarded<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown");
        let text = crate::store::escape(text.as_bytes());
        format!("an internal error, please report it: {text}")
    })
}
