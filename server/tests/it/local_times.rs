//! Times on pages and in e-mails: in the zone of the visit's place, with the offset at that instant, also where
//! two zones meet and around the days on which clocks change.

use app::i18n::text;
use chrono::{DateTime, NaiveTime, Utc};
use nadi::actor::SignedIn;
use nadi::ids::{AppointmentId, DoctorId, LocationId, SlotId};
use nadi::ports::Change;
use nadi::schedule::Rule;
use server::ids::uuid_v7;
use server::schedules::store::hours;
use server::schedules::top_up;
use uuid::Uuid;

use crate::support::texts::{line_with, visible};
use crate::support::{Clinic, browser, weekly};

const AUCKLAND: LocationId = LocationId(Uuid::from_u128(101));
const BERLIN: LocationId = LocationId(Uuid::from_u128(102));

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn rule(place: LocationId, days: &str, from: u32, until: u32, slot_minutes: u16) -> Rule {
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
    Rule { starts: hour(from), ends: hour(until), slot_minutes, ..weekly(place, days) }
}

/// A clinic at this instant with a doctor who works by these rules in Auckland and Berlin.
async fn clinic_at(now: &str, rules: &[Rule]) -> (Clinic, DoctorId) {
    let clinic = Clinic::open().await;
    clinic.clock.set(at(now));
    for statement in [
        "insert into cities values
             (101, 'auckland', 'Auckland', 'NZ', 'New Zealand', -36.8, 174.8, 'Pacific/Auckland'),
             (102, 'berlin', 'Berlin', 'DE', 'Germany', 52.5, 13.4, 'Europe/Berlin')",
        "insert into locations (id, clinic_id, city_id, name, address, time_zone, created_at)
         select l.id, (select id from clinics), c.id, c.name || ' Clinic', '1 Main Street', c.time_zone, now()
         from (values ('00000000-0000-0000-0000-000000000065'::uuid, 101),
                      ('00000000-0000-0000-0000-000000000066'::uuid, 102)) as l (id, city)
         join cities c on c.id = l.city",
    ] {
        sqlx::query(statement).execute(&clinic.pool).await.expect("places");
    }
    let id = uuid_v7(clinic.visitor().now);
    sqlx::query(
        "with doctor as (
             insert into doctors (id, clinic_id, slug, name, fee_minor_units, currency, status, created_at)
             values ($1, $2, 'lina-weber', 'Dr Lina Weber', 6000, 'EUR', 'listed', now()))
         insert into doctor_specialties values ($1, 1, true)",
    )
    .bind(id)
    .bind(clinic.clinic.0)
    .execute(&clinic.pool)
    .await
    .expect("a doctor");
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    for (n, rule) in rules.iter().enumerate() {
        let now = clinic.visitor().now;
        hours::insert_rule(&mut connection, uuid_v7(now), DoctorId(id), n, rule, now)
            .await
            .expect("a rule");
    }
    drop(connection);
    top_up::run_once(&clinic.app_state).await.expect("times");
    (clinic, DoctorId(id))
}

async fn slot_at(clinic: &Clinic, doctor: DoctorId, starts_at: &str) -> SlotId {
    let id = sqlx::query_scalar("select id from slots where doctor_id = $1 and starts_at = $2")
        .bind(doctor.0)
        .bind(at(starts_at))
        .fetch_one(&clinic.pool)
        .await;
    SlotId(id.expect("a time then"))
}

/// Subject and body of the last message, after everything that is due was sent.
async fn last_mail(clinic: &Clinic) -> (String, String) {
    clinic.dispatcher().run_once().await.expect("sent");
    let sent = clinic.messages.sent.lock().expect("not poisoned");
    let last = sent.last().expect("a message");
    (last.subject.clone(), last.body.clone())
}

/// The text of a page, without its markup.
async fn page(clinic: &Clinic, path: &str, who: Option<&SignedIn>) -> String {
    let base = clinic.serve().await;
    let mut request = browser().get(format!("{base}{path}")).header("accept", "text/html");
    if let Some(who) = who {
        request = request.header("cookie", clinic.cookie(who).await);
    }
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    visible(&answer.text().await.expect("text"))
}

/// The lines of every mail about an appointment with Dr Lina Weber.
fn facts(when: &str, place: &str) -> String {
    text!("email-facts-without-person", doctor = "Dr Lina Weber", when, place)
}

