//! The month in the slot picker: a table of links, which becomes a date grid after hydration (WAI-ARIA APG).

use leptos::prelude::*;

use super::browser;
use super::picker_state::{Picker, is_plain_click};
use crate::slot_views::{DayCell, MonthView, PickerTexts};

/// Parses the date of a cell. These dates are always well-formed, and the general parser
/// would bring all of chrono's formats into the client.
fn parse_date(text: &str) -> Option<chrono::NaiveDate> {
    let mut parts = text.splitn(3, '-');
    let mut next = || parts.next();
    let (year, month, day) = (next()?, next()?, next()?);
    chrono::NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// A date that many days or months from another; `None` when the text is not a date.
fn moved(date: &str, days: i64, months: i32) -> Option<String> {
    let date = parse_date(date)?;
    let length = chrono::Months::new(months.unsigned_abs());
    let date = if months < 0 {
        date.checked_sub_months(length)?
    } else {
        date.checked_add_months(length)?
    };
    Some(date.checked_add_signed(chrono::Duration::days(days))?.to_string())
}

/// Days from the Monday of its week.
fn weekday(date: &str) -> i64 {
    use chrono::Datelike as _;
    parse_date(date).map_or(0, |date| date.weekday().num_days_from_monday().into())
}

/// The date that a key moves to. Left is forward where one reads from right to left.
fn target(key: &str, shift: bool, right_to_left: bool, date: &str) -> Option<String> {
    let right = if right_to_left { -1 } else { 1 };
    match key {
        "ArrowLeft" => moved(date, -right, 0),
        "ArrowRight" => moved(date, right, 0),
        "ArrowUp" => moved(date, -7, 0),
        "ArrowDown" => moved(date, 7, 0),
        "Home" => moved(date, -weekday(date), 0),
        "End" => moved(date, 6 - weekday(date), 0),
        "PageUp" => moved(date, 0, if shift { -12 } else { -1 }),
        "PageDown" => moved(date, 0, if shift { 12 } else { 1 }),
        _ => None,
    }
}

/// The week of a date in a month, if it is there.
fn week_of(month: &MonthView, date: &str) -> Option<usize> {
    month.weeks.iter().position(|week| week.iter().any(|cell| cell.date == date))
}

/// The day to show of the week before or after: its first free one, or else its Monday.
fn beside(month: &MonthView, date: &str, weeks: i64) -> Option<String> {
    let monday = moved(date, 7 * weeks - weekday(date), 0)?;
    let sunday = moved(&monday, 6, 0)?;
    if sunday < month.today {
        return None;
    }
    let free = month.weeks.iter().flatten().find(|cell| {
        !cell.free.is_empty()
            && cell.date >= monday
            && cell.date <= sunday
            && cell.date >= month.today
    });
    Some(free.map_or(monday, |cell| cell.date.clone()))
}

/// The day that can be reached with Tab: the chosen one, else the first free one, else the first.
fn reachable(month: &MonthView, chosen: &str) -> String {
    let cells = || month.weeks.iter().flatten();
    cells()
        .find(|cell| cell.date == chosen)
        .or_else(|| cells().find(|cell| cell.inside && !cell.free.is_empty()))
        .or_else(|| cells().find(|cell| cell.inside))
        .map(|cell| cell.date.clone())
        .unwrap_or_default()
}

#[component]
pub(super) fn DayGrid(picker: Picker) -> impl IntoView {
    let month = Memo::new(move |_| picker.times.with(|times| times.month.clone()));
    let date = Memo::new(move |_| picker.date());
    // The date with the keyboard focus, when it is not the chosen day.
    let stand = RwSignal::new(String::new());
    let tab_stop = Memo::new(move |_| {
        let (stand, chosen) = (stand.get(), picker.date());
        month.with(|month| {
            let here = week_of(month, &stand).is_some();
            reachable(month, if here { &stand } else { &chosen })
        })
    });
    let keys = move |key: leptos::ev::KeyboardEvent| {
        if key.ctrl_key() || key.alt_key() || key.meta_key() {
            return;
        }
        let at = tab_stop.get_untracked();
        let right_to_left = browser::is_right_to_left();
        let Some(to) = target(&key.key(), key.shift_key(), right_to_left, &at) else { return };
        key.prevent_default();
        let shown = month.with_untracked(|month| week_of(month, &to).is_some());
        let over = month.with_untracked(|month| to.get(..7) < month.today.get(..7));
        if over {
            return;
        }
        stand.set(to.clone());
        if shown {
            browser::focus(format!("[data-date=\"{to}\"]"));
        } else {
            picker.peek(to);
        }
    };
    let weekdays = picker.times.with_untracked(|times| times.month.weekdays.clone());
    let weekdays: Vec<_> = weekdays
        .into_iter()
        .map(|(short, long)| view! { <th scope="col" abbr=long>{short}</th> })
        .collect();
    view! {
        <section class="picker-month" aria-label=picker.texts().choose_day.clone()>
            <div class="picker-bar" data-for="month">
                {move || month.with(|month| step(picker, month.previous.clone(), Step::PreviousMonth))}
                <h3 id="picker-month-name" aria-live="polite">{move || month.with(|month| month.name.clone())}</h3>
                {move || month.with(|month| step(picker, month.next.clone(), Step::NextMonth))}
            </div>
            <div class="picker-bar" data-for="week">
                {move || month.with(|month| step(picker, beside(month, &picker.date(), -1), Step::PreviousWeek))}
                <p class="picker-month-name" aria-hidden="true">{move || month.with(|month| month.name.clone())}</p>
                {move || month.with(|month| step(picker, beside(month, &picker.date(), 1), Step::NextWeek))}
            </div>
            <table
                class="month"
                role=move || picker.hydrated.get().then_some("grid")
                aria-labelledby="picker-month-name"
                on:keydown=keys
            >
                <thead>
                    <tr>{weekdays}</tr>
                </thead>
                <tbody>
                    {move || {
                        let date = date.get();
                        month.with(|month| {
                            let current = week_of(month, &date);
                            month.weeks.iter().enumerate().map(|(n, week)| {
                                let cells: Vec<_> = week.iter().map(|cell| view! {
                                    <Cell picker=picker cell=cell.clone() tab_stop=tab_stop/>
                                }).collect();
                                view! { <tr data-current=(current == Some(n)).then_some("")>{cells}</tr> }
                            }).collect::<Vec<_>>()
                        })
                    }}
                </tbody>
            </table>
            <label class="whole-month">
                <input type="checkbox"/>
                {picker.texts().whole_month.clone()}
            </label>
        </section>
    }
}

/// A link beside the name of the month.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    PreviousMonth,
    NextMonth,
    PreviousWeek,
    NextWeek,
}

