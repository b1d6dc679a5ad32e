//! Searching for doctors. Lists and counts are cached for a moment; free times never are.

use std::collections::HashMap;
use std::sync::Arc;

use nadi::actor::Caller;
use nadi::ids::{CityId, DoctorId, SpecialtyId};
use nadi::input::Slug;
use nadi::near::Near;
use nadi::ports::{
    City, Counts, DoctorCard, DoctorPage, DoctorQuery, FreeTime, Gender, Page, Place, Specialty,
};
use nadi::search::Cursor;
use nadi::visit::{Fee, Mode};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{DirectoryService, search_words};
use crate::directory::caches::listing_value;
use crate::directory::filter_counts::CountQuery;
use crate::directory::store::free_times::{self as times, Days, Narrowed};
use crate::directory::store::profiles as store;
use crate::directory::store::search::{self as found, Found, Origin, StartAfter, Wanted};
use crate::directory::view::{free_time_of, place_of};
use crate::state::AppState;
use crate::use_case::{Outcome, answer, offset_of, page_number, rating_of, slug};

const PAGE_SIZE: u32 = 20;
const PAGE_SIZE_MAX: u32 = 100;
const NEXT_TIMES_EACH: i64 = 6;

/// The filters of a search. An invalid slug becomes `-`, which nothing has.
fn wanted(query: &DoctorQuery) -> Wanted {
    let slug_or_none = |text: &Option<String>| {
        text.as_ref().map(|text| Slug::parse(text).map_or("-".to_owned(), |slug| slug.to_string()))
    };
    let words = search_words::of_text(query.text.as_deref().unwrap_or_default());
    Wanted {
        stemming: if words.is_empty() { String::new() } else { search_words::stemming() },
        words,
        specialty: slug_or_none(&query.specialty),
        city: slug_or_none(&query.city),
        mode: query.mode.map(Mode::as_str),
        from: query.date,
        until: query.date.and_then(|date| date.succ_opt()),
        evening: query.evening,
        week: query.this_week,
        language: query.language.clone(),
        gender: query.gender.map(Gender::as_str),
        fee_max: query.fee_max,
        rating_min: query.rating_min_tenths.map(|t| i16::try_from(t).unwrap_or(i16::MAX)),
        origin: None,
    }
}

impl DirectoryService {
    pub(super) async fn search_doctors(
        &self,
        caller: &Caller,
        query: &DoctorQuery,
    ) -> Outcome<DoctorPage> {
        let text = query.text.as_deref().unwrap_or_default();
        let mut wanted = wanted(query);
        let size = match query.page_size {
            0 => PAGE_SIZE,
            size => size.min(PAGE_SIZE_MAX),
        };
        let mut connection = self.connection().await?;
        // Read one more than is shown, to know whether there is a next page.
        let from = StartAfter {
            rank: query.after.map_or(-1, |cursor| cursor.rank),
            doctor: query.after.map_or(Uuid::nil(), |cursor| cursor.doctor),
            offset: if query.after.is_some() { 0 } else { offset_of(query.page, size) },
            limit: i64::from(size) + 1,
        };
        // The point to search around; an unknown city finds nobody.
        let mut nowhere = false;
        if let Some(near) = &query.near {
            wanted.origin = match near {
                Near::City(slug) => found::origin_of_city(&mut connection, slug.as_str()).await?,
                Near::Point(point) => {
                    let (latitude, longitude) = point.degrees();
                    Some(Origin { latitude, longitude })
                }
            };
            nowhere = wanted.origin.is_none();
        }
        // A text without any word, such as a row of dots, finds nobody.
        let nobody = nowhere || wanted.words.is_empty() && !text.trim().is_empty();
        let mut rows = Vec::new();
        let mut counts = Counts { known: true, ..Counts::default() };
        let mut instead = None;
        let filter_counts = &self.caches.counts;
        if !nobody {
            rows =
                found::search(&mut connection, &self.caches.strategies, &wanted, from, caller.now)
                    .await?;
            counts =
                filter_counts.totals(&mut self.count(&mut connection, caller), &wanted).await?;
            if rows.is_empty() && counts.total == 0 && !wanted.words.is_empty() {
                let spelled = found::spelled(&mut connection, &wanted.words).await?;
                let spelled: Option<Vec<String>> = spelled.into_iter().collect();
                if let Some(words) = spelled.filter(|words| *words != wanted.words) {
                    wanted.words = words;
                    rows = found::search(
                        &mut connection,
                        &self.caches.strategies,
                        &wanted,
                        from,
                        caller.now,
                    )
                    .await?;
                    counts = filter_counts
                        .totals(&mut self.count(&mut connection, caller), &wanted)
                        .await?;
                    instead = (!rows.is_empty()).then(|| wanted.words.join(" "));
                }
            }
            let mut count = self.count(&mut connection, caller);
            filter_counts.traits(&mut count, &wanted, &mut counts).await?;
        }
        let more = rows.len() > size as usize;
        rows.truncate(size as usize);
        let last = rows.last().map(|row| Cursor { rank: row.rank, doctor: row.doctor_id });
        // This page was just read, so it overrules the count, which may be a moment old.
        let seen = if query.after.is_some() { 0 } else { from.offset };
        let here = i64::try_from(rows.len()).unwrap_or(0);
        if !more && here > 0 && query.after.is_none() {
            counts.total = seen + here;
            counts.known = true;
        }
        counts.total = counts.total.max(seen * i64::from(here > 0) + here + i64::from(more));
        let items = self.cards(&mut connection, &rows, &wanted, caller).await?;
        Ok(DoctorPage {
            page: Page { items, total: counts.total, number: page_number(query.page), size },
            next: last.filter(|_| more),
            instead,
            counts,
        })
    }

