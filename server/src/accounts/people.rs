//! The people an account books for: the account's owner and dependants.

use async_trait::async_trait;
use chrono::{DateTime, Days, NaiveDate, Utc};
use nadi::actor::{ActingRole, Caller};
use nadi::appointment::Refusal;
use nadi::events::{NewEvent, PersonEvent};
use nadi::ids::PersonId;
use nadi::input::line;
use nadi::ports::{Answer, DEPENDANTS_MAX, NewDependant, People, PersonView};
use nadi::{Failure, Field, Problem};

use crate::accounts::notices::lock_account;
use crate::accounts::store::{self as store, PersonRow};
use crate::events;
use crate::events::Author;
use crate::ids::uuid_v7;
use crate::state::AppState;
use crate::use_case::{Outcome, answer};

const NAME_CHARS_MAX: u32 = 100;

pub struct PeopleService {
    app_state: AppState,
}

impl PeopleService {
    pub fn new(app_state: AppState) -> Self {
        Self { app_state }
    }

    async fn list(&self, caller: &Caller) -> Outcome<Vec<PersonView>> {
        let account = caller.own_account()?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let rows = store::of_account(&mut connection, account.account).await?;
        Ok(rows.into_iter().map(show).collect())
    }

    async fn add(&self, caller: &Caller, new: &NewDependant) -> Outcome<PersonView> {
        let account = caller.own_account()?.account;
        let name = line(Field::Name, &new.name, NAME_CHARS_MAX)?;
        if let Some(date) = new.birth_date {
            must_be_a_birth_date(date, caller.now)?;
        }
        let mut transaction = self.app_state.write.begin().await?;
        lock_account(&mut transaction, account).await?;
        let people = store::of_account(&mut transaction, account).await?;
        let mut dependants: Vec<_> =
            people.into_iter().map(show).filter(|one| !one.is_self).collect();
        let again = |one: &PersonView| one.name == name && one.birth_date == new.birth_date;
        if let Some(known) = dependants.iter().position(again) {
            return Ok(dependants.swap_remove(known));
        }
        if dependants.len() >= DEPENDANTS_MAX {
            return Err(Refusal::TooManyPeople.into());
        }
        let id = PersonId(uuid_v7(caller.now));
        let date = new.birth_date;
        store::insert_dependant(&mut transaction, account, id, &name, date, caller.now).await?;
        let event = NewEvent::person(PersonEvent::Added, id, account);
        let by = Author::new(ActingRole::Patient, account);
        events::record(&mut transaction, &event, by, caller.now).await?;
        transaction.commit().await?;
        Ok(PersonView { id, name, birth_date: date, is_self: false })
    }

    async fn correct(
        &self,
        caller: &Caller,
        person: PersonId,
        corrected: &NewDependant,
    ) -> Outcome<()> {
        let account = caller.own_account()?.account;
        let name = line(Field::Name, &corrected.name, NAME_CHARS_MAX)?;
        let date = corrected.birth_date;
        if let Some(date) = date {
            must_be_a_birth_date(date, caller.now)?;
        }
        let mut transaction = self.app_state.write.begin().await?;
        lock_account(&mut transaction, account).await?;
        let people = store::of_account(&mut transaction, account).await?;
        let dependants: Vec<_> = people.into_iter().map(show).filter(|one| !one.is_self).collect();
        let known = dependants.iter().find(|one| one.id == person).ok_or(Failure::NotFound)?;
        if known.name == name && known.birth_date == date {
            // Nothing to do: this is a repeated request.
            return Ok(());
        }
        let same =
            |one: &PersonView| one.id != person && one.name == name && one.birth_date == date;
        if dependants.iter().any(same) {
            return Err(Refusal::SamePerson.into());
        }
        if !store::correct_dependant(&mut transaction, account, person, &name, date).await? {
            return Err(Failure::NotFound.into());
        }
        let event = NewEvent::person(PersonEvent::Corrected, person, account);
        let by = Author::new(ActingRole::Patient, account);
        events::record(&mut transaction, &event, by, caller.now).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn remove(&self, caller: &Caller, person: PersonId) -> Outcome<()> {
        let account = caller.own_account()?.account;
        let mut transaction = self.app_state.write.begin().await?;
        lock_account(&mut transaction, account).await?;
        if !store::archive_dependant(&mut transaction, account, person, caller.now).await? {
            return Err(Failure::NotFound.into());
        }
        if store::has_times_ahead(&mut transaction, person, caller.now).await? {
            return Err(Refusal::HasAppointments.into());
        }
        let event = NewEvent::person(PersonEvent::Removed, person, account);
        let by = Author::new(ActingRole::Patient, account);
        events::record(&mut transaction, &event, by, caller.now).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Not in the future (plus one day for zones ahead of UTC), and not before 1900.
pub(super) fn must_be_a_birth_date(date: NaiveDate, now: DateTime<Utc>) -> Outcome<()> {
    let today = now.date_naive() + Days::new(1);
    let oldest = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or(NaiveDate::MIN);
    if date <= today && date >= oldest {
        return Ok(());
    }
    Err(Failure::field(Field::BirthDate, Problem::Malformed).into())
}

fn show(row: PersonRow) -> PersonView {
    PersonView {
        id: PersonId(row.id),
        is_self: row.relation == "self",
        name: row.name,
        birth_date: row.birth_date,
    }
}

#[async_trait]
impl People for PeopleService {
    async fn people(&self, caller: &Caller) -> Answer<Vec<PersonView>> {
        answer("list people", self.list(caller).await)
    }

    async fn add_dependant(&self, caller: &Caller, new: &NewDependant) -> Answer<PersonView> {
        answer("add dependant", self.add(caller, new).await)
    }

    async fn correct_dependant(
        &self,
        caller: &Caller,
        person: PersonId,
        corrected: &NewDependant,
    ) -> Answer<()> {
        answer("correct dependant", self.correct(caller, person, corrected).await)
    }

    async fn remove_dependant(&self, caller: &Caller, person: PersonId) -> Answer<()> {
        answer("remove dependant", self.remove(caller, person).await)
    }
}
