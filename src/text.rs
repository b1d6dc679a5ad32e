//! Normalization of text before it is stored or compared: Unicode NFC, without invisible characters. The rules for
//! fields are in [`crate::input`].

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{
    GeneralCategory, GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory,
};

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
/// The most marks that a letter has. Thai, Hindi and Vietnamese need up to three, pointed Hebrew four.
const MARKS_MAX: usize = 4;

/// The text in NFC, with all line breaks as `\n` and tabs as spaces, without control and format characters
/// (such as those that change the direction of writing), and without blanks at its ends. Joiners and variation
/// selectors are kept where a script or an emoji needs them, and at most four marks on a letter.
pub fn normalize(text: &str) -> String {
    let mut normalized = normalized_once(text);
    // What is taken out may have kept marks in an order in which a joiner was needed. Each round is shorter.
    loop {
        let again = normalized_once(&normalized);
        if again == normalized {
            return normalized;
        }
        normalized = again;
    }
}

fn normalized_once(text: &str) -> String {
    let composed = without_piled_marks(text.replace("\r\n", "\n").nfc());
    let mut normalized = String::with_capacity(composed.len());
    let mut before = None;
    let mut rest = composed.chars().peekable();
    while let Some(c) = rest.next() {
        let kept = match c {
            '\t' => Some(' '),
            c if is_line_break(c) => Some('\n'),
            c if is_contextual(c) => is_needed(before, c, rest.peek().copied()).then_some(c),
            c => Some(c).filter(|c| !is_taken_out(*c)),
        };
        normalized.extend(kept);
        before = kept.or(before);
    }
    // A removed character may have separated a letter from its accent.
    let normalized: String = normalized.nfc().collect();
    normalized.trim_matches(is_blank).to_owned()
}

/// [`normalize`] with line breaks as spaces, for fields of one line.
pub fn one_line(text: &str) -> String {
    normalize(text).replace('\n', " ")
}

/// Whether the text has a visible character; accents alone do not count.
pub fn is_visible(text: &str) -> bool {
    use GeneralCategoryGroup::{Mark, Other, Separator};
    text.chars()
        .any(|c| !is_blank(c) && !matches!(c.general_category_group(), Mark | Other | Separator))
}

/// Without the marks beyond those that a letter can have: piled up, they cover the lines above and below.
fn without_piled_marks(composed: impl Iterator<Item = char>) -> String {
    let mut marks = 0;
    let is_kept = |c: &char| match *c {
        // Stays or goes by other rules, and parts no marks from their letter.
        c if is_contextual(c) || is_taken_out(c) => true,
        c if is_mark(c) => {
            marks += 1;
            marks <= MARKS_MAX
        }
        _ => {
            marks = 0;
            true
        }
    };
    composed.filter(is_kept).collect()
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether it is a space, or a letter or symbol that looks like one: Hangul fillers, the Braille pattern without dots.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}' || is_filler(c)
}

/// Control and format characters, and those that every font may show in its own way (private use); invisible marks and
/// letters: the grapheme joiner, Khmer's inherent vowels, Hangul fillers.
fn is_taken_out(c: char) -> bool {
    use GeneralCategory::{Control, Format, PrivateUse};
    matches!(c.general_category(), Control | Format | PrivateUse)
        || matches!(c, '\u{34F}' | '\u{17B4}' | '\u{17B5}')
        || is_filler(c)
}

/// Hangul fillers: letters that look like a space or like nothing.
fn is_filler(c: char) -> bool {
    matches!(c, '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}')
}

/// Joiners and variation selectors: they are invisible and change how adjacent characters look.
fn is_contextual(c: char) -> bool {
    let selects = matches!(c, '\u{180B}'..='\u{180D}' | '\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}');
    selects || c == JOINER || c == NON_JOINER
}

/// Whether a joiner or variation selector has an effect here. `before` is the last character that was kept.
fn is_needed(before: Option<char>, c: char, after: Option<char>) -> bool {
    use GeneralCategory::{MathSymbol, OtherLetter, OtherSymbol};
    let Some(before) = before else { return false };
    match c {
        JOINER => is_joined(before) || is_emoji(before) && after.is_some_and(is_emoji),
        NON_JOINER => is_joined(before) && (is_mark(before) || after.is_some_and(is_joined)),
        // `1`, `#` and `*` become keycap emoji with it.
        '\u{FE0E}' | '\u{FE0F}' => before.is_emoji_char(),
        // Variants of an ideograph, a Mongolian letter or a mathematical sign.
        _ if is_blank(before) => false,
        _ => matches!(before.general_category(), MathSymbol | OtherLetter | OtherSymbol),
    }
}

