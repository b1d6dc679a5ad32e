//! Calendar feeds and files that we publish.

use app::i18n::text;
use calcard::icalendar::ICalendarProperty;
use calcard::{Entry, Parser};
use chrono::{DateTime, Duration, Utc};
use nadi::Failure;
use nadi::actor::SignedIn;
use nadi::ids::AppointmentId;
use nadi::ports::{Alarm, Change, FeedKind, NewFeed};

use crate::support::{Clinic, browser};

/// The events of a file as another program reads them: UID, SEQUENCE, DTSTART and STATUS.
fn parsed_events(text: &str) -> Vec<(String, String, String, String)> {
    let mut parser = Parser::new(text);
    let Entry::ICalendar(calendar) = parser.entry() else { panic!("not a calendar: {text}") };
    let events = calendar.components.iter().filter(|part| part.component_type.is_event());
    let value = |event: &calcard::icalendar::ICalendarComponent, name: ICalendarProperty| {
        let found = event.entries.iter().find(|entry| entry.name == name);
        found.map_or(String::new(), |entry| format!("{:?}", entry.values))
    };
    events
        .map(|event| {
            (
                value(event, ICalendarProperty::Uid),
                value(event, ICalendarProperty::Sequence),
                value(event, ICalendarProperty::Dtstart),
                value(event, ICalendarProperty::Status),
            )
        })
        .collect()
}

fn property<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let begins = format!("{name}:");
    text.split("\r\n").filter_map(|line| line.strip_prefix(begins.as_str())).collect()
}

/// A feed without reminders.
fn feed(kind: FeedKind, with_names: bool) -> NewFeed {
    NewFeed { kind, with_names, alarm: None }
}

fn location(answer: &reqwest::Response) -> &str {
    answer.headers()["location"].to_str().expect("an address")
}

/// The lines of a file, unfolded.
fn unfolded(text: &str) -> String {
    text.replace("\r\n ", "")
}

/// An instant in the UTC format of RFC 5545.
fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

async fn starts_at(clinic: &Clinic, id: AppointmentId) -> DateTime<Utc> {
    sqlx::query_scalar("select starts_at from appointments where id = $1")
        .bind(id.0)
        .fetch_one(&clinic.pool)
        .await
        .expect("an appointment")
}

#[tokio::test]
async fn a_feed_is_readable_by_whoever_knows_its_address() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let asha = clinic.proved(&clinic.patient("Asha Parab").await);
    let times = clinic.free(clinic.doctor).await;
    let first = clinic.book(&asha, times[0]).await;
    let feeds = &clinic.ports.feeds;
    let caller = clinic.caller(&asha);
    feeds.add_feed(&caller, feed(FeedKind::Patient, false)).await.expect("a feed");
    let view = feeds.feeds(&caller, FeedKind::Patient).await.expect("feeds").remove(0);
    assert_eq!(view.read_at, None);
    let read = async |etag: Option<&str>| {
        let request = browser().get(format!("{base}{}", view.path));
        let request = match etag {
            Some(etag) => request.header("if-none-match", etag),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        let etag = answer.headers().get("etag").map(|v| v.to_str().expect("text").to_owned());
        (answer.status().as_u16(), etag, answer.text().await.expect("text"))
    };
    let (status, etag, text) = read(None).await;
    assert_eq!(status, 200);
    assert_eq!(property(&text, "DTSTART"), [utc(starts_at(&clinic, first).await)]);
    assert_eq!(property(&text, "UID"), [format!("{first}@{}", clinic.app_state.site.uid_host)]);
    assert_eq!(property(&text, "METHOD"), ["PUBLISH"]);
    assert!(
        !text.contains("ATTENDEE") && !text.contains("Asha") && !text.contains("Dr "),
        "{text}"
    );
    assert_eq!(parsed_events(&text).len(), 1);
    let (status, _, body) = read(etag.as_deref()).await;
    assert_eq!((status, body.as_str()), (304, ""));
    let view_after = feeds.feeds(&caller, FeedKind::Patient).await.expect("feeds").remove(0);
    assert!(view_after.read_at.is_some());

    // A move keeps the UID, increases the sequence and changes the time.
    let sequence = |text: &str| property(text, "SEQUENCE")[0].parse::<u32>().expect("a number");
    let change = Change::Reschedule { slot: times[5] };
    clinic.change(&asha, first, &change).await.expect("moved");
    let (status, changed, moved) = read(etag.as_deref()).await;
    assert_eq!((status, changed != etag), (200, true));
    assert!(sequence(&moved) > sequence(&text));
    assert_eq!(property(&moved, "UID"), property(&text, "UID"));
    assert_eq!(property(&moved, "DTSTART"), [utc(starts_at(&clinic, first).await)]);
    clinic.change(&asha, first, &Change::Cancel { reason: None }).await.expect("cancelled");
    assert!(parsed_events(&read(None).await.2).is_empty(), "it is not in the calendar any more");

    feeds.end_feed(&caller, view.id).await.expect("ended");
    assert_eq!(read(None).await.0, 404);
    assert_eq!(feeds.end_feed(&caller, view.id).await, Err(Failure::NotFound));
    let someone = clinic.caller(&clinic.patient("Ravi").await);
    assert_eq!(feeds.end_feed(&someone, view.id).await, Err(Failure::NotFound));
    for path in
        ["/feeds/.ics", "/feeds/x", "/feeds/%20.ics", &view.path.replace("feeds/0", "feeds/1")]
    {
        let answer = browser().get(format!("{base}{path}")).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 404, "{path}");
    }
    for _ in 0..5 {
        feeds.add_feed(&caller, feed(FeedKind::Patient, true)).await.expect("a feed");
    }
    assert!(
        feeds.add_feed(&caller, feed(FeedKind::Patient, true)).await.is_err(),
        "five are enough"
    );
    let denied = feeds.feeds(&caller, FeedKind::Doctor).await;
    assert_eq!(denied, Err(Failure::NotAllowed));
}

