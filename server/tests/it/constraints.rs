//! The database's own constraints, tried with plain SQL.

use crate::support::Clinic;

/// The database refuses rows that would break invariants 1 to 3 of ARCHITECTURE.md, whatever the code does.
#[tokio::test]
async fn constraints_refuse_what_the_code_must_never_write() {
    let clinic = Clinic::open().await;
    let asha = clinic.patient("Asha").await;
    let id = clinic.hold(&asha, clinic.free(clinic.doctor).await[0]).await.expect("held");
    for (what, statement, constraint) in [
        (
            "a second seat of a slot for one",
            "insert into seats select slot_id, 2, capacity, gen_random_uuid(), doctor_id, 'infinity' from seats",
            "seats_within_capacity",
        ),
        (
            "the same seat twice",
            "insert into seats select slot_id, 1, capacity, gen_random_uuid(), doctor_id, 'infinity' from seats",
            "seats_key",
        ),
        (
            "a seat with a capacity the slot does not have",
            "insert into seats select slot_id, 2, 2, gen_random_uuid(), doctor_id, 'infinity' from seats",
            "seats_slot_capacity",
        ),
        (
            "one person twice at a time",
            "insert into patient_times select gen_random_uuid(), person_id, during, 'infinity' from patient_times",
            "patient_times_no_overlap",
        ),
        (
            "a fourth hold of one account",
            "insert into patient_times (appointment_id, person_id, during, held_until, account_id, hold_number)
             select gen_random_uuid(), gen_random_uuid(), during, held_until, account_id, 4 from patient_times",
            "patient_times_hold_number_check",
        ),
        (
            "a hold's number twice",
            "insert into patient_times (appointment_id, person_id, during, held_until, account_id, hold_number)
             select gen_random_uuid(), gen_random_uuid(), during, held_until, account_id, hold_number
             from patient_times",
            "patient_times_hold_number_key",
        ),
        (
            "a second hold of one person with a doctor",
            "insert into patient_times (appointment_id, person_id, during, held_until, account_id, doctor_id,
                                        hold_number)
             select gen_random_uuid(), person_id, tstzrange(upper(during), upper(during) + interval '1 hour'),
                    held_until, account_id, doctor_id, 2
             from patient_times",
            "patient_times_one_hold_key",
        ),
        (
            "two visits with one number",
            "insert into patient_times (appointment_id, person_id, during, held_until, account_id, doctor_id,
                                        visit_number)
             select gen_random_uuid(), gen_random_uuid(), during, held_until, account_id, doctor_id, visit_number
             from patient_times",
            "patient_times_visit_number_key",
        ),
        (
            "withdrawing a taken time",
            "update slots set capacity = 0 where id in (select slot_id from seats)",
            "seats_within_capacity",
        ),
        (
            "overlapping blocks of a doctor",
            "insert into blocks (doctor_id, location_id, mode, local_date, starts_at, ends_at, slot_seconds, slot_count,
                                 utc_offset, time_zone_data)
             select doctor_id, location_id, mode, local_date, starts_at + interval '10 minutes',
                    ends_at + interval '10 minutes', slot_seconds, slot_count, utc_offset, time_zone_data
             from blocks limit 1",
            "blocks_no_overlap",
        ),
        (
            "a slot outside of its block",
            "insert into slots (doctor_id, block_id, block_starts_at, slot_seconds, slot_count, slot_no,
                                starts_at, ends_at, local_date, capacity, closes_at)
             select doctor_id, block_id, block_starts_at, slot_seconds, slot_count, slot_count,
                    ends_at, ends_at + interval '20 minutes', local_date, 1, starts_at from slots
             where slot_no = slot_count - 1 limit 1",
            "slots_position",
        ),
    ] {
        let error = sqlx::query(statement).execute(&clinic.pool).await.expect_err(what);
        let found = error.as_database_error().and_then(|e| e.constraint()).map(str::to_owned);
        assert_eq!(found.as_deref(), Some(constraint), "{what}: {error}");
    }
    assert_eq!(clinic.state(id).await, "pending");
}