/// What the mail with the code says about the end of the hold.
fn held_until(until: &str) -> String {
    let (code, facts) = ("code", "facts");
    line_with(&text!("email-code-body", code, until, facts), until)
}

/// What the mail about a move says about the former time.
fn moved_from(before: &str) -> String {
    let (who, facts, page, link) = ("who", "facts", "page", "link");
    line_with(&text!("email-moved-body", who, facts, before, page, link), before)
}

fn appointment(id: AppointmentId) -> String {
    format!("/appointments/{id}")
}

fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

/// The former time is shown as it was confirmed: in Auckland's zone, not in Berlin's.
#[tokio::test]
async fn a_move_between_zones_shows_each_time_in_its_own_zone() {
    let rules = [rule(AUCKLAND, "FR", 9, 12, 20), rule(BERLIN, "TU", 10, 12, 20)];
    let (clinic, doctor) = clinic_at("2026-11-23T03:30:00Z", &rules).await;
    let asha = clinic.patient("Asha").await;
    let friday = slot_at(&clinic, doctor, "2026-12-10T20:00:00Z").await;
    let tuesday = slot_at(&clinic, doctor, "2026-12-15T09:00:00Z").await;
    let before = "Fri, 11 Dec 2026, 09:00, Auckland time (NZDT, UTC+13:00)";
    let first = "Fri, 11 Dec 2026, 09:00–09:20, Auckland time (NZDT, UTC+13:00)";
    let then = "Tue, 15 Dec 2026, 10:00–10:20, Berlin time (CET, UTC+01:00)";

    let id = clinic.hold(&asha, friday).await.expect("held");
    let (_, code) = last_mail(&clinic).await;
    let until = held_until("16:35, Auckland time (NZDT, UTC+13:00)");
    assert_contains(&code, &[&until, &facts(first, "Auckland Clinic, 1 Main Street, Auckland")]);
    clinic.confirm(&asha, id).await.expect("confirmed");
    let (subject, _) = last_mail(&clinic).await;
    assert_eq!(subject, text!("email-confirmed-subject", when = first));

    // The page for moving names the zone of the present time, because the new time may be in another one.
    let moving =
        page(&clinic, &format!("/appointments/{id}/move?slot={tuesday}"), Some(&asha)).await;
    let present = text!(
        "appointment-before-in-person",
        date = "Friday, 11 December 2026",
        times = "09:00–09:20, Auckland time",
        location = "Auckland Clinic",
    );
    let present = text!("picker-current-appointment", appointment = present);
    assert_contains(&moving, &[&present, "Berlin time (CET, UTC+01:00)"]);
    clinic.change(&asha, id, &Change::Reschedule { slot: tuesday }).await.expect("moved");
    let (subject, moved) = last_mail(&clinic).await;
    assert_eq!(subject, text!("email-moved-subject", when = then));
    let lines = facts(then, "Berlin Clinic, 1 Main Street, Berlin");
    assert_contains(&moved, &[&lines, &moved_from(before)]);

    let shown = page(&clinic, &appointment(id), Some(&asha)).await;
    // The history is by the clock of the present place, and says so once.
    let rescheduled = text!("history-rescheduled-from", who = "you", before);
    let zone = text!("history-zone", zone = "Berlin time (CET, UTC+01:00)");
    assert_contains(&shown, &[&rescheduled, "Mon, 23 Nov 2026, 04:30", &zone]);
    assert_contains(&shown, &["1 Main Street, Berlin"]);
    let base = clinic.serve().await;
    let token = clinic.token(&asha).await;
    let asked = browser().get(format!("{base}/api/v1/appointments/{id}")).bearer_auth(token);
    let answer: serde_json::Value =
        asked.send().await.expect("an answer").json().await.expect("JSON");
    let event = &answer["history"][2];
    assert_eq!(event["moved_from"], "2026-12-10T20:00:00Z", "{answer}");
    assert_eq!(event["moved_from_time_zone"], "Pacific/Auckland");
    assert_eq!(answer["time_zone"], "Europe/Berlin");

    // Events of the previous release do not contain the zone: then the zone of the former slot is used.
    let forget = "update events set data = jsonb_set(data, '{moved_from}', data #> '{moved_from,starts_at}') where data ? 'moved_from'";
    sqlx::query(forget).execute(&clinic.pool).await.expect("as before");
    let shown = page(&clinic, &appointment(id), Some(&asha)).await;
    assert_contains(&shown, &[&rescheduled]);
    clinic.change(&asha, id, &Change::Cancel { reason: None }).await.expect("cancelled");
    let (subject, _) = last_mail(&clinic).await;
    assert_eq!(subject, text!("email-cancelled-subject", when = then));
}

