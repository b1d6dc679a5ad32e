//! The pseudo-language: English that looks foreign, so that a text outside the catalogue is seen at once, and a third
//! longer, so that layouts that are too tight are seen as well.

use std::borrow::Cow;

/// Each letter with an accent; vowels twice.
pub(super) fn transform(text: &str) -> Cow<'_, str> {
    let mut foreign = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        match accented(letter) {
            Some(accented) => {
                foreign.push(accented);
                if matches!(letter.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u') {
                    foreign.push(accented);
                }
            }
            None => foreign.push(letter),
        }
    }
    foreign.into()
}

fn accented(letter: char) -> Option<char> {
    const PLAIN: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const ACCENTED: &str = "ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽåƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýž";
    let at = PLAIN.find(letter)?;
    ACCENTED.chars().nth(at)
}
