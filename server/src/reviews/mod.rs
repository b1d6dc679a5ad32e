//! Reviews: written by the account that booked the visit, answered by its doctor, hidden by its clinic. The doctor's
//! rating is updated in the same transaction.

mod store;

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Datelike, Utc};
use nadi::actor::{ActingRole, Caller};
use nadi::appointment::Refusal;
use nadi::audit::Viewed;
use nadi::events::{NewEvent, ReviewData, ReviewEvent};
use nadi::failure::{Failure, Field};
use nadi::formatting;
use nadi::ids::{AccountId, AppointmentId, DoctorId, ReviewId};
use nadi::input::{line, optional_lines};
use nadi::local_time::LocalTime;
use nadi::permissions::{Permission, Target};
use nadi::ports::{
    Answer, DoctorKey, DoctorOwnReviews, DoctorReviews, Hidden, OwnReview, Page, PublicReview,
    ReviewForm, ReviewView, Reviews, Seen, Written,
};
use nadi::review::{
    REASON_CHARS_MAX, Stars, TEXT_CHARS_MAX, may_review, public_name, review_until,
};
use sqlx::PgConnection;
use uuid::Uuid;

pub use crate::reviews::store::ENCRYPTED;

use crate::accounts;
use crate::audit::Viewer;
use crate::clinic::scope;
use crate::directory::{index_refresh, listed_doctor};
use crate::events;
use crate::events::Author;
use crate::ids::uuid_v7;
use crate::permission_checks::PermissionChecks as _;
use crate::reviews::store::{Locked, ReviewContent, Row};
use crate::state::AppState;
use crate::use_case::{Fault, Outcome, answer, offset_of, page_number, slug, state, zone};

const PAGE_SIZE: u32 = 20;
const PAGE_SIZE_MAX: u32 = 100;

pub struct ReviewService {
    app_state: AppState,
}

impl ReviewService {
    pub fn new(app_state: AppState) -> Self {
        Self { app_state }
    }

    async fn public_reviews(
        &self,
        doctor: &DoctorKey,
        page: u32,
        page_size: u32,
    ) -> Outcome<DoctorReviews> {
        let size = page_size.clamp(1, PAGE_SIZE_MAX);
        let mut connection = self.app_state.read.0.acquire().await?;
        let doctor = listed_doctor(&mut connection, doctor).await?.ok_or(Failure::NotFound)?;
        let rating = store::rating(&mut connection, doctor).await?;
        let rows =
            store::shown(&mut connection, doctor, size.into(), offset_of(page, size)).await?;
        drop(connection);
        // The role that reads a replica sees no names.
        let names = names(&mut *self.app_state.write.0.acquire().await?, &rows).await?;
        let items = rows.iter().map(|row| shown(row, &names)).collect::<Outcome<Vec<_>>>()?;
        let page = Page { items, total: rating.reviews.into(), number: page_number(page), size };
        Ok(DoctorReviews { rating, page })
    }

    async fn own_review(&self, caller: &Caller, visit: AppointmentId) -> Outcome<OwnReview> {
        let account = caller.must(Permission::ReviewVisits, &Target::ANY)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let found = store::visit(&mut connection, visit, account.account).await?;
        let found = found.ok_or(Failure::NotFound)?;
        let review = match store::of_visit(&mut connection, visit, account.account).await? {
            Some(row) => Some(view_one(&mut connection, row, false).await?),
            None => None,
        };
        let state = state(&found.state)?;
        Ok(OwnReview {
            review,
            closed: may_review(account, found.sides(), state, found.ends_at, caller.now).err(),
            until: review_until(found.ends_at),
            public_name: public_name(&account.name, false),
        })
    }

