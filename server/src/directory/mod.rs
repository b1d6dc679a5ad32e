//! Finding a doctor and a free time. Open to everyone, so nothing here asks who is calling but what concerns
//! an appointment of theirs.

mod caches;
pub(crate) mod filter_counts;
pub mod index_refresh;
pub mod index_updater;
mod is_listed;
pub(crate) mod search;
pub mod search_words;
pub mod store;
pub(crate) mod suggestions;
mod view;
pub mod warm_up;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use nadi::Failure;
use nadi::actor::ActingRole;
use nadi::actor::Caller;
use nadi::calendar::Moment;
use nadi::ids::{DoctorId, SlotId, VisitTypeId};
use nadi::input::Slug;
use nadi::ports::{
    Answer, City, Directory, DoctorKey, DoctorPage, DoctorProfile, DoctorQuery, FreeTime,
    FreeTimesQuery, Specialty, TimesFor, VisitKind,
};
use nadi::suggest::Suggestion;
use nadi::visit::Fee;
use sqlx::PgConnection;

// For other capabilities and commands.
pub use crate::directory::is_listed::listed_doctor;

use crate::bookings;
use crate::cache::read_cache::Dependencies;
use crate::directory::caches::DirectoryCaches;
use crate::directory::store::free_times as times;
use crate::directory::store::profiles;
use crate::directory::view::{free_time_of, place_of};
use crate::state::AppState;
use crate::use_case::{Outcome, answer, rating_of, slug};

const RANGE_DAYS_MAX: i64 = 62;

#[derive(Clone)]
pub struct DirectoryService {
    pub(super) app_state: AppState,
    pub(in crate::directory) caches: Arc<DirectoryCaches>,
}

impl DirectoryService {
    pub fn new(app_state: AppState) -> Self {
        let caches = Arc::new(DirectoryCaches::new(&app_state.cache_context));
        Self { caches, app_state }
    }

    pub(super) async fn connection(
        &self,
    ) -> sqlx::Result<sqlx::pool::PoolConnection<sqlx::Postgres>> {
        self.app_state.read.0.acquire().await
    }

    async fn cached_profile(&self, wanted: &DoctorKey) -> Answer<Arc<DoctorProfile>> {
        let load = || {
            let (app_state, wanted) = (self.app_state.clone(), wanted.clone());
            async move {
                let profile = answer("show doctor", find_profile(&app_state, &wanted).await)?;
                let dependencies = Dependencies::doctor(profile.id);
                Ok((profile, dependencies))
            }
        };
        self.caches.profiles.get(wanted, load).await
    }

    async fn times(&self, caller: &Caller, query: &FreeTimesQuery) -> Outcome<Vec<FreeTime>> {
        // Dates are the location's, which is at most 14 hours away from UTC: a day wider holds them all.
        let (day, instant) = (Duration::days(1), Moment::instant);
        let start = |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc();
        let widest = |moment: Moment, slack: Duration| {
            instant(moment).or(moment.day().map(|date| start(date) + slack)).unwrap_or(caller.now)
        };
        let from = widest(query.from, -day);
        let until = widest(query.until, day).min(from + Duration::days(RANGE_DAYS_MAX + 2));
        let (mut connection, times_for) = self.asking(caller, query.times_for).await?;
        let filter = times::TimesFilter {
            doctor: query.doctor,
            from,
            until,
            from_date: query.from.day(),
            until_date: query.until.day(),
            location: query.location,
            mode: query.mode,
            times_for,
        };
        let rows = times::free_times(&mut connection, &filter, caller.now).await?;
        rows.into_iter().map(free_time_of).collect()
    }

    async fn one_time(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        slot: SlotId,
        wanted: TimesFor,
    ) -> Outcome<FreeTime> {
        let now = caller.now;
        let (connection, times_for) = self.asking(caller, wanted).await?;
        drop(connection);
        // Someone is about to take it: look where it is decided.
        let mut connection = self.app_state.write.0.acquire().await?;
        if let Some(row) = times::free_time(&mut connection, doctor, slot, times_for, now).await? {
            return free_time_of(row);
        }
        Err(bookings::why_not_free(&mut connection, doctor, slot, wanted, now).await?.into())
    }

    /// What free times are asked for, and where: those for a move of the caller's own appointment are read
    /// where it was just written.
    async fn asking(
        &self,
        caller: &Caller,
        wanted: TimesFor,
    ) -> Outcome<(sqlx::pool::PoolConnection<sqlx::Postgres>, times::TimesFor)> {
        let appointment = match wanted {
            TimesFor::NewVisit { slot_span: span } => {
                return Ok((self.connection().await?, times::TimesFor::NewVisit { span }));
            }
            TimesFor::Move(id) => id,
        };
        let mut connection = self.app_state.write.0.acquire().await?;
        let role = bookings::role_to_move(&mut connection, caller, appointment).await?;
        let by_clinic = role != ActingRole::Patient;
        Ok((connection, times::TimesFor::Move { appointment, by_clinic }))
    }

