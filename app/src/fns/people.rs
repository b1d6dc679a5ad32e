//! The people an account may book for.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Adds someone the account looks after, then leads to `next`, where they are chosen.
#[server(prefix = "/fn", endpoint = "add_person")]
pub async fn add_person(
    name: String,
    #[server(default)] birth_date: String,
    #[server(default)] next: String,
) -> Result<(), FormFailure> {
    let page = crate::links::people(&next);
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let birth_date = match birth_date.trim() {
        "" => None,
        text => Some(nadi::calendar::parse_birth_date(text)?),
    };
    let new = nadi::ports::NewDependant { name, birth_date };
    let added = ports.people.add_dependant(&caller, &new).await;
    if let Some(added) = super::or_sign_in(added, &page)? {
        let next = match next.as_str() {
            "" => crate::links::page("/people?done=added"),
            next => crate::links::with(next, "person", &added.id.to_string()),
        };
        super::redirect(&next);
    }
    Ok(())
}

/// Corrects the name and birth date of a person.
#[server(prefix = "/fn", endpoint = "correct_person")]
pub async fn correct_person(
    id: String,
    name: String,
    #[server(default)] birth_date: String,
) -> Result<(), FormFailure> {
    let page = crate::links::person(&id);
    let Some((caller, ports)) = super::signed_in_request(&page)? else { return Ok(()) };
    let birth_date = match birth_date.trim() {
        "" => None,
        text => Some(nadi::calendar::parse_birth_date(text)?),
    };
    let person = super::parse_id(&id)?;
    let corrected = nadi::ports::NewDependant { name, birth_date };
    let corrected = ports.people.correct_dependant(&caller, person, &corrected).await;
    if super::or_sign_in(corrected, &page)?.is_some() {
        super::redirect(&crate::links::page("/people?done=corrected"));
    }
    Ok(())
}

/// Removes a person.
#[server(prefix = "/fn", endpoint = "remove_person")]
pub async fn remove_person(id: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let removed = ports.people.remove_dependant(&caller, super::parse_id(&id)?).await;
    if super::or_sign_in(removed, &crate::links::page("/people"))?.is_some() {
        super::redirect(&crate::links::page("/people?done=removed"));
    }
    Ok(())
}
