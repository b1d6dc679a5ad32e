//! The clinic in memory: the state that follows from the answered requests, without the database.
//!
//! The model collects the facts, and `nadi::appointment::decide` decides; the server's SQL is not used. Every change is
//! written to a journal and can be undone, so that a burst's requests can be tried in many orders.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Duration, Utc};
use nadi::appointment::{
    Appointment, Event, Opening, SlotFacts, State, Transition, last_mark, undo_until,
};
use nadi::ids::{AccountId, AppointmentId, ClinicId, DoctorId, PersonId, SlotId, VisitTypeId};
use nadi::ports::{Booked, Contact};
use nadi::zone::Zone;
use server::codes::CodeKey;

use super::oracle::{Action, Answer};
use super::owners::Owners;
use super::stored::SlotRow;

/// Patients of the test clinic can cancel until an hour before the visit.
pub const NOTICE: Duration = Duration::minutes(60);
pub const HOLD: Duration = Duration::minutes(5);

/// The clinic's time zone.
fn zone() -> Zone {
    Zone::named("Asia/Kolkata")
}

#[derive(Clone, Debug)]
pub struct Slot {
    pub doctor: DoctorId,
    pub block: i64,
    pub number: i16,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub capacity: i64,
    /// Outside the hours: it stays for whoever has booked it and is not offered to others.
    pub kept: bool,
}

#[derive(Clone, Debug)]
pub struct Visit {
    pub appointment: Appointment,
    pub person: PersonId,
    pub booked_by: AccountId,
    /// The visitor who has confirmed it, and when. It has moved to an account since.
    pub confirmed_by: Option<(AccountId, DateTime<Utc>)>,
    pub doctor: DoctorId,
    pub kind: VisitTypeId,
    /// Its slots in order.
    pub run: Vec<SlotId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Its events and their times. The version is their number.
    pub events: Vec<(Event, DateTime<Utc>)>,
    /// How many of these events were already compared with the log.
    pub events_compared: usize,
}

impl Visit {
    /// Whether it has claims in the database. A lapsed hold has them until its expiry is recorded.
    pub fn has_claims(&self) -> bool {
        matches!(self.appointment.state, State::Pending | State::Confirmed | State::CheckedIn)
    }

    /// Whether its claims count at this instant.
    pub fn stands(&self, now: DateTime<Utc>) -> bool {
        self.has_claims() && !self.is_lapsed(now)
    }

    pub fn is_lapsed(&self, now: DateTime<Utc>) -> bool {
        self.appointment.state == State::Pending && self.appointment.expires_at <= now
    }

    pub fn is_hold(&self, now: DateTime<Utc>) -> bool {
        self.appointment.state == State::Pending && self.appointment.expires_at > now
    }

    fn overlaps(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        self.appointment.starts_at < until && self.appointment.ends_at > from
    }
}

pub struct StoredAnswer {
    pub ask: Action,
    pub answer: Answer,
    pub at: DateTime<Utc>,
}

pub enum JournalEntry {
    Made,
    Changed(usize, Box<Visit>),
    AnswerStored(AccountId, String),
    PersonAdded(PersonId),
    AddressProven(String),
    /// What the visitor had typed before.
    ContactTyped(AccountId, Option<Contact>),
}

pub struct Model {
    pub clinic: ClinicId,
    pub codes: CodeKey,
    pub owners: Owners,
    /// Kinds of visit and how many slots they take, the default one first.
    pub kinds: Vec<(VisitTypeId, i16)>,
    pub slots: BTreeMap<SlotId, Slot>,
    numbers: HashMap<(i64, i16), SlotId>,
    /// Each doctor's slots in the order of their start.
    pub timetable: BTreeMap<DoctorId, Vec<(DateTime<Utc>, SlotId)>>,
    /// In the order in which they were held, so that the generator's choices can be repeated.
    pub visits: Vec<Visit>,
    index: HashMap<AppointmentId, usize>,
    /// Indexes of the visits that have claims.
    pub active: BTreeSet<usize>,
    pub keys: HashMap<(AccountId, String), StoredAnswer>,
    journal: Vec<JournalEntry>,
}

impl Model {
    pub fn new(clinic: ClinicId, codes: CodeKey, kinds: Vec<(VisitTypeId, i16)>) -> Self {
        Self {
            clinic,
            codes,
            owners: Owners::default(),
            kinds,
            slots: BTreeMap::new(),
            numbers: HashMap::new(),
            timetable: BTreeMap::new(),
            visits: Vec::new(),
            index: HashMap::new(),
            active: BTreeSet::new(),
            keys: HashMap::new(),
            journal: Vec::new(),
        }
    }

