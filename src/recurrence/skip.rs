//! Dates that do not exist, moved to ones that do (RFC 7529, 4.1).

use std::ops::Range;

use chrono::{Datelike, NaiveDate};

use super::expand::month_of;
use super::rule::{Frequency, Rule, Skip};

impl Rule {
    /// The days to which the dates of the months of a range are moved. For example, in a month without a 31st, the 31st
    /// is moved to the last day or to the first day of the next month.
    pub(super) fn moved_days(&self, span: Range<NaiveDate>) -> Vec<NaiveDate> {
        let by_month = matches!(self.frequency, Frequency::Monthly | Frequency::Yearly);
        let largest = self.month_days.iter().copied().max().unwrap_or(0);
        let mut moved = Vec::new();
        let mut first = span.start;
        while by_month && first < span.end {
            let Some(month) = month_of(first) else { break };
            let days = i64::from(first.num_days_in_month());
            let wanted = self.months.is_empty()
                || self.months.iter().any(|month| u32::from(*month) == first.month());
            if wanted && i64::from(largest) > days {
                let day = match self.skip {
                    Skip::Omit => None,
                    Skip::Backward => month.end.pred_opt(),
                    Skip::Forward => Some(month.end),
                };
                let fits = |day: &NaiveDate| {
                    self.weekdays.is_empty()
                        || self.weekdays.iter().any(|weekday| self.is_nth(*weekday, *day))
                };
                moved.extend(day.filter(fits));
            }
            first = month.end;
        }
        moved
    }
}
