//! Calendar files that a doctor uploads: which events make the doctor busy, and how large a file may be.

use std::time::{Duration, Instant};

use app::i18n::text;
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, REFERER};
use nadi::actor::SignedIn;
use nadi::ical::FILE_BYTES_MAX;
use nadi::ports::{BusyCalendars, BusyRead, FeedKind, NewBusyCalendar, NewFeed};
use server::busy_times::BusyService;
use server::busy_times::fetch::Fetcher;
use server::schedules::top_up;

use crate::support::{Clinic, browser};

/// The clinic's doctor, with an account of their own.
async fn doctor_of(clinic: &Clinic) -> SignedIn {
    let doctor = clinic.doctor_account().await;
    sqlx::query("update doctors set account_id = $1 where id = $2")
        .bind(doctor.account.0)
        .bind(clinic.doctor.0)
        .execute(&clinic.pool)
        .await
        .expect("an account");
    doctor
}

fn calendar(events: &[&str]) -> String {
    let events: Vec<_> =
        events.iter().map(|event| format!("BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n")).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.concat())
}

const TUESDAY: &str = "DTSTART:20261124T050000Z\r\nDTEND:20261124T060000Z";

#[tokio::test]
async fn own_appointments_in_an_uploaded_file_block_nothing() {
    let clinic = Clinic::open().await;
    let doctor = doctor_of(&clinic).await;
    let caller = clinic.caller(&clinic.proved(&doctor));
    let busy = BusyService::new(clinic.app_state.clone(), Fetcher::new());
    let send = async |text: &str| -> BusyRead {
        let new = NewBusyCalendar { name: "Mine".into(), ..NewBusyCalendar::default() };
        busy.add_file(&caller, clinic.doctor, new, text.as_bytes().to_vec()).await.expect("read")
    };
    let asha = clinic.patient("Asha").await;
    let appointment = clinic.book(&asha, clinic.free(clinic.doctor).await[3]).await;
    let wanted = NewFeed { kind: FeedKind::Doctor, with_names: false, alarm: None };
    clinic.ports.feeds.add_feed(&caller, wanted).await.expect("a feed");
    let feed = clinic.ports.feeds.feeds(&caller, FeedKind::Doctor).await.expect("feeds").remove(0);
    let secret = feed.path.trim_start_matches("/feeds/").trim_end_matches(".ics").to_owned();
    let feed_now = async || {
        let now = caller.now;
        clinic.ports.feeds.read_feed(&secret, now).await.expect("a feed").text
    };
    let text = feed_now().await;
    assert!(text.contains(&format!("UID:{appointment}@{}\r\n", clinic.app_state.site.uid_host)));
    assert_eq!(send(&text).await.times, 0);
    // An appointment made by an older release keeps its UID.
    sqlx::query("update appointments set ical_uid = id || '@nadi'")
        .execute(&clinic.pool)
        .await
        .expect("older");
    let older = feed_now().await;
    assert!(older.contains("@nadi\r\n"));
    assert_eq!(send(&older).await.times, 0);
    assert_eq!(send(&text).await.times, 1, "the same id of another installation");
    // An appointment from another installation makes the doctor busy.
    let other = older.replace(&appointment.to_string(), "01a1882a-0e60-7323-a878-4c9784b59ed5");
    assert_eq!(send(&other).await.times, 1);
    sqlx::query("update doctors set account_id = null").execute(&clinic.pool).await.expect("set");
    sqlx::query("update appointments set doctor_id = id").execute(&clinic.pool).await.expect("set");
    assert_eq!(send(&older).await.times, 1, "of another doctor");
}

