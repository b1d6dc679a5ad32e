//! The page of every address that leads nowhere.

use leptos::prelude::*;

use crate::parts::failure_pages::NotFoundPage;
use crate::parts::response::set_status;

#[component]
pub fn NotFound() -> impl IntoView {
    set_status(404);
    view! { <NotFoundPage/> }
}
