//! Opening: what an input is, by its first bytes and not by its name alone.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::Options;
use crate::error::{Error, Place, Problem, Result};

/// Bytes looked at to tell what a file is.
const HEAD: usize = 256 << 10;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, or another separator.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// One JSON object a line.
    JsonLines,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow, with a footer.
    ArrowFile,
    /// Apache Arrow, as a stream.
    ArrowStream,
}

/// The names of the formats after `--input-format`.
pub const FORMATS: &[(&str, Format)] = &[
    ("csv", Format::Csv),
    ("tsv", Format::Tsv),
    ("jsonl", Format::JsonLines),
    ("parquet", Format::Parquet),
    ("arrow", Format::ArrowFile),
];

impl Format {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
            Self::ArrowFile | Self::ArrowStream => "arrow",
        }
    }

    /// Whether it is text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv | Self::JsonLines)
    }
}

/// How a text is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// How a text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; so many bytes of byte-order mark in front.
    Utf8(usize),
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
}

/// An input, opened as far as to know what it is.
pub struct Identified {
    /// As the user named it, for messages.
    pub name: String,
    /// Where it is; `None` for a pipe.
    pub path: Option<PathBuf>,
    /// What it holds.
    pub format: Format,
    /// How it is packed.
    pub packing: Packing,
    /// How its text is encoded.
    pub encoding: Encoding,
    /// The start of its text, unpacked and as UTF-8.
    pub head: Vec<u8>,
    /// Whether the head is the whole text.
    pub whole: bool,
    /// The whole of a pipe, from its first byte on; taken once.
    pub pipe: Option<Box<dyn Read + Send>>,
}

impl Identified {
    /// The text from its first byte, unpacked and as UTF-8 (without a byte-order mark).
    pub fn text(&mut self) -> Result<Box<dyn Read + Send>> {
        let raw: Box<dyn Read + Send> = match (&self.path, self.pipe.take()) {
            (_, Some(pipe)) => pipe,
            (Some(path), None) => Box::new(File::open(path).map_err(|source| Error::Read {
                path: path.clone(),
                source,
            })?),
            (None, None) => Box::new(io::empty()),
        };
        decode(unpack(raw, self.packing), self.encoding)
            .map_err(|error| unreadable(&self.name, &error))
    }

    /// `csv`, `tsv (gzip)` …
    pub fn format_name(&self) -> String {
        let packing = match self.packing {
            Packing::None => "",
            Packing::Gzip => " (gzip)",
            Packing::Zstd => " (zstd)",
        };
        format!("{}{packing}", self.format.name())
    }
}

/// An error of reading `name`, told as damage where the bytes are to blame.
pub fn unreadable(name: &str, error: &io::Error) -> Error {
    Error::Data {
        place: Place::file(name),
        problem: Problem::Corrupt {
            what: error.to_string(),
        },
    }
}

fn unpack(raw: Box<dyn Read + Send>, packing: Packing) -> io::Result<Box<dyn Read + Send>> {
    Ok(match packing {
        Packing::None => raw,
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(raw)),
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(raw)?),
    })
}

fn decode(
    text: io::Result<Box<dyn Read + Send>>,
    encoding: Encoding,
) -> io::Result<Box<dyn Read + Send>> {
    let mut text = text?;
    let from = match encoding {
        Encoding::Utf8(mark) => {
            let mut skipped = [0; 3];
            text.read_exact(&mut skipped[..mark])?;
            return Ok(text);
        }
        Encoding::Utf16Le => encoding_rs::UTF_16LE,
        Encoding::Utf16Be => encoding_rs::UTF_16BE,
    };
    Ok(Box::new(Transcode {
        source: text,
        decoder: from.new_decoder_with_bom_removal(),
        raw: vec![0; 64 << 10],
        out: Vec::new(),
        next: 0,
        ended: false,
    }))
}

/// UTF-16 to UTF-8.
struct Transcode {
    source: Box<dyn Read + Send>,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    out: Vec<u8>,
    next: usize,
    ended: bool,
}

