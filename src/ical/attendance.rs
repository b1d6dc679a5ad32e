//! Attendees of an event: whether the owner of the calendar declined.

use super::line::Line;

/// What the attendees of an event say, of those who are the calendar's owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attendance {
    declined: bool,
    /// Under another of their addresses, they did not.
    otherwise: bool,
}

impl Attendance {
    pub(super) fn attendee(&mut self, line: &Line, owner: &[String]) {
        if !owner.is_empty() && addresses(line).any(|address| owner.contains(&address)) {
            // In vCalendar 1.0, it is called STATUS.
            let answer = line.parameter("PARTSTAT").or_else(|| line.parameter("STATUS"));
            let declined = answer.is_some_and(|answer| answer.eq_ignore_ascii_case("DECLINED"));
            self.declined |= declined;
            self.otherwise |= !declined;
        }
    }

    pub(super) fn is_declined(self) -> bool {
        self.declined && !self.otherwise
    }
}

/// The e-mail addresses that a line names: its value, or EMAIL where the value is an address of another kind.
fn addresses(line: &Line) -> impl Iterator<Item = String> {
    [Some(line.value().to_owned()), line.parameter("EMAIL")]
        .into_iter()
        .flatten()
        .map(|text| plain_address(&text))
}

/// `mailto:Asha%40example.org`, `Asha <asha@example.org>` and `asha@example.org` are the same.
pub(super) fn plain_address(text: &str) -> String {
    let text = text.trim().trim_matches('"');
    let within = text.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
    let text = within.map_or(text, |(address, _)| address);
    let scheme = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let text = scheme.map_or(text, |scheme| &text[scheme.len()..]);
    text.trim().replace("%40", "@").replace("%2B", "+").replace("%2b", "+").to_lowercase()
}
