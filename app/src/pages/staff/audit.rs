//! The audit log, for auditors.

use chrono::{Days, NaiveDate, NaiveTime};
use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;
use nadi::calendar::parse_date;
use nadi::ids::AccountId;
use nadi::ports::{AuditQuery, AuditRow};
use uuid::Uuid;

use crate::context;
use crate::i18n::text;
use crate::links::{self, Query};
use crate::messages::audit as words;
use crate::parts::address::{self, Address};
use crate::parts::response;
use crate::ui::{
    Button, ButtonLink, Choice, Empty, PageHead, SelectField, TableFrame, TextField, Variant,
};

const PATH: &str = "/audit";
/// How many subjects of an entry are shown before the others are folded away.
const SUBJECTS_SHOWN: usize = 2;

#[component]
pub fn AuditLog() -> impl IntoView {
    let mut address = Address::default();
    let actions = words::actions();
    let account = address.read("account", text!("audit-address-account"), |text| text.parse().ok());
    let subject = address.read("subject", text!("audit-address-subject"), |text| text.parse().ok());
    let action = address.read("action", text!("audit-address-action"), |text| {
        actions.iter().find(|action| *action == text).cloned()
    });
    let from = address.read("from", text!("audit-address-from"), parse_date);
    let until = address.read("until", text!("audit-address-until"), parse_date);
    let before = address.read("before", text!("audit-address-before"), |text| text.parse().ok());
    let start = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    let query = AuditQuery {
        account: account.map(AccountId),
        subject,
        action,
        from: from.map(start),
        until: until.and_then(|date| date.checked_add_days(Days::new(1))).map(start),
        before,
    };
    response::page(entries(query, address))
}

/// The same filter with other entries of the list.
fn href(before: Option<i64>) -> String {
    let before = before.map(|position| position.to_string()).unwrap_or_default();
    let kept = ["account", "subject", "action", "from", "until"];
    let query = kept.into_iter().fold(Query::new(), |query, name| {
        let value = address::value(name);
        query.with(name, &value)
    });
    query.with("before", &before).on(&links::page(PATH))
}

async fn entries(query: AuditQuery, address: Address) -> Result<AnyView, Failure> {
    let (caller, ports) = (context::caller()?, context::ports()?);
    let is_first = query.before.is_none();
    let is_filtered = AuditQuery { before: None, ..query.clone() } != AuditQuery::default();
    let found = ports.audit.entries(&caller, &query).await?;
    let next = found.next;
    let list = if found.rows.is_empty() {
        view! {
            <Empty title=text!("audit-empty-title")><p>{text!("audit-empty-text")}</p></Empty>
        }
        .into_any()
    } else {
        table(found.rows)
    };
    let reset = is_filtered.then(|| {
        view! { <a class="admin-all" href=links::page(PATH)>{text!("audit-reset")}</a> }
    });
    Ok(view! {
        <Title text=text!("audit-title")/>
        <PageHead title=text!("audit-title") lead=text!("audit-lead")/>
        {address.note()}
        <form class="audit-filter" method="get" action=links::page(PATH) role="search" aria-label=text!("audit-filter")>
            {fields()}
            <p class="actions">
                <Button variant=Variant::Secondary>{text!("audit-show")}</Button>
                {reset}
            </p>
        </form>
        <p class="muted">{text!("audit-count-note")}</p>
        {list}
        <p class="actions">
            {(!is_first).then(|| view! {
                <ButtonLink variant=Variant::Secondary href=href(None)>{text!("audit-newest")}</ButtonLink>
            })}
            {next.map(|next| view! {
                <ButtonLink variant=Variant::Secondary href=href(Some(next))>{text!("audit-older")}</ButtonLink>
            })}
        </p>
    }
    .into_any())
}

fn fields() -> impl IntoView {
    let mut actions: Vec<Choice> = words::actions()
        .into_iter()
        .map(|action| Choice::new(action.clone(), words::action(&action)))
        .collect();
    actions.sort_by(|a, b| a.text.cmp(&b.text));
    actions.insert(0, Choice::new("", text!("audit-action-any")));
    view! {
        <TextField name="account" label=text!("audit-account") hint=text!("audit-account-hint")
            value=address::value("account") maxlength=36/>
        <TextField name="subject" label=text!("audit-subject") hint=text!("audit-subject-hint")
            value=address::value("subject") maxlength=36/>
        <SelectField name="action" label=text!("audit-action") choices=actions value=address::value("action")/>
        <TextField name="from" label=text!("audit-from") kind="date" value=address::value("from")/>
        <TextField name="until" label=text!("audit-until") kind="date" value=address::value("until")/>
    }
}

fn table(rows: Vec<AuditRow>) -> AnyView {
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    let columns = vec![
        text!("audit-column-position"),
        text!("audit-column-time"),
        text!("audit-column-action"),
        text!("audit-column-who"),
        text!("audit-column-subjects"),
        text!("audit-column-request"),
    ];
    view! {
        <TableFrame label=text!("audit-table") columns=columns class="admin-table audit-table">{rows}</TableFrame>
    }
    .into_any()
}

/// An identifier, as a link to the entries that have it.
fn identifier(parameter: &'static str, id: Uuid, label: String) -> impl IntoView {
    let id = id.to_string();
    let href = Query::new().with(parameter, &id).on(&links::page(PATH));
    view! { <a class="audit-id" href=href title=label translate="no">{id}</a> }
}

fn row(row: AuditRow) -> impl IntoView {
    let entry = row.entry;
    let instant = entry.occurred_at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let shown = entry.occurred_at.format("%Y-%m-%d %H:%M:%S").to_string();
    let name = row.name.map(|name| view! { " "<span translate="no">{name}</span> });
    let account = entry.account.map(|id| {
        view! { <br/>{identifier("account", id, text!("audit-only-this-account"))} }
    });
    let subject = |id: Uuid| {
        view! { <li>{identifier("subject", id, text!("audit-only-this-subject"))}</li> }
    };
    let mut subjects = entry.subjects.into_iter();
    let shown_subjects: Vec<_> = subjects.by_ref().take(SUBJECTS_SHOWN).map(subject).collect();
    let more: Vec<_> = subjects.map(subject).collect();
    let more = (!more.is_empty()).then(|| {
        view! {
            <details>
                <summary>{text!("audit-subjects-more", count = more.len())}</summary>
                <ul class="audit-ids">{more}</ul>
            </details>
        }
    });
    let request = entry.request.map(|id| id.to_string());
    view! {
        <tr>
            <th scope="row">{row.position}</th>
            <td><time class="unbroken" datetime=instant translate="no">{shown}</time></td>
            <td>{words::action(&entry.action)}</td>
            <td>{words::role(&entry.role)}{name}{account}</td>
            <td><ul class="audit-ids">{shown_subjects}</ul>{more}</td>
            <td><span class="audit-id" translate="no">{request}</span></td>
        </tr>
    }
}