#[tokio::test]
async fn feeds_name_the_doctor_but_never_the_patient() {
    let clinic = Clinic::open().await;
    let asha = clinic.proved(&clinic.patient("Asha Parab").await);
    clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let doctor = clinic.proved(&clinic.doctor_account().await);
    sqlx::query("update doctors set account_id = $2 where id = $1")
        .bind(clinic.doctor.0)
        .bind(doctor.account.0)
        .execute(&clinic.pool)
        .await
        .expect("an account of theirs");
    let feeds = &clinic.ports.feeds;
    let text = async |who: &SignedIn, kind| {
        let caller = clinic.caller(who);
        feeds.add_feed(&caller, feed(kind, true)).await.expect("a feed");
        let path = feeds.feeds(&caller, kind).await.expect("feeds").remove(0).path;
        let secret = path.trim_start_matches("/feeds/").trim_end_matches(".ics").to_owned();
        feeds.read_feed(&secret, caller.now).await.expect("a calendar").text
    };
    assert!(text(&asha, FeedKind::Patient).await.contains("Dr "));
    let week = text(&doctor, FeedKind::Doctor).await;
    assert_eq!(parsed_events(&week).len(), 1);
    assert!(!week.contains("Asha"), "{week}");
}

/// Feeds have no reminders by default. Patients and doctors can choose one and change it later.
#[tokio::test]
async fn a_feed_has_the_reminder_that_its_owner_chose() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let asha = clinic.proved(&clinic.patient("Asha Parab").await);
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[3]).await;
    let doctor = clinic.proved(&clinic.doctor_account().await);
    sqlx::query("update doctors set account_id = $2 where id = $1")
        .bind(clinic.doctor.0)
        .bind(doctor.account.0)
        .execute(&clinic.pool)
        .await
        .expect("an account of theirs");
    let feeds = &clinic.ports.feeds;
    for (who, kind, page) in [
        (&asha, FeedKind::Patient, "/appointments/calendar"),
        (&doctor, FeedKind::Doctor, "/calendar/connections"),
    ] {
        let (caller, cookie) = (clinic.caller(who), clinic.cookie(who).await);
        let send = async |name: &str, form: String| {
            let request = browser().post(format!("{base}/fn/{name}")).header("cookie", &cookie);
            let request = request.header("origin", &base).header("accept", "text/html");
            let kind = "application/x-www-form-urlencoded";
            let answer = request.header("content-type", kind).body(form).send().await;
            let answer = answer.expect("an answer");
            let location = answer.headers().get("location").and_then(|to| to.to_str().ok());
            (answer.status().as_u16(), location.unwrap_or_default().to_owned())
        };
        let form = format!("kind={}&alarm=60", kind.as_str());
        assert_eq!(send("add_feed", form).await, (302, format!("{page}?done=added")));
        let view = feeds.feeds(&caller, kind).await.expect("feeds").remove(0);
        assert_eq!(view.alarm, Some(Alarm::OneHour));
        let secret = view.path.trim_start_matches("/feeds/").trim_end_matches(".ics").to_owned();
        let read = async || {
            let read = feeds.read_feed(&secret, clinic.caller(who).now).await.expect("a calendar");
            (read.etag, property(&read.text, "TRIGGER").concat())
        };
        let (hour, trigger) = read().await;
        assert_eq!(trigger, "-PT1H");
        let shown = browser().get(format!("{base}{page}")).header("cookie", &cookie).send().await;
        let shown = shown.expect("an answer").text().await.expect("text");
        let chosen = format!("<option value=\"60\" selected>{}<", text!("reminder-one-hour"));
        assert!(shown.contains(&chosen), "{shown}");
        assert!(shown.contains("href=\"/help/calendars#subscribe\""), "{shown}");
        let find = shown.contains("href=\"/help/calendars#find\"");
        assert_eq!(find, kind == FeedKind::Doctor, "{shown}");

        let alarm = |minutes| format!("kind={}&id={}&alarm={minutes}", kind.as_str(), view.id);
        let done = (302, format!("{page}?done=alarm"));
        assert_eq!(send("set_feed_alarm", alarm("1440")).await, done);
        let (day, trigger) = read().await;
        assert_eq!((trigger.as_str(), day != hour), ("-P1D", true), "programs see that it changed");
        assert!(send("set_feed_alarm", alarm("7")).await.1 != done.1, "no such choice");
        assert_eq!(read().await.1, "-P1D");
        assert_eq!(send("set_feed_alarm", alarm("")).await, done);
        assert_eq!(read().await.1, "");
        feeds.set_alarm(&caller, view.id, Some(Alarm::TenMinutes)).await.expect("set");
        assert_eq!(read().await.1, "-PT10M");
        let ravi = clinic.caller(&clinic.patient(&format!("Ravi {}", kind.as_str())).await);
        let denied = feeds.set_alarm(&ravi, view.id, None).await;
        assert_eq!(denied, Err(Failure::NotFound));
    }
    // A visit that has begun needs no reminder.
    let caller = clinic.caller(&asha);
    let path = feeds.feeds(&caller, FeedKind::Patient).await.expect("feeds").remove(0).path;
    let secret = path.trim_start_matches("/feeds/").trim_end_matches(".ics").to_owned();
    clinic.clock.set(starts_at(&clinic, id).await);
    clinic.change(&doctor, id, &Change::CheckIn).await.expect("here");
    let text = feeds.read_feed(&secret, caller.now).await.expect("a calendar").text;
    assert_eq!((property(&text, "TRIGGER").len(), parsed_events(&text).len()), (0, 1));
    let silent = feeds.add_feed(&caller, feed(FeedKind::Patient, true)).await.expect("a feed");
    let views = feeds.feeds(&caller, FeedKind::Patient).await.expect("feeds");
    let alarms: Vec<_> = views.iter().map(|view| (view.id == silent, view.alarm)).collect();
    assert!(alarms.contains(&(true, None)), "{alarms:?}");
    assert!(alarms.contains(&(false, Some(Alarm::TenMinutes))), "{alarms:?}");
}

