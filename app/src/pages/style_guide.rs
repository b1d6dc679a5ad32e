//! The style guide, in development only: every UI component in every state.

use leptos::prelude::*;
use leptos_meta::Title;
use nadi::Failure;

use crate::context;
use crate::parts::response;
use crate::ui::{
    Alert, Badge, Button, ButtonLink, CheckField, Choice, Empty, Fact, Facts, Icon, Initials,
    LinkTab, LinkTabs, PageHead, Pagination, ProblemLine, ProblemSummary, RadioField, SelectField,
    Shape, StarRow, SuggestField, TableFrame, TextAreaField, TextField, Tone, Variant,
};

const TONES: [Tone; 4] = [Tone::Neutral, Tone::Good, Tone::Waiting, Tone::Loss];
const VARIANTS: [Variant; 4] =
    [Variant::Primary, Variant::Secondary, Variant::Quiet, Variant::Danger];
const SHAPES: [Shape; 16] = [
    Shape::ArrowLeft,
    Shape::ArrowRight,
    Shape::Calendar,
    Shape::Check,
    Shape::Clock,
    Shape::Cross,
    Shape::Leaf,
    Shape::Mail,
    Shape::Pin,
    Shape::Plus,
    Shape::Pulse,
    Shape::Search,
    Shape::Speech,
    Shape::Star,
    Shape::Video,
    Shape::Warning,
];
/// The longest possible name, without a place to break the line.
const LONG: &str = "Thiruvananthapuram-Wickramasinghe-Balasubramaniam";

#[component]
pub fn StyleGuide() -> impl IntoView {
    response::page(async {
        // The page exists in development only.
        if context::development() { Ok(style_guide()) } else { Err(Failure::NotFound) }
    })
}

fn style_guide() -> AnyView {
    view! {
        <Title text="Pieces"/>
        <PageHead title="Pieces" lead="Development only: what every page is made of, in every state. Look at it narrow, dark, enlarged and without a pointer."/>
        <div class="pieces">
            <Section title="Buttons"><Buttons/></Section>
            <Section title="Notices and badges"><Alerts/></Section>
            <Section title="Fields"><Fields/></Section>
            <Section title="Fields with a problem"><Problems/></Section>
            <Section title="Tabs and pages"><Ways/></Section>
            <Section title="Facts and tables"><Tables/></Section>
            <Section title="Nothing to show">
                <Empty title="No free times this month">
                    <p>"The next free day is Tuesday 24 November."</p>
                    <p class="actions"><ButtonLink href="#">"Go there"</ButtonLink></p>
                </Empty>
            </Section>
            <Section title="Drawings"><Drawings/></Section>
            <Section title="Text">
                <p class="lead">"A lead says in one line what a page is for."</p>
                <p>"Ordinary text with "<a href="#">"a link"</a>", "<strong>"something that matters"</strong>" and "<span class="muted">"something that does not"</span>"."</p>
                <h3>"A heading within a section"</h3>
                <p>{LONG}</p>
            </Section>
        </div>
    }
    .into_any()
}

#[component]
fn Section(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="piece">
            <h2>{title}</h2>
            {children()}
        </section>
    }
}

#[component]
fn Buttons() -> impl IntoView {
    let buttons: Vec<_> = VARIANTS
        .into_iter()
        .map(|variant| view! { <Button variant=variant kind="button">{variant.as_str()}</Button> })
        .collect();
    let links: Vec<_> = VARIANTS
        .into_iter()
        .map(|variant| {
            view! { <ButtonLink href="#" variant=variant>{format!("{} link", variant.as_str())}</ButtonLink> }
        })
        .collect();
    view! {
        <p class="actions">{buttons}</p>
        <p class="actions">{links}</p>
        <p class="actions">
            <Button kind="button">{format!("A label as long as {LONG}")}</Button>
        </p>
    }
}

#[component]
fn Alerts() -> impl IntoView {
    let alerts: Vec<_> = TONES
        .into_iter()
        .map(|tone| {
            view! {
                <Alert tone=tone>
                    <p><strong>{format!("A {} notice. ", tone.as_str())}</strong>"It says what happened, and what to do next."</p>
                </Alert>
            }
        })
        .collect();
    let badges: Vec<_> =
        TONES.into_iter().map(|tone| view! { <Badge tone=tone text=tone.as_str()/> }).collect();
    view! {
        {alerts}
        <p class="actions">{badges}</p>
    }
}

