//! The document around every page, and the table of routes.

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::context::{self, Site};
use crate::i18n::{self, text};
use crate::links;
use crate::pages;
use crate::pages::account::AccountRoutes;
use crate::pages::staff::StaffRoutes;
use crate::parts::agreement::AgreementNotice;
use crate::parts::header_footer::{PageFooter, PageHeader};
use crate::parts::languages::LanguageOffers;
use crate::parts::welcome::Welcome;

/// The whole document.
pub fn shell(site: Site) -> impl IntoView {
    if let Some(shared) = Owner::current_shared_context() {
        // Only islands are hydrated, so data outside of them is not serialized a second time for the client.
        shared.set_is_hydrating(false);
    }
    let language = i18n::current();
    let is_public = links::is_public(&context::here_in_english());
    view! {
        <!DOCTYPE html>
        <html lang=language.code() dir=language.direction()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#faf7f0" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#151a16" media="(prefers-color-scheme: dark)"/>
                {site.font_url.map(|url| view! {
                    <link rel="preload" href=url r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
                })}
                <link rel="stylesheet" href=site.stylesheet_url/>
                {(!is_public).then(|| view! { <link rel="stylesheet" href=site.more_styles_url/> })}
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml"/>
                {(!is_public).then(|| view! { <meta name="robots" content="noindex"/> })}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Header, the page at this address, footer.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| text!("page-title", title = escaped(&title))/>
        <Router>
            <a class="skip-link" href="#content">{text!("layout-skip-link")}</a>
            <LanguageOffers/>
            <PageHeader/>
            <main id="content" tabindex="-1">
                <Welcome/>
                <AgreementNotice/>
                <Routes fallback=pages::NotFound>
                    <Route path=path!("/") view=pages::Home ssr=SsrMode::Async/>
                    <Route path=path!("/doctors") view=pages::Doctors ssr=SsrMode::Async/>
                    <Route path=path!("/doctors/:slug") view=pages::Doctor ssr=SsrMode::Async/>
                    <Route path=path!("/appointments") view=pages::Appointments ssr=SsrMode::Async/>
                    <Route path=path!("/appointments/calendar") view=pages::OwnCalendar ssr=SsrMode::Async/>
                    <Route path=path!("/appointments/:id") view=pages::Appointment ssr=SsrMode::Async/>
                    <Route path=path!("/appointments/:id/move") view=pages::MoveAppointment ssr=SsrMode::Async/>
                    <Route path=path!("/book") view=pages::Book ssr=SsrMode::Async/>
                    <Route path=path!("/help/calendars") view=pages::CalendarHelp ssr=SsrMode::Async/>
                    <Route path=path!("/privacy") view=pages::Privacy ssr=SsrMode::Async/>
                    <Route path=path!("/terms") view=pages::Terms ssr=SsrMode::Async/>
                    <Route path=path!("/people") view=pages::People ssr=SsrMode::Async/>
                    <Route path=path!("/people/:id") view=pages::CorrectPerson ssr=SsrMode::Async/>
                    <AccountRoutes/>
                    <Route path=path!("/sign-in") view=pages::SignIn ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in/code") view=pages::SignInCode ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in/second-factor") view=pages::SecondFactor ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in/forgot") view=pages::ForgottenPassword ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in/again") view=pages::SignInAgain ssr=SsrMode::Async/>
                    <Route path=path!("/register") view=pages::Register ssr=SsrMode::Async/>
                    <StaffRoutes/>
                </Routes>
            </main>
            <PageFooter/>
        </Router>
    }
}

/// Escapes a title: titles quote what people typed, and leptos_meta does not escape them.
fn escaped(title: &str) -> String {
    title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