impl Read for Transcode {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.next == self.out.len() {
            if self.ended {
                return Ok(0);
            }
            let read = self.source.read(&mut self.raw)?;
            self.ended = read == 0;
            let most = self.decoder.max_utf8_buffer_length(read).unwrap_or(0);
            self.out.resize(most, 0);
            self.next = 0;
            let (_, _, written, bad) =
                self.decoder
                    .decode_to_utf8(&self.raw[..read], &mut self.out, self.ended);
            if bad {
                let what = "it begins as UTF-16 and goes on as something else";
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            self.out.truncate(written);
        }
        let read = buffer.len().min(self.out.len() - self.next);
        buffer[..read].copy_from_slice(&self.out[self.next..self.next + read]);
        self.next += read;
        Ok(read)
    }
}

/// Finds out what an input is. `-` is standard input.
pub fn identify(input: &OsStr, options: &Options) -> Result<Identified> {
    let name = input.to_string_lossy().into_owned();
    if input == "-" {
        return of_pipe(&name, Box::new(io::stdin()), options);
    }
    let path = Path::new(input);
    let fail = |source: io::Error| Error::Read {
        path: path.to_owned(),
        source,
    };
    let refuse = |problem: Problem| Error::Data {
        place: Place::file(&*name),
        problem,
    };
    let kind = std::fs::metadata(path).map_err(fail)?.file_type();
    if kind.is_dir() {
        return Err(refuse(Problem::Folder));
    }
    if kind.is_fifo() || is_standard_input(path) {
        let file = File::open(path).map_err(fail)?;
        return of_pipe(&name, Box::new(file), options);
    }
    if path == Path::new("/dev/null") {
        return Err(refuse(Problem::NoRows));
    }
    if !kind.is_file() {
        return Err(refuse(Problem::Device));
    }
    let mut head = Vec::new();
    let mut file = File::open(path).map_err(fail)?;
    Read::take(&mut file, HEAD as u64)
        .read_to_end(&mut head)
        .map_err(fail)?;
    let mut identified = of_head(&name, &head, path.extension(), options)?;
    identified.path = Some(path.to_owned());
    Ok(identified)
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("/dev/stdin")
        || path.starts_with("/dev/fd")
        || path.starts_with("/proc/self/fd")
}

fn of_pipe(name: &str, mut pipe: Box<dyn Read + Send>, options: &Options) -> Result<Identified> {
    let mut head = Vec::new();
    Read::take(&mut pipe, HEAD as u64)
        .read_to_end(&mut head)
        .map_err(|source| Error::Read {
            path: PathBuf::from(name),
            source,
        })?;
    let mut identified = of_head(name, &head, None, options)?;
    identified.pipe = Some(Box::new(Cursor::new(head).chain(pipe)));
    Ok(identified)
}

fn of_head(
    name: &str,
    head: &[u8],
    extension: Option<&OsStr>,
    options: &Options,
) -> Result<Identified> {
    let refuse = |problem: Problem| Error::Data {
        place: Place::file(name),
        problem,
    };
    if head.is_empty() {
        return Err(refuse(Problem::NoRows));
    }
    let forced = options.format.as_deref();
    let forced = forced.and_then(|f| FORMATS.iter().find(|(n, _)| *n == f).map(|(_, f)| *f));
    let mut found = Identified {
        path: None,
        format: Format::Csv,
        packing: Packing::None,
        encoding: Encoding::Utf8(0),
        head: Vec::new(),
        whole: false,
        pipe: None,
        name: name.to_owned(),
    };
    if let Some(format) = binary_format(head) {
        if forced.is_some_and(|forced| forced.name() != format.name()) {
            return Err(refuse(Problem::LooksLike {
                what: format.name(),
            }));
        }
        found.format = format;
        return Ok(found);
    }
    if let Some(format) = forced.filter(|format| !format.is_text()) {
        return Err(refuse(Problem::IsNot {
            what: format.name(),
        }));
    }
    if let Some(what) = foreign(head) {
        return Err(refuse(Problem::LooksLike { what }));
    }
    let named = extension
        .and_then(OsStr::to_str)
        .map(str::to_ascii_lowercase);
    if let (None, Some("parquet" | "arrow" | "feather")) = (forced, named.as_deref()) {
        let what = if named.as_deref() == Some("parquet") {
            "Parquet"
        } else {
            "Arrow"
        };
        return Err(refuse(Problem::IsNot { what }));
    }
    found.packing = match head {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
        _ => Packing::None,
    };
    let (text, whole) =
        unpacked_head(head, found.packing).map_err(|error| unreadable(name, &error))?;
    found.whole = whole && head.len() < HEAD;
    found.encoding = encoding(&text).map_err(refuse)?;
    let decoded = decode(Ok(Box::new(Cursor::new(text))), found.encoding);
    let mut decoded = decoded.map_err(|e| unreadable(name, &e))?;
    // A head that was cut in the middle of a character is no reason to refuse the file.
    let mut start = [0; 4096];
    while let Ok(read @ 1..) = decoded.read(&mut start) {
        found.head.extend_from_slice(&start[..read]);
    }
    if let Some(what) = foreign(&found.head) {
        return Err(refuse(Problem::LooksLike { what }));
    }
    found.format = forced.unwrap_or_else(|| text_format(&found.head, extension, name));
    Ok(found)
}