#[component]
fn Fields() -> impl IntoView {
    let choices = || vec![Choice::new("a", "In person"), Choice::new("b", LONG)];
    view! {
        <form class="stack">
            <TextField name="piece-name" label="Name" value="Asha Naik"/>
            <TextField name="piece-hint" label="With a hint" hint="Like 800 or 45.50."/>
            <TextField name="piece-date" label="Date" kind="date"/>
            <TextField name="piece-time" label="Time" kind="time" value="10:20"/>
            <TextField name="piece-number" label="Number" kind="number" value="20" min="5" max="240"/>
            <TextField name="piece-password" label="Password" kind="password" autocomplete="off" value="secret"/>
            <SelectField name="piece-select" label="One of several" choices=choices() value="a"/>
            <SuggestField name="piece-suggest" label="Something that is suggested" choices=choices() hint="Start typing."/>
            <TextAreaField name="piece-text" label="Several lines" value="One.\nTwo."/>
            <RadioField name="piece-radio" label="One of a few" choices=choices() value="a"/>
            <CheckField name="piece-check" label="A box"/>
            <CheckField name="piece-ticked" label="A box that is ticked" checked=true/>
        </form>
    }
}

#[component]
fn Problems() -> impl IntoView {
    let line = |id: &str, text: &str| ProblemLine { text: text.into(), field_id: Some(id.into()) };
    let problem = |text: &str| Some(text.to_owned());
    view! {
        <ProblemSummary
            title="There are two problems"
            lines=vec![
                line("piece-bad", "Enter your e-mail address."),
                line("piece-bad-select", "Choose a location from the list."),
            ]
        />
        <form class="stack">
            <TextField name="piece-bad" label="E-mail" hint="We send the code there." problem=problem("Enter your e-mail address.")/>
            <SelectField name="piece-bad-select" label="Location" choices=vec![Choice::new("", "Choose")]
                problem=problem("Choose a location from the list.")/>
            <TextAreaField name="piece-bad-text" label="Reason" value=LONG problem=problem("The reason is too long. Use at most 200 characters.")/>
        </form>
    }
}

#[component]
fn Ways() -> impl IntoView {
    let tab = |text: &str, current| LinkTab { href: "#".into(), text: text.into(), current };
    let tabs = vec![tab("Week", true), tab("Day", false), tab("List", false)];
    let pages: Vec<_> = [(1, 9), (5, 9), (9, 9)]
        .into_iter()
        .map(|(number, count)| view! { <Pagination number=number count=count href=|_| "#".to_owned()/> })
        .collect();
    view! {
        <LinkTabs label="Views" tabs=tabs/>
        {pages}
    }
}

#[component]
fn Tables() -> impl IntoView {
    let rows: Vec<_> = (1..=3)
        .map(|n| {
            view! {
                <tr>
                    <th scope="row">{format!("Dr {LONG}")}</th>
                    <td>"Dermatology"</td>
                    <td>{format!("{}0:20", n)}</td>
                </tr>
            }
        })
        .collect();
    let columns = ["Doctor", "Specialty", "Next"].map(str::to_owned).to_vec();
    view! {
        <Facts>
            <Fact name="When">"Tuesday 24 November, 10:20–10:40"</Fact>
            <Fact name="Where">{LONG}</Fact>
        </Facts>
        <TableFrame label="A table" columns=columns>{rows}</TableFrame>
    }
}

#[component]
fn Drawings() -> impl IntoView {
    let drawings: Vec<_> = SHAPES
        .into_iter()
        .map(|shape| view! { <li><Icon shape=shape/>{format!("{shape:?}")}</li> })
        .collect();
    let stars: Vec<_> = (0..=5u8).map(|n| view! { <li><StarRow of_five=n/></li> }).collect();
    view! {
        <ul class="drawings">{drawings}</ul>
        <ul class="drawings">{stars}</ul>
        <p><Initials name="Dr Asha Naik"/></p>
    }
}
