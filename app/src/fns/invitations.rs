//! Inviting doctors, administrators and receptionists, accepting an invitation, and leaving a clinic.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Invites somebody to sign in as a doctor.
#[server(prefix = "/fn", endpoint = "invite_doctor")]
pub async fn invite_doctor(
    doctor: String,
    clinic: String,
    email: String,
) -> Result<(), FormFailure> {
    let page = place::of(&doctor);
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let invited_as = nadi::ports::InvitedAs::Doctor(super::parse_id(&doctor)?);
    let clinic = super::parse_id(&clinic)?;
    let email = nadi::input::Email::parse(&email)?;
    let sent = ports.invitations.invite(&caller, clinic, invited_as, &email).await;
    if super::or_sign_in(sent, &page)?.is_some() {
        super::redirect(&place::done(&page, "invited"));
    }
    Ok(())
}

/// Invites somebody to the team of a clinic.
#[server(prefix = "/fn", endpoint = "invite_member")]
pub async fn invite_member(
    #[server(default)] clinic: String,
    email: String,
    role: String,
) -> Result<(), FormFailure> {
    use nadi::failure::{Field, FieldProblem, Problem};
    let page = place::of("");
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let missing = FieldProblem { field: Field::Clinic, problem: Problem::Missing };
    let clinic = if clinic.is_empty() { Err(missing) } else { Ok(super::parse_id(&clinic)?) };
    // Both at once, so that nobody corrects the form twice.
    let (clinic, email) = match (clinic, nadi::input::Email::parse(&email)) {
        (Ok(clinic), Ok(email)) => (clinic, email),
        (clinic, email) => {
            let problems = [email.err(), clinic.err()].into_iter().flatten().collect();
            return Err(nadi::Failure::Invalid(problems).into());
        }
    };
    let role = nadi::ports::TeamRole::parse(&role).ok_or(nadi::Failure::Malformed)?;
    let invited_as = nadi::ports::InvitedAs::Member(role);
    let sent = ports.invitations.invite(&caller, clinic, invited_as, &email).await;
    if super::or_sign_in(sent, &page)?.is_some() {
        super::redirect(&place::done(&page, "invited"));
    }
    Ok(())
}

/// Mails an invitation again. `doctor`: on whose page the form is; empty on the team's page.
#[server(prefix = "/fn", endpoint = "invite_again")]
pub async fn invite_again(
    id: String,
    #[server(default)] doctor: String,
) -> Result<(), FormFailure> {
    let page = place::of(&doctor);
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let sent = ports.invitations.invite_again(&caller, super::parse_id(&id)?).await;
    if super::or_sign_in(sent, &page)?.is_some() {
        super::redirect(&place::done(&page, "invited"));
    }
    Ok(())
}

/// Withdraws an invitation; `doctor` as in [`invite_again`].
#[server(prefix = "/fn", endpoint = "withdraw_invitation")]
pub async fn withdraw_invitation(
    id: String,
    #[server(default)] doctor: String,
) -> Result<(), FormFailure> {
    let page = place::of(&doctor);
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let withdrawn = ports.invitations.withdraw(&caller, super::parse_id(&id)?).await;
    if super::or_sign_in(withdrawn, &page)?.is_some() {
        super::redirect(&place::done(&page, "withdrawn"));
    }
    Ok(())
}

/// Removes somebody from the team of a clinic. Administrators who remove themselves are led to the
/// home page.
#[server(prefix = "/fn", endpoint = "remove_member")]
pub async fn remove_member(
    from_clinic: String,
    account: String,
    role: String,
) -> Result<(), FormFailure> {
    let page = place::of("");
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let (clinic, account) = (super::parse_id(&from_clinic)?, super::parse_id(&account)?);
    let role = nadi::ports::TeamRole::parse(&role).ok_or(nadi::Failure::Malformed)?;
    let removed = ports.invitations.remove_member(&caller, clinic, role, account);
    if super::or_sign_in(removed.await, &page)?.is_some() {
        let is_self = caller.signed_in().is_ok_and(|caller| caller.account == account);
        match is_self && role == nadi::ports::TeamRole::Administrator {
            true => super::redirect(&crate::links::page("/")),
            false => super::redirect(&place::done(&page, "removed")),
        }
    }
    Ok(())
}

/// Takes the sign-in from a doctor's profile.
#[server(prefix = "/fn", endpoint = "unlink_doctor")]
pub async fn unlink_doctor(doctor: String) -> Result<(), FormFailure> {
    let page = place::of(&doctor);
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let unlinked = ports.invitations.unlink_doctor(&caller, super::parse_id(&doctor)?).await;
    if super::or_sign_in(unlinked, &page)?.is_some() {
        super::redirect(&place::done(&page, "unlinked"));
    }
    Ok(())
}

/// Accepts an invitation with the account that is signed in, then leads to where its new role belongs.
#[server(prefix = "/fn", endpoint = "accept_invitation")]
pub async fn accept_invitation(link: String) -> Result<(), FormFailure> {
    let page = crate::links::opened_invitation();
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let accepted = ports.invitations.accept(&caller, &link, None).await;
    if super::or_sign_in(accepted, &page)?.is_some() {
        crate::parts::invitation_link::forget();
        super::redirect(&place::joined(&crate::links::page("/sign-in")));
    }
    Ok(())
}

/// Accepts an invitation with a new account, and signs it in.
#[server(prefix = "/fn", endpoint = "join")]
pub async fn join(link: String, name: String, password: String) -> Result<(), FormFailure> {
    use nadi::input::{Password, line};
    let (caller, ports) = super::request()?;
    let (name, password) = match (line(nadi::Field::Name, &name, 100), Password::parse(&password)) {
        (Ok(name), Ok(password)) => (name, password),
        (name, password) => {
            let problems = [name.err(), password.err()].into_iter().flatten().collect();
            return Err(nadi::Failure::Invalid(problems).into());
        }
    };
    let locale = crate::i18n::current().code().to_owned();
    let new = nadi::ports::InvitedAccount { name, password, locale };
    let accepted = ports.invitations.accept(&caller, &link, Some(new)).await;
    if let Some(account) = super::or_sign_in(accepted, &crate::links::opened_invitation())? {
        crate::parts::invitation_link::forget();
        super::redirect(&place::joined(&super::session::enter(&account, "").await?));
    }
    Ok(())
}

/// Signs out, so that the account of the invited address can accept.
#[server(prefix = "/fn", endpoint = "sign_out_to_accept")]
pub async fn sign_out_to_accept() -> Result<(), FormFailure> {
    crate::context::session()?.end().await?;
    super::redirect(&crate::links::opened_invitation());
    Ok(())
}

#[cfg(feature = "ssr")]
mod place {
    /// The page of the forms: of this doctor, or of the team.
    pub fn of(doctor: &str) -> String {
        match doctor {
            "" => crate::links::page("/admin/team"),
            doctor => crate::links::edit_doctor(&crate::links::escape(doctor)),
        }
    }

    /// The page, saying what was done.
    pub fn done(page: &str, what: &str) -> String {
        crate::links::with(page, "done", what)
    }

    /// The page, leading on to one that says that the invitation was accepted.
    pub fn joined(page: &str) -> String {
        crate::links::with(page, crate::links::WELCOME, "joined")
    }
}
