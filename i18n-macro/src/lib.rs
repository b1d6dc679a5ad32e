//! `text!("key", name = value)` and its relatives. Each call is checked while compiling against the English
//! catalogue, `app/locales/en/*.ftl`: the key has to exist there, and the arguments have to be those of the message.

mod catalogue;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, LitStr, Token, parse_macro_input};

/// A key, and its arguments by name.
struct Call {
    key: LitStr,
    arguments: Vec<(Ident, Expr)>,
}

impl Parse for Call {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let key = input.parse()?;
        let mut arguments = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let name: Ident = input.parse()?;
            let value = if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                input.parse()?
            } else {
                // `name` alone is `name = name`.
                syn::parse2(quote!(#name))?
            };
            arguments.push((name, value));
        }
        Ok(Self { key, arguments })
    }
}

impl Call {
    /// The arguments if they are those of the message, otherwise why not.
    fn check(&self) -> syn::Result<()> {
        let messages =
            catalogue::messages().map_err(|error| syn::Error::new(self.key.span(), error))?;
        let key = self.key.value();
        let expected = messages.get(&key).ok_or_else(|| {
            let text = format!("no message `{key}` in app/locales/en");
            syn::Error::new(self.key.span(), text)
        })?;
        for (name, _) in &self.arguments {
            if !expected.contains(&name.to_string()) {
                return Err(syn::Error::new(
                    name.span(),
                    format!("`{key}` has no argument `{name}`"),
                ));
            }
        }
        let given = |name: &String| self.arguments.iter().any(|(given, _)| given == name);
        let missing: Vec<&str> =
            expected.iter().filter(|name| !given(name)).map(String::as_str).collect();
        if !missing.is_empty() {
            let text = format!("`{key}` also needs {}", missing.join(", "));
            return Err(syn::Error::new(self.key.span(), text));
        }
        Ok(())
    }
}

fn expand(
    input: TokenStream,
    write: impl FnOnce(&LitStr, &[String], &[Expr]) -> Tokens,
) -> TokenStream {
    let call = parse_macro_input!(input as Call);
    if let Err(error) = call.check() {
        return error.to_compile_error().into();
    }
    let (names, values): (Vec<String>, Vec<Expr>) =
        call.arguments.into_iter().map(|(name, value)| (name.to_string(), value)).unzip();
    write(&call.key, &names, &values).into()
}

/// A text in the current language, as a `String`: `text!("greeting", name = person.name)`.
#[proc_macro]
pub fn text(input: TokenStream) -> TokenStream {
    expand(
        input,
        |key, names, values| quote!(::app::i18n::format(#key, [#((#names, ::app::i18n::Argument::from(#values))),*])),
    )
}

/// A text whose arguments are views, as a view: `rich_text!("see-help", link = view! { <a href=url>{name}</a> })`.
#[proc_macro]
pub fn rich_text(input: TokenStream) -> TokenStream {
    expand(input, |key, names, values| {
        quote!(::app::i18n::format_views(#key, ::std::vec![#((
            #names,
            ::leptos::prelude::IntoAny::into_any(#values),
        )),*]))
    })
}

/// A text for an island or a script, which fills in the arguments itself: `pattern!("taken", time)` gives
/// `{time} was just booked.` Plural forms cannot be chosen that way.
#[proc_macro]
pub fn pattern(input: TokenStream) -> TokenStream {
    expand(input, |key, names, _| {
        let places = names.iter().map(|name| format!("{{{name}}}"));
        quote!(::app::i18n::format(#key, [#((#names, ::app::i18n::Argument::from(#places))),*]))
    })
}
