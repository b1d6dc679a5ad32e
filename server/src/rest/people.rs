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

use super::Api;
use crate::rest::input::{Body, CurrentCaller, Id};
use crate::rest::problem::{PlainChange, Problem, SignedInRead};
use crate::rest::types::{List, Person};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(people, add)).routes(routes!(remove))
}

/// Lists the people one books for
///
/// Oneself first.
#[utoipa::path(
    get, path = "/people", tag = "People",
    responses((status = 200, description = "All of them", body = List<Person>), SignedInRead)
)]
async fn people(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
) -> Result<Json<List<Person>>, Problem> {
    Ok(Json(List::of(api.ports.people.people(&caller).await?)))
}

/// Someone to be looked after.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Kiran Rao", "birth_date": "2019-04-30"}))]
pub struct NewPerson {
    #[schema(max_length = 100, min_length = 1)]
    name: String,
    #[schema(format = "date")]
    birth_date: Option<String>,
}

/// Adds someone to book for
///
/// The same name and birth date again is the same person.
#[utoipa::path(
    post, path = "/people", tag = "People", request_body = NewPerson,
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

/// Takes someone off the list
///
/// Refused while they have an appointment ahead. What is past stays.
#[utoipa::path(
    delete, path = "/people/{id}", tag = "People",
    params(("id" = Uuid, Path, description = "The person's id")),
    responses((status = 204, description = "Taken off"), PlainChange)
)]
async fn remove(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    Id(id): Id<PersonId>,
) -> Result<StatusCode, Problem> {
    api.ports.people.remove_dependant(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
