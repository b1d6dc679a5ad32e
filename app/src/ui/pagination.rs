use leptos::prelude::*;

use super::{Icon, Shape};
use crate::i18n::text;

/// Links to the page before and after. Nothing when there is one page only.
#[component]
pub fn Pagination(
    /// From 1.
    number: u32,
    count: u32,
    /// The address of a page.
    href: impl Fn(u32) -> String,
) -> impl IntoView {
    let previous = (number > 1).then(|| href(number.min(count + 1) - 1));
    let next = (number < count).then(|| href(number + 1));
    (count > 1 || number > 1).then(|| {
        view! {
            <nav class="pagination" aria-label=text!("pagination-label")>
                {previous.map(|href| view! {
                    <a class="button" data-variant="secondary" rel="prev" href=href>
                        <Icon shape=Shape::ArrowLeft/>
                        {text!("pagination-previous")}
                    </a>
                })}
                <span class="pagination-place">{text!("pagination-place", number, count)}</span>
                {next.map(|href| view! {
                    <a class="button" data-variant="secondary" rel="next" href=href>
                        {text!("pagination-next")}
                        <Icon shape=Shape::ArrowRight/>
                    </a>
                })}
            </nav>
        }
    })
}
