//! Attendees of an event: whether the owner of the calendar declined.

use super::line::Line;

/// The answers of those attendees of an event who are the calendar's owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attendance {
    declined: bool,
    /// There is another answer for one of the owner's addresses.
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

/// The e-mail addresses in a line: its value, and the EMAIL parameter, which is used if the value is not an e-mail
/// address.
fn addresses(line: &Line) -> impl Iterator<Item = String> {
    [Some(line.value().to_owned()), line.parameter("EMAIL")]
        .into_iter()
        .flatten()
        .map(|text| plain_address(&text))
}

/// Normalizes an address: `asha@example.org` for `mailto:Asha%40example.org` and `Asha <asha@example.org>`.
pub(super) fn plain_address(text: &str) -> String {
    let text = text.trim().trim_matches('"');
    let within = text.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
    let text = within.map_or(text, |(address, _)| address);
    let scheme = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let text = scheme.map_or(text, |scheme| &text[scheme.len()..]);
    text.trim().replace("%40", "@").replace("%2B", "+").replace("%2b", "+").to_lowercase()
}