    fn count<'a>(&'a self, connection: &'a mut PgConnection, caller: &Caller) -> CountQuery<'a> {
        let listings = self.app_state.invalidation.listings_number();
        CountQuery { connection, pool: &self.app_state.read.0, listings, now: caller.now }
    }

    /// The cards of these doctors, in the order of `rows`, with times that are free now.
    async fn cards(
        &self,
        connection: &mut PgConnection,
        rows: &[Found],
        wanted: &Wanted,
        caller: &Caller,
    ) -> Outcome<Vec<DoctorCard>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = rows.iter().map(|row| row.doctor_id).collect();
        let mut times: HashMap<Uuid, Vec<FreeTime>> = HashMap::new();
        let near: Option<HashMap<Uuid, f64>> = match wanted.origin {
            Some(origin) => {
                let places = found::near_places(connection, &ids, origin).await?;
                Some(places.into_iter().map(|place| (place.location_id, place.km)).collect())
            }
            None => None,
        };
        let locations: Option<Vec<Uuid>> = near.as_ref().map(|near| near.keys().copied().collect());
        let narrowed = Narrowed {
            city: wanted.city.as_deref(),
            mode: wanted.mode,
            locations: locations.as_deref(),
        };
        let days = Days {
            from: wanted.from,
            until: wanted.until,
            evening: wanted.evening,
            week: wanted.week,
        };
        let free = if days.any() {
            times::next_free(connection, &ids, narrowed, &days, caller.now, NEXT_TIMES_EACH).await?
        } else {
            times::still_free(connection, &ids, narrowed, caller.now).await?
        };
        for row in free {
            let doctor = row.doctor_id;
            let of_doctor = times.entry(doctor).or_default();
            if of_doctor.len() < NEXT_TIMES_EACH as usize {
                of_doctor.push(free_time_of(row)?);
            }
        }
        // Doctors without a free time are shown with their main location.
        let without: Vec<Uuid> = ids.iter().filter(|id| !times.contains_key(id)).copied().collect();
        let mut places: HashMap<Uuid, Place> = HashMap::new();
        if !without.is_empty() {
            for row in store::places(connection, &without).await? {
                let doctor = row.doctor_id;
                let place = place_of(row)?;
                places.entry(doctor).or_insert(place);
            }
        }
        let mut cards: HashMap<Uuid, DoctorCard> = HashMap::new();
        for row in found::cards(connection, &ids).await? {
            let next_times = times.remove(&row.id).unwrap_or_default();
            // The location of the next free time; the main location when there is none.
            let place = next_times.first().map(|time| time.place.clone());
            let place = place.or_else(|| places.remove(&row.id));
            let far = near.as_ref().zip(place.as_ref());
            let card = DoctorCard {
                id: DoctorId(row.id),
                slug: slug(&row.slug)?,
                name: row.name,
                specialties: row.specialties,
                distance_km: far.and_then(|(near, place)| near.get(&place.id.0).copied()),
                place,
                languages: row.languages,
                fee: Fee { minor_units: row.fee_minor_units, currency: row.currency },
                video: row.video,
                rating: rating_of(row.reviews, row.stars_sum),
                next_times,
            };
            cards.insert(row.id, card);
        }
        Ok(ids.iter().filter_map(|id| cards.remove(id)).collect())
    }

    pub(super) async fn list_specialties(&self) -> Outcome<Vec<Specialty>> {
        let load = || {
            let app_state = self.app_state.clone();
            async move { answer("list specialties", listing_value(specialties(&app_state).await)) }
        };
        Ok(Arc::unwrap_or_clone(self.caches.specialties.get(&(), load).await?))
    }

    pub(super) async fn list_cities(&self) -> Outcome<Vec<City>> {
        let load = || {
            let app_state = self.app_state.clone();
            async move { answer("list cities", listing_value(cities(&app_state).await)) }
        };
        Ok(Arc::unwrap_or_clone(self.caches.cities.get(&(), load).await?))
    }

    pub(super) async fn list_languages(&self) -> Outcome<Vec<String>> {
        let load = || {
            let app_state = self.app_state.clone();
            async move { answer("list languages", listing_value(languages(&app_state).await)) }
        };
        Ok(Arc::unwrap_or_clone(self.caches.languages.get(&(), load).await?))
    }
}

async fn specialties(app_state: &AppState) -> Outcome<Vec<Specialty>> {
    let rows = store::specialties(&mut *app_state.read.0.acquire().await?).await?;
    let specialty = |row: store::SpecialtyRow| Specialty {
        id: SpecialtyId(row.id),
        slug: row.slug,
        name: row.name,
        tradition: row.tradition,
        summary: row.summary,
        doctors: row.doctors,
    };
    Ok(rows.into_iter().map(specialty).collect())
}

async fn cities(app_state: &AppState) -> Outcome<Vec<City>> {
    let rows = store::cities(&mut *app_state.read.0.acquire().await?).await?;
    let city = |row: store::CityRow| City {
        id: CityId(row.id),
        slug: row.slug,
        name: row.name,
        country: row.country,
        doctors: row.doctors,
    };
    Ok(rows.into_iter().map(city).collect())
}

async fn languages(app_state: &AppState) -> Outcome<Vec<String>> {
    Ok(found::languages(&mut *app_state.read.0.acquire().await?).await?)
}
