//! Two clinics, one account of each role, and for each of them something of its own, something of the same clinic and
//! something of the other clinic.

use std::collections::HashMap;

use futures::FutureExt;
use nadi::actor::{Administers, SignedIn};
use nadi::ids::{AccountId, ClinicId, DoctorId, LocationId, PersonId};
use nadi::permissions::Role;
use server::clinic::invitations::open_token;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use crate::support::Clinic;
use crate::support::database::Template;
use crate::support::{CLINIC, LOCATION, WITHOUT_DOCTORS};

/// Who asks: nobody who is signed in, or an account with this role at the first clinic.
pub type Actor = Option<Role>;

pub const ACTORS: [Actor; 7] = [
    None,
    Some(Role::Patient),
    Some(Role::Doctor),
    Some(Role::Receptionist),
    Some(Role::ClinicAdministrator),
    Some(Role::PlatformAdministrator),
    Some(Role::Auditor),
];

/// Whose things are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Own,
    SameClinic,
    OtherClinic,
}

impl Whose {
    pub const ALL: [Self; 3] = [Self::Own, Self::SameClinic, Self::OtherClinic];

    /// The doctor whose patient it is about: the actor, if they are a doctor.
    fn slug(self) -> &'static str {
        match self {
            Self::Own => "doctor-of-own",
            Self::SameClinic => "doctor-of-same-clinic",
            Self::OtherClinic => "doctor-of-other-clinic",
        }
    }

    fn clinic(self) -> ClinicId {
        match self {
            Self::Own | Self::SameClinic => CLINIC,
            Self::OtherClinic => OTHER_CLINIC,
        }
    }

    fn location(self) -> LocationId {
        match self {
            Self::Own | Self::SameClinic => LOCATION,
            Self::OtherClinic => OTHER_LOCATION,
        }
    }
}

const OTHER_CLINIC: ClinicId = ClinicId(Uuid::from_u128(101));
const OTHER_LOCATION: LocationId = LocationId(Uuid::from_u128(102));

/// The accounts: those of the actors in the order of [`Role::ALL`], then patients of the three doctors, then members
/// of the teams. All names begin differently, so that each is recognized in a page.
const NAMES: [&str; 11] = [
    "Petra Actorson",
    "Dagmar Actorson",
    "Rosalind Actorson",
    "Clemens Actorson",
    "Philippa Actorson",
    "Alaric Actorson",
    "Aurelia Quist",
    "Balthasar Rennick",
    "Cordula Sandvik",
    "Dietlinde Travers",
    "Eberhard Ulven",
];
const OF_DOCTOR: usize = 6;
const OF_SAME_CLINIC: usize = 7;
const OF_OTHER_CLINIC: usize = 8;
const TEAM: usize = 9;
const OTHER_TEAM: usize = 10;

#[derive(Clone, Copy)]
enum Kind {
    Account = 1,
    Person,
    Dependant,
    Feed,
    Key,
    Passkey,
    Review,
    Invitation,
    Calendar,
    Member,
}

/// The id of something: it is the same in each copy of the database.
fn id(kind: Kind, number: usize) -> Uuid {
    Uuid::from_u128(((kind as u128) << 96) | (number as u128 + 1))
}

fn account(who: usize) -> AccountId {
    AccountId(id(Kind::Account, who))
}

/// Somebody of [`NAMES`], as a patient: the roles are read from the database.
pub fn person(who: usize) -> SignedIn {
    let person = PersonId(id(Kind::Person, who));
    SignedIn::patient(account(who), person, NAMES[who].to_owned())
}

pub fn index(role: Role) -> usize {
    Role::ALL.iter().position(|other| *other == role).expect("a role")
}

/// The account that has booked the appointment, and has the other things of a patient.
fn patient_of(actor: Actor, whose: Whose) -> usize {
    match (whose, actor) {
        (Whose::SameClinic, _) => OF_SAME_CLINIC,
        (Whose::OtherClinic, _) => OF_OTHER_CLINIC,
        (Whose::Own, Some(Role::Doctor)) => OF_DOCTOR,
        (Whose::Own, role) => role.map_or(0, index),
    }
}