    /// Adds or updates slots as they are in the database.
    pub fn update_slots(&mut self, rows: Vec<SlotRow>) {
        for row in rows {
            let id = SlotId(row.id);
            let slot = Slot {
                doctor: DoctorId(row.doctor_id),
                block: row.block_id,
                number: row.slot_no,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                capacity: row.capacity.into(),
                kept: row.kept,
            };
            // A kept time may have moved to another block when the hours changed.
            if let Some(before) = self.slots.get(&id) {
                self.numbers.remove(&(before.block, before.number));
            }
            self.numbers.insert((slot.block, slot.number), id);
            if self.slots.insert(id, slot).is_none() {
                let times = self.timetable.entry(DoctorId(row.doctor_id)).or_default();
                let place = times.partition_point(|known| *known < (row.starts_at, id));
                times.insert(place, (row.starts_at, id));
            }
        }
    }

    pub fn capacity(&self, slot: i64) -> i64 {
        self.slots.get(&SlotId(slot)).map_or(0, |slot| slot.capacity)
    }

    pub fn find(&self, id: AppointmentId) -> Option<usize> {
        self.index.get(&id).copied()
    }

    pub fn standing(&self, now: DateTime<Utc>) -> impl Iterator<Item = (usize, &Visit)> {
        self.active
            .iter()
            .map(|n| (*n, &self.visits[*n]))
            .filter(move |(_, visit)| visit.stands(now))
    }

    pub fn span(&self, kind: VisitTypeId) -> Option<i16> {
        self.kinds.iter().find(|(known, _)| *known == kind).map(|(_, span)| *span)
    }

    /// The slots of a visit that begins here. At the end of a block they are fewer than `span`.
    pub fn run(&self, first: SlotId, span: i16) -> Vec<SlotId> {
        let Some(slot) = self.slots.get(&first) else { return Vec::new() };
        (slot.number..slot.number + span)
            .filter_map(|number| self.numbers.get(&(slot.block, number)).copied())
            .collect()
    }

    /// The free seats on the fullest of these slots, ignoring the seats of the appointments in `but`.
    pub fn seats_free(&self, run: &[SlotId], but: &[usize], now: DateTime<Utc>) -> i64 {
        let left = run.iter().map(|slot| {
            let taken = self
                .standing(now)
                .filter(|(n, visit)| visit.run.contains(slot) && !but.contains(n))
                .count();
            self.slots[slot].capacity - i64::try_from(taken).unwrap_or(i64::MAX)
        });
        left.min().unwrap_or(0)
    }

    /// The facts that the rules need about these slots, ignoring the seats of the appointments in `but`.
    pub fn slot_facts(
        &self,
        first: SlotId,
        span: i16,
        but: &[usize],
        now: DateTime<Utc>,
    ) -> Option<SlotFacts> {
        let slot = self.slots.get(&first)?;
        let run = self.run(first, span);
        let whole = run.len() == usize::try_from(span).unwrap_or(0);
        Some(SlotFacts {
            starts_at: slot.starts_at,
            offered: whole
                && run.iter().all(|slot| self.slots[slot].capacity > 0 && !self.slots[slot].kept),
            opening: Opening::Open,
            seats_free: self.seats_free(&run, but, now),
            is_own: but.iter().any(|n| self.visits[*n].run.first() == Some(&first)),
        })
    }

    /// The facts about undoing its last check-in, completion or no-show.
    pub fn undo(&self, n: usize, now: DateTime<Utc>) -> Option<nadi::appointment::Undo> {
        let visit = &self.visits[n];
        let (to, at) = last_mark(visit.events.iter().copied())?;
        let span = self.span(visit.kind).unwrap_or(1);
        let run = visit.run.first().map(|first| self.run(*first, span)).unwrap_or_default();
        let same = run == visit.run;
        Some(nadi::appointment::Undo {
            to,
            until: undo_until(at, visit.appointment.starts_at, zone()),
            seats_free: same && self.seats_free(&run, &[n], now) > 0,
            reviewed: false,
        })
    }

