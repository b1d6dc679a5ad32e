//! Decodes the bytes of a file.
//!
//! UTF-16 and UTF-32 are converted to UTF-8, with or without a byte-order mark. Other encodings are handled per line,
//! because some files are combined from several sources: a line that is not UTF-8 is read as Latin-1.

use std::borrow::Cow;

/// Converts a file to UTF-8 if its first bytes show that it is UTF-16 or UTF-32.
pub(super) fn decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, 0, 0, rest @ ..] => utf_32(rest, u32::from_le_bytes),
        [0, 0, 0xfe, 0xff, rest @ ..] => utf_32(rest, u32::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        // Without a byte-order mark, the zero bytes in `BEGIN` show the encoding.
        [0, 0, 0, first, 0, 0, 0, _, ..] if first.is_ascii_graphic() => {
            utf_32(bytes, u32::from_be_bytes)
        }
        [first, 0, 0, 0, _, 0, 0, 0, ..] if first.is_ascii_graphic() => {
            utf_32(bytes, u32::from_le_bytes)
        }
        [0, first, 0, second, ..] if first.is_ascii() && second.is_ascii() && *first != 0 => {
            utf_16(bytes, u16::from_be_bytes)
        }
        [first, 0, second, 0, ..] if first.is_ascii() && second.is_ascii() && *second != 0 => {
            utf_16(bytes, u16::from_le_bytes)
        }
        bytes => Cow::Borrowed(bytes),
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'static, [u8]> {
    let (units, _) = bytes.as_chunks::<2>();
    let text: String = char::decode_utf16(units.iter().map(|pair| unit(*pair)))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Cow::Owned(text.into_bytes())
}

fn utf_32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Cow<'static, [u8]> {
    let (units, _) = bytes.as_chunks::<4>();
    let text: String = units
        .iter()
        .map(|four| char::from_u32(unit(*four)).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Cow::Owned(text.into_bytes())
}

/// The text of a line: UTF-8, or otherwise Latin-1, in which every byte is a character.
pub(super) fn line_text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(latin_1(bytes)),
        },
        Cow::Owned(bytes) => {
            Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|error| latin_1(error.as_bytes())))
        }
    }
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
