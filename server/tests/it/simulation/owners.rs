//! Accounts, visitors and people in the model, and to whom a visitor's confirmed hold moves.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use nadi::actor::{SignedIn, Visitor};
use nadi::appointment::Facts;
use nadi::ids::{AccountId, PersonId};
use nadi::ports::{Contact, DEPENDANTS_MAX, PatientName};
use uuid::Uuid;

use super::model::{JournalEntry, Model, Visit};

/// A person in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub account: AccountId,
    /// As it is compared.
    pub name: String,
    pub birth_date: Option<NaiveDate>,
    pub is_owner: bool,
}

/// Whom the model knows.
#[derive(Default)]
pub struct Owners {
    pub people: BTreeMap<PersonId, Person>,
    /// The account of each proven address.
    pub addresses: BTreeMap<String, AccountId>,
    /// What each visitor has typed last, without the patient, who is the person of the hold.
    pub visitors: BTreeMap<AccountId, Option<Contact>>,
}

/// An account that was made, as it is in the database, with its owner.
pub type Made = BTreeMap<String, (AccountId, PersonId)>;

/// Where a confirmed hold moves.
#[derive(Clone, Copy, Debug)]
pub struct Destination {
    /// `None`: the address has no account yet.
    pub account: Option<AccountId>,
    /// `None`: the account does not have this person yet.
    pub person: Option<PersonId>,
    pub is_full: bool,
}

impl Owners {
    pub fn account_of(&self, person: PersonId) -> Option<AccountId> {
        self.people.get(&person).map(|person| person.account)
    }

    pub fn is_visitor(&self, account: AccountId) -> bool {
        self.visitors.contains_key(&account)
    }

    /// The people of an account, by their names, so that choices can be repeated.
    pub fn people_of(&self, account: AccountId) -> Vec<PersonId> {
        let mut people: Vec<(&Person, PersonId)> = self
            .people
            .iter()
            .filter(|(_, person)| person.account == account)
            .map(|(id, person)| (person, *id))
            .collect();
        people.sort_by_key(|(person, _)| (&person.name, person.birth_date));
        people.into_iter().map(|(_, id)| id).collect()
    }

    /// The owner of an account as a person.
    pub fn owner(&self, account: AccountId) -> Option<PersonId> {
        let is_its = |person: &Person| person.account == account && person.is_owner;
        self.people.iter().find(|(_, person)| is_its(person)).map(|(id, _)| *id)
    }

    /// The dependant of an account with this name and birth date, and whether there is room for another one.
    pub fn find_patient(
        &self,
        account: AccountId,
        patient: &PatientName,
    ) -> (Option<PersonId>, bool) {
        let of_account = || self.people.iter().filter(|(_, p)| p.account == account && !p.is_owner);
        let name = patient.name.to_lowercase();
        let is_patient = |p: &Person| p.name == name && p.birth_date == patient.birth_date;
        let found = of_account().find(|(_, person)| is_patient(person)).map(|(id, _)| *id);
        (found, of_account().count() < DEPENDANTS_MAX)
    }
}

impl Model {
    pub fn add_account(&mut self, who: &SignedIn, email: &str) {
        self.owners.addresses.insert(email.to_owned(), who.account);
        self.add_person(who.person, who.account, &who.name, None, true);
    }

    /// An account that has never proven its address.
    pub fn add_unproven(&mut self, who: &SignedIn) {
        self.add_person(who.person, who.account, &who.name, None, true);
    }

    pub fn add_visitor(&mut self, visitor: Visitor) {
        self.owners.visitors.insert(visitor.account, None);
        self.add_person(visitor.person, visitor.account, "", None, true);
    }

    pub fn add_dependant(
        &mut self,
        id: PersonId,
        account: AccountId,
        name: &str,
        birth_date: Option<NaiveDate>,
    ) {
        self.add_person(id, account, name, birth_date, false);
    }

    fn add_person(
        &mut self,
        id: PersonId,
        account: AccountId,
        name: &str,
        birth_date: Option<NaiveDate>,
        is_owner: bool,
    ) {
        let name = name.to_lowercase();
        self.owners.people.insert(id, Person { account, name, birth_date, is_owner });
        self.record(JournalEntry::PersonAdded(id));
    }

    /// An account made by a confirmation.
    pub fn make_account(&mut self, contact: &Contact, account: AccountId, owner: PersonId) {
        let email = contact.email.as_str().to_owned();
        self.owners.addresses.insert(email.clone(), account);
        self.record(JournalEntry::AddressProven(email));
        self.add_person(owner, account, &contact.name, None, true);
    }

