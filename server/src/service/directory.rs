//! Finding a doctor and a free time. Open to everyone, so nothing here asks who is calling.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use nadi::Failure;
use nadi::actor::Caller;
use nadi::appointment::Refusal;
use nadi::calendar::Moment;
use nadi::ids::{CityId, DoctorId, LocationId, SlotId, SpecialtyId, VisitTypeId};
use nadi::input::Slug;
use nadi::ports::{
    Answer, City, Directory, DoctorCard, DoctorKey, DoctorPage, DoctorProfile, DoctorQuery,
    FreeTime, FreeTimesQuery, Page, Place, Specialty, VisitKind,
};
use nadi::visit::Fee;
use uuid::Uuid;

use super::{Outcome, answer, mode, offset_of, page_number, slug, zone};
use crate::engine::Engine;
use crate::store::directory::{self as store, Filter, PlaceRow};
use crate::store::free_times::{self as times, FreeRow};
use crate::store::wishes;

const PAGE_SIZE: u32 = 20;
const PAGE_SIZE_MAX: u32 = 100;
const NEXT_TIMES_EACH: i64 = 6;
const WORDS_MAX: usize = 8;
const RANGE_DAYS_MAX: i64 = 62;

pub struct DirectoryService {
    engine: Engine,
}

impl DirectoryService {
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }

    async fn connection(&self) -> sqlx::Result<sqlx::pool::PoolConnection<sqlx::Postgres>> {
        self.engine.read.0.acquire().await
    }

    async fn search_doctors(&self, caller: &Caller, query: &DoctorQuery) -> Outcome<DoctorPage> {
        let patterns: Vec<String> = query
            .text
            .as_deref()
            .unwrap_or_default()
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|word| !word.is_empty())
            .take(WORDS_MAX)
            .map(contains)
            .collect();
        let filter = Filter {
            patterns: &patterns,
            specialty: slug_asked(&query.specialty),
            city: slug_asked(&query.city),
            mode: query.mode,
            date: query.date,
        };
        let size = match query.page_size {
            0 => PAGE_SIZE,
            size => size.min(PAGE_SIZE_MAX),
        };
        let offset = offset_of(query.page, size);
        let mut connection = self.connection().await?;
        let rows = store::search(&mut connection, &filter, caller.now, size.into(), offset).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut places: HashMap<Uuid, Place> = HashMap::new();
        for row in store::places(&mut connection, &ids).await? {
            let doctor = row.doctor_id;
            let place = place_of(row)?;
            places.entry(doctor).or_insert(place);
        }
        let mut times: HashMap<Uuid, Vec<FreeTime>> = HashMap::new();
        let free =
            times::next_free(&mut connection, &ids, &filter, caller.now, NEXT_TIMES_EACH).await?;
        for row in free {
            times.entry(row.doctor_id).or_default().push(free_time_of(row)?);
        }
        let total = rows.first().map_or(0, |row| row.total);
        let items = rows
            .into_iter()
            .map(|row| {
                let next_times = times.remove(&row.id).unwrap_or_default();
                // Where the next time is; the main place when there is none.
                let place = next_times.first().map(|time| time.place.clone());
                Ok(DoctorCard {
                    id: DoctorId(row.id),
                    slug: slug(&row.slug)?,
                    name: row.name,
                    specialties: row.specialties,
                    place: place.or_else(|| places.remove(&row.id)),
                    languages: row.languages,
                    fee: Fee { minor_units: row.fee_minor_units, currency: row.currency },
                    video: row.video,
                    next_times,
                })
            })
            .collect::<Outcome<Vec<_>>>()?;
        Ok(Page { items, total, number: page_number(query.page), size })
    }

    async fn find_profile(&self, wanted: &DoctorKey) -> Outcome<DoctorProfile> {
        let mut connection = self.connection().await?;
        let row = match wanted {
            DoctorKey::Slug(slug) => store::profile(&mut connection, slug.as_str()).await?,
            DoctorKey::Id(id) => store::profile_by_id(&mut connection, *id).await?,
        }
        .ok_or(Failure::NotFound)?;
        let places = store::places(&mut connection, &[row.id]).await?;
        let kinds = store::visit_kinds(&mut connection, row.clinic_id).await?;
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
        })
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
        let filter = times::TimesFilter {
            doctor: query.doctor,
            from,
            until,
            from_date: query.from.day(),
            until_date: query.until.day(),
            location: query.location,
            mode: query.mode,
            slot_span: query.slot_span,
        };
        let mut connection = self.connection().await?;
        let rows = times::free_times(&mut connection, &filter, caller.now).await?;
        rows.into_iter().map(free_time_of).collect()
    }

    async fn one_time(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        slot: SlotId,
        span: i16,
    ) -> Outcome<FreeTime> {
        let now = caller.now;
        // Someone is about to take it: look where it is decided.
        let mut connection = self.engine.write.0.acquire().await?;
        if let Some(row) = times::free_time(&mut connection, doctor, slot, span, now).await? {
            return free_time_of(row);
        }
        let facts =
            wishes::slot_facts(&mut connection, slot, span, Some(doctor), None, now).await?;
        Err(match facts {
            Some(facts) if facts.starts_at <= caller.now => Refusal::InThePast,
            Some(facts) if facts.offered && facts.seats_free <= 0 => Refusal::Taken,
            _ => Refusal::NotOffered,
        }
        .into())
    }
}

