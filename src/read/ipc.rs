//! Messages of Arrow IPC: how they are framed, what is checked before one is decoded, and decoding.
//!
//! Format: arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc.
//! A message is never believed: its lengths are held against the bytes there are, and what its
//! wanted buffers say to inflate to is bounded before anything inflates.

use std::collections::HashMap;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Schema, SchemaRef, UnionMode};
use arrow::ipc::convert::try_fb_to_schema;
use arrow::ipc::reader::{read_dictionary, read_record_batch};
use arrow::ipc::{self, MessageHeader, MetadataVersion};

use super::guard;

/// Most bytes of the header of a message.
pub const HEADER_BYTES: u64 = 64 << 20;
/// Most bytes that the wanted columns of one record batch may take.
const BATCH_BYTES: i64 = 512 << 20;
/// Deepest nesting of a column.
const DEPTH: usize = 64;

/// One message.
#[derive(Debug, Clone)]
pub struct Message {
    /// The flatbuffer, without its frame.
    pub header: Vec<u8>,
    /// The buffers; those that were not wanted may be zeros.
    pub body: Buffer,
}

/// What a message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// The columns.
    Schema,
    /// Entries of the dictionary with this number.
    Dictionary(i64),
    /// So many rows.
    Batch(u64),
}

/// Why a message cannot be read.
pub type Fault = String;

/// What the header of a message says: what it carries, and the bytes of its body.
pub fn describe(header: &[u8]) -> Result<(Carries, u64), Fault> {
    let message = ipc::root_as_message(header).map_err(|e| e.to_string())?;
    let body = u64::try_from(message.bodyLength()).map_err(|_| "a body of negative length")?;
    let carries = match message.header_type() {
        MessageHeader::Schema => Carries::Schema,
        MessageHeader::DictionaryBatch => {
            let batch = message.header_as_dictionary_batch();
            Carries::Dictionary(batch.ok_or("a dictionary without a header")?.id())
        }
        MessageHeader::RecordBatch => {
            let batch = message.header_as_record_batch();
            let rows = batch.ok_or("a record batch without a header")?.length();
            let rows = u32::try_from(rows).map_err(|_| format!("a record batch of {rows} rows"))?;
            Carries::Batch(rows.into())
        }
        _ => return Err("a message that is neither schema, dictionary nor rows".to_owned()),
    };
    Ok((carries, body))
}

/// The schema in a message, with the version of the format.
pub fn schema_of(header: &[u8]) -> Result<(SchemaRef, MetadataVersion), Fault> {
    let message = ipc::root_as_message(header).map_err(|e| e.to_string())?;
    let schema = message
        .header_as_schema()
        .ok_or("a stream that does not begin with a schema")?;
    Ok((schema_from(schema)?, message.version()))
}

/// A schema in the byte order of this machine.
pub fn schema_from(schema: ipc::Schema) -> Result<SchemaRef, Fault> {
    if !schema.endianness().equals_to_target_endianness() {
        return Err("its byte order is not that of this machine".to_owned());
    }
    let schema = try_fb_to_schema(schema).map_err(|e| e.to_string())?;
    Ok(Arc::new(schema))
}

/// The flatbuffer within the frame of a message in a file.
pub fn unframe(framed: &[u8]) -> Result<&[u8], Fault> {
    let skip = if framed.starts_with(&[0xff; 4]) { 8 } else { 4 };
    framed
        .get(skip..)
        .ok_or_else(|| "a message cut off in its frame".to_owned())
}

/// The next message of a stream; `None` at its end.
pub fn next_message(reader: &mut dyn Read) -> Result<Option<Message>, NextFault> {
    let Some(mut length) = next_length(reader)? else {
        return Ok(None);
    };
    if length == u32::MAX {
        match next_length(reader)? {
            Some(next) => length = next,
            None => return Err(cut_off()),
        }
    }
    if length == 0 {
        return Ok(None);
    }
    if u64::from(length) > HEADER_BYTES {
        return Err(format!("a message header of {length} bytes").into());
    }
    let header = exactly(reader, length.into())?;
    let (_, body) = guard::run(|| describe(&header)).and_then(|described| described)?;
    if body > BATCH_BYTES as u64 {
        return Err(format!("a message of {body} bytes").into());
    }
    let body = exactly(reader, body)?;
    Ok(Some(Message {
        header,
        body: Buffer::from_vec(body),
    }))
}

