use leptos::prelude::*;

/// How much a button asks for attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Variant {
    /// The one thing to do on this page.
    #[default]
    Primary,
    Secondary,
    /// Looks like text, keeps the target size.
    Quiet,
    /// Something is lost; the label says what.
    Danger,
}

impl Variant {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Quiet => "quiet",
            Self::Danger => "danger",
        }
    }
}

/// A button that sends the form around it, or the form named by `form`.
#[component]
pub fn Button(
    #[prop(optional)] variant: Variant,
    #[prop(default = "submit")] kind: &'static str,
    #[prop(optional, into)] name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional, into)] form: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <button class="button" data-variant=variant.as_str() type=kind name=name value=value form=form>
            {children()}
        </button>
    }
}

/// A link that looks like a button: it goes somewhere and changes nothing.
#[component]
pub fn ButtonLink(
    #[prop(into)] href: String,
    #[prop(optional)] variant: Variant,
    children: Children,
) -> impl IntoView {
    view! {
        <a class="button" data-variant=variant.as_str() href=href>
            {children()}
        </a>
    }
}
