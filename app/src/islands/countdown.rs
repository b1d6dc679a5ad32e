use std::sync::Arc;

use leptos::prelude::*;

use super::browser;

/// `4:32`.
fn clock(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// How long before the end the warning appears, in seconds. WCAG 2.2, 2.2.1 asks for at least 20.
const SOON: i64 = 60;

/// What a screen reader hears as time runs out: rarely, and early enough to act on.
fn spoken(seconds: i64, texts: &CountdownTexts) -> &str {
    match seconds {
        ..=0 => &texts.ended,
        1..=20 => &texts.last_seconds,
        21..=SOON => &texts.warning,
        _ => "",
    }
}

island_texts! {
    /// The texts of the countdown in the language of its page.
    pub struct CountdownTexts {
        /// With `{time}`: the moment the hold ends.
        pub held,
        /// When less than a minute is left: shown and read aloud.
        pub warning,
        /// Read aloud when 20 seconds are left.
        pub last_seconds,
        pub ended,
        /// The link to other times.
        pub see_times,
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
    texts: CountdownTexts,
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
    let texts = StoredValue::new(Arc::new(texts));
    let tone = move || if ended() { "loss" } else { "waiting" };
    view! {
        <div class="countdown" data-tone=tone data-soon=move || soon.get().then_some("") data-ended=move || ended().then_some("")>
            {move || if ended() {
                let texts = texts.get_value();
                view! {
                    <p>
                        {texts.ended.clone()}
                        " "
                        <a href=again.clone()>{texts.see_times.clone()}</a>
                    </p>
                }.into_any()
            } else {
                let held = texts.get_value().held.clone();
                let (before, after) = held.split_once("{time}").unwrap_or((&held, ""));
                view! {
                    <p>
                        {before.to_owned()}
                        <time>{until.clone()}</time>
                        {(!after.is_empty()).then(|| after.to_owned())}
                        " ("
                        <span class="countdown-left" role="timer">{move || clock(left.get())}</span>
                        ")"
                    </p>
                }.into_any()
            }}
            // The button for more time stands after the countdown. The style sheet brings it forward by `data-soon`.
            {move || soon.get().then(|| {
                let warning = texts.get_value().warning.clone();
                view! { <p class="countdown-warning">{warning}</p> }
            })}
            <span class="visually-hidden" role="status">
                {move || spoken(left.get(), &texts.get_value()).to_owned()}
            </span>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_read_aloud_and_early_enough() {
        let texts = CountdownTexts {
            warning: "Less than a minute left.".into(),
            last_seconds: "20 seconds left.".into(),
            ended: "Your hold has ended.".into(),
            ..CountdownTexts::default()
        };
        for (seconds, said) in [
            (300, ""),
            (61, ""),
            (60, "Less than a minute left."),
            (21, "Less than a minute left."),
            (20, "20 seconds left."),
            (1, "20 seconds left."),
            (0, "Your hold has ended."),
        ] {
            assert_eq!(spoken(seconds, &texts), said, "{seconds}");
        }
        assert_eq!((clock(272).as_str(), clock(5).as_str()), ("4:32", "0:05"));
    }
}
