use uuid::Uuid;

use super::*;
use crate::ids::PersonId;

const OWN: AccountId = AccountId(Uuid::from_u128(1));
const OTHER: AccountId = AccountId(Uuid::from_u128(2));
const DOCTOR: DoctorId = DoctorId(Uuid::from_u128(3));
const COLLEAGUE: DoctorId = DoctorId(Uuid::from_u128(4));
const CLINIC: ClinicId = ClinicId(Uuid::from_u128(5));
const ELSEWHERE: ClinicId = ClinicId(Uuid::from_u128(6));

/// An account that is a patient's and has this role, at [`CLINIC`] if it is one of a clinic.
fn account(role: Role) -> SignedIn {
    let mut account = SignedIn::patient(OWN, PersonId(Uuid::from_u128(7)), "Asha".into());
    match role {
        Role::Patient => {}
        Role::Doctor => account.doctor = Some(DOCTOR),
        Role::Receptionist => account.receptionist_of = vec![CLINIC],
        Role::ClinicAdministrator => account.administers = Administers::Clinics(vec![CLINIC]),
        Role::PlatformAdministrator => account.administers = Administers::Everything,
        Role::Auditor => account.is_auditor = true,
    }
    account
}

#[test]
fn a_permission_reaches_as_far_as_the_table_says() {
    for permission in Permission::ALL {
        let every_patient_has_it = permission.reaches()[0] == Reach::Own;
        for (role, reach) in Role::ALL.into_iter().zip(permission.reaches()) {
            let account = account(role);
            let may = |target| account.may(permission, &target);
            let granted = |granted: bool| if granted { Ok(()) } else { Err(Failure::NotFound) };
            let what = format!("{role:?} {permission:?}");

            let is_wide = matches!(reach, Reach::Clinic | Reach::Everywhere);
            let patients = Target::appointment(OTHER, COLLEAGUE, CLINIC);
            assert_eq!(may(patients), granted(is_wide), "{what}: same clinic");
            let foreign = Target::appointment(OTHER, COLLEAGUE, ELSEWHERE);
            assert_eq!(may(foreign), granted(reach == Reach::Everywhere), "{what}: other clinic");
            let as_patient = Target::appointment(OWN, COLLEAGUE, ELSEWHERE);
            let is_own = every_patient_has_it || reach == Reach::Everywhere;
            assert_eq!(may(as_patient), granted(is_own), "{what}: own as patient");
            let as_doctor = Target::appointment(OTHER, DOCTOR, CLINIC);
            let is_own = role == Role::Doctor && reach == Reach::Own;
            assert_eq!(may(as_doctor), granted(is_own || is_wide), "{what}: own as doctor");

            let any = reach != Reach::Never || every_patient_has_it;
            let expected = if any { Ok(()) } else { Err(Failure::NotAllowed) };
            assert_eq!(may(Target::ANY), expected, "{what}: any");
            let clinics = match reach {
                Reach::Clinic => Ok(Some(vec![CLINIC])),
                Reach::Everywhere => Ok(None),
                Reach::Never | Reach::Own => Err(Failure::NotAllowed),
            };
            assert_eq!(account.clinics_for(permission), clinics, "{what}: clinics");
        }
    }
}

#[test]
fn somebody_with_several_roles_acts_in_the_first_that_may() {
    let caller = |account: &SignedIn| Caller {
        actor: Actor::Account(Box::new(account.clone())),
        now: chrono::DateTime::UNIX_EPOCH,
        request_id: Uuid::nil(),
        device: None,
        network: None,
    };
    let own_visit = Target::appointment(OWN, DOCTOR, CLINIC);
    let mut both = account(Role::Doctor);
    assert_eq!(caller(&both).acting_role_for(&own_visit), Some(ActingRole::Patient));
    let to = |account: &SignedIn, command| caller(account).acting_role_to(command, &own_visit);
    assert_eq!(to(&both, Command::Cancel), Some(ActingRole::Patient));
    assert_eq!(to(&both, Command::CheckIn), Some(ActingRole::Doctor));
    assert_eq!(to(&account(Role::Patient), Command::CheckIn), Some(ActingRole::Patient));

    both = account(Role::Receptionist);
    assert_eq!(to(&both, Command::CheckIn), Some(ActingRole::Receptionist));
    assert_eq!(to(&both, Command::Complete), Some(ActingRole::Patient), "not open to either");
    both.administers = Administers::Everything;
    assert_eq!(to(&both, Command::Complete), Some(ActingRole::Administrator));

    let foreign = Target::appointment(OTHER, COLLEAGUE, ELSEWHERE);
    for role in [Role::Patient, Role::Doctor, Role::Receptionist, Role::Auditor] {
        let caller = caller(&account(role));
        assert_eq!(caller.acting_role_for(&foreign), None, "{role:?}");
        assert_eq!(caller.acting_role_to(Command::Cancel, &foreign), None, "{role:?}");
    }
}

#[test]
fn every_role_but_the_patients_is_one() {
    for role in Role::ALL {
        assert_eq!(account(role).has_roles(), role != Role::Patient, "{role:?}");
    }
}

/// `docs/security.md` has the table, written from this one.
#[test]
fn the_documented_table_is_this_one() {
    let documented = include_str!("../../docs/security.md");
    let lines = Permission::ALL.map(|permission| {
        let cells = permission.reaches().map(|reach| match reach {
            Reach::Never => "–",
            Reach::Own => "own",
            Reach::Clinic => "clinic",
            Reach::Everywhere => "everywhere",
        });
        format!("| `{permission:?}` | {} |", cells.join(" | "))
    });
    let table = lines.join("\n");
    assert!(documented.contains(&table), "expected in docs/security.md:\n{table}");
}
