//! The jobs that run: what they do, how far they are, and their end.

use std::time::{Duration, Instant};

use super::after::After;
use super::state::App;
use crate::array::Context;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Runs code.
    Code,
    /// Computes a part of a result for the screen.
    Page,
    /// Computes statistics.
    Statistics,
    /// Writes a file.
    Write,
    /// Makes a text to be copied.
    Text,
}

/// A job.
#[derive(Debug)]
pub struct Job {
    /// The ticket that its answer carries.
    pub ticket: u64,
    /// What it does.
    pub kind: Kind,
    /// The same for people: the code, the file.
    pub what: String,
    /// Its computation.
    pub cx: Context,
    /// When it began.
    pub since: Instant,
    /// Whether it was asked to stop.
    pub cancelled: bool,
    /// What is done when it has run.
    pub after: After,
    /// The stage that it was in when it was looked at last, since when, and how far.
    stage: (String, Instant, u64),
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// What it does.
    pub what: String,
    /// The stage it is in.
    pub stage: String,
    /// The part of the stage that is done, where that is known.
    pub part: Option<f64>,
    /// The time it took so far.
    pub elapsed: Duration,
    /// The time that is left of this stage, about.
    pub left: Option<Duration>,
    /// Whether it was asked to stop.
    pub cancelled: bool,
    /// How many other jobs run, or wait.
    pub others: usize,
}

/// How long a stage must have run before it is guessed how long it will.
const GUESS: Duration = Duration::from_millis(500);

/// Jobs that are shorter are not spoken of.
const SHORT: Duration = Duration::from_millis(150);

impl Job {
    /// Whether it takes so long that it is spoken of.
    fn is_long(&self) -> bool {
        self.since.elapsed() >= SHORT
    }
}

impl App {
    /// Starts a job: its ticket and its computation. One of the same kind is given up for it,
    /// but exports and code are not.
    pub(super) fn start(&mut self, kind: Kind, what: &str) -> (u64, Context) {
        if !matches!(kind, Kind::Write | Kind::Code) {
            self.give_up(kind);
        }
        let ticket = self.ticket();
        let cx = Context::new(self.settings.clone());
        let now = Instant::now();
        self.jobs.push(Job {
            ticket,
            kind,
            what: what.into(),
            cx: cx.clone(),
            since: now,
            cancelled: false,
            after: After::default(),
            stage: (String::new(), now, 0),
        });
        (ticket, cx)
    }

    /// Gives up the jobs of a kind; their answers are dropped.
    pub(super) fn give_up(&mut self, kind: Kind) {
        self.jobs.retain(|job| {
            if job.kind == kind {
                job.cx.cancel();
            }
            job.kind != kind
        });
    }

    /// Takes the job that an answer is of; none where it was given up.
    pub(super) fn finish(&mut self, ticket: u64) -> Option<Job> {
        let at = self.jobs.iter().position(|j| j.ticket == ticket)?;
        let job = self.jobs.remove(at);
        if job.kind == Kind::Code
            && let Some(next) = self.jobs.iter_mut().find(|j| j.kind == Kind::Code)
        {
            // it waited until now
            next.since = Instant::now();
            next.stage = (String::new(), next.since, 0);
        }
        Some(job)
    }

    /// Whether a job runs that is more than a page of the screen.
    pub fn is_working(&self) -> bool {
        self.jobs.iter().any(|j| j.kind != Kind::Page)
    }

    /// Whether a job runs whose progress is shown.
    pub fn is_busy(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// The jobs that run. Lines of code run one after the other: the later ones wait.
    fn running(&self) -> impl Iterator<Item = usize> + '_ {
        let first = self.jobs.iter().position(|j| j.kind == Kind::Code);
        let runs = move |i: usize, job: &Job| job.kind != Kind::Code || Some(i) == first;
        self.jobs.iter().enumerate().filter(move |(i, j)| runs(*i, j)).map(|(i, _)| i)
    }

    /// Asks the job to stop whose progress is shown, else the newest that runs and was not asked
    /// yet; whether there is one.
    pub(super) fn cancel_running(&mut self) -> bool {
        let running = self.running().filter(|&i| !self.jobs[i].cancelled);
        let Some(at) = running.max_by_key(|&i| (self.jobs[i].is_long(), i)) else { return false };
        let job = &mut self.jobs[at];
        job.cx.cancel();
        job.cancelled = true;
        true
    }

    /// Looks at how far the jobs are. Called before drawing.
    pub fn look_at_jobs(&mut self) {
        for job in &mut self.jobs {
            let (done, _, stage) = job.cx.progress();
            if stage != job.stage.0 || done < job.stage.2 {
                job.stage = (stage, Instant::now(), done);
            } else {
                job.stage.2 = done;
            }
        }
    }

    /// How far the newest of the jobs is that run and take their time.
    pub fn progress(&self) -> Option<Progress> {
        let long = self.running().filter(|&i| self.jobs[i].is_long());
        let job = &self.jobs[long.max_by_key(|&i| (!self.jobs[i].cancelled, i))?];
        let (done, total, stage) = job.cx.progress();
        let part = (total > 0).then(|| (done as f64 / total as f64).min(1.0));
        let in_stage = job.stage.1.elapsed();
        let left = part.filter(|p| *p > 0.0 && in_stage > GUESS).map(|p| {
            let seconds = in_stage.as_secs_f64() * (1.0 - p) / p;
            Duration::from_secs_f64(seconds.min(1e8))
        });
        Some(Progress {
            what: job.what.clone(),
            stage,
            part,
            elapsed: job.since.elapsed(),
            left,
            cancelled: job.cancelled,
            others: self.jobs.iter().filter(|j| j.is_long()).count().saturating_sub(1),
        })
    }
}

/// A time as `0:07` or `1:02:33`.
pub fn clock(time: Duration) -> String {
    let s = time.as_secs();
    match s / 3600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        h => format!("{h}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}
