//! The page that the link in an invitation leads to. Opening it changes nothing: mail programs open links, too. The
//! link's secret leaves the address with the first click ([`invitation_link`]).

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use nadi::input::{Email, Password};
use nadi::ports::{Accept, InvitedAs, ReceivedInvitation, TeamRole};
use nadi::{Failure, Field};

use crate::context::{self, typed_or};
use crate::fns::invitations::{AcceptInvitation, Join, SignOutToAccept};
use crate::i18n::{self, rich_text, text};
use crate::links;
use crate::parts::agreement::{Agreement, AgreesBy};
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{invitation_link, response};
use crate::ui::{Button, ButtonLink, HiddenField, PageHead, TextField, Variant};

/// Where the mailed link leads.
#[component]
pub fn InvitationLink() -> impl IntoView {
    let link = use_params_map().with_untracked(|params| params.get("token").unwrap_or_default());
    response::page(opened(link))
}

async fn opened(link: String) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    match ports.invitations.received(&caller, &link).await {
        Ok(_) => {
            invitation_link::put(&link);
            response::redirect(&links::opened_invitation());
            Ok(().into_any())
        }
        Err(Failure::NotFound) => Ok(no_longer_valid()),
        Err(failure) => Err(failure),
    }
}

#[component]
pub fn Invitation() -> impl IntoView {
    let state = failure_of::<Join>().or(failure_of::<AcceptInvitation>());
    response::page(invitation(invitation_link::get().unwrap_or_default(), state))
}

async fn invitation(link: String, state: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let received = match ports.invitations.received(&caller, &link).await {
        Ok(received) => received,
        Err(Failure::NotFound) => return Ok(no_longer_valid()),
        Err(failure) => return Err(failure),
    };
    let clinic = shown(&received.clinic_name);
    let invited = match (received.invited_as, &received.doctor_name) {
        (_, Some(doctor)) => {
            let doctor = shown(doctor);
            rich_text!("invitation-received-doctor", clinic, doctor).into_any()
        }
        (InvitedAs::Member(TeamRole::Receptionist), None) => {
            rich_text!("invitation-received-receptionist", clinic).into_any()
        }
        (_, None) => rich_text!("invitation-received-administrator", clinic).into_any(),
    };
    let title = state.page_title(text!("invitation-title"));
    let until = i18n::date_without_weekday(received.expires_at.date_naive());
    Ok(view! {
        <Title text=title/>
        <section class="narrow invitation">
            <FormSummary state=state.clone()/>
            <header class="page-head">
                <h1>{text!("invitation-title")}</h1>
                <p class="lead">{invited}</p>
            </header>
            {accept(link, received, &state)}
            <p class="muted">{text!("invitation-received-until", date = until)}</p>
        </section>
    }
    .into_any())
}

fn shown(name: &str) -> AnyView {
    view! { <span translate="no">{name.to_owned()}</span> }.into_any()
}

/// What can be done about it now.
fn accept(link: String, received: ReceivedInvitation, state: &FormState) -> AnyView {
    let readable = Email::readable(&received.email);
    let email = shown(&readable);
    match received.accept {
        Accept::Now => view! {
            <form class="form" method="post" action=links::page(AcceptInvitation::PATH)>
                <HiddenField name="link" value=link/>
                <Button>{text!("invitation-accept-button")}</Button>
            </form>
        }
        .into_any(),
        Accept::AfterSignIn => {
            let href = links::sign_in(&links::opened_invitation());
            view! {
                <p>{rich_text!("invitation-sign-in", email)}</p>
                <p class="actions"><ButtonLink href=href>{text!("invitation-sign-in-button")}</ButtonLink></p>
            }
            .into_any()
        }
        Accept::AfterSignOut => view! {
            <p>{rich_text!("invitation-other-account", email)}</p>
            <form class="form" method="post" action=links::page(SignOutToAccept::PATH)>
                <Button>{text!("invitation-sign-out-button")}</Button>
            </form>
        }
        .into_any(),
        Accept::WithNewAccount => view! {
            <p>{rich_text!("invitation-new-account", email)}</p>
            <form class="form" method="post" action=links::page(Join::PATH)>
                <HiddenField name="link" value=link/>
                <TextField name="name" label=text!("invitation-name") autocomplete="name" required=true maxlength=100
                    value=typed_or("name", "") problem=state.problem(Field::Name)/>
                <TextField name="password" label=text!("invitation-password") kind="password"
                    autocomplete="new-password" required=true minlength=Password::MIN_CHARS
                    maxlength=Password::MAX_CHARS
                    hint=text!("invitation-password-hint", count = Password::MIN_CHARS)
                    problem=state.problem(Field::Password)/>
                <Button>{text!("invitation-join-button")}</Button>
                <Agreement by=AgreesBy::CreatingAccount/>
            </form>
        }
        .into_any(),
    }
}

/// The link was used, withdrawn or replaced, has expired, or was not copied completely.
fn no_longer_valid() -> AnyView {
    response::set_status(404);
    view! {
        <Title text=text!("invitation-invalid-title")/>
        <section class="narrow">
            <PageHead title=text!("invitation-invalid-title") lead=text!("invitation-invalid-lead")/>
            <p>{text!("invitation-invalid-text")}</p>
            <p class="actions">
                <ButtonLink href=links::sign_in("") variant=Variant::Secondary>{text!("invitation-sign-in-button")}</ButtonLink>
            </p>
        </section>
    }
    .into_any()
}
