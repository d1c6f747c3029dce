//! Days of the Gregorian calendar.

/// Year, month and day of a day that is counted from 1970-01-01, which is day 0.
pub fn civil(days: i64) -> (i128, u8, u8) {
    // In eras of 400 years: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013,
    // howardhinnant.github.io/date_algorithms.html
    let z = i128::from(days) + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    (year, month as u8, day as u8)
}
