//! The header with the main navigation, and the footer, of every page.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::actor::MissingFactor;
use nadi::consent::Document;
use nadi::permissions::Permission;

use crate::context::{self, Site};
use crate::fns::session::SignOut;
use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::languages::LanguageLinks;
use crate::ui::{Icon, Shape};

/// A link of the main navigation; marked as current on its own page and the pages below it.
#[component]
fn NavLink(
    href: &'static str,
    text: String,
    /// For developers only, and not translated.
    #[prop(optional)]
    developer: bool,
) -> impl IntoView {
    let here = context::here_in_english();
    let path = here.split('?').next().unwrap_or_default();
    let inside = path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'));
    let translate = developer.then_some("no");
    view! {
        <li>
            <a href=links::page(href) aria-current=inside.then_some("page") translate=translate>{text}</a>
        </li>
    }
}

#[component]
pub fn PageHeader() -> impl IntoView {
    let account = context::signed_in();
    let doctor =
        account.as_ref().is_some_and(|one| one.doctor_for(Permission::SeeOwnCalendar).is_ok());
    let has_clinics =
        |permission| account.as_ref().is_some_and(|one| one.clinics_for(permission).is_ok());
    let administrator = has_clinics(Permission::ManageDoctors);
    let front_desk = !administrator && has_clinics(Permission::SeeAppointments);
    let auditor = has_clinics(Permission::ReadAuditLog);
    let factor_missing = account.as_ref().and_then(|one| one.access.second_factor_missing);
    let factor_link = factor_missing.map(|missing| match missing {
        MissingFactor::SetUp => ("/account/security", text!("layout-second-factor")),
        MissingFactor::SignIn => ("/sign-in/again", text!("layout-sign-in-again")),
    });
    let site = use_context::<Site>().map(|site| site.public_url).unwrap_or_default();
    let here = context::here_in_english();
    // After signing in or registering, nobody wants to return to one of these forms.
    let back = if here.starts_with("/sign-in") || here.starts_with("/register") {
        links::page("/")
    } else if here.starts_with("/appointments/") && account.is_none() {
        // It shows what a visitor holds, which is in no account yet.
        links::page("/appointments")
    } else {
        links::page(&here)
    };
    view! {
        <header class="site-header">
            <div class="site-header-row">
                <a class="wordmark" href=links::page("/") aria-label=text!("layout-home-link")>
                    <Icon shape=Shape::Pulse/>
                    <span translate="no">"Nadi"</span>
                </a>
                <span class="print-only" translate="no">{site}</span>
                <nav class="site-nav" aria-label=text!("layout-main-navigation")>
                    <ul>
                        <NavLink href="/doctors" text=text!("layout-find-doctor")/>
                        <NavLink href="/appointments" text=text!("layout-my-appointments")/>
                        {doctor.then(|| view! { <NavLink href="/calendar" text=text!("layout-my-calendar")/> })}
                        {front_desk.then(|| view! { <NavLink href="/admin/appointments" text=text!("layout-front-desk")/> })}
                        {administrator.then(|| view! { <NavLink href="/admin" text=text!("layout-administration")/> })}
                        {auditor.then(|| view! { <NavLink href="/audit" text=text!("layout-audit-log")/> })}
                        {factor_link.map(|(href, text)| view! { <NavLink href=href text=text/> })}
                        {context::development().then(|| view! { <NavLink href="/dev/mailbox" text="Mailbox".to_owned() developer=true/> })}
                    </ul>
                </nav>
                {match account {
                    Some(account) => view! {
                        <div class="site-account">
                            <a class="site-account-name" href=links::page("/account") translate="no" title=account.name.clone()>
                                {account.name.clone()}
                            </a>
                            <form method="post" action=links::page(SignOut::PATH)>
                                <button class="button" data-variant="quiet" type="submit">{text!("layout-sign-out")}</button>
                            </form>
                        </div>
                    }.into_any(),
                    None => view! {
                        <div class="site-account">
                            <a class="button" data-variant="quiet" href=links::sign_in(&back)>{text!("layout-sign-in")}</a>
                            <a class="button" data-variant="secondary" href=links::register(&back)>{text!("layout-register")}</a>
                        </div>
                    }.into_any(),
                }}
            </div>
        </header>
    }
}

#[component]
pub fn PageFooter() -> impl IntoView {
    let geonames = view! {
        <a href="https://www.geonames.org/" rel="external noreferrer" translate="no">"GeoNames"</a>
    };
    let licence = view! {
        <a href="https://creativecommons.org/licenses/by/4.0/" rel="external noreferrer license" translate="no">
            "CC BY 4.0"
        </a>
    };
    let typeface = view! { <span translate="no">"Atkinson Hyperlegible Next"</span> };
    let typeface_licence =
        view! { <a href="/fonts/OFL.txt" translate="no">"SIL Open Font License"</a> };
    let credits = rich_text!("layout-credits", geonames, licence, typeface, typeface_licence);
    view! {
        <footer class="site-footer">
            <LanguageLinks/>
            <p>{text!("layout-emergency")}</p>
            <ul class="site-footer-links">
                <li><a href=links::document(Document::Privacy)>{text!("privacy-title")}</a></li>
                <li><a href=links::document(Document::Terms)>{text!("terms-title")}</a></li>
            </ul>
            <p class="site-footer-small">{credits}</p>
        </footer>
    }
}