/// Why there is no next message.
#[derive(Debug)]
pub enum NextFault {
    /// The stream is damaged.
    Corrupt(Fault),
    /// The stream cannot be read.
    Io(std::io::Error),
}

impl From<Fault> for NextFault {
    fn from(what: Fault) -> Self {
        Self::Corrupt(what)
    }
}

fn cut_off() -> NextFault {
    NextFault::Corrupt("the stream is cut off in a message".to_owned())
}

/// The next four bytes; `None` if there are none.
fn next_length(reader: &mut dyn Read) -> Result<Option<u32>, NextFault> {
    let mut bytes = Vec::with_capacity(4);
    reader
        .take(4)
        .read_to_end(&mut bytes)
        .map_err(NextFault::Io)?;
    match <[u8; 4]>::try_from(&bytes[..]) {
        Ok(bytes) => Ok(Some(u32::from_le_bytes(bytes))),
        Err(_) if bytes.is_empty() => Ok(None),
        Err(_) => Err(cut_off()),
    }
}

/// So many bytes, in room that grows with what comes and not with what was claimed.
fn exactly(reader: &mut dyn Read, length: u64) -> Result<Vec<u8>, NextFault> {
    let mut bytes = Vec::with_capacity(length.min(1 << 20) as usize);
    reader
        .take(length)
        .read_to_end(&mut bytes)
        .map_err(NextFault::Io)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(cut_off())
    }
}

/// What is needed to decode messages: the schema and the dictionaries so far.
#[derive(Debug, Clone)]
pub struct Decoder {
    schema: SchemaRef,
    version: MetadataVersion,
    dictionaries: HashMap<i64, ArrayRef>,
}

impl Decoder {
    /// No dictionaries yet.
    pub fn new(schema: SchemaRef, version: MetadataVersion) -> Self {
        Self {
            schema,
            version,
            dictionaries: HashMap::new(),
        }
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Takes in the entries of a dictionary: a new one, another, or more of the same.
    pub fn learn(&mut self, message: &Message) -> Result<(), Fault> {
        guard::run(|| {
            let parsed = ipc::root_as_message(&message.header).map_err(|e| e.to_string())?;
            let batch = parsed
                .header_as_dictionary_batch()
                .ok_or("not a dictionary")?;
            let data = batch.data().ok_or("a dictionary without entries")?;
            let buffers = data.buffers().map_or(0, |buffers| buffers.len());
            let ranges = ranges_of(&data, std::iter::once(0..buffers), &message.body)?;
            check_inflated(&data, &ranges, &message.body)?;
            read_dictionary(
                &message.body,
                batch,
                &self.schema,
                &mut self.dictionaries,
                &self.version,
            )
            .map_err(|e| e.to_string())
        })?
    }

    /// The wanted columns of a record batch, in the order in which they were asked for.
    pub fn batch(&self, message: &Message, columns: &[usize]) -> Result<RecordBatch, Fault> {
        guard::run(|| {
            let parsed = ipc::root_as_message(&message.header).map_err(|e| e.to_string())?;
            let batch = parsed
                .header_as_record_batch()
                .ok_or("not a record batch")?;
            let spans = self.spans(&batch)?;
            let wanted = columns.iter().map(|&column| spans[column].clone());
            let ranges = ranges_of(&batch, wanted, &message.body)?;
            check_inflated(&batch, &ranges, &message.body)?;
            read_record_batch(
                &message.body,
                batch,
                Arc::clone(&self.schema),
                &self.dictionaries,
                Some(columns),
                &self.version,
            )
            .map_err(|e| e.to_string())
        })?
    }

    /// Where in its body the wanted columns of a record batch are.
    pub fn wanted(&self, header: &[u8], columns: &[usize]) -> Result<Vec<Range<usize>>, Fault> {
        guard::run(|| {
            let parsed = ipc::root_as_message(header).map_err(|e| e.to_string())?;
            let batch = parsed
                .header_as_record_batch()
                .ok_or("not a record batch")?;
            let body = usize::try_from(parsed.bodyLength()).map_err(|e| e.to_string())?;
            let spans = self.spans(&batch)?;
            let wanted = columns.iter().map(|&column| spans[column].clone());
            ranges_within(&batch, wanted, body)
        })?
    }

    /// Which buffers each column has.
    fn spans(&self, batch: &ipc::RecordBatch) -> Result<Vec<Range<usize>>, Fault> {
        let mut variadic = batch.variadicBufferCounts().into_iter().flatten();
        let union_validity = usize::from(self.version < MetadataVersion::V5);
        let mut next = 0_usize;
        let mut spans = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            let count = buffers(field.data_type(), &mut variadic, union_validity, 0)
                .and_then(|count| next.checked_add(count))
                .ok_or("a column without the count of its buffers")?;
            spans.push(next..count);
            next = count;
        }
        Ok(spans)
    }
}

