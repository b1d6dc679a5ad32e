//! The endpoint for suggestions while typing. It needs no account, and answers everybody alike.

use app::i18n::{names, text};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use nadi::search::TEXT_CHARS_MAX;
use nadi::suggest;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::Api;
use crate::rest::input::{CurrentCaller, Params};
use crate::rest::problem::{Problem, PublicRead};
use crate::rest::types::List;

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(suggestions))
}

/// A suggestion for typed text.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Suggestion {
    /// For `/doctors?specialty=`.
    Specialty {
        #[schema(example = "dermatology")]
        slug: String,
        name: String,
        /// The synonym or symptom that matched, if it was not the name.
        #[schema(example = "skin")]
        word: Option<String>,
    },
    Doctor {
        #[schema(example = "asha-naik")]
        slug: String,
        name: String,
        specialty: Option<String>,
        city: Option<String>,
    },
    /// For `/doctors?city=`.
    City {
        #[schema(example = "panjim")]
        slug: String,
        name: String,
        country: String,
    },
}

impl From<suggest::Suggestion> for Suggestion {
    fn from(one: suggest::Suggestion) -> Self {
        use suggest::Suggestion as Known;
        match one {
            Known::Specialty { slug, name, word } => {
                Self::Specialty { name: names::specialty(&slug, &name), slug, word }
            }
            Known::Doctor { slug, name, specialty, city } => Self::Doctor {
                slug: slug.to_string(),
                name,
                specialty: specialty.map(|name| names::specialty_named(&name)),
                city: city.map(|name| names::city_named(&name)),
            },
            Known::City { slug, name, country } => Self::City {
                name: names::city(&slug, &name),
                slug,
                country: names::country_named(&country),
            },
        }
    }
}

/// The typed text.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SuggestionsQuery {
    /// Words of a name, a specialty, a symptom or a city; the beginning of each is enough. There are no suggestions for
    /// fewer than two characters.
    #[param(max_length = 100, example = "skin")]
    q: String,
}

/// Suggests specialties, doctors and cities
///
/// Specialties by name, synonym or symptom, then doctors by name, then cities: at most eight in total. If nothing
/// matches, words are replaced by the most similar known ones. The response is the same for everybody and can be
/// cached for a minute.
#[utoipa::path(
    get, path = "/suggestions", operation_id = "list_suggestions",
    tag = "Directory", security(()), params(SuggestionsQuery),
    responses((status = 200, description = "The suggestions", body = List<Suggestion>), PublicRead)
)]
async fn suggestions(
    State(api): State<Api>,
    CurrentCaller(caller): CurrentCaller,
    headers: HeaderMap,
    Params(query): Params<SuggestionsQuery>,
) -> Result<Response, Problem> {
    if query.q.chars().count() > TEXT_CHARS_MAX {
        return Err(Problem::field("q", text!("problem-field-too-long", max = TEXT_CHARS_MAX)));
    }
    let found = api.ports.directory.suggest(&caller, &query.q).await?;
    let by_name = [header::COOKIE, header::AUTHORIZATION].iter().any(|n| headers.contains_key(n));
    let caching = if by_name { "private, max-age=60" } else { "public, max-age=60" };
    Ok(([(header::CACHE_CONTROL, caching)], Json(List::<Suggestion>::of(found))).into_response())
}
