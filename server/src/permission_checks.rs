//! Checks of permissions in use cases. They decide as [`nadi::permissions`] does, and write a line about each refusal,
//! for whoever watches the log. Pages that only ask what to offer use [`nadi::permissions`] itself.

use nadi::Failure;
use nadi::actor::{ActingRole, Caller, SignedIn};
use nadi::permissions::{Permission, Target};
use uuid::Uuid;

use crate::security_log;

pub trait PermissionChecks {
    /// The account, if it may do that.
    ///
    /// # Errors
    /// Those of [`Caller::may`].
    fn must(&self, permission: Permission, target: &Target) -> Result<&SignedIn, Failure>;

    /// The role in which the caller acts on this subject, as it was found for the permission.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when there is none, so that outsiders do not learn what exists.
    fn must_act(
        &self,
        role: Option<ActingRole>,
        permission: Permission,
        subject: Uuid,
    ) -> Result<ActingRole, Failure>;
}

impl PermissionChecks for Caller {
    fn must(&self, permission: Permission, target: &Target) -> Result<&SignedIn, Failure> {
        self.may(permission, target).inspect_err(|_| {
            let doctor = target.doctor.map(|id| id.0);
            let clinic = target.clinic.map(|id| id.0);
            security_log::refused(self, permission, doctor.or(clinic));
        })
    }

    fn must_act(
        &self,
        role: Option<ActingRole>,
        permission: Permission,
        subject: Uuid,
    ) -> Result<ActingRole, Failure> {
        if role.is_none() {
            security_log::refused(self, permission, Some(subject));
        }
        role.ok_or(Failure::NotFound)
    }
}
