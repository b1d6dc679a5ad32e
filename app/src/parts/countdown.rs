use crate::i18n::{pattern, text};
use crate::islands::CountdownTexts;

/// The texts of the countdown. `extendable`: a button gives more time.
pub fn countdown_texts(extendable: bool) -> CountdownTexts {
    let (warning, last_seconds) = if extendable {
        (text!("countdown-warning"), text!("countdown-seconds"))
    } else {
        (text!("countdown-warning-last"), text!("countdown-seconds-last"))
    };
    CountdownTexts {
        held: pattern!("countdown-held", time),
        warning,
        last_seconds,
        ended: text!("countdown-ended"),
        see_times: text!("countdown-see-times"),
    }
}