    async fn save(
        &self,
        caller: &Caller,
        visit: AppointmentId,
        form: &ReviewForm,
        seen: Option<&Seen>,
    ) -> Outcome<Written> {
        let author = caller.must(Permission::ReviewVisits, &Target::ANY)?;
        let account = author.account;
        let mut transaction = self.app_state.write.begin().await?;
        let found = store::lock_visit(&mut transaction, visit, account).await?;
        let found = found.ok_or(Failure::NotFound)?;
        accounts::lock_account(&mut transaction, account).await?;
        let text = optional_lines(Field::Text, &form.text, TEXT_CHARS_MAX);
        let (stars, text) = both_or_problems(Stars::of(form.stars), text)?;
        let content = ReviewContent { stars, text: &text, anonymous: form.anonymous };
        let state = state(&found.state)?;
        may_review(author, found.sides(), state, found.ends_at, caller.now)?;

        let mut known = store::lock_of_visit(&mut transaction, visit, account).await?;
        let mut created = false;
        if known.is_none() {
            if seen.is_some() {
                return Err(Failure::Stale.into());
            }
            let on = formatting::local_date(found.starts_at, zone(&found.time_zone)?);
            let (id, who) = (ReviewId(uuid_v7(caller.now)), (visit, account));
            created =
                store::insert(&mut transaction, id, who, &found, on, &content, caller.now).await?;
            if created {
                let stars = Some(i32::from(stars.number()));
                update_rating(&mut transaction, found.doctor_id, None, stars).await?;
                let event = (ReviewEvent::Written, id, DoctorId(found.doctor_id));
                record(&mut transaction, caller, event, content.stars.number().into()).await?;
            } else {
                // A second click wrote it first.
                known = store::lock_of_visit(&mut transaction, visit, account).await?;
            }
        }
        if let Some(known) = known {
            created = known.withdrawn && seen.is_none();
            if !known.withdrawn && is_same(&known, &content) {
                // Nothing to do: this is a repeated request.
            } else {
                match seen {
                    None if known.withdrawn => {}
                    None => return Err(Refusal::AlreadyReviewed.into()),
                    Some(_) if known.withdrawn => return Err(Failure::Stale.into()),
                    Some(seen) => must_be_current(seen, &known)?,
                }
                store::rewrite(&mut transaction, known.id, &content, caller.now).await?;
                let before = counted(&known);
                let after = (!known.hidden).then(|| i32::from(stars.number()));
                update_rating(&mut transaction, known.doctor_id, before, after).await?;
                let kind =
                    if known.withdrawn { ReviewEvent::Written } else { ReviewEvent::Changed };
                let event = (kind, ReviewId(known.id), DoctorId(known.doctor_id));
                record(&mut transaction, caller, event, stars.number().into()).await?;
            }
        }
        let row = store::of_visit(&mut transaction, visit, account).await?;
        let row = row.ok_or_else(|| Fault::Broken("a review that was just written".into()))?;
        let review = view_one(&mut transaction, row, false).await?;
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_doctor(DoctorId(found.doctor_id));
        Ok(Written { review, created })
    }

    async fn withdraw_review(
        &self,
        caller: &Caller,
        visit: AppointmentId,
        seen: &Seen,
    ) -> Outcome<()> {
        let account = caller.must(Permission::ReviewVisits, &Target::ANY)?.account;
        let mut transaction = self.app_state.write.begin().await?;
        accounts::lock_account(&mut transaction, account).await?;
        let known = store::lock_of_visit(&mut transaction, visit, account).await?;
        let known = known.filter(|known| !known.withdrawn).ok_or(Failure::NotFound)?;
        must_be_current(seen, &known)?;
        store::withdraw(&mut transaction, known.id, caller.now).await?;
        update_rating(&mut transaction, known.doctor_id, counted(&known), None).await?;
        let event = (ReviewEvent::Withdrawn, ReviewId(known.id), DoctorId(known.doctor_id));
        record(&mut transaction, caller, event, known.stars).await?;
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_doctor(DoctorId(known.doctor_id));
        Ok(())
    }

    async fn of_caller(&self, caller: &Caller, page: u32) -> Outcome<DoctorOwnReviews> {
        let account = caller.must(Permission::AnswerReviews, &Target::ANY)?;
        let doctor = account.doctor_for(Permission::AnswerReviews)?;
        let mut connection = self.app_state.write.0.acquire().await?;
        let rating = store::rating(&mut connection, doctor).await?;
        let total = store::count_of_doctor(&mut connection, doctor).await?;
        let offset = offset_of(page, PAGE_SIZE);
        let rows = store::of_doctor(&mut connection, doctor, PAGE_SIZE.into(), offset).await?;
        let items = views(&mut connection, rows, false).await?;
        let page = Page { items, total, number: page_number(page), size: PAGE_SIZE };
        Ok(DoctorOwnReviews { rating, page })
    }

