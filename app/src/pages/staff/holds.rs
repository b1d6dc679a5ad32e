//! The networks from which times are held, and releasing what one of them holds.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use nadi::Failure;
use nadi::ports::HoldSourceView;

use super::doctors::{AdminTab, admin_tabs, name as shown_name};
use crate::context;
use crate::fns::holds::ReleaseHolds;
use crate::i18n::{rich_text, text};
use crate::links;
use crate::parts::form::{FormState, FormSummary, failure_of};
use crate::parts::{address, response};
use crate::ui::{Alert, Badge, Button, Empty, HiddenField, PageHead, TableFrame, Tone, Variant};

#[component]
pub fn HeldTimes() -> impl IntoView {
    let released = address::value("released").parse().ok();
    response::page(held_times(released, failure_of::<ReleaseHolds>()))
}

async fn held_times(released: Option<u32>, form: FormState) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let sources = ports.hold_sources.sources(&caller).await?;
    let released = released.filter(|_| form.failure.is_none()).map(|count| {
        let text = text!("admin-holds-released", count);
        view! { <Alert tone=Tone::Good announced=true><p>{text}</p></Alert> }
    });
    let title = form.page_title(text!("admin-holds-title"));
    Ok(view! {
        <Title text=title/>
        <FormSummary state=form/>
        {released}
        <PageHead title=text!("admin-holds-title") lead=text!("admin-holds-lead")/>
        {admin_tabs(AdminTab::Holds)}
        {list(sources)}
    }
    .into_any())
}

fn list(sources: Vec<HoldSourceView>) -> AnyView {
    if sources.is_empty() {
        return view! {
            <Empty title=text!("admin-holds-empty-title")><p>{text!("admin-holds-empty-text")}</p></Empty>
        }
        .into_any();
    }
    let any_unusual = sources.iter().any(|source| source.is_unusual);
    let rows: Vec<_> = sources.into_iter().map(row).collect();
    let columns = vec![
        text!("admin-holds-column-network"),
        text!("admin-holds-column-times"),
        text!("admin-holds-column-people"),
        text!("admin-holds-column-doctors"),
        text!("admin-holds-column-release"),
    ];
    view! {
        <TableFrame label=text!("admin-holds-table") columns=columns class="admin-table">{rows}</TableFrame>
        {any_unusual.then(|| view! { <p class="muted">{text!("admin-holds-unusual-hint")}</p> })}
    }
    .into_any()
}

fn row(source: HoldSourceView) -> impl IntoView {
    let network = source.network.range();
    let unusual = source.is_unusual.then(|| {
        view! { " "<Badge tone=Tone::Waiting text=text!("admin-holds-unusual")/> }
    });
    let unconfirmed = (source.unconfirmed > 0)
        .then(|| view! { <br/>{text!("admin-holds-unconfirmed", count = source.unconfirmed)} });
    let people = match (source.accounts, source.visitors) {
        (accounts, 0) => text!("admin-holds-accounts", count = accounts),
        (0, visitors) => text!("admin-holds-visitors", count = visitors),
        (accounts, visitors) => {
            let accounts = text!("admin-holds-accounts", count = accounts);
            let visitors = text!("admin-holds-visitors", count = visitors);
            text!("admin-holds-both", accounts, visitors)
        }
    };
    let share = source.most_affected.map(|doctor| {
        let (name, percent) = (shown_name(doctor.name), doctor.percent.to_string());
        view! { <br/>{rich_text!("admin-holds-share", name, percent)} }
    });
    let release = (source.held > 0).then(|| {
        let label = text!("admin-holds-release", network = &network);
        view! {
            <details class="team-remove">
                <summary aria-label=label>{text!("admin-holds-release-button")}</summary>
                <p>{text!("admin-holds-release-lead")}</p>
                <form method="post" action=links::page(ReleaseHolds::PATH)>
                    <HiddenField name="network" value=source.network.to_string()/>
                    <Button variant=Variant::Danger>
                        {text!("admin-holds-release-sure", count = source.held)}
                    </Button>
                </form>
            </details>
        }
    });
    view! {
        <tr>
            <th scope="row"><span translate="no">{network}</span>{unusual}</th>
            <td>{text!("admin-holds-held", count = source.held)}{unconfirmed}</td>
            <td>{people}</td>
            <td>{text!("admin-holds-doctors", count = source.doctors)}{share}</td>
            <td>{release}</td>
        </tr>
    }
}
