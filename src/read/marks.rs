//! Where the separators of a text are, 64 bytes at a time.

/// A bit for each of 64 bytes that is one of three.
///
/// Written so that the compiler compares sixteen bytes or more at a time: first a byte of 0 or 1 for
/// each, then the eight of a word gathered into a byte by one multiplication.
#[inline]
pub fn marks(bytes: &[u8; 64], [a, b, c]: [u8; 3]) -> u64 {
    let mut found = [0_u8; 64];
    for (found, &byte) in found.iter_mut().zip(bytes) {
        *found = u8::from(byte == a) | u8::from(byte == b) | u8::from(byte == c);
    }
    let mut marks = 0;
    for (i, word) in found.as_chunks::<8>().0.iter().enumerate() {
        let bits = u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        marks |= bits << (8 * i);
    }
    marks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn marks_are_those_of_a_plain_loop(bytes in prop::collection::vec(any::<u8>(), 64), few in any::<bool>()) {
            let mut block = [0; 64];
            for (to, from) in block.iter_mut().zip(&bytes) {
                *to = if few { b",\n\"a"[usize::from(*from) % 4] } else { *from };
            }
            let wanted = [b',', b'\n', b'"'];
            let plain = (0..64).filter(|&i| wanted.contains(&block[i])).fold(0, |m, i| m | 1_u64 << i);
            prop_assert_eq!(marks(&block, wanted), plain);
        }
    }
}
