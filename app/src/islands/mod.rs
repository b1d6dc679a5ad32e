//! The few places that live in the browser. They get rendered strings and ids, never rules or time zones.
