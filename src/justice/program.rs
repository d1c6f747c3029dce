//! A model that is a program: CSV with a heading goes to its standard input, a score a line comes
//! from its standard output.
//!
//! In: a command, and rows as the table has them or changed. Out: a score of each row, checked for
//! number, order, range, and that the same row gets the same score twice, also among few others; or a
//! [`Fault`] and no process left. It is started once for all that is asked at a time, and is fed
//! while it answers.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::process::{ChildStdin, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::listened::{Heard, Listened};
use super::model::{Asked, Subject};
use super::process::{Running, Words, shell};
use crate::error::{Error, Fault, Result, Said};
use crate::fit::features::{Feature, Raw};
use crate::read::memory::Held;
use crate::read::plain_number;

/// Rows that are asked about a second time, in other order.
const AGAIN: usize = 256;
/// Rows that are asked about among themselves.
const FEW: usize = 8;
/// By how much two scores of one row may differ: sums in another order.
const SAME: f64 = 1e-9;
/// How long the one that is asked about them may be silent beside another one, seconds at most: it may
/// wait for something that the other one holds.
const BESIDE: Duration = Duration::from_secs(10);
/// Bytes that are handed over at once.
const BUFFER: usize = 1 << 16;

/// A program that scores rows.
pub struct Program<'a> {
    /// What the shell runs.
    pub command: String,
    /// How long it may be silent.
    pub timeout: Duration,
    /// From which score on a row is positive.
    pub threshold: f64,
    /// The features as they are.
    features: &'a [Feature],
    /// Of each feature what the table itself says.
    originals: Vec<Option<&'a Held>>,
    /// What it wrote to its standard error when it was last asked.
    words: Mutex<String>,
    /// Whether rows were asked about among few others.
    is_tried: AtomicBool,
}

/// What is asked at a time: which question, and which of its rows.
struct Plan<'q, 'a> {
    questions: &'q [Asked<'a>],
    /// Where in all rows each question starts.
    starts: Vec<usize>,
    /// Rows asked about once.
    once: usize,
    /// Only these of all rows, where not all are asked about.
    only: Option<Vec<usize>>,
    /// The ones that are asked about again, in this order.
    again: Vec<usize>,
}

impl<'q, 'a> Plan<'q, 'a> {
    fn new(questions: &'q [Asked<'a>]) -> Self {
        let mut starts = Vec::with_capacity(questions.len());
        let mut once = 0;
        for question in questions {
            starts.push(once);
            once += question.places.len();
        }
        let few = once.min(AGAIN);
        Self {
            questions,
            starts,
            once,
            only: None,
            again: (0..few).rev().map(|at| at * once / few).collect(),
        }
    }

    /// A few rows of it, evenly spread and never all, among themselves.
    fn few(&self) -> Self {
        let few = FEW.min(self.once.div_ceil(2));
        let only = (0..few).map(|at| (2 * at + 1) * self.once / (2 * few));
        Self {
            questions: self.questions,
            starts: self.starts.clone(),
            once: few,
            only: Some(only.collect()),
            again: Vec::new(),
        }
    }

    /// The first of its few rows that scored otherwise among all: its line, and both scores.
    fn differs(&self, all: &[f64], own: &[f64]) -> Option<(usize, f64, f64)> {
        let places = self.only.iter().flatten();
        let pairs = places.zip(own).enumerate();
        let mut pairs = pairs.map(|(line, (&at, second))| (line, all[at], *second));
        pairs.find(|(_, first, second)| (first - second).abs() > SAME)
    }

    fn rows(&self) -> usize {
        self.once + self.again.len()
    }

    /// The question and its row behind a line.
    fn line(&self, line: usize) -> (&Asked<'a>, usize) {
        let at = match (line.checked_sub(self.once), &self.only) {
            (Some(at), _) => self.again[at],
            (None, Some(only)) => only[line],
            (None, None) => line,
        };
        let question = self.starts.partition_point(|start| *start <= at) - 1;
        (&self.questions[question], at - self.starts[question])
    }

    /// The row of the table behind a line, from 1.
    fn row(&self, line: usize) -> usize {
        let (question, at) = self.line(line.min(self.rows() - 1));
        question.rows[at] as usize + 1
    }
}

