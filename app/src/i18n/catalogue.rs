//! The texts of one language.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use icu_locale_core::Locale;

use super::formats::Formats;
use super::{current, pseudo};

/// The texts and formats of one language.
pub(super) struct Catalogue {
    pub(super) code: &'static str,
    /// What paths begin with: `/hi`; empty for English.
    pub(super) prefix: String,
    pub(super) is_right_to_left: bool,
    pub(super) formats: Formats,
    /// Its formats are those of another language and have to be made foreign.
    pub(super) is_pseudo: bool,
    bundle: FluentBundle<FluentResource>,
}

impl Catalogue {
    /// The files have been checked by the tests, so what cannot be read here is left out.
    pub(super) fn new(code: &'static str, files: &[&'static str]) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![
            code.parse().expect("a folder is named by a language"),
        ]);
        // What cannot be read is reported by the tests of this module.
        for file in files {
            let resource = FluentResource::try_new((*file).to_owned());
            let _ = bundle.add_resource(resource.unwrap_or_else(|(readable, _)| readable));
        }
        let tag = bundle.get_message("language-tag").and_then(|message| message.value());
        let tag = tag.map(|tag| bundle.format_pattern(tag, None, &mut Vec::new()).into_owned());
        let tag = tag.unwrap_or_else(|| code.to_owned());
        let locale: Locale = tag.parse().expect("`language-tag` is a language tag");
        let is_right_to_left = is_right_to_left(&locale);
        // Marks that keep a name in another script apart; they would only be in the way in English.
        bundle.set_use_isolating(is_right_to_left);
        bundle.set_formatter(Some(|value, _| match value {
            FluentValue::Number(number) => Some(current().catalogue().formats.number(number.value)),
            _ => None,
        }));
        let prefix = if code == "en" { String::new() } else { format!("/{code}") };
        Self {
            code,
            prefix,
            is_right_to_left,
            formats: Formats::new(&locale),
            is_pseudo: false,
            bundle,
        }
    }

    /// The pseudo-language, made of English.
    pub(super) fn pseudo(code: &'static str, files: &[&'static str]) -> Self {
        let mut pseudo = Self::new(code, files);
        pseudo.is_pseudo = true;
        pseudo.is_right_to_left = true;
        pseudo.bundle.set_use_isolating(true);
        pseudo.bundle.set_transform(Some(pseudo::transform));
        pseudo
    }

    /// `None` when the language lacks the text.
    pub(super) fn format(&self, key: &str, arguments: &FluentArgs) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        Some(self.bundle.format_pattern(pattern, Some(arguments), &mut errors).into_owned())
    }
}

/// Is the script of a language written from right to left?
fn is_right_to_left(locale: &Locale) -> bool {
    icu_locale::LocaleDirectionality::new_common().is_right_to_left(&locale.id)
}