    async fn unlisted(&self, caller: &Caller, key: &DoctorKey) -> Outcome<DoctorProfile> {
        let account = caller.own_account().map_err(|_| Failure::NotFound)?.account;
        let mut connection = self.app_state.write.0.acquire().await?;
        let row = match key {
            DoctorKey::Slug(slug) => {
                profiles::unlisted_with(&mut connection, slug.as_str(), account).await?
            }
            DoctorKey::Id(id) => {
                profiles::unlisted_with_by_id(&mut connection, *id, account).await?
            }
        };
        profile_of(&mut connection, row.ok_or(Failure::NotFound)?).await
    }
}

async fn find_profile(app_state: &AppState, wanted: &DoctorKey) -> Outcome<DoctorProfile> {
    let mut connection = app_state.read.0.acquire().await?;
    let row = match wanted {
        DoctorKey::Slug(slug) => profiles::profile(&mut connection, slug.as_str()).await?,
        DoctorKey::Id(id) => profiles::profile_by_id(&mut connection, *id).await?,
    }
    .ok_or(Failure::NotFound)?;
    profile_of(&mut connection, row).await
}

async fn profile_of(
    connection: &mut PgConnection,
    row: profiles::ProfileRow,
) -> Outcome<DoctorProfile> {
    let places = profiles::places(connection, &[row.id]).await?;
    let kinds = profiles::visit_kinds(connection, row.clinic_id).await?;
    let video = places.iter().any(|place| place.video);
    Ok(DoctorProfile {
        id: DoctorId(row.id),
        slug: slug(&row.slug)?,
        name: row.name,
        specialties: row.specialties,
        qualifications: row.qualifications,
        bio: row.bio,
        languages: row.languages,
        fee: Fee { minor_units: row.fee_minor_units, currency: row.currency },
        places: places.into_iter().map(place_of).collect::<Outcome<Vec<_>>>()?,
        video,
        clinic: row.clinic,
        cancel_notice_minutes: row.cancel_notice_minutes,
        visit_kinds: kinds
            .into_iter()
            .map(|kind| VisitKind {
                id: VisitTypeId(kind.id),
                name: kind.name,
                slot_span: kind.slot_span,
                is_default: kind.is_default,
            })
            .collect(),
        rating: rating_of(row.reviews, row.stars_sum),
    })
}

#[async_trait]
impl Directory for DirectoryService {
    async fn specialties(&self, _caller: &Caller) -> Answer<Vec<Specialty>> {
        answer("list specialties", self.list_specialties().await)
    }

    async fn cities(&self, _caller: &Caller) -> Answer<Vec<City>> {
        answer("list cities", self.list_cities().await)
    }

    async fn languages(&self, _caller: &Caller) -> Answer<Vec<String>> {
        answer("list languages", self.list_languages().await)
    }

    async fn search(&self, caller: &Caller, query: &DoctorQuery) -> Answer<DoctorPage> {
        answer("search doctors", self.search_doctors(caller, query).await)
    }

    async fn suggest(&self, _caller: &Caller, text: &str) -> Answer<Vec<Suggestion>> {
        answer("suggest", self.suggestions(text).await)
    }

    async fn listed(&self, most: u32) -> Answer<Vec<Slug>> {
        let load = async {
            let mut connection = self.connection().await?;
            let slugs = profiles::listed_slugs(&mut connection, most.into()).await?;
            slugs.iter().map(|text| slug(text)).collect()
        };
        answer("listed doctors", load.await)
    }

    async fn doctor(&self, _caller: &Caller, key: &DoctorKey) -> Answer<DoctorProfile> {
        self.cached_profile(key).await.map(Arc::unwrap_or_clone)
    }

    async fn own_unlisted_doctor(&self, caller: &Caller, key: &DoctorKey) -> Answer<DoctorProfile> {
        answer("show unlisted doctor", self.unlisted(caller, key).await)
    }

    async fn free_times(&self, caller: &Caller, query: &FreeTimesQuery) -> Answer<Vec<FreeTime>> {
        answer("free times", self.times(caller, query).await)
    }

    fn mark(&self, doctor: DoctorId) -> String {
        self.app_state.invalidation.version(doctor)
    }

    async fn next_free_date(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        from: NaiveDate,
        times_for: TimesFor,
    ) -> Answer<Option<NaiveDate>> {
        let load = async {
            let (mut connection, times_for) = self.asking(caller, times_for).await?;
            Ok(times::next_free_date(&mut connection, doctor, from, times_for, caller.now).await?)
        };
        answer("next free date", load.await)
    }

    async fn nearest_free(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        to: DateTime<Utc>,
        times_for: TimesFor,
        limit: u8,
    ) -> Answer<Vec<FreeTime>> {
        let load = async {
            let (mut connection, times_for) = self.asking(caller, times_for).await?;
            let (limit, now) = (limit.into(), caller.now);
            let rows =
                times::nearest_free(&mut connection, doctor, to, times_for, limit, now).await?;
            rows.into_iter().map(free_time_of).collect()
        };
        answer("nearest free times", load.await)
    }

    async fn free_time(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        slot: SlotId,
        times_for: TimesFor,
    ) -> Answer<FreeTime> {
        answer("one free time", self.one_time(caller, doctor, slot, times_for).await)
    }
}
