//! A doctor's free times as the slot picker shows them: texts and ids, no time zones or rules. Shared by the
//! server, which makes them, and the islands.

/// A month of days, in whole weeks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonthView {
    /// `2026-11`.
    pub month: String,
    /// `November 2026`.
    pub name: String,
    /// Today's date in the doctor's zone: `2026-11-20`.
    pub today: String,
    /// The previous month; `None` when it is over.
    pub previous: Option<String>,
    pub next: Option<String>,
    /// From Monday on: `Mon` and `Monday`.
    pub weekdays: Vec<(String, String)>,
    /// Monday first, seven days each.
    pub weeks: Vec<Vec<DayCell>>,
}

as_list!(MonthView { month: String, name: String, today: String, previous: Option<String>, next: Option<String>, weekdays: Vec<(String, String)>, weeks: Vec<Vec<DayCell>>, });

/// One day in a month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayCell {
    /// `2026-11-24`.
    pub date: String,
    /// `24`.
    pub number: String,
    /// `Tuesday 24 November, 5 free times`.
    pub label: String,
    /// How many times are free, as text: `5`. Empty when none is.
    pub free: String,
    /// Whether the day is in this month; the weeks at its ends have days of the neighbouring months.
    pub inside: bool,
    pub today: bool,
}

as_list!(DayCell {
    date: String,
    number: String,
    label: String,
    free: String,
    inside: bool,
    today: bool,
});

/// The free times of one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayView {
    /// `2026-11-24`.
    pub date: String,
    /// `Tuesday 24 November`.
    pub name: String,
    /// `Times are in Kolkata time (IST, UTC+05:30).`
    pub zone: String,
    pub parts: Vec<DayPart>,
    /// For a day without free times: the next date that has some, and the text of the link to it.
    pub next: Option<(String, String)>,
}

as_list!(DayView { date: String, name: String, zone: String, parts: Vec<DayPart>, next: Option<(String, String)>, });

/// Morning, afternoon or evening.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayPart {
    /// The hour that it begins with. It identifies the part.
    pub from_hour: u32,
    /// `Morning`.
    pub name: String,
    /// What all its times have in common.
    pub detail: Detail,
    pub times: Vec<TimeView>,
}

as_list!(DayPart { from_hour: u32, name: String, detail: Detail, times: Vec<TimeView>, });

/// What distinguishes times from others; often nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// The name of the place, which is not translated.
    pub place: String,
    /// `Video`.
    pub text: String,
}

as_list!(Detail { place: String, text: String });

impl Detail {
    pub fn is_empty(&self) -> bool {
        self.place.is_empty() && self.text.is_empty()
    }
}

/// A free time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeView {
    pub slot: String,
    /// `2026-11-24`.
    pub date: String,
    /// `10:20`. When clocks are put back, times in the repeated hour name their zone: `02:00 CEST`.
    pub time: String,
    /// `10:20`, for URLs.
    pub digits: String,
    /// The start in seconds since 1970 (UTC). Times are sorted by it.
    pub at: i64,
    /// What distinguishes it from the other times of its part of the day.
    pub detail: Detail,
    /// `Tuesday 24 November, 10:20–10:40, at Panjim Clinic, with Dr ….`
    pub sentence: String,
    /// Its zone, where that could be misread; otherwise empty.
    pub zone: String,
    /// For a video appointment, the start as `2026-11-24T10:20:00+05:30`, since the patient may be in another zone.
    /// Otherwise empty.
    pub video_at: String,
    /// Somebody else has taken it since it was shown. Set by the picker in the browser only.
    pub taken: bool,
}

as_list!(TimeView {
    slot: String,
    date: String,
    time: String,
    digits: String,
    at: i64,
    detail: Detail,
    sentence: String,
    zone: String,
    video_at: String,
});

/// What a slot picker shows: a month, and one day's times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PickerTimes {
    pub month: MonthView,
    pub day: Option<DayView>,
    /// The version of the doctor's times when they were read. The browser sends it when it subscribes to changes.
    pub mark: String,
    /// When they were read, in seconds since 1970 (UTC).
    pub now: i64,
    /// The length of a slot in minutes, if all slots shown have the same. Used by the page around the picker.
    pub slot_minutes: Option<i64>,
}

as_list!(PickerTimes { month: MonthView, day: Option<DayView>, mark: String, now: i64, });

/// Whose times, and which of them. An empty field does not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimesFilter {
    /// The doctor's slug.
    pub slug: String,
    pub mode: String,
    pub location: String,
    /// The id of the appointment type; empty for the usual one.
    pub visit: String,
    /// The id of the appointment that is to be moved; empty for a new one.
    pub appointment: String,
}

as_list!(TimesFilter {
    slug: String,
    mode: String,
    location: String,
    visit: String,
    appointment: String,
});

island_texts! {
    /// The texts of the picker in the language of its page. `{time}` and the like are filled in by the picker.
    pub struct PickerTexts {
        /// What the paths of this language begin with: `/hi`; empty for English.
        pub path_prefix,
        pub choose_day,
        pub previous_month,
        pub next_month,
        pub previous_week,
        pub next_week,
        pub whole_month,
        pub no_times_this_month,
        pub no_times_this_month_advice,
        pub no_times_this_day,
        pub loading,
        pub offline,
        pub just_booked,
        pub sign_in,
        pub chosen_title,
        pub person,
        pub other_person,
        pub hold,
        pub hold_note,
        pub new_time_title,
        /// With `{appointment}`.
        pub current_appointment,
        pub reschedule,
        /// When the chosen time was booked by somebody else.
        pub chosen_just_booked,
        /// With `{time}`.
        pub time_just_booked,
        /// With `{time}`.
        pub time_free_again,
        /// With `{times}`.
        pub times_just_booked,
        /// With `{times}`.
        pub times_free_again,
        pub many_changed,
        /// With `{time}`.
        pub nearest_time,
        /// With `{earlier}` and `{later}`.
        pub nearest_times,
        pub another_day,
    }
}