    /// Whether the person has another appointment at the time of these slots, ignoring those in `but`.
    pub fn is_busy(
        &self,
        person: PersonId,
        run: &[SlotId],
        but: &[usize],
        now: DateTime<Utc>,
    ) -> bool {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return false };
        let (from, until) = (self.slots[first].starts_at, self.slots[last].ends_at);
        self.standing(now).any(|(n, visit)| {
            visit.person == person && visit.overlaps(from, until) && !but.contains(&n)
        })
    }

    /// Whether a lapsed hold would conflict with this request if it had not lapsed.
    pub fn conflicts_with_lapsed_hold(
        &self,
        person: PersonId,
        account: AccountId,
        run: &[SlotId],
        now: DateTime<Utc>,
    ) -> bool {
        self.active.iter().map(|n| &self.visits[*n]).filter(|visit| visit.is_lapsed(now)).any(
            |visit| {
                visit.run.iter().any(|slot| run.contains(slot))
                    || visit.person == person
                    || visit.booked_by == account
            },
        )
    }

    /// The length of the journal, to which [`Self::rewind`] can go back.
    pub fn mark(&self) -> usize {
        self.journal.len()
    }

    /// Undoes all changes since `mark`.
    pub fn rewind(&mut self, mark: usize) {
        while self.journal.len() > mark {
            match self.journal.pop() {
                Some(JournalEntry::Made) => {
                    let visit = self.visits.pop().expect("it was made");
                    self.index.remove(&visit.appointment.id);
                    self.active.remove(&self.visits.len());
                }
                Some(JournalEntry::Changed(n, before)) => {
                    self.visits[n] = *before;
                    self.update_active(n);
                }
                Some(JournalEntry::AnswerStored(account, key)) => {
                    self.keys.remove(&(account, key));
                }
                Some(JournalEntry::PersonAdded(id)) => {
                    self.owners.people.remove(&id);
                }
                Some(JournalEntry::AddressProven(email)) => {
                    self.owners.addresses.remove(&email);
                }
                Some(JournalEntry::ContactTyped(visitor, before)) => {
                    self.owners.visitors.insert(visitor, before);
                }
                None => {}
            }
        }
    }

    pub fn record(&mut self, entry: JournalEntry) {
        self.journal.push(entry);
    }

    /// Clears the journal: the changes so far are final.
    pub fn settle(&mut self) {
        self.journal.clear();
    }

    /// The appointments changed since the journal was cleared.
    pub fn changed(&self) -> BTreeSet<usize> {
        self.changed_since(0)
    }

    /// The appointments changed since `mark`.
    pub fn changed_since(&self, mark: usize) -> BTreeSet<usize> {
        let mut made = self.visits.len();
        let mut changed = BTreeSet::new();
        for undo in self.journal[mark..].iter().rev() {
            match undo {
                JournalEntry::Made => {
                    made -= 1;
                    changed.insert(made);
                }
                JournalEntry::Changed(n, _) => {
                    changed.insert(*n);
                }
                _ => {}
            }
        }
        changed
    }

    pub fn make(&mut self, visit: Visit) -> usize {
        let n = self.visits.len();
        self.index.insert(visit.appointment.id, n);
        self.visits.push(visit);
        self.active.insert(n);
        self.journal.push(JournalEntry::Made);
        n
    }

    /// Applies a decided transition.
    pub fn apply(
        &mut self,
        n: usize,
        transition: &Transition,
        run: Option<Vec<SlotId>>,
        now: DateTime<Utc>,
    ) {
        self.journal.push(JournalEntry::Changed(n, Box::new(self.visits[n].clone())));
        let ends = run.as_ref().and_then(|run| {
            Some((self.slots.get(run.first()?)?.starts_at, self.slots.get(run.last()?)?.ends_at))
        });
        let visit = &mut self.visits[n];
        let appointment = &mut visit.appointment;
        appointment.state = transition.to;
        appointment.expires_at = transition.expires_at;
        appointment.extensions = transition.extensions;
        appointment.code_counter = transition.code_counter;
        appointment.code_tries = transition.code_tries;
        visit.updated_at = now;
        if let (Some((starts_at, ends_at)), Some(run)) = (ends, run) {
            (appointment.starts_at, appointment.ends_at) = (starts_at, ends_at);
            visit.run = run;
        }
        if let Some(event) = transition.event {
            appointment.version += 1;
            visit.events.push((event, now));
        }
        self.update_active(n);
    }

    /// Ends a hold without a request for it: a lapsed one expires, or a replaced one is released.
    pub fn end(&mut self, n: usize, to: State, event: Event, now: DateTime<Utc>) {
        self.journal.push(JournalEntry::Changed(n, Box::new(self.visits[n].clone())));
        let visit = &mut self.visits[n];
        visit.appointment.state = to;
        visit.appointment.version += 1;
        visit.updated_at = now;
        visit.events.push((event, now));
        self.update_active(n);
    }

    pub fn store_answer(&mut self, account: AccountId, key: String, kept: StoredAnswer) {
        self.journal.push(JournalEntry::AnswerStored(account, key.clone()));
        self.keys.insert((account, key), kept);
    }

    fn update_active(&mut self, n: usize) {
        if self.visits[n].has_claims() {
            self.active.insert(n);
        } else {
            self.active.remove(&n);
        }
    }

    /// How an answer differs from the appointment in the model, if it does.
    pub fn differs(&self, n: usize, booked: &Booked) -> Option<String> {
        let Visit { appointment, person, doctor, kind, run, created_at, .. } = &self.visits[n];
        let expected = (
            (
                appointment.id,
                appointment.state,
                appointment.version,
                *person,
                *doctor,
                *kind,
                run.first().copied(),
            ),
            (
                appointment.starts_at,
                appointment.ends_at,
                appointment.expires_at,
                appointment.extensions,
                appointment.code_tries,
            ),
            (*created_at, nadi::appointment::reference(appointment.id)),
        );
        let Booked { id, state, version, person, doctor, visit_type, slot, .. } = booked;
        let answered = (
            (*id, *state, *version, *person, *doctor, *visit_type, Some(*slot)),
            (
                booked.starts_at,
                booked.ends_at,
                booked.expires_at,
                booked.extensions,
                booked.code_tries,
            ),
            (booked.created_at, booked.reference.clone()),
        );
        (expected != answered).then(|| format!("answered {answered:?}, expected {expected:?}"))
    }
}
