//! A synthetic day of bookings. Its distributions (by hour, and by days ahead) are those of a real city's
//! 110,527 appointments on 27 clinic days. Only these distributions are in the code, no personal data.

use std::fmt::Write;

use crate::rng::Rng;

/// The share of bookings made in each hour of the day, in thousandths. The peak is at seven, when clinics open.
const HOURS: [u32; 24] =
    [4, 3, 2, 2, 4, 12, 48, 170, 132, 104, 86, 74, 58, 60, 62, 52, 40, 28, 18, 14, 10, 8, 5, 4];
/// One booking in this many is sent twice by the same patient within the same second.
const REPEATED_ONE_IN: u32 = 87;

/// How many days ahead an appointment is: 35 % the same day, the median at 4 days, 90 % within 30 days.
fn lead_days(rng: &mut Rng) -> u32 {
    match rng.below(100) {
        0..35 => 0,
        35..50 => 1 + rng.below(4),
        50..75 => 4 + rng.below(9),
        75..90 => 13 + rng.below(18),
        90..99 => 30 + rng.below(39),
        _ => 68 + rng.below(60),
    }
}

/// CSV with the columns `patient,created_at,appointment_date`, sorted by `created_at`.
pub fn csv(appointments: u32, seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let total: u32 = HOURS.iter().sum();
    let mut rows: Vec<(u32, String)> = Vec::new();
    for n in 0..appointments {
        let mut left = rng.below(total);
        let hour = HOURS.iter().position(|share| {
            let here = left < *share;
            left = left.saturating_sub(*share);
            here
        });
        let hour = u32::try_from(hour.unwrap_or(7)).unwrap_or(7);
        // A third of an hour's bookings fall into its first ten minutes.
        let minute = if rng.below(3) == 0 { rng.below(10) } else { rng.below(60) };
        let second = hour * 3600 + minute * 60 + rng.below(60);
        let (clock, date) = (clock(second), date(lead_days(&mut rng)));
        let row = format!("patient-{n},2026-05-04T{clock}Z,{date}");
        if rng.below(REPEATED_ONE_IN) == 0 {
            rows.push((second, row.clone()));
        }
        rows.push((second, row));
    }
    rows.sort_by_key(|(second, _)| *second);
    let mut text = "patient,created_at,appointment_date\n".to_owned();
    for (_, row) in rows {
        let _ = writeln!(text, "{row}");
    }
    text
}

fn clock(second: u32) -> String {
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// The date this many days after 4 May 2026.
fn date(days: u32) -> String {
    const MONTHS: [u32; 8] = [31, 30, 31, 31, 30, 31, 30, 31];
    let (mut day, mut month) = (4 + days, 0);
    while let Some(length) = MONTHS.get(month)
        && day > *length
    {
        day -= length;
        month += 1;
    }
    format!("2026-{:02}-{day:02}", month + 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_looks_like_the_city() {
        let text = csv(5_000, 1);
        assert_eq!(text, csv(5_000, 1), "the same seed gives the same day");
        let rows: Vec<&str> = text.lines().skip(1).collect();
        assert!((5_020..5_120).contains(&rows.len()), "{} rows", rows.len());
        let at_seven = rows.iter().filter(|row| row.contains("T07:")).count();
        assert!((750..950).contains(&at_seven), "{at_seven} at seven");
        let same_day = rows.iter().filter(|row| row.ends_with("2026-05-04")).count();
        assert!((1_600..1_900).contains(&same_day), "{same_day} on the same day");
    }

    #[test]
    fn days_are_counted_over_months() {
        assert_eq!(date(0), "2026-05-04");
        assert_eq!(date(27), "2026-05-31");
        assert_eq!(date(28), "2026-06-01");
        assert_eq!(date(127), "2026-09-08");
    }
}
