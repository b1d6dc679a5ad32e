//! Compares what the load generator was answered with what the database has. Only what the generator
//! did counts: appointments of its patients that were not there when it began.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::harness::Harness;

/// A line of the generator's journal (`load/src/journal.rs`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The idempotency key of the request.
    pub key: String,
    pub action: Action,
    /// The port of the server that gave it.
    pub server: String,
    pub status: u16,
    /// The appointment's, if there is one.
    pub id: String,
    pub slot: String,
    /// The appointment's state, or the type of the problem.
    pub outcome: String,
    /// Of the whole answer.
    pub digest: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Hold,
    Confirm,
    Cancel,
}

impl Answer {
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

/// What the database has of the generator's patients.
#[derive(Clone, Debug, Default)]
pub struct Database {
    pub appointments: Vec<Appointment>,
    pub keys: Vec<StoredAnswer>,
    /// Events that an appointment has more than once although they happen once: its id, the event.
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
pub struct StoredAnswer {
    pub account: String,
    pub key: String,
    /// The appointment of the stored answer; nothing for a refusal.
    pub id: Option<String>,
}

/// How sure the answers tell everything that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journal {
    /// Every request was answered in the end.
    Complete,
    /// So many requests were never answered: each may have been carried out.
    Without(usize),
}

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub answers: usize,
    pub keys: usize,
    /// Keys with more than one answer.
    pub answered_again: usize,
    /// Keys that more than one server answered.
    pub answered_by_both: usize,
}

/// Which appointments there are already.
pub fn appointments_before(harness: &Harness) -> Result<HashSet<String>> {
    let ids = harness.psql("select id from appointments")?;
    Ok(ids.lines().map(str::to_owned).collect())
}

/// Reads the journal and the database, and compares them.
///
/// # Errors
/// With everything that does not agree.
pub fn check(
    harness: &Harness,
    journal: &Path,
    before: &HashSet<String>,
    completeness: Journal,
) -> Result<Summary> {
    let answers = read_journal(journal)?;
    ensure!(answers.iter().any(Answer::is_granted), "nothing was booked at all");
    let database = read_database(harness, before)?;
    let (summary, mut wrong) = compare(&answers, &database, completeness);
    wrong.extend(harness.broken_invariants()?.into_iter().map(str::to_owned));
    ensure!(wrong.is_empty(), "of {} answers: {}", summary.answers, shortened(&wrong));
    Ok(summary)
}

fn read_journal(file: &Path) -> Result<Vec<Answer>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let read = |line: &str| Answer::read(line).with_context(|| format!("the journal has `{line}`"));
    text.lines().map(read).collect()
}

