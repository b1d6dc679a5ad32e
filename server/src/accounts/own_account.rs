//! The account that is signed in: its name, address, password, language and sessions. Its export is in
//! [`super::export`], its deletion in [`super::deletion`].

use async_trait::async_trait;
use chrono::NaiveDate;
use nadi::actor::{ActingRole, Caller};
use nadi::appointment::Refusal;
use nadi::consent::Document;
use nadi::events::{AccountEvent, NewEvent};
use nadi::input::{Code, Email, Password, line};
use nadi::notification_rules::AccountTemplate;
use nadi::ports::{Accounts, Answer, ConsentView, Profile, ProofPurpose, ProofToken, SessionView};
use nadi::{Failure, Field};
use uuid::Uuid;

use super::addresses::{account_of_address, lock_address};
use super::adoption;
use super::notices::{Notice, lock_account, recently_proved, tell};
use super::proofs::{self, NewProof};
use super::sign_in;
use super::sign_in_changes::{self, SignInChange};
use super::store;
use super::store::api_keys;
use super::store::own_account::{self as rows, ProfileRow, SessionRow};
use super::{consents, deletion, export, passwords};
use crate::config::StaffSecondFactor;
use crate::events;
use crate::events::Author;
use crate::feeds;
use crate::security_log;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome, answer, retried};

const NAME_CHARS_MAX: u32 = 100;

pub struct AccountService {
    app_state: AppState,
}

impl AccountService {
    pub fn new(app_state: AppState) -> Self {
        Self { app_state }
    }

    async fn show(&self, caller: &Caller) -> Outcome<Profile> {
        let account = caller.own_account()?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let found = rows::profile(&mut connection, account.account).await?;
        let found = found.ok_or(Failure::SignInFirst)?;
        let required = self.app_state.settings.staff_second_factor == StaffSecondFactor::Required;
        Ok(profile(found, required))
    }

