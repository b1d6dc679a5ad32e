use leptos::prelude::*;

use super::browser;

/// `4:32`.
fn clock(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// What a screen reader hears as time runs out: rarely, and early enough to act on.
fn spoken(seconds: i64) -> &'static str {
    match seconds {
        ..=0 => "The hold has ended.",
        1..=20 => "20 seconds left. You can still ask for a new code or choose the time again.",
        21..=60 => "One minute left.",
        _ => "",
    }
}

/// How long a time is still held. It counts from the moment the page arrives, so a wrong clock does no harm.
#[island]
pub fn Countdown(
    seconds: i64,
    /// The moment the hold ends, with its zone: `10:07`.
    until: String,
    /// Where to find another time.
    again: String,
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
    let tone = move || if ended() { "loss" } else { "waiting" };
    view! {
        <div class="countdown" data-tone=tone data-ended=move || ended().then_some("")>
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
            <span class="visually-hidden" role="status">{move || spoken(left.get())}</span>
        </div>
    }
}
