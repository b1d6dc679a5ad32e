//! Receptionists join by an invitation, see and change the appointments of their clinic, and nothing else; auditors see
//! nothing about patients. Every route as every role: `role_walk`.

use nadi::Failure;
use nadi::actor::{ActingRole, SignedIn};
use nadi::appointment::Refusal;
use nadi::input::Password;
use nadi::ports::{Accept, AppointmentQuery, Change, InvitedAccount, InvitedAs, TeamRole, Whose};
use server::accounts::{PlatformRole, give_platform_role};
use server::clock::Clock;
use uuid::Uuid;

use crate::invitations::{administrator, invite, proven};
use crate::support::Clinic;
use crate::support::http::get_page;
use crate::support::registration::CookieJar;
use crate::support::sign_ins::{PASSWORD, email};

const RECEPTIONIST: InvitedAs = InvitedAs::Member(TeamRole::Receptionist);
const DESK: &str = "desk@example.org";

/// Invites somebody to the front desk, who makes an account with the link.
async fn receptionist(clinic: &Clinic, by: &SignedIn) -> SignedIn {
    invite(clinic, by, RECEPTIONIST, DESK).await.expect("invited");
    let link = clinic.mailed_link(DESK).await;
    let (port, visitor) = (&clinic.ports.invitations, clinic.visitor());
    let received = port.received(&visitor, &link).await.expect("an invitation");
    assert_eq!((received.invited_as, received.accept), (RECEPTIONIST, Accept::WithNewAccount));
    let password = Password::parse(PASSWORD).expect("a password");
    let new = InvitedAccount { name: "Rosalind Desk".into(), password, locale: "en".into() };
    let joined = port.accept(&visitor, &link, Some(new)).await.expect("accepted");
    let person: Uuid =
        sqlx::query_scalar("select id from people where account_id = $1 and relation = 'self'")
            .bind(joined.id.0)
            .fetch_one(&clinic.pool)
            .await
            .expect("a person");
    let person = nadi::ids::PersonId(person);
    let who = SignedIn::patient(joined.id, person, "Rosalind Desk".into());
    SignedIn { receptionist_of: vec![clinic.clinic], ..who }
}

#[tokio::test]
async fn a_receptionist_joins_works_at_the_front_desk_and_leaves() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    let maria = clinic.patient("Maria Souza").await;
    let visit = clinic.book(&maria, clinic.free(clinic.doctor).await[3]).await;
    let desk = receptionist(&clinic, &admin).await;
    let base = clinic.serve().await;
    let cookie = clinic.cookie(&desk).await;

    // Signing in leads to the clinic's day.
    let mut jar = CookieJar::default();
    let fields = [("email", DESK), ("password", PASSWORD)];
    let to = jar.submit(&base, ("/fn/sign_in", "/sign-in"), &fields).await;
    let (_, to, _) = jar.open(&base, &to).await;
    assert_eq!(to, "/admin/appointments");
    let (status, _, page) = get_page(&base, "/admin/appointments", &cookie).await;
    assert_eq!(status, 200);
    assert!(page.contains("Maria Souza") && page.contains("Front desk"), "{page}");
    assert!(!page.contains("Opening hours") && !page.contains("/admin/team"), "{page}");
    let (_, _, tomorrow) = get_page(&base, "/admin/appointments?date=2026-11-24", &cookie).await;
    assert!(!tomorrow.contains("Maria Souza"), "{tomorrow}");

    // The appointment is theirs to change, but whether it took place is not theirs to say.
    let listed = AppointmentQuery::of(Whose::OfClinic(clinic.clinic));
    let caller = clinic.caller(&desk);
    let listed = clinic.ports.bookings.list(&caller, &listed).await.expect("a list");
    assert_eq!((listed.total, listed.items[0].seen_as), (1, ActingRole::Receptionist));
    clinic.clock.set(listed.items[0].starts_at);
    clinic.change(&desk, visit, &Change::CheckIn).await.expect("checked in");
    let complete = clinic.change(&desk, visit, &Change::Complete).await;
    assert_eq!(complete, Err(Refusal::NotYours.into()));
    let doctor = clinic.doctor_account().await;
    clinic.change(&doctor, visit, &Change::Complete).await.expect("completed");
    let reopen = clinic.change(&desk, visit, &Change::Reopen).await;
    assert_eq!(reopen, Err(Refusal::NotYours.into()), "nor is that it did not");
    let recorded = "select count(*) from events
                    where type = 'appointment.checked_in' and actor = 'receptionist'";
    assert_eq!(clinic.count(recorded).await, 1);
    let joined = "select count(*) from events
                  where type = 'account.joined' and actor = 'receptionist'";
    assert_eq!(clinic.count(joined).await, 1);
    clinic.assert_consistent().await;

    // The patient reads that it was the clinic.
    let (_, _, page) =
        get_page(&base, &format!("/appointments/{visit}"), &clinic.cookie(&maria).await).await;
    assert!(page.contains("The clinic"), "{page}");

    // The administrator sees the receptionist in the team and removes her; that counts at once.
    clinic.clock.set(crate::support::monday_nine());
    let (port, caller) = (&clinic.ports.invitations, clinic.caller(&admin));
    let team = port.team(&caller).await.expect("a team");
    let roles: Vec<_> = team.iter().map(|one| (one.role, one.name.as_str())).collect();
    let expected =
        [(TeamRole::Administrator, "Administrator"), (TeamRole::Receptionist, "Rosalind Desk")];
    assert_eq!(roles, expected);
    let again = invite(&clinic, &admin, RECEPTIONIST, DESK).await;
    assert_eq!(again, Err(Refusal::AlreadyJoined.into()));
    let role = TeamRole::Receptionist;
    let nobody = port.remove_member(&caller, clinic.clinic, role, admin.account).await;
    assert_eq!(nobody, Err(Failure::NotFound), "an administrator is no receptionist");
    port.remove_member(&caller, clinic.clinic, role, desk.account).await.expect("removed");
    let (status, _, page) = get_page(&base, "/admin/appointments", &cookie).await;
    assert_eq!(status, 403);
    assert!(!page.contains("Maria Souza"), "{page}");
}

