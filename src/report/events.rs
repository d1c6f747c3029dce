//! Scalars as an event file of `TensorBoard`.
//!
//! In: what came to what at which step. Out: bytes: records framed as `TFRecord` (length, masked CRC-32C
//! of it, data, masked CRC-32C of them; `tensorflow/core/lib/io/record_writer.h`), each an `Event` of
//! `event.proto`. No clock: the wall time of every event is 0, so the same scalars are the same bytes.

/// What a file of events is called; `TensorBoard` looks for `tfevents`.
pub const NAME: &str = "events.out.tfevents.0.fair-audit";

/// What the first event of a file says.
const VERSION: &[u8] = b"brain.Event:2";
/// What is added to a turned checksum.
const MASK: u32 = 0xa282_ead8;
/// The polynomial of Castagnoli, lowest bit first (Castagnoli, Bräuer and Herrmann 1993,
/// doi:10.1109/26.231911; RFC 3720, appendix B.4).
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// The kinds of fields of a message: a number of 64 bits, bytes, a number of 32 bits.
const VARINT: u8 = 0;
const BYTES: u8 = 2;
const FIXED32: u8 = 5;

/// What came to what at a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalars {
    /// From 0.
    pub step: u64,
    /// Names and values; they are kept in single precision.
    pub values: Vec<(String, f64)>,
}

/// The file of some steps.
pub fn file(steps: &[Scalars]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut version = Vec::new();
    bytes(3, VERSION, &mut version);
    record(&version, &mut file);
    for step in steps.iter().filter(|step| !step.values.is_empty()) {
        let mut summary = Vec::new();
        for (tag, value) in &step.values {
            let mut one = Vec::new();
            bytes(1, tag.as_bytes(), &mut one);
            key(2, FIXED32, &mut one);
            one.extend((*value as f32).to_le_bytes());
            bytes(1, &one, &mut summary);
        }
        let mut event = Vec::new();
        if step.step > 0 {
            key(2, VARINT, &mut event);
            varint(step.step, &mut event);
        }
        bytes(5, &summary, &mut event);
        record(&event, &mut file);
    }
    file
}

/// A record in its frame.
fn record(data: &[u8], file: &mut Vec<u8>) {
    let length = (data.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(masked(crc32c(&length)).to_le_bytes());
    file.extend_from_slice(data);
    file.extend(masked(crc32c(data)).to_le_bytes());
}

fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(MASK)
}

/// The checksum CRC-32C.
pub fn crc32c(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in data {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let bit = crc & 1;
            crc = (crc >> 1) ^ (POLYNOMIAL * bit);
        }
    }
    !crc
}

fn key(field: u8, kind: u8, message: &mut Vec<u8>) {
    message.push(field << 3 | kind);
}

fn bytes(field: u8, own: &[u8], message: &mut Vec<u8>) {
    key(field, BYTES, message);
    varint(own.len() as u64, message);
    message.extend_from_slice(own);
}

/// Seven bits a byte, the lowest first; all but the last have the eighth bit.
fn varint(mut number: u64, message: &mut Vec<u8>) {
    while number > 0x7f {
        message.push(number as u8 | 0x80);
        number >>= 7;
    }
    message.push(number as u8);
}
