//! Reviews: writing one, taking it back, answering it, hiding it.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Writes a review of a visit, or changes it as it stood at `version`, then leads to the visit's page.
#[server(prefix = "/fn", endpoint = "write_review")]
pub async fn write_review(
    id: String,
    #[server(default)] stars: String,
    #[server(default)] text: String,
    #[server(default)] anonymous: String,
    #[server(default)] version: String,
) -> Result<(), FormFailure> {
    use nadi::ports::{ReviewForm, Seen};
    let (caller, ports) = super::request()?;
    let page = crate::links::appointment(&id);
    // Text that is not a number counts as 0, which is refused as a number of stars.
    let stars = (!stars.is_empty()).then(|| stars.parse().unwrap_or(0));
    let form = ReviewForm { stars, text, anonymous: !anonymous.is_empty() };
    let seen = super::parse_optional_id(&version)?.map(Seen::version);
    let written = ports.reviews.write(&caller, super::parse_id(&id)?, &form, seen.as_ref()).await;
    if super::or_sign_in(written, &page)?.is_some() {
        super::redirect(&format!("{page}?done=reviewed"));
    }
    Ok(())
}

/// Takes one's own review back, as it stood at `version`.
#[server(prefix = "/fn", endpoint = "withdraw_review")]
pub async fn withdraw_review(id: String, version: i32) -> Result<(), FormFailure> {
    use nadi::ports::Seen;
    let (caller, ports) = super::request()?;
    let page = crate::links::appointment(&id);
    let visit = super::parse_id(&id)?;
    let withdrawn = ports.reviews.withdraw(&caller, visit, &Seen::version(version)).await;
    if super::or_sign_in(withdrawn, &page)?.is_some() {
        super::redirect(&format!("{page}?done=withdrawn"));
    }
    Ok(())
}

/// The doctor's answer to a review, as it stood at `version`; an empty one takes the answer back. `page` is
/// the number of the page of the list.
#[server(prefix = "/fn", endpoint = "answer_review")]
pub async fn answer_review(
    id: String,
    version: i32,
    #[server(default)] answer: String,
    #[server(default)] page: String,
) -> Result<(), FormFailure> {
    use nadi::ports::Seen;
    let (caller, ports) = super::request()?;
    let back = crate::links::Query::new().with("page", &page);
    let seen = Seen::version(version);
    let answered = ports.reviews.answer(&caller, super::parse_id(&id)?, &answer, &seen).await;
    let page = back.clone().on(&crate::links::own_reviews());
    if super::or_sign_in(answered, &page)?.is_some() {
        super::redirect(&back.with("done", "answered").on(&crate::links::own_reviews()));
    }
    Ok(())
}

/// Hides a review for a reason, as it stood at `version`.
#[server(prefix = "/fn", endpoint = "hide_review")]
pub async fn hide_review(
    id: String,
    version: i32,
    #[server(default)] reason: String,
    #[server(default)] show: String,
    #[server(default)] page: String,
) -> Result<(), FormFailure> {
    decide(&id, version, Some(&reason), (&show, &page), "hidden").await
}

/// Shows a hidden review again, as it stood at `version`.
#[server(prefix = "/fn", endpoint = "show_review")]
pub async fn show_review(
    id: String,
    version: i32,
    #[server(default)] show: String,
    #[server(default)] page: String,
) -> Result<(), FormFailure> {
    decide(&id, version, None, (&show, &page), "shown").await
}

/// `show` and `page` are the parameters of the list to return to.
#[cfg(feature = "ssr")]
async fn decide(
    id: &str,
    version: i32,
    reason: Option<&str>,
    (show, page): (&str, &str),
    done: &str,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let seen = nadi::ports::Seen::version(version);
    let decided = ports.reviews.hide(&caller, super::parse_id(id)?, reason, &seen).await;
    let back = crate::links::Query::new().with("show", show).with("page", page);
    let list = back.clone().on(&crate::links::admin_reviews());
    if super::or_sign_in(decided, &list)?.is_some() {
        super::redirect(&back.with("done", done).on(&crate::links::admin_reviews()));
    }
    Ok(())
}
