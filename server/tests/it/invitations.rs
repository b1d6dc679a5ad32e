//! Invitations: nobody becomes a doctor or an administrator by anything but a link that was mailed to them.

use chrono::Duration;
use nadi::Failure;
use nadi::actor::{Access, Administers, Caller, SignedIn};
use nadi::appointment::Refusal;
use nadi::failure::{Field, Problem};
use nadi::ids::{AccountId, ClinicId, DoctorId};
use nadi::input::Password;
use nadi::ports::{Accept, InvitedAccount, InvitedAs, SignInStep, TeamRole};
use server::clinic::invitations::delete_ended;
use server::clock::Clock;
use uuid::Uuid;

use crate::support::Clinic;
use crate::support::http::get_page;
use crate::support::registration::CookieJar;
use crate::support::sign_ins::{PASSWORD, email, registration};

const ADMINISTRATOR: InvitedAs = InvitedAs::Member(TeamRole::Administrator);
const MEERA: &str = "meera@example.org";
const ACCOUNTS: &str = "select count(*) from accounts where email = 'meera@example.org'";

/// An administrator of the clinic who has just proven who they are.
pub async fn administrator(clinic: &Clinic, name: &str) -> SignedIn {
    let who = proven(clinic, name).await;
    sqlx::query(
        "insert into staff (clinic_id, account_id, role, created_at)
         values ($1, $2, 'administrator', $3)",
    )
    .bind(clinic.clinic.0)
    .bind(who.account.0)
    .bind(clinic.clock.now())
    .execute(&clinic.pool)
    .await
    .expect("staff");
    SignedIn { administers: Administers::Clinics(vec![clinic.clinic]), ..who }
}

/// Somebody whose account has proven its address, and who has just signed in.
pub async fn proven(clinic: &Clinic, name: &str) -> SignedIn {
    let who = clinic.patient(name).await;
    sqlx::query("update accounts set email_verified_at = created_at where id = $1")
        .bind(who.account.0)
        .execute(&clinic.pool)
        .await
        .expect("proven");
    just_proved(clinic, who)
}

fn just_proved(clinic: &Clinic, who: SignedIn) -> SignedIn {
    let access = Access { proved_at: Some(clinic.clock.now()), ..Access::default() };
    SignedIn { access, ..who }
}

/// The same person, who has not typed a password for a while.
fn long_ago(clinic: &Clinic, who: &SignedIn) -> SignedIn {
    let proved_at = Some(clinic.clock.now() - Duration::minutes(11));
    SignedIn { access: Access { proved_at, ..Access::default() }, ..who.clone() }
}

pub async fn invite(
    clinic: &Clinic,
    by: &SignedIn,
    invited_as: InvitedAs,
    address: &str,
) -> Result<Uuid, Failure> {
    let caller = clinic.caller(by);
    clinic.ports.invitations.invite(&caller, clinic.clinic, invited_as, &email(address)).await
}

/// Invites the clinic's doctor; returns the token of the link.
pub async fn invited_doctor(clinic: &Clinic, address: &str) -> String {
    let admin = administrator(clinic, "Administrator").await;
    invite(clinic, &admin, InvitedAs::Doctor(clinic.doctor), address).await.expect("invited");
    clinic.mailed_link(address).await
}

fn newcomer(password: &str) -> Option<InvitedAccount> {
    let password = Password::parse(password).expect("a password");
    Some(InvitedAccount { name: "Meera Naik".into(), password, locale: "en".into() })
}

async fn account_of(clinic: &Clinic, doctor: DoctorId) -> Option<AccountId> {
    let account: Option<Uuid> = sqlx::query_scalar("select account_id from doctors where id = $1")
        .bind(doctor.0)
        .fetch_one(&clinic.pool)
        .await
        .expect("a doctor");
    account.map(AccountId)
}

async fn how(clinic: &Clinic, caller: &Caller, link: &str) -> Result<Accept, Failure> {
    clinic.ports.invitations.received(caller, link).await.map(|received| received.accept)
}