impl<'a> Program<'a> {
    /// A program that is sent these features; `originals` is what the table says of each.
    pub fn new(
        command: String,
        (timeout, threshold): (Duration, f64),
        features: &'a [Feature],
        originals: Vec<Option<&'a Held>>,
    ) -> Self {
        Self {
            command,
            timeout,
            threshold,
            features,
            originals,
            words: Mutex::default(),
            is_tried: AtomicBool::new(false),
        }
    }

    /// What it last wrote to its standard error.
    pub fn words(&self) -> String {
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        words.clone()
    }

    /// The text of a field: that of the table where it was not changed.
    fn field<'q>(&'q self, feature: usize, question: &'q Asked, at: usize) -> Cow<'q, str> {
        let (place, row) = (question.places[at] as usize, question.rows[at] as usize);
        let own = &self.features[feature].raw;
        let original = self.originals.get(feature).copied().flatten();
        let is_held_as_numbers = matches!(original, Some(Held::Numbers(_)));
        let number = |x: f64| Some(Cow::Owned(plain_number(x)));
        let (is_own, changed) = match (&question.columns[feature].raw, own) {
            (Raw::Numbers(now), Raw::Numbers(own)) => {
                let x = now[place];
                let is_own = x.to_bits() == own[row].to_bits() || x.is_nan() && own[row].is_nan();
                (is_own, x.is_finite().then(|| plain_number(x).into()))
            }
            (Raw::Texts(keys, values), Raw::Texts(own_keys, own)) => {
                let now = text(keys, values, place);
                (now == text(own_keys, own, row), now.map(Cow::Borrowed))
            }
            // A group's value where the table holds numbers: written as they are.
            (Raw::Texts(keys, values), Raw::Numbers(_)) if is_held_as_numbers => {
                let now = text(keys, values, place);
                let parsed = now.and_then(|own| own.trim().parse().ok());
                (false, parsed.map_or(now.map(Cow::Borrowed), number))
            }
            (Raw::Numbers(now), _) => (false, number(now[place])),
            (Raw::Texts(keys, values), _) => (false, text(keys, values, place).map(Cow::Borrowed)),
        };
        match original.filter(|_| is_own) {
            Some(Held::Codes(keys, values)) => text(keys, values, row).unwrap_or_default().into(),
            Some(Held::Numbers(_)) | None => changed.unwrap_or_default(),
        }
    }

