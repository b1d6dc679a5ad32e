//! How often hours repeat: between the choices of a form and the rules of RFC 5545.

use chrono::Weekday;
use nadi::failure::{Field, FieldProblem, Problem};
use nadi::recurrence::{Recurrence, RecurrenceProblem};

/// The weekdays from Monday on, by their names in rules.
pub const WEEKDAYS: [(Weekday, &str); 7] = [
    (Weekday::Mon, "MO"),
    (Weekday::Tue, "TU"),
    (Weekday::Wed, "WE"),
    (Weekday::Thu, "TH"),
    (Weekday::Fri, "FR"),
    (Weekday::Sat, "SA"),
    (Weekday::Sun, "SU"),
];

/// How often hours repeat, as the form offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// On these weekdays of every nth week; weeks start on Monday.
    Weekly { every: u8, days: Vec<Weekday> },
    /// On the nth of these weekdays of each month; -1 is the last.
    Monthly { nth: i8, days: Vec<Weekday> },
    /// Any other rule.
    Rule(String),
}

/// What a form offers besides the weekdays, in its order; the values of its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Weeks(u8),
    OfMonth(i8),
    Rule,
}

impl Choice {
    /// The values of the field.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Weeks(1), "1"),
        (Self::Weeks(2), "2"),
        (Self::Weeks(3), "3"),
        (Self::Weeks(4), "4"),
        (Self::OfMonth(1), "first"),
        (Self::OfMonth(2), "second"),
        (Self::OfMonth(3), "third"),
        (Self::OfMonth(4), "fourth"),
        (Self::OfMonth(-1), "last"),
        (Self::Rule, "rule"),
    ];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, value)| *value == text).map(|(choice, _)| *choice)
    }

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(choice, _)| *choice == self).map_or("rule", |(_, value)| value)
    }
}

impl Repeats {
    /// The simple form of a rule, if one expresses exactly the same.
    pub fn of(rule: &str) -> Self {
        Self::understood(rule).unwrap_or_else(|| Self::Rule(rule.to_owned()))
    }

    fn understood(rule: &str) -> Option<Self> {
        let (mut frequency, mut interval, mut days) = (None, 1u8, None);
        for part in rule.split(';') {
            match part.split_once('=')? {
                ("FREQ", value) => frequency = Some(value),
                ("INTERVAL", value) => interval = value.parse().ok()?,
                ("BYDAY", value) => days = Some(value),
                // Weeks begin on Mondays here, too.
                ("WKST", "MO") => {}
                _ => return None,
            }
        }
        let days = days?.split(',').map(nth_weekday).collect::<Option<Vec<_>>>()?;
        let nth = days.first()?.0;
        let same = days.iter().all(|day| day.0 == nth);
        let mut days: Vec<_> = days.into_iter().map(|day| day.1).collect();
        days.sort_unstable_by_key(Weekday::num_days_from_monday);
        days.dedup();
        match (frequency?, nth, interval) {
            ("WEEKLY", 0, 1..=4) if same => Some(Self::Weekly { every: interval, days }),
            ("MONTHLY", 1..=4 | -1, 1) if same => Some(Self::Monthly { nth, days }),
            _ => None,
        }
    }

    /// The choice in the form.
    pub fn choice(&self) -> Choice {
        match self {
            Self::Weekly { every, .. } => Choice::Weeks(*every),
            Self::Monthly { nth, .. } => Choice::OfMonth(*nth),
            Self::Rule(_) => Choice::Rule,
        }
    }

    /// The weekdays it is about; none for a rule.
    pub fn days(&self) -> &[Weekday] {
        match self {
            Self::Weekly { days, .. } | Self::Monthly { days, .. } => days,
            Self::Rule(_) => &[],
        }
    }

    /// As a rule: `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE`, `FREQ=MONTHLY;BYDAY=-1FR`.
    pub fn text(&self) -> String {
        match self {
            Self::Weekly { every: 1, days } => format!("FREQ=WEEKLY;BYDAY={}", names("", days)),
            Self::Weekly { every, days } => {
                format!("FREQ=WEEKLY;INTERVAL={every};BYDAY={}", names("", days))
            }
            Self::Monthly { nth, days } => {
                format!("FREQ=MONTHLY;BYDAY={}", names(&nth.to_string(), days))
            }
            Self::Rule(text) => text.clone(),
        }
    }