/// How many buffers a column has, its children included; `None` where its header does not say.
fn buffers(
    data_type: &DataType,
    variadic: &mut impl Iterator<Item = i64>,
    union_validity: usize,
    depth: usize,
) -> Option<usize> {
    if depth > DEPTH {
        return None;
    }
    let mut of = |child: &DataType| buffers(child, variadic, union_validity, depth + 1);
    Some(match data_type {
        DataType::Null => 0,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => 3,
        DataType::Utf8View | DataType::BinaryView => {
            usize::try_from(variadic.next()?).ok()?.checked_add(2)?
        }
        DataType::List(child) | DataType::LargeList(child) | DataType::Map(child, _) => {
            2 + of(child.data_type())?
        }
        DataType::ListView(child) | DataType::LargeListView(child) => 3 + of(child.data_type())?,
        DataType::FixedSizeList(child, _) => 1 + of(child.data_type())?,
        DataType::Struct(children) => {
            let mut sum = 1;
            for child in children {
                sum += of(child.data_type())?;
            }
            sum
        }
        DataType::Union(children, mode) => {
            let mut sum = union_validity + 1 + usize::from(*mode == UnionMode::Dense);
            for (_, child) in children.iter() {
                sum += of(child.data_type())?;
            }
            sum
        }
        DataType::RunEndEncoded(ends, values) => of(ends.data_type())? + of(values.data_type())?,
        _ => 2,
    })
}

fn ranges_of(
    batch: &ipc::RecordBatch,
    wanted: impl Iterator<Item = Range<usize>>,
    body: &Buffer,
) -> Result<Vec<Range<usize>>, Fault> {
    ranges_within(batch, wanted, body.len())
}

/// Where the wanted buffers are; an error if one of them is not within the body.
fn ranges_within(
    batch: &ipc::RecordBatch,
    wanted: impl Iterator<Item = Range<usize>>,
    body: usize,
) -> Result<Vec<Range<usize>>, Fault> {
    let buffers = batch.buffers().ok_or("a record batch without buffers")?;
    let mut ranges = Vec::new();
    for at in wanted.flatten() {
        if at >= buffers.len() {
            return Err("fewer buffers than the columns need".to_owned());
        }
        let buffer = buffers.get(at);
        let start = usize::try_from(buffer.offset()).ok();
        let end = usize::try_from(buffer.length())
            .ok()
            .zip(start)
            .and_then(|(length, start)| start.checked_add(length))
            .filter(|&end| end <= body);
        match (start, end) {
            (Some(start), Some(end)) => ranges.push(start..end),
            _ => return Err("a buffer beyond the end of its message".to_owned()),
        }
    }
    Ok(ranges)
}

/// An error if the buffers would take too much room once they are inflated.
fn check_inflated(
    batch: &ipc::RecordBatch,
    ranges: &[Range<usize>],
    body: &[u8],
) -> Result<(), Fault> {
    let compressed = batch.compression().is_some();
    let mut sum = 0_i64;
    for range in ranges {
        let bytes = &body[range.clone()];
        let inflated = match bytes.first_chunk::<8>() {
            // A length of -1 marks a buffer that is stored as it is.
            Some(length) if compressed && *length != [0xff; 8] => i64::from_le_bytes(*length),
            _ => bytes.len() as i64,
        };
        if inflated < 0 {
            return Err("a buffer of negative length".to_owned());
        }
        sum = sum.saturating_add(inflated);
    }
    if sum > BATCH_BYTES {
        return Err(format!(
            "a record batch whose columns take {sum} bytes (at most {BATCH_BYTES})"
        ));
    }
    Ok(())
}

/// The numbers of the dictionaries that columns need.
pub fn dictionary_ids(schema: &Schema, columns: &[usize]) -> Vec<i64> {
    columns
        .iter()
        .filter_map(|&column| {
            #[expect(
                deprecated,
                reason = "the only way from a column to its dictionary messages"
            )]
            schema.field(column).dict_id()
        })
        .collect()
}
