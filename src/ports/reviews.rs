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

/// A review as typed. It is validated behind the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewForm {
    pub stars: Option<u8>,
    /// May be empty.
    pub text: String,
    /// Shown as "Patient" instead of by first name and initial.
    pub anonymous: bool,
}

/// A review as the public sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicReview {
    /// `Maria D.`, or `Patient`.
    pub name: String,
    pub stars: Stars,
    pub text: String,
    /// The first day of the month of the visit, in the location's zone.
    pub visit_month: NaiveDate,
    pub answer: Option<String>,
    /// Whether the author changed the review after the answer.
    pub changed_since: bool,
}

/// A page of a doctor's public reviews.
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
    /// Set when the clinic has hidden the review from the public.
    pub hidden: Option<Hidden>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    pub reason: String,
    /// In the clinic's zone.
    pub at: LocalTime,
    /// Who hid it; only set for the clinic.
    pub by: Option<String>,
}

/// The caller's review of a visit, and whether it can be written or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnReview {
    pub review: Option<ReviewView>,
    /// Why it cannot be written or changed now; `None` if it can.
    pub closed: Option<Refusal>,
    pub until: DateTime<Utc>,
    /// The author's name as the public would see it: `Maria D.`.
    pub public_name: String,
}

/// The result of writing a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub review: ReviewView,
    /// Whether the review is new.
    pub created: bool,
}

#[async_trait]
pub trait Reviews: Send + Sync {
    /// The public reviews of a listed doctor, newest first. A page has at most 100.
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

    /// The caller's review of a visit, and whether it may be written or changed.
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

    /// Writes a review or, with `seen`, changes it. Writing the same again changes nothing.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` for a visit that the caller did not book; `Invalid`; `Stale`;
    /// `Refused` with `NotCompleted`, `TooLateToReview`, or `AlreadyReviewed` without `seen`.
    async fn write(
        &self,
        caller: &Caller,
        visit: AppointmentId,
        form: &ReviewForm,
        seen: Option<&Seen>,
    ) -> Answer<Written>;

    /// Deletes the caller's review of a visit. There is no time limit.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` when there is none; `Stale`.
    async fn withdraw(&self, caller: &Caller, visit: AppointmentId, seen: &Seen) -> Answer<()>;

    /// One page (20) of the reviews of the calling doctor, including hidden ones, newest first.
    ///
    /// # Errors
    /// `SignInFirst`; `NotAllowed` for an account that is not a doctor's.
    async fn mine(&self, caller: &Caller, page: u32) -> Answer<DoctorOwnReviews>;

    /// Answers a review or changes the answer; an empty text deletes it. Only the reviewed doctor can
    /// answer.
    ///
    /// # Errors
    /// `SignInFirst`; `NotFound` for a review of another doctor; `Invalid`; `Stale`.
    async fn answer(
        &self,
        caller: &Caller,
        review: ReviewId,
        text: &str,
        seen: &Seen,
    ) -> Answer<ReviewView>;

    /// One page (20) of the reviews in the caller's clinics, newest first.
    ///
    /// # Errors
    /// `SignInFirst`; `NotAllowed` for an account that administers no clinic.
    async fn in_clinics(
        &self,
        caller: &Caller,
        only_hidden: bool,
        page: u32,
    ) -> Answer<Page<ReviewView>>;

    /// Hides a review from the public. Its author, its doctor and the clinic still see it, with the reason.
    /// `None` shows it again. A hidden review does not count in ratings.
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

/// A page of a doctor's own reviews, including hidden ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorOwnReviews {
    pub rating: Rating,
    pub page: Page<ReviewView>,
}