#[tokio::test]
async fn an_administrator_is_not_invited_to_the_front_desk() {
    let clinic = Clinic::open().await;
    let admin = administrator(&clinic, "Administrator").await;
    administrator(&clinic, "Colleague").await;
    let refused = invite(&clinic, &admin, RECEPTIONIST, "colleague@example.org").await;
    assert_eq!(refused, Err(Refusal::AlreadyJoined.into()));
    // A receptionist may become an administrator.
    receptionist(&clinic, &admin).await;
    let administrator = InvitedAs::Member(TeamRole::Administrator);
    invite(&clinic, &admin, administrator, DESK).await.expect("invited");
}

#[tokio::test]
async fn an_auditor_is_made_by_the_operator_and_sees_no_patients() {
    let clinic = Clinic::open().await;
    let maria = clinic.patient("Maria Souza").await;
    let visit = clinic.book(&maria, clinic.free(clinic.doctor).await[3]).await;
    let alaric = proven(&clinic, "Alaric").await;
    let password = Password::parse(PASSWORD).expect("a password");
    let (address, now) = (email("alaric@example.org"), clinic.clock.now());
    let role = PlatformRole::Auditor;
    let made =
        give_platform_role(&clinic.app_state, role, "Alaric", &address, Some(&password), now);
    assert_eq!(made.await, Ok(alaric.account));
    let made = "select count(*) from events where type = 'account.made_auditor'";
    assert_eq!(clinic.count(made).await, 1);

    let base = clinic.serve().await;
    let cookie = clinic.cookie(&alaric).await;
    for (path, expected) in [
        ("/admin".to_owned(), 403),
        ("/admin/appointments".to_owned(), 403),
        (format!("/appointments/{visit}"), 404),
        ("/appointments".to_owned(), 200),
    ] {
        let (status, _, page) = get_page(&base, &path, &cookie).await;
        assert_eq!(status, expected, "{path}");
        assert!(!page.contains("Maria Souza"), "{path}");
    }
    // Who has a role is not deleted.
    let deleted = clinic.ports.accounts.delete(&clinic.caller(&alaric)).await;
    assert_eq!(deleted, Err(Refusal::StillOnStaff.into()));
}
