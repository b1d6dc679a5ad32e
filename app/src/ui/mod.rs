//! The UI components of every page. They know nothing about appointments.
//!
//! A variant is an enum, and shows in the page as a `data-*` attribute; how it
//! looks is in `style/ui/`, one file per component.

mod alert;
mod badge;
mod button;
mod check;
mod empty;
mod facts;
mod field;
mod icon;
mod initials;
mod own_time;
mod page_head;
#[cfg(feature = "ssr")]
mod pagination;
#[cfg(feature = "ssr")]
mod print;
mod radio;
mod sentence;
#[cfg(feature = "ssr")]
mod stars;
mod suggest;
mod summary;
mod table;
mod tabs;

pub use alert::{Alert, Tone};
pub use badge::Badge;
pub use button::{Button, ButtonLink, Variant};
pub use check::CheckField;
pub use empty::Empty;
pub use facts::{Fact, Facts};
pub use field::{Choice, HiddenField, SelectField, TextAreaField, TextField};
pub use icon::{Icon, Shape};
pub use initials::Initials;
#[cfg(feature = "ssr")]
pub use own_time::FillOwnTimes;
pub use own_time::OwnTime;
pub use page_head::PageHead;
#[cfg(feature = "ssr")]
pub use pagination::Pagination;
#[cfg(feature = "ssr")]
pub use print::PrintButton;
pub use radio::RadioField;
pub use sentence::Sentence;
#[cfg(feature = "ssr")]
pub use stars::StarRow;
pub use suggest::SuggestField;
pub use summary::{ProblemLine, ProblemSummary};
pub use table::TableFrame;
pub use tabs::{LinkTab, LinkTabs};
