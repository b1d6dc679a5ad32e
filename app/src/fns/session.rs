//! Registering, signing in, signing out.
//!
//! Each step leads to the next one and takes `next` along: the page that somebody wanted to see. The last step is
//! the sign-in page, which leads whoever is signed in to where they belong (`crate::pages::sign_in`).

use leptos::prelude::*;

use crate::error::FormFailure;

/// Signs in with e-mail and password.
#[server(prefix = "/fn", endpoint = "sign_in")]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let (email, password) = (nadi::input::Email::parse(&email), typed_password(&password));
    let (email, password) = match (email, password) {
        (Ok(email), Ok(password)) => (email, password),
        (email, password) => {
            // Both at once, so that nobody corrects the form twice.
            let problems = [email.err(), password.err()].into_iter().flatten().collect();
            return Err(nadi::Failure::Invalid(problems).into());
        }
    };
    let password = password.ok_or(nadi::Failure::WrongCredentials)?;
    let step = ports.sign_in.check_password(&caller, email.as_str(), password).await?;
    go_on(step, &next).await
}

/// The password as typed. `None` when it is longer than any password can be: it is refused as wrong, without hashing.
#[cfg(feature = "ssr")]
fn typed_password(typed: &str) -> Result<Option<&str>, nadi::failure::FieldProblem> {
    use nadi::failure::{Field, FieldProblem, Problem};
    if typed.is_empty() {
        return Err(FieldProblem { field: Field::Password, problem: Problem::Missing });
    }
    let fits = typed.chars().count() <= nadi::input::Password::MAX_CHARS as usize;
    Ok(fits.then_some(typed))
}

/// Signs in, or asks for the second factor.
#[cfg(feature = "ssr")]
async fn go_on(step: nadi::ports::SignInStep, next: &str) -> Result<(), FormFailure> {
    use nadi::ports::SignInStep;
    match step {
        SignInStep::SignedIn(account) => super::redirect(&enter(&account, next).await?),
        SignInStep::SecondFactor(account) => {
            crate::context::session()?.await_second_factor(&account).await?;
            super::redirect(&crate::links::second_factor(next));
        }
    }
    Ok(())
}

/// Signs the account in on this browser; returns the address that it has to be redirected to. That is the sign-in
/// page in the language of the account: from there it is led to `next`, or to where its role belongs.
///
/// # Errors
/// `Unavailable`.
#[cfg(feature = "ssr")]
pub async fn enter(
    account: &nadi::ports::KnownAccount,
    next: &str,
) -> Result<String, nadi::Failure> {
    use crate::i18n::Language;
    crate::context::session()?.start(account).await?;
    let (typed_in, path) = match next {
        "" => (crate::i18n::current(), ""),
        next => Language::of_path(nadi::input::return_path(next)),
    };
    let language = Language::by_code(&account.locale).unwrap_or(typed_in);
    let next = if path.is_empty() { String::new() } else { language.path(path) };
    let query = crate::links::Query::new().with("next", &next).with("signed_in", "yes");
    Ok(query.on(&language.path("/sign-in")))
}

/// Leads from the sign-in form to the page for a forgotten password, which shows the address that was typed.
#[server(prefix = "/fn", endpoint = "forgot_password")]
pub async fn forgot_password(#[server(default)] next: String) -> Result<(), FormFailure> {
    let page = crate::links::forgotten_password(&next);
    let (name, value) = crate::context::SHOWS_TYPED.split_once('=').unwrap_or_default();
    super::redirect(&crate::links::with(&page, name, value));
    Ok(())
}

/// Sends a code to sign in with; also for those who have forgotten their password. The answer is the same whether or
/// not the address has an account.
#[server(prefix = "/fn", endpoint = "send_sign_in_code")]
pub async fn send_sign_in_code(
    #[server(default)] email: String,
    #[server(default)] next: String,
) -> Result<(), FormFailure> {
    let email = nadi::input::Email::parse(&email)?;
    send_code_to(&email, &next).await
}

#[cfg(feature = "ssr")]
async fn send_code_to(email: &nadi::input::Email, next: &str) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let locale = crate::i18n::current().code();
    let token = ports.sign_in.send_code(&caller, email, locale).await?;
    crate::context::session()?.set_proof(&token);
    super::redirect(&crate::links::sign_in_code(next));
    Ok(())
}