fn is_emoji(c: char) -> bool {
    c == '\u{FE0F}' || c.is_emoji_char() && !c.is_ascii()
}

fn is_mark(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Mark
}

/// Whether it is a letter or mark of a script that uses joiners: Arabic and related scripts, those of South and
/// South-East Asia, Mongolian.
fn is_joined(c: char) -> bool {
    let of_script = matches!(
        c,
        '\u{600}'..='\u{DFF}'
            | '\u{F00}'..='\u{109F}'
            | '\u{1700}'..='\u{18AF}'
            | '\u{1900}'..='\u{1CFF}'
            | '\u{A800}'..='\u{A95F}'
            | '\u{A980}'..='\u{AAFF}'
            | '\u{ABC0}'..='\u{ABFF}'
            | '\u{FB50}'..='\u{FDFF}'
            | '\u{FE70}'..='\u{FEFC}'
            | '\u{10A00}'..='\u{11FFF}'
    );
    use GeneralCategoryGroup::{Letter, Mark};
    of_script && matches!(c.general_category_group(), Letter | Mark)
}

/// Whether it is part of a word: a letter, a digit, or a mark such as the vowel signs of Hindi.
pub fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c)
}

/// The form in which names are compared: words of letters and digits in lower case and without accents, separated
/// by spaces.
pub fn plain(text: &str) -> String {
    let is_accent = |c: &char| ('\u{300}'..='\u{36F}').contains(c);
    let letters: String =
        text.nfkd().filter(|c| !is_accent(c)).flat_map(char::to_lowercase).nfc().collect();
    let words = letters.split(|c: char| !is_of_word(c));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_composed() {
        assert_eq!(normalize("Ju\u{308}rgen"), "Jürgen");
        assert_eq!(normalize("Ju\u{200B}\u{308}rgen"), "Jürgen", "also what stood apart");
        assert_eq!(normalize("\u{212B}sa"), "Åsa");
    }

    #[test]
    fn invisible_characters_are_removed() {
        for hidden in [
            '\u{1}',
            '\u{7F}',
            '\u{9F}',
            '\u{AD}',
            '\u{34F}',
            '\u{61C}',
            '\u{17B4}',
            '\u{180E}',
            '\u{200B}',
            '\u{200C}',
            '\u{200D}',
            '\u{200E}',
            '\u{202E}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{FE0F}',
            '\u{FEFF}',
            '\u{FFF9}',
            '\u{E0061}',
            '\u{E0100}',
            '\u{115F}',
            '\u{1160}',
            '\u{3164}',
            '\u{FFA0}',
            '\u{E000}',
            '\u{F8FF}',
            '\u{F0000}',
        ] {
            assert_eq!(normalize(&format!("As{hidden}ha")), "Asha", "{hidden:?}");
            assert_eq!(normalize(&format!("{hidden}Asha{hidden}")), "Asha", "{hidden:?}");
        }
        assert_eq!(normalize(" \u{3164}Asha\tRao\u{2800}\n"), "Asha Rao");
        for broken in ["a\r\nb", "a\rb", "a\u{85}b", "a\u{2028}b", "a\u{2029}b", "a\u{B}b"] {
            assert_eq!(normalize(broken), "a\nb", "{broken:?}");
            assert_eq!(one_line(broken), "a b", "{broken:?}");
        }
    }

    #[test]
    fn joiners_and_selectors_stay_where_they_are_needed() {
        for text in [
            "می\u{200C}خواهم",        // Persian
            "ه\u{200D}",              // Persian, a letter in its joined form
            "क्\u{200D}ष",             // Hindi
            "র\u{200D}\u{9CD}য",      // Bengali
            "രാജന്\u{200D}",            // Malayalam, at the end of a word
            "ශ්\u{200D}රී",             // Sinhala
            "👩\u{200D}👩\u{200D}👧", // a family
            "👩🏽\u{200D}⚕\u{FE0F}",    // a doctor
            "🏳\u{FE0F}\u{200D}🌈",    // a flag
            "❤\u{FE0F}",
            "1\u{FE0F}\u{20E3}", // a key
            "葛\u{E0100}城",     // a name of Japan
        ] {
            assert_eq!(normalize(text), text.nfc().collect::<String>(), "{text:?}");
        }
        assert_eq!(normalize("1\u{200D}2 A\u{FE0F}b \u{200D}क\u{200C}"), "12 Ab क");
        assert_eq!(normalize("می\u{200C}\u{200C}خواهم"), "می\u{200C}خواهم", "one is enough");
        let reordered = normalize("\u{301}\u{200B}\u{9BC}\u{200C}");
        assert_eq!(
            reordered, "\u{9BC}\u{301}",
            "the marks change places, so that it joins nothing"
        );
    }

    #[test]
    fn a_letter_has_the_marks_that_writing_needs_and_no_more() {
        for text in [
            "Nguyễn Thị Hồng",
            "ที่นี่",
            "निर्मला श्रीवास्तव",
            "ক্ষৌণীশ",
            "\u{5E9}\u{5C1}\u{5BC}\u{5B8}\u{5A3}", // pointed Hebrew
            "z\u{334}\u{334}\u{334}\u{334}z\u{334}\u{334}\u{334}\u{334}",
        ] {
            let composed: String = text.nfc().collect();
            assert_eq!(normalize(text), composed, "{text}");
        }
        for mark in ['\u{334}', '\u{489}', '\u{E47}', '\u{94D}'] {
            let piled = |count| format!("z{}a", mark.to_string().repeat(count));
            assert_eq!(normalize(&piled(50)), piled(4), "{mark:?}");
            let parted = piled(50).replace(mark, &format!("{mark}\u{200B}"));
            assert_eq!(normalize(&parted), piled(4), "{mark:?}");
        }
        let joined = "क\u{94D}\u{94D}\u{94D}\u{200D}\u{94D}\u{94D}\u{94D}";
        assert_eq!(normalize(joined), "क\u{94D}\u{94D}\u{94D}\u{200D}\u{94D}");
    }

    #[test]
    fn accents_and_blanks_alone_are_invisible() {
        for nothing in ["", " ", "\u{301}", "\u{3164}\u{115F}", "\u{2800}", "\u{FE0F}", "\u{E000}"]
        {
            assert!(!is_visible(nothing), "{nothing:?}");
        }
        for something in ["a", "👍", ".", "नमस्ते", "५", "€"] {
            assert!(is_visible(something), "{something:?}");
        }
    }

    #[test]
    fn names_are_compared_without_accents() {
        assert_eq!(plain("  São Paulo"), plain("sao-paulo"));
        assert_eq!(plain("ZU\u{308}RICH, Switzerland"), "zurich switzerland");
        assert_eq!(plain("St. John's"), "st john s");
        assert_ne!(plain("कि"), plain("का"), "vowels are no accents");
    }

    /// Text with more of what is hard than chance would bring.
    fn hard() -> impl Strategy<Value = String> {
        let letter = prop_oneof![
            4 => any::<char>(),
            4 => prop::sample::select(vec![
                'a', 'u', 'e', '1', '#', ' ', '\n', '\r', '\t', '\0', '\u{301}', '\u{308}', '\u{323}', '\u{200B}',
                '\u{200C}', '\u{200D}', '\u{202E}', '\u{2028}', '\u{FE0E}', '\u{FE0F}', '\u{E0100}', '\u{180B}',
                '\u{34F}', '\u{3164}', '\u{115F}', '\u{1160}', '\u{1161}', '\u{2800}', '\u{9BC}', '\u{9A1}', '\u{9C7}',
                '\u{9BE}', '\u{94D}', '\u{334}', '\u{E000}', 'क', 'ی', 'م', '👩', '🏽', '⚕', '葛', '\u{F900}', '\u{1100}',
                '\u{11A8}',
            ]),
        ];
        prop::collection::vec(letter, 0..24).prop_map(|letters| letters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn normalizing_twice_changes_nothing(text in hard()) {
            let once = normalize(&text);
            prop_assert_eq!(normalize(&once), once.clone());
            prop_assert!(unicode_normalization::is_nfc(&once));
            let hidden = |c: char| c.is_control() && c != '\n' || ('\u{202A}'..='\u{202E}').contains(&c);
            prop_assert!(!once.chars().any(hidden), "{:?}", once);
            prop_assert_eq!(is_visible(&once), is_visible(&text));
        }

        #[test]
        fn composed_and_decomposed_text_is_the_same(text in hard()) {
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(normalize(&text), normalize(&decomposed));
            prop_assert_eq!(plain(&text), plain(&decomposed));
        }
    }
}
