//! Accounts that can sign in, and the codes that were mailed to them.

use nadi::Failure;
use nadi::actor::{Access, SignedIn};
use nadi::input::{Code, Email, Password};
use nadi::ports::{KnownAccount, ProofToken, Registration, SignInStep};
use server::accounts::hash_now;
use server::clock::Clock;
use sqlx::AssertSqlSafe;

use super::Clinic;

/// Not easy to guess.
pub const PASSWORD: &str = "four calm green leaves";

pub fn email(address: &str) -> Email {
    Email::parse(address).expect("an address")
}

/// A registration with this password.
pub fn registration(name: &str, address: &str, password: &str) -> Registration {
    Registration {
        name: name.into(),
        email: email(address),
        password: Some(Password::parse(password).expect("a password")),
        locale: "en".into(),
        key: None,
    }
}

impl Clinic {
    /// A patient whose address (`name@example.org`) is proven, with [`PASSWORD`].
    pub async fn known_patient(&self, name: &str) -> SignedIn {
        let who = self.patient(name).await;
        let hash = hash_now(PASSWORD).expect("a hash");
        sqlx::query("update accounts set email_verified_at = $2, password_hash = $3 where id = $1")
            .bind(who.account.0)
            .bind(self.clock.now())
            .bind(hash)
            .execute(&self.pool)
            .await
            .expect("proven");
        who
    }

    /// The account, signed in by somebody who has proved at this moment who they are.
    pub fn proved(&self, who: &SignedIn) -> SignedIn {
        let access = Access { proved_at: Some(self.clock.now()), ..who.access.clone() };
        SignedIn { access, ..who.clone() }
    }

    /// The account, as somebody knows it who has just proved that it is theirs, with one factor.
    pub async fn known(&self, who: &SignedIn) -> KnownAccount {
        let (locale, sign_in_version) =
            sqlx::query_as("select locale, sign_in_version from accounts where id = $1")
                .bind(who.account.0)
                .fetch_one(&self.pool)
                .await
                .expect("an account");
        KnownAccount {
            id: who.account,
            locale,
            sign_in_version,
            two_factors: false,
            by_code: false,
        }
    }

    /// Lets the next update of this table fail as if it had deadlocked with another transaction.
    pub async fn deadlock_once(&self, table: &str) {
        let sql = format!(
            "create sequence updates;
             create function fail_once() returns trigger language plpgsql as $$ begin
                 if nextval('updates') = 1 then raise exception using errcode = '40P01'; end if;
                 return new;
             end $$;
             create trigger fail_once before update on {table} for each row execute function fail_once()"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await.expect("a trigger");
    }

    /// Makes the address of this account a proven one: without that, no role counts.
    pub async fn prove_address(&self, who: &SignedIn) {
        sqlx::query("update accounts set email_verified_at = created_at where id = $1")
            .bind(who.account.0)
            .execute(&self.pool)
            .await
            .expect("proven");
    }

    /// Sends the messages that are due, and returns the last code to this address.
    pub async fn mailed_code(&self, address: &str) -> Code {
        self.dispatcher().run_once().await.expect("relayed");
        let sent = self.messages.sent.lock().expect("not poisoned");
        let message = sent.iter().rfind(|message| message.to == address).expect("a message");
        let digits = message.subject.split(' ').next().unwrap_or_default();
        Code::parse(digits).expect("a code in the subject")
    }

    pub async fn check_code(&self, token: &ProofToken, code: &Code) -> Result<SignInStep, Failure> {
        self.ports.sign_in.check_code(&self.visitor(), token, code).await
    }

    /// Registers somebody, types the code, and returns what that leads to.
    pub async fn register(&self, name: &str, address: &str, password: &str) -> SignInStep {
        let new = registration(name, address, password);
        let to = new.email.as_str().to_owned();
        let token =
            self.ports.sign_in.register(&self.visitor(), new).await.expect("a code is sent");
        let code = self.mailed_code(&to).await;
        self.check_code(&token, &code).await.expect("the right code")
    }
}