/// Sends a code to an address that is to be registered. The account is made when the code is typed.
#[server(prefix = "/fn", endpoint = "register")]
pub async fn register(
    name: String,
    email: String,
    password: String,
    #[server(default)] next: String,
    #[server(default)] key: String,
) -> Result<(), FormFailure> {
    use nadi::idempotency::IdempotencyKey;
    use nadi::input::{Email, Password, line};
    let (caller, ports) = super::request()?;
    let (name, email, password) =
        (line(nadi::Field::Name, &name, 100), Email::parse(&email), Password::parse(&password));
    // All problems at once, so that nobody corrects the form three times.
    let registration = match (name, email, password) {
        (Ok(name), Ok(email), Ok(password)) => {
            let locale = crate::i18n::current().code().to_owned();
            let key = IdempotencyKey::of_form(&key);
            nadi::ports::Registration { name, email, password: Some(password), locale, key }
        }
        (name, email, password) => {
            let problems = [name.err(), email.err(), password.err()];
            let problems = problems.into_iter().flatten().collect();
            return Err(nadi::Failure::Invalid(problems).into());
        }
    };
    let token = ports.sign_in.register(&caller, registration).await?;
    crate::context::session()?.set_proof(&token);
    super::redirect(&crate::links::sign_in_code(&next));
    Ok(())
}

/// Signs in with the code that this browser has asked for; a new address gets its account.
#[server(prefix = "/fn", endpoint = "check_code")]
pub async fn check_code(code: String, #[server(default)] next: String) -> Result<(), FormFailure> {
    use nadi::ports::{ProofPurpose, SignInStep};
    let (caller, ports) = super::request()?;
    let browser = crate::context::session()?;
    let code = nadi::input::Code::parse(&code)?;
    let token = browser.proof().ok_or(nadi::Failure::CodeExpired)?;
    let pending = ports.sign_in.pending_proof(&caller, &token).await?;
    let step = ports.sign_in.check_code(&caller, &token, &code).await?;
    browser.forget_proof();
    match (step, pending) {
        (SignInStep::SignedIn(account), Some(proof)) if proof.purpose == ProofPurpose::Register => {
            let page = enter(&account, &next).await?;
            super::redirect(&crate::links::with(&page, crate::links::WELCOME, "registered"));
            Ok(())
        }
        (step, _) => go_on(step, &next).await,
    }
}

/// Sends a new code to the same address, in place of the last one.
#[server(prefix = "/fn", endpoint = "send_sign_in_code_again")]
pub async fn send_sign_in_code_again(#[server(default)] next: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let token = crate::context::session()?.proof().ok_or(nadi::Failure::CodeExpired)?;
    ports.sign_in.send_code_again(&caller, &token).await?;
    super::redirect(&crate::links::with(&crate::links::sign_in_code(&next), "done", "sent"));
    Ok(())
}

/// Ends a sign-in with the second factor.
#[server(prefix = "/fn", endpoint = "second_factor")]
pub async fn second_factor(
    code: String,
    #[server(default)] next: String,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let Some(account) = crate::context::session()?.awaiting_second_factor().await? else {
        super::redirect(&crate::links::second_factor_expired(&next));
        return Ok(());
    };
    let account = ports.sign_in.check_second_factor(&caller, &account, &code).await?;
    super::redirect(&enter(&account, &next).await?);
    Ok(())
}

/// Proves with the password who is signed in, before a change that needs it. The password is that of the account
/// that is signed in: the address does not come from the form, so nobody ends up in another account.
#[server(prefix = "/fn", endpoint = "prove_with_password")]
pub async fn prove_with_password(
    password: String,
    #[server(default)] next: String,
) -> Result<(), FormFailure> {
    use nadi::failure::{Failure, Field, Problem};
    let (caller, ports) = super::request()?;
    let Some(email) = own_email(&caller, &ports, &next).await? else { return Ok(()) };
    let password = typed_password(&password)?;
    let wrong = || Failure::field(Field::Password, Problem::Unknown);
    let password = password.ok_or_else(wrong)?;
    let step = ports.sign_in.check_password(&caller, email.as_str(), password).await;
    let step = step.map_err(|failure| match failure {
        Failure::WrongCredentials => wrong(),
        failure => failure,
    })?;
    go_on(step, &next).await
}

/// Sends a code to the address of the account that is signed in, to prove who it is.
#[server(prefix = "/fn", endpoint = "prove_with_code")]
pub async fn prove_with_code(#[server(default)] next: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let Some(email) = own_email(&caller, &ports, &next).await? else { return Ok(()) };
    send_code_to(&email, &next).await
}

/// The address of the account that is signed in. `None`: nobody is, and is led to signing in.
#[cfg(feature = "ssr")]
async fn own_email(
    caller: &nadi::actor::Caller,
    ports: &nadi::ports::Ports,
    next: &str,
) -> Result<Option<nadi::input::Email>, FormFailure> {
    let profile = super::or_sign_in(ports.accounts.profile(caller).await, next)?;
    Ok(profile.map(|profile| nadi::input::Email::parse(&profile.email)).transpose()?)
}

/// Chooses the language of e-mails to the account.
#[server(prefix = "/fn", endpoint = "set_language")]
pub async fn set_language(language: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let language = crate::i18n::Language::by_code(&language).ok_or(nadi::Failure::Malformed)?;
    let changed = ports.accounts.set_locale(&caller, language.code()).await;
    if super::or_sign_in(changed, &crate::links::page("/account"))?.is_some() {
        super::redirect(&crate::links::page("/account?done=language"));
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
