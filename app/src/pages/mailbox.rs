//! The development mailbox: what Nadi would have sent.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::input::Email;
use nadi::ports::PostedMessage;

use crate::context;
use crate::links;
use crate::parts::address::Address;
use crate::parts::response;
use crate::ui::{Button, ButtonLink, Empty, PageHead, TextField, Variant};

#[component]
pub fn MailboxPage() -> impl IntoView {
    let mut address = Address::default();
    let to = address.read("to", "the address, which is too long", |text| {
        let address =
            || Email::parse(text).map_or_else(|_| text.to_owned(), |email| email.to_string());
        (text.chars().count() <= 254).then(address)
    });
    response::page(mailbox(to, address))
}

async fn mailbox(to: Option<String>, address: Address) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    // The page exists in development only.
    let mailbox = ports.mailbox.ok_or(Failure::NotFound)?;
    let messages = mailbox.latest(&caller, to.as_deref()).await?;
    let narrowed = to.is_some();
    let none = messages.is_empty();
    let messages: Vec<_> =
        messages.into_iter().map(|posted| view! { <li><Letter posted=posted/></li> }).collect();
    let list = match (none, narrowed) {
        (false, _) => view! { <ol class="letters" aria-label="Messages, newest first">{messages}</ol> }.into_any(),
        (true, true) => view! {
            <Empty title="Nothing was sent to this address">
                <p>"Refresh in a moment, or look at all messages."</p>
                <p class="actions"><ButtonLink href=links::page("/dev/mailbox")>"Show all messages"</ButtonLink></p>
            </Empty>
        }
        .into_any(),
        (true, false) => view! {
            <Empty title="Nothing was sent yet">
                <p>"Hold a time with a doctor: the code arrives here."</p>
                <p class="actions"><ButtonLink href=links::page("/doctors")>"Find a doctor"</ButtonLink></p>
            </Empty>
        }
        .into_any(),
    };
    Ok(view! {
        <Title text="Mailbox"/>
        <PageHead title="Mailbox" lead="Development only: what Nadi would have sent, newest first. Times are UTC."/>
        {address.note()}
        <div class="admin-bar">
            <form class="admin-search" method="get" action=links::page("/dev/mailbox") role="search" aria-label="Messages">
                <TextField name="to" label="Sent to" kind="email" maxlength=254 autocomplete="off" value=to.map(|to| Email::readable(&to)).unwrap_or_default()/>
                <Button variant=Variant::Secondary>"Show"</Button>
                {narrowed.then(|| view! { <a class="admin-all" href=links::page("/dev/mailbox")>"Show all"</a> })}
            </form>
            <ButtonLink href=context::here() variant=Variant::Quiet>"Refresh"</ButtonLink>
        </div>
        {list}
    }
    .into_any())
}

#[component]
fn Letter(posted: PostedMessage) -> impl IntoView {
    let PostedMessage { message, sent_at } = posted;
    let heading = format!("message-{}", message.key);
    view! {
        <article class="letter" aria-labelledby=heading>
            <header>
                <h2 id=heading.clone()>{message.subject}</h2>
                <p class="muted">
                    "To "<span class="letter-to">{Email::readable(&message.to)}</span>", "
                    <time datetime=sent_at.to_rfc3339()>{sent_at.format("%-d %b %Y, %H:%M:%S UTC").to_string()}</time>
                </p>
            </header>
            <pre class="letter-body">{message.body}</pre>
        </article>
    }
}
