//! Line drawings on a 20-unit grid. They repeat what words beside them say, so they are hidden from readers.

use leptos::prelude::*;

/// The available icons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    ArrowLeft,
    ArrowRight,
    Calendar,
    Check,
    Clock,
    Cross,
    Leaf,
    Mail,
    Pin,
    Plus,
    Pulse,
    Search,
    Speech,
    Star,
    Video,
    Warning,
}

impl Shape {
    fn path(self) -> &'static str {
        match self {
            Self::ArrowLeft => "M12.5 4 6.5 10l6 6",
            Self::ArrowRight => "M7.5 4l6 6-6 6",
            Self::Calendar => "M3.5 5.5h13v11h-13zM3.5 8.5h13M7 3.5v4M13 3.5v4",
            Self::Check => "M4 10.5 8 14.5 16 6",
            Self::Clock => "M10 2.8a7.2 7.2 0 1 0 0 14.4 7.2 7.2 0 0 0 0-14.4zM10 6v4.2l2.8 1.8",
            Self::Cross => "M5.5 5.5l9 9M14.5 5.5l-9 9",
            Self::Leaf => {
                "M4 16c0-8 4-12 12.5-12C16.5 12.5 12.5 15 6.5 13.500M4 16.500C5.5 13 8 10.5 11.5 9"
            }
            Self::Mail => "M3 5h14v10.500H3zM3 6l7 5 7-5",
            Self::Pin => {
                "M10 17.500s5.5-5 5.5-9.200a5.5 5.5 0 1 0-11 0c0 4.2 5.5 9.2 5.5 9.200zM10 6.500a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"
            }
            Self::Plus => "M10 4v12M4 10h12",
            Self::Pulse => "M2 11h4l2-6 4 10 2.3-6 1 2H18",
            Self::Search => "M9 3.500a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4",
            Self::Speech => "M3 4.500h14v9.500H9l-4 3v-3H3z",
            Self::Star => {
                "M10 2.2l2.4 4.9 5.4.8-3.9 3.8.9 5.4-4.8-2.5-4.8 2.5.9-5.4L2.2 7.9l5.4-.8z"
            }
            Self::Video => "M2.5 5.500h10v9h-10zM12.5 9l5-3v8l-5-3z",
            Self::Warning => "M10 3 2.5 16.500h15zM10 8v4.200M10 14.200v.4",
        }
    }
}

/// An icon. Arrows have `data-points`: they are mirrored where one reads from right to left.
#[component]
pub fn Icon(shape: Shape) -> impl IntoView {
    let points = matches!(shape, Shape::ArrowLeft | Shape::ArrowRight).then_some("");
    view! {
        <svg class="icon" data-points=points viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
            <path d=shape.path()/>
        </svg>
    }
}
