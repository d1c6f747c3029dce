//! A model that is a program: CSV with a heading goes to its standard input, a score a line comes
//! from its standard output.
//!
//! In: a command, and rows as the table has them or changed. Out: a score of each row, checked for
//! number, order, range, and that the same row gets the same score twice, also among few others; or a
//! [`Fault`] and no process left. It is started once for all that is asked at a time, and is fed
//! while it answers.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::model::{Asked, Subject};
use super::process::{Running, Words, shell};
use crate::error::{Error, Fault, Result, Said};
use crate::fit::features::{Feature, Raw};
use crate::read::memory::Held;
use crate::read::plain_number;

/// Rows that are asked about a second time, in other order.
const AGAIN: usize = 256;
/// Rows that are asked about among themselves, where all were read before the first was answered.
const FEW: usize = 8;
/// By how much two scores of one row may differ: sums in another order.
const SAME: f64 = 1e-9;
/// Bytes of an answer at most.
const LINE: usize = 1 << 10;
/// Bytes that are handed over at once.
const BUFFER: usize = 1 << 16;
/// Batches of answers that wait.
const WAITING: usize = 64;

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

/// Answers, or what came instead of one.
type Answers = std::result::Result<Vec<f64>, (String, &'static str)>;

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
    fn field(&self, feature: usize, question: &Asked, at: usize) -> String {
        let (place, row) = (question.places[at] as usize, question.rows[at] as usize);
        let own = &self.features[feature].raw;
        let text = |keys: &[u32], values: &crate::data::Values, at: usize| {
            values[keys[at] as usize].as_deref().map(str::to_owned)
        };
        let original = self.originals.get(feature).copied().flatten();
        let is_held_as_numbers = matches!(original, Some(Held::Numbers(_)));
        let (is_own, changed) = match (&question.columns[feature].raw, own) {
            (Raw::Numbers(now), Raw::Numbers(own)) => {
                let x = now[place];
                let is_own = x.to_bits() == own[row].to_bits() || x.is_nan() && own[row].is_nan();
                let changed = x.is_finite().then(|| plain_number(x));
                (is_own, changed)
            }
            (Raw::Texts(keys, values), Raw::Texts(own_keys, own)) => {
                let now = text(keys, values, place);
                (now == text(own_keys, own, row), now)
            }
            // A group's value where the table holds numbers: written as they are.
            (Raw::Texts(keys, values), Raw::Numbers(_)) if is_held_as_numbers => {
                let now = text(keys, values, place);
                let number = now.as_deref().and_then(|own| own.trim().parse().ok());
                (false, number.map(plain_number).or(now))
            }
            (Raw::Numbers(now), _) => (false, Some(plain_number(now[place]))),
            (Raw::Texts(keys, values), _) => (false, text(keys, values, place)),
        };
        match original.filter(|_| is_own) {
            Some(Held::Codes(keys, values)) => text(keys, values, row).unwrap_or_default(),
            Some(Held::Numbers(_)) | None => changed.unwrap_or_default(),
        }
    }

    /// Hands over the heading and every row; ends early where nobody reads.
    fn feed(
        &self,
        plan: &Plan,
        stdin: ChildStdin,
        (fed, is_all): (&AtomicUsize, &AtomicBool),
    ) -> io::Result<()> {
        let counted = Counted { to: stdin, fed };
        let mut writer = csv::Writer::from_writer(BufWriter::with_capacity(BUFFER, counted));
        let mut write = || -> csv::Result<()> {
            writer.write_record(self.features.iter().map(|own| &own.name))?;
            for line in 0..plan.rows() {
                let (question, at) = plan.line(line);
                let fields = 0..self.features.len();
                writer.write_record(fields.map(|feature| self.field(feature, question, at)))?;
            }
            let flushed = writer.flush();
            // The pipe is open as yet: whoever waits for its end has answered nothing.
            is_all.store(true, Ordering::SeqCst);
            Ok(flushed?)
        };
        match write().map_err(io::Error::from) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            outcome => outcome,
        }
    }

    fn start(&self) -> Result<Child> {
        let mut command = shell(&self.command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().map_err(|source| {
            let command = self.command.clone();
            Error::from(Fault::Start { command, source })
        })
    }

    /// The scores of all questions, one after the other, and whether the first of them came before
    /// all rows were handed over.
    fn ask(&self, plan: &Plan) -> Result<(Vec<f64>, bool)> {
        let mut running = Running::new(self.start()?);
        let pipe = || {
            let source = io::Error::from(io::ErrorKind::BrokenPipe);
            Error::from(Fault::Pipe { source })
        };
        let (stdin, stdout, stderr) = running.pipes().ok_or_else(pipe)?;
        let (fed, is_all) = (AtomicUsize::new(0), AtomicBool::new(false));
        let (answers, taken) = sync_channel(WAITING);
        let rows = plan.rows();
        thread::spawn(move || listen(stdout, rows, &answers));
        let words = Words::hear(stderr);
        let outcome = thread::scope(|scope| {
            let writer = scope.spawn(|| self.feed(plan, stdin, (&fed, &is_all)));
            let outcome = self.take(plan, &mut running, (&taken, &fed, &is_all), &words);
            // Whatever came of it, nobody is left to wait for the writer.
            running.end();
            match writer.join() {
                Ok(Err(source)) if outcome.is_ok() => Err(Fault::Pipe { source }.into()),
                _ => outcome,
            }
        });
        let said = words.said();
        *self.words.lock().unwrap_or_else(PoisonError::into_inner) = said.0;
        outcome
    }

    /// Asks about a few rows among themselves: their scores must be those that they had among all.
    fn try_few(&self, plan: &Plan, scores: &[f64]) -> Result<()> {
        let few = plan.few();
        let (own, _) = self.ask(&few)?;
        let places = few.only.iter().flatten();
        for (line, (&at, second)) in places.zip(own).enumerate() {
            let first = scores[at];
            if (first - second).abs() > SAME {
                return Err(Fault::ByBatch {
                    row: few.row(line),
                    first,
                    second,
                    rows: plan.rows(),
                    few: few.rows(),
                }
                .into());
            }
        }
        Ok(())
    }

    /// Takes answers until it has ended, or was silent for too long.
    fn take(
        &self,
        plan: &Plan,
        running: &mut Running,
        (taken, fed, is_all): (&Receiver<Answers>, &AtomicUsize, &AtomicBool),
        words: &Words,
    ) -> Result<(Vec<f64>, bool)> {
        let asked = plan.rows();
        let mut scores: Vec<f64> = Vec::with_capacity(asked);
        let mut last = (Instant::now(), 0);
        let tick = self.timeout.min(Duration::from_millis(50));
        let mut is_open = true;
        let mut is_early = false;
        let status = loop {
            let answer = if is_open {
                taken.recv_timeout(tick)
            } else {
                thread::sleep(Duration::from_millis(2));
                Err(RecvTimeoutError::Timeout)
            };
            let is_quiet = matches!(answer, Err(RecvTimeoutError::Timeout));
            match answer {
                Ok(Ok(batch)) => {
                    let is_first = scores.is_empty() && !batch.is_empty();
                    is_early |= is_first && !is_all.load(Ordering::SeqCst);
                    scores.extend(batch);
                    last.0 = Instant::now();
                }
                Ok(Err((text, problem))) => {
                    running.end();
                    return Err(wrong(plan, scores.len(), text, problem, words.said()).into());
                }
                Err(RecvTimeoutError::Disconnected) => is_open = false,
                Err(RecvTimeoutError::Timeout) => {}
            }
            // A child of it may keep the pipe open after it has said all.
            let is_done = is_quiet && scores.len() >= asked;
            if (!is_open || is_done)
                && let Some(status) = running.ended()?
            {
                break status;
            }
            let now = fed.load(Ordering::Relaxed);
            if now != last.1 {
                last = (Instant::now(), now);
            }
            if last.0.elapsed() > self.timeout {
                running.end();
                return Err(Fault::Silent {
                    seconds: self.timeout.as_secs(),
                    answered: scores.len().min(plan.once),
                    asked: plan.once,
                    said: words.said(),
                }
                .into());
            }
        };
        complete(plan, &scores, status, words)?;
        scores.truncate(plan.once);
        Ok((scores, is_early))
    }
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
        let (scores, is_early) = self.ask(&plan)?;
        // What was answered before the last row was known cannot hang on all rows together; of what
        // hangs on a part of them rows in opposite order tell.
        if !self.is_tried.swap(true, Ordering::Relaxed) && !is_early {
            self.try_few(&plan, &scores)?;
        }
        let mut scores = scores.into_iter();
        let own = |question: &Asked| scores.by_ref().take(question.places.len()).collect();
        Ok(questions.iter().map(own).collect())
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

/// Reads answers until there are no more, or one that is none.
fn listen(stdout: ChildStdout, rows: usize, answers: &SyncSender<Answers>) {
    let mut reader = BufReader::with_capacity(BUFFER, stdout);
    let mut batch = Vec::new();
    let mut line = Vec::new();
    let mut heard = 0;
    loop {
        line.clear();
        let most = LINE as u64 + 1;
        let read = reader.by_ref().take(most).read_until(b'\n', &mut line);
        if !matches!(read, Ok(1..)) {
            let _ = answers.send(Ok(batch));
            return;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if heard >= rows && text.is_empty() {
            continue;
        }
        match score(text, heard >= rows, line.len() > LINE) {
            Ok(score) => batch.push(score),
            Err(problem) => {
                let short: String = text.chars().take(60).collect();
                let _ = answers.send(Ok(batch));
                let _ = answers.send(Err((short, problem)));
                return;
            }
        }
        heard += 1;
        // What was heard is told as soon as there is nothing more to hear at once.
        if reader.buffer().is_empty() && answers.send(Ok(std::mem::take(&mut batch))).is_err() {
            return;
        }
    }
}

fn score(text: &str, is_late: bool, is_long: bool) -> std::result::Result<f64, &'static str> {
    if is_late {
        return Err("one too many");
    }
    if is_long {
        return Err("longer than any number");
    }
    match text.parse::<f64>() {
        Ok(score) if (0.0..=1.0).contains(&score) => Ok(score),
        Ok(_) => Err("not within 0 and 1"),
        Err(_) if text.is_empty() => Err("nothing"),
        Err(_) => Err("no number"),
    }
}
