//! The same page in other languages: for search engines, in the footer, and as an offer on the home page.
//! Nothing of it is shown while there is only one language.

use leptos::prelude::*;
use leptos_meta::Link;

use crate::context::{self, Site};
use crate::i18n::{self, Language, text};

/// All languages but that of this page.
fn others() -> Vec<Language> {
    Language::all().filter(|language| *language != i18n::current()).collect()
}

/// The canonical URL of a public page in this language, and its URLs in all languages. `path` may be in any language.
#[component]
pub fn CanonicalLinks(path: String) -> impl IntoView {
    let site = use_context::<Site>().map(|site| site.public_url).unwrap_or_default();
    let (_, path) = Language::of_path(&path);
    let url = |language: Language| format!("{site}{}", language.path(path));
    let languages: Vec<Language> = Language::all().collect();
    let alternates = (languages.len() > 1).then(|| {
        // For readers of any other language: English.
        let default = ("x-default", url(Language::english()));
        let alternates = languages.iter().map(|language| (language.code(), url(*language)));
        let alternates: Vec<_> = alternates
            .chain([default])
            .map(|(code, url)| view! { <Link rel="alternate" hreflang=code href=url/> })
            .collect();
        alternates
    });
    view! {
        <Link rel="canonical" href=url(i18n::current())/>
        {alternates}
    }
}

/// Links to this page in the other languages, each named in itself.
#[component]
pub fn LanguageLinks() -> impl IntoView {
    let here = context::here_in_english();
    let links: Vec<_> = others()
        .into_iter()
        .map(|language| {
            let (code, href) = (language.code(), language.path(&here));
            view! {
                <li>
                    <a href=href lang=code hreflang=code dir=language.direction() translate="no">{language.name()}</a>
                </li>
            }
        })
        .collect();
    (!links.is_empty()).then(|| {
        view! {
            <nav class="languages" aria-label=text!("layout-languages")>
                <ul>{links}</ul>
            </nav>
        }
    })
}

/// On the home page, one hidden line for each other language. A script shows the one that the browser prefers, so that
/// the page is the same for everybody and can be cached. Without scripts there are the links in the footer.
#[component]
pub fn LanguageOffers() -> impl IntoView {
    let is_home = context::here_in_english().split('?').next() == Some("/");
    let languages = if is_home { others() } else { Vec::new() };
    let offers: Vec<_> = languages
        .into_iter()
        .map(|language| {
            let (offer, close) =
                i18n::with(language, || (text!("language-offer"), text!("language-offer-close")));
            let (code, href) = (language.code(), language.path("/"));
            view! {
                <aside class="language-offer" lang=code dir=language.direction() translate="no" hidden>
                    <a href=href hreflang=code>{offer}</a>
                    <button class="button" data-variant="quiet" type="button">{close}</button>
                </aside>
            }
        })
        .collect();
    let script = use_context::<Site>().map(|site| site.language_offer_url);
    (!offers.is_empty()).then(|| {
        view! {
            {offers}
            // Runs before what follows is drawn, so that nothing moves.
            {script.map(|url| view! { <script src=url></script> })}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_language_needs_no_choice() {
        // The only one in `app/locales`, or the test says what is missing here.
        let alone = Language::all().count() == 1;
        assert_eq!(others().is_empty(), alone);
        assert!(!others().contains(&Language::english()), "tests run in English");
        let links = view! { <LanguageLinks/> }.to_html();
        assert_eq!(links.contains("<nav"), !alone, "{links}");
    }
}