    /// Hands over the heading and every row; ends early where nobody reads.
    fn feed(&self, plan: &Plan, stdin: ChildStdin, fed: &AtomicUsize) -> io::Result<()> {
        let counted = Counted { to: stdin, fed };
        let mut writer = csv::Writer::from_writer(BufWriter::with_capacity(BUFFER, counted));
        let mut write = || -> csv::Result<()> {
            writer.write_record(self.features.iter().map(|own| &own.name))?;
            for line in 0..plan.rows() {
                let (question, at) = plan.line(line);
                for feature in 0..self.features.len() {
                    writer.write_field(self.field(feature, question, at).as_bytes())?;
                }
                writer.write_record(None::<&[u8]>)?;
            }
            Ok(writer.flush()?)
        };
        match write().map_err(io::Error::from) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            outcome => outcome,
        }
    }

    fn start(&self) -> Result<Running> {
        let mut command = shell(&self.command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let started = command.spawn().map(Running::new);
        started.map_err(|source| {
            let command = self.command.clone();
            Error::from(Fault::Start { command, source })
        })
    }

    /// The scores of all questions, one after the other, of a program that waits for them; and what
    /// it wrote to its standard error.
    fn ask(
        &self,
        mut running: Running,
        plan: &Plan,
        timeout: Duration,
    ) -> (Result<Vec<f64>>, String) {
        let Some((stdin, stdout, stderr)) = running.pipes() else {
            let source = io::Error::from(io::ErrorKind::BrokenPipe);
            return (Err(Fault::Pipe { source }.into()), String::new());
        };
        let fed = AtomicUsize::new(0);
        let answers = Listened::to(stdout, plan.rows());
        let words = Words::hear(stderr);
        let outcome = thread::scope(|scope| {
            let writer = scope.spawn(|| self.feed(plan, stdin, &fed));
            let outcome = Self::take((plan, timeout), &mut running, (&answers, &fed), &words);
            // Whatever came of it, nobody is left to wait for the writer.
            running.end();
            match writer.join() {
                Ok(Err(source)) if outcome.is_ok() => Err(Fault::Pipe { source }.into()),
                _ => outcome,
            }
        });
        (outcome, words.said().0)
    }

    /// The scores of all questions by a program that was not tried yet: some rows are asked about
    /// among few others too.
    ///
    /// Both are started at once, so that what takes long to load is not waited for twice. Whoever
    /// asks about all rows gets none before the other has ended: they may write to the same file,
    /// and the one that says all shall have the last word. Who cannot bear another beside it is
    /// asked by itself, about all and then about the few.
    fn tried(&self, plan: &Plan) -> (Result<Vec<f64>>, String) {
        let few = plan.few();
        let both = self.start().and_then(|all| Ok((all, self.start()?)));
        let (all, beside) = match both {
            Ok(both) => both,
            Err(error) => return (Err(error), String::new()),
        };
        let (beside, _) = self.ask(beside, &few, BESIDE.min(self.timeout));
        let (scores, said) = self.ask(all, plan, self.timeout);
        let is_alike = |scores: &Vec<f64>| {
            let own = beside.as_ref().ok();
            own.is_some_and(|own| few.differs(scores, own).is_none())
        };
        match scores {
            Ok(scores) if is_alike(&scores) => (Ok(scores), said),
            Ok(scores) => (self.alone(plan, &few, scores), said),
            // It waited for nobody: alone it would be as silent.
            Err(Error::Program(Fault::Silent { .. })) => (scores, said),
            Err(_) => match self.start().map(|all| self.ask(all, plan, self.timeout)) {
                Ok((Ok(scores), said)) => (self.alone(plan, &few, scores), said),
                Ok(failed) => failed,
                Err(error) => (Err(error), said),
            },
        }
    }

    /// The scores, where a program that has nobody beside it scores the few as it scored them.
    fn alone(&self, plan: &Plan, few: &Plan, scores: Vec<f64>) -> Result<Vec<f64>> {
        let own = match self.ask(self.start()?, few, self.timeout).0 {
            Ok(own) => own,
            Err(Error::Program(fault)) => {
                let (rows, few) = (plan.once, few.once);
                let fault = Box::new(fault);
                return Err(Fault::OfFew { rows, few, fault }.into());
            }
            Err(error) => return Err(error),
        };
        match few.differs(&scores, &own) {
            None => Ok(scores),
            Some((line, first, second)) => Err(Fault::ByBatch {
                row: few.row(line),
                first,
                second,
                rows: plan.rows(),
                few: few.rows(),
            }
            .into()),
        }
    }

    /// Takes answers until it has ended, or was silent for too long.
    fn take(
        (plan, timeout): (&Plan, Duration),
        running: &mut Running,
        (answers, fed): (&Arc<Listened>, &AtomicUsize),
        words: &Words,
    ) -> Result<Vec<f64>> {
        let asked = plan.rows();
        let mut last = (Instant::now(), (0, 0));
        let tick = timeout.min(Duration::from_millis(50));
        let status = loop {
            let (count, heard) = answers.wait(tick);
            match heard {
                Heard::Wrong(text, problem) => {
                    running.end();
                    return Err(wrong(plan, count, text, problem, words.said()).into());
                }
                Heard::All => thread::sleep(Duration::from_millis(2)),
                Heard::Some => {}
            }
            let now = (count, fed.load(Ordering::Relaxed));
            let is_quiet = now == last.1;
            // A child of it may keep the pipe open after it has said all.
            let is_done = is_quiet && count >= asked;
            if (matches!(heard, Heard::All) || is_done)
                && let Some(status) = running.ended()?
            {
                break status;
            }
            if !is_quiet {
                last = (Instant::now(), now);
            }
            if last.0.elapsed() > timeout {
                running.end();
                return Err(Fault::Silent {
                    seconds: timeout.as_secs(),
                    answered: count.min(plan.once),
                    asked: plan.once,
                    said: words.said(),
                }
                .into());
            }
        };
        let mut scores = answers.taken();
        complete(plan, &scores, status, words)?;
        scores.truncate(plan.once);
        Ok(scores)
    }
}

