//! A text that can only be read from front to back (packed, transcoded, piped), in blocks: one
//! thread inflates and cuts at the ends of records, others parse.

use std::io::{self, Read};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::header::lines;
use super::records::{Dialect, End, PADDING, Records};
use crate::data::limits;
use crate::error::Problem;

/// Bytes of a block, about.
const BLOCK: usize = 1 << 20;
/// Blocks that wait to be parsed at most.
const WAITING: usize = 4;

/// Whole records of a text.
pub struct Block {
    /// The records, and `PADDING` zeros.
    pub bytes: Vec<u8>,
    /// Bytes of the records.
    pub filled: usize,
    /// Line of the first of them.
    pub line: u64,
}

/// A block, or the line and the problem that ended the text.
pub type Delivery = Result<Block, (u64, Problem)>;

/// How records are told apart.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// By quotes and terminators.
    Delimited(Dialect),
    /// By line ends.
    Lines,
}

impl Cut {
    fn terminator(self) -> u8 {
        match self {
            Self::Delimited(dialect) => dialect.terminator,
            Self::Lines => b'\n',
        }
    }
}

/// Starts a thread that delivers the blocks of a text, without its first `skip` bytes.
pub fn start(text: Box<dyn Read + Send>, skip: usize, cut: Cut) -> io::Result<Receiver<Delivery>> {
    let (sender, receiver) = bounded(WAITING);
    let work = move || deliver(text, skip, cut, &sender);
    std::thread::Builder::new()
        .name("blocks".to_owned())
        .stack_size(256 << 10)
        .spawn(work)?;
    Ok(receiver)
}

/// What is not yet delivered.
struct Rest {
    bytes: Vec<u8>,
    line: u64,
    ended: bool,
}

fn deliver(mut text: Box<dyn Read + Send>, mut skip: usize, cut: Cut, sender: &Sender<Delivery>) {
    let mut rest = Rest {
        bytes: Vec::new(),
        line: 1,
        ended: false,
    };
    let mut want = BLOCK;
    while !rest.ended {
        if let Err(problem) = fill(&mut rest, &mut text, want) {
            let _ = sender.send(Err((rest.line, problem)));
            return;
        }
        if skip > 0 {
            let passed = skip.min(rest.bytes.len());
            rest.line += lines(&rest.bytes[..passed], cut.terminator());
            rest.bytes.drain(..passed);
            skip -= passed;
        }
        pass_blank(&mut rest);
        let whole = match whole_records(&rest, cut) {
            Ok(whole) => whole,
            Err(stopped) => {
                let _ = sender.send(Err(stopped));
                return;
            }
        };
        if whole == 0 && !rest.ended {
            // Doubled, so that looking for the end of a long record stays linear in its length.
            want = 2 * rest.bytes.len().max(BLOCK);
            if rest.bytes.len() > limits::RECORD_BYTES {
                let most = limits::RECORD_BYTES;
                let _ = sender.send(Err((rest.line, Problem::LongRecord { most })));
                return;
            }
            continue;
        }
        want = BLOCK;
        let mut bytes = std::mem::take(&mut rest.bytes);
        rest.bytes = bytes[whole..].to_vec();
        bytes.truncate(whole);
        let line = rest.line;
        rest.line += lines(&bytes, cut.terminator());
        bytes.resize(whole + PADDING, 0);
        let block = Block {
            bytes,
            filled: whole,
            line,
        };
        // Nobody waits for the rest once a reader had enough.
        if whole > 0 && sender.send(Ok(block)).is_err() {
            return;
        }
    }
}

/// Reads until there are `want` bytes, or no more.
fn fill(rest: &mut Rest, text: &mut dyn Read, want: usize) -> Result<(), Problem> {
    let mut filled = rest.bytes.len();
    let room = want.max(filled) + PADDING;
    rest.bytes
        .try_reserve(room - filled)
        .map_err(|_| Problem::LongRecord { most: filled })?;
    rest.bytes.resize(want.max(filled), 0);
    while filled < want {
        match text.read(&mut rest.bytes[filled..]) {
            Ok(0) => {
                rest.ended = true;
                break;
            }
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(Problem::Corrupt {
                    what: error.to_string(),
                });
            }
        }
    }
    rest.bytes.truncate(filled);
    Ok(())
}

/// Passes over line ends at the start: a text of nothing else must cost nothing.
fn pass_blank(rest: &mut Rest) {
    let blank = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let start = rest.bytes.iter().position(|byte| !blank(byte));
    let start = start.unwrap_or(rest.bytes.len());
    if start > 64 {
        rest.line += lines(&rest.bytes[..start], b'\n');
        rest.bytes.drain(..start);
    }
}

/// Bytes of the whole records that there are.
fn whole_records(rest: &Rest, cut: Cut) -> Result<usize, (u64, Problem)> {
    let bytes = &rest.bytes;
    let quoted = matches!(cut, Cut::Delimited(_)) && memchr::memchr(b'"', bytes).is_some();
    let terminator = cut.terminator();
    if !quoted {
        if rest.ended {
            return Ok(bytes.len());
        }
        let last = memchr::memrchr(terminator, bytes);
        return Ok(last.map_or(0, |last| last + 1));
    }
    let Cut::Delimited(dialect) = cut else {
        return Ok(bytes.len());
    };
    let mut padded = bytes.clone();
    padded.resize(bytes.len() + PADDING, 0);
    let mut records = Records::new(&padded, bytes.len(), rest.ended, dialect);
    while records.at < bytes.len() {
        let start = records.at;
        let next = records.next(&[], &mut |_, _: &[u8]| Ok::<(), ()>(()));
        match next {
            Ok((End::Beyond(true), _)) if rest.ended => {
                let line = rest.line + lines(&bytes[..start], terminator);
                return Err((line, Problem::UnclosedQuote));
            }
            Ok((End::Stray, _)) => {
                let line = rest.line + lines(&bytes[..start], terminator);
                return Err((line, Problem::StrayQuote));
            }
            Ok((End::At(_), _)) => {}
            _ => break,
        }
    }
    Ok(records.at)
}