fn read_database(harness: &Harness, before: &HashSet<String>) -> Result<Database> {
    // The generator's patients, and nobody of the demo.
    const ACCOUNTS: &str = "(select id from accounts where email like '%@load.example')";
    let rows = |sql: &str| -> Result<Vec<Vec<String>>> {
        let rows = harness.psql(sql)?;
        Ok(rows.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect())
    };
    let mut database = Database::default();
    for row in rows(&format!(
        "select id, booked_by, slot_id, state from appointments where booked_by in {ACCOUNTS}"
    ))? {
        let [id, account, slot, state] = columns(row)?;
        if !before.contains(&id) {
            database.appointments.push(Appointment { id, account, slot, state });
        }
    }
    for row in rows(&format!(
        "select account_id, substr(key, 5), answer -> 'Ok' ->> 'id' from idempotency_keys
         where key like 'api:%' and account_id in {ACCOUNTS}"
    ))? {
        let [account, key, id] = columns(row)?;
        database.keys.push(StoredAnswer { account, key, id: Some(id).filter(|id| !id.is_empty()) });
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
    row.try_into().map_err(|row| anyhow::anyhow!("the database answered {row:?}"))
}

/// Everything that does not agree.
pub fn compare(
    answers: &[Answer],
    database: &Database,
    journal: Journal,
) -> (Summary, Vec<String>) {
    let mut wrong = Vec::new();
    let mut by_key: BTreeMap<&str, Vec<&Answer>> = BTreeMap::new();
    for answer in answers {
        by_key.entry(&answer.key).or_default().push(answer);
    }
    let servers =
        |of: &[&Answer]| of.iter().map(|a| a.server.as_str()).collect::<BTreeSet<_>>().len();
    let summary = Summary {
        answers: answers.len(),
        keys: by_key.len(),
        answered_again: by_key.values().filter(|of| of.len() > 1).count(),
        answered_by_both: by_key.values().filter(|of| servers(of) > 1).count(),
    };
    one_answer_per_key(&by_key, &mut wrong);
    stored_answers(&by_key, database, &mut wrong);
    acknowledged_changes(answers, database, &mut wrong);
    one_effect_per_key(&by_key, database, journal, &mut wrong);
    (summary, wrong)
}

/// No two acknowledged answers with the same key differ.
fn one_answer_per_key(by_key: &BTreeMap<&str, Vec<&Answer>>, wrong: &mut Vec<String>) {
    for (key, answers) in by_key {
        let first = answers[0];
        let same = |other: &&&Answer| other.status == first.status && other.digest == first.digest;
        if let Some(other) = answers.iter().find(|answer| !same(answer)) {
            wrong.push(format!(
                "key {key} was answered {} {} {} and then {} {} {}",
                first.status, first.outcome, first.id, other.status, other.outcome, other.id
            ));
        }
    }
}

/// The answer of each key is stored, or the next repetition would have another effect.
fn stored_answers(
    by_key: &BTreeMap<&str, Vec<&Answer>>,
    database: &Database,
    wrong: &mut Vec<String>,
) {
    let stored: HashMap<&str, &StoredAnswer> =
        database.keys.iter().map(|stored| (stored.key.as_str(), stored)).collect();
    for (key, answers) in by_key {
        let Some(granted) = answers.iter().find(|answer| answer.is_granted()) else { continue };
        match stored.get(key).map(|stored| stored.id.as_deref()) {
            Some(Some(id)) if id == granted.id => {}
            Some(other) => wrong.push(format!(
                "key {key} was answered with {}, and {} is stored",
                granted.id,
                other.unwrap_or("a refusal")
            )),
            None => wrong.push(format!("key {key} was answered, and its answer is not stored")),
        }
    }
}

/// What was acknowledged is there, in the state that was told last.
fn acknowledged_changes(answers: &[Answer], database: &Database, wrong: &mut Vec<String>) {
    let appointments: HashMap<&str, &Appointment> =
        database.appointments.iter().map(|one| (one.id.as_str(), one)).collect();
    // Of each appointment, the last thing that was done to it.
    let mut last: BTreeMap<&str, Action> = BTreeMap::new();
    for answer in answers.iter().filter(|answer| answer.is_granted()) {
        let action = last.entry(&answer.id).or_insert(answer.action);
        *action = (*action).max(answer.action);
        match appointments.get(answer.id.as_str()) {
            Some(found) if found.slot == answer.slot => {}
            Some(found) => wrong.push(format!(
                "key {} was answered with slot {}, and {} has slot {}",
                answer.key, answer.slot, answer.id, found.slot
            )),
            None => wrong.push(format!(
                "an acknowledged change is not there: {} of key {}",
                answer.id, answer.key
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
            wrong.push(format!(
                "{id}: the last answer was to {action:?}, and it is {}",
                found.state
            ));
        }
    }
}

/// Every appointment is the one effect of a key that was answered with it.
fn one_effect_per_key(
    by_key: &BTreeMap<&str, Vec<&Answer>>,
    database: &Database,
    journal: Journal,
    wrong: &mut Vec<String>,
) {
    let holds = || by_key.values().flatten().filter(|a| a.action == Action::Hold);
    let told: HashMap<&str, &str> = holds()
        .filter(|answer| answer.is_granted())
        .map(|answer| (answer.id.as_str(), answer.key.as_str()))
        .collect();
    let account_of: HashMap<&str, &str> =
        database.appointments.iter().map(|one| (one.id.as_str(), one.account.as_str())).collect();
    let mut keys_of: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (id, key) in &told {
        if let Some(account) = account_of.get(id) {
            keys_of.entry(account).or_default().insert(key);
        }
    }
    let hold_keys: HashSet<&str> = holds().map(|answer| answer.key.as_str()).collect();
    for stored in database.keys.iter().filter(|stored| hold_keys.contains(stored.key.as_str())) {
        keys_of.entry(&stored.account).or_default().insert(&stored.key);
    }
    let untold: Vec<&Appointment> =
        database.appointments.iter().filter(|one| !told.contains_key(one.id.as_str())).collect();
    let tolerated = match journal {
        Journal::Complete => 0,
        Journal::Without(unanswered) => unanswered,
    };
    if untold.len() > tolerated {
        for one in untold {
            let keys = keys_of.get(one.account.as_str());
            let keys = keys.map_or_else(
                || "no key of this account was answered".to_owned(),
                |keys| {
                    let keys: Vec<&str> = keys.iter().copied().collect();
                    format!("a second effect of key {}", keys.join(" or "))
                },
            );
            wrong.push(format!("appointment {} was told to nobody: {keys}", one.id));
        }
    }
    let ours: HashSet<&str> = database.appointments.iter().map(|one| one.id.as_str()).collect();
    for (id, event) in database.repeated_events.iter().filter(|(id, _)| ours.contains(id.as_str()))
    {
        wrong.push(format!("{id} has the event {event} more than once"));
    }
}

/// The first of them, and how many there are.
fn shortened(wrong: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = wrong[..wrong.len().min(SHOWN)].join("; ");
    match wrong.len().saturating_sub(SHOWN) {
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

    fn answers() -> Vec<Answer> {
        JOURNAL.lines().map(|line| Answer::read(line).expect("a line")).collect()
    }

    fn appointment(id: &str, account: &str, slot: &str, state: &str) -> Appointment {
        let [id, account, slot, state] = [id, account, slot, state].map(str::to_owned);
        Appointment { id, account, slot, state }
    }

    fn database() -> Database {
        let stored = |account: &str, key: &str, id: Option<&str>| StoredAnswer {
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

    /// The one thing that is wrong once the answers or the database were changed like this.
    fn found(change: impl FnOnce(&mut Vec<Answer>, &mut Database)) -> String {
        let (mut answers, mut database) = (answers(), database());
        change(&mut answers, &mut database);
        let (_, wrong) = compare(&answers, &database, Journal::Complete);
        wrong.join("; ")
    }

    #[test]
    fn what_agrees_is_found_to_agree() {
        let (summary, wrong) = compare(&answers(), &database(), Journal::Complete);
        assert_eq!(wrong, Vec::<String>::new());
        let expected = Summary { answers: 7, keys: 6, answered_again: 1, answered_by_both: 1 };
        assert_eq!(summary, expected);
    }

    #[test]
    fn a_key_that_led_to_two_appointments_is_found() {
        let wrong = found(|_, database| {
            database.appointments.push(appointment("c", "one", "9", "expired"));
        });
        assert_eq!(wrong, "appointment c was told to nobody: a second effect of key k1");
        let wrong = found(|_, database| {
            database.appointments.push(appointment("c", "two", "9", "pending"));
        });
        assert!(wrong.contains("second effect of key k2"), "it was refused: {wrong}");
    }

    #[test]
    fn two_different_answers_to_one_key_are_found() {
        let wrong = found(|answers, database| {
            answers[1].id = "c".to_owned();
            answers[1].digest = "other".to_owned();
            database.appointments.push(appointment("c", "one", "7", "pending"));
        });
        assert_eq!(wrong, "key k1 was answered 201 pending a and then 201 pending c");
        let wrong = found(|answers, _| answers[1].digest = "other".to_owned());
        assert!(wrong.starts_with("key k1 was answered"), "{wrong}");
        let wrong = found(|answers, _| answers[1].status = 200);
        assert!(wrong.starts_with("key k1 was answered"), "{wrong}");
    }

    #[test]
    fn an_answer_that_was_not_stored_is_found() {
        let wrong = found(|_, database| database.keys.retain(|stored| stored.key != "k3"));
        assert_eq!(wrong, "key k3 was answered, and its answer is not stored");
        let wrong = found(|_, database| database.keys[1].id = Some("b".to_owned()));
        assert_eq!(wrong, "key k1-confirm was answered with a, and b is stored");
    }

    #[test]
    fn a_lost_or_undone_change_is_found() {
        let wrong = found(|_, database| database.appointments.retain(|one| one.id != "b"));
        assert!(wrong.contains("an acknowledged change is not there: b of key k3"), "{wrong}");
        let wrong = found(|_, database| database.appointments[0].state = "cancelled".to_owned());
        assert_eq!(wrong, "a: the last answer was to Confirm, and it is cancelled");
        let wrong = found(|_, database| database.appointments[1].state = "confirmed".to_owned());
        assert_eq!(wrong, "b: the last answer was to Cancel, and it is confirmed");
        let wrong = found(|_, database| database.appointments[0].slot = "9".to_owned());
        assert!(wrong.starts_with("key k1 was answered with slot 7"), "{wrong}");
    }

    #[test]
    fn an_event_that_happened_twice_is_found() {
        let event = |id: &str| (id.to_owned(), "appointment.confirmed".to_owned());
        let wrong = found(|_, database| database.repeated_events = vec![event("a")]);
        assert_eq!(wrong, "a has the event appointment.confirmed more than once");
        assert_eq!(found(|_, database| database.repeated_events = vec![event("demo")]), "");
    }

    #[test]
    fn requests_without_an_answer_may_have_been_carried_out() {
        let mut database = database();
        database.appointments.push(appointment("c", "four", "9", "pending"));
        let wrong = |journal| compare(&answers(), &database, journal).1;
        assert_eq!(wrong(Journal::Without(1)), Vec::<String>::new());
        let expected = "appointment c was told to nobody: no key of this account was answered";
        assert_eq!(wrong(Journal::Without(0)), [expected]);
    }
}
