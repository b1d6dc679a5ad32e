//! Downloading everything that is stored about the account.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;

use super::back::BackToAccount;
use crate::context;
use crate::i18n::text;
use crate::links;
use crate::parts::response;
use crate::ui::{Button, PageHead};

#[component]
pub fn ExportAccount() -> impl IntoView {
    response::page(export_account())
}

async fn export_account() -> Result<AnyView, Failure> {
    let caller = context::caller()?;
    caller.signed_in()?.must_have_proved(caller.now)?;
    let title = text!("account-export-title");
    Ok(view! {
        <Title text=title.clone()/>
        <BackToAccount/>
        <section class="narrow stack">
            <PageHead title=title lead=text!("account-export-lead")/>
            <p>{text!("account-export-parts")}</p>
            <p>{text!("account-export-secrets")}</p>
            // The answer is a file, which a server function cannot give.
            <form class="form" method="post" action=links::page("/account/export")>
                <Button>{text!("account-export-button")}</Button>
            </form>
            <p><a href=links::page("/account/export/page")>{text!("account-export-page")}</a></p>
        </section>
    }
    .into_any())
}
