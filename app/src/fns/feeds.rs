//! Private URLs at which a calendar program reads someone's appointments.

use leptos::prelude::*;

use crate::error::FormFailure;

/// Adds a feed, then redirects to the list of feeds. `kind` is `patient` or `doctor`.
#[server(prefix = "/fn", endpoint = "add_feed")]
pub async fn add_feed(
    kind: String,
    #[server(default)] with_names: String,
    #[server(default)] alarm: String,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let (kind, page) = form::place_of(&kind)?;
    let (with_names, alarm) = (!with_names.is_empty(), form::alarm_of(&alarm)?);
    let wanted = nadi::ports::NewFeed { kind, with_names, alarm };
    let added = ports.feeds.add_feed(&caller, wanted).await;
    if super::or_sign_in(added, &page)?.is_some() {
        super::redirect(&format!("{page}?done=added"));
    }
    Ok(())
}

/// Changes when the calendar at an address reminds of its appointments. `alarm` is as many minutes before, or
/// empty for never.
#[server(prefix = "/fn", endpoint = "set_feed_alarm")]
pub async fn set_feed_alarm(
    kind: String,
    id: String,
    #[server(default)] alarm: String,
) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let (_, page) = form::place_of(&kind)?;
    let alarm = form::alarm_of(&alarm)?;
    let changed = ports.feeds.set_alarm(&caller, super::parse_id(&id)?, alarm).await;
    if super::or_sign_in(changed, &page)?.is_some() {
        super::redirect(&format!("{page}?done=alarm"));
    }
    Ok(())
}

/// Revokes a feed's URL immediately.
#[server(prefix = "/fn", endpoint = "end_feed")]
pub async fn end_feed(kind: String, id: String) -> Result<(), FormFailure> {
    let (caller, ports) = super::request()?;
    let (_, page) = form::place_of(&kind)?;
    let ended = ports.feeds.end_feed(&caller, super::parse_id(&id)?).await;
    if super::or_sign_in(ended, &page)?.is_some() {
        super::redirect(&format!("{page}?done=ended"));
    }
    Ok(())
}

#[cfg(feature = "ssr")]
mod form {
    use nadi::Failure;
    use nadi::ports::{Alarm, FeedKind};

    use crate::links;

    /// A kind of feed, and the page where its addresses are listed.
    pub fn place_of(kind: &str) -> Result<(FeedKind, String), Failure> {
        let kind = FeedKind::parse(kind).ok_or(Failure::Malformed)?;
        let page = match kind {
            FeedKind::Patient => links::own_feeds(),
            FeedKind::Doctor => links::SchedulePages::own().connections(),
        };
        Ok((kind, page))
    }

    /// An alarm by its minutes; empty is none.
    pub fn alarm_of(minutes: &str) -> Result<Option<Alarm>, Failure> {
        if minutes.is_empty() {
            return Ok(None);
        }
        let alarm = minutes.parse().ok().and_then(Alarm::of_minutes);
        alarm.map(Some).ok_or(Failure::Malformed)
    }
}