    async fn change_name(&self, caller: &Caller, name: &str) -> Outcome<()> {
        let account = caller.own_account()?.account;
        let name = line(Field::Name, name, NAME_CHARS_MAX)?;
        let mut transaction = self.app_state.write.begin().await?;
        lock_account(&mut transaction, account).await?;
        // The same name again: this is a repeated request.
        if rows::rename(&mut transaction, account, &name).await?.is_some() {
            let event = NewEvent::account(AccountEvent::Renamed, account);
            let by = Author::of(caller, ActingRole::Patient);
            events::record(&mut transaction, &event, by, caller.now).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn read_locale(&self, caller: &Caller) -> Outcome<String> {
        let account = caller.own_account()?.account;
        let mut connection = self.app_state.write.0.acquire().await?;
        let locale = store::locale(&mut connection, account).await?;
        Ok(locale.ok_or(Failure::SignInFirst)?)
    }

    async fn change_locale(&self, caller: &Caller, locale: &str) -> Outcome<()> {
        let account = caller.own_account()?.account;
        if app::i18n::Language::by_code(locale).is_none() {
            return Err(Failure::Malformed.into());
        }
        let mut transaction = self.app_state.write.begin().await?;
        lock_account(&mut transaction, account).await?;
        if store::set_locale(&mut transaction, account, locale).await? {
            let event = NewEvent::account(AccountEvent::LanguageChanged, account);
            let by = Author::of(caller, ActingRole::Patient);
            events::record(&mut transaction, &event, by, caller.now).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn change_password(
        &self,
        caller: &Caller,
        old: Option<&str>,
        password: &Password,
    ) -> Outcome<()> {
        let account = recently_proved(caller)?;
        let email = self.show(caller).await?.email;
        // Whoever finds an open session, which was proved minutes ago, does not know the old one. Whoever has forgotten
        // it has typed a code that was mailed.
        if !account.access.by_code {
            sign_in::check_own_password(&self.app_state, caller, &email, old).await?;
        }
        let mut connection = self.app_state.write.0.acquire().await?;
        let clinics = rows::clinics(&mut connection, account.account).await?;
        drop(connection);
        let mut known = vec![account.name.as_str(), &email];
        known.extend(clinics.iter().map(String::as_str));
        let hash = passwords::hash_new_password(&self.app_state, password, &known).await?;
        let mut transaction = self.app_state.write.begin().await?;
        let (id, current) = (account.account, account.access.session);
        lock_account(&mut transaction, id).await?;
        rows::set_password_hash(&mut transaction, id, &hash).await?;
        // A new password throws everybody else out, also programs and whoever has copied a calendar link.
        rows::end_other_sessions(&mut transaction, id, current).await?;
        api_keys::revoke_all(&mut transaction, id, caller.now).await?;
        let by = Author::of(caller, ActingRole::Patient);
        feeds::end_all(&mut transaction, id, by, caller.now).await?;
        sign_in_changes::record(&mut transaction, caller, id, SignInChange::Password).await?;
        transaction.commit().await?;
        self.app_state.event_written.notify_one();
        Ok(())
    }

    async fn ask_for_new_address(&self, caller: &Caller, email: &Email) -> Outcome<ProofToken> {
        let account = recently_proved(caller)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let locale = store::locale(&mut connection, account.account).await?;
        drop(connection);
        let new = NewProof {
            purpose: ProofPurpose::ChangeEmail,
            email: email.as_str(),
            account: Some(account.account),
            name: None,
            password_hash: None,
            locale: &locale.ok_or(Failure::SignInFirst)?,
            token: None,
        };
        proofs::start(&self.app_state, caller, &new).await
    }

    /// Changes the address. Whoever types the code need not prove again who they are: only somebody who had done so
    /// could ask for it, and it is accepted only together with their secret.
    async fn change_address(
        &self,
        caller: &Caller,
        token: &ProofToken,
        code: &Code,
    ) -> Outcome<()> {
        let (id, now) = (caller.own_account()?.account, caller.now);
        let proven = proofs::check(&self.app_state, caller, token, code, Some(id)).await;
        let mut proven = proven.inspect_err(|fault| {
            if matches!(fault, Fault::Failure(_)) {
                security_log::wrong_code(&self.app_state, caller, "change_of_address", id.0);
            }
        })?;
        let transaction = &mut proven.transaction;
        lock_address(transaction, &proven.email).await?;
        let reached = lock_account(transaction, id).await?;
        match account_of_address(transaction, &proven.email).await? {
            // It has this address already.
            Some(owner) if owner == id => return Ok(()),
            Some(_) => return Err(Refusal::AddressTaken.into()),
            None => {}
        }
        // The owner of the address gets that account, with its visits, by signing in with a code.
        if adoption::is_waiting(transaction, &proven.email).await? {
            return Err(Refusal::AddressTaken.into());
        }
        rows::set_email(transaction, id, &proven.email, now).await?;
        store::credentials::end_sign_ins(transaction, id).await?;
        let event = NewEvent::account(AccountEvent::EmailChanged, id);
        let by = Author::of(caller, ActingRole::Patient);
        let event = events::record(transaction, &event, by, now).await?;
        let notice = Notice { event, template: AccountTemplate::EmailChanged };
        tell(transaction, id, &reached, notice, now).await?;
        proven.use_up(now).await?;
        proven.transaction.commit().await?;
        self.app_state.event_written.notify_one();
        Ok(())
    }

    async fn list_sessions(&self, caller: &Caller) -> Outcome<Vec<SessionView>> {
        let account = caller.own_account()?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let found = rows::sessions(&mut connection, account.account, caller.now).await?;
        let current = account.access.session;
        let mut sessions: Vec<_> = found.into_iter().map(|row| session(row, current)).collect();
        // The sort is stable: the others stay in the order of their last use.
        sessions.sort_by_key(|session| !session.is_current);
        Ok(sessions)
    }

    async fn end_one_session(&self, caller: &Caller, id: Uuid) -> Outcome<()> {
        let who = caller.own_account()?;
        // Whoever finds an open browser does not sign the owner out elsewhere.
        if who.access.session != Some(id) {
            recently_proved(caller)?;
        }
        let account = who.account;
        let mut connection = self.app_state.write.0.acquire().await?;
        if !rows::end_session(&mut connection, account, id).await? {
            return Err(Failure::NotFound.into());
        }
        Ok(())
    }

    async fn end_all_other_sessions(&self, caller: &Caller) -> Outcome<u64> {
        let account = recently_proved(caller)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let (id, current) = (account.account, account.access.session);
        Ok(rows::end_other_sessions(&mut connection, id, current).await?)
    }
}

fn profile(row: ProfileRow, second_factor_required: bool) -> Profile {
    Profile {
        name: row.name,
        email: row.email.unwrap_or_default(),
        locale: row.locale,
        has_password: row.has_password,
        has_authenticator: row.has_authenticator,
        passkeys: usize::try_from(row.passkeys).unwrap_or(0),
        needs_second_factor: second_factor_required && row.has_role,
        created_at: row.created_at,
    }
}

fn session(row: SessionRow, current: Option<Uuid>) -> SessionView {
    SessionView {
        id: row.public_id,
        device: row.device,
        is_program: row.kind == "api",
        created_at: row.created_at,
        seen_at: row.seen_at,
        is_current: current == Some(row.public_id),
    }
}

#[async_trait]
impl Accounts for AccountService {
    async fn profile(&self, caller: &Caller) -> Answer<Profile> {
        answer("show account", self.show(caller).await)
    }

    async fn rename(&self, caller: &Caller, name: &str) -> Answer<()> {
        answer("rename account", self.change_name(caller, name).await)
    }

    async fn locale(&self, caller: &Caller) -> Answer<String> {
        answer("read language", self.read_locale(caller).await)
    }

    async fn set_locale(&self, caller: &Caller, locale: &str) -> Answer<()> {
        answer("change language", self.change_locale(caller, locale).await)
    }

    async fn set_password(
        &self,
        caller: &Caller,
        old: Option<&str>,
        password: &Password,
    ) -> Answer<()> {
        answer("change password", self.change_password(caller, old, password).await)
    }

    async fn request_email_change(&self, caller: &Caller, email: &Email) -> Answer<ProofToken> {
        answer("ask for a new address", self.ask_for_new_address(caller, email).await)
    }

    async fn confirm_email_change(
        &self,
        caller: &Caller,
        token: &ProofToken,
        code: &Code,
    ) -> Answer<()> {
        let changed = retried(|| self.change_address(caller, token, code)).await;
        answer("change address", changed)
    }

    async fn sessions(&self, caller: &Caller) -> Answer<Vec<SessionView>> {
        answer("list sessions", self.list_sessions(caller).await)
    }

    async fn end_session(&self, caller: &Caller, id: Uuid) -> Answer<()> {
        answer("end session", self.end_one_session(caller, id).await)
    }

    async fn consents(&self, caller: &Caller) -> Answer<Vec<ConsentView>> {
        answer("list consents", consents::list(&self.app_state, caller).await)
    }

    async fn agree(
        &self,
        caller: &Caller,
        shown: &[(Document, NaiveDate)],
        locale: &str,
    ) -> Answer<()> {
        answer("agree", consents::agree(&self.app_state, caller, shown, locale).await)
    }

    async fn end_other_sessions(&self, caller: &Caller) -> Answer<u64> {
        answer("end other sessions", self.end_all_other_sessions(caller).await)
    }

    async fn export(&self, caller: &Caller) -> Answer<String> {
        answer("export account", export::export(&self.app_state, caller).await)
    }

    async fn delete(&self, caller: &Caller) -> Answer<()> {
        let deleted = retried(|| deletion::delete(&self.app_state, caller)).await;
        answer("delete account", deleted)
    }
}