/// The names that an answer to this actor may contain.
fn known_to(actor: Actor) -> Vec<&'static str> {
    match actor {
        None => Vec::new(),
        Some(Role::PlatformAdministrator) => NAMES.to_vec(),
        Some(Role::ClinicAdministrator) => {
            [&NAMES[..OF_OTHER_CLINIC], &NAMES[TEAM..=TEAM]].concat()
        }
        Some(Role::Receptionist) => NAMES[..OF_OTHER_CLINIC].to_vec(),
        // The doctor's patients: all actors have booked with this doctor.
        Some(Role::Doctor) => NAMES[..OF_SAME_CLINIC].to_vec(),
        Some(Role::Patient) => vec![NAMES[index(Role::Patient)]],
        // Those who act as staff are named in the audit log.
        Some(Role::Auditor) => NAMES[index(Role::Doctor)..=index(Role::Auditor)].to_vec(),
    }
}

/// The names in a text that the actor must not learn.
pub fn leaked_to(actor: Actor, text: &str) -> Vec<&'static str> {
    let known = known_to(actor);
    NAMES.into_iter().filter(|name| !known.contains(name) && text.contains(name)).collect()
}

static WORLD: Template = Template::extending(&WITHOUT_DOCTORS, "role_walk", |pool| {
    async move { fill(&pool).await }.boxed_local()
});

pub async fn open() -> Clinic {
    Clinic::in_database(WORLD.database().await)
}

