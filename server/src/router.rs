//! All routes of the service, and the middleware a request passes through.

use app::fns::busy::{AddBusyFile, FORM_BYTES_MAX};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use leptos::server_fn::ServerFn;
use leptos_axum::generate_route_list;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::http::live_updates::LiveUpdates;
use crate::http::load_shedding::ConcurrencyLimit;
use crate::http::public_cache::PublicCache;
use crate::http::request_body::BodyLimits;
use crate::http::{
    BODY_BYTES_MAX, Web, assets, caller, health, language, live_updates, load_shedding,
    public_cache, rate_limits, request_body, request_target, security, source, trace, uploads,
};
use crate::pages::sitemap::{self, Sitemap};
use crate::pages::{self, account_export, calendar_files, forms, security_txt};
use crate::rest;

/// The whole service.
pub fn router(web: Web) -> Router {
    let page_limit = ConcurrencyLimit::for_pages();
    let listed = generate_route_list(app::App);
    let page = {
        let web = web.clone();
        move |request: Request| pages::render(web.clone(), request)
    };
    // Who sends a file is known before it is read.
    let upload = Router::new()
        .route(AddBusyFile::PATH, any(pages::server_function))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn(forms::keep_typed))
        .layer(from_fn_with_state(page_limit.clone(), load_shedding::bounded_page))
        .layer(from_fn_with_state(BodyLimits::for_uploads(), uploads::read))
        .layer(from_fn(uploads::staff_only))
        .layer(from_fn_with_state(web.clone(), rate_limits::pages))
        .layer(from_fn_with_state(web.clone(), caller::identify))
        .layer(from_fn_with_state(web.clone(), security::same_origin))
        .with_state(web.clone());
    let mut dynamic = Router::new()
        .route("/fn/{*name}", any(pages::server_function))
        .route("/account/export", post(account_export::export))
        .route("/feeds/{file}", get(calendar_files::feed))
        .route("/appointments/{id}/calendar.ics", get(calendar_files::appointment));
    for listing in &listed {
        dynamic = dynamic.route(listing.path(), get(page.clone()));
    }
    let dynamic = dynamic
        .fallback(page)
        .layer(from_fn(forms::keep_typed))
        .layer(from_fn_with_state(web.clone(), rate_limits::pages))
        .layer(from_fn_with_state(web.clone(), caller::identify))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(page_limit.clone(), load_shedding::bounded_page))
        .layer(from_fn_with_state(BodyLimits::for_pages(), request_body::read_for_page))
        .layer(from_fn_with_state(web.clone(), security::same_origin))
        .with_state(web.clone());
    let for_search_engines = Router::new()
        .route("/sitemap.xml", get(sitemap::sitemap))
        .route("/robots.txt", get(sitemap::robots))
        .layer(from_fn_with_state(page_limit.clone(), load_shedding::bounded_page))
        .with_state(Sitemap::new(&web));
    // A listener for live updates has no session and no account. It counts towards the limit of pages only until
    // its response begins.
    let live_updates = LiveUpdates::new(&web.listeners, &web.app_state, &web.ports);
    let live = Router::new()
        .route("/doctors/{slug}/changes", get(live_updates::changes))
        .method_not_allowed_fallback(security::method_not_allowed)
        .layer(from_fn_with_state(page_limit, load_shedding::bounded_page))
        .with_state(live_updates);

    let api = rest::router(&web)
        .layer(from_fn_with_state(ConcurrencyLimit::for_api(), load_shedding::bounded_api))
        .layer(from_fn_with_state(BodyLimits::for_api(), request_body::read_for_api));
    let routes = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route(security_txt::PATH, get(security_txt::file))
        .with_state(web.clone())
        .merge(assets::routes())
        .merge(for_search_engines)
        .merge(api)
        .merge(upload)
        .merge(dynamic)
        .method_not_allowed_fallback(security::method_not_allowed)
        .layer(from_fn(language::scoped))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(PublicCache::new(&web.app_state), public_cache::serve))
        // Outside the compression layer, which would take memory for every listener without being used.
        .merge(live)
        .layer(from_fn(security::bounded_time))
        .layer(CatchPanicLayer::custom(security::panicked))
        .layer(from_fn_with_state(web.clone(), request_target::readable))
        .layer(from_fn_with_state(web.clone(), rate_limits::requests))
        .layer(from_fn_with_state(web.clone(), source::find))
        .layer(from_fn_with_state(web.clone(), security::secure_headers))
        .layer(from_fn_with_state(web, trace::log));
    // Around a router of its own, so that the language is out of the path before a route is chosen.
    Router::new().fallback_service(routes).layer(from_fn(language::from_request))
}

/// What the operator's monitoring asks, on listeners that visitors do not reach: metrics, and what readiness is made of.
pub fn operations(web: Web) -> Router {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::details))
        .route("/metrics", get(health::metrics))
        .with_state(web.clone())
        .layer(from_fn_with_state(web, security::secure_headers))
}
