//! What several pages share and what knows of appointments. Rendered on the server only.

pub mod address;
pub mod agreement;
pub mod conflicts;
pub mod countdown;
pub mod device;
pub mod doctor_card;
pub mod email_language;
pub mod failure_pages;
pub mod feeds;
pub mod form;
pub mod header_footer;
pub mod hydration_scripts;
pub mod languages;
pub mod metadata;
pub mod other_sessions;
pub mod page_scripts;
pub mod passkey_button;
pub mod picker;
pub mod response;
pub mod reviews;
pub mod search;
pub mod shown_once;
pub mod times;
pub mod visit;
pub mod week;
pub mod welcome;
