//! Whether the claims on slots and the history of the appointments agree.

use sqlx::PgPool;

/// Fails if the claims and the history of the appointments do not agree.
pub async fn assert_consistent(pool: &PgPool) {
    if let Err(what) = find_inconsistency(pool).await {
        panic!("{what}");
    }
}

/// Returns the first disagreement between the claims and the history of the appointments as an error.
pub async fn find_inconsistency(pool: &PgPool) -> Result<(), String> {
    for (what, sql) in [
        (
            "a standing appointment without its seats",
            "select count(*) from appointments a
             where state in ('pending', 'confirmed', 'checked_in')
               and slot_span <> (select count(*) from seats s where s.appointment_id = a.id)",
        ),
        (
            "a seat that is not on the appointment's slots",
            "select count(*) from seats s
             join slots x on x.id = s.slot_id
             left join appointments a on a.id = s.appointment_id
                  and a.state in ('pending', 'confirmed', 'checked_in')
                  and x.starts_at >= a.starts_at and x.ends_at <= a.ends_at
             where a.id is null",
        ),
        (
            "a person's time that is not the appointment's",
            "select count(*) from patient_times p
             left join appointments a on a.id = p.appointment_id and a.person_id = p.person_id
                  and a.state in ('pending', 'confirmed', 'checked_in')
                  and p.during = tstzrange(a.starts_at, a.ends_at)
             where a.id is null",
        ),
        (
            "more than three holds of one account",
            "select count(*) from (select account_id from patient_times where hold_number is not null
                                   group by account_id having count(*) > 3) x",
        ),
        (
            "a hold without a number, or a confirmed visit with a hold's",
            "select count(*) from patient_times
             where (hold_number is null) <> (held_until = 'infinity') and account_id is not null",
        ),
        (
            "an appointment whose version is not the number of its events",
            "select count(*) from appointments a
             where version <> (select count(*) from events e where e.subject_id = a.id)",
        ),
    ] {
        let found: i64 = sqlx::query_scalar(sql).fetch_one(pool).await.expect("a count");
        if found > 0 {
            return Err(format!("{found} times {what}"));
        }
    }
    Ok(())
}
