//! What Nadi does.