/// After a move that was never announced, the cancellation names the announced time, which is Auckland's.
#[tokio::test]
async fn a_cancellation_names_the_last_announced_time_in_its_own_zone() {
    let rules = [rule(AUCKLAND, "FR", 9, 12, 20), rule(BERLIN, "TU", 10, 12, 20)];
    let (clinic, doctor) = clinic_at("2026-11-23T03:30:00Z", &rules).await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, slot_at(&clinic, doctor, "2026-12-10T20:00:00Z").await).await;
    last_mail(&clinic).await;
    let tuesday = slot_at(&clinic, doctor, "2026-12-15T09:00:00Z").await;
    clinic.change(&asha, id, &Change::Reschedule { slot: tuesday }).await.expect("moved");
    clinic.change(&asha, id, &Change::Cancel { reason: None }).await.expect("cancelled");
    let (_, body) = last_mail(&clinic).await;
    let before = "Fri, 11 Dec 2026, 09:00, Auckland time (NZDT, UTC+13:00)";
    let when = "Tue, 15 Dec 2026, 10:00–10:20, Berlin time (CET, UTC+01:00)";
    let lines = facts(when, "Berlin Clinic, 1 Main Street, Berlin");
    assert_contains(&body, &[&text!("email-cancelled-before", before), &lines]);
}

/// In March, for a visit in April: what happens now has the winter offset, the visit has the summer offset.
#[tokio::test]
async fn a_hold_and_its_history_have_the_offset_of_their_own_instant() {
    let rules = [rule(BERLIN, "TH", 10, 12, 20)];
    let (clinic, doctor) = clinic_at("2027-03-10T09:00:00Z", &rules).await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.hold(&asha, slot_at(&clinic, doctor, "2027-04-01T08:00:00Z").await).await;
    let id = id.expect("held");
    let (_, code) = last_mail(&clinic).await;
    let visit = "Thu, 1 Apr 2027, 10:00–10:20, Berlin time (CEST, UTC+02:00)";
    let lines = facts(visit, "Berlin Clinic, 1 Main Street, Berlin");
    assert_contains(&code, &[&held_until("10:05, Berlin time (CET, UTC+01:00)"), &lines]);
    let held = page(&clinic, &appointment(id), Some(&asha)).await;
    let until = text!("countdown-held", time = "10:05 CET");
    let summary = text!(
        "appointment-summary-in-person",
        date = "Thursday, 1 April 2027",
        times = "10:00–10:20",
        location = "Berlin Clinic",
        doctor = "Dr Lina Weber",
    );
    assert_contains(&held, &[&until, &summary]);
    clinic.confirm(&asha, id).await.expect("confirmed");
    let booked = page(&clinic, &appointment(id), Some(&asha)).await;
    assert_contains(&booked, &["Wed, 10 Mar 2027, 10:00", &text!("history-held", who = "you")]);
    assert_contains(&booked, &[&text!("history-zone", zone = "Berlin time (CET, UTC+01:00)")]);
    let until = "Thu, 1 Apr 2027, 09:00, Berlin time (CEST, UTC+02:00)";
    assert_contains(&booked, &[&text!("appointment-change-until", until)]);

    // After a move in summer time, the history has both offsets.
    clinic.clock.set(at("2027-03-30T09:00:00Z"));
    top_up::run_once(&clinic.app_state).await.expect("times");
    let later = slot_at(&clinic, doctor, "2027-04-08T08:00:00Z").await;
    clinic.change(&asha, id, &Change::Reschedule { slot: later }).await.expect("moved");
    let moved = page(&clinic, &appointment(id), Some(&asha)).await;
    assert_contains(&moved, &["Wed, 10 Mar 2027, 10:00", "Tue, 30 Mar 2027, 11:00"]);
    let both = "Berlin time (CET, UTC+01:00 until Sun, 28 Mar 2027, 02:00; then CEST, UTC+02:00)";
    assert_contains(&moved, &[&text!("history-zone", zone = both)]);
}