/// Before, whoever sat down at an open browser could copy the addresses or make one, nobody was told, and the addresses
/// worked on after the owner had signed out everywhere.
#[tokio::test]
async fn an_address_is_shown_and_made_only_after_a_recent_proof_and_its_owner_is_told() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let asha = clinic.proved(&clinic.known_patient("Asha").await);
    let doctor = clinic.proved(&clinic.doctor_account().await);
    sqlx::query("update doctors set account_id = $2 where id = $1")
        .bind(clinic.doctor.0)
        .bind(doctor.account.0)
        .execute(&clinic.pool)
        .await
        .expect("an account of theirs");
    let feeds = &clinic.ports.feeds;
    let people = [(&asha, FeedKind::Patient), (&doctor, FeedKind::Doctor)];
    let mut cookies = Vec::new();
    for (who, kind) in people {
        feeds.add_feed(&clinic.caller(who), feed(kind, false)).await.expect("a feed");
        cookies.push(clinic.cookie(who).await);
        let told: Vec<String> = sqlx::query_scalar(
            "select data ->> 'what' from notifications
             where recipient_id = $1 and template = 'sign_in_changed'",
        )
        .bind(who.account.0)
        .fetch_all(&clinic.pool)
        .await
        .expect("messages");
        assert_eq!(told, ["calendar_link"]);
    }

    clinic.clock.step(Duration::minutes(11));
    for (who, kind) in people {
        let caller = clinic.caller(who);
        let listed = feeds.feeds(&caller, kind).await.map(|feeds| feeds.len());
        assert_eq!(listed, Err(Failure::ProveAgain), "{kind:?}");
        let added = feeds.add_feed(&caller, feed(kind, false)).await;
        assert_eq!(added, Err(Failure::ProveAgain), "{kind:?}");
    }
    let again = "/sign-in/again?next=%2Fappointments%2Fcalendar";
    let page = browser().get(format!("{base}/appointments/calendar")).header("cookie", &cookies[0]);
    let answer = page.send().await.expect("an answer");
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, again));
    let form = browser().post(format!("{base}/fn/add_feed")).header("cookie", &cookies[0]);
    let form = form.header("origin", &base).header("accept", "text/html");
    let sent = form.form(&[("kind", "patient")]).send().await.expect("an answer");
    assert_eq!((sent.status().as_u16(), location(&sent)), (302, again));
    // The other calendars of a doctor are on the same page, and no secret.
    let path = "/calendar/connections";
    let page = browser().get(format!("{base}{path}")).header("cookie", &cookies[1]);
    let page = page.send().await.expect("an answer").text().await.expect("text");
    assert!(page.contains("href=\"/sign-in/again?next=%2Fcalendar%2Fconnections\""), "{page}");
    assert!(page.contains("id=\"busy\"") && !page.contains("/feeds/"), "{page}");
    let active = "select count(*) from calendar_feeds where archived_at is null";
    assert_eq!(clinic.count(active).await, 2);
}

