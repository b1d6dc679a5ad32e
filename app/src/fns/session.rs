//! Registering, signing in, signing out.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Signs in with e-mail and password, then leads to `next`.
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
    crate::context::session()?.start(account).await?;
    super::redirect(&next);
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
        (Ok(name), Ok(email), Ok(password)) => nadi::ports::Registration { name, email, password },
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

/// Ends the session.
#[server(prefix = "/fn", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), FormFailure> {
    crate::context::session()?.end().await?;
    super::redirect(&crate::links::page("/"));
    Ok(())
}
