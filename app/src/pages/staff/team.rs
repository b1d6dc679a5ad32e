//! The administrators and receptionists of the clinics, and the invitations that are open.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::input::Email;
use nadi::permissions::Permission;
use nadi::ports::{ClinicView, InvitationView, InvitedAs, MemberView, TeamRole};
use nadi::{Failure, Field};

use super::doctors::{AdminTab, admin_tabs, name as shown_name};
use super::invitations::{self, InvitationForms, done_note, state_of};
use crate::context::{self, typed_or};
use crate::fns::invitations::{InviteMember, RemoveMember};
use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{
    Badge, Button, Choice, Empty, HiddenField, PageHead, RadioField, SelectField, TableFrame,
    TextField, Tone, Variant,
};

#[component]
pub fn Team() -> impl IntoView {
    let inviting = failure_of::<InviteMember>();
    let others = invitations::failure().or(failure_of::<RemoveMember>());
    let done = address::value("done");
    response::page(team(done, inviting, others))
}

async fn team(done: String, inviting: FormState, others: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let clinics = ports.administration.clinics(&caller, Permission::ManageTeam).await?;
    let members = ports.invitations.team(&caller).await?;
    let open = ports.invitations.invitations(&caller).await?;
    let several = clinics.len() > 1;
    let failed = inviting.clone().or(others);
    let done = if failed.failure.is_some() { None } else { done_note(&done) };
    let title = failed.page_title(text!("team-title"));
    Ok(view! {
        <Title text=title/>
        <FormSummary state=failed/>
        {done}
        <PageHead title=text!("team-title") lead=text!("team-lead")/>
        {admin_tabs(AdminTab::Team)}
        <section class="team-part">
            <h2>{text!("team-members")}</h2>
            {people(members, several)}
        </section>
        {invited(open, several)}
        <section class="narrow team-invite">
            <h2>{text!("team-invite-title")}</h2>
            {invite(&clinics, &inviting)}
        </section>
    }
    .into_any())
}

/// A role in a word.
fn role_word(role: TeamRole) -> String {
    match role {
        TeamRole::Administrator => text!("team-role-administrator"),
        TeamRole::Receptionist => text!("team-role-receptionist"),
    }
}

fn people(members: Vec<MemberView>, several: bool) -> AnyView {
    if members.is_empty() {
        return view! {
            <Empty title=text!("team-none-title")><p>{text!("team-none-text")}</p></Empty>
        }
        .into_any();
    }
    let rows: Vec<_> = members
        .into_iter()
        .map(|one| {
            let remove = text!("team-remove", name = &one.name);
            view! {
                <tr>
                    <th scope="row">
                        <span translate="no">{one.name}</span>
                        {one.is_self.then(|| view! { " "<span class="muted">{text!("team-you")}</span> })}
                    </th>
                    <td>{role_word(one.role)}</td>
                    <td translate="no">{Email::readable(&one.email)}</td>
                    {several.then(|| view! { <td translate="no">{one.clinic_name}</td> })}
                    <td>
                        <details class="team-remove">
                            <summary aria-label=remove>{text!("team-remove-button")}</summary>
                            <p>{text!("team-remove-lead")}</p>
                            <form method="post" action=links::page(RemoveMember::PATH)>
                                <HiddenField name="from_clinic" value=one.clinic.to_string()/>
                                <HiddenField name="account" value=one.account.to_string()/>
                                <HiddenField name="role" value=one.role.as_str()/>
                                <Button variant=Variant::Danger>{text!("team-remove-sure")}</Button>
                            </form>
                        </details>
                    </td>
                </tr>
            }
        })
        .collect();
    let columns = [
        Some(text!("team-column-name")),
        Some(text!("team-column-role")),
        Some(text!("team-column-email")),
        several.then(|| text!("team-column-clinic")),
        Some(text!("team-column-remove")),
    ];
    let columns = columns.into_iter().flatten().collect();
    view! {
        <TableFrame label=text!("team-members") columns=columns class="admin-table">{rows}</TableFrame>
    }
    .into_any()
}

/// The open invitations; nothing when there are none.
fn invited(open: Vec<InvitationView>, several: bool) -> Option<AnyView> {
    if open.is_empty() {
        return None;
    }
    let rows: Vec<_> = open
        .into_iter()
        .map(|invitation| {
            let said = state_of(&invitation);
            let expired = invitation.is_expired.then(|| {
                view! { " "<Badge tone=Tone::Waiting text=text!("invitation-expired-badge")/> }
            });
            let clinic = several.then(|| shown_name(invitation.clinic_name.clone()));
            view! {
                <li class="team-invitation">
                    <p>{role(&invitation)}{expired}</p>
                    {clinic.map(|clinic| view! { <p class="muted">{clinic}</p> })}
                    <p>{said}</p>
                    <InvitationForms invitation=invitation doctor=String::new()/>
                </li>
            }
        })
        .collect();
    let view = view! {
        <section class="team-part">
            <h2>{text!("team-invitations")}</h2>
            <ul class="team-invitations">{rows}</ul>
        </section>
    };
    Some(view.into_any())
}

/// As what somebody is invited.
fn role(invitation: &InvitationView) -> AnyView {
    match (invitation.invited_as, &invitation.doctor_name) {
        (InvitedAs::Doctor(id), Some(name)) => {
            let href = links::edit_doctor(&id.to_string());
            let doctor = view! { <a href=href translate="no">{name.clone()}</a> };
            rich_text!("invitation-as-doctor", doctor).into_any()
        }
        (InvitedAs::Member(TeamRole::Receptionist), _) => {
            text!("invitation-as-receptionist").into_any()
        }
        _ => text!("invitation-as-administrator").into_any(),
    }
}

fn invite(clinics: &[ClinicView], state: &FormState) -> AnyView {
    let typed = |name, otherwise: &str| match state.shows_typed() {
        true => typed_or(name, otherwise),
        false => otherwise.to_owned(),
    };
    let clinic = match clinics {
        [only] => view! { <HiddenField name="clinic" value=only.id.to_string()/> }.into_any(),
        clinics => {
            let mut choices: Vec<_> = clinics
                .iter()
                .map(|one| Choice::name(one.id.to_string(), one.name.clone()))
                .collect();
            choices.insert(0, Choice::new("", text!("admin-choose-clinic")));
            view! {
                <SelectField name="clinic" label=text!("team-invite-clinic") choices=choices required=true
                    value=typed("clinic", "") problem=state.problem(Field::Clinic)/>
            }
            .into_any()
        }
    };
    let roles = vec![
        Choice::new(TeamRole::Receptionist.as_str(), text!("team-invite-as-receptionist")),
        Choice::new(TeamRole::Administrator.as_str(), text!("team-invite-as-administrator")),
    ];
    view! {
        <form class="form" method="post" action=links::page(InviteMember::PATH)>
            <TextField name="email" label=text!("team-invite-email") kind="email" required=true maxlength=254
                autocomplete="off" hint=text!("team-invite-hint") value=typed("email", "")
                problem=state.problem(Field::Email)/>
            {clinic}
            <RadioField name="role" label=text!("team-invite-role") choices=roles required=true
                value=typed("role", TeamRole::Receptionist.as_str())/>
            <Button>{text!("team-invite-button")}</Button>
        </form>
    }
    .into_any()
}
