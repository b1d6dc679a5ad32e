//! Registering, signing in, signing out.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Signs in with e-mail and password, then leads to `next` in the language of the account.
#[server(prefix = "/fn", endpoint = "sign_in")]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let email = nadi::input::Email::parse(&email)?;
    if password.is_empty() {
        let missing = nadi::Failure::field(nadi::Field::Password, nadi::Problem::Missing);
        return Err(missing.into());
    }
    // Longer than any valid password: refused as wrong without hashing it.
    if password.chars().count() > nadi::input::Password::MAX_CHARS as usize {
        return Err(nadi::Failure::WrongCredentials.into());
    }
    let account = ports.accounts.sign_in(&caller, email.as_str(), &password).await?;
    crate::context::session()?.start(account.id).await?;
    let next = nadi::input::return_path(&next);
    let (current, path) = crate::i18n::Language::of_path(next);
    let language = crate::i18n::Language::by_code(&account.locale).unwrap_or(current);
    super::redirect(&language.path(path));
    Ok(())
}

/// Makes an account, signs it in, then leads to `next`.
#[server(prefix = "/fn", endpoint = "register")]
pub async fn register(
    name: String,
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), FormFailure> {
    use nadi::input::{Email, Password, line};
    let (caller, ports) = super::request()?;
    let (name, email, password) =
        (line(nadi::Field::Name, &name, 100), Email::parse(&email), Password::parse(&password));
    // All problems at once, so that nobody corrects the form three times.
    let registration = match (name, email, password) {
        (Ok(name), Ok(email), Ok(password)) => {
            let locale = crate::i18n::current().code().to_owned();
            nadi::ports::Registration { name, email, password, locale }
        }
        (name, email, password) => {
            let problems = [name.err(), email.err(), password.err()];
            let problems = problems.into_iter().flatten().collect();
            return Err(nadi::Failure::Invalid(problems).into());
        }
    };
    let account = ports.accounts.register(&caller, registration).await?;
    crate::context::session()?.start(account).await?;
    super::redirect(&next);
    Ok(())
}

/// Chooses the language of e-mails to the account.
#[server(prefix = "/fn", endpoint = "set_language")]
pub async fn set_language(language: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let language = crate::i18n::Language::by_code(&language).ok_or(nadi::Failure::Malformed)?;
    let changed = ports.accounts.set_locale(&caller, language.code()).await;
    if super::or_sign_in(changed, &crate::links::page("/people"))?.is_some() {
        super::redirect(&crate::links::page("/people?done=language"));
    }
    Ok(())
}

/// Ends the session.
#[server(prefix = "/fn", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), FormFailure> {
    crate::context::session()?.end().await?;
    super::redirect(&crate::links::page("/"));
    Ok(())
}
