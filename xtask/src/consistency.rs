//! The consistency check of load tests and fault injection: compares the responses in the load generator's journal
//! with the database. Only the generator's own work is compared: appointments of its patients that did not exist
//! when it started.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::harness::Harness;

/// A response: a line of the load generator's journal (`load/src/journal.rs`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedResponse {
    /// The idempotency key of the request.
    pub key: String,
    pub action: Action,
    /// The port of the server that sent it.
    pub server: String,
    pub status: u16,
    /// The id of the appointment, or empty.
    pub id: String,
    pub slot: String,
    /// The appointment's state, or the type of the problem.
    pub outcome: String,
    /// The hash of the body.
    pub digest: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Hold,
    Confirm,
    Cancel,
}

impl RecordedResponse {
    fn is_granted(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn read(line: &str) -> Option<Self> {
        let mut fields = line.split(',').map(str::to_owned);
        let mut next = || fields.next();
        Some(Self {
            key: next()?,
            action: match next()?.as_str() {
                "hold" => Action::Hold,
                "confirm" => Action::Confirm,
                "cancel" => Action::Cancel,
                _ => return None,
            },
            server: next()?,
            status: next()?.parse().ok()?,
            id: next()?,
            slot: next()?,
            outcome: next()?,
            digest: next()?,
        })
    }
}

/// What the database contains about the load generator's patients.
#[derive(Clone, Debug, Default)]
pub struct Database {
    pub appointments: Vec<Appointment>,
    pub keys: Vec<StoredResponse>,
    /// Events that may occur once per appointment but occurred more often: id of the appointment, type of the event.
    pub repeated_events: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct Appointment {
    pub id: String,
    pub account: String,
    pub slot: String,
    pub state: String,
}

/// A row of `idempotency_keys`.
#[derive(Clone, Debug)]
pub struct StoredResponse {
    pub account: String,
    pub key: String,
    /// The appointment of the stored response; `None` for a refusal.
    pub id: Option<String>,
}

/// Whether the journal contains everything that the servers may have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Every request got a response in the end.
    Complete,
    /// This many requests got no response, and each of them may have had its effect.
    Missing(usize),
}

/// How much was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub responses: usize,
    pub keys: usize,
    /// Keys with more than one response.
    pub repeated_keys: usize,
    /// Keys that more than one server answered.
    pub keys_answered_by_both: usize,
}

/// The ids of the appointments that exist before the load generator starts.
pub fn existing_appointments(harness: &Harness) -> Result<HashSet<String>> {
    let ids = harness.psql("select id from appointments")?;
    Ok(ids.lines().map(str::to_owned).collect())
}

/// Reads the journal and the database, and compares them.
///
/// # Errors
/// With everything that is inconsistent.
pub fn check(
    harness: &Harness,
    journal: &Path,
    existing: &HashSet<String>,
    completeness: Completeness,
) -> Result<Summary> {
    let responses = read_journal(journal)?;
    ensure!(responses.iter().any(RecordedResponse::is_granted), "nothing was booked");
    let database = read_database(harness, existing)?;
    let (summary, mut problems) = compare(&responses, &database, completeness);
    problems.extend(harness.broken_invariants()?.into_iter().map(str::to_owned));
    ensure!(problems.is_empty(), "of {} responses: {}", summary.responses, shortened(&problems));
    Ok(summary)
}

fn read_journal(file: &Path) -> Result<Vec<RecordedResponse>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let read = |line: &str| {
        RecordedResponse::read(line).with_context(|| format!("the journal has `{line}`"))
    };
    text.lines().map(read).collect()
}

