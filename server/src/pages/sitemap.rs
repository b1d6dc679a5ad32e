//! What search engines may look at: `/sitemap.xml` lists the public pages in all languages, `/robots.txt` names it.

use std::fmt::Write as _;
use std::sync::Arc;

use app::i18n::{self, Language};
use app::links;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use nadi::consent::Document;
use nadi::input::Slug;
use nadi::ports::Ports;

use crate::cache::read_cache::{Dependencies, Lifetime, ReadCache};
use crate::http::precompressed::Precompressed;
use crate::http::{Web, security};

/// The most that a sitemap may have (sitemaps.org).
const ADDRESSES_MAX: usize = 50_000;
const LIFETIME: Lifetime = Lifetime::seconds(30 * 60, 60 * 60);
const AN_HOUR: &str = "public, max-age=3600";

pub struct Sitemap {
    ports: Ports,
    /// Scheme and host, without a slash at the end.
    site: Arc<str>,
    /// There is one, for everybody.
    made: ReadCache<(), Precompressed>,
}

impl Sitemap {
    pub fn new(web: &Web) -> Arc<Self> {
        let made = ReadCache::new(&web.app_state.cache_context, "sitemap", LIFETIME, 1, |(), _| 1);
        let (ports, site) = (web.ports.clone(), web.site.public_url.as_str().into());
        Arc::new(Self { ports, site, made })
    }
}

/// `/sitemap.xml`. A doctor who is listed now may be missing for an hour.
pub async fn sitemap(State(sitemap): State<Arc<Sitemap>>, headers: HeaderMap) -> Response {
    let make = || {
        let (directory, site) = (sitemap.ports.directory.clone(), sitemap.site.clone());
        async move {
            let doctors = directory.listed(doctors_max()).await?;
            let kind = HeaderValue::from_static("application/xml; charset=utf-8");
            let xml = xml(&site, &doctors).into_bytes().into();
            Ok((Precompressed::new(kind, None, xml), Dependencies::default()))
        }
    };
    match sitemap.made.get(&(), make).await {
        Ok(made) => made.response(&headers, AN_HOUR, "cookie, accept-encoding"),
        Err(_) => security::unavailable(),
    }
}

/// The public pages that exist once, as English paths.
fn pages() -> [String; 5] {
    let paths = || {
        [
            links::page("/"),
            links::page("/doctors"),
            links::calendar_help(""),
            links::document(Document::Privacy),
            links::document(Document::Terms),
        ]
    };
    i18n::with(Language::english(), paths)
}

/// How many doctors a sitemap has room for.
fn doctors_max() -> u32 {
    let pages_max = ADDRESSES_MAX / Language::all().count();
    u32::try_from(pages_max.saturating_sub(pages().len())).unwrap_or_default()
}

fn xml(site: &str, doctors: &[Slug]) -> String {
    let languages: Vec<Language> = Language::all().collect();
    let doctors =
        doctors.iter().map(|slug| i18n::with(Language::english(), || links::doctor(slug.as_str())));
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n",
    );
    for path in pages().into_iter().chain(doctors) {
        // The same list stands at the address of each language.
        let mut alternates = String::new();
        if languages.len() > 1 {
            let default = ("x-default", Language::english());
            for (code, language) in languages.iter().map(|one| (one.code(), *one)).chain([default])
            {
                let path = language.path(&path);
                let _ = write!(
                    alternates,
                    "<xhtml:link rel=\"alternate\" hreflang=\"{code}\" href=\"{site}{path}\"/>"
                );
            }
        }
        for language in &languages {
            let path = language.path(&path);
            let _ = writeln!(xml, "<url><loc>{site}{path}</loc>{alternates}</url>");
        }
    }
    xml.push_str("</urlset>\n");
    xml
}

/// `/robots.txt`.
pub async fn robots(State(sitemap): State<Arc<Sitemap>>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (kind, [(header::CACHE_CONTROL, AN_HOUR)], robots_text(&sitemap.site)).into_response()
}

fn robots_text(site: &str) -> String {
    let mut text = String::from(
        "User-agent: *\n\
         # A doctor's page has an address for each of its days and times; the page itself is enough.\n",
    );
    for language in Language::all() {
        for path in ["/doctors/*?", "/fn/"] {
            let _ = writeln!(text, "Disallow: {}", language.path(path));
        }
    }
    text.push_str(
        "Disallow: /doctors/*/changes\nDisallow: /api/\nDisallow: /feeds/\nDisallow: /dev/\n",
    );
    let _ = writeln!(text, "\nSitemap: {site}/sitemap.xml");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sitemap_has_each_public_page_in_each_language() {
        let slug = Slug::parse("asha-naik").expect("a slug");
        let xml = xml("https://nadi.example", &[slug]);
        for language in Language::all() {
            for path in
                ["/", "/doctors", "/help/calendars", "/privacy", "/terms", "/doctors/asha-naik"]
            {
                assert!(links::is_public(path), "{path}");
                let loc = format!("<loc>https://nadi.example{}</loc>", language.path(path));
                assert_eq!(xml.matches(&loc).count(), 1, "{loc} in {xml}");
            }
        }
        let has_alternates = Language::all().count() > 1;
        assert_eq!(xml.contains("hreflang=\"x-default\""), has_alternates);
    }

    #[test]
    fn a_sitemap_has_room_for_its_doctors() {
        let addresses = (doctors_max() as usize + pages().len()) * Language::all().count();
        assert!(addresses <= ADDRESSES_MAX, "{addresses}");
    }

    #[test]
    fn robots_are_told_where_the_sitemap_is() {
        let text = robots_text("https://nadi.example");
        assert!(text.starts_with("User-agent: *\n"), "{text}");
        assert!(text.ends_with("\nSitemap: https://nadi.example/sitemap.xml\n"), "{text}");
        assert!(text.contains("\nDisallow: /doctors/*?\n"), "{text}");
    }
}
