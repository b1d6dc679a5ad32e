//! Texts with views inside, such as links.

use leptos::prelude::*;

use super::{Argument, format};

/// Stand for the arguments while the text is formatted: characters that are in no text (Unicode private use).
const PLACES: std::ops::Range<u32> = 0xE000..0xE010;

/// The text with a view in the place of each argument. Called by `rich_text!`.
pub fn format_views(key: &'static str, arguments: Vec<(&'static str, AnyView)>) -> AnyView {
    let places = || PLACES.filter_map(char::from_u32);
    let named: Vec<(&'static str, Argument)> = arguments
        .iter()
        .zip(places())
        .map(|((name, _), place)| (*name, Argument::from(place.to_string())))
        .collect();
    let mut views: Vec<(char, Option<AnyView>)> =
        places().zip(arguments).map(|(place, (_, view))| (place, Some(view))).collect();
    let text = format(key, named);
    let mut parts: Vec<AnyView> = Vec::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(|char| places().any(|place| place == char)) {
        let (before, after) = rest.split_at(at);
        if !before.is_empty() {
            parts.push(before.to_owned().into_any());
        }
        let place = after.chars().next();
        let view = views.iter_mut().find(|(char, _)| Some(*char) == place);
        parts.extend(view.and_then(|(_, view)| view.take()));
        rest = &after[place.map_or(0, char::len_utf8)..];
    }
    if !rest.is_empty() {
        parts.push(rest.to_owned().into_any());
    }
    // One element, so that a line of several columns takes it for one.
    view! { <span>{parts}</span> }.into_any()
}
