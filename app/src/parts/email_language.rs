//! Choosing the language of e-mails. Nothing of it is shown while there is only one language.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::Failure;
use nadi::actor::Caller;
use nadi::ports::Ports;

use crate::fns::session::SetLanguage;
use crate::i18n::{Language, text};
use crate::links;
use crate::parts::form::{FormSummary, failure_of};
use crate::ui::{Button, Choice, SelectField, Variant};

/// The form, with the account's language chosen.
///
/// # Errors
/// `SignInFirst`, `Unavailable`.
pub async fn email_language(caller: &Caller, ports: &Ports) -> Result<Option<AnyView>, Failure> {
    if Language::all().count() <= 1 {
        return Ok(None);
    }
    let state = failure_of::<SetLanguage>();
    let locale = ports.accounts.locale(caller).await?;
    let choices =
        Language::all().map(|language| Choice::new(language.code(), language.name())).collect();
    Ok(Some(
        view! {
            <FormSummary state=state/>
            <form class="form" method="post" action=links::page(SetLanguage::PATH)>
                <SelectField name="language" label=text!("email-language-label") choices=choices value=locale
                    hint=text!("email-language-hint")/>
                <Button variant=Variant::Secondary>{text!("email-language-button")}</Button>
            </form>
        }
        .into_any(),
    ))
}
