//! The doctor's own calendar: a week, a day, or a list.

use chrono::{Days, NaiveDate};
use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::calendar::{parse_date, week_of};

use super::schedule::{Tab, tabs};
use crate::context;
use crate::links::{Query, SchedulePages};
use crate::messages;
use crate::parts::address::Address;
use crate::parts::response;
use crate::parts::week::layout::CalendarGrid;
use crate::parts::week::{DayGrid, DayList, NextUp, day_id};
use crate::ui::{
    Alert, ButtonLink, Empty, Icon, LinkTab, LinkTabs, PrintButton, Shape, Tone, Variant,
};

/// How much of the calendar is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Week,
    Day,
    List,
}

impl View {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Week, "Week"), (Self::Day, "Day"), (Self::List, "List")];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().map(|(view, _)| view).find(|view| view.as_str() == text)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Day => "day",
            Self::List => "list",
        }
    }

    fn days(self) -> u8 {
        match self {
            Self::Week => 7,
            Self::Day => 1,
            Self::List => 14,
        }
    }

    fn first(self, date: NaiveDate) -> NaiveDate {
        match self {
            Self::Week => week_of(date),
            Self::Day | Self::List => date,
        }
    }

    /// How many people at the same time are shown side by side.
    fn lanes(self) -> usize {
        match self {
            Self::Week => 2,
            Self::Day => 4,
            Self::List => usize::MAX,
        }
    }

    /// What Previous and Next lead to.
    fn steps(self) -> (&'static str, &'static str) {
        match self {
            Self::Week => ("Previous week", "Next week"),
            Self::Day => ("Previous day", "Next day"),
            Self::List => ("Previous two weeks", "Next two weeks"),
        }
    }

    fn href(self, date: Option<NaiveDate>) -> String {
        let view = if self == Self::Week { "" } else { self.as_str() };
        let date = date.map(|date| date.to_string()).unwrap_or_default();
        Query::new().with("view", view).with("date", &date).on("/calendar")
    }
}

#[component]
pub fn Calendar() -> impl IntoView {
    let mut address = Address::default();
    let view = address.read("view", "what to show", View::parse).unwrap_or(View::Week);
    let date = address.read("date", "the date", parse_date);
    response::page(calendar(view, date, address))
}