    async fn set_answer(
        &self,
        caller: &Caller,
        review: ReviewId,
        text: &str,
        seen: &Seen,
    ) -> Outcome<ReviewView> {
        caller.signed_in()?;
        let mut transaction = self.app_state.write.begin().await?;
        let known = store::lock(&mut transaction, review).await?;
        let known = known.filter(|known| !known.withdrawn).ok_or(Failure::NotFound)?;
        caller.must(Permission::AnswerReviews, &known.target())?;
        let text = optional_lines(Field::Answer, text, TEXT_CHARS_MAX)?;
        let text = (!text.is_empty()).then_some(text.as_str());
        if known.answer.as_deref() != text {
            must_be_current(seen, &known)?;
            store::answer(&mut transaction, known.id, text, caller.now).await?;
            let event = (ReviewEvent::Answered, ReviewId(known.id), DoctorId(known.doctor_id));
            record(&mut transaction, caller, event, known.stars).await?;
        }
        let row = store::find(&mut transaction, review).await?.ok_or(Failure::NotFound)?;
        let review = view_one(&mut transaction, row, false).await?;
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_doctor(DoctorId(known.doctor_id));
        Ok(review)
    }

    async fn list_in_clinics(
        &self,
        caller: &Caller,
        only_hidden: bool,
        page: u32,
    ) -> Outcome<Page<ReviewView>> {
        let (_, clinics) = scope(caller, Permission::ModerateReviews)?;
        let clinics = clinics.as_deref();
        let mut connection = self.app_state.write.0.acquire().await?;
        let total = store::count_in_clinics(&mut connection, clinics, only_hidden).await?;
        let (limit, offset) = (PAGE_SIZE.into(), offset_of(page, PAGE_SIZE));
        let rows = store::in_clinics(&mut connection, clinics, only_hidden, limit, offset).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let viewer = Viewer { caller, role: ActingRole::Administrator };
        viewer.record(&mut connection, Viewed::Reviews, &ids).await?;
        let items = views(&mut connection, rows, true).await?;
        Ok(Page { items, total, number: page_number(page), size: PAGE_SIZE })
    }

    async fn decide(
        &self,
        caller: &Caller,
        review: ReviewId,
        reason: Option<&str>,
        seen: &Seen,
    ) -> Outcome<()> {
        let account = caller.must(Permission::ModerateReviews, &Target::ANY)?;
        let mut transaction = self.app_state.write.begin().await?;
        let known = store::lock(&mut transaction, review).await?;
        let known = known.filter(|known| !known.withdrawn).ok_or(Failure::NotFound)?;
        caller.must(Permission::ModerateReviews, &known.target())?;
        let reason = match reason {
            Some(text) => Some(line(Field::Reason, text, REASON_CHARS_MAX)?),
            None => None,
        };
        if reason.is_some() == known.hidden {
            // Nothing to do: it is already hidden or shown as wanted.
            return Ok(());
        }
        must_be_current(seen, &known)?;
        let (id, by) = (uuid_v7(caller.now), account.account);
        store::decide(&mut transaction, known.id, id, reason.as_deref(), by, caller.now).await?;
        let after = reason.is_none().then(|| i32::from(known.stars));
        update_rating(&mut transaction, known.doctor_id, counted(&known), after).await?;
        let kind = if reason.is_some() { ReviewEvent::Hidden } else { ReviewEvent::Shown };
        let event = (kind, ReviewId(known.id), DoctorId(known.doctor_id));
        record(&mut transaction, caller, event, known.stars).await?;
        transaction.commit().await?;
        self.app_state.invalidation.invalidate_doctor(DoctorId(known.doctor_id));
        Ok(())
    }
}