/// On 25 October 2026 the hour from two to three exists twice in Berlin.
#[tokio::test]
async fn the_times_of_a_repeated_hour_are_told_apart() {
    let rules = [rule(BERLIN, "SU", 1, 4, 30)];
    let (clinic, doctor) = clinic_at("2026-10-12T09:00:00Z", &rules).await;
    let zone = "Berlin time (CEST, UTC+02:00 until Sun, 25 Oct 2026, 03:00; then CET, UTC+01:00)";
    let day = page(&clinic, "/doctors/lina-weber?date=2026-10-25", None).await;
    assert_contains(&day, &["02:00 CEST", "02:30 CEST", "02:00 CET", "02:30 CET", "03:00"]);
    assert_contains(&day, &[&text!("picker-zone", zone)]);
    let asha = clinic.patient("Asha").await;
    let second = slot_at(&clinic, doctor, "2026-10-25T01:00:00Z").await;
    let id = clinic.book(&asha, second).await;
    let visit = "Sun, 25 Oct 2026, 02:00 CET–02:30 CET, Berlin time (CET, UTC+01:00)";
    assert_eq!(last_mail(&clinic).await.0, text!("email-confirmed-subject", when = visit));
    assert_contains(&page(&clinic, &appointment(id), Some(&asha)).await, &["02:00 CET–02:30 CET"]);

    // The doctor's calendar shows both offsets.
    let doctor_account = SignedIn { doctor: Some(doctor), ..clinic.patient("Lina").await };
    clinic.prove_address(&doctor_account).await;
    sqlx::query("update doctors set account_id = $2 where id = $1")
        .bind(doctor.0)
        .bind(doctor_account.account.0)
        .execute(&clinic.pool)
        .await
        .expect("an account of theirs");
    for view in ["week", "day", "list"] {
        let path = format!("/calendar?view={view}&date=2026-10-25");
        let calendar = page(&clinic, &path, Some(&doctor_account)).await;
        assert_contains(&calendar, &[&text!("doctor-calendar-zone", zone), "02:00 CET"]);
    }
    let week = page(&clinic, "/calendar?date=2026-10-18", Some(&doctor_account)).await;
    let summer = "Berlin time (CEST, UTC+02:00)";
    assert_contains(&week, &[&text!("doctor-calendar-zone", zone = summer)]);
}

/// The calendar of a doctor in two zones is in one of them, and adds the local time of visits in the other.
#[tokio::test]
async fn a_calendar_of_two_zones_shows_both_times() {
    let rules = [rule(BERLIN, "TU", 10, 18, 20), rule(AUCKLAND, "FR", 9, 12, 20)];
    let (clinic, doctor) = clinic_at("2026-11-23T03:30:00Z", &rules).await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.book(&asha, slot_at(&clinic, doctor, "2026-12-10T20:00:00Z").await).await;
    let account = SignedIn { doctor: Some(doctor), ..clinic.patient("Lina").await };
    clinic.prove_address(&account).await;
    sqlx::query("update doctors set account_id = $2 where id = $1")
        .bind(doctor.0)
        .bind(account.account.0)
        .execute(&clinic.pool)
        .await
        .expect("an account of theirs");
    let week = page(&clinic, "/calendar?date=2026-12-10", Some(&account)).await;
    let zone = "Berlin time (CET, UTC+01:00)";
    assert_contains(&week, &[&text!("doctor-calendar-zone", zone), "21:00"]);
    let there = "09:00–12:00, Auckland time";
    let hours = text!("doctor-calendar-times-elsewhere", times = "21:00–00:00", there);
    assert_contains(&week, &["09:00–09:20, Auckland time", &hours]);
    // The patient sees only the time at the visit's place.
    let own = page(&clinic, &appointment(id), Some(&asha)).await;
    let until = "Fri, 11 Dec 2026, 08:00, Auckland time (NZDT, UTC+13:00)";
    assert_contains(&own, &["09:00–09:20", &text!("appointment-change-until", until)]);
    let list = page(&clinic, "/appointments", Some(&asha)).await;
    assert_contains(&list, &["Fri, 11 Dec 2026", "09:00–09:20", "Auckland Clinic"]);
    assert!(!own.contains("21:00") && !list.contains("21:00"), "{own}\n{list}");
}
