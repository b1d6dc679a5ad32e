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
mod pagination;
mod print;
mod radio;
mod sentence;
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
pub use own_time::{FillOwnTimes, OwnTime};
pub use page_head::PageHead;
pub use pagination::Pagination;
pub use print::PrintButton;
pub use radio::RadioField;
pub use sentence::Sentence;
pub use stars::StarRow;
pub use suggest::SuggestField;
pub use summary::{ProblemLine, ProblemSummary};
pub use table::TableFrame;
pub use tabs::{LinkTab, LinkTabs};