/// Removes the author's name from all reviews of an account that is being deleted. Gives the doctors whose reviews have
/// changed, so that their cached pages can be outdated after the commit.
///
/// # Errors
/// When the database does not answer.
pub async fn make_anonymous(
    connection: &mut PgConnection,
    author: AccountId,
    by: Author,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<DoctorId>> {
    let changed = store::make_anonymous(connection, author).await?;
    let happened: Vec<_> = changed
        .iter()
        .map(|row| {
            let (id, doctor) = (ReviewId(row.id), DoctorId(row.doctor_id));
            NewEvent::review(ReviewEvent::Changed, id, doctor, ReviewData { stars: row.stars })
        })
        .collect();
    events::record_all(connection, &happened, by, now).await?;
    Ok(changed.into_iter().map(|row| DoctorId(row.doctor_id)).collect())
}

/// Records an event about a review in the event log.
async fn record(
    connection: &mut PgConnection,
    caller: &Caller,
    (kind, review, doctor): (ReviewEvent, ReviewId, DoctorId),
    stars: i16,
) -> sqlx::Result<()> {
    let role = match kind {
        ReviewEvent::Written | ReviewEvent::Changed | ReviewEvent::Withdrawn => ActingRole::Patient,
        ReviewEvent::Answered => ActingRole::Doctor,
        ReviewEvent::Hidden | ReviewEvent::Shown => ActingRole::Administrator,
    };
    let event = NewEvent::review(kind, review, doctor, ReviewData { stars });
    events::record(connection, &event, Author::of(caller, role), caller.now).await.map(|_| ())
}

/// Both values, or the problems of both.
fn both_or_problems<A, B>(
    first: Result<A, nadi::FieldProblem>,
    second: Result<B, nadi::FieldProblem>,
) -> Outcome<(A, B)> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (first, second) => {
            let problems = first.err().into_iter().chain(second.err()).collect();
            Err(Failure::Invalid(problems).into())
        }
    }
}

fn is_same(known: &Locked, content: &ReviewContent<'_>) -> bool {
    known.stars == i16::from(content.stars.number())
        && known.text == content.text
        && known.anonymous == content.anonymous
}

fn must_be_current(seen: &Seen, known: &Locked) -> Outcome<()> {
    if seen.admits(known.version) { Ok(()) } else { Err(Failure::Stale.into()) }
}

/// The stars that a review adds to the doctor's rating, if it counts.
fn counted(known: &Locked) -> Option<i32> {
    (!known.hidden && !known.withdrawn).then(|| known.stars.into())
}

/// Updates the doctor's rating from what a review added to it before to what it adds now.
async fn update_rating(
    connection: &mut PgConnection,
    doctor: Uuid,
    before: Option<i32>,
    after: Option<i32>,
) -> Outcome<()> {
    if before != after {
        let reviews = i32::from(after.is_some()) - i32::from(before.is_some());
        let stars = after.unwrap_or(0) - before.unwrap_or(0);
        store::add_to_rating(connection, doctor, reviews, stars).await?;
        index_refresh::refresh_rating(connection, doctor).await?;
    }
    Ok(())
}

type Names = HashMap<AccountId, String>;

/// The names of the authors who are not anonymous, and of those who hid a review.
async fn names(connection: &mut PgConnection, rows: &[Row]) -> Outcome<Names> {
    let named = rows.iter().filter(|row| !row.anonymous);
    let mut accounts: Vec<AccountId> = named.map(|row| AccountId(row.author_id)).collect();
    accounts.extend(rows.iter().filter_map(|row| row.hidden_by).map(AccountId));
    accounts.sort_unstable();
    accounts.dedup();
    Ok(accounts::names_of_accounts(connection, &accounts).await?)
}

async fn view_one(
    connection: &mut PgConnection,
    row: Row,
    for_clinic: bool,
) -> Outcome<ReviewView> {
    let names = names(connection, std::slice::from_ref(&row)).await?;
    view(row, &names, for_clinic)
}

async fn views(
    connection: &mut PgConnection,
    rows: Vec<Row>,
    for_clinic: bool,
) -> Outcome<Vec<ReviewView>> {
    let names = names(connection, &rows).await?;
    rows.into_iter().map(|row| view(row, &names, for_clinic)).collect()
}

