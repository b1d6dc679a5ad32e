//! Who signs in as a doctor, on the doctor's page: inviting somebody, and removing the sign-in.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use nadi::ids::{ClinicId, DoctorId};
use nadi::input::Email;
use nadi::ports::DoctorSignIn;
use nadi::{Failure, Field};

use super::doctors::name as shown_name;
use super::invitations::{self, InvitationForms, state_of};
use crate::context::{self, typed_or};
use crate::fns::invitations::{InviteDoctor, UnlinkDoctor};
use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::form::{FormState, failure_of};
use crate::ui::{Button, HiddenField, TextField, Variant};

/// The failures of the forms of this part of the page.
#[derive(Clone, Debug)]
pub struct States {
    inviting: FormState,
    others: FormState,
}

impl States {
    pub fn read() -> Self {
        let inviting = failure_of::<InviteDoctor>();
        Self { inviting, others: invitations::failure().or(failure_of::<UnlinkDoctor>()) }
    }

    /// The one that failed.
    pub fn failed(&self) -> FormState {
        self.inviting.clone().or(self.others.clone())
    }
}

/// Who signs in as the doctor, and the forms to change that.
pub async fn section(
    doctor: DoctorId,
    clinic: ClinicId,
    states: &States,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let sign_in = ports.invitations.doctor_sign_in(&caller, doctor).await?;
    let content = match sign_in {
        DoctorSignIn { has_account: true, email, .. } => linked(doctor, email),
        DoctorSignIn { invitation: Some(invitation), .. } => {
            let said = state_of(&invitation);
            view! {
                <p>{said}</p>
                <InvitationForms invitation=invitation doctor=doctor.to_string()/>
                {invite(doctor, clinic, states, text!("doctor-invite-other-button"))}
            }
            .into_any()
        }
        DoctorSignIn { .. } => view! {
            <p>{text!("doctor-sign-in-none")}</p>
            {invite(doctor, clinic, states, text!("doctor-invite-button"))}
        }
        .into_any(),
    };
    Ok(view! {
        <section class="doctor-sign-in" id="sign-in" aria-labelledby="sign-in-title">
            <h2 id="sign-in-title">{text!("doctor-sign-in-title")}</h2>
            {content}
        </section>
    }
    .into_any())
}

fn linked(doctor: DoctorId, email: Option<String>) -> AnyView {
    let said = match email {
        Some(email) => {
            rich_text!("doctor-sign-in-linked", email = shown_name(Email::readable(&email)))
                .into_any()
        }
        None => text!("doctor-sign-in-linked-without-email").into_any(),
    };
    view! {
        <p>{said}</p>
        <form class="form" method="post" action=links::page(UnlinkDoctor::PATH)>
            <HiddenField name="doctor" value=doctor.to_string()/>
            <p class="muted" id="unlink-hint">{text!("doctor-sign-in-remove-hint")}</p>
            <Button variant=Variant::Danger>{text!("doctor-sign-in-remove-button")}</Button>
        </form>
    }
    .into_any()
}

fn invite(doctor: DoctorId, clinic: ClinicId, states: &States, button: String) -> AnyView {
    let typed = if states.inviting.shows_typed() { typed_or("email", "") } else { String::new() };
    view! {
        <form class="form" method="post" action=links::page(InviteDoctor::PATH)>
            <HiddenField name="doctor" value=doctor.to_string()/>
            <HiddenField name="clinic" value=clinic.to_string()/>
            <TextField name="email" label=text!("doctor-invite-email") kind="email" required=true maxlength=254
                autocomplete="off" hint=text!("doctor-invite-hint") value=typed
                problem=states.inviting.problem(Field::Email)/>
            <Button variant=Variant::Secondary>{button}</Button>
        </form>
    }
    .into_any()
}
