use leptos::prelude::*;

/// A sentence whose time range, such as `10:20–10:40`, is not broken across lines.
#[component]
pub fn Sentence(text: String) -> impl IntoView {
    let (before, stretch, after) = around_stretch(&text);
    let stretch =
        (!stretch.is_empty()).then(|| view! { <span class="unbroken">{stretch.to_owned()}</span> });
    view! { {before.to_owned()} {stretch} {after.to_owned()} }
}

/// Splits a text into what is before the first time range, the range, and the rest. Without a range, all is before.
fn around_stretch(text: &str) -> (&str, &str, &str) {
    let clock = |text: &str| text.len() == 5 && text.as_bytes()[2] == b':';
    let dash = "–";
    for (at, _) in text.match_indices(dash) {
        let (Some(start), end) = (at.checked_sub(5), at + dash.len() + 5) else { continue };
        let (from, to) = (text.get(start..at), text.get(at + dash.len()..end));
        if from.is_some_and(clock) && to.is_some_and(clock) {
            return (&text[..start], &text[start..end], &text[end..]);
        }
    }
    (text, "", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marked_part_is_found_and_nothing_is_lost() {
        let found = around_stretch("Tuesday 24 November, 10:20–10:40, at Panjim Clinic.");
        assert_eq!(found, ("Tuesday 24 November, ", "10:20–10:40", ", at Panjim Clinic."));
        for text in ["", "–", "23–29 November", "10:20–soon", "Ängste–10:40", "10:20–10:4"]
        {
            assert_eq!(around_stretch(text), (text, "", ""));
        }
    }
}