fn shown(row: &Row, names: &Names) -> Outcome<PublicReview> {
    let name = names.get(&AccountId(row.author_id)).map(String::as_str).unwrap_or_default();
    let stars = u8::try_from(row.stars).ok();
    Ok(PublicReview {
        name: public_name(name, row.anonymous),
        stars: Stars::of(stars).map_err(|_| Fault::Broken("a number of stars".into()))?,
        text: row.text.clone(),
        visit_month: row.visited_on.with_day(1).unwrap_or(row.visited_on),
        answer: row.answer.clone(),
        changed_since: row.answered_at.is_some_and(|at| row.written_at > at),
    })
}

fn view(row: Row, names: &Names, for_clinic: bool) -> Outcome<ReviewView> {
    let by = row.hidden_by.filter(|_| for_clinic);
    let by = by.and_then(|account| names.get(&AccountId(account)).cloned());
    let shown = shown(&row, names)?;
    let zone = zone(&row.time_zone)?;
    Ok(ReviewView {
        id: ReviewId(row.id),
        appointment: AppointmentId(row.appointment_id),
        doctor_name: row.doctor_name,
        doctor_slug: slug(&row.doctor_slug)?,
        anonymous: row.anonymous,
        version: row.version,
        created_at: row.created_at,
        shown,
        hidden: row.hidden_at.map(|at| Hidden {
            reason: row.hidden_reason.unwrap_or_default(),
            at: LocalTime::new(at, zone),
            by,
        }),
    })
}

#[async_trait]
impl Reviews for ReviewService {
    async fn of_doctor(
        &self,
        _caller: &Caller,
        doctor: &DoctorKey,
        page: u32,
        page_size: u32,
    ) -> Answer<DoctorReviews> {
        answer("reviews of a doctor", self.public_reviews(doctor, page, page_size).await)
    }

    async fn own(&self, caller: &Caller, visit: AppointmentId) -> Answer<OwnReview> {
        answer("one's own review", self.own_review(caller, visit).await)
    }

    async fn reviewed(
        &self,
        caller: &Caller,
        visits: &[AppointmentId],
    ) -> Answer<Vec<AppointmentId>> {
        let load = async {
            let account = caller.must(Permission::ReviewVisits, &Target::ANY)?.account;
            let visits: Vec<Uuid> = visits.iter().map(|visit| visit.0).collect();
            let mut connection = self.app_state.write.0.acquire().await?;
            let found = store::reviewed(&mut connection, account, &visits).await?;
            Ok(found.into_iter().map(AppointmentId).collect())
        };
        answer("reviewed visits", load.await)
    }

    #[tracing::instrument(skip_all, fields(appointment = %visit))]
    async fn write(
        &self,
        caller: &Caller,
        visit: AppointmentId,
        form: &ReviewForm,
        seen: Option<&Seen>,
    ) -> Answer<Written> {
        answer("write a review", self.save(caller, visit, form, seen).await)
    }

    #[tracing::instrument(skip_all, fields(appointment = %visit))]
    async fn withdraw(&self, caller: &Caller, visit: AppointmentId, seen: &Seen) -> Answer<()> {
        answer("withdraw a review", self.withdraw_review(caller, visit, seen).await)
    }

    async fn mine(&self, caller: &Caller, page: u32) -> Answer<DoctorOwnReviews> {
        answer("a doctor's own reviews", self.of_caller(caller, page).await)
    }

    #[tracing::instrument(skip_all, fields(review = %review))]
    async fn answer(
        &self,
        caller: &Caller,
        review: ReviewId,
        text: &str,
        seen: &Seen,
    ) -> Answer<ReviewView> {
        answer("answer a review", self.set_answer(caller, review, text, seen).await)
    }

    async fn in_clinics(
        &self,
        caller: &Caller,
        only_hidden: bool,
        page: u32,
    ) -> Answer<Page<ReviewView>> {
        answer("reviews in clinics", self.list_in_clinics(caller, only_hidden, page).await)
    }

    #[tracing::instrument(skip_all, fields(review = %review))]
    async fn hide(
        &self,
        caller: &Caller,
        review: ReviewId,
        reason: Option<&str>,
        seen: &Seen,
    ) -> Answer<()> {
        answer("hide a review", self.decide(caller, review, reason, seen).await)
    }
}
