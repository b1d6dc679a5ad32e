//! Endpoints for the people an account books for.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use nadi::calendar::parse_birth_date;
use nadi::ids::PersonId;
use nadi::ports::NewDependant;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::Api;
use crate::rest::input::{Body, CurrentCaller, Id};
use crate::rest::problem::{PlainChange, Problem, SignedInRead};
use crate::rest::types::{List, Person};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(people, add)).routes(routes!(remove))
}

/// Lists the people that the account books for
///
/// The account's owner first.
#[utoipa::path(
    get, path = "/people", operation_id = "list_people", tag = "People",
    responses((status = 200, description = "All people", body = List<Person>), SignedInRead)
)]
async fn people(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
) -> Result<Json<List<Person>>, Problem> {
    Ok(Json(List::of(api.ports.people.people(&caller).await?)))
}

/// A dependant to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Kiran Rao", "birth_date": "2019-04-30"}))]
pub struct NewPerson {
    #[schema(max_length = 100, min_length = 1)]
    name: String,
    #[schema(format = "date")]
    birth_date: Option<String>,
}

/// Adds a dependant
///
/// If there is one with the same name and birth date already, that one is returned.
#[utoipa::path(
    post, path = "/people", operation_id = "add_person", tag = "People", request_body = NewPerson,
    responses((status = 201, description = "Added", body = Person), PlainChange)
)]
async fn add(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Body(new): Body<NewPerson>,
) -> Result<(StatusCode, Json<Person>), Problem> {
    caller.signed_in()?;
    let birth_date = new.birth_date.as_deref().map(parse_birth_date).transpose();
    let new = NewDependant { name: new.name, birth_date: birth_date.map_err(nadi::Failure::from)? };
    let person = api.ports.people.add_dependant(&caller, &new).await?;
    Ok((StatusCode::CREATED, Json(person.into())))
}

/// Removes a dependant
///
/// Refused while they have an upcoming appointment. Past appointments stay.
#[utoipa::path(
    delete, path = "/people/{id}", operation_id = "remove_person", tag = "People",
    params(("id" = Uuid, Path, description = "The person's id")),
    responses((status = 204, description = "Removed"), PlainChange)
)]
async fn remove(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(id): Id<PersonId>,
) -> Result<StatusCode, Problem> {
    api.ports.people.remove_dependant(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
