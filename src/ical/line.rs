//! Content lines (RFC 5545, 3.1): unfolding, names, parameters.

use std::borrow::Cow;

use super::LINE_BYTES_MAX;

/// An unfolded line with something on it.
pub(super) struct Line<'a> {
    /// The first of its lines in the file, from 1.
    pub number: usize,
    /// Longer than [`LINE_BYTES_MAX`]; the rest is gone.
    pub cut: bool,
    text: Cow<'a, str>,
    name_ends: usize,
    value_starts: usize,
}

/// A line without a name or a value.
pub(super) struct NotALine {
    pub number: usize,
}

/// Reads lines that end with CRLF or LF. A character may be folded between its bytes;
/// bytes that are no UTF-8 become U+FFFD, as only names and remarks hold them.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes), number: 0 }
    }

    fn physical(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let end = self.rest.iter().position(|b| *b == b'\n');
        let (line, rest) = match end {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, &[][..]),
        };
        self.rest = rest;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn goes_on(&self) -> bool {
        matches!(self.rest.first(), Some(b' ' | b'\t'))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, NotALine>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let first = self.physical()?;
            let number = self.number;
            let mut bytes = Cow::Borrowed(first);
            let mut cut = first.len() > LINE_BYTES_MAX;
            while self.goes_on() {
                let more = self.physical()?;
                let more = &more[1.min(more.len())..];
                cut |= bytes.len() + more.len() > LINE_BYTES_MAX;
                if !cut {
                    bytes.to_mut().extend_from_slice(more);
                }
            }
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let text = match bytes {
                Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
                Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
            };
            return Some(Line::new(number, cut, text).ok_or(NotALine { number }));
        }
    }
}

impl<'a> Line<'a> {
    fn new(number: usize, cut: bool, text: Cow<'a, str>) -> Option<Self> {
        let name_ends = text.find([';', ':'])?;
        // Some products do not quote what Windows displays, such as `TZID=(UTC+05:30) Kolkata`.
        let unquoted =
            text[name_ends..].get(..7).is_some_and(|p| p.eq_ignore_ascii_case(";TZID=("));
        let skipped = if unquoted { text[name_ends..].find(')')? } else { 0 };
        let mut quoted = false;
        let parameters_end = name_ends + skipped;
        let colon = text[parameters_end..].find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        });
        // With quotes that do not close, the first colon has to do.
        let colon = colon.or_else(|| text[parameters_end..].find(':'))? + parameters_end;
        let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let plain = name_ends > 0 && text.as_bytes()[..name_ends].iter().all(|b| named(*b));
        plain.then_some(Self { number, cut, text, name_ends, value_starts: colon + 1 })
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    pub(super) fn name(&self) -> &str {
        &self.text[..self.name_ends]
    }

    pub(super) fn value(&self) -> &str {
        self.text[self.value_starts..].trim()
    }

    /// The value of the first parameter of this name, without its quotes and with what
    /// RFC 6868 escapes.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut rest = &self.text[self.name_ends..self.value_starts - 1];
        while let Some(parameter) = rest.strip_prefix(';') {
            let mut quoted = false;
            let end = parameter.find(|c| {
                quoted ^= c == '"';
                c == ';' && !quoted
            });
            let (parameter, next) = parameter.split_at(end.unwrap_or(parameter.len()));
            rest = next;
            match parameter.split_once('=') {
                Some((key, value)) if key.trim().eq_ignore_ascii_case(name) => {
                    return Some(unescaped_parameter(value.trim().trim_matches('"')));
                }
                _ => {}
            }
        }
        None
    }
}

fn unescaped_parameter(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '^' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('\'') => plain.push('"'),
            Some('^') => plain.push('^'),
            Some(other) => plain.extend(['^', other]),
            None => plain.push('^'),
        }
    }
    plain
}

/// What RFC 5545, 3.3.11 escapes in a TEXT, plain.
pub(super) fn unescaped_text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n' | 'N')) => plain.push('\n'),
            ('\\', Some(other)) => plain.push(other),
            (c, _) => plain.push(c),
        }
    }
    plain
}
