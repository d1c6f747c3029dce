//! Where the separators of a text are, 64 bytes at a time.

use wide::{CmpEq, i8x16};

/// A bit for each of 64 bytes that is one of three.
#[inline]
pub fn marks(bytes: &[u8; 64], wanted: [u8; 3]) -> u64 {
    find(bytes, wanted)
        .into_iter()
        .fold(0, |all, one| all | one)
}

/// For each of some bytes: a bit for each of 64 that is it.
#[inline]
pub fn find<const N: usize>(bytes: &[u8; 64], wanted: [u8; N]) -> [u64; N] {
    let parts = bytes.as_chunks::<16>().0;
    let parts: [i8x16; 4] = std::array::from_fn(|i| i8x16::new(parts[i].map(|b| b as i8)));
    wanted.map(|byte| {
        let byte = i8x16::splat(byte as i8);
        let bits = parts.map(|part| u64::from(part.cmp_eq(byte).move_mask() as u16));
        bits[0] | bits[1] << 16 | bits[2] << 32 | bits[3] << 48
    })
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
            let each = wanted.map(|byte| (0..64).filter(|&i| block[i] == byte).fold(0, |m, i| m | 1 << i));
            prop_assert_eq!(find(&block, wanted), each);
        }
    }
}
