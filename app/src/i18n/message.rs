//! A text in the current language, with its arguments.

use fluent_bundle::{FluentArgs, FluentValue};

use super::{Language, current};

/// The argument of a text.
pub struct Argument(FluentValue<'static>);

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self(FluentValue::from(text))
    }
}

impl From<&String> for Argument {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&&str> for Argument {
    fn from(text: &&str) -> Self {
        (*text).to_owned().into()
    }
}

impl From<char> for Argument {
    fn from(text: char) -> Self {
        text.to_string().into()
    }
}

macro_rules! number {
    ($($number:ty),*) => {$(
        impl From<$number> for Argument {
            fn from(number: $number) -> Self {
                Self(FluentValue::from(number))
            }
        }
        impl From<&$number> for Argument {
            fn from(number: &$number) -> Self {
                Self(FluentValue::from(*number))
            }
        }
    )*};
}

number!(u8, i16, u16, i32, u32, i64, u64, usize, f32, f64);

/// A text in the current language. Called by `text!`, which checks key and arguments.
pub fn format(key: &str, arguments: impl IntoIterator<Item = (&'static str, Argument)>) -> String {
    let arguments: FluentArgs =
        arguments.into_iter().map(|(name, Argument(value))| (name, value)).collect();
    let texts = current().catalogue();
    texts
        .format(key, &arguments)
        .or_else(|| Language::english().catalogue().format(key, &arguments))
        .unwrap_or_else(|| key.to_owned())
}

/// The text of a key that is put together at run time, in the current language; `None` if the language lacks it.
pub(super) fn find(key: &str) -> Option<String> {
    current().catalogue().format(key, &FluentArgs::new())
}
