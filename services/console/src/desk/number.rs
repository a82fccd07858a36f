//! Numbers, as people type them.

use super::words::said;
use unicode_normalization::UnicodeNormalization as _;

/// What is said of a text that should be a number.
pub(super) const NO_NUMBER: &str = said("is no number: write it in digits, such as 20");

/// The number that a text is. Full-width digits are digits, and commas may stand between thousands, as pages write them.
pub(super) fn read(text: &str) -> Option<u64> {
    let text = plain(text);
    let groups: Vec<&str> = text.split(',').collect();
    let (first, others) = groups.split_first()?;
    let is_grouped = others.is_empty() || (1..=3).contains(&first.len());
    let digits = groups.concat();
    let is_number = !first.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let are_thousands = others.iter().all(|group| group.len() == 3);
    (is_number && is_grouped && are_thousands).then(|| digits.parse().ok()).flatten()
}

/// A text in the characters that codes, numbers and dates are written in, where it was typed in wide ones.
pub(super) fn plain(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_any_width_are_a_number_and_nothing_else_is() {
        for (text, number) in [
            ("3", 3),
            ("３", 3),
            (" ９０ ", 90),
            ("1,004", 1_004),
            ("１，００４", 1_004),
            ("0", 0),
            ("007", 7),
        ] {
            assert_eq!(read(text), Some(number), "{text}");
        }
        for text in
            ["", "三", "三人", "3人", "-1", "+1", "1.5", "1,2", "1,0045", ",100", "99999999999999999999"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(plain(" ２０２７－０３－３１ "), "2027-03-31");
    }
}