async fn run(pool: &PgPool, statement: String) {
    let result = sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(pool).await;
    result.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

async fn fill(pool: &PgPool) {
    let clinic = Clinic::on(pool.clone(), None);
    let now = "'2026-11-01T00:00:00Z'";
    run(
        pool,
        format!(
            "insert into clinics (id, slug, name, time_zone, currency, cancel_notice_minutes, created_at)
             values ('{OTHER_CLINIC}', 'margao', 'Nadi Margao', 'Asia/Kolkata', 'INR', 60, {now});
             insert into locations (id, clinic_id, city_id, name, address, time_zone, created_at)
             values ('{OTHER_LOCATION}', '{OTHER_CLINIC}', 1, 'Margao Clinic', '2 Market Road', 'Asia/Kolkata', {now});
             insert into visit_types (id, clinic_id, name, is_default, created_at)
             values ('{OTHER_LOCATION}', '{OTHER_CLINIC}', 'Consultation', true, {now});"
        ),
    )
    .await;
    for (who, name) in NAMES.iter().enumerate() {
        let (account, person) = (account(who), id(Kind::Person, who));
        let dependant = id(Kind::Dependant, who);
        run(
            pool,
            format!(
                "insert into accounts (id, email, email_verified_at, created_at)
                 values ('{account}', 'account{who}@example.org', {now}, {now});
                 insert into people (id, account_id, relation, name, created_at)
                 values ('{person}', '{account}', 'self', '{name}', {now}),
                        ('{dependant}', '{account}', 'dependant', 'Child of {name}', {now});
                 insert into calendar_feeds (id, account_id, kind, created_at)
                 values ('{}', '{account}', 'patient', {now});
                 insert into api_keys (id, account_id, digest, name, ending, scope, created_at)
                 values ('{}', '{account}', '\\x{who:04x}', 'A key', 'abcd', 'read', {now});
                 insert into passkeys (id, account_id, credential_id, credential, name, created_at)
                 values ('{}', '{account}', '\\x{who:04x}', '{{}}', 'A passkey', {now});",
                id(Kind::Feed, who),
                id(Kind::Key, who),
                id(Kind::Passkey, who),
            ),
        )
        .await;
    }
    let (doctor, desk) = (account(index(Role::Doctor)), account(index(Role::Receptionist)));
    let administrator = account(index(Role::ClinicAdministrator));
    let (platform, auditor) =
        (account(index(Role::PlatformAdministrator)), account(index(Role::Auditor)));
    for whose in Whose::ALL {
        let mut there = Clinic::on(pool.clone(), None);
        (there.clinic, there.location) = (whose.clinic(), whose.location());
        there.add_doctor(whose.slug()).await;
    }
    run(
        pool,
        format!(
            "update doctors set account_id = '{doctor}' where slug = '{}';
             insert into receptionists values ('{CLINIC}', '{desk}', {now});
             insert into staff values ('{CLINIC}', '{administrator}', 'administrator', {now}),
                                      ('{CLINIC}', '{}', 'administrator', {now}),
                                      ('{OTHER_CLINIC}', '{}', 'administrator', {now});
             update accounts set administers_everything = true where id = '{platform}';
             update accounts set is_auditor = true where id = '{auditor}';",
            Whose::Own.slug(),
            account(TEAM),
            account(OTHER_TEAM),
        ),
    )
    .await;
    // What can be done once, once for each actor.
    for (number, (actor, whose)) in everybody().enumerate() {
        let (place, doctor) = (whose.clinic(), doctor_of(&clinic, whose).await);
        let member = id(Kind::Member, number);
        run(
            pool,
            format!(
                "insert into accounts (id, email, email_verified_at, created_at)
                 values ('{member}', 'member{number}@example.org', {now}, {now});
                 insert into people (id, account_id, relation, name, created_at)
                 values ('{member}', '{member}', 'self', 'Member', {now});
                 insert into receptionists values ('{place}', '{member}', {now});
                 insert into invitations (id, role, clinic_id, email, locale, invited_by, created_at, expires_at)
                 values ('{}', 'receptionist', '{place}', 'invited{number}@example.org', 'en', '{platform}',
                         {now}, '2027-01-01T00:00:00Z');
                 insert into busy_calendars (id, doctor_id, name, due_at, created_at)
                 values ('{}', '{doctor}', 'Calendar {number}', '2027-01-01T00:00:00Z', {now});",
                id(Kind::Invitation, number),
                id(Kind::Calendar, number),
            ),
        )
        .await;
        draft(&clinic, actor, whose).await;
    }
    book(&clinic).await;
    run(
        pool,
        "insert into doctor_ratings
         select doctor_id, count(*), sum(stars) from reviews group by doctor_id
         on conflict (doctor_id) do update set reviews = excluded.reviews, stars_sum = excluded.stars_sum"
            .to_owned(),
    )
    .await;
}

async fn doctor_of(clinic: &Clinic, whose: Whose) -> DoctorId {
    let found = sqlx::query_scalar("select id from doctors where slug = $1").bind(whose.slug());
    DoctorId(found.fetch_one(&clinic.pool).await.expect("a doctor"))
}

fn everybody() -> impl Iterator<Item = (Actor, Whose)> {
    ACTORS.into_iter().flat_map(|actor| Whose::ALL.map(|whose| (actor, whose)))
}

/// Every actor and the patients of the three doctors book a visit each, and review it.
async fn book(clinic: &Clinic) {
    for who in 0..=OF_OTHER_CLINIC {
        let whose = match who {
            OF_SAME_CLINIC => Whose::SameClinic,
            OF_OTHER_CLINIC => Whose::OtherClinic,
            _ => Whose::Own,
        };
        let doctor = doctor_of(clinic, whose).await;
        // Not today's: a patient may still change it.
        let slot = clinic.free(doctor).await[20];
        let visit = clinic.book(&person(who), slot).await;
        run(
            &clinic.pool,
            format!(
                "insert into reviews (id, appointment_id, doctor_id, clinic_id, author_id, stars, text, anonymous,
                                      visited_on, created_at, written_at)
                 values ('{}', '{visit}', '{doctor}', '{}', '{}', 4, 'Kind.', false, '2026-11-02',
                         '2026-11-02T00:00:00Z', '2026-11-02T00:00:00Z')",
                id(Kind::Review, who),
                whose.clinic(),
                account(who),
            ),
        )
        .await;
    }
}

