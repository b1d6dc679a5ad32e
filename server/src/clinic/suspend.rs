//! Suspending a doctor: taking them off the list, and cancelling their future appointments.

use nadi::actor::Caller;
use nadi::appointment::Refusal;
use nadi::events::{DoctorEvent, NewEvent};
use nadi::failure::{Failure, Field};
use nadi::ids::{AppointmentId, ClinicId, DoctorId};
use nadi::input::lines;
use nadi::permissions::{Permission, Target};
use nadi::ports::{CancelledComing, Change, DoctorStatus, Seen};

use super::store;
use super::{AdministrationService, doctor_data, record, status};
use crate::directory::index_refresh;
use crate::permission_checks::PermissionChecks as _;
use crate::use_case::Outcome;

/// The most characters of the reason, which patients read.
const REASON_CHARS_MAX: u32 = 300;
/// The most appointments cancelled by one request, so that it is answered in seconds.
const CANCELLED_MAX: i64 = 500;

impl AdministrationService {
    pub(super) async fn suspend(
        &self,
        caller: &Caller,
        id: DoctorId,
        to: DoctorStatus,
    ) -> Outcome<()> {
        caller.must(Permission::ManageDoctors, &Target::ANY)?;
        let mut transaction = self.app_state.write.begin().await?;
        let current = store::doctor(&mut transaction, id).await?.ok_or(Failure::NotFound)?;
        let clinic = ClinicId(current.clinic_id);
        caller.must(Permission::ManageDoctors, &Target::clinic(clinic))?;
        if to == DoctorStatus::Listed || status(&current.status)? != DoctorStatus::Listed {
            return Ok(());
        }
        let Some(version) = store::set_status(&mut transaction, id, to).await? else {
            return Ok(());
        };
        index_refresh::refresh_edited(&mut transaction, id, caller.now).await?;
        let data = doctor_data(clinic, to);
        let event = NewEvent::doctor(DoctorEvent::Changed, id, version, data);
        record(&mut transaction, caller, &event).await?;
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_all();
        Ok(())
    }

    /// Cancels each appointment in a transaction of its own, so that an interruption loses nothing already done.
    pub(super) async fn cancel_all_coming(
        &self,
        caller: &Caller,
        id: DoctorId,
        reason: Option<&str>,
    ) -> Outcome<CancelledComing> {
        caller.must(Permission::ManageDoctors, &Target::ANY)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let current = store::doctor(&mut connection, id).await?.ok_or(Failure::NotFound)?;
        let clinic = ClinicId(current.clinic_id);
        caller.must(Permission::ManageDoctors, &Target::clinic(clinic))?;
        if status(&current.status)? == DoctorStatus::Listed {
            return Err(Refusal::StillListed.into());
        }
        let reason = match reason {
            Some(text) => Some(lines(Field::Reason, text, REASON_CHARS_MAX)?),
            None => None,
        };
        let now = caller.now;
        let only_holds = reason.is_none();
        let coming = store::coming(&mut connection, id, only_holds, now, CANCELLED_MAX).await?;
        drop(connection);
        let mut cancelled = 0;
        for appointment in coming {
            let cancel = Change::Cancel { reason: reason.clone() };
            let id = AppointmentId(appointment);
            match self.bookings.change(caller, id, &cancel, &Seen::Any, None).await {
                Ok(_) => cancelled += 1,
                // It has begun, or was changed in the meantime, so it cannot be cancelled here.
                Err(Failure::Refused(_) | Failure::Invalid(_) | Failure::StillRunning) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        let mut connection = self.app_state.write.0.acquire().await?;
        let left = store::count_coming(&mut connection, id, now).await?;
        Ok(CancelledComing { cancelled, left })
    }
}