impl Step {
    /// Identifies the link, so that it keeps the focus.
    fn name(self) -> &'static str {
        match self {
            Self::PreviousMonth => "previous-month",
            Self::NextMonth => "next-month",
            Self::PreviousWeek => "previous-week",
            Self::NextWeek => "next-week",
        }
    }

    fn label(self, texts: &PickerTexts) -> &String {
        match self {
            Self::PreviousMonth => &texts.previous_month,
            Self::NextMonth => &texts.next_month,
            Self::PreviousWeek => &texts.previous_week,
            Self::NextWeek => &texts.next_week,
        }
    }

    /// As in `ui::Icon`, whose other drawings the browser need not load.
    fn arrow(self) -> &'static str {
        match self {
            Self::PreviousMonth | Self::PreviousWeek => "M12.5 4 6.5 10l6 6",
            Self::NextMonth | Self::NextWeek => "M7.5 4l6 6-6 6",
        }
    }
}

/// A link to the month or week before or after; an empty place when there is none.
fn step(picker: Picker, to: Option<String>, step: Step) -> impl IntoView {
    match to {
        Some(to) => {
            let day = matches!(step, Step::PreviousWeek | Step::NextWeek);
            let label = step.label(&picker.texts()).clone();
            let href = if day { picker.day_href(&to) } else { picker.month_href(&to) };
            let open = move |click: leptos::ev::MouseEvent| {
                if is_plain_click(&click) {
                    click.prevent_default();
                    if day { picker.open_day(to.clone()) } else { picker.open_month(to.clone()) }
                }
            };
            view! {
                <a class="picker-step" data-step=step.name() href=href aria-label=label on:click=open>
                    <svg class="icon" data-points="" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
                        <path d=step.arrow()/>
                    </svg>
                </a>
            }
            .into_any()
        }
        None => view! { <span class="picker-step"></span> }.into_any(),
    }
}

#[component]
fn Cell(picker: Picker, cell: DayCell, tab_stop: Memo<String>) -> impl IntoView {
    let date = cell.date.clone();
    let chosen = picker.date() == date;
    let selected = move || picker.hydrated.get().then_some(if chosen { "true" } else { "false" });
    let current = match (cell.today, chosen) {
        (true, _) => Some("date"),
        (false, true) => Some("true"),
        (false, false) => None,
    };
    let name = cell.label;
    let at = date.clone();
    let tab = move || {
        picker.hydrated.get().then(|| if tab_stop.with(|stop| *stop == at) { "0" } else { "-1" })
    };
    let day = if !cell.free.is_empty() {
        let href = picker.day_href(&date);
        let open = {
            let date = date.clone();
            move |click: leptos::ev::MouseEvent| {
                if is_plain_click(&click) {
                    click.prevent_default();
                    picker.open_day(date.clone());
                    browser::focus(format!("[data-date=\"{date}\"]"));
                }
            }
        };
        view! {
            <a class="day" data-free="" data-date=date href=href aria-label=name aria-current=current tabindex=tab on:click=open>
                <span class="day-number">{cell.number}</span>
                <span class="day-free">{cell.free}</span>
            </a>
        }
        .into_any()
    } else {
        let role = move || picker.hydrated.get().then_some("link");
        let disabled = move || picker.hydrated.get().then_some("true");
        view! {
            <span class="day" data-date=date role=role aria-disabled=disabled aria-current=current tabindex=tab>
                <span class="visually-hidden">{name}</span>
                <span class="day-number" aria-hidden="true">{cell.number}</span>
            </span>
        }
        .into_any()
    };
    view! {
        <td
            role=move || picker.hydrated.get().then_some("gridcell")
            aria-selected=selected
            data-chosen=chosen.then_some("")
            data-outside=(!cell.inside).then_some("")
        >
            {day}
        </td>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_as_in_the_date_grid_pattern() {
        let from = "2026-11-24"; // a Tuesday
        for (key, shift, to) in [
            ("ArrowLeft", false, "2026-11-23"),
            ("ArrowDown", false, "2026-12-01"),
            ("Home", false, "2026-11-23"),
            ("End", false, "2026-11-29"),
            ("PageUp", false, "2026-10-24"),
            ("PageDown", true, "2027-11-24"),
        ] {
            assert_eq!(target(key, shift, false, from).as_deref(), Some(to), "{key}");
        }
        assert_eq!(target("PageDown", false, false, "2027-01-31").as_deref(), Some("2027-02-28"));
        assert_eq!(target("a", false, false, from), None);
        let left = target("ArrowLeft", false, true, from);
        assert_eq!(left.as_deref(), Some("2026-11-25"), "from right to left");
    }
}
