//! Texts of the catalogue, as tests look for them on pages and in e-mails.

use app::i18n::pattern;
use nadi::ports::Message;

/// The text of a page, without its markup.
pub fn visible(html: &str) -> String {
    let pieces = html.split('<').skip(1);
    pieces.map(|piece| piece.split_once('>').map_or("", |(_, text)| text)).collect()
}

/// The line of a text that contains this.
pub fn line_with(text: &str, part: &str) -> String {
    let line = text.lines().find(|line| line.contains(part));
    line.unwrap_or_else(|| panic!("no line with {part} in\n{text}")).to_owned()
}

/// What a text with one argument says before it and after it.
pub fn around(pattern: &str) -> (&str, &str) {
    let (before, rest) = pattern.split_once('{').expect("an argument");
    let (_, after) = rest.split_once('}').expect("its end");
    (before, after)
}

/// What a message is about by its subject, such as `Confirmed`; an unknown subject itself.
pub fn kind_of(message: &Message) -> String {
    let subject = message.subject.as_str();
    for (kind, known) in [
        ("Code", pattern!("email-code-subject", code)),
        ("Confirmed", pattern!("email-confirmed-subject", when)),
        ("Moved", pattern!("email-moved-subject", when)),
        ("Cancelled", pattern!("email-cancelled-subject", when)),
    ] {
        let (before, after) = around(&known);
        if subject.starts_with(before) && subject.ends_with(after) {
            return kind.to_owned();
        }
    }
    subject.to_owned()
}
