//! The public holidays on which a clinic is closed.

use chrono::{Days, NaiveDate};
use nadi::Failure;
use nadi::actor::Caller;
use nadi::events::NewEvent;
use nadi::failure::{Field, Problem};
use nadi::ids::ClinicId;
use nadi::permissions::{Permission, Target};
use nadi::ports::{ClinicHolidays, HolidayRegion, HolidayView};

use super::store;
use super::{AdministrationService, record};
use crate::permission_checks::PermissionChecks as _;
use crate::schedules;
use crate::schedules::holidays;
use crate::use_case::Outcome;

const REGIONS_MAX: usize = 5;
/// Twelve months, plus a few days for holidays that move from year to year.
const DAYS_SHOWN: u64 = 372;

impl AdministrationService {
    pub(super) async fn holidays_of(
        &self,
        caller: &Caller,
        clinic: ClinicId,
    ) -> Outcome<ClinicHolidays> {
        caller.must(Permission::ManageHolidays, &Target::clinic(clinic))?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let observed = store::holiday_regions(&mut connection, clinic).await?;
        let working = store::working_days(&mut connection, clinic).await?;
        let today = caller.now.date_naive();
        let mut days: Vec<holidays::Holiday> = observed
            .iter()
            .flat_map(|region| holidays::between(region, today, today + Days::new(DAYS_SHOWN)))
            .collect();
        days.sort_unstable();
        days.dedup_by_key(|day| day.date);
        let region = |region: &holidays::Region| HolidayRegion {
            code: region.code.to_owned(),
            name: region.name.to_owned(),
        };
        let view = |day: holidays::Holiday| HolidayView {
            date: day.date,
            name: day.name.to_owned(),
            estimated: day.estimated,
        };
        Ok(ClinicHolidays {
            regions: holidays::regions().iter().map(region).collect(),
            kept: observed,
            coming: days.into_iter().map(|day| (view(day), working.contains(&day.date))).collect(),
        })
    }

    pub(super) async fn keep_holidays(
        &self,
        caller: &Caller,
        clinic: ClinicId,
        mut regions: Vec<String>,
        working_days: Vec<NaiveDate>,
    ) -> Outcome<()> {
        caller.must(Permission::ManageHolidays, &Target::clinic(clinic))?;
        regions.sort_unstable();
        regions.dedup();
        if regions.len() > REGIONS_MAX {
            let problem = Problem::OutOfRange { min: 0, max: 5 };
            return Err(Failure::field(Field::Region, problem).into());
        }
        if regions.iter().any(|region| holidays::region(region).is_none()) {
            return Err(Failure::field(Field::Region, Problem::Unknown).into());
        }
        // Only days that are holidays: on any other day the clinic works anyway.
        let today = caller.now.date_naive();
        let until = today + Days::new(DAYS_SHOWN);
        let mut days: Vec<NaiveDate> = regions
            .iter()
            .flat_map(|region| holidays::between(region, today, until))
            .map(|day| day.date)
            .filter(|date| working_days.contains(date))
            .collect();
        days.sort_unstable();
        days.dedup();
        let mut transaction = self.app_state.write.begin().await?;
        store::replace_holidays(&mut transaction, clinic, &regions, &days).await?;
        schedules::mark_clinic_stale(&mut transaction, clinic).await?;
        record(&mut transaction, caller, &NewEvent::holidays_changed(clinic)).await?;
        transaction.commit().await?;
        self.app_state.schedules_changed.notify_one();
        Ok(())
    }
}