#[tokio::test]
async fn outsiders_cannot_invite() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let other_clinic = Administers::Clinics(vec![ClinicId(Uuid::from_u128(999))]);
    let elsewhere = SignedIn { administers: other_clinic, ..proven(&clinic, "Elsewhere").await };
    let patient = proven(&clinic, "Patient").await;
    let doctor =
        SignedIn { doctor: Some(clinic.doctor), ..proven(&clinic, "Another Doctor").await };
    let unknown = InvitedAs::Doctor(DoctorId(Uuid::from_u128(7)));
    for invited_as in [InvitedAs::Doctor(clinic.doctor), ADMINISTRATOR] {
        for outsider in [&elsewhere, &patient, &doctor] {
            let refused = invite(&clinic, outsider, invited_as, MEERA).await;
            assert_eq!(refused, Err(Failure::NotFound), "{}", outsider.name);
        }
        let port = &clinic.ports.invitations;
        let visitor =
            port.invite(&clinic.visitor(), clinic.clinic, invited_as, &email(MEERA)).await;
        assert_eq!(visitor, Err(Failure::SignInFirst));
        let tired = invite(&clinic, &long_ago(&clinic, &admin), invited_as, MEERA).await;
        assert_eq!(tired, Err(Failure::ProveAgain));
    }
    assert_eq!(invite(&clinic, &admin, unknown, MEERA).await, Err(Failure::NotFound));
    assert_eq!(clinic.count("select count(*) from invitations").await, 0);
    assert_eq!(clinic.count("select count(*) from notifications").await, 0);

    let id = invite(&clinic, &admin, ADMINISTRATOR, MEERA).await.expect("invited");
    let (port, caller) = (&clinic.ports.invitations, clinic.caller(&elsewhere));
    assert_eq!(port.invite_again(&caller, id).await, Err(Failure::NotFound));
    assert_eq!(port.withdraw(&caller, id).await, Err(Failure::NotFound));
    assert_eq!(port.invitations(&caller).await.map(|open| open.len()), Ok(0));
    let doctor = port.doctor_sign_in(&caller, clinic.doctor).await;
    assert_eq!(doctor, Err(Failure::NotFound));
    let caller = clinic.caller(&patient);
    assert_eq!(port.invitations(&caller).await, Err(Failure::NotAllowed));
    assert_eq!(port.team(&caller).await, Err(Failure::NotAllowed));
}

#[tokio::test]
async fn somebody_new_makes_an_account_with_the_link() {
    let clinic = Clinic::open().await;
    let link = invited_doctor(&clinic, MEERA).await;
    let (port, visitor) = (&clinic.ports.invitations, clinic.visitor());
    let received = port.received(&visitor, &link).await.expect("an invitation");
    assert_eq!(received.accept, Accept::WithNewAccount);
    assert_eq!(received.invited_as, InvitedAs::Doctor(clinic.doctor));
    assert_eq!((received.email.as_str(), received.clinic_name.as_str()), (MEERA, "Nadi Panjim"));

    let easy = port.accept(&visitor, &link, newcomer("password123")).await;
    assert_eq!(easy, Err(Failure::field(Field::Password, Problem::TooCommon)));
    assert_eq!(clinic.count(ACCOUNTS).await, 0, "nothing is made of a refused form");
    assert!(port.accept(&visitor, &link, None).await.is_err(), "there is no account yet");

    let joined = port.accept(&visitor, &link, newcomer(PASSWORD)).await.expect("accepted");
    assert_eq!(account_of(&clinic, clinic.doctor).await, Some(joined.id));
    let signed_in = clinic.ports.sign_in.check_password(&visitor, MEERA, PASSWORD).await;
    assert_eq!(signed_in, Ok(SignInStep::SignedIn(joined)), "the link has proven the address");
    let joined = "select count(*) from events where type = 'account.joined' and actor = 'doctor'";
    assert_eq!(clinic.count(joined).await, 1);
    assert_eq!(port.received(&visitor, &link).await, Err(Failure::NotFound), "it counts once");
    let again = port.accept(&visitor, &link, newcomer(PASSWORD)).await;
    assert_eq!(again, Err(Failure::NotFound));
    assert_eq!(clinic.count(ACCOUNTS).await, 1);
}

