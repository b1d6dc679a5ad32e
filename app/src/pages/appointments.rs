use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::actor::Caller;
use nadi::ports::{AppointmentQuery, AppointmentView, Period, Ports};
use nadi::review::may_review;
use nadi::visit::Mode;

use crate::context;
use crate::i18n::{names, rich_text, text};
use crate::links::{self, Query};
use crate::pages::appointment::ReviewLink;
use crate::parts::address::Address;
use crate::parts::{response, visit};
use crate::ui::{
    Badge, ButtonLink, Empty, FillOwnTimes, LinkTab, LinkTabs, PageHead, Pagination, PrintButton,
};

/// The account's own appointments, upcoming or past.
#[component]
pub fn Appointments() -> impl IntoView {
    let mut address = Address::default();
    let period = address.read("show", text!("appointments-parameter-show"), |text| match text {
        "past" => Some(Period::Past),
        "upcoming" => Some(Period::Upcoming),
        _ => None,
    });
    let page = address.page();
    response::page(appointments(period.unwrap_or(Period::Upcoming), page, address))
}

async fn appointments(period: Period, page: u32, address: Address) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let Ok(account) = caller.signed_in() else { return held(&caller, &ports).await };
    let found = ports.bookings.list(&caller, &AppointmentQuery::mine(period, page)).await?;
    let past = period == Period::Past;
    let list = |show: &str| Query::new().with("show", show).on(&links::page("/appointments"));
    let path = list(if past { "past" } else { "" });
    let href = move |page: u32| match (past, page) {
        (_, 0 | 1) => path.clone(),
        (true, page) => format!("{path}&page={page}"),
        (false, page) => format!("{path}?page={page}"),
    };
    let tabs = vec![
        LinkTab { href: list(""), text: text!("appointments-upcoming"), current: !past },
        LinkTab { href: list("past"), text: text!("appointments-past"), current: past },
    ];
    let (number, count) = (found.number, found.count());
    // Those that took place not long ago, and that nobody reviewed yet.
    let mut to_review: Vec<_> = found
        .items
        .iter()
        .filter(|item| {
            let sides = (item.doctor, item.clinic_id);
            may_review(account, sides, item.state, item.ends_at, caller.now).is_ok()
        })
        .map(|item| item.id)
        .collect();
    if !to_review.is_empty() {
        let reviewed = ports.reviews.reviewed(&caller, &to_review).await?;
        to_review.retain(|visit| !reviewed.contains(visit));
    }
    let none = found.items.is_empty();
    let video = found.items.iter().any(|item| item.mode == Mode::Video);
    let rows: Vec<_> = found
        .items
        .into_iter()
        .map(|item| {
            let review =
                to_review.contains(&item.id).then(|| view! { <ReviewLink visit=item.clone()/> });
            view! { <li><Row item=item/>{review}</li> }
        })
        .collect();
    Ok(view! {
        <Title text=text!("appointments-title")/>
        <PageHead title=text!("appointments-title")/>
        <ul class="appointments-ways no-print">
            <li><a href=links::people("")>{text!("appointments-people")}</a></li>
            <li><a href=links::own_feeds()>{text!("appointments-calendar")}</a></li>
        </ul>
        {address.note()}
        <LinkTabs label=text!("appointments-tabs") tabs=tabs/>
        {match (none, past) {
            (false, _) => view! {
                <ul class="appointment-list">{rows}</ul>
                <p class="actions"><PrintButton/></p>
            }
            .into_any(),
            (true, true) => view! {
                <Empty title=text!("appointments-none-past")>
                    <p>{text!("appointments-none-past-detail")}</p>
                    <p class="actions">
                        <ButtonLink href=links::page("/appointments")>
                            {text!("appointments-none-past-link")}
                        </ButtonLink>
                    </p>
                </Empty>
            }.into_any(),
            (true, false) => view! {
                <Empty title=text!("appointments-none-upcoming")>
                    <p>{text!("appointments-none-upcoming-detail")}</p>
                    <p class="actions">
                        <ButtonLink href=links::page("/doctors")>
                            {text!("appointments-none-upcoming-link")}
                        </ButtonLink>
                    </p>
                </Empty>
            }.into_any(),
        }}
        <Pagination number=number count=count href=href/>
        {video.then(|| view! { <FillOwnTimes/> })}
    }
    .into_any())
}

/// What a visitor holds. Without any hold they have to sign in: their appointments are in their account.
async fn held(caller: &Caller, ports: &Ports) -> Result<AnyView, Failure> {
    caller.owner()?;
    let found = ports.bookings.list(caller, &AppointmentQuery::mine(Period::Upcoming, 1)).await?;
    if found.items.is_empty() {
        return Err(Failure::SignInFirst);
    }
    let video = found.items.iter().any(|item| item.mode == Mode::Video);
    let rows: Vec<_> =
        found.items.into_iter().map(|item| view! { <li><Row item=item/></li> }).collect();
    let sign_in = links::sign_in(&links::page("/appointments"));
    let sign_in = view! { <a href=sign_in>{text!("appointments-held-sign-in")}</a> };
    Ok(view! {
        <Title text=text!("appointments-title")/>
        <PageHead title=text!("appointments-title") lead=text!("appointments-held-lead")/>
        <ul class="appointment-list">{rows}</ul>
        <p>{rich_text!("appointments-held-others", sign_in)}</p>
        {video.then(|| view! { <FillOwnTimes/> })}
    }
    .into_any())
}

#[component]
fn Row(item: AppointmentView) -> impl IntoView {
    let (state, tone) = visit::state(item.state);
    let date = crate::i18n::date(visit::local(&item).starts().date());
    let for_whom = visit::is_for_another(&item)
        .then(|| rich_text!("appointments-for", person = visit::name(&item.person_name)));
    let zone = visit::zone(&item).map(|zone| view! { <span class="muted">{zone}</span> });
    view! {
        <a class="appointment-row" href=links::appointment(&item.id.to_string())>
            <span class="appointment-row-when">
                <time>{date}</time>
                <time class="appointment-row-time">{visit::times(&item)}</time>
                {zone}
                {visit::own_time(&item)}
            </span>
            <span class="appointment-row-who">
                <strong>{visit::name(&item.doctor_name)}</strong>
                <span class="muted">{names::specialty_named(&item.specialty)}</span>
                {for_whom.map(|text| view! { <span class="appointment-row-for">{text}</span> })}
                <span>{match item.mode {
                    Mode::Video => text!("appointment-video").into_any(),
                    Mode::InPerson => visit::name(&item.location_name),
                }}</span>
            </span>
            <Badge text=state tone=tone/>
        </a>
    }
}
