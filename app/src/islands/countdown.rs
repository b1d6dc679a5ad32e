use leptos::prelude::*;

use super::browser;

/// `4:32`.
fn clock(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// How long before the end the warning appears, in seconds. WCAG 2.2, 2.2.1 asks for at least 20.
const SOON: i64 = 60;

/// What a screen reader hears as time runs out: rarely, and early enough to act on.
fn spoken(seconds: i64, extendable: bool) -> &'static str {
    match (seconds, extendable) {
        (..=0, _) => "The hold has ended.",
        (1..=20, true) => "20 seconds left. Keep this time longer, or confirm it now.",
        (1..=20, false) => "20 seconds left. Confirm it now.",
        (21..=SOON, true) => "One minute left. You can keep this time longer with one button.",
        (21..=SOON, false) => "One minute left. This time cannot be kept longer: confirm it now.",
        _ => "",
    }
}

/// The visible warning.
fn warning(extendable: bool) -> &'static str {
    if extendable {
        "Less than a minute is left. Keep this time longer, or confirm it now."
    } else {
        "Less than a minute is left. Confirm it now, or it is free again."
    }
}

/// The time left on a hold. It counts down from when the page was loaded, so a wrong clock does not matter.
#[island]
pub fn Countdown(
    seconds: i64,
    /// The moment the hold ends, with its zone: `10:07 IST`.
    until: String,
    /// Where to find another time.
    again: String,
    /// It can be kept for longer: the button for it stands after the countdown, and is brought
    /// forward (by the style sheet, from `data-soon`) when it is needed.
    extendable: bool,
) -> impl IntoView {
    let (left, set_left) = signal(seconds);
    Effect::new(move |_| {
        let ends = browser::now_ms() + 1000.0 * seconds as f64;
        let tick = set_interval_with_handle(
            move || {
                let now = ((ends - browser::now_ms()) / 1000.0).ceil() as i64;
                set_left.set(now.max(0));
            },
            std::time::Duration::from_millis(250),
        );
        if let Ok(tick) = tick {
            on_cleanup(move || tick.clear());
        }
    });
    let left = Memo::new(move |_| left.get());
    let ended = move || left.get() <= 0;
    let soon = Memo::new(move |_| (1..=SOON).contains(&left.get()));
    let tone = move || if ended() { "loss" } else { "waiting" };
    view! {
        <div class="countdown" data-tone=tone data-soon=move || soon.get().then_some("") data-ended=move || ended().then_some("")>
            {move || if ended() {
                view! {
                    <p>
                        "The hold has ended and the time is free again. "
                        <a href=again.clone()>"See the nearest free times"</a>
                    </p>
                }.into_any()
            } else {
                view! {
                    <p>
                        "Held for you until "
                        <time>{until.clone()}</time>
                        " ("
                        <span class="countdown-left" role="timer">{move || clock(left.get())}</span>
                        ")"
                    </p>
                }.into_any()
            }}
            {move || soon.get().then(|| view! { <p class="countdown-warning">{warning(extendable)}</p> })}
            <span class="visually-hidden" role="status">{move || spoken(left.get(), extendable)}</span>
        </div>
    }
}