fn read_database(harness: &Harness, existing: &HashSet<String>) -> Result<Database> {
    // The load generator's patients, without those of the demo data. Addresses are encrypted.
    const ACCOUNTS: &str = "(select account_id from api_keys where name = 'load-test')";
    let rows = |sql: &str| -> Result<Vec<Vec<String>>> {
        let rows = harness.psql(sql)?;
        Ok(rows.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect())
    };
    let mut database = Database::default();
    for row in rows(&format!(
        "select id, booked_by, slot_id, state from appointments where booked_by in {ACCOUNTS}"
    ))? {
        let [id, account, slot, state] = columns(row)?;
        if !existing.contains(&id) {
            database.appointments.push(Appointment { id, account, slot, state });
        }
    }
    for row in rows(&format!(
        "select account_id, substr(key, 5), answer -> 'Ok' ->> 'id' from idempotency_keys
         where key like 'api:%' and account_id in {ACCOUNTS}"
    ))? {
        let [account, key, id] = columns(row)?;
        database.keys.push(StoredResponse {
            account,
            key,
            id: Some(id).filter(|id| !id.is_empty()),
        });
    }
    for row in rows(
        "select subject_id, type from events
         where type in ('appointment.held', 'appointment.confirmed', 'appointment.cancelled')
         group by 1, 2 having count(*) > 1",
    )? {
        let [id, event] = columns(row)?;
        database.repeated_events.push((id, event));
    }
    Ok(database)
}

fn columns<const N: usize>(row: Vec<String>) -> Result<[String; N]> {
    row.try_into().map_err(|row| anyhow::anyhow!("unexpected row of the database: {row:?}"))
}

/// All inconsistencies between the responses and the database.
pub fn compare(
    responses: &[RecordedResponse],
    database: &Database,
    completeness: Completeness,
) -> (Summary, Vec<String>) {
    let mut problems = Vec::new();
    let mut by_key: BTreeMap<&str, Vec<&RecordedResponse>> = BTreeMap::new();
    for response in responses {
        by_key.entry(&response.key).or_default().push(response);
    }
    let servers = |of: &[&RecordedResponse]| {
        of.iter().map(|a| a.server.as_str()).collect::<BTreeSet<_>>().len()
    };
    let summary = Summary {
        responses: responses.len(),
        keys: by_key.len(),
        repeated_keys: by_key.values().filter(|of| of.len() > 1).count(),
        keys_answered_by_both: by_key.values().filter(|of| servers(of) > 1).count(),
    };
    check_one_response_per_key(&by_key, &mut problems);
    check_stored_responses(&by_key, database, &mut problems);
    check_acknowledged_changes(responses, database, &mut problems);
    check_one_effect_per_key(&by_key, database, completeness, &mut problems);
    (summary, problems)
}

/// All responses with the same key are equal.
fn check_one_response_per_key(
    by_key: &BTreeMap<&str, Vec<&RecordedResponse>>,
    problems: &mut Vec<String>,
) {
    for (key, responses) in by_key {
        let first = responses[0];
        let same = |other: &&&RecordedResponse| {
            other.status == first.status && other.digest == first.digest
        };
        if let Some(other) = responses.iter().find(|response| !same(response)) {
            problems.push(format!(
                "key {key} was answered {} {} {} and then {} {} {}",
                first.status, first.outcome, first.id, other.status, other.outcome, other.id
            ));
        }
    }
}

/// The response of each granted request is stored under its key. Otherwise a repeated request would have a second
/// effect.
fn check_stored_responses(
    by_key: &BTreeMap<&str, Vec<&RecordedResponse>>,
    database: &Database,
    problems: &mut Vec<String>,
) {
    let stored: HashMap<&str, &StoredResponse> =
        database.keys.iter().map(|stored| (stored.key.as_str(), stored)).collect();
    for (key, responses) in by_key {
        let Some(granted) = responses.iter().find(|response| response.is_granted()) else {
            continue;
        };
        match stored.get(key).map(|stored| stored.id.as_deref()) {
            Some(Some(id)) if id == granted.id => {}
            Some(other) => problems.push(format!(
                "key {key} was answered with {}, but {} is stored",
                granted.id,
                other.unwrap_or("a refusal")
            )),
            None => {
                problems.push(format!("key {key} was answered, but its response is not stored"))
            }
        }
    }
}

