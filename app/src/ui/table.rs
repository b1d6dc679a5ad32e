use leptos::prelude::*;

/// A wide table with these names of columns, in a frame in which it scrolls on its own; reachable with the keyboard.
/// The children are its rows.
#[component]
pub fn TableFrame(
    #[prop(into)] label: String,
    columns: Vec<String>,
    /// Further classes of the table.
    #[prop(optional)]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let columns: Vec<_> =
        columns.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect();
    view! {
        <div class="table-frame" role="region" tabindex="0" aria-label=label>
            <table class=format!("table {class}")>
                <thead>
                    <tr>{columns}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}