#[tokio::test]
async fn an_account_that_exists_has_to_be_signed_in() {
    let clinic = Clinic::open().await;
    let meera = proven(&clinic, "Meera").await;
    let other = proven(&clinic, "Somebody Else").await;
    let link = invited_doctor(&clinic, MEERA).await;
    let port = &clinic.ports.invitations;
    assert_eq!(how(&clinic, &clinic.visitor(), &link).await, Ok(Accept::AfterSignIn));
    assert_eq!(how(&clinic, &clinic.caller(&other), &link).await, Ok(Accept::AfterSignOut));
    assert_eq!(how(&clinic, &clinic.caller(&meera), &link).await, Ok(Accept::Now));

    let visitor = port.accept(&clinic.visitor(), &link, newcomer(PASSWORD)).await;
    assert_eq!(visitor, Err(Failure::SignInFirst));
    let stolen = port.accept(&clinic.caller(&other), &link, None).await;
    assert_eq!(stolen, Err(Failure::NotAllowed));
    let with_new = port.accept(&clinic.caller(&other), &link, newcomer(PASSWORD)).await;
    assert_eq!(with_new, Err(Failure::NotAllowed));
    assert_eq!(account_of(&clinic, clinic.doctor).await, None);

    let joined = port.accept(&clinic.caller(&meera), &link, None).await.expect("accepted");
    assert_eq!(joined.id, meera.account);
    assert_eq!(account_of(&clinic, clinic.doctor).await, Some(meera.account));
    let second_click = port.accept(&clinic.caller(&meera), &link, None).await;
    assert_eq!(second_click, Ok(joined), "a second click of the same person changes nothing");
    let events = "select count(*) from events where type = 'account.joined'";
    assert_eq!(clinic.count(events).await, 1);
    assert_eq!(clinic.count(ACCOUNTS).await, 1);
}

#[tokio::test]
async fn an_unproven_account_is_not_the_account_of_the_address() {
    let clinic = Clinic::open().await;
    // As in the release before: registered by somebody, proven by nobody.
    let stranger = just_proved(&clinic, clinic.patient("Meera").await);
    let link = invited_doctor(&clinic, MEERA).await;
    assert_eq!(how(&clinic, &clinic.caller(&stranger), &link).await, Ok(Accept::AfterSignOut));
    let port = &clinic.ports.invitations;
    let taken = port.accept(&clinic.caller(&stranger), &link, None).await;
    assert_eq!(taken, Err(Failure::NotAllowed));
    let joined = port.accept(&clinic.visitor(), &link, newcomer(PASSWORD)).await;
    assert_ne!(joined.expect("the owner of the mailbox joins").id, stranger.account);
}

#[tokio::test]
async fn foreign_registrations_of_a_future_doctors_address_change_nothing() {
    let clinic = Clinic::open().await;
    let stranger = "a stranger's own words";
    for name in ["One", "Two", "Three"] {
        let typed = registration(name, MEERA, stranger);
        clinic.ports.sign_in.register(&clinic.visitor(), typed).await.expect("a code is sent");
    }
    let link = invited_doctor(&clinic, MEERA).await;
    let (port, visitor) = (&clinic.ports.invitations, clinic.visitor());
    let joined = port.accept(&visitor, &link, newcomer(PASSWORD)).await.expect("accepted");
    assert_eq!(account_of(&clinic, clinic.doctor).await, Some(joined.id));
    let sign_in = &clinic.ports.sign_in;
    let refused = sign_in.check_password(&visitor, MEERA, stranger).await;
    assert_eq!(refused, Err(Failure::WrongCredentials));
    let owner = sign_in.check_password(&visitor, MEERA, PASSWORD).await;
    assert_eq!(owner, Ok(SignInStep::SignedIn(joined)));
    assert_eq!(clinic.count(ACCOUNTS).await, 1);
}

