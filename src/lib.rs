//! What Nadi decides.
