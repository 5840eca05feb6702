//! Numbers as people read them.

/// A count with its thousands parted: 261,050.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share from 0 to 1 as a percentage. Only all is 100%, and only nothing is 0%.
pub fn percent(share: f64) -> String {
    match share {
        0.0 => "0%".to_owned(),
        1.0 => "100%".to_owned(),
        _ if share < 0.0005 => "under 0.1%".to_owned(),
        _ if share >= 0.9995 => "over 99.9%".to_owned(),
        _ => format!("{:.1}%", share * 100.0),
    }
}

/// `part` of `whole` as a share; nothing of nothing is 0.
pub fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_thousands_parted() {
        let counts = [0, 7, 999, 1000, 12_345, 261_050, 1_000_000].map(count);
        assert_eq!(counts, ["0", "7", "999", "1,000", "12,345", "261,050", "1,000,000"]);
    }

    #[test]
    fn shares_never_round_to_all_or_nothing() {
        let shares = [0.0, 0.0001, 0.005, 0.5, 0.9994, 0.99999, 1.0].map(percent);
        let expected = ["0%", "under 0.1%", "0.5%", "50.0%", "99.9%", "over 99.9%", "100%"];
        assert_eq!(shares, expected);
    }
}
