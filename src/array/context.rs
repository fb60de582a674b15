//! What a computation may use and what it tells: memory, threads, cancel, progress, warnings.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::error::{Error, Result};

/// The memory limit where none is given: 250M.
pub const DEFAULT_MEMORY: usize = 250 << 20;

/// The limits of a computation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bytes that the engine may hold at once.
    pub memory: usize,
    /// Threads that compute.
    pub threads: usize,
    /// Where spills go; none is `$TMPDIR`, else the system's folder.
    pub temp_dir: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { memory: DEFAULT_MEMORY, threads: default_threads(), temp_dir: None }
    }
}

/// The cores that this process may use (affinity and cgroup, as the standard library reads them;
/// `SLURM_CPUS_PER_TASK`), at most 8.
pub fn default_threads() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let slurm = std::env::var("SLURM_CPUS_PER_TASK").ok().and_then(|n| n.parse().ok());
    cores.min(slurm.unwrap_or(usize::MAX)).clamp(1, 8)
}

/// A size such as `64M`, in bytes: suffixes B, K, M, G, T are powers of 1024.
///
/// # Errors
/// ValueError for anything else.
pub fn parse_size(text: &str) -> Result<usize> {
    let wrong = || Error::value(format!("invalid size '{text}' (use for example 64M or 2G)"));
    let trimmed = text.trim();
    let bare = trimmed.strip_suffix(['b', 'B']).unwrap_or(trimmed);
    let (number, shift) = match bare.char_indices().last() {
        Some((i, 'k' | 'K')) => (&bare[..i], 10),
        Some((i, 'm' | 'M')) => (&bare[..i], 20),
        Some((i, 'g' | 'G')) => (&bare[..i], 30),
        Some((i, 't' | 'T')) => (&bare[..i], 40),
        _ => (bare, 0),
    };
    let n: f64 = number.trim().parse().map_err(|_| wrong())?;
    let bytes = n * (1u64 << shift) as f64;
    if !(1.0..9e18).contains(&bytes) {
        return Err(wrong());
    }
    Ok(bytes as usize)
}

/// One computation: its limits, whether it is to stop, how far it is, what it warns of. Clones
/// are the same computation.
#[derive(Debug, Clone)]
pub struct Context {
    inner: Arc<Inner>,
    settings: Arc<Settings>,
    /// Only what is looked at is wanted: reductions may compute a part of themselves.
    preview: bool,
}

#[derive(Debug)]
struct Inner {
    cancel: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    held: AtomicUsize,
    what: Mutex<String>,
    notes: Mutex<Vec<String>>,
}

impl Context {
    /// A computation within these limits.
    pub fn new(settings: Settings) -> Context {
        Context::make(settings, false)
    }

    /// A computation of a page of what would be too much to compute whole.
    pub fn preview(settings: Settings) -> Context {
        Context::make(settings, true)
    }

    fn make(settings: Settings, preview: bool) -> Context {
        let inner = Arc::new(Inner {
            cancel: AtomicBool::new(false),
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            held: AtomicUsize::new(0),
            what: Mutex::new(String::new()),
            notes: Mutex::new(Vec::new()),
        });
        Context { inner, settings: Arc::new(settings), preview }
    }

    /// The same computation within another memory limit.
    pub fn within(&self, memory: usize) -> Context {
        let settings = Arc::new(Settings { memory, ..(*self.settings).clone() });
        Context { settings, ..self.clone() }
    }

    /// The same computation, of which only a page is wanted.
    pub fn for_page(&self) -> Context {
        Context { preview: true, ..self.clone() }
    }

    /// The limits.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether only a page is wanted.
    pub fn is_preview(&self) -> bool {
        self.preview
    }

    /// Asks the computation to stop.
    pub fn cancel(&self) {
        self.inner.cancel.store(true, Ordering::Relaxed);
    }

    /// An error once somebody asked to stop.
    ///
    /// # Errors
    /// KeyboardInterrupt.
    pub fn check(&self) -> Result<()> {
        match self.inner.cancel.load(Ordering::Relaxed) {
            true => Err(Error::cancelled()),
            false => Ok(()),
        }
    }

    /// A stage of the work begins, of so many steps (bytes, usually).
    pub fn begin(&self, what: &str, total: u64) {
        *self.inner.what.lock() = what.to_string();
        self.inner.done.store(0, Ordering::Relaxed);
        self.inner.total.store(total, Ordering::Relaxed);
    }

    /// So many steps are done.
    pub fn advance(&self, steps: u64) {
        self.inner.done.fetch_add(steps, Ordering::Relaxed);
    }

    /// Steps done, steps in all, and the name of the stage.
    pub fn progress(&self) -> (u64, u64, String) {
        let what = self.inner.what.lock().clone();
        (self.inner.done.load(Ordering::Relaxed), self.inner.total.load(Ordering::Relaxed), what)
    }

    /// A warning, said once: `RuntimeWarning: divide by zero encountered in divide`.
    pub fn note(&self, text: &str) {
        let mut notes = self.inner.notes.lock();
        if notes.len() < 100 && !notes.iter().any(|n| n == text) {
            notes.push(text.to_string());
        }
    }

    /// The warnings since the last call.
    pub fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut *self.inner.notes.lock())
    }

    /// Bytes that results kept in memory take now; what is left of the limit is for working.
    pub fn hold(&self, bytes: usize) {
        self.inner.held.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes that one of the threads may use for the blocks it works on.
    pub fn share(&self) -> usize {
        let s = &self.settings;
        let free = s.memory.saturating_sub(self.inner.held.load(Ordering::Relaxed));
        (free.max(s.memory / 4) / (s.threads + 1)).max(4096)
    }

    /// Whether an array of so many bytes may stay in memory; else it is spilled.
    pub fn fits(&self, bytes: usize) -> bool {
        let s = &self.settings;
        bytes <= 64 << 10
            || bytes <= s.memory.saturating_sub(self.inner.held.load(Ordering::Relaxed)) / 3
    }
}
