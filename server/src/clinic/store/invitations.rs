//! Invitations, the teams of clinics, and who signs in as a doctor.

use chrono::{DateTime, Utc};
use nadi::ids::{AccountId, ClinicId, DoctorId};
use nadi::ports::{InvitedAs, TeamRole};
use nadi::text::plain;
use sqlx::{PgConnection, Result};
use uuid::Uuid;

use crate::encryption::columns::{
    ACCOUNT_EMAIL, EncryptedColumn, INVITATION_EMAIL, PERSON_NAME, encrypted_column,
};
use crate::encryption::{addresses, open, open_optional, seal};

pub const ENCRYPTED: &[&dyn EncryptedColumn] = &[&Emails];

encrypted_column!(
    address Emails,
    INVITATION_EMAIL,
    r#"select encryption_key(email) as key, count(*) as "values!" from invitations group by 1
       union all select digest_key(email_digest), count(*) from invitations
       where email_digest is not null group by 1"#,
    r#"select id::text as "key!", uuid_send(id) as "row!", email as "value!", email_digest as digest
       from invitations where id > $1::text::uuid order by id limit $2"#,
    "update invitations set email = $3, email_digest = $4 where id = $1::text::uuid and email = $2"
);

/// An invitation with the names that its readers need.
pub struct InvitationRow {
    pub id: Uuid,
    pub role: String,
    pub clinic_id: Uuid,
    pub clinic_name: String,
    pub doctor_id: Option<Uuid>,
    pub doctor_name: Option<String>,
    pub email: String,
    pub locale: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub accepted_by: Option<Uuid>,
    pub withdrawn_at: Option<DateTime<Utc>>,
}

impl InvitationRow {
    fn opened(self) -> Result<Self> {
        Ok(Self { email: open(INVITATION_EMAIL, self.id, self.email)?, ..self })
    }
}

/// The invitation with this id, also one that was accepted or withdrawn; `None` when its clinic or profile is no
/// longer there.
pub async fn invitation(connection: &mut PgConnection, id: Uuid) -> Result<Option<InvitationRow>> {
    let row = sqlx::query_as!(
        InvitationRow,
        r#"select i.id, i.role, i.clinic_id, c.name as clinic_name, i.doctor_id, d.name as "doctor_name?",
                  i.email, i.locale, i.created_at, i.expires_at, i.accepted_by, i.withdrawn_at
           from invitations i join clinics c on c.id = i.clinic_id and c.archived_at is null
           left join doctors d on d.id = i.doctor_id
           where i.id = $1 and d.archived_at is null"#,
        id
    )
    .fetch_optional(connection)
    .await?;
    row.map(InvitationRow::opened).transpose()
}

/// The open invitations of some clinics, or of one doctor; newest first.
pub async fn open_invitations(
    connection: &mut PgConnection,
    only: Option<&[Uuid]>,
    doctor: Option<DoctorId>,
    limit: i64,
) -> Result<Vec<InvitationRow>> {
    let rows = sqlx::query_as!(
        InvitationRow,
        r#"select i.id, i.role, i.clinic_id, c.name as clinic_name, i.doctor_id, d.name as "doctor_name?",
                  i.email, i.locale, i.created_at, i.expires_at, i.accepted_by, i.withdrawn_at
           from invitations i join clinics c on c.id = i.clinic_id and c.archived_at is null
           left join doctors d on d.id = i.doctor_id
           where i.accepted_at is null and i.withdrawn_at is null and d.archived_at is null
             and ($1::uuid[] is null or i.clinic_id = any($1))
             and ($2::uuid is null or i.doctor_id = $2)
           order by i.created_at desc, i.id desc
           limit $3"#,
        only,
        doctor.map(|doctor| doctor.0),
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(InvitationRow::opened).collect()
}

/// An invitation to insert.
pub struct NewInvitation<'a> {
    pub id: Uuid,
    pub clinic: ClinicId,
    pub invited_as: InvitedAs,
    pub email: &'a str,
    pub locale: &'a str,
    pub invited_by: AccountId,
    pub expires_at: DateTime<Utc>,
}

