//! What the pages of a doctor and of the team have in common: open invitations.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::input::Email;
use nadi::ports::InvitationView;

use super::doctors::name as shown_name;
use crate::fns::invitations::{InviteAgain, WithdrawInvitation};
use crate::i18n::{self, rich_text, text};
use crate::links;
use crate::parts::form::{FormState, failure_of};
use crate::ui::{Alert, Button, HiddenField, Tone, Variant};

/// The failure of the forms beside an invitation.
pub fn failure() -> FormState {
    failure_of::<InviteAgain>().or(failure_of::<WithdrawInvitation>())
}

/// Says what was done with an invitation.
pub fn done_note(done: &str) -> Option<AnyView> {
    let text = match done {
        "invited" => text!("invitation-sent-done"),
        "withdrawn" => text!("invitation-withdrawn-done"),
        "removed" => text!("team-removed-done"),
        "unlinked" => text!("doctor-sign-in-removed-done"),
        _ => return None,
    };
    Some(view! { <Alert tone=Tone::Good announced=true><p>{text}</p></Alert> }.into_any())
}

/// Until when it can be accepted, or that it has expired.
pub fn state_of(invitation: &InvitationView) -> AnyView {
    let email = shown_name(Email::readable(&invitation.email));
    match invitation.is_expired {
        true => rich_text!("invitation-expired", email).into_any(),
        false => {
            let date = i18n::date_without_weekday(invitation.expires_at.date_naive());
            rich_text!("invitation-open", email, date).into_any()
        }
    }
}

/// The forms that send an invitation again or withdraw it. `doctor`: on whose page they are; empty on the team's.
#[component]
pub fn InvitationForms(invitation: InvitationView, doctor: String) -> impl IntoView {
    let id = invitation.id.to_string();
    let email = &Email::readable(&invitation.email);
    let (again, withdraw) =
        (text!("invitation-again-to", email), text!("invitation-withdraw-to", email));
    view! {
        <div class="actions">
            <form method="post" action=links::page(InviteAgain::PATH) aria-label=again>
                <HiddenField name="id" value=id.clone()/>
                <HiddenField name="doctor" value=doctor.clone()/>
                <Button variant=Variant::Secondary>{text!("invitation-again-button")}</Button>
            </form>
            <form method="post" action=links::page(WithdrawInvitation::PATH) aria-label=withdraw>
                <HiddenField name="id" value=id/>
                <HiddenField name="doctor" value=doctor/>
                <Button variant=Variant::Quiet>{text!("invitation-withdraw-button")}</Button>
            </form>
        </div>
    }
}