/// A slug to narrow by. One that cannot be any is looked for by a name that nothing has.
fn slug_asked(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(|text| if Slug::parse(text).is_some() { text } else { "-" })
}

/// A word as an `ilike` pattern that contains it, its own wildcards taken literally.
fn contains(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for c in word.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn place_of(row: PlaceRow) -> Outcome<Place> {
    Ok(Place {
        id: LocationId(row.id),
        name: row.name,
        address: row.address,
        city: row.city,
        zone: zone(&row.time_zone)?,
    })
}

fn free_time_of(row: FreeRow) -> Outcome<FreeTime> {
    Ok(FreeTime {
        slot: SlotId(row.id),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        local_date: row.local_date,
        place: Place {
            id: LocationId(row.location_id),
            name: row.location_name,
            address: row.location_address,
            city: row.city,
            zone: zone(&row.time_zone)?,
        },
        mode: mode(&row.mode)?,
        seats_free: row.seats_free,
    })
}

#[async_trait]
impl Directory for DirectoryService {
    async fn specialties(&self, _caller: &Caller) -> Answer<Vec<Specialty>> {
        let load = async {
            let rows = store::specialties(&mut *self.connection().await?).await?;
            Ok(rows
                .into_iter()
                .map(|row| Specialty {
                    id: SpecialtyId(row.id),
                    slug: row.slug,
                    name: row.name,
                    tradition: row.tradition,
                    summary: row.summary,
                    doctors: row.doctors,
                })
                .collect())
        };
        answer("list specialties", load.await)
    }

    async fn cities(&self, _caller: &Caller) -> Answer<Vec<City>> {
        let load = async {
            let rows = store::cities(&mut *self.connection().await?).await?;
            Ok(rows
                .into_iter()
                .map(|row| City {
                    id: CityId(row.id),
                    slug: row.slug,
                    name: row.name,
                    country: row.country,
                    doctors: row.doctors,
                })
                .collect())
        };
        answer("list cities", load.await)
    }

    async fn search(&self, caller: &Caller, query: &DoctorQuery) -> Answer<DoctorPage> {
        answer("search doctors", self.search_doctors(caller, query).await)
    }

    async fn doctor(&self, _caller: &Caller, key: &DoctorKey) -> Answer<DoctorProfile> {
        answer("show doctor", self.find_profile(key).await)
    }

    async fn free_times(&self, caller: &Caller, query: &FreeTimesQuery) -> Answer<Vec<FreeTime>> {
        answer("free times", self.times(caller, query).await)
    }

    fn mark(&self, doctor: DoctorId) -> String {
        self.engine.changes.mark(doctor)
    }

    async fn next_free_date(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        from: NaiveDate,
        span: i16,
    ) -> Answer<Option<NaiveDate>> {
        let load = async {
            let mut connection = self.connection().await?;
            Ok(times::next_free_date(&mut connection, doctor, from, span, caller.now).await?)
        };
        answer("next free date", load.await)
    }

    async fn nearest_free(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        to: DateTime<Utc>,
        span: i16,
        limit: u8,
    ) -> Answer<Vec<FreeTime>> {
        let load = async {
            let mut connection = self.connection().await?;
            let rows =
                times::nearest_free(&mut connection, doctor, to, span, limit.into(), caller.now)
                    .await?;
            rows.into_iter().map(free_time_of).collect()
        };
        answer("nearest free times", load.await)
    }

    async fn free_time(
        &self,
        caller: &Caller,
        doctor: DoctorId,
        slot: SlotId,
        span: i16,
    ) -> Answer<FreeTime> {
        answer("one free time", self.one_time(caller, doctor, slot, span).await)
    }
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn wildcards_are_taken_literally() {
        assert_eq!(contains("100%_\\"), "%100\\%\\_\\\\%");
    }
}
