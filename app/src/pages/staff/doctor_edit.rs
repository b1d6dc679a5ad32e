//! One doctor, as administrators enter them.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use nadi::ids::DoctorId;
use nadi::permissions::Permission;
use nadi::ports::{ClinicView, DoctorForm, DoctorStatus, Specialty};
use nadi::{Failure, formatting};

use super::doctor_sign_in::{self, States};
use super::doctor_suspend::coming;
use super::doctors::{head_with_names, name as shown_name, status_words};
use super::invitations;
use super::problems::Problems;
use super::schedule::{Tab, tabs};
use crate::context::{self, typed_or};
use crate::fns::administration::typed::{BIO_CHARS_MAX, NAME_CHARS_MAX};
use crate::fns::administration::{AddDoctor, SaveDoctor, TypedDoctor};
use crate::i18n::{self, names, rich_text, text};
use crate::links;
use crate::messages;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{
    Alert, Button, ButtonLink, Choice, Empty, HiddenField, PageHead, SelectField, TextAreaField,
    TextField, Tone,
};

/// A doctor as the form shows them.
fn typed_of(doctor: &DoctorForm, currency: &str) -> TypedDoctor {
    TypedDoctor {
        clinic: doctor.clinic.to_string(),
        name: doctor.name.clone(),
        qualifications: doctor.qualifications.clone(),
        bio: doctor.bio.clone(),
        languages: doctor.languages.join(", "),
        specialty: doctor.specialty.to_string(),
        fee: formatting::amount(doctor.fee_minor_units, currency),
        status: doctor.status.as_str().to_owned(),
        version: doctor.version.map(|version| version.to_string()).unwrap_or_default(),
    }
}

#[component]
pub fn NewDoctor() -> impl IntoView {
    let state = failure_of::<AddDoctor>();
    response::page(new_doctor(state))
}

async fn new_doctor(state: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let clinics = ports.administration.clinics(&caller, Permission::ManageDoctors).await?;
    let specialties = ports.directory.specialties(&caller).await?;
    let title = text!("admin-doctor-add-title");
    let body = if clinics.is_empty() {
        view! {
            <PageHead title=title.clone()/>
            <Empty title=text!("admin-no-clinic")>
                <p class="actions"><ButtonLink href=links::page("/admin")>{text!("admin-back-to-doctors")}</ButtonLink></p>
            </Empty>
        }
        .into_any()
    } else {
        let problems = Problems::of(&state, messages::field_problem);
        let stored = TypedDoctor {
            clinic: clinics
                .first()
                .filter(|_| clinics.len() == 1)
                .map(|c| c.id.to_string())
                .unwrap_or_default(),
            status: DoctorStatus::Draft.as_str().to_owned(),
            ..TypedDoctor::default()
        };
        view! {
            {problems.summary()}
            <PageHead title=title.clone() lead=text!("admin-doctor-add-lead")/>
            <form class="form admin-form" method="post" action=links::page(AddDoctor::PATH)>
                <DoctorFields stored=stored clinics=clinics specialties=specialties problems=problems stale=false/>
                <Button>{text!("admin-doctor-add-button")}</Button>
            </form>
        }
        .into_any()
    };
    Ok(view! {
        <Title text=title/>
        <p class="admin-back"><a href=links::page("/admin")>{text!("admin-doctors-all")}</a></p>
        <section class="narrow">{body}</section>
    }
    .into_any())
}

#[component]
pub fn EditDoctor() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let state = failure_of::<SaveDoctor>();
    let (states, done) = (States::read(), address::value("done"));
    response::page(edit_doctor(id, done, state, states))
}

