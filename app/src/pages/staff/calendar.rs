//! The doctor's own calendar: a week, a day, or a list.

use chrono::{Datelike as _, Days, NaiveDate};
use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::calendar::{parse_date, week_of};

use super::schedule::{Tab, tabs};
use crate::context;
use crate::i18n::{self, rich_text, text};
use crate::links::{self, Query, SchedulePages};
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
    const ALL: [Self; 3] = [Self::Week, Self::Day, Self::List];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.as_str() == text)
    }

    fn name(self) -> String {
        match self {
            Self::Week => text!("doctor-calendar-view-week"),
            Self::Day => text!("doctor-calendar-view-day"),
            Self::List => text!("doctor-calendar-view-list"),
        }
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
    fn steps(self) -> (String, String) {
        match self {
            Self::Week => {
                (text!("doctor-calendar-previous-week"), text!("doctor-calendar-next-week"))
            }
            Self::Day => (text!("doctor-calendar-previous-day"), text!("doctor-calendar-next-day")),
            Self::List => (
                text!("doctor-calendar-previous-two-weeks"),
                text!("doctor-calendar-next-two-weeks"),
            ),
        }
    }

    /// There is nothing on the days shown.
    fn empty_title(self) -> String {
        match self {
            Self::Week => text!("doctor-calendar-empty-week"),
            Self::Day => text!("doctor-calendar-empty-day"),
            Self::List => text!("doctor-calendar-empty-list"),
        }
    }

    fn href(self, date: Option<NaiveDate>) -> String {
        let view = if self == Self::Week { "" } else { self.as_str() };
        let date = date.map(|date| date.to_string()).unwrap_or_default();
        Query::new().with("view", view).with("date", &date).on(&links::page("/calendar"))
    }
}

#[component]
pub fn Calendar() -> impl IntoView {
    let mut address = Address::default();
    let view = address.read("view", text!("doctor-calendar-address-view"), View::parse);
    let view = view.unwrap_or(View::Week);
    let date = address.read("date", text!("doctor-calendar-address-date"), parse_date);
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
    let zone_words = i18n::zone_of_days(zone, shown.from, shown.until);
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
        .map(|other| LinkTab { href: other.href(date), text: other.name(), current: other == view })
        .collect();
    let nothing = sheet.days.iter().all(|day| day.is_off());
    // Links to the days of the week, for screens that show them one below the other.
    let jumps = (view == View::Week && !nothing).then(|| {
        let days: Vec<_> = sheet
            .days
            .iter()
            .map(|day| {
                let current = day.today.then_some("date");
                let name = rich_text!(
                    "doctor-calendar-week-day",
                    weekday = view! { <span>{i18n::short_weekday(day.date.weekday())}</span> },
                    day = view! { <span class="number">{i18n::day_number(day.date)}</span> },
                );
                view! {
                    <li><a href=format!("#{}", day_id(day.date)) aria-current=current>{name}</a></li>
                }
            })
            .collect();
        let label = text!("doctor-calendar-week-days");
        view! { <nav class="agenda-jumps" aria-label=label><ul>{days}</ul></nav> }
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
                <p>
                    {text!("doctor-calendar-hours-unreadable")}
                    " "
                    <a href=href>{text!("doctor-calendar-hours-unreadable-link")}</a>
                </p>
            </Alert>
        }
    });
    let outside = schedule.conflicts.len();
    let conflicts = (outside > 0).then(|| {
        let text = text!("schedule-conflicts", count = outside);
        let href = format!("{}#in-the-way", pages.time_off());
        let link = text!("schedule-conflicts-link");
        view! { <Alert tone=Tone::Waiting><p>{text}" "<a href=href>{link}</a></p></Alert> }
    });
    let body = match view {
        _ if nothing => view! {
            <Empty title=view.empty_title()>
                <p>{text!("doctor-calendar-empty-advice")}</p>
                <p class="actions">
                    <ButtonLink href=hours variant=Variant::Secondary>
                        {text!("doctor-calendar-set-hours-button")}
                    </ButtonLink>
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
        <Title text=text!("doctor-calendar-tab-title", dates = &title)/>
        <div class="calendar" data-view=view.as_str()>
            <header class="calendar-head">
                <h1>{text!("doctor-calendar-title")}</h1>
                <p class="print-only calendar-whose" translate="no">{whose}</p>
                <p class="calendar-zone">{text!("doctor-calendar-zone", zone = zone_words)}</p>
            </header>
            {tabs(&pages, true, Some(Tab::Calendar))}
            {address.note()}
            <NextUp entries=coming.entries zone=zone now=caller.now today=today/>
            {unreadable}
            {conflicts}
            <div class="calendar-bar">
                <h2>{title}</h2>
                <nav class="calendar-steps" aria-label=text!("doctor-calendar-steps")>
                    {previous.map(|href| view! {
                        <a class="button" data-variant="secondary" rel="prev" href=href aria-label=back.clone() title=back>
                            <Icon shape=Shape::ArrowLeft/>
                        </a>
                    })}
                    <a class="button" data-variant="secondary" href=view.href(None)
                        aria-current=holds_today.then_some("date")>{text!("doctor-calendar-today")}</a>
                    {next.map(|href| view! {
                        <a class="button" data-variant="secondary" rel="next" href=href aria-label=on.clone() title=on>
                            <Icon shape=Shape::ArrowRight/>
                        </a>
                    })}
                </nav>
                <LinkTabs label=text!("doctor-calendar-views") tabs=views/>
                {(!nothing).then(|| view! { <PrintButton/> })}
            </div>
            {jumps}
            {body}
        </div>
    }
    .into_any())
}

/// `23–29 November 2026`, `30 November 2026 – 6 December 2026`, `Tuesday, 24 November 2026`.
fn range_words(first: NaiveDate, last: NaiveDate) -> String {
    if first == last {
        i18n::full_date(first)
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        text!(
            "doctor-calendar-days-of-month",
            from = i18n::day_number(first),
            to = i18n::day_number(last),
            month = i18n::month(last),
        )
    } else {
        let (from, to) = (i18n::date_without_weekday(first), i18n::date_without_weekday(last));
        text!("doctor-calendar-days", from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_one_month_name_it_once() {
        let words = |first, last| {
            range_words(parse_date(first).expect("a date"), parse_date(last).expect("a date"))
        };
        assert_eq!(words("2026-11-23", "2026-11-29"), "23–29 November 2026");
        assert_eq!(words("2026-11-30", "2026-12-06"), "30 November 2026 – 6 December 2026");
        assert_eq!(words("2026-12-28", "2027-01-03"), "28 December 2026 – 3 January 2027");
        assert_eq!(words("2026-11-24", "2026-11-24"), "Tuesday, 24 November 2026");
    }
}