    /// # Errors
    /// The problem with the weekdays or the rule.
    pub fn recurrence(&self) -> Result<Recurrence, FieldProblem> {
        let problem = |field, problem| FieldProblem { field, problem };
        match self {
            Self::Rule(text) if text.is_empty() => {
                return Err(problem(Field::Repeats, Problem::Missing));
            }
            Self::Weekly { days, .. } | Self::Monthly { days, .. } if days.is_empty() => {
                return Err(problem(Field::Weekday, Problem::Missing));
            }
            _ => {}
        }
        Recurrence::of_days(&self.text()).map_err(|found| {
            problem(
                Field::Repeats,
                match found {
                    RecurrenceProblem::TooOften => Problem::TooOften,
                    RecurrenceProblem::Never => Problem::Never,
                    _ => Problem::Malformed,
                },
            )
        })
    }
}

/// `MO` is 0 and Monday, `-1FR` is -1 and Friday.
fn nth_weekday(text: &str) -> Option<(i8, Weekday)> {
    let (nth, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let nth = if nth.is_empty() { 0 } else { nth.parse().ok()? };
    let found = WEEKDAYS.iter().find(|(_, known)| *known == name)?;
    Some((nth, found.0))
}

fn names(nth: &str, days: &[Weekday]) -> String {
    let names: Vec<_> = WEEKDAYS
        .iter()
        .filter(|(day, _)| days.contains(day))
        .map(|(_, name)| format!("{nth}{name}"))
        .collect();
    names.join(",")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn common_rules_are_shown_as_a_choice() {
        use Weekday::{Fri, Mon, Tue, Wed};
        for (rule, said) in [
            ("FREQ=WEEKLY;BYDAY=MO", Repeats::Weekly { every: 1, days: vec![Mon] }),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE",
                Repeats::Weekly { every: 2, days: vec![Mon, Wed] },
            ),
            ("FREQ=MONTHLY;BYDAY=1MO,1TU", Repeats::Monthly { nth: 1, days: vec![Mon, Tue] }),
            ("FREQ=MONTHLY;BYDAY=-1FR", Repeats::Monthly { nth: -1, days: vec![Fri] }),
        ] {
            assert_eq!(Repeats::of(rule), said);
            assert_eq!(said.text(), rule);
            assert!(said.recurrence().is_ok(), "{rule}");
        }
        let shuffled = Repeats::of("BYDAY=WE,MO,WE;WKST=MO;FREQ=WEEKLY;INTERVAL=2");
        assert_eq!(shuffled.text(), "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE");
    }

    #[test]
    fn other_rules_are_shown_as_a_rule() {
        for rule in [
            "FREQ=WEEKLY",
            "FREQ=DAILY",
            "FREQ=WEEKLY;INTERVAL=5;BYDAY=MO",
            "FREQ=WEEKLY;BYDAY=MO;COUNT=3",
            "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270101",
            "FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY=MO",
            "FREQ=WEEKLY;BYDAY=1MO",
            "FREQ=MONTHLY;BYDAY=MO",
            "FREQ=MONTHLY;BYDAY=5MO",
            "FREQ=MONTHLY;BYDAY=1MO,2TU",
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO",
            "FREQ=MONTHLY;BYDAY=-2MO",
            "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
            "nonsense",
            "",
        ] {
            assert_eq!(Repeats::of(rule), Repeats::Rule(rule.to_owned()), "{rule}");
            assert_eq!(Repeats::of(rule).text(), rule);
        }
    }

    #[test]
    fn missing_fields_are_named() {
        let field = |repeats: Repeats| repeats.recurrence().expect_err("not usable");
        let missing = |field| FieldProblem { field, problem: Problem::Missing };
        assert_eq!(field(Repeats::Weekly { every: 1, days: vec![] }), missing(Field::Weekday));
        assert_eq!(field(Repeats::Rule(String::new())), missing(Field::Repeats));
        let hourly = field(Repeats::Rule("FREQ=HOURLY".into()));
        assert_eq!(hourly, FieldProblem { field: Field::Repeats, problem: Problem::TooOften });
    }

    proptest! {
        #[test]
        fn a_choice_survives_conversion_to_a_rule_and_back(choice in 0..9usize, ticked in prop::collection::vec(any::<bool>(), 7)) {
            let days: Vec<_> = WEEKDAYS.iter().zip(&ticked).filter(|(_, on)| **on).map(|(day, _)| day.0).collect();
            prop_assume!(!days.is_empty());
            let repeats = match Choice::ALL[choice].0 {
                Choice::Weeks(every) => Repeats::Weekly { every, days },
                Choice::OfMonth(nth) => Repeats::Monthly { nth, days },
                Choice::Rule => unreachable!("it is the last"),
            };
            prop_assert_eq!(Repeats::of(&repeats.text()), repeats.clone());
            prop_assert_eq!(Choice::parse(repeats.choice().as_str()), Some(repeats.choice()));
            let rule = repeats.recurrence().expect("a rule");
            prop_assert_eq!(Repeats::of(rule.as_str()), repeats);
        }
    }
}