#[tokio::test]
async fn invitations_that_the_owner_declined_block_nothing() {
    let clinic = Clinic::open().await;
    let doctor = doctor_of(&clinic).await;
    let caller = clinic.caller(&doctor);
    let busy = BusyService::new(clinic.app_state.clone(), Fetcher::new());
    let own = busy.owner_email(&caller, clinic.doctor).await;
    assert_eq!(own, Ok(Some("the.doctor@example.org".into())));
    let invited = |lines: &str| calendar(&[&format!("{TUESDAY}\r\n{lines}")]);
    let blocks = async |owner: &str, text: String| {
        let new = NewBusyCalendar { name: "Mine".into(), owner_email: owner.into() };
        let read = busy.add_file(&caller, clinic.doctor, new, text.into_bytes()).await;
        read.expect("read").times
    };
    let declined = |who: &str| invited(&format!("ATTENDEE;PARTSTAT=DECLINED:mailto:{who}"));
    assert_eq!(blocks("", declined("The.Doctor@example.org")).await, 0, "the account's address");
    assert_eq!(blocks("", declined("elsewhere@example.com")).await, 1, "somebody else");
    let typed = " Elsewhere@Example.com";
    assert_eq!(blocks(typed, declined("elsewhere@example.com")).await, 0, "the one that was typed");
    let apple = invited("ATTENDEE;EMAIL=elsewhere@example.com;PARTSTAT=DECLINED:urn:uuid:1");
    assert_eq!(blocks(typed, apple).await, 0);
    let tentative = invited("ATTENDEE;PARTSTAT=TENTATIVE:mailto:elsewhere@example.com");
    assert_eq!(blocks(typed, tentative).await, 1);
    let new = NewBusyCalendar { name: "Mine".into(), owner_email: "nobody".into() };
    let refused = busy.add_file(&caller, clinic.doctor, new, invited("X:1").into_bytes()).await;
    assert!(refused.is_err(), "{refused:?}");
}

/// A file is read only once, so an event half a year ahead also blocks the slots that are made later.
#[tokio::test]
async fn an_event_beyond_the_horizon_blocks_slots_made_later() {
    let clinic = Clinic::open().await;
    let doctor = doctor_of(&clinic).await;
    let caller = clinic.caller(&doctor);
    let busy = BusyService::new(clinic.app_state.clone(), Fetcher::new());
    let far = calendar(&["DTSTART:20270525T040000Z\r\nDTEND:20270525T080000Z"]);
    let new = NewBusyCalendar { name: "Mine".into(), ..NewBusyCalendar::default() };
    let read = busy.add_file(&caller, clinic.doctor, new, far.into_bytes()).await.expect("read");
    assert_eq!(read.times, 1);
    clinic.clock.step(chrono::Duration::days(182));
    top_up::run_once(&clinic.app_state).await.expect("times");
    let tuesday =
        "select count(*) from free_slots('2027-05-24T03:30Z') where starts_at::date = '2027-05-25'";
    let wednesday =
        "select count(*) from free_slots('2027-05-24T03:30Z') where starts_at::date = '2027-05-26'";
    assert_eq!(clinic.count(tuesday).await, 0);
    assert!(clinic.count(wednesday).await > 0);
}

/// The answer to a form with a file.
struct Sent {
    status: u16,
    to: String,
}

struct Page {
    clinic: Clinic,
    base: String,
    cookie: String,
}

impl Page {
    async fn open() -> Self {
        let clinic = Clinic::open().await;
        let doctor = doctor_of(&clinic).await;
        let base = clinic.serve().await;
        let cookie = clinic.cookie(&doctor).await;
        Self { clinic, base, cookie }
    }