/// The account that has a draft of the doctor's schedule: the actor, if they may make one.
fn drafter(actor: Actor, whose: Whose) -> usize {
    let own = match actor {
        Some(role @ (Role::ClinicAdministrator | Role::PlatformAdministrator)) => index(role),
        _ => index(Role::Doctor),
    };
    match whose {
        Whose::Own => own,
        Whose::SameClinic => TEAM,
        Whose::OtherClinic => OTHER_TEAM,
    }
}

async fn draft(clinic: &Clinic, actor: Actor, whose: Whose) {
    let everything = Administers::Everything;
    let drafter = SignedIn { administers: everything, ..person(drafter(actor, whose)) };
    let caller = clinic.caller(&drafter);
    let schedules = &clinic.ports.schedules;
    let doctor = doctor_of(clinic, whose).await;
    let seen = schedules.schedule(&caller, doctor).await.expect("a schedule");
    schedules.propose(&caller, doctor, seen.version, seen.schedule).await.expect("a draft");
}

/// What the table's placeholders stand for.
pub async fn values(clinic: &Clinic, actor: Actor, whose: Whose) -> HashMap<&'static str, String> {
    let number = everybody().position(|one| one == (actor, whose)).expect("one of all");
    let who = patient_of(actor, whose);
    let own = match (whose, actor) {
        (Whose::Own, Some(role)) => index(role),
        _ => who,
    };
    let (visit, version): (Uuid, i32) = sqlx::query_as(
        "select id, version from appointments where booked_by = $1 order by created_at",
    )
    .bind(account(who).0)
    .fetch_one(&clinic.pool)
    .await
    .expect("an appointment");
    let draft: Uuid = sqlx::query_scalar(
        "select id from schedule_drafts where account_id = $1 order by id limit 1",
    )
    .bind(account(drafter(actor, whose)).0)
    .fetch_one(&clinic.pool)
    .await
    .expect("a draft");
    let session: Option<Uuid> =
        sqlx::query_scalar("select public_id from sessions where account_id = $1 limit 1")
            .bind(account(own).0)
            .fetch_optional(&clinic.pool)
            .await
            .expect("an answer");
    let invitation = id(Kind::Invitation, number);
    let mut connection = clinic.pool.acquire().await.expect("a connection");
    let now = server::clock::Clock::now(&clinic.clock);
    let link = open_token(&mut connection, &clinic.app_state, invitation, now).await;
    drop(connection);
    let doctor = doctor_of(clinic, whose).await;
    let slot = clinic.free(doctor).await[40];
    HashMap::from([
        ("appointment", visit.to_string()),
        ("version", version.to_string()),
        ("slot", slot.to_string()),
        ("doctor", doctor.to_string()),
        ("slug", whose.slug().to_owned()),
        ("clinic", whose.clinic().to_string()),
        ("location", whose.location().to_string()),
        ("review", id(Kind::Review, who).to_string()),
        ("draft", draft.to_string()),
        ("invitation", invitation.to_string()),
        ("link", link.expect("an answer").unwrap_or_default()),
        ("member", id(Kind::Member, number).to_string()),
        ("calendar", id(Kind::Calendar, number).to_string()),
        ("person", id(Kind::Dependant, own).to_string()),
        ("feed", id(Kind::Feed, own).to_string()),
        ("api_key", id(Kind::Key, own).to_string()),
        ("passkey", id(Kind::Passkey, own).to_string()),
        ("session", session.unwrap_or_default().to_string()),
        ("key", Uuid::new_v4().to_string()),
    ])
}

/// Those who have sessions: the actors, and the patients whose sessions the table tries to end.
pub fn with_sessions() -> impl Iterator<Item = SignedIn> {
    (0..=OF_OTHER_CLINIC).map(person)
}
