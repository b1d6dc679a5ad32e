//! The browser APIs that islands use. On the server, where islands are rendered first, these functions do nothing.

#[cfg(feature = "hydrate")]
mod real {
    use leptos::prelude::{document, window};
    use web_sys::wasm_bindgen::{JsCast, JsValue};

    /// Shows another address without loading it.
    pub fn replace_address(href: &str) {
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(href));
        }
    }

    /// Loads a page.
    pub fn go(href: &str) {
        let _ = window().location().set_href(href);
    }

    /// Whether the browser knows that it is offline. It may be offline without knowing.
    pub fn is_offline() -> bool {
        !window().navigator().on_line()
    }

    /// Focuses the first element that matches, once it is on the page.
    pub fn focus(selector: String) {
        leptos::prelude::request_animation_frame(move || {
            let found = document().query_selector(&selector).ok().flatten();
            if let Some(element) = found.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = element.focus();
            }
        });
    }

    /// A selector of the element in the picker that has the focus, if one has.
    pub fn focused() -> Option<String> {
        let element = document().active_element()?;
        if let Some(date) = element.get_attribute("data-date") {
            return Some(format!("[data-date=\"{date}\"]"));
        }
        if let Some(step) = element.get_attribute("data-step") {
            return Some(format!("[data-step=\"{step}\"]"));
        }
        element.id().starts_with("slot-").then(|| format!("#{}", element.id()))
    }

    /// Does the page read from right to left?
    pub fn is_right_to_left() -> bool {
        let root = document().document_element();
        root.and_then(|root| root.get_attribute("dir")).is_some_and(|dir| dir == "rtl")
    }

    /// What the paths of server functions and pages begin with from now on. The first call counts.
    pub fn set_path_prefix(prefix: String) {
        let _ = leptos::server_fn::client::try_set_server_url(Box::leak(prefix.into_boxed_str()));
    }

    /// From 0 to 1.
    pub fn random() -> f64 {
        js_sys::Math::random()
    }

    /// A monotonic clock, in milliseconds.
    pub fn now_ms() -> f64 {
        js_sys::Date::now()
    }
}

#[cfg(not(feature = "hydrate"))]
mod real {
    pub fn replace_address(_href: &str) {}
    pub fn go(_href: &str) {}
    pub fn is_offline() -> bool {
        false
    }
    pub fn focus(_selector: String) {}
    pub fn focused() -> Option<String> {
        None
    }
    pub fn is_right_to_left() -> bool {
        false
    }
    pub fn set_path_prefix(_prefix: String) {}
    pub fn random() -> f64 {
        0.0
    }
    pub fn now_ms() -> f64 {
        0.0
    }
}

pub use real::{
    focus, focused, go, is_offline, is_right_to_left, now_ms, random, replace_address,
    set_path_prefix,
};