async fn edit_doctor(
    id: String,
    done: String,
    state: FormState,
    states: States,
) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let doctor: DoctorId = id.parse().map_err(|_| Failure::NotFound)?;
    let form = ports.administration.doctor(&caller, doctor).await?;
    let clinics = ports.administration.clinics(&caller, Permission::ManageDoctors).await?;
    let specialties = ports.directory.specialties(&caller).await?;
    let clinics: Vec<_> = clinics.into_iter().filter(|clinic| clinic.id == form.clinic).collect();
    let currency = clinics.first().map(|clinic| clinic.currency.clone()).unwrap_or_default();
    let clinic_name = clinics.first().map(|clinic| clinic.name.clone()).unwrap_or_default();
    let problems = Problems::of(&state, messages::field_problem);
    let stale = state.failure == Some(Failure::Stale);
    let pages = links::SchedulePages::of_doctor(&id);
    let next = pages.hours();
    let listed = form.status == DoctorStatus::Listed;
    let sign_in = doctor_sign_in::section(doctor, form.clinic, &states).await?;
    let failed = states.failed();
    let said = match (done.as_str(), state.failure.is_some() || failed.failure.is_some()) {
        (_, true) => None,
        ("added", _) => {
            let link = text!("admin-doctor-added-next-link");
            let link = view! { <a href=next>{link}</a> };
            let text = rich_text!("admin-doctor-added-next", link);
            Some(done_note(text!("admin-doctor-added"), text))
        }
        ("saved", _) => {
            let text = match listed {
                true => text!("admin-doctor-saved-listed"),
                false => text!("admin-doctor-saved-not-listed"),
            };
            Some(done_note(text!("admin-saved"), text.into_any()))
        }
        (done @ ("suspended" | "suspended-cancelled"), _) if !listed => {
            let text = match done {
                "suspended" => text!("admin-doctor-suspended-kept"),
                _ => text!("admin-doctor-suspended-cancelled"),
            };
            Some(done_note(text!("admin-doctor-suspended"), text.into_any()))
        }
        (done, _) => invitations::done_note(done),
    };
    let coming = match listed {
        true => 0,
        false => coming(doctor).await?.total,
    };
    let coming = (coming > 0).then(|| {
        let text = text!("admin-doctor-upcoming", count = coming);
        let link = text!("admin-doctor-upcoming-link");
        let href = links::suspend_doctor(&id, "");
        view! { <Alert tone=Tone::Waiting><p>{text}" "<a href=href>{link}</a></p></Alert> }
    });
    let name = form.name.clone();
    Ok(view! {
        <Title text=name.clone()/>
        <p class="admin-back"><a href=links::page("/admin")>{text!("admin-doctors-all")}</a></p>
        <section class="narrow">
            {problems.summary()}
            <FormSummary state=failed/>
            {stale.then(stale_note)}
            {said}
            {coming}
            {head_with_names(shown_name(name), shown_name(clinic_name))}
            {tabs(&pages, false, Some(Tab::Calendar))}
            <form class="form admin-form" method="post" action=links::page(SaveDoctor::PATH)>
                <HiddenField name="id" value=id/>
                <DoctorFields stored=typed_of(&form, &currency) clinics=clinics specialties=specialties
                    problems=problems stale=stale/>
                <Button>{text!("admin-doctor-save-button")}</Button>
            </form>
            {sign_in}
        </section>
    }
    .into_any())
}

/// Says what was done, and what that means.
fn done_note(done: String, meaning: AnyView) -> AnyView {
    view! {
        <Alert tone=Tone::Good announced=true><p><strong>{done}</strong>" "{meaning}</p></Alert>
    }
    .into_any()
}

/// Someone else saved first. The form keeps what was typed and shows the saved values beside it.
pub fn stale_note() -> AnyView {
    view! {
        <div class="problem-summary" role="alert" tabindex="-1" autofocus=true aria-labelledby="stale-title">
            <h2 id="stale-title">{text!("admin-stale-title")}</h2>
            <p>{text!("admin-stale-text")}</p>
        </div>
    }
    .into_any()
}

/// `Saved now: …`, when what was typed differs from it in a stale form.
pub fn saved_now(stale: bool, typed: &str, stored: &str) -> Option<String> {
    let same = typed.trim().replace("\r\n", "\n") == stored;
    (stale && !same).then(|| match stored {
        "" => text!("admin-saved-now-empty"),
        stored => text!("admin-saved-now", value = stored),
    })
}

/// A hint, then what is saved now, if any.
pub fn hint(usual: String, saved: Option<String>) -> String {
    match saved {
        Some(saved) if usual.is_empty() => saved,
        Some(saved) => format!("{usual} {saved}"),
        None => usual,
    }
}

