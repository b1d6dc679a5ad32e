//! Agreeing to new versions of the privacy notice and the terms of use.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Agrees to the versions that the page has shown, then leads back to it.
#[server(prefix = "/fn", endpoint = "agree")]
pub async fn agree(
    #[server(default)] privacy: String,
    #[server(default)] terms: String,
    #[server(default)] back: String,
) -> Result<(), FormFailure> {
    use nadi::consent::Document;
    let (caller, ports) = super::request()?;
    let mut shown = Vec::new();
    for (document, version) in [(Document::Privacy, privacy), (Document::Terms, terms)] {
        if !version.is_empty() {
            let version = version.parse().map_err(|_| nadi::Failure::Malformed)?;
            shown.push((document, version));
        }
    }
    let locale = crate::i18n::current().code();
    let back = nadi::input::return_path(&back);
    let agreed = ports.accounts.agree(&caller, &shown, locale).await;
    if super::or_sign_in(agreed, back)?.is_some() {
        super::redirect(&crate::links::with(back, "agreed", "yes"));
    }
    Ok(())
}
