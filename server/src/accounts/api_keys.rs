//! Personal keys for the API.

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use nadi::actor::{ActingRole, Caller, Scope};
use nadi::appointment::Refusal;
use nadi::events::{AccountEvent, NewEvent};
use nadi::ids::AccountId;
use nadi::input::line;
use nadi::ports::{
    API_KEY_DAYS, API_KEY_DAYS_MAX, API_KEYS_MAX, Answer, ApiKeyView, ApiKeys, NewApiKey,
};
use nadi::{Failure, Field, Problem};
use uuid::Uuid;

use super::notices;
use super::sign_in_changes::{self, SignInChange};
use super::store::api_keys::{self as store, KeyRow, NewKey};
use super::tokens::random_key;
use crate::events;
use crate::events::Author;
use crate::ids::uuid_v7;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome, answer};

const NAME_CHARS_MAX: u32 = 100;
/// How many of a key's last characters are stored, to tell keys apart.
const ENDING_CHARS: usize = 4;
/// The name of keys for load tests.
const LOAD_TEST: &str = "load-test";

pub struct ApiKeyService {
    app_state: AppState,
}

impl ApiKeyService {
    pub fn new(app_state: AppState) -> Self {
        Self { app_state }
    }

    async fn list(&self, caller: &Caller) -> Outcome<Vec<ApiKeyView>> {
        let account = caller.own_account()?.account;
        let mut connection = self.app_state.write.0.acquire().await?;
        let rows = store::of_account(&mut connection, account).await?;
        rows.into_iter().map(show).collect()
    }

    async fn create(&self, caller: &Caller, new: &NewApiKey) -> Outcome<String> {
        let account = notices::recently_proved(caller)?;
        let name = line(Field::Name, &new.name, NAME_CHARS_MAX)?;
        let usual = caller.now.date_naive() + Duration::days(API_KEY_DAYS);
        let expires_at = end_of(new.until.unwrap_or(usual), caller.now)?;
        let mut transaction = self.app_state.write.begin().await?;
        notices::lock_account(&mut transaction, account.account).await?;
        let count = store::count(&mut transaction, account.account).await?;
        if usize::try_from(count).is_ok_and(|count| count >= API_KEYS_MAX) {
            return Err(Refusal::TooManyApiKeys.into());
        }
        let (key, digest) = random_key();
        let row = NewKey {
            id: uuid_v7(caller.now),
            digest: &digest,
            name: &name,
            ending: &key[key.len() - ENDING_CHARS..],
            scope: new.scope,
            two_factors: account.access.two_factors,
            expires_at,
        };
        store::insert(&mut transaction, account.account, &row, caller.now).await?;
        let what = SignInChange::ApiKey;
        sign_in_changes::record(&mut transaction, caller, account.account, what).await?;
        transaction.commit().await?;
        self.app_state.event_written.notify_one();
        Ok(key)
    }

    async fn revoke(&self, caller: &Caller, id: Uuid) -> Outcome<()> {
        let account = caller.own_account()?.account;
        let mut transaction = self.app_state.write.begin().await?;
        notices::lock_account(&mut transaction, account).await?;
        if !store::revoke(&mut transaction, account, id, caller.now).await? {
            return Err(Failure::NotFound.into());
        }
        let event = NewEvent::account(AccountEvent::SignInChanged, account);
        let by = Author::of(caller, ActingRole::Patient);
        events::record(&mut transaction, &event, by, caller.now).await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn show(row: KeyRow) -> Outcome<ApiKeyView> {
    let scope = Scope::parse(&row.scope);
    Ok(ApiKeyView {
        id: row.id,
        name: row.name,
        ending: row.ending,
        scope: scope.ok_or_else(|| Fault::Broken(format!("unknown scope: {}", row.scope)))?,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    })
}

/// The end of a key's last day, in UTC. The day may not be over yet, also in zones behind UTC.
fn end_of(day: NaiveDate, now: DateTime<Utc>) -> Outcome<DateTime<Utc>> {
    let wrong = |problem| Failure::field(Field::EffectiveUntil, problem).into();
    let next = day.succ_opt().ok_or_else(|| wrong(Problem::Never))?;
    let end = next.and_time(NaiveTime::MIN).and_utc();
    if end <= now {
        return Err(wrong(Problem::EndsBeforeStart));
    }
    if end > now + Duration::days(API_KEY_DAYS_MAX + 1) {
        return Err(wrong(Problem::Never));
    }
    Ok(end)
}

/// Makes a key for each of many accounts, for load tests.
///
/// # Errors
/// When the database does not answer.
pub async fn issue_for_load_tests(
    app_state: &AppState,
    accounts: &[AccountId],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<String>> {
    let (keys, digests): (Vec<String>, Vec<[u8; 32]>) =
        accounts.iter().map(|_| random_key()).unzip();
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
    let mut connection = app_state.write.0.acquire().await?;
    store::insert_many(&mut connection, &accounts, &digests, LOAD_TEST, now).await?;
    Ok(keys)
}

#[async_trait]
impl ApiKeys for ApiKeyService {
    async fn api_keys(&self, caller: &Caller) -> Answer<Vec<ApiKeyView>> {
        answer("list API keys", self.list(caller).await)
    }

    async fn create_api_key(&self, caller: &Caller, new: &NewApiKey) -> Answer<String> {
        answer("create API key", self.create(caller, new).await)
    }

    async fn revoke_api_key(&self, caller: &Caller, id: Uuid) -> Answer<()> {
        answer("revoke API key", self.revoke(caller, id).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_works_until_the_end_of_its_last_day() {
        let now = "2026-11-23T03:30:00Z".parse().expect("a time");
        let end = |day: &str| end_of(day.parse().expect("a date"), now).ok();
        assert_eq!(end("2026-11-23"), Some("2026-11-24T00:00:00Z".parse().expect("a time")));
        assert_eq!(end("2026-11-22"), None);
        assert_eq!(end("+262142-12-31"), None);
        assert!(end("2028-11-23").is_some());
        assert_eq!(end("2029-01-01"), None);
        assert_eq!(end("9999-01-01"), None);
    }
}
