//! Reviews: who may write, answer and hide them and until when, and that the stored rating is their sum even
//! when many people write at once.

mod ratings;
mod writing;

use nadi::Failure;
use nadi::actor::{Administers, SignedIn};
use nadi::ids::{AppointmentId, ClinicId};
use nadi::ports::{DoctorKey, DoctorReviews, ReviewForm, Seen, Written};

use crate::support::Clinic;

fn review_form(stars: u8, text: &str) -> ReviewForm {
    ReviewForm { stars: Some(stars), text: text.into(), anonymous: false }
}

async fn write(
    clinic: &Clinic,
    who: &SignedIn,
    visit: AppointmentId,
    form: &ReviewForm,
    seen: Option<i32>,
) -> Result<Written, Failure> {
    let seen = seen.map(Seen::version);
    clinic.ports.reviews.write(&clinic.caller(who), visit, form, seen.as_ref()).await
}

async fn public_reviews(clinic: &Clinic) -> DoctorReviews {
    let key = DoctorKey::Id(clinic.doctor);
    let found = clinic.ports.reviews.of_doctor(&clinic.visitor(), &key, 1, 10).await;
    found.expect("reviews")
}

fn administrator(of: ClinicId, who: SignedIn) -> SignedIn {
    SignedIn { administers: Administers::Clinics(vec![of]), ..who }
}

/// Fails unless the stored ratings are the sums of the reviews.
async fn assert_ratings_are_sums(clinic: &Clinic) {
    let wrong = "select count(*) from (
                     select doctor_id, count(*) as reviews, sum(stars) as stars from reviews
                     where hidden_at is null and withdrawn_at is null group by doctor_id) r
                 full join doctor_ratings k using (doctor_id)
                 where coalesce(r.reviews, 0) <> coalesce(k.reviews, 0)
                    or coalesce(r.stars, 0) <> coalesce(k.stars_sum, 0)";
    assert_eq!(clinic.count(wrong).await, 0, "a rating that is not the sum of its reviews");
}
