//! The privacy notice and the terms of use. Which version they are is in `nadi::consent`.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::consent::Document;
use nadi::retention;

use crate::context::Site;
use crate::i18n::{date_without_weekday, rich_text, text};
use crate::links;
use crate::parts::metadata::PageMetadata;
use crate::ui::PageHead;

/// A part of a document, with the id that links lead to.
struct Part {
    id: &'static str,
    title: String,
    content: AnyView,
}

impl Part {
    fn new(id: &'static str, title: String, content: impl IntoAny) -> Self {
        Self { id, title, content: content.into_any() }
    }

    /// A part that is a list of sentences.
    fn list(id: &'static str, title: String, sentences: Vec<String>) -> Self {
        Self::new(id, title, points(sentences))
    }
}

fn points(sentences: Vec<String>) -> AnyView {
    let points: Vec<_> =
        sentences.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect();
    view! { <ul>{points}</ul> }.into_any()
}

/// The head of the page, its contents, and its parts.
fn document(
    document: Document,
    title: String,
    lead: String,
    description: String,
    parts: Vec<Part>,
) -> impl IntoView {
    let links: Vec<_> = parts
        .iter()
        .map(|part| view! { <li><a href=format!("#{}", part.id)>{part.title.clone()}</a></li> })
        .collect();
    let parts: Vec<_> = parts
        .into_iter()
        .map(|part| {
            view! {
                <section class="stack" aria-labelledby=part.id>
                    <h2 id=part.id>{part.title}</h2>
                    {part.content}
                </section>
            }
        })
        .collect();
    let version = text!("document-version", date = date_without_weekday(document.version()));
    view! {
        <Title text=title.clone()/>
        <PageMetadata path=format!("/{}", document.as_str()) description=description/>
        <article class="narrow stack document">
            <PageHead title=title lead=lead/>
            <p class="muted">{version}</p>
            <nav aria-label=text!("document-contents")><ul>{links}</ul></nav>
            {parts}
        </article>
    }
}

/// The privacy notice.
#[component]
pub fn Privacy() -> impl IntoView {
    let parts = vec![
        Part::new("who", text!("privacy-who-title"), who()),
        Part::list(
            "what",
            text!("privacy-what-title"),
            vec![
                text!("privacy-what-account"),
                text!("privacy-what-people"),
                text!("privacy-what-appointments"),
                text!("privacy-what-reviews"),
                text!("privacy-what-messages"),
                text!("privacy-what-devices"),
                text!("privacy-what-tools"),
                text!("privacy-what-work"),
                text!("privacy-what-agreed"),
                text!("privacy-what-health"),
            ],
        ),
        Part::list(
            "why",
            text!("privacy-why-title"),
            vec![
                text!("privacy-why-book"),
                text!("privacy-why-safe"),
                text!("privacy-why-law"),
                text!("privacy-why-not"),
            ],
        ),
        Part::list(
            "seen",
            text!("privacy-seen-title"),
            vec![
                text!("privacy-seen-you"),
                text!("privacy-seen-clinic"),
                text!("privacy-seen-public"),
                text!("privacy-seen-operator"),
                text!("privacy-seen-calendar"),
                text!("privacy-seen-nobody"),
            ],
        ),
        Part::new("kept", text!("privacy-kept-title"), kept()),
        Part::new("cookies", text!("privacy-cookies-title"), cookies()),
        Part::new("rights", text!("privacy-rights-title"), rights()),
        Part::new(
            "changes",
            text!("privacy-changes-title"),
            view! { <p>{text!("privacy-changes")}</p> },
        ),
    ];
    let (title, lead) = (text!("privacy-title"), text!("privacy-lead"));
    document(Document::Privacy, title, lead, text!("privacy-description"), parts)
}

/// Who is responsible, and whom to ask.
fn who() -> impl IntoView {
    let contact = use_context::<Site>().and_then(|site| site.privacy_contact);
    let contact = match contact {
        Some(url) => {
            let shown = url.trim_start_matches("mailto:").to_owned();
            let contact = view! { <a href=url translate="no">{shown}</a> };
            rich_text!("privacy-who-contact", contact)
        }
        None => text!("privacy-who-no-contact").into_any(),
    };
    view! {
        <p>{text!("privacy-who-site")}</p>
        <p>{text!("privacy-who-clinic")}</p>
        <p>{contact}</p>
    }
}

/// `90 days`; from a year on in years, and in months where that is exact enough to be said.
fn period(days: i64) -> String {
    match days {
        730.. => text!("privacy-kept-years", count = days / 365),
        365..=369 => text!("privacy-kept-years", count = 1),
        370.. => text!("privacy-kept-months", count = days / 30),
        days => text!("privacy-kept-days", count = days),
    }
}

