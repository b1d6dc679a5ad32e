//! Reviews of completed visits, the doctor's answers, and hiding reviews.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};

use super::{Answer, DoctorKey, Page, Seen};
use crate::actor::Caller;
use crate::appointment::Refusal;
use crate::ids::{AppointmentId, ReviewId};
use crate::input::Slug;
use crate::local_time::LocalTime;
use crate::review::{Rating, Stars};

/// A review as typed; checked behind the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewForm {
    pub stars: Option<u8>,
    /// May be empty.
    pub text: String,
    /// Shown as "Patient" instead of by first name and initial.
    pub anonymous: bool,
}

/// A review as everybody reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicReview {
    /// `Maria D.`, or `Patient`.
    pub name: String,
    pub stars: Stars,
    pub text: String,
    /// The first day of the visit's month, at its place.
    pub visit_month: NaiveDate,
    pub answer: Option<String>,
    /// Its author wrote it anew after the answer.
    pub changed_since: bool,
}

/// A page of what everybody reads of a doctor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorReviews {
    pub rating: Rating,
    pub page: Page<PublicReview>,
}

/// A review as its author, its doctor and the clinic see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewView {
    pub id: ReviewId,
    pub appointment: AppointmentId,
    pub doctor_name: String,
    pub doctor_slug: Slug,
    pub anonymous: bool,
    /// Rises by one with every change.
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub shown: PublicReview,
    /// The clinic's reason. Everybody else does not see the review then.
    pub hidden: Option<Hidden>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    pub reason: String,
    /// By the clinic's clock.
    pub at: LocalTime,
    /// For the clinic: who did it.
    pub by: Option<String>,
}

/// What there is to say about one's own visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnReview {
    pub review: Option<ReviewView>,
    /// Why it cannot be written or changed now.
    pub closed: Option<Refusal>,
    pub until: DateTime<Utc>,
    /// How its author would be named: `Maria D.`.
    pub public_name: String,
}

/// A review that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub review: ReviewView,
    /// It is new.
    pub created: bool,
}

#[async_trait]
pub trait Reviews: Send + Sync {
    /// What everybody reads of a listed doctor, the newest first. A page holds at most 100.
    ///
    /// # Errors
    /// `NotFound` for an unknown or unlisted doctor.
    async fn of_doctor(
        &self,
        caller: &Caller,
        doctor: &DoctorKey,
        page: u32,
        page_size: u32,
    ) -> Answer<DoctorReviews>;

    /// One's own review of a visit, and whether it may be written.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` for a visit that the caller did not book.
    async fn own(&self, caller: &Caller, visit: AppointmentId) -> Answer<OwnReview>;

    /// Which of these visits the caller has reviewed.
    ///
    /// # Errors
    /// `SignInFirst`.
    async fn reviewed(
        &self,
        caller: &Caller,
        visits: &[AppointmentId],
    ) -> Answer<Vec<AppointmentId>>;

    /// Writes a review, or, with what was seen, changes it. The same again changes nothing.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` for a visit that the caller did not book; `Invalid`; `Stale`;
    /// `Refused` with `NotCompleted`, `TooLateToReview`, or `AlreadyReviewed` when nothing was seen.
    async fn write(
        &self,
        caller: &Caller,
        visit: AppointmentId,
        form: &ReviewForm,
        seen: Option<&Seen>,
    ) -> Answer<Written>;

    /// Takes one's own review back, whenever one likes.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` when there is none; `Stale`.
    async fn withdraw(&self, caller: &Caller, visit: AppointmentId, seen: &Seen) -> Answer<()>;

    /// One page (20) of the reviews of the doctor who asks, hidden ones too, the newest first.
    ///
    /// # Errors
    /// `SignInFirst`; `NotAllowed` for whoever is no doctor.
    async fn mine(&self, caller: &Caller, page: u32) -> Answer<DoctorOwnReviews>;

    /// Answers a review, or writes the answer anew; an empty text takes it back. Doctors answer what is
    /// said of them.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` for a review of somebody else; `Invalid`; `Stale`.
    async fn answer(
        &self,
        caller: &Caller,
        review: ReviewId,
        text: &str,
        seen: &Seen,
    ) -> Answer<ReviewView>;

    /// One page (20) of the reviews in the caller's clinics, the newest first.
    ///
    /// # Errors
    /// `SignInFirst`; `NotAllowed` for an account that administers nothing.
    async fn in_clinics(
        &self,
        caller: &Caller,
        only_hidden: bool,
        page: u32,
    ) -> Answer<Page<ReviewView>>;

    /// Hides a review from everybody but its author, its doctor and the clinic, who read why; `None` shows
    /// it again. A hidden review does not count.
    ///
    /// # Errors
    /// `SignInFirst`; `NotAllowed`; `NotFound` for a review of another clinic; `Invalid`; `Stale`.
    async fn hide(
        &self,
        caller: &Caller,
        review: ReviewId,
        reason: Option<&str>,
        seen: &Seen,
    ) -> Answer<()>;
}

/// What a doctor sees of the own reviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorOwnReviews {
    pub rating: Rating,
    pub page: Page<ReviewView>,
}
