//! The pages of the account that is signed in.

mod api_keys;
mod authenticator;
mod back;
mod deletion;
mod email;
mod export;
mod name;
mod overview;
mod password;
mod readable_export;
mod security;

use leptos::prelude::*;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::Route;
use leptos_router::{SsrMode, path};

/// The addresses of these pages.
#[component(transparent)]
pub fn AccountRoutes() -> AnyNestedRoute {
    view! {
        <Route path=path!("/account") view=overview::Account ssr=SsrMode::Async/>
        <Route path=path!("/account/name") view=name::ChangeName ssr=SsrMode::Async/>
        <Route path=path!("/account/email") view=email::ChangeEmail ssr=SsrMode::Async/>
        <Route path=path!("/account/password") view=password::SetPassword ssr=SsrMode::Async/>
        <Route path=path!("/account/api-keys") view=api_keys::ApiKeys ssr=SsrMode::Async/>
        <Route path=path!("/account/export") view=export::ExportAccount ssr=SsrMode::Async/>
        <Route path=path!("/account/export/page") view=readable_export::ReadableExport ssr=SsrMode::Async/>
        <Route path=path!("/account/delete") view=deletion::DeleteAccount ssr=SsrMode::Async/>
        <Route path=path!("/account/deleted") view=deletion::AccountDeleted ssr=SsrMode::Async/>
        <Route path=path!("/account/security") view=security::Security ssr=SsrMode::Async/>
        <Route path=path!("/account/security/authenticator") view=authenticator::SetUpAuthenticator ssr=SsrMode::Async/>
        <Route path=path!("/account/security/recovery-codes") view=authenticator::RecoveryCodes ssr=SsrMode::Async/>
    }
    .into_inner()
    .into_any_nested_route()
}