#[tokio::test]
async fn only_the_newest_link_counts_and_only_for_a_week() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let (port, visitor) = (&clinic.ports.invitations, clinic.visitor());
    let doctor = InvitedAs::Doctor(clinic.doctor);
    let id = invite(&clinic, &admin, doctor, MEERA).await.expect("invited");
    let first = clinic.mailed_link(MEERA).await;
    assert_eq!(how(&clinic, &visitor, &first).await, Ok(Accept::WithNewAccount));

    clinic.clock.step(Duration::minutes(1));
    port.invite_again(&clinic.caller(&admin), id).await.expect("sent again");
    let second = clinic.mailed_link(MEERA).await;
    assert_ne!(first, second);
    assert_eq!(how(&clinic, &visitor, &first).await, Err(Failure::NotFound), "replaced");
    assert_eq!(how(&clinic, &visitor, &second).await, Ok(Accept::WithNewAccount));

    // Every digit matters, and another invitation's hash is of no use.
    let admin_id = invite(&clinic, &admin, ADMINISTRATOR, "other@example.org").await;
    admin_id.expect("invited");
    let other = clinic.mailed_link("other@example.org").await;
    let mut forged: Vec<String> = (0..64)
        .map(|at| {
            let digit = if &second[at..=at] == "0" { "1" } else { "0" };
            format!("{}{digit}{}", &second[..at], &second[at + 1..])
        })
        .collect();
    forged.extend([format!("{}{}", &second[..32], &other[32..]), second[..63].to_owned()]);
    forged.extend([String::new(), "ä".repeat(32), format!("{second}0"), second.to_uppercase()]);
    for link in forged.iter().filter(|link| **link != second) {
        assert_eq!(how(&clinic, &visitor, link).await, Err(Failure::NotFound), "{link}");
        let accepted = port.accept(&visitor, link, newcomer(PASSWORD)).await;
        assert_eq!(accepted, Err(Failure::NotFound), "{link}");
    }

    clinic.clock.step(Duration::days(7));
    let late = clinic.visitor();
    assert_eq!(how(&clinic, &late, &second).await, Err(Failure::NotFound), "expired");
    assert_eq!(port.accept(&late, &second, newcomer(PASSWORD)).await, Err(Failure::NotFound));
    let open = port.invitations(&clinic.caller(&admin)).await.expect("invitations");
    assert!(open.iter().any(|one| one.id == id && one.is_expired), "it is shown as expired");
    let tired = clinic.caller(&admin);
    assert_eq!(port.invite_again(&tired, id).await, Err(Failure::ProveAgain));
    assert_eq!(port.withdraw(&tired, id).await, Err(Failure::ProveAgain));
    let admin = just_proved(&clinic, admin);
    port.invite_again(&clinic.caller(&admin), id).await.expect("sent again");
    let third = clinic.mailed_link(MEERA).await;
    assert_eq!(how(&clinic, &late, &third).await, Ok(Accept::WithNewAccount));

    port.withdraw(&clinic.caller(&admin), id).await.expect("withdrawn");
    assert_eq!(how(&clinic, &late, &third).await, Err(Failure::NotFound), "withdrawn");
    assert_eq!(port.accept(&late, &third, newcomer(PASSWORD)).await, Err(Failure::NotFound));
    let gone = port.invite_again(&clinic.caller(&admin), id).await;
    assert_eq!(gone, Err(Failure::NotFound));
    assert_eq!(account_of(&clinic, clinic.doctor).await, None);
}

