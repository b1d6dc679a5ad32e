//! What a new password must be like.

use std::fmt;

use crate::failure::{Field, FieldProblem, Problem};

/// A new password: 8 to 128 characters, anything in them (NIST SP 800-63B).
#[derive(Clone)]
pub struct Password(String);

impl Password {
    pub const MIN_CHARS: u32 = 8;
    pub const MAX_CHARS: u32 = 128;

    /// # Errors
    /// The problem with [`Field::Password`].
    pub fn parse(text: &str) -> Result<Self, FieldProblem> {
        let problem = |problem| FieldProblem { field: Field::Password, problem };
        let chars = text.chars().count();
        if chars == 0 {
            Err(problem(Problem::Missing))
        } else if chars < Self::MIN_CHARS as usize {
            Err(problem(Problem::TooShort(Self::MIN_CHARS)))
        } else if chars > Self::MAX_CHARS as usize {
            Err(problem(Problem::TooLong(Self::MAX_CHARS)))
        } else if text.contains('\0') {
            Err(problem(Problem::Malformed))
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(hidden)")
    }
}
