//! Private addresses at which a calendar program reads someone's appointments.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Adds an address, then leads back to the list of them. `kind` is `patient` or `doctor`.
#[server(prefix = "/fn", endpoint = "add_feed")]
pub async fn add_feed(
    kind: String,
    #[server(default)] with_names: String,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let (kind, page) = place::of(&kind)?;
    let added = ports.feeds.add_feed(&caller, kind, !with_names.is_empty()).await;
    if super::answered(added, &page)?.is_some() {
        super::done(&format!("{page}?done=added"));
    }
    Ok(())
}

/// Ends an address: it is dead at once.
#[server(prefix = "/fn", endpoint = "end_feed")]
pub async fn end_feed(kind: String, id: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let (_, page) = place::of(&kind)?;
    let ended = ports.feeds.end_feed(&caller, super::known(&id)?).await;
    if super::answered(ended, &page)?.is_some() {
        super::done(&format!("{page}?done=ended"));
    }
    Ok(())
}

#[cfg(feature = "ssr")]
mod place {
    use nadi::Failure;
    use nadi::ports::FeedKind;

    use crate::links;

    /// A kind of feed, and the page where its addresses are listed.
    pub fn of(kind: &str) -> Result<(FeedKind, String), Failure> {
        let kind = FeedKind::parse(kind).ok_or(Failure::Malformed)?;
        let page = match kind {
            FeedKind::Patient => links::own_feeds(),
            FeedKind::Doctor => links::SchedulePages::own().connections(),
        };
        Ok((kind, page))
    }
}