#[tokio::test]
async fn a_link_is_made_when_it_is_sent_and_only_if_it_still_counts() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let doctor = InvitedAs::Doctor(clinic.doctor);
    let id = invite(&clinic, &admin, doctor, MEERA).await.expect("invited");
    let queued = "select count(*) from notifications where state = 'waiting'";
    assert_eq!(clinic.count(queued).await, 1);
    let secrets = "select count(*) from notifications where data::text ~ '[0-9a-f]{32}'";
    assert_eq!(clinic.count(secrets).await, 0, "the database has no link");

    let port = &clinic.ports.invitations;
    port.withdraw(&clinic.caller(&admin), id).await.expect("withdrawn");
    clinic.dispatcher().run_once().await.expect("relayed");
    invite(&clinic, &admin, doctor, MEERA).await.expect("invited");
    clinic.clock.step(Duration::days(7));
    clinic.dispatcher().run_once().await.expect("relayed");
    assert!(clinic.messages.sent.lock().expect("not poisoned").is_empty());
    let kept = "select count(*) from notifications
                where state <> 'delivered' or address is not null or data <> '{}'";
    assert_eq!(clinic.count(kept).await, 0);
}

#[tokio::test]
async fn ended_invitations_are_deleted_after_90_days() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let meera = proven(&clinic, "Meera").await;
    let doctor = InvitedAs::Doctor(clinic.doctor);
    invite(&clinic, &admin, doctor, MEERA).await.expect("invited");
    let link = clinic.mailed_link(MEERA).await;
    let port = &clinic.ports.invitations;
    port.accept(&clinic.caller(&meera), &link, None).await.expect("accepted");
    let withdrawn = invite(&clinic, &admin, ADMINISTRATOR, "a@example.org").await;
    let withdrawn = withdrawn.expect("invited");
    port.withdraw(&clinic.caller(&admin), withdrawn).await.expect("withdrawn");
    invite(&clinic, &admin, ADMINISTRATOR, "b@example.org").await.expect("invited");

    let delete = || delete_ended(&clinic.app_state);
    clinic.clock.step(Duration::days(90));
    assert_eq!(delete().await.expect("an answer"), 0, "not a day too early");
    clinic.clock.step(Duration::minutes(1));
    assert_eq!(delete().await.expect("an answer"), 2, "the accepted and the withdrawn one");
    clinic.clock.step(Duration::days(7));
    assert_eq!(delete().await.expect("an answer"), 1, "the expired one");
    assert_eq!(clinic.count("select count(*) from invitations").await, 0);
    assert_eq!(account_of(&clinic, clinic.doctor).await, Some(meera.account), "the role stays");
}

#[tokio::test]
async fn an_account_that_is_deleted_leaves_no_invitation_of_its_address() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let meera = proven(&clinic, "Meera").await;
    let (port, caller) = (&clinic.ports.invitations, clinic.caller(&admin));
    let id = invite(&clinic, &admin, ADMINISTRATOR, MEERA).await.expect("invited");
    port.withdraw(&caller, id).await.expect("withdrawn");
    invite(&clinic, &admin, InvitedAs::Doctor(clinic.doctor), MEERA).await.expect("invited");
    let other = invite(&clinic, &admin, ADMINISTRATOR, "other@example.org").await;
    other.expect("invited");

    clinic.ports.accounts.delete(&clinic.caller(&meera)).await.expect("deleted");
    let open = port.invitations(&caller).await.expect("invitations");
    let open: Vec<_> = open.iter().map(|open| open.email.as_str()).collect();
    assert_eq!(open, ["other@example.org"]);
    assert_eq!(clinic.count("select count(*) from invitations").await, 1);
    clinic.dispatcher().run_once().await.expect("relayed");
    let sent = clinic.messages.sent.lock().expect("not poisoned").clone();
    let links = sent.iter().filter(|message| message.body.contains("/invitations/"));
    let links: Vec<_> = links.map(|message| message.to.as_str()).collect();
    assert_eq!(links, ["other@example.org"], "the other message is no longer needed");
}

