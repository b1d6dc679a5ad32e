use leptos::prelude::*;

/// The first letters of a name in a circle, where a picture would be. The name stands beside it, so readers
/// do not hear it twice.
#[component]
pub fn Initials(#[prop(into)] name: String) -> impl IntoView {
    view! { <span class="initials" aria-hidden="true" translate="no">{initials(&name)}</span> }
}

/// `AN` of `Dr Asha Naik`: of the first word and the last, without a title.
fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter(|word| !matches!(word.trim_end_matches('.'), "Dr" | "Prof"))
        .filter_map(|word| word.chars().find(|c| c.is_alphabetic()));
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn a_name_becomes_two_letters() {
        for (name, expected) in [
            ("Dr Asha Naik", "AN"),
            ("Dr. Ana Maria D'Souza", "AD"),
            ("Prince", "P"),
            ("ólafur ægisson", "ÓÆ"),
            ("Dr", ""),
            ("", ""),
        ] {
            assert_eq!(initials(name), expected, "{name:?}");
        }
    }
}
