//! A month with the exceptions to the regular hours.

use chrono::{Datelike as _, NaiveDate};
use leptos::prelude::*;
use nadi::calendar::Month;
use nadi::ports::HolidayView;
use nadi::schedule::Schedule;

use super::exceptions::{Kind, Mark, on};
use crate::fns::schedules::repeats::WEEKDAYS;
use crate::i18n::{self, text};
use crate::ui::{Icon, Shape};

/// How many months ahead can be shown.
const MONTHS_AHEAD: i32 = 13;

/// Months since the year 0.
fn number(month: Month) -> i32 {
    month.first().year() * 12 + i32::try_from(month.first().month()).unwrap_or(0)
}

/// The month to show: the requested one if it is in range, otherwise the current one.
pub fn within_reach(asked: Option<Month>, today: NaiveDate) -> Month {
    let this = Month::of(today);
    let reach = number(this)..=number(this) + MONTHS_AHEAD;
    asked.filter(|month| reach.contains(&number(*month))).unwrap_or(this)
}

#[component]
pub fn ExceptionMonth(
    month: Month,
    today: NaiveDate,
    schedule: Schedule,
    holidays: Vec<HolidayView>,
    /// The address of another month.
    href: impl Fn(Month) -> String,
) -> impl IntoView {
    let this = Month::of(today);
    let previous = (month > this).then(|| href(month.previous()));
    let next = (number(month) < number(this) + MONTHS_AHEAD).then(|| href(month.next()));
    let names: Vec<_> = WEEKDAYS
        .into_iter()
        .map(|(day, _)| {
            let (short, whole) = (i18n::short_weekday(day), i18n::weekday(day));
            view! { <th scope="col"><abbr title=whole>{short}</abbr></th> }
        })
        .collect();
    let weeks: Vec<_> = month
        .weeks()
        .into_iter()
        .map(|week| {
            let days: Vec<_> = week
                .into_iter()
                .map(|date| {
                    if Month::of(date) != month {
                        return view! { <td></td> }.into_any();
                    }
                    let kinds = on(date, &schedule, &holidays);
                    let marks: Vec<_> =
                        kinds.iter().map(|kind| view! { <Mark kind=*kind/> }).collect();
                    let current = (date == today).then_some("date");
                    view! {
                        <td data-marked=(!kinds.is_empty()).then_some("") data-past=(date < today).then_some("")
                            aria-current=current>
                            <time datetime=date.to_string()>{i18n::day_number(date)}</time>
                            {marks}
                        </td>
                    }
                    .into_any()
                })
                .collect();
            view! { <tr>{days}</tr> }
        })
        .collect();
    let key: Vec<_> =
        Kind::ALL.into_iter().map(|kind| view! { <li><Mark kind=kind/></li> }).collect();
    view! {
        <section class="exception-month" id="month" aria-labelledby="month-title">
            <div class="exception-month-bar">
                <h2 id="month-title">{i18n::month(month.first())}</h2>
                <nav class="calendar-steps" aria-label=text!("schedule-months")>
                    {previous.map(|href| view! {
                        <a class="button" data-variant="secondary" rel="prev" href=href
                            aria-label=text!("schedule-month-previous") title=text!("schedule-month-previous")>
                            <Icon shape=Shape::ArrowLeft/>
                        </a>
                    })}
                    {next.map(|href| view! {
                        <a class="button" data-variant="secondary" rel="next" href=href
                            aria-label=text!("schedule-month-next") title=text!("schedule-month-next")>
                            <Icon shape=Shape::ArrowRight/>
                        </a>
                    })}
                </nav>
            </div>
            <table aria-labelledby="month-title">
                <thead><tr>{names}</tr></thead>
                <tbody>{weeks}</tbody>
            </table>
            <ul class="mark-key" aria-label=text!("schedule-marks")>{key}</ul>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use nadi::calendar::parse_date;

    use super::*;

    #[test]
    fn months_can_be_paged_from_this_one_for_thirteen_months() {
        let today = parse_date("2026-11-23").expect("a date");
        let shown = |text| within_reach(Month::parse(text), today).to_string();
        assert_eq!(shown("2026-12"), "2026-12");
        assert_eq!(shown("2027-12"), "2027-12");
        for elsewhere in ["2026-10", "2028-01", "nonsense"] {
            assert_eq!(shown(elsewhere), "2026-11");
        }
    }
}