/// Formats that their first bytes tell.
fn binary_format(head: &[u8]) -> Option<Format> {
    match head {
        [b'P', b'A', b'R', b'1' | b'E', ..] => Some(Format::Parquet),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Some(Format::ArrowFile),
        [0xff, 0xff, 0xff, 0xff, ..] => Some(Format::ArrowStream),
        _ => None,
    }
}

/// What cannot be read, by its first bytes.
fn foreign(head: &[u8]) -> Option<&'static str> {
    const KNOWN: &[(&[u8], &str)] = &[
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"PK\x03\x04", "a zip archive (or an Excel workbook)"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
        (b"%PDF", "a PDF document"),
        (b"SQLite format 3", "a SQLite database"),
        (b"BZh", "a bzip2 file"),
        (b"\xfd7zXZ", "an xz file"),
        (b"\x7fELF", "a program"),
        (b"ORC", "an ORC file"),
        (b"Obj\x01", "an Avro file"),
    ];
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(what);
    }
    let start: String = head.iter().take(256).map(|&b| char::from(b)).collect();
    let start = start.trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Some("a page of HTML (an error page that was saved?)");
    }
    start.starts_with("<?xml").then_some("an XML document")
}

/// The start of the text, and whether it is all that the head holds.
fn unpacked_head(head: &[u8], packing: Packing) -> io::Result<(Vec<u8>, bool)> {
    if packing == Packing::None {
        return Ok((head.to_vec(), true));
    }
    let mut text = Vec::new();
    let reader = unpack(Box::new(Cursor::new(head.to_vec())), packing)?;
    // The head of a packed file ends in the middle: what came before the error is enough.
    match reader.take(HEAD as u64).read_to_end(&mut text) {
        Err(error) if text.is_empty() => Err(error),
        Err(_) => Ok((text, false)),
        Ok(read) => Ok((text, read < HEAD)),
    }
}

/// How a text is encoded, by its byte-order mark or its zero bytes.
fn encoding(text: &[u8]) -> std::result::Result<Encoding, Problem> {
    match text {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            return Err(Problem::Encoding { what: "UTF-32" });
        }
        [0xff, 0xfe, ..] => return Ok(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => return Ok(Encoding::Utf16Be),
        [0xef, 0xbb, 0xbf, ..] => return Ok(Encoding::Utf8(3)),
        _ => {}
    }
    let zeros = memchr::memchr_iter(0, text).count();
    if zeros * 2 > text.len() {
        let what = if zeros == text.len() {
            "nothing but zero bytes"
        } else {
            "UTF-32 without a byte-order mark"
        };
        return Err(Problem::Encoding { what });
    }
    if zeros * 5 > text.len() {
        let what = "UTF-16 without a byte-order mark";
        return Err(Problem::Encoding { what });
    }
    Ok(Encoding::Utf8(0))
}

/// The format of a text, by the name of the file and by its first character.
fn text_format(head: &[u8], extension: Option<&OsStr>, name: &str) -> Format {
    let named = name.to_ascii_lowercase();
    let stem = named.trim_end_matches(".gz").trim_end_matches(".zst");
    let extension = extension.map(|_| Path::new(stem).extension().unwrap_or_default());
    let extension = extension.and_then(OsStr::to_str).unwrap_or_default();
    let mut first = head.iter().filter(|b| !b.is_ascii_whitespace());
    match extension {
        "tsv" | "tab" => Format::Tsv,
        "jsonl" | "ndjson" | "json" => Format::JsonLines,
        _ if is_json(first.next(), first.next()) => Format::JsonLines,
        _ => Format::Csv,
    }
}

/// Whether a text that starts so (spaces aside) is an object, or a list of them.
fn is_json(first: Option<&u8>, second: Option<&u8>) -> bool {
    matches!(
        (first, second),
        (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{'))
    )
}
