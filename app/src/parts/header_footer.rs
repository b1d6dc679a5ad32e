//! The header with the main navigation, and the footer, of every page.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::context::{self, Site};
use crate::fns::session::SignOut;
use crate::links;
use crate::ui::{Icon, Shape};

/// A link of the main navigation; marked as current on its own page and the pages below it.
#[component]
fn NavLink(href: &'static str, text: &'static str) -> impl IntoView {
    let here = context::here_in_english();
    let path = here.split('?').next().unwrap_or_default();
    let inside = path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'));
    view! { <li><a href=links::page(href) aria-current=inside.then_some("page")>{text}</a></li> }
}

#[component]
pub fn PageHeader() -> impl IntoView {
    let account = context::signed_in();
    let doctor = account.as_ref().is_some_and(|account| account.doctor.is_some());
    let administrator = account.as_ref().is_some_and(|account| account.administers.any());
    let site = use_context::<Site>().map(|site| site.public_url).unwrap_or_default();
    let here = context::here_in_english();
    // After signing in or registering, nobody wants to return to one of these forms.
    let back = if here.starts_with("/sign-in") || here.starts_with("/register") {
        links::page("/")
    } else {
        links::page(&here)
    };
    view! {
        <header class="site-header">
            <div class="site-header-row">
                <a class="wordmark" href=links::page("/") aria-label="Nadi, home">
                    <Icon shape=Shape::Pulse/>
                    <span>"Nadi"</span>
                </a>
                <span class="print-only">{site}</span>
                <nav class="site-nav" aria-label="Main">
                    <ul>
                        <NavLink href="/doctors" text="Find a doctor"/>
                        <NavLink href="/appointments" text="My appointments"/>
                        {doctor.then(|| view! { <NavLink href="/calendar" text="My calendar"/> })}
                        {administrator.then(|| view! { <NavLink href="/admin" text="Administration"/> })}
                        {context::development().then(|| view! { <NavLink href="/dev/mailbox" text="Mailbox"/> })}
                    </ul>
                </nav>
                {match account {
                    Some(account) => view! {
                        <div class="site-account">
                            <span class="site-account-name" title=account.name.clone()>{account.name.clone()}</span>
                            <form method="post" action=links::page(SignOut::PATH)>
                                <button class="button" data-variant="quiet" type="submit">"Sign out"</button>
                            </form>
                        </div>
                    }.into_any(),
                    None => view! {
                        <div class="site-account">
                            <a class="button" data-variant="quiet" href=links::sign_in(&back)>"Sign in"</a>
                            <a class="button" data-variant="secondary" href=links::register(&back)>"Register"</a>
                        </div>
                    }.into_any(),
                }}
            </div>
        </header>
    }
}

#[component]
pub fn PageFooter() -> impl IntoView {
    view! {
        <footer class="site-footer">
            <p>"Nadi is for appointments. In an emergency, call your local emergency number."</p>
            <p class="site-footer-small">
                "City data © "
                <a href="https://www.geonames.org/" rel="external noreferrer">"GeoNames"</a>
                ", "
                <a href="https://creativecommons.org/licenses/by/4.0/" rel="external noreferrer license">"CC BY 4.0"</a>
                ". Typeface: Atkinson Hyperlegible Next, "
                <a href="/fonts/OFL.txt">"SIL Open Font License"</a>
                "."
            </p>
        </footer>
    }
}
