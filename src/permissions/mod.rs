//! Who may do what. Services ask here before they touch anything; pages ask the same to decide what to offer.
//!
//! The [table](table) says how far a role has a permission. Whether a command fits the state of an appointment is
//! decided by [`crate::appointment::decide`]. Not for proving who somebody is: see [`SignedIn::must_have_proved`].

mod table;
#[cfg(test)]
mod tests;

pub use table::{Permission, Reach, Role};

use crate::acting_role::ActingRole;
use crate::actor::{Actor, Administers, Caller, SignedIn};
use crate::appointment::Command;
use crate::failure::Failure;
use crate::ids::{AccountId, ClinicId, DoctorId};

/// What a permission is needed for: whose it is, as far as that matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The account that has booked it, or owns it.
    pub account: Option<AccountId>,
    pub doctor: Option<DoctorId>,
    pub clinic: Option<ClinicId>,
}

impl Target {
    /// Nothing in particular: a list, or what is found only among the caller's own.
    pub const ANY: Self = Self { account: None, doctor: None, clinic: None };

    pub fn clinic(clinic: ClinicId) -> Self {
        Self { clinic: Some(clinic), ..Self::ANY }
    }

    /// Something of a doctor of this clinic.
    pub fn doctor(doctor: DoctorId, clinic: ClinicId) -> Self {
        Self { doctor: Some(doctor), ..Self::clinic(clinic) }
    }

    pub fn appointment(booked_by: AccountId, doctor: DoctorId, clinic: ClinicId) -> Self {
        Self { account: Some(booked_by), ..Self::doctor(doctor, clinic) }
    }
}

impl Caller {
    /// Checks a permission as [`SignedIn::may`] does, and returns the account.
    ///
    /// # Errors
    /// [`Failure::SignInFirst`] for a visitor; those of [`SignedIn::may`].
    pub fn may(&self, permission: Permission, target: &Target) -> Result<&SignedIn, Failure> {
        let account = self.signed_in()?;
        account.may(permission, target)?;
        Ok(account)
    }

    /// The account, for something of its own.
    ///
    /// # Errors
    /// [`Failure::SignInFirst`] for a visitor.
    pub fn own_account(&self) -> Result<&SignedIn, Failure> {
        self.may(Permission::UseOwnAccount, &Target::ANY)
    }

    /// In which role the caller sees an appointment, if any.
    pub fn acting_role_for(&self, appointment: &Target) -> Option<ActingRole> {
        match &self.actor {
            Actor::Account(account) => {
                account.acting_role(Permission::SeeAppointments, appointment)
            }
            Actor::Visitor(visitor) => {
                let is_own = visitor.is_some_and(|one| appointment.account == Some(one.account));
                is_own.then_some(ActingRole::Patient)
            }
        }
    }

    /// In which role the caller may give a command for an appointment; if in none, the role in which they see it.
    /// A doctor may also be a patient of their own clinic.
    pub fn acting_role_to(&self, command: Command, appointment: &Target) -> Option<ActingRole> {
        let may_give = match &self.actor {
            Actor::Account(account) => account
                .acting_roles(Permission::ChangeAppointments, appointment)
                .find(|role| command.is_open_to(*role)),
            Actor::Visitor(_) => None,
        };
        may_give.or_else(|| self.acting_role_for(appointment))
    }
}

impl SignedIn {
    /// May this account do that?
    ///
    /// # Errors
    /// [`Failure::NotFound`] for something in particular, so that outsiders do not learn what exists;
    /// [`Failure::NotAllowed`] for [`Target::ANY`].
    pub fn may(&self, permission: Permission, target: &Target) -> Result<(), Failure> {
        match self.roles(permission, target).next() {
            Some(_) => Ok(()),
            None if *target == Target::ANY => Err(Failure::NotAllowed),
            None => Err(Failure::NotFound),
        }
    }

    /// The clinics in which this account has a permission; `None` means every clinic.
    ///
    /// # Errors
    /// [`Failure::NotAllowed`] when there is none.
    pub fn clinics_for(&self, permission: Permission) -> Result<Option<Vec<ClinicId>>, Failure> {
        let mut clinics = Vec::new();
        for (role, reach) in Role::ALL.into_iter().zip(permission.reaches()) {
            match reach {
                Reach::Everywhere if self.has(role) => return Ok(None),
                Reach::Clinic => clinics.extend_from_slice(self.clinics_of(role)),
                Reach::Never | Reach::Own | Reach::Everywhere => {}
            }
        }
        if clinics.is_empty() { Err(Failure::NotAllowed) } else { Ok(Some(clinics)) }
    }

    /// The doctor who this account is, for something of the doctor's own.
    ///
    /// # Errors
    /// [`Failure::NotAllowed`] for an account that is not a doctor's.
    pub fn doctor_for(&self, permission: Permission) -> Result<DoctorId, Failure> {
        self.may(permission, &Target::ANY)?;
        self.doctor.ok_or(Failure::NotAllowed)
    }

    /// The first role in which this account may do that, as events name it.
    pub fn acting_role(&self, permission: Permission, target: &Target) -> Option<ActingRole> {
        self.acting_roles(permission, target).next()
    }

    /// Is it more than a patient's?
    pub fn has_roles(&self) -> bool {
        Role::ALL.into_iter().any(|role| role != Role::Patient && self.has(role))
    }

    fn acting_roles(
        &self,
        permission: Permission,
        target: &Target,
    ) -> impl Iterator<Item = ActingRole> {
        self.roles(permission, target).filter_map(|role| match role {
            Role::Patient => Some(ActingRole::Patient),
            Role::Doctor => Some(ActingRole::Doctor),
            Role::Receptionist => Some(ActingRole::Receptionist),
            Role::ClinicAdministrator | Role::PlatformAdministrator => {
                Some(ActingRole::Administrator)
            }
            Role::Auditor => None,
        })
    }

    /// The roles by which this account has a permission for the target.
    fn roles(&self, permission: Permission, target: &Target) -> impl Iterator<Item = Role> {
        let row = Role::ALL.into_iter().zip(permission.reaches());
        row.filter(move |(role, reach)| self.is_within(*role, *reach, target)).map(|(role, _)| role)
    }

    fn is_within(&self, role: Role, reach: Reach, target: &Target) -> bool {
        match (reach, role) {
            (Reach::Never, _) => false,
            (Reach::Everywhere, _) => self.has(role),
            _ if *target == Target::ANY => self.has(role),
            (Reach::Clinic, _) => {
                target.clinic.is_some_and(|clinic| self.clinics_of(role).contains(&clinic))
            }
            (Reach::Own, Role::Doctor) => target.doctor.is_some() && target.doctor == self.doctor,
            (Reach::Own, _) => target.account == Some(self.account),
        }
    }

    fn has(&self, role: Role) -> bool {
        match role {
            Role::Patient => true,
            Role::Doctor => self.doctor.is_some(),
            Role::Receptionist | Role::ClinicAdministrator => !self.clinics_of(role).is_empty(),
            Role::PlatformAdministrator => self.administers == Administers::Everything,
            Role::Auditor => self.is_auditor,
        }
    }

    fn clinics_of(&self, role: Role) -> &[ClinicId] {
        match (role, &self.administers) {
            (Role::Receptionist, _) => &self.receptionist_of,
            (Role::ClinicAdministrator, Administers::Clinics(clinics)) => clinics,
            _ => &[],
        }
    }
}
