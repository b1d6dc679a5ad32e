//! Content lines (RFC 5545, 3.1): unfolding, names, parameters.

use std::borrow::Cow;

use super::limits::LINE_BYTES_MAX;
use super::text::line_text;

/// An unfolded line with a name and a value.
pub(super) struct Line<'a> {
    /// The number of its first line in the file, from 1.
    pub number: usize,
    /// It was longer than [`LINE_BYTES_MAX`], and the rest was dropped.
    pub cut: bool,
    text: Cow<'a, str>,
    name_ends: usize,
    value_starts: usize,
}

/// A line without a name or a value.
pub(super) struct NotALine {
    pub number: usize,
    /// Its first word in upper case, which may tell the intended property.
    pub word: String,
    /// The word after it.
    pub next_word: String,
}

/// Reads lines that end with CRLF, LF or CR. Folding may even split the bytes of a character.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
    /// The blank at the start of a continuation line is part of the value, as in vCalendar 1.0 (RFC 822, 3.1.1).
    pub keeps_blanks: bool,
}

/// The properties whose values are dates.
const DATED: [&str; 6] = ["DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE", "FREEBUSY"];

impl<'a> Lines<'a> {
    /// The lines of a file that was [`decoded`](super::text::decoded).
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, number: 0, keeps_blanks: false }
    }

    fn physical(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let end = self.rest.iter().position(|b| matches!(b, b'\n' | b'\r'));
        let end = end.unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        // CR CR LF comes from programs that convert LF to CRLF twice.
        self.rest = match rest {
            [b'\r', b'\r', b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
            [] => rest,
        };
        // Concatenated files have byte-order marks in the middle.
        Some(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line))
    }

    fn goes_on(&self) -> bool {
        matches!(self.rest.first(), Some(b' ' | b'\t'))
    }

    /// Whether the value continues after a soft line break of quoted-printable: always, unless a component begins or
    /// ends.
    fn goes_on_quoted(&self) -> bool {
        let begins = |word: &[u8]| {
            self.rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        !(begins(b"BEGIN:") || begins(b"END:"))
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
            let quoted = is_quoted_printable(first);
            loop {
                let soft = quoted && !cut && bytes.last() == Some(&b'=') && self.goes_on_quoted();
                if !soft && !self.goes_on() {
                    break;
                }
                let Some(more) = self.physical() else { break };
                let more = if soft {
                    bytes.to_mut().pop();
                    more.trim_ascii_start()
                } else if self.keeps_blanks {
                    more
                } else {
                    &more[1.min(more.len())..]
                };
                cut |= bytes.len() + more.len() > LINE_BYTES_MAX;
                if !cut {
                    bytes.to_mut().extend_from_slice(more);
                }
            }
            if bytes.iter().all(|b| b.is_ascii_whitespace() || matches!(b, 0 | 0x1a)) {
                continue;
            }
            if cut && bytes.len() > LINE_BYTES_MAX {
                bytes = Cow::Owned(bytes[..LINE_BYTES_MAX].to_vec());
            }
            return Some(Line::new(number, cut, line_text(bytes), quoted));
        }
    }
}

/// Whether the parameters of a line say so: `ENCODING=QUOTED-PRINTABLE`, or only the value (vCalendar 1.0).
fn is_quoted_printable(line: &[u8]) -> bool {
    const NAME: &[u8] = b"QUOTED-PRINTABLE";
    let head = line.iter().take(200).position(|b| *b == b':').map_or(&[][..], |end| &line[..end]);
    head.len() > NAME.len() && head.windows(NAME.len()).any(|part| part.eq_ignore_ascii_case(NAME))
}

impl<'a> Line<'a> {
    fn new(number: usize, cut: bool, text: Cow<'a, str>, quoted: bool) -> Result<Self, NotALine> {
        let found = parts(&text);
        let Some((name_ends, value_starts)) = found else {
            let named = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
            let text = text.trim_start().as_bytes();
            let word = |from: &[u8]| -> String {
                let word = from.iter().copied().take_while(named).take(20).map(char::from);
                word.collect::<String>().to_ascii_uppercase()
            };
            let first = word(text);
            let rest = text[first.len()..].iter().position(named).unwrap_or(0);
            let next_word = word(&text[first.len() + rest..]);
            return Err(NotALine { number, word: first, next_word });
        };
        let mut line = Self { number, cut, text, name_ends, value_starts };
        if quoted {
            let value = unquoted_printable(&line.text[value_starts..]);
            line.text = format!("{}{value}", &line.text[..value_starts]).into();
        }
        Ok(line)
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    pub(super) fn name(&self) -> &str {
        self.text[..self.name_ends].trim()
    }

    pub(super) fn value(&self) -> &str {
        self.text[self.value_starts..].trim_matches(|c: char| c.is_whitespace() || c == '\0')
    }

    /// The value of the first parameter with this name, without quotes and unescaped according to
    /// RFC 6868.
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

/// The end of the line's name and the start of its value.
fn parts(text: &str) -> Option<(usize, usize)> {
    let name_ends = text.find([';', ':'])?;
    let name = text[..name_ends].trim();
    let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty() || !name.bytes().all(named) {
        return None;
    }
    let after = &text[name_ends..];
    let mut quoted = false;
    let mut colons = after.match_indices(['"', ':']).filter_map(move |(at, c)| {
        quoted ^= c == "\"";
        (c == ":" && !quoted).then_some(at)
    });
    let colon = if DATED.iter().any(|dated| name.eq_ignore_ascii_case(dated)) {
        // Some products do not quote zones with a colon in their names, such as `TZID=(UTC+05:30) Kolkata`.
        let all: Vec<_> = colons.take(8).collect();
        let dated = |at: &&usize| begins_with_a_date(&after[**at + 1..]);
        all.iter().find(dated).or(all.first()).copied()
    } else {
        colons.next()
    };
    // Unclosed quotes: split at the first colon.
    let colon = colon.or_else(|| after.find(':'))?;
    Some((name_ends, name_ends + colon + 1))
}

fn begins_with_a_date(value: &str) -> bool {
    let value = value.trim_start().as_bytes();
    let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
    digits >= 8 || (digits == 4 && value.get(4) == Some(&b'-'))
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

/// Unescapes a TEXT (RFC 5545, 3.3.11).
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

/// Decodes quoted-printable (RFC 2045, 6.7).
fn unquoted_printable(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |b: u8| char::from(b).to_digit(16).and_then(|n| u8::try_from(n).ok());
        match (first, after) {
            (b'=', [high, low, tail @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push(hex(*high).unwrap_or(0) * 16 + hex(*low).unwrap_or(0));
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    line_text(Cow::Owned(bytes)).into_owned()
}