#[component]
fn DoctorFields(
    stored: TypedDoctor,
    clinics: Vec<ClinicView>,
    specialties: Vec<Specialty>,
    problems: Problems,
    stale: bool,
) -> impl IntoView {
    let new = stored.version.is_empty();
    // A stale form is saved again based on the current version; any other form on the version it was opened with.
    let version = if stale { stored.version.clone() } else { typed_or("version", &stored.version) };
    let currency = match clinics.as_slice() {
        [clinic] => text!("admin-doctor-fee-hint", currency = &clinic.currency),
        clinics => {
            let each: Vec<_> = clinics
                .iter()
                .map(|clinic| {
                    let (currency, clinic) = (&clinic.currency, &clinic.name);
                    text!("admin-doctor-fee-currency", currency, clinic)
                })
                .collect();
            text!("admin-doctor-fee-hint-by-clinic", currencies = i18n::and(&each))
        }
    };
    let now = |name: &str, stored: &str, shown: &str| {
        let typed = typed_or(name, stored);
        let differs = saved_now(stale, &typed, stored).is_some();
        let saved = differs.then(|| saved_now(true, "\u{0}", shown)).flatten();
        (typed, saved)
    };
    let specialty_name = specialties
        .iter()
        .find(|specialty| specialty.id.to_string() == stored.specialty)
        .map(|specialty| names::specialty(&specialty.slug, &specialty.name))
        .unwrap_or_default();
    let status_name = DoctorStatus::parse(&stored.status).map(|status| status_words(status).0);
    let status_name = status_name.unwrap_or_default();
    let clinic = typed_or("clinic", &stored.clinic);
    let clinic = if new {
        let mut choices: Vec<_> = clinics
            .iter()
            .map(|clinic| Choice::name(clinic.id.to_string(), clinic.name.clone()))
            .collect();
        if choices.len() > 1 {
            choices.insert(0, Choice::new("", text!("admin-choose-clinic")));
        }
        view! {
            <SelectField name="clinic" label=text!("admin-doctor-clinic") choices=choices value=clinic required=true
                problem=problems.at("clinic")/>
        }
        .into_any()
    } else {
        view! { <HiddenField name="clinic" value=stored.clinic.clone()/> }.into_any()
    };
    let mut specialties = specialties;
    names::sort_by_name(&mut specialties, |one| names::specialty(&one.slug, &one.name));
    let mut specialties: Vec<_> = specialties
        .into_iter()
        .map(|specialty| {
            let name = names::specialty(&specialty.slug, &specialty.name);
            Choice::new(specialty.id.to_string(), name)
        })
        .collect();
    specialties.insert(0, Choice::new("", text!("admin-choose-specialty")));
    let statuses = vec![
        Choice::new("draft", text!("admin-doctor-status-draft-choice")),
        Choice::new("listed", text!("admin-doctor-status-listed-choice")),
        Choice::new("suspended", text!("admin-doctor-status-suspended-choice")),
    ];
    let (name, name_now) = now("name", &stored.name, &stored.name);
    let (qualifications, qualifications_now) =
        now("qualifications", &stored.qualifications, &stored.qualifications);
    let (bio, bio_now) = now("bio", &stored.bio, &stored.bio);
    let (languages, languages_now) = now("languages", &stored.languages, &stored.languages);
    let (specialty, specialty_now) = now("specialty", &stored.specialty, &specialty_name);
    let (fee, fee_now) = now("fee", &stored.fee, &stored.fee);
    let (status, status_now) = now("status", &stored.status, &status_name);
    view! {
        <HiddenField name="version" value=version/>
        {clinic}
        <TextField name="name" label=text!("admin-doctor-name") required=true maxlength=NAME_CHARS_MAX autocomplete="off"
            value=name hint=hint(text!("admin-doctor-name-hint"), name_now) problem=problems.at("name")/>
        <SelectField name="specialty" label=text!("admin-doctor-specialty") choices=specialties value=specialty required=true
            hint=hint(String::new(), specialty_now) problem=problems.at("specialty")/>
        <TextField name="qualifications" label=text!("admin-doctor-qualifications") maxlength=NAME_CHARS_MAX autocomplete="off"
            value=qualifications hint=hint(text!("admin-doctor-qualifications-hint"), qualifications_now)
            problem=problems.at("qualifications")/>
        <TextField name="languages" label=text!("admin-doctor-languages") maxlength=500 autocomplete="off"
            value=languages hint=hint(text!("admin-doctor-languages-hint"), languages_now)
            problem=problems.at("languages")/>
        <TextAreaField name="bio" label=text!("admin-doctor-about") rows=5 maxlength=BIO_CHARS_MAX
            value=bio hint=hint(text!("admin-doctor-about-hint"), bio_now)
            problem=problems.at("bio")/>
        <TextField name="fee" label=text!("admin-doctor-fee") inputmode="decimal" required=true maxlength=18 autocomplete="off"
            value=fee hint=hint(currency, fee_now) problem=problems.at("fee")/>
        <SelectField name="status" label=text!("admin-doctor-status") choices=statuses value=status required=true
            hint=hint(String::new(), status_now) problem=problems.at("status")/>
    }
}