#[tokio::test]
async fn a_new_invitation_replaces_the_open_one_of_the_profile() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let doctor = InvitedAs::Doctor(clinic.doctor);
    invite(&clinic, &admin, doctor, "wrong@example.org").await.expect("invited");
    let wrong = clinic.mailed_link("wrong@example.org").await;
    invite(&clinic, &admin, doctor, MEERA).await.expect("invited");
    let right = clinic.mailed_link(MEERA).await;
    let visitor = clinic.visitor();
    assert_eq!(how(&clinic, &visitor, &wrong).await, Err(Failure::NotFound));
    assert_eq!(how(&clinic, &visitor, &right).await, Ok(Accept::WithNewAccount));
    let caller = clinic.caller(&admin);
    let shown = clinic.ports.invitations.doctor_sign_in(&caller, clinic.doctor).await;
    let shown = shown.expect("shown");
    assert_eq!(shown.invitation.map(|open| open.email).as_deref(), Some(MEERA));
    assert!(!shown.has_account);
}

#[tokio::test]
async fn a_deadlock_stops_no_acceptance() {
    let clinic = Clinic::open().await;
    let meera = proven(&clinic, "Meera").await;
    let link = invited_doctor(&clinic, MEERA).await;
    clinic.deadlock_once("invitations").await;
    let accepted = clinic.ports.invitations.accept(&clinic.caller(&meera), &link, None).await;
    accepted.expect("accepted the second time");
    assert_eq!(account_of(&clinic, clinic.doctor).await, Some(meera.account));
}

#[tokio::test]
async fn two_acceptances_at_once_have_one_effect() {
    let clinic = Clinic::open().await;
    let link = invited_doctor(&clinic, MEERA).await;
    let (here, there) = (clinic.instance(3), clinic.instance(3));
    let visitor = clinic.visitor();
    let (one, other) = tokio::join!(
        here.invitations.accept(&visitor, &link, newcomer(PASSWORD)),
        there.invitations.accept(&visitor, &link, newcomer(PASSWORD)),
    );
    let (accepted, refused) = if one.is_ok() { (one, other) } else { (other, one) };
    let accepted = accepted.expect("one is accepted");
    assert_eq!(refused, Err(Failure::NotFound), "the other is told that it was used");
    assert_eq!(account_of(&clinic, clinic.doctor).await, Some(accepted.id));
    assert_eq!(clinic.count(ACCOUNTS).await, 1);
    let events = "select count(*) from events where type = 'account.joined'";
    assert_eq!(clinic.count(events).await, 1);
}

#[tokio::test]
async fn a_profile_has_one_account_and_an_account_one_profile() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let meera = proven(&clinic, "Meera").await;
    let doctor = InvitedAs::Doctor(clinic.doctor);
    invite(&clinic, &admin, doctor, MEERA).await.expect("invited");
    let link = clinic.mailed_link(MEERA).await;
    let port = &clinic.ports.invitations;
    port.accept(&clinic.caller(&meera), &link, None).await.expect("accepted");
    let again = invite(&clinic, &admin, doctor, "other@example.org").await;
    assert_eq!(again, Err(Refusal::AlreadyJoined.into()));

    let second = clinic.add_doctor("second").await;
    invite(&clinic, &admin, InvitedAs::Doctor(second), MEERA).await.expect("invited");
    let link = clinic.mailed_link(MEERA).await;
    let refused = port.accept(&clinic.caller(&meera), &link, None).await;
    assert_eq!(refused, Err(Refusal::AlreadyJoined.into()));
    assert_eq!(account_of(&clinic, second).await, None);
    assert_eq!(how(&clinic, &clinic.caller(&meera), &link).await, Ok(Accept::Now), "still open");

    invite(&clinic, &admin, ADMINISTRATOR, MEERA).await.expect("invited");
    let link = clinic.mailed_link(MEERA).await;
    port.accept(&clinic.caller(&meera), &link, None).await.expect("a doctor may administer");
    let again = invite(&clinic, &admin, ADMINISTRATOR, MEERA).await;
    assert_eq!(again, Err(Refusal::AlreadyJoined.into()));
}

