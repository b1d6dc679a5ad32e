//! What a browser or program that is signed in is called: `Chrome on Android`.

use leptos::prelude::*;
use nadi::ports::SessionView;

use crate::i18n::{rich_text, text};

/// The part of a `User-Agent` that tells a browser, and the browser's name. Others claim to be Chrome and Safari, so
/// these come last.
const BROWSERS: [(&str, &str); 13] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("UCBrowser/", "UC Browser"),
    ("YaBrowser/", "Yandex Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Safari/", "Safari"),
];

/// The same for systems: Android claims to be Linux, phones of Apple to be like Macs.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac", "Mac"),
    ("Linux", "Linux"),
];

/// The most characters of a name that a program has given itself.
const NAME_CHARS_MAX: usize = 40;

/// Browser and system, as far as they can be told from a `User-Agent`.
fn browser_and_system(agent: &str) -> (Option<&'static str>, Option<&'static str>) {
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name)
    };
    (first(&BROWSERS), first(&SYSTEMS))
}

/// The name in front of the version: `curl` of `curl/8.5.0`.
fn program(agent: &str) -> Option<String> {
    let name: String = agent
        .chars()
        .take_while(|letter| *letter != '/' && !letter.is_whitespace())
        .filter(|letter| !letter.is_control())
        .take(NAME_CHARS_MAX)
        .collect();
    (!name.is_empty()).then_some(name)
}

/// The device of a session, in words.
pub fn device(session: &SessionView) -> AnyView {
    let name = |name: String| view! { <span translate="no">{name}</span> };
    match browser_and_system(&session.device) {
        (Some(browser), Some(system)) => {
            let (browser, system) = (name(browser.to_owned()), name(system.to_owned()));
            rich_text!("account-device", browser, system).into_any()
        }
        (Some(only), None) | (None, Some(only)) => name(only.to_owned()).into_any(),
        (None, None) => match program(&session.device) {
            Some(program) => rich_text!("account-device-program", name = name(program)).into_any(),
            None => text!("account-device-unknown").into_any(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_and_systems_are_recognized() {
        for (agent, browser, system) in [
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/131.0.0.0 Mobile Safari/537.36",
                "Chrome",
                "Android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) \
                 SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
                "Samsung Internet",
                "Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, \
                 like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari",
                "iPhone",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, \
                 like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
                "Chrome",
                "iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
                "Edge",
                "Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0",
                "Firefox",
                "Mac",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 HeadlessChrome/131.0.0.0 Safari/537.36",
                "Chrome",
                "Linux",
            ),
        ] {
            assert_eq!(browser_and_system(agent), (Some(browser), Some(system)), "{agent}");
        }
    }

    #[test]
    fn anything_else_is_called_what_it_calls_itself() {
        assert_eq!(browser_and_system("curl/8.5.0"), (None, None));
        assert_eq!(program("curl/8.5.0").as_deref(), Some("curl"));
        assert_eq!(program("front desk 2").as_deref(), Some("front"));
        assert_eq!(program(&"x".repeat(300)).map(|name| name.len()), Some(NAME_CHARS_MAX));
        for nothing in ["", "/1.0", " "] {
            assert_eq!(program(nothing), None, "{nothing:?}");
        }
    }
}