/// Each acknowledged appointment is in the database, in the state of its last acknowledged change.
fn check_acknowledged_changes(
    responses: &[RecordedResponse],
    database: &Database,
    problems: &mut Vec<String>,
) {
    let appointments: HashMap<&str, &Appointment> =
        database.appointments.iter().map(|one| (one.id.as_str(), one)).collect();
    // The last acknowledged change of each appointment.
    let mut last: BTreeMap<&str, Action> = BTreeMap::new();
    for response in responses.iter().filter(|response| response.is_granted()) {
        let action = last.entry(&response.id).or_insert(response.action);
        *action = (*action).max(response.action);
        match appointments.get(response.id.as_str()) {
            Some(found) if found.slot == response.slot => {}
            Some(found) => problems.push(format!(
                "key {} was answered with slot {}, but {} has slot {}",
                response.key, response.slot, response.id, found.slot
            )),
            None => problems.push(format!(
                "appointment {} of key {} was acknowledged, but is not in the database",
                response.id, response.key
            )),
        }
    }
    for (id, action) in last {
        let Some(found) = appointments.get(id) else { continue };
        let agrees = match action {
            Action::Hold => true,
            Action::Confirm => found.state == "confirmed",
            Action::Cancel => found.state == "cancelled",
        };
        if !agrees {
            problems.push(format!(
                "{id}: the last acknowledged change was {action:?}, but its state is {}",
                found.state
            ));
        }
    }
}

/// Each appointment belongs to a key whose response named it, so no key had two effects.
fn check_one_effect_per_key(
    by_key: &BTreeMap<&str, Vec<&RecordedResponse>>,
    database: &Database,
    completeness: Completeness,
    problems: &mut Vec<String>,
) {
    let holds = || by_key.values().flatten().filter(|a| a.action == Action::Hold);
    let acknowledged: HashMap<&str, &str> = holds()
        .filter(|response| response.is_granted())
        .map(|response| (response.id.as_str(), response.key.as_str()))
        .collect();
    let account_of: HashMap<&str, &str> =
        database.appointments.iter().map(|one| (one.id.as_str(), one.account.as_str())).collect();
    let mut keys_of: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (id, key) in &acknowledged {
        if let Some(account) = account_of.get(id) {
            keys_of.entry(account).or_default().insert(key);
        }
    }
    let hold_keys: HashSet<&str> = holds().map(|response| response.key.as_str()).collect();
    for stored in database.keys.iter().filter(|stored| hold_keys.contains(stored.key.as_str())) {
        keys_of.entry(&stored.account).or_default().insert(&stored.key);
    }
    let unacknowledged: Vec<&Appointment> = database
        .appointments
        .iter()
        .filter(|one| !acknowledged.contains_key(one.id.as_str()))
        .collect();
    let allowed = match completeness {
        Completeness::Complete => 0,
        Completeness::Missing(unanswered) => unanswered,
    };
    if unacknowledged.len() > allowed {
        for one in unacknowledged {
            let keys = keys_of.get(one.account.as_str());
            let keys = keys.map_or_else(
                || "no key of this account was answered".to_owned(),
                |keys| {
                    let keys: Vec<&str> = keys.iter().copied().collect();
                    format!("a second effect of key {}", keys.join(" or "))
                },
            );
            problems.push(format!("appointment {} was in no response: {keys}", one.id));
        }
    }
    let ids: HashSet<&str> = database.appointments.iter().map(|one| one.id.as_str()).collect();
    for (id, event) in database.repeated_events.iter().filter(|(id, _)| ids.contains(id.as_str())) {
        problems.push(format!("{id} has the event {event} more than once"));
    }
}

