//! Hexadecimal encoding.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

/// Encodes bytes as lower-case hexadecimal digits.
pub fn encode(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Decodes exactly `N` bytes; `None` unless there are twice as many hexadecimal digits.
pub fn decode<const N: usize>(digits: &str) -> Option<[u8; N]> {
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_round_trip() {
        let salt: [u8; 16] = std::array::from_fn(|at| (at * 17) as u8);
        assert_eq!(encode(&salt), "00112233445566778899aabbccddeeff");
        assert_eq!(decode(&encode(&salt)), Some(salt));
        assert_eq!(decode("00112233445566778899AABBCCDDEEFF"), Some(salt));
        for wrong in ["", "00", "+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1", "é".repeat(16).as_str()] {
            assert_eq!(decode::<16>(wrong), None);
        }
    }
}