pub async fn insert_invitation(
    connection: &mut PgConnection,
    new: &NewInvitation<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let (role, doctor) = columns(new.invited_as);
    sqlx::query!(
        "insert into invitations (id, role, clinic_id, doctor_id, email, locale, invited_by, created_at,
                                  expires_at, email_digest)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.id,
        role,
        new.clinic.0,
        doctor,
        seal(INVITATION_EMAIL, new.id, new.email)?,
        new.locale,
        new.invited_by.0,
        now,
        new.expires_at,
        addresses::digest(new.email)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The columns `role` and `doctor_id`.
fn columns(invited_as: InvitedAs) -> (&'static str, Option<Uuid>) {
    match invited_as {
        InvitedAs::Doctor(doctor) => ("doctor", Some(doctor.0)),
        InvitedAs::Member(role) => (role.as_str(), None),
    }
}

/// Withdraws the open invitation that a new one replaces: of the same profile or, for the team, of the same address to
/// the same role in the clinic.
pub async fn withdraw_replaced(
    connection: &mut PgConnection,
    clinic: ClinicId,
    invited_as: InvitedAs,
    email: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let (role, doctor) = columns(invited_as);
    sqlx::query!(
        "update invitations set withdrawn_at = $4
         where clinic_id = $1 and accepted_at is null and withdrawn_at is null
           and case when $2::uuid is null then role = $5 and (email = $3 or email_digest = any($6))
                    else doctor_id = $2 end",
        clinic.0,
        doctor,
        email,
        now,
        role,
        &addresses::digests(email)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives an open invitation a new end, so that its link is another one.
pub async fn renew_invitation(
    connection: &mut PgConnection,
    id: Uuid,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!("update invitations set expires_at = $2 where id = $1", id, expires_at)
        .execute(connection)
        .await?;
    Ok(())
}

pub async fn withdraw_invitation(
    connection: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!("update invitations set withdrawn_at = $2 where id = $1", id, now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Withdraws the open invitations to a clinic that an account has sent.
pub async fn withdraw_of_inviter(
    connection: &mut PgConnection,
    clinic: ClinicId,
    inviter: AccountId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update invitations set withdrawn_at = $3
         where clinic_id = $1 and invited_by = $2 and accepted_at is null and withdrawn_at is null",
        clinic.0,
        inviter.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn mark_accepted(
    connection: &mut PgConnection,
    id: Uuid,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update invitations set accepted_at = $3, accepted_by = $2 where id = $1",
        id,
        account.0,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes up to `limit` invitations that ended before `before`; returns how many.
pub async fn delete_ended(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from invitations where id in (
             select id from invitations
             where coalesce(accepted_at, withdrawn_at, expires_at) < $1
             limit $2)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes all invitations of an address.
pub async fn delete_of_address(connection: &mut PgConnection, email: &str) -> Result<()> {
    sqlx::query!(
        "delete from invitations where email = $1 or email_digest = any($2)",
        email,
        &addresses::digests(email)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Locks a clinic until this transaction ends, so that changes of its invitations, of its administrators and of who
/// signs in as its doctors run one after the other. `false`: there is no such clinic.
pub async fn lock_clinic(connection: &mut PgConnection, clinic: ClinicId) -> Result<bool> {
    let found = sqlx::query!(
        "select id from clinics where id = $1 and archived_at is null for no key update",
        clinic.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// Lets an account sign in as a doctor. `false`: the profile has an account already.
pub async fn link_doctor(
    connection: &mut PgConnection,
    doctor: DoctorId,
    account: AccountId,
) -> Result<bool> {
    let linked = sqlx::query!(
        "update doctors set account_id = $2 where id = $1 and account_id is null and archived_at is null",
        doctor.0,
        account.0
    )
    .execute(connection)
    .await?;
    Ok(linked.rows_affected() == 1)
}

/// Takes the account from a profile.
pub async fn unlink_doctor(connection: &mut PgConnection, doctor: DoctorId) -> Result<()> {
    sqlx::query!("update doctors set account_id = null where id = $1", doctor.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// The clinic of a profile, and the account that signs in for it.
pub struct ProfileRow {
    pub clinic_id: Uuid,
    pub account_id: Option<Uuid>,
}

pub async fn profile(
    connection: &mut PgConnection,
    doctor: DoctorId,
) -> Result<Option<ProfileRow>> {
    sqlx::query_as!(
        ProfileRow,
        "select clinic_id, account_id from doctors where id = $1 and archived_at is null",
        doctor.0
    )
    .fetch_optional(connection)
    .await
}

pub struct MemberRow {
    pub role: String,
    pub account_id: Uuid,
    pub person_id: Uuid,
    pub name: String,
    pub email: Option<String>,
    pub clinic_id: Uuid,
    pub clinic_name: String,
}

/// The administrators and receptionists of some clinics, by clinic, role and name.
pub async fn team(
    connection: &mut PgConnection,
    only: Option<&[Uuid]>,
    limit: i64,
) -> Result<Vec<MemberRow>> {
    let rows = sqlx::query_as!(
        MemberRow,
        r#"select m.role as "role!", a.id as account_id, p.id as person_id, p.name, a.email, c.id as clinic_id,
                  c.name as clinic_name
           from (select role, clinic_id, account_id from staff
                 union all select 'receptionist', clinic_id, account_id from receptionists) m
           join clinics c on c.id = m.clinic_id and c.archived_at is null
           join accounts a on a.id = m.account_id and a.archived_at is null
           join people p on p.account_id = a.id and p.relation = 'self'
           where $1::uuid[] is null or m.clinic_id = any($1)
           order by c.name, c.id, m.role, a.id
           limit $2"#,
        only,
        limit
    )
    .fetch_all(connection)
    .await?;
    let members = rows.into_iter().map(|row| {
        Ok(MemberRow {
            name: open(PERSON_NAME, row.person_id, row.name)?,
            email: open_optional(ACCOUNT_EMAIL, row.account_id, row.email)?,
            ..row
        })
    });
    let mut members: Vec<MemberRow> = members.collect::<Result<_>>()?;
    // Within a clinic and a role; the names of clinics stay in the order of the database.
    for team in members.chunk_by_mut(|a, b| a.clinic_id == b.clinic_id && a.role == b.role) {
        team.sort_by_cached_key(|member| plain(&member.name));
    }
    Ok(members)
}

pub async fn is_member(
    connection: &mut PgConnection,
    clinic: ClinicId,
    role: TeamRole,
    account: AccountId,
) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select case when $3 then exists (select from staff where clinic_id = $1 and account_id = $2)
                       else exists (select from receptionists where clinic_id = $1 and account_id = $2)
                  end as "is!""#,
        clinic.0,
        account.0,
        role == TeamRole::Administrator
    )
    .fetch_one(connection)
    .await
}

/// How many accounts administer the clinic, without those that administer every clinic.
pub async fn count_administrators(connection: &mut PgConnection, clinic: ClinicId) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from staff s
           join accounts a on a.id = s.account_id and a.archived_at is null
           where s.clinic_id = $1"#,
        clinic.0
    )
    .fetch_one(connection)
    .await
}

/// `false`: the account has this role in the clinic already.
pub async fn add_member(
    connection: &mut PgConnection,
    clinic: ClinicId,
    role: TeamRole,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let added = match role {
        TeamRole::Administrator => sqlx::query!(
            "insert into staff (clinic_id, account_id, role, created_at)
             values ($1, $2, 'administrator', $3)
             on conflict do nothing",
            clinic.0,
            account.0,
            now
        ),
        TeamRole::Receptionist => sqlx::query!(
            "insert into receptionists (clinic_id, account_id, created_at) values ($1, $2, $3)
             on conflict do nothing",
            clinic.0,
            account.0,
            now
        ),
    };
    Ok(added.execute(connection).await?.rows_affected() == 1)
}

pub async fn remove_member(
    connection: &mut PgConnection,
    clinic: ClinicId,
    role: TeamRole,
    account: AccountId,
) -> Result<()> {
    let removed = match role {
        TeamRole::Administrator => sqlx::query!(
            "delete from staff where clinic_id = $1 and account_id = $2",
            clinic.0,
            account.0
        ),
        TeamRole::Receptionist => sqlx::query!(
            "delete from receptionists where clinic_id = $1 and account_id = $2",
            clinic.0,
            account.0
        ),
    };
    removed.execute(connection).await?;
    Ok(())
}