#[tokio::test]
async fn a_clinic_keeps_its_last_administrator() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let (port, caller) = (&clinic.ports.invitations, clinic.caller(&admin));
    let last =
        port.remove_member(&caller, clinic.clinic, TeamRole::Administrator, admin.account).await;
    assert_eq!(last, Err(Refusal::LastAdministrator.into()));

    let other = administrator(&clinic, "Other").await;
    let tired = clinic.caller(&long_ago(&clinic, &admin));
    let refused =
        port.remove_member(&tired, clinic.clinic, TeamRole::Administrator, other.account).await;
    assert_eq!(refused, Err(Failure::ProveAgain));
    let nobody = AccountId(Uuid::from_u128(5));
    let unknown = port.remove_member(&caller, clinic.clinic, TeamRole::Administrator, nobody).await;
    assert_eq!(unknown, Err(Failure::NotFound));
    let names: Vec<_> = port.team(&caller).await.expect("administrators");
    let names: Vec<_> = names.iter().map(|one| (one.name.as_str(), one.is_self)).collect();
    assert_eq!(names, [("Administrator", true), ("Other", false)]);

    // Each removes the other at the same time.
    let (here, there) = (clinic.instance(2), clinic.instance(2));
    let (caller, others_caller) = (clinic.caller(&admin), clinic.caller(&other));
    let (one, two) = tokio::join!(
        here.invitations.remove_member(
            &caller,
            clinic.clinic,
            TeamRole::Administrator,
            other.account
        ),
        there.invitations.remove_member(
            &others_caller,
            clinic.clinic,
            TeamRole::Administrator,
            admin.account
        ),
    );
    let answers = [one, two];
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert!(answers.contains(&Err(Refusal::LastAdministrator.into())), "{answers:?}");
    assert_eq!(clinic.count("select count(*) from staff").await, 1);
    let left = "select count(*) from events where type = 'account.left'";
    assert_eq!(clinic.count(left).await, 1);

    let operator = proven(&clinic, "Operator").await;
    let operator = SignedIn { administers: Administers::Everything, ..operator };
    let rest = port.team(&clinic.caller(&operator)).await.expect("administrators");
    let rest = rest.first().expect("one is left").account;
    let removed = port
        .remove_member(&clinic.caller(&operator), clinic.clinic, TeamRole::Administrator, rest)
        .await;
    removed.expect("the operator can invite another one");
    assert_eq!(clinic.count("select count(*) from staff").await, 0);
}

#[tokio::test]
async fn who_is_removed_does_not_come_back_by_an_invitation_of_their_own() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let other = administrator(&clinic, "Other").await;
    invite(&clinic, &other, ADMINISTRATOR, MEERA).await.expect("invited");
    let own = clinic.mailed_link(MEERA).await;
    invite(&clinic, &admin, ADMINISTRATOR, "ravi@example.org").await.expect("invited");
    let port = &clinic.ports.invitations;
    let caller = clinic.caller(&admin);
    port.remove_member(&caller, clinic.clinic, TeamRole::Administrator, other.account)
        .await
        .expect("removed");
    let joined = port.accept(&clinic.visitor(), &own, newcomer(PASSWORD)).await;
    assert!(joined.is_err(), "the invitation ended with its sender's role");
    let open =
        "select count(*) from invitations where accepted_at is null and withdrawn_at is null";
    assert_eq!(clinic.count(open).await, 1, "that of the other administrator counts");
    assert_eq!(clinic.count("select count(*) from staff").await, 1);
}

