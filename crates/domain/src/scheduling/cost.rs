//! Cost (费用): what an hour of one person costs, where a body says it, and what a session comes to. Nothing is ever assumed: a body
//! that says nothing has no cost.

use std::fmt;

/// A currency by its three letters in ISO 4217, such as CNY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// Why something is no currency; it continues the name of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the three capital letters of a currency, such as CNY")]
pub struct NoCurrency;

/// Currencies without smaller units.
const WITHOUT_MINOR_UNITS: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
    "XOF",
];
/// Currencies with a thousand smaller units.
const WITH_THOUSAND: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

impl Currency {
    /// Reads the three letters.
    pub fn parse(text: &str) -> Result<Currency, NoCurrency> {
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| NoCurrency)?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Currency(letters)).ok_or(NoCurrency)
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        // Only letters are ever read.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many of its smallest units are one of it, such as 100 fen.
    pub fn units_in_one(&self) -> u32 {
        10_u32.pow(self.decimals())
    }

    /// Digits after the point of an amount.
    fn decimals(&self) -> u32 {
        match self.as_str() {
            code if WITHOUT_MINOR_UNITS.contains(&code) => 0,
            code if WITH_THOUSAND.contains(&code) => 3,
            _ => 2,
        }
    }
}

/// What an hour of one person costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourlyRate {
    /// The currency.
    pub currency: Currency,
    /// In the smallest units of the currency, such as fen or cents.
    pub minor_units: u32,
}

impl HourlyRate {
    /// What so many minutes come to, to the nearest unit; a half is rounded up.
    pub fn of(&self, person_minutes: u32) -> Money {
        let minor_units = (u64::from(person_minutes) * u64::from(self.minor_units) + 30) / 60;
        Money { currency: self.currency, minor_units }
    }
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// The currency.
    pub currency: Currency,
    /// In its smallest units.
    pub minor_units: u64,
}

impl fmt::Display for Money {
    /// In units of the currency, without its name, such as `1234.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals() as usize;
        let unit = u64::from(self.currency.units_in_one());
        let (whole, rest) = (self.minor_units / unit, self.minor_units % unit);
        if decimals == 0 { write!(f, "{whole}") } else { write!(f, "{whole}.{rest:0decimals$}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(currency: &str, minor_units: u32) -> HourlyRate {
        HourlyRate { currency: Currency::parse(currency).unwrap(), minor_units }
    }

    #[test]
    fn an_hour_of_two_people_costs_twice_the_rate() {
        assert_eq!(rate("CNY", 12_050).of(120).to_string(), "241.00");
        assert_eq!(rate("JPY", 3_000).of(90).to_string(), "4500");
        assert_eq!(rate("KWD", 1_005).of(60).to_string(), "1.005");
        assert_eq!(rate("EUR", 1).of(30).minor_units, 1, "a half is rounded up");
        assert_eq!(rate("EUR", 1).of(29).minor_units, 0);
        assert_eq!(rate("EUR", u32::MAX).of(u32::MAX).currency.as_str(), "EUR", "and nothing overflows");
    }

    #[test]
    fn a_currency_has_three_capital_letters() {
        for text in ["", "cny", "CN", "CNYY", "C1Y", "人民币", "ＣＮＹ"] {
            assert_eq!(Currency::parse(text), Err(NoCurrency), "{text:?}");
        }
    }
}