/// The first problems, and how many more there are.
fn shortened(problems: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = problems[..problems.len().min(SHOWN)].join("; ");
    match problems.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOURNAL: &str = "\
k1,hold,4000,201,a,7,pending,d1
k1,hold,4001,201,a,7,pending,d1
k1-confirm,confirm,4000,200,a,7,confirmed,d2
k2,hold,4001,409,,7,taken,d3
k3,hold,4001,201,b,8,pending,d4
k3-confirm,confirm,4001,200,b,8,confirmed,d5
k3-cancel,cancel,4001,200,b,8,cancelled,d6
";

    fn responses() -> Vec<RecordedResponse> {
        JOURNAL.lines().map(|line| RecordedResponse::read(line).expect("a line")).collect()
    }

    fn appointment(id: &str, account: &str, slot: &str, state: &str) -> Appointment {
        let [id, account, slot, state] = [id, account, slot, state].map(str::to_owned);
        Appointment { id, account, slot, state }
    }

    fn database() -> Database {
        let stored = |account: &str, key: &str, id: Option<&str>| StoredResponse {
            account: account.to_owned(),
            key: key.to_owned(),
            id: id.map(str::to_owned),
        };
        Database {
            appointments: vec![
                appointment("a", "one", "7", "confirmed"),
                appointment("b", "three", "8", "cancelled"),
            ],
            keys: vec![
                stored("one", "k1", Some("a")),
                stored("one", "k1-confirm", Some("a")),
                stored("two", "k2", None),
                stored("three", "k3", Some("b")),
                stored("three", "k3-confirm", Some("b")),
                stored("three", "k3-cancel", Some("b")),
            ],
            repeated_events: Vec::new(),
        }
    }

    /// The problems that are found after `change` was applied to consistent data.
    fn found(change: impl FnOnce(&mut Vec<RecordedResponse>, &mut Database)) -> String {
        let (mut responses, mut database) = (responses(), database());
        change(&mut responses, &mut database);
        let (_, problems) = compare(&responses, &database, Completeness::Complete);
        problems.join("; ")
    }

    #[test]
    fn consistent_data_has_no_problems() {
        let (summary, problems) = compare(&responses(), &database(), Completeness::Complete);
        assert_eq!(problems, Vec::<String>::new());
        let expected =
            Summary { responses: 7, keys: 6, repeated_keys: 1, keys_answered_by_both: 1 };
        assert_eq!(summary, expected);
    }

    #[test]
    fn a_key_that_led_to_two_appointments_is_found() {
        let problems = found(|_, database| {
            database.appointments.push(appointment("c", "one", "9", "expired"));
        });
        assert_eq!(problems, "appointment c was in no response: a second effect of key k1");
        let problems = found(|_, database| {
            database.appointments.push(appointment("c", "two", "9", "pending"));
        });
        assert!(problems.contains("second effect of key k2"), "it was refused: {problems}");
    }

    #[test]
    fn two_different_responses_to_one_key_are_found() {
        let problems = found(|responses, database| {
            responses[1].id = "c".to_owned();
            responses[1].digest = "other".to_owned();
            database.appointments.push(appointment("c", "one", "7", "pending"));
        });
        assert_eq!(problems, "key k1 was answered 201 pending a and then 201 pending c");
        let problems = found(|responses, _| responses[1].digest = "other".to_owned());
        assert!(problems.starts_with("key k1 was answered"), "{problems}");
        let problems = found(|responses, _| responses[1].status = 200);
        assert!(problems.starts_with("key k1 was answered"), "{problems}");
    }

    #[test]
    fn a_response_that_was_not_stored_is_found() {
        let problems = found(|_, database| database.keys.retain(|stored| stored.key != "k3"));
        assert_eq!(problems, "key k3 was answered, but its response is not stored");
        let problems = found(|_, database| database.keys[1].id = Some("b".to_owned()));
        assert_eq!(problems, "key k1-confirm was answered with a, but b is stored");
    }

    #[test]
    fn a_lost_or_undone_change_is_found() {
        let problems = found(|_, database| database.appointments.retain(|one| one.id != "b"));
        assert!(
            problems
                .contains("appointment b of key k3 was acknowledged, but is not in the database"),
            "{problems}"
        );
        let problems = found(|_, database| database.appointments[0].state = "cancelled".to_owned());
        assert_eq!(
            problems,
            "a: the last acknowledged change was Confirm, but its state is cancelled"
        );
        let problems = found(|_, database| database.appointments[1].state = "confirmed".to_owned());
        assert_eq!(
            problems,
            "b: the last acknowledged change was Cancel, but its state is confirmed"
        );
        let problems = found(|_, database| database.appointments[0].slot = "9".to_owned());
        assert!(problems.starts_with("key k1 was answered with slot 7"), "{problems}");
    }

    #[test]
    fn a_repeated_event_is_found() {
        let event = |id: &str| (id.to_owned(), "appointment.confirmed".to_owned());
        let problems = found(|_, database| database.repeated_events = vec![event("a")]);
        assert_eq!(problems, "a has the event appointment.confirmed more than once");
        assert_eq!(found(|_, database| database.repeated_events = vec![event("demo")]), "");
    }

    #[test]
    fn requests_without_a_response_may_have_had_their_effect() {
        let mut database = database();
        database.appointments.push(appointment("c", "four", "9", "pending"));
        let problems = |completeness| compare(&responses(), &database, completeness).1;
        assert_eq!(problems(Completeness::Missing(1)), Vec::<String>::new());
        let expected = "appointment c was in no response: no key of this account was answered";
        assert_eq!(problems(Completeness::Missing(0)), [expected]);
    }
}