    async fn send(&self, file: &[u8]) -> Sent {
        let mut body = Vec::new();
        for (name, value) in [("doctor", self.clinic.doctor.to_string()), ("own", "true".into())] {
            let part = format!(
                "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend(part.into_bytes());
        }
        body.extend(
            b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"All.ics\"\r\n\
              Content-Type: text/calendar\r\n\r\n",
        );
        body.extend(file);
        body.extend(b"\r\n--x--\r\n");
        let answer = browser()
            .post(format!("{}/fn/add_busy_file", self.base))
            .header(COOKIE, &self.cookie)
            .header(ACCEPT, "text/html,application/xhtml+xml")
            .header(REFERER, format!("{}/calendar/connections", self.base))
            .header(CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(body)
            .send()
            .await
            .expect("an answer");
        let to = answer.headers().get(LOCATION).map_or("", |to| to.to_str().expect("text"));
        let to = to.strip_prefix(&self.base).unwrap_or(to).to_owned();
        Sent { status: answer.status().as_u16(), to }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let request = browser().get(format!("{}{path}", self.base)).header(COOKIE, &self.cookie);
        let answer = request.header(ACCEPT, "text/html").send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }
}

/// Ten years of a busy calendar: ten megabytes, forty thousand events.
#[tokio::test]
async fn a_file_with_ten_years_of_events_is_read() {
    let page = Page::open().await;
    let first = chrono::NaiveDate::from_ymd_opt(2018, 1, 1).expect("a date");
    let mut events = Vec::new();
    for n in 0..40_000u64 {
        let day = (first + chrono::Days::new(n / 11)).format("%Y%m%d");
        let hour = 5 + n % 11;
        events.push(format!(
            "UID:{n}@example.com\r\nDTSTAMP:20180101T000000Z\r\nSEQUENCE:1\r\nSUMMARY:Meeting {n}\r\n\
             DESCRIPTION:{}\r\nDTSTART;TZID=Asia/Kolkata:{day}T{hour:02}0000\r\n\
             DTEND;TZID=Asia/Kolkata:{day}T{hour:02}3000",
            "about this and that ".repeat(3)
        ));
    }
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    let file = calendar(&events);
    assert!(file.len() > 10_000_000, "{}", file.len());
    let begun = Instant::now();
    let sent = page.send(file.as_bytes()).await;
    let took = begun.elapsed();
    println!("{} bytes were read in {took:?}", file.len());
    assert!(sent.to.contains("read="), "{} {}", sent.status, sent.to);
    // The limit allows for a build without optimization on a busy machine.
    assert!(took < Duration::from_secs(60), "{took:?}");
    let known = "select count(*) from busy_times";
    assert!(page.clinic.count(known).await > 300, "half an hour of each hour of each day");
}

#[tokio::test]
async fn a_file_that_is_too_large_leads_back_to_the_form() {
    let page = Page::open().await;
    // One body whose announced length is too large, and one where the form is within its limit but the file is a
    // byte too large.
    for size in [FILE_BYTES_MAX + 1024 * 1024, FILE_BYTES_MAX + 1] {
        let sent = page.send(&vec![b'x'; size]).await;
        assert!(matches!(sent.status, 302 | 303), "{}", sent.status);
        assert!(sent.to.starts_with("/calendar/connections?"), "{}", sent.to);
        let (status, html) = page.get(&sent.to).await;
        assert!(html.contains(&text!("connection-problem-file-larger", megabytes = 16)), "{size}");
        assert!(html.contains("name=\"file\""), "the form is there again");
        assert_eq!(status, 413);
    }
}

#[tokio::test]
async fn skipped_lines_are_reported() {
    let page = Page::open().await;
    let zone = "DTSTART;TZID=Customized Time Zone:20261125T100000\r\nDURATION:PT1H";
    let lines = format!(
        "{TUESDAY}\r\nORGANIZER;CN=Sixt\r\nDESCRIPTION:one\r\ntwo\r\nthree\r\nfour\r\nfive"
    );
    let sent = page.send(calendar(&[&lines, zone]).as_bytes()).await;
    let (status, html) = page.get(&sent.to).await;
    assert_eq!(status, 200);
    for said in [
        text!("connection-warning-not-a-line", line = 6),
        text!("connection-warning-not-a-line", line = 8),
        text!("connection-warnings-more", count = 1),
        text!("connection-found", count = 2),
    ] {
        assert!(html.contains(&said), "{said}: {}", sent.to);
    }
    // A line that could hide a busy time is still refused, and its number is shown.
    let sent = page.send(calendar(&["DTSTART:soon"]).as_bytes()).await;
    let (status, html) = page.get(&sent.to).await;
    assert_eq!(status, 422);
    let fault = text!("calendar-fault-bad-value", line = 4);
    assert!(html.contains(&text!("field-calendar-malformed", fault)), "{html}");
    assert!(html.contains("value=\"the.doctor@example.org\""), "the default is the account’s");
}