    /// What a visitor has typed, for a hold that is for this person.
    pub fn contact(&self, visitor: AccountId, person: PersonId) -> Option<Contact> {
        let mut contact = self.owners.visitors.get(&visitor)?.clone()?;
        let person = self.owners.people.get(&person).filter(|person| !person.is_owner);
        contact.patient = person
            .map(|person| PatientName { name: person.name.clone(), birth_date: person.birth_date });
        Some(contact)
    }

    /// Notes what a visitor has typed. `None`: there is no room for the patient. Otherwise the person that the hold is
    /// for; a new one has the id that was answered.
    pub fn type_contact(
        &mut self,
        visitor: AccountId,
        contact: &Contact,
        answered: Option<PersonId>,
    ) -> Option<PersonId> {
        let person = match &contact.patient {
            None => self.owners.owner(visitor),
            Some(patient) => match self.owners.find_patient(visitor, patient) {
                (Some(person), _) => Some(person),
                (None, false) => None,
                (None, true) => {
                    let new = answered.filter(|id| !self.owners.people.contains_key(id));
                    let new = new.unwrap_or(PersonId(Uuid::nil()));
                    self.add_dependant(new, visitor, &patient.name, patient.birth_date);
                    Some(new)
                }
            },
        }?;
        let typed = Contact { patient: None, ..contact.clone() };
        let before = self.owners.visitors.insert(visitor, Some(typed)).flatten();
        self.record(JournalEntry::ContactTyped(visitor, before));
        Some(person)
    }

    /// Whether an account has no room for the patient of a contact.
    pub fn is_full(&self, account: AccountId, contact: &Contact) -> bool {
        let found =
            contact.patient.as_ref().map(|patient| self.owners.find_patient(account, patient));
        found.is_some_and(|(person, has_room)| person.is_none() && !has_room)
    }

    /// Where a hold with this contact moves.
    pub fn destination(&self, contact: &Contact) -> Destination {
        let Some(account) = self.owners.addresses.get(contact.email.as_str()).copied() else {
            return Destination { account: None, person: None, is_full: false };
        };
        let (person, has_room) = match &contact.patient {
            None => (self.owners.owner(account), true),
            Some(patient) => self.owners.find_patient(account, patient),
        };
        let is_full = person.is_none() && !has_room;
        Destination { account: Some(account), person, is_full }
    }

    /// The facts about the account to which a hold would move.
    pub fn room(&self, n: usize, to: Destination, facts: &mut Facts, now: DateTime<Utc>) {
        let Some(account) = to.account else { return };
        let held = &self.visits[n];
        let is_busy = |person| self.is_busy(person, &held.run, &[n], now);
        facts.person_is_busy = to.person.is_some_and(is_busy);
        let is_ahead = |visit: &Visit| {
            visit.booked_by == account
                && visit.doctor == held.doctor
                && visit.appointment.starts_at > now
        };
        let ahead = self.standing(now).filter(|(_, visit)| is_ahead(visit)).count();
        facts.visits_ahead = i64::try_from(ahead).unwrap_or(i64::MAX);
    }

    /// Moves a confirmed hold, and makes the account and the person that are missing. `false`: the database has no
    /// such account.
    pub fn hand_over(
        &mut self,
        n: usize,
        contact: &Contact,
        to: Destination,
        (made, answered): (&Made, PersonId),
        now: DateTime<Utc>,
    ) -> bool {
        let visitor = self.visits[n].booked_by;
        let (account, known) = match to.account {
            Some(account) => (account, to.person),
            None => {
                let Some((account, owner)) = made.get(contact.email.as_str()).copied() else {
                    return false;
                };
                self.make_account(contact, account, owner);
                (account, contact.patient.is_none().then_some(owner))
            }
        };
        let person = known.unwrap_or_else(|| {
            let patient = contact.patient.as_ref().expect("the owner is known");
            let is_new = !self.owners.people.contains_key(&answered);
            let new = if is_new { answered } else { PersonId(Uuid::nil()) };
            self.add_dependant(new, account, &patient.name, patient.birth_date);
            new
        });
        self.record(JournalEntry::Changed(n, Box::new(self.visits[n].clone())));
        let visit = &mut self.visits[n];
        (visit.booked_by, visit.person) = (account, person);
        visit.confirmed_by = Some((visitor, now));
        true
    }

    /// The addresses that visitors have typed.
    pub fn typed_addresses(&self) -> BTreeSet<String> {
        let typed = self.owners.visitors.values().flatten();
        typed.map(|contact| contact.email.as_str().to_owned()).collect()
    }

    /// The proven address of an account.
    pub fn address_of(&self, account: AccountId) -> Option<String> {
        let of = self.owners.addresses.iter().find(|(_, known)| **known == account);
        of.map(|(email, _)| email.clone())
    }
}
