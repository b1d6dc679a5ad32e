use leptos::prelude::*;

/// A sentence whose time range, such as `10:20–10:40`, is not broken across lines.
#[component]
pub fn Sentence(text: String) -> impl IntoView {
    let (before, stretch, after) = around_stretch(&text);
    let stretch =
        (!stretch.is_empty()).then(|| view! { <span class="unbroken">{stretch.to_owned()}</span> });
    // An empty text would be rendered as a space.
    let plain = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    view! { {plain(before)} {stretch} {plain(after)} }
}

/// Splits a text into what is before the first time range, the range, and the rest. Without a range, all is before.
///
/// A range is what stands around a dash without a space or comma, so that it is found in each language.
fn around_stretch(text: &str) -> (&str, &str, &str) {
    let ends = |one: char| matches!(one, ' ' | ',' | '،' | '、' | '(' | ')');
    let dash = "–";
    for (at, _) in text.match_indices(dash) {
        let start = text[..at].char_indices().rev().find(|(_, one)| ends(*one));
        let start = start.map_or(0, |(before, one)| before + one.len_utf8());
        let after = at + dash.len();
        let end = text[after..].find(ends).map_or(text.len(), |length| after + length);
        if start < at && after < end {
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
        for (before, stretch, after) in [
            ("Tuesday 24 November, ", "10:20–10:40", ", at Panjim Clinic."),
            ("Dienstag, 24. November, ", "10:20–10:40", " Uhr"),
            ("الثلاثاء، ", "١٠:٢٠–١٠:٤٠", "، العيادة"),
            ("", "10:20–10:40", ""),
            ("Video – Mon, ", "02:30–02:00", " CET"),
        ] {
            let text = format!("{before}{stretch}{after}");
            assert_eq!(around_stretch(&text), (before, stretch, after));
        }
        for text in ["", "–", "Nadi – doctors", "10:20– soon", "at 10:20"] {
            assert_eq!(around_stretch(text), (text, "", ""));
        }
    }
}