/// The text behind a row; none where it is missing.
fn text<'v>(keys: &[u32], values: &'v crate::data::Values, at: usize) -> Option<&'v str> {
    values[keys[at] as usize].as_deref()
}

/// What is wrong with an answer.
fn wrong(plan: &Plan, at: usize, text: String, problem: &'static str, said: Said) -> Fault {
    if at >= plan.rows() {
        return Fault::Many {
            asked: plan.once,
            text,
            said,
        };
    }
    Fault::NotAScore {
        line: at + 1,
        row: plan.row(at),
        text,
        problem,
        said,
    }
}

/// Whether every row has its score, and those that were asked about twice the same one.
fn complete(plan: &Plan, scores: &[f64], status: ExitStatus, words: &Words) -> Result<()> {
    if !status.success() {
        return Err(Fault::Died {
            status: status.to_string(),
            answered: scores.len().min(plan.once),
            asked: plan.once,
            said: words.said(),
        }
        .into());
    }
    if scores.len() < plan.rows() {
        return Err(Fault::Few {
            answered: scores.len(),
            asked: plan.rows(),
            row: plan.row(scores.len()),
            said: words.said(),
        }
        .into());
    }
    for (line, &at) in plan.again.iter().enumerate() {
        let (first, second) = (scores[at], scores[plan.once + line]);
        if (first - second).abs() > SAME {
            return Err(Fault::Unsteady {
                row: plan.row(at),
                first,
                second,
            }
            .into());
        }
    }
    Ok(())
}

impl Subject for Program<'_> {
    fn about(&self) -> String {
        format!("the program `{}`", self.command)
    }

    fn is_told_texts(&self) -> bool {
        true
    }

    fn scores(&self, asked: &Asked) -> Result<Vec<f64>> {
        let mut all = self.all(std::slice::from_ref(asked))?;
        Ok(all.pop().unwrap_or_default())
    }

    fn all(&self, questions: &[Asked]) -> Result<Vec<Vec<f64>>> {
        let plan = Plan::new(questions);
        if plan.once == 0 {
            return Ok(vec![Vec::new(); questions.len()]);
        }
        let (scores, said) = if self.is_tried.swap(true, Ordering::Relaxed) {
            self.ask(self.start()?, &plan, self.timeout)
        } else {
            self.tried(&plan)
        };
        *self.words.lock().unwrap_or_else(PoisonError::into_inner) = said;
        let mut scores = scores?.into_iter();
        let own = |question: &Asked| scores.by_ref().take(question.places.len()).collect();
        Ok(questions.iter().map(own).collect())
    }

    fn cut(&self) -> Option<f64> {
        Some(self.threshold)
    }

    fn decisions(&self, _: &Asked, scores: &[f64]) -> Vec<Option<bool>> {
        let decide = |score: &f64| Some(*score >= self.threshold);
        scores.iter().map(decide).collect()
    }
}

/// Counts what was handed over.
struct Counted<'a> {
    to: ChildStdin,
    fed: &'a AtomicUsize,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.fed.fetch_add(written, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
