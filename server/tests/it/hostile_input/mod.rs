//! Requests that no browser and no well-behaved client sends, and text made to look like something else: refused
//! with a message people can read, or normalized, on pages, in forms and in the API alike.

mod messages;
mod requests;
mod text;