/// How long each kind of data is kept: the periods by which the server deletes.
fn kept() -> impl IntoView {
    let years = use_context::<Site>().and_then(|site| site.appointments_kept_years);
    let visits = match years {
        Some(count) => {
            text!("privacy-kept-visits-years", period = text!("privacy-kept-years", count))
        }
        None => text!("privacy-kept-visits-clinic"),
    };
    let rows = [
        (text!("privacy-kept-account"), text!("privacy-kept-account-until")),
        (text!("privacy-kept-visits"), visits),
        (text!("privacy-kept-holds"), period(retention::LAPSED_HOLD)),
        (text!("privacy-kept-reviews"), text!("privacy-kept-reviews-until")),
        (text!("privacy-kept-networks"), period(retention::HOLD_SOURCE)),
        (text!("privacy-kept-visitor"), period(retention::VISITOR)),
        (text!("privacy-kept-codes"), period(retention::CODE)),
        (text!("privacy-kept-removed"), period(retention::REMOVED_PERSON)),
        (text!("privacy-kept-addresses"), period(retention::UNDELIVERED_MESSAGE)),
        (text!("privacy-kept-messages"), period(retention::MESSAGE)),
        (text!("privacy-kept-devices"), text!("privacy-kept-devices-until")),
        (text!("privacy-kept-access"), period(retention::ENDED_ACCESS)),
        (text!("privacy-kept-invitations"), period(retention::INVITATION)),
        (text!("privacy-kept-events"), period(retention::EVENT)),
        (text!("privacy-kept-audit"), text!("privacy-kept-audit-until")),
        (text!("privacy-kept-agreed"), text!("privacy-kept-agreed-until")),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(what, how_long)| {
            view! { <tr><th scope="row">{what}</th><td>{how_long}</td></tr> }
        })
        .collect();
    view! {
        <table class="table document-periods">
            <thead>
                <tr>
                    <th scope="col">{text!("privacy-kept-what")}</th>
                    <th scope="col">{text!("privacy-kept-how-long")}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn cookies() -> impl IntoView {
    let sentences = vec![
        text!("privacy-cookies-session"),
        text!("privacy-cookies-visitor"),
        text!("privacy-cookies-steps"),
    ];
    view! {
        <p>{text!("privacy-cookies-lead")}</p>
        {points(sentences)}
    }
}

fn rights() -> impl IntoView {
    let link = |path: &str, name: String| view! { <a href=links::page(path)>{name}</a> };
    let export = link("/account/export", text!("account-export-title"));
    let account = link("/account", text!("privacy-rights-account"));
    let delete = link("/account/delete", text!("account-delete-title"));
    view! {
        <ul>
            <li>{rich_text!("privacy-rights-see", export)}</li>
            <li>{rich_text!("privacy-rights-correct", account)}</li>
            <li>{rich_text!("privacy-rights-delete", delete)}</li>
        </ul>
        <p>{text!("privacy-rights-booked")}</p>
        <p>{text!("privacy-rights-object")}</p>
        <p>{text!("privacy-rights-complain")}</p>
    }
}

/// The terms of use.
#[component]
pub fn Terms() -> impl IntoView {
    let privacy = view! {
        <a href=links::document(Document::Privacy)>{text!("agreement-privacy")}</a>
    };
    let rest = view! {
        <p>{text!("terms-rest-changes")}</p>
        <p>{text!("terms-rest-law")}</p>
        <p>{rich_text!("terms-rest-privacy", privacy)}</p>
    };
    let parts = vec![
        Part::list(
            "what",
            text!("terms-what-title"),
            vec![
                text!("terms-what-booking"),
                text!("terms-what-care"),
                text!("terms-what-emergency"),
            ],
        ),
        Part::list(
            "account",
            text!("terms-account-title"),
            vec![
                text!("terms-account-true"),
                text!("terms-account-secret"),
                text!("terms-account-others"),
                text!("terms-account-end"),
            ],
        ),
        Part::list(
            "booking",
            text!("terms-booking-title"),
            vec![
                text!("terms-booking-confirmed"),
                text!("terms-booking-cancel"),
                text!("terms-booking-clinic"),
                text!("terms-booking-fee"),
                text!("terms-booking-limits"),
            ],
        ),
        Part::list(
            "reviews",
            text!("terms-reviews-title"),
            vec![
                text!("terms-reviews-honest"),
                text!("terms-reviews-names"),
                text!("terms-reviews-hidden"),
            ],
        ),
        Part::list(
            "fair",
            text!("terms-fair-title"),
            vec![
                text!("terms-fair-others"),
                text!("terms-fair-load"),
                text!("terms-fair-programs"),
            ],
        ),
        Part::new("rest", text!("terms-rest-title"), rest),
    ];
    let (title, lead) = (text!("terms-title"), text!("terms-lead"));
    document(Document::Terms, title, lead, text!("terms-description"), parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_said_in_the_largest_unit_that_fits() {
        for (days, said) in [
            (1, "1 day"),
            (2, "2 days"),
            (retention::ENDED_ACCESS, "90 days"),
            (retention::LAPSED_HOLD, "1 year"),
            (retention::MESSAGE, "13 months"),
            (retention::EVENT, "2 years"),
        ] {
            assert_eq!(period(days), said, "{days}");
        }
    }
}
