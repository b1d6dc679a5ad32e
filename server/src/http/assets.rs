//! Static files: the client (JavaScript and WebAssembly), the stylesheet and `public/`. A release build embeds them
//! in the binary; a development build reads the client and `public/` from disk.
//!
//! Browsers cache files with a fingerprint in their address for ever, others for an hour. Under `cargo leptos`,
//! which has its own folder for the client, that folder is read instead.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::LazyLock;

use app::context::Script;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::http::precompressed::{best_encoding, compress_best};

/// A stylesheet. It is not compressed at build time: that takes about 50 ms.
struct Stylesheet {
    name: &'static str,
    text: &'static str,
    fingerprint: String,
    compressed: [(&'static str, Bytes); 2],
}

impl Stylesheet {
    fn new(name: &'static str, text: &'static str) -> Self {
        let bytes = text.as_bytes();
        Self { name, text, fingerprint: fingerprint(bytes), compressed: compress_best(bytes) }
    }

    fn url(&self) -> String {
        format!("/pkg/{}/{}", self.fingerprint, self.name)
    }
}

/// The stylesheet of every page, and that of the pages that are not public.
static STYLESHEETS: LazyLock<[Stylesheet; 2]> = LazyLock::new(|| {
    [
        Stylesheet::new("nadi.css", include_str!(concat!(env!("OUT_DIR"), "/nadi.css"))),
        Stylesheet::new("more.css", include_str!(concat!(env!("OUT_DIR"), "/more.css"))),
    ]
});

#[derive(RustEmbed)]
#[folder = "$NADI_SITE/pkg"]
#[allow_missing = true]
struct Client;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../public"]
struct Public;

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const AN_HOUR: &str = "public, max-age=3600";

/// The first 12 hexadecimal digits of a content's SHA-256.
fn fingerprint(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// The folder that `cargo leptos` fills.
static LEPTOS_SITE: LazyLock<Option<PathBuf>> =
    LazyLock::new(|| Some(PathBuf::from(std::env::var_os("LEPTOS_SITE_ROOT")?).join("pkg")));

static CLIENT_FINGERPRINT: LazyLock<Option<String>> = LazyLock::new(|| {
    let (js, wasm) = (Client::get("nadi.js")?, Client::get("nadi.wasm")?);
    Some(fingerprint(&[js.data.as_ref(), wasm.data.as_ref()].concat()))
});

/// Compresses the stylesheets.
pub fn warm() {
    LazyLock::force(&STYLESHEETS);
}

pub fn stylesheet_url() -> String {
    STYLESHEETS[0].url()
}

/// The second stylesheet, for pages that are not public.
pub fn more_styles_url() -> String {
    STYLESHEETS[1].url()
}

/// The address of the font, which the stylesheet uses, too.
pub fn font_url() -> Option<String> {
    let font = Public::iter().find(|name| name.starts_with("fonts/") && name.ends_with(".woff2"));
    font.map(|name| format!("/{name}"))
}

pub fn script() -> Option<Script> {
    let (base, wasm) = match (&*LEPTOS_SITE, &*CLIENT_FINGERPRINT) {
        (Some(folder), _) => {
            let plain = folder.join("nadi.wasm").exists();
            ("/pkg".to_owned(), if plain { "nadi.wasm" } else { "nadi_bg.wasm" })
        }
        (None, Some(fingerprint)) => (format!("/pkg/{fingerprint}"), "nadi.wasm"),
        (None, None) => return None,
    };
    Some(Script { js_url: format!("{base}/nadi.js"), wasm_url: format!("{base}/{wasm}") })
}

/// The address of a small script of `public/`, with its fingerprint.
pub fn small_script_url(name: &str) -> String {
    let content = Public::get(name).map(|file| fingerprint(&file.data)).unwrap_or_default();
    format!("/pkg/{content}/{name}")
}

/// `/pkg/{fingerprint}/…` and every file of `public/` at the root.
pub fn routes() -> Router {
    let mut routes = Router::new()
        .route("/pkg/{fingerprint}/{*name}", get(named_by_content))
        .route("/pkg/{name}", get(from_leptos_folder));
    for name in Public::iter() {
        let path = format!("/{name}");
        routes =
            routes.route(&path, get(move |request: Request| public_file(name.clone(), request)));
    }
    routes
}

async fn named_by_content(
    Path((wanted, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let is_wanted = |sheet: &&Stylesheet| sheet.name == name && sheet.fingerprint == wanted;
    if let Some(sheet) = STYLESHEETS.iter().find(is_wanted) {
        let wanted = best_encoding(&headers);
        let compressed = sheet.compressed.iter().find(|(encoding, _)| Some(*encoding) == wanted);
        let bytes = compressed.map_or(sheet.text.as_bytes(), |(_, bytes)| bytes);
        return content(sheet.name, Cow::Borrowed(bytes), compressed.map(|(e, _)| *e), FOR_EVER);
    }
    if let Some(file) = Public::get(&name).filter(|file| fingerprint(&file.data) == wanted) {
        return content(&name, file.data, None, FOR_EVER);
    }
    if Some(&wanted) != CLIENT_FINGERPRINT.as_ref() {
        return StatusCode::NOT_FOUND.into_response();
    }
    // These files were compressed at build time.
    if let Some(encoding) = best_encoding(&headers) {
        let suffix = if encoding == "br" { ".br" } else { ".gz" };
        if let Some(file) = Client::get(&format!("{name}{suffix}")) {
            return content(&name, file.data, Some(encoding), FOR_EVER);
        }
    }
    match Client::get(&name) {
        Some(file) => content(&name, file.data, None, FOR_EVER),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn from_leptos_folder(Path(name): Path<String>) -> Response {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    let Some(folder) = LEPTOS_SITE.as_ref().filter(|_| plain) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match tokio::fs::read(folder.join(&name)).await {
        Ok(bytes) => content(&name, Cow::Owned(bytes), None, "no-cache"),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn public_file(name: Cow<'static, str>, request: Request) -> Response {
    let Some(file) = Public::get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = format!("\"{}\"", fingerprint(&file.data));
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let mut response = if known == Some(etag.as_str()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        content(&name, file.data, None, AN_HOUR)
    };
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

fn content(
    name: &str,
    bytes: Cow<'static, [u8]>,
    encoding: Option<&'static str>,
    caching: &'static str,
) -> Response {
    let mut response =
        ([(header::CONTENT_TYPE, media_type(name)), (header::CACHE_CONTROL, caching)], bytes)
            .into_response();
    if let Some(encoding) = encoding {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml; charset=utf-8",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