#[tokio::test]
async fn removing_a_doctors_sign_in_needs_a_recent_proof() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let meera = proven(&clinic, "Meera").await;
    let doctor = InvitedAs::Doctor(clinic.doctor);
    invite(&clinic, &admin, doctor, MEERA).await.expect("invited");
    let link = clinic.mailed_link(MEERA).await;
    let (port, caller) = (&clinic.ports.invitations, clinic.caller(&admin));
    port.accept(&clinic.caller(&meera), &link, None).await.expect("accepted");
    let cookie = clinic.cookie(&meera).await;
    let base = clinic.serve().await;
    assert_eq!(get_page(&base, "/calendar", &cookie).await.0, 200, "it counts at once");
    let shown = port.doctor_sign_in(&caller, clinic.doctor).await.expect("shown");
    assert_eq!(shown.email.as_deref(), Some(MEERA));

    let tired = clinic.caller(&long_ago(&clinic, &admin));
    assert_eq!(port.unlink_doctor(&tired, clinic.doctor).await, Err(Failure::ProveAgain));
    let outsider = port.unlink_doctor(&clinic.caller(&meera), clinic.doctor).await;
    assert_eq!(outsider, Err(Failure::NotFound));
    assert_eq!(account_of(&clinic, clinic.doctor).await, Some(meera.account));

    port.unlink_doctor(&caller, clinic.doctor).await.expect("removed");
    assert_eq!(account_of(&clinic, clinic.doctor).await, None);
    assert_eq!(get_page(&base, "/calendar", &cookie).await.0, 403, "and ends at once");
    port.unlink_doctor(&caller, clinic.doctor).await.expect("nothing is left to do");
    let left = "select count(*) from events where type = 'account.left'";
    assert_eq!(clinic.count(left).await, 1);
    assert_eq!(how(&clinic, &clinic.caller(&meera), &link).await, Err(Failure::NotFound));
    invite(&clinic, &admin, doctor, MEERA).await.expect("invited again");
}

#[tokio::test]
async fn an_account_sends_twenty_invitations_an_hour_at_most() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    for n in 0..20 {
        let address = format!("invited-{n}@example.org");
        invite(&clinic, &admin, ADMINISTRATOR, &address).await.expect("invited");
    }
    let more = invite(&clinic, &admin, ADMINISTRATOR, MEERA).await;
    assert!(matches!(more, Err(Failure::TooManyTries { .. })), "{more:?}");
    assert_eq!(clinic.count("select count(*) from invitations").await, 20);
}

#[tokio::test]
async fn opening_the_link_changes_nothing_and_its_form_signs_in() {
    let clinic = Clinic::open().await;
    let link = invited_doctor(&clinic, MEERA).await;
    let base = clinic.serve().await;
    let path = format!("/invitations/{link}");
    let mut jar = CookieJar::default();
    for _ in 0..2 {
        let (status, to, _) = jar.open(&base, &path).await;
        assert_eq!((status, to.as_str()), (303, "/invitation"), "the secret leaves the address");
        let (status, to, text) = jar.open(&base, &to).await;
        assert_eq!((status, to.as_str()), (200, ""));
        assert!(text.contains(MEERA) && text.contains("/fn/join"), "{text}");
        assert!(!text.contains(&path), "nor does any link of the page have it: {text}");
    }
    assert_eq!(clinic.count(ACCOUNTS).await, 0);
    let fields = [("link", link.as_str()), ("name", "Meera Naik"), ("password", PASSWORD)];
    let to = jar.submit(&base, ("/fn/join", "/invitation"), &fields).await;
    assert!(to.starts_with("/sign-in") && !jar.has("nadi_invitation"), "{to}");
    let (_, to, _) = jar.open(&base, &to).await;
    assert_eq!(to, "/calendar?welcome=joined", "a doctor is led to the calendar");
    let (status, _, text) = jar.open(&base, &to).await;
    assert_eq!(status, 200);
    assert!(text.contains("Invitation accepted. You can now see your appointments"), "{text}");

    // Without a session, the used link says so.
    let (status, _, text) = CookieJar::default().open(&base, &path).await;
    assert_eq!(status, 404);
    assert!(!text.contains(MEERA), "{text}");
}
