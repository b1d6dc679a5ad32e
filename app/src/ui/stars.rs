use leptos::prelude::*;

use crate::i18n::text;

/// One star on a 20-unit grid.
const STAR: &str = "M10 2.2l2.4 4.9 5.4.8-3.9 3.8.9 5.4-4.8-2.5-4.8 2.5.9-5.4L2.2 7.9l5.4-.8z";

/// A rating as drawn stars; screen readers read `4 out of 5 stars`.
#[component]
pub fn StarRow(
    /// From 0 to 5.
    of_five: u8,
) -> impl IntoView {
    let stars: Vec<_> = (0..5u8)
        .map(|place| {
            let given = (place < of_five).then_some("");
            let x = u32::from(place) * 20;
            view! { <path d=STAR transform=format!("translate({x} 0)") data-given=given/> }
        })
        .collect();
    view! {
        <svg class="stars" viewBox="0 0 100 20" width="100" height="20" role="img"
            aria-label=text!("stars-of-five", count = of_five) focusable="false">
            {stars}
        </svg>
    }
}
