//! A JSON Schema of each type of event, for programs that read the log.

use chrono::{DateTime, Utc};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use uuid::Uuid;

use super::{
    AppointmentData, DoctorData, EventType, LocationData, NoData, PersonData, ReviewData,
    SCHEMA_VERSION, ScheduleData,
};
use crate::actor::ActingRole;
use crate::ids::{AccountId, DoctorId};

/// One event of the log.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Event<D> {
    /// The unique identifier of the event.
    id: i64,
    /// The type of the event: the kind of its subject and what happened to it.
    #[schemars(rename = "type")]
    kind: String,
    schema_version: i16,
    /// The identifier of the subject.
    subject_id: Uuid,
    /// The subject's version after the event, if it has versions.
    subject_version: Option<i32>,
    /// The doctor whose slots or page it concerns.
    doctor_id: Option<DoctorId>,
    /// The capacity of the actor.
    actor: ActingRole,
    /// The account of the actor; null if it was the platform itself.
    actor_account_id: Option<AccountId>,
    /// The language of the request that made the change, such as `en`; null if not known.
    locale: Option<String>,
    occurred_at: DateTime<Utc>,
    data: D,
}

/// The schema of an event of this type, envelope and data.
pub fn schema(kind: EventType) -> Schema {
    let mut schema = match kind {
        EventType::Appointment(_) => of::<AppointmentData>(),
        EventType::Schedule(_) => of::<ScheduleData>(),
        EventType::Doctor(_) => of::<DoctorData>(),
        EventType::Location(_) => of::<LocationData>(),
        EventType::Review(_) => of::<ReviewData>(),
        EventType::Person(_) => of::<PersonData>(),
        EventType::Account(_)
        | EventType::Listing(_)
        | EventType::Clinic(_)
        | EventType::Feed(_)
        | EventType::BusyCalendar(_) => of::<NoData>(),
    };
    schema.insert("title".to_owned(), kind.as_str().into());
    if let Some(properties) = schema.get_mut("properties").and_then(|value| value.as_object_mut()) {
        for (name, value) in
            [("type", kind.as_str().into()), ("schema_version", SCHEMA_VERSION.into())]
        {
            if let Some(property) = properties.get_mut(name).and_then(|value| value.as_object_mut())
            {
                property.insert("const".to_owned(), value);
            }
        }
    }
    schema
}

fn of<D: JsonSchema>() -> Schema {
    // Inlined, so that each file is complete.
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<Event<D>>()
}