/// The help page can be read without signing in.
#[tokio::test]
async fn the_help_for_other_calendars_needs_no_scripts() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let answer = browser().get(format!("{base}/help/calendars")).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    let page = answer.text().await.expect("text");
    for place in ["subscribe", "find"] {
        for program in ["google", "outlook", "microsoft-365", "apple"] {
            let (id, link) = (format!("{place}-{program}"), format!("#{place}-{program}"));
            assert!(page.contains(&format!("id=\"{id}\"")), "{id} is missing in {page}");
            assert!(page.contains(&format!("href=\"{link}\"")), "{link} is missing in {page}");
        }
    }
    assert_eq!(page.matches("<ol>").count(), 8, "steps are numbered: {page}");
}

#[tokio::test]
async fn a_file_says_where_a_visit_takes_place() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let file = async || {
        let caller = clinic.caller(&asha);
        let file = clinic.ports.feeds.appointment_file(&caller, id).await.expect("a file");
        unfolded(&file.text)
    };
    let text = file().await;
    assert_eq!(property(&text, "LOCATION"), [r"Panjim Clinic\, 1 Church Road\, Panjim"]);
    assert!(!text.to_lowercase().contains("video"), "{text}");
    sqlx::query("update appointments set mode = 'video'").execute(&clinic.pool).await.expect("set");
    let text = file().await;
    assert_eq!(property(&text, "LOCATION"), [text!("appointment-video")]);
    assert!(!text.contains("Church Road"), "{text}");
    let description = property(&text, "DESCRIPTION")[0].replace("\\n", "\n").replace('\\', "");
    let caller = clinic.caller(&asha);
    let visit = clinic.ports.bookings.appointment(&caller, id).await.expect("seen");
    let link = &description[description.find("http").expect("a link")..];
    let notes = text!("calendar-event-notes-video", reference = visit.reference, link);
    assert_eq!(description, notes);
    // The link of the video visit is only on the appointment's page, which requires signing in.
    let links = description.matches("http").count();
    assert!(links == 1 && description.ends_with(&format!("/appointments/{id}")), "{description}");
}

#[tokio::test]
async fn an_appointment_is_downloaded_as_a_calendar_file() {
    let clinic = Clinic::open().await;
    let base = clinic.serve().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, clinic.free(clinic.doctor).await[0]).await;
    let cookie = clinic.cookie(&asha).await;
    let other = clinic.cookie(&clinic.patient("Ravi").await).await;
    let file = async |cookie: &str| {
        let request = browser().get(format!("{base}/appointments/{id}/calendar.ics"));
        let answer = request.header("cookie", cookie).send().await.expect("an answer");
        let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
        if answer.status() == 200 {
            assert_eq!(answer.headers()["cache-control"], "no-store", "not in the browser's cache");
        }
        (answer.status().as_u16(), kind, answer.text().await.expect("text"))
    };
    let (status, kind, text) = file(&cookie).await;
    assert_eq!((status, kind.as_str()), (200, "text/calendar; charset=utf-8"));
    assert_eq!(property(&text, "DTSTART"), [utc(starts_at(&clinic, id).await)]);
    assert_eq!(
        (property(&text, "METHOD"), property(&text, "STATUS")),
        (vec!["PUBLISH"], vec!["CONFIRMED"])
    );
    assert_eq!(file(&other).await.0, 404);
    assert_eq!(file("").await.0, 401);
    clinic.change(&asha, id, &Change::Cancel { reason: None }).await.expect("cancelled");
    let (_, _, gone) = file(&cookie).await;
    assert_eq!(
        (property(&gone, "METHOD"), property(&gone, "STATUS")),
        (vec!["CANCEL"], vec!["CANCELLED"])
    );
    assert_eq!(property(&gone, "UID"), property(&text, "UID"));
}
