//! The name of the account's owner.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::{Failure, Field};

use super::back::BackToAccount;
use crate::context::{self, typed_or};
use crate::fns::account::RenameAccount;
use crate::i18n::text;
use crate::links;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::response;
use crate::ui::{Button, PageHead, TextField};

#[component]
pub fn ChangeName() -> impl IntoView {
    response::page(change_name(failure_of::<RenameAccount>()))
}

async fn change_name(state: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let profile = ports.accounts.profile(&caller).await?;
    Ok(view! {
        <Title text=state.page_title(text!("account-name-title"))/>
        <BackToAccount/>
        <section class="narrow">
            <FormSummary state=state.clone()/>
            <PageHead title=text!("account-name-title") lead=text!("account-name-lead")/>
            <form class="form" method="post" action=links::page(RenameAccount::PATH)>
                <TextField name="name" label=text!("account-name-label") autocomplete="name" required=true
                    maxlength=100 value=typed_or("name", &profile.name) problem=state.problem(Field::Name)/>
                <Button>{text!("account-save")}</Button>
            </form>
        </section>
    }
    .into_any())
}
