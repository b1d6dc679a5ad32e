//! Reads the English catalogue.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use fluent_syntax::ast::{
    CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement,
};
use fluent_syntax::parser;

/// The arguments of each message, by key.
type Messages = HashMap<String, BTreeSet<String>>;

pub fn messages() -> Result<&'static Messages, &'static str> {
    static MESSAGES: OnceLock<Result<Messages, String>> = OnceLock::new();
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../app/locales/en"));
    MESSAGES.get_or_init(|| read(folder)).as_ref().map_err(String::as_str)
}

fn read(folder: &Path) -> Result<Messages, String> {
    let files = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut messages = Messages::new();
    for file in files {
        let path = file.map_err(|error| error.to_string())?.path();
        if path.extension().is_none_or(|extension| extension != "ftl") {
            continue;
        }
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        add(&text, &mut messages).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(messages)
}

fn add(text: &str, messages: &mut Messages) -> Result<(), String> {
    let resource = parser::parse(text).map_err(|(_, errors)| {
        let line = errors.first().map_or(0, |error| text[..error.pos.start].lines().count());
        format!("line {line} cannot be read: {errors:?}")
    })?;
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        let key = message.id.name.to_owned();
        let Some(value) = message.value else { return Err(format!("`{key}` has no text")) };
        if !message.attributes.is_empty() {
            return Err(format!("`{key}` has attributes: give each text a key of its own"));
        }
        let mut arguments = BTreeSet::new();
        of_pattern(&value, &mut arguments);
        if messages.insert(key.clone(), arguments).is_some() {
            return Err(format!("`{key}` is there twice"));
        }
    }
    Ok(())
}

fn of_pattern(pattern: &Pattern<&str>, arguments: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            of_expression(expression, arguments);
        }
    }
}

fn of_expression(expression: &Expression<&str>, arguments: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => of_inline(inline, arguments),
        Expression::Select { selector, variants } => {
            of_inline(selector, arguments);
            for variant in variants {
                of_pattern(&variant.value, arguments);
            }
        }
    }
}

fn of_inline(inline: &InlineExpression<&str>, arguments: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            arguments.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => of_expression(expression, arguments),
        InlineExpression::FunctionReference {
            arguments: CallArguments { positional, .. }, ..
        } => {
            for argument in positional {
                of_inline(argument, arguments);
            }
        }
        _ => {}
    }
}
