//! Who is asking, and at what time: found once per request.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use nadi::actor::{Actor, Caller};
use tower_sessions::Session;

use super::{Web, guard, session, trace};

/// Adds the [`Caller`] to the request.
pub async fn identify(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let now = web.engine.clock.now();
    let request_id = trace::request_id(&request);
    let actor = match request.extensions().get::<Session>() {
        None => Ok(Actor::Visitor),
        Some(current) => match session::account(current).await {
            Ok(account) => web.identities.of_account(account).await,
            Err(failure) => Err(failure),
        },
    };
    match actor {
        Ok(actor) => {
            request.extensions_mut().insert(Caller { actor, now, request_id });
            next.run(request).await
        }
        // We cannot tell who it is, so nothing is shown and nobody is signed out.
        Err(_) => guard::unavailable(),
    }
}
