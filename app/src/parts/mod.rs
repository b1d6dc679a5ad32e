//! What several pages share and what knows of appointments. Rendered on the server only.

pub mod answer;
pub mod form;
pub mod frame;
pub mod links;
pub mod wake;