async fn calendar(
    view: View,
    date: Option<NaiveDate>,
    address: Address,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    // Who is next depends on today only, not on the days shown.
    let coming = ports.schedules.calendar(&caller, None, 7).await?;
    let today = coming.today;
    let chosen = date.unwrap_or(today);
    let first = view.first(chosen);
    let shown = ports.schedules.calendar(&caller, Some(first), view.days()).await?;
    let zone = shown.zone;
    let zone_words = crate::i18n::zone_of_days(zone, shown.from, shown.until);
    let sheet = CalendarGrid::of(&shown, caller.now, view.lanes());
    let last = shown.until.pred_opt().unwrap_or(shown.from);
    let title = range_words(shown.from, last);
    let holds_today = (shown.from..shown.until).contains(&today);

    let step = Days::new(view.days().into());
    let (back, on) = view.steps();
    let previous = first.checked_sub_days(step).map(|date| view.href(Some(date)));
    let next = first.checked_add_days(step).map(|date| view.href(Some(date)));
    let views: Vec<_> = View::ALL
        .into_iter()
        .map(|(other, text)| LinkTab {
            href: other.href(date),
            text: text.into(),
            current: other == view,
        })
        .collect();
    let nothing = sheet.days.iter().all(|day| day.is_off());
    // Links to the days of the week, for screens that show them one below the other.
    let jumps = (view == View::Week && !nothing).then(|| {
        let days: Vec<_> = sheet
            .days
            .iter()
            .map(|day| {
                let current = day.today.then_some("date");
                view! {
                    <li>
                        <a href=format!("#{}", day_id(day.date)) aria-current=current>
                            <span>{day.date.format("%a").to_string()}</span>
                            " "
                            <span class="number">{day.date.format("%-d").to_string()}</span>
                        </a>
                    </li>
                }
            })
            .collect();
        view! { <nav class="agenda-jumps" aria-label="Days of this week"><ul>{days}</ul></nav> }
    });
    let pages = SchedulePages::own();
    let hours = pages.hours();
    let account = caller.signed_in()?;
    let whose = account.name.clone();
    let doctor = account.doctor.ok_or(Failure::NotAllowed)?;
    let schedule = ports.schedules.schedule(&caller, doctor).await?;
    let unreadable = schedule.unreadable.then(|| {
        let href = hours.clone();
        view! {
            <Alert tone=Tone::Loss>
                <p>{messages::schedules::UNREADABLE}" "<a href=href>"Your hours"</a></p>
            </Alert>
        }
    });
    let outside = schedule.conflicts.len();
    let conflicts = (outside > 0).then(|| {
        let text = messages::schedules::conflicts(u64::try_from(outside).unwrap_or(u64::MAX));
        let href = format!("{}#in-the-way", pages.time_off());
        view! { <Alert tone=Tone::Waiting><p>{text}" "<a href=href>"See which"</a></p></Alert> }
    });
    let stretch = match view {
        View::Week => "this week",
        View::Day => "this day",
        View::List => "these two weeks",
    };
    let body = match view {
        _ if nothing => view! {
            <Empty title=format!("No hours {stretch}, and nobody booked")>
                <p>"Your hours make the times people can take."</p>
                <p class="actions">
                    <ButtonLink href=hours variant=Variant::Secondary>"Set your hours"</ButtonLink>
                </p>
            </Empty>
        }
        .into_any(),
        View::List => view! { <DayList sheet=sheet zone=zone/> }.into_any(),
        View::Week | View::Day => {
            let wide = view == View::Day;
            view! { <DayGrid sheet=sheet zone=zone wide=wide/> }.into_any()
        }
    };
    Ok(view! {
        <Title text=format!("Calendar, {title}")/>
        <div class="calendar" data-view=view.as_str()>
            <header class="calendar-head">
                <h1>"Your calendar"</h1>
                <p class="print-only calendar-whose">{whose}</p>
                <p class="calendar-zone">"All times are "{zone_words}"."</p>
            </header>
            {tabs(&pages, true, Some(Tab::Calendar))}
            {address.note()}
            <NextUp entries=coming.entries zone=zone now=caller.now today=today/>
            {unreadable}
            {conflicts}
            <div class="calendar-bar">
                <h2>{title}</h2>
                <nav class="calendar-steps" aria-label="Dates">
                    {previous.map(|href| view! {
                        <a class="button" data-variant="secondary" rel="prev" href=href aria-label=back title=back>
                            <Icon shape=Shape::ArrowLeft/>
                        </a>
                    })}
                    <a class="button" data-variant="secondary" href=view.href(None)
                        aria-current=holds_today.then_some("date")>"Today"</a>
                    {next.map(|href| view! {
                        <a class="button" data-variant="secondary" rel="next" href=href aria-label=on title=on>
                            <Icon shape=Shape::ArrowRight/>
                        </a>
                    })}
                </nav>
                <LinkTabs label="View" tabs=views/>
                {(!nothing).then(|| view! { <PrintButton/> })}
            </div>
            {jumps}
            {body}
        </div>
    }
    .into_any())
}

/// `23–29 November 2026`, `30 November – 6 December 2026`, `Tuesday 24 November 2026`.
fn range_words(first: NaiveDate, last: NaiveDate) -> String {
    use chrono::Datelike;
    let whole = |date: NaiveDate| date.format("%-d %B %Y").to_string();
    if first == last {
        format!("{} {}", first.format("%A"), whole(first))
    } else if first.year() != last.year() {
        format!("{} – {}", whole(first), whole(last))
    } else if first.month() != last.month() {
        format!("{} – {}", first.format("%-d %B"), whole(last))
    } else {
        format!("{}–{}", first.day(), whole(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_ranges_do_not_repeat_month_and_year() {
        let words = |first, last| {
            range_words(parse_date(first).expect("a date"), parse_date(last).expect("a date"))
        };
        assert_eq!(words("2026-11-23", "2026-11-29"), "23–29 November 2026");
        assert_eq!(words("2026-11-30", "2026-12-06"), "30 November – 6 December 2026");
        assert_eq!(words("2026-12-28", "2027-01-03"), "28 December 2026 – 3 January 2027");
        assert_eq!(words("2026-11-24", "2026-11-24"), "Tuesday 24 November 2026");
    }
}
