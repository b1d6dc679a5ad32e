//! Texts of invented reviews, and of doctors' answers. Any two sentences of a rating can be combined; none
//! names an illness, a person or a place.

use crate::demo::rng::SeededRng;

/// How many of a hundred patients give a doctor one to five stars.
pub(super) const MOODS: [[usize; 5]; 4] =
    [[1, 2, 6, 26, 65], [2, 4, 12, 36, 46], [5, 9, 22, 36, 28], [10, 16, 26, 30, 18]];

const EXCELLENT: &[&str] = &[
    "I felt listened to from the first minute.",
    "Everything was explained calmly, and twice when I asked.",
    "The visit began on the minute and was not rushed.",
    "I came with a long list of questions and left with an answer to each.",
    "Gentle, clear and honest about what is not known.",
    "I was nervous, and that was taken seriously.",
    "A careful examination and a plan I can follow.",
    "The first time somebody drew me a picture of what is going on.",
    "No needless tests, and I was told why.",
    "My questions were welcome, even the small ones.",
    "We looked at my old reports together, one by one.",
    "I have been coming for a while and was never disappointed.",
];
const EXCELLENT_MORE: &[&str] = &[
    "The plan was written down, so I could read it again at home.",
    "I would come again.",
    "My family goes there too now.",
    "The price was what had been said before.",
    "The people at the desk were kind as well.",
    "I slept better that night.",
    "It was worth the way across the city.",
    "Getting the time was easy, too.",
    "I knew what to do if it got worse.",
    "Afterwards I was called to hear how I was doing.",
];
const GOOD: &[&str] = &[
    "A good visit, all in all.",
    "Competent and friendly.",
    "I got the help I came for.",
    "Clear advice without big words.",
    "The examination was thorough.",
    "I was taken seriously.",
    "A calm voice and a clear plan.",
    "The explanation helped me a lot.",
];
const GOOD_MORE: &[&str] = &[
    "I waited ten minutes, which was fine.",
    "I would have liked a little more time at the end.",
    "The waiting room is small but clean.",
    "Parking is not easy there, so leave early.",
    "The prescription could have been explained more.",
    "It was a bit loud next door.",
    "I would go again.",
    "The second visit was even better.",
];
const MIXED: &[&str] = &[
    "Friendly, but hurried.",
    "The advice was sound, the wait was long.",
    "I am not sure yet whether it helped.",
    "Knows the field well, but spoke very fast.",
    "A decent visit with a late start.",
    "I had hoped for more time to ask.",
];
const MIXED_MORE: &[&str] = &[
    "We began half an hour late.",
    "I had to ask twice what the tablets were for.",
    "A telephone rang three times while we spoke.",
    "The next visit will show.",
    "For a short question it is fine.",
    "At the desk nobody could tell me how long it would take.",
];
const POOR: &[&str] = &[
    "I waited for almost an hour.",
    "My question was not answered.",
    "I felt like a number.",
    "Five minutes, then I was out again.",
    "I was interrupted before I had told all of it.",
    "I left knowing as little as before.",
];
const POOR_MORE: &[&str] = &[
    "Nobody said sorry for the delay.",
    "I have booked with somebody else now.",
    "Maybe it was a bad day.",
    "I expected more for this fee.",
    "At least the desk was friendly.",
    "I had to call again to hear my results.",
];
const ANSWERS_PLEASED: &[&str] = &[
    "Thank you for your kind words. Take care.",
    "Thank you for writing this. I have passed it on to the desk.",
    "That is good to hear. Come back whenever something is unclear.",
    "Thank you. Bring your questions next time, too.",
];
const ANSWERS_SORRY: &[&str] = &[
    "I am sorry that you had to wait. An emergency came between, and we should have told you.",
    "Thank you for being frank. I would like to make it right: please ask for a second talk, free of charge.",
    "You are right about the time. We now plan longer visits in the morning.",
    "I am sorry that your question was left open. Call the clinic, and I will ring you back.",
    "Thank you. We have talked about this in the team and changed how we tell people of delays.",
];
pub(super) const HIDDEN_REASON: &str = "It names another patient and what they came for.";

/// One or two sentences for a number of stars, or none.
pub(super) fn text(rng: &mut SeededRng, stars: u8) -> String {
    let (first, more) = match stars {
        5 => (EXCELLENT, EXCELLENT_MORE),
        4 => (GOOD, GOOD_MORE),
        3 => (MIXED, MIXED_MORE),
        _ => (POOR, POOR_MORE),
    };
    let (first, more) = (rng.pick(first), rng.pick(more));
    match rng.below(10) {
        0 | 1 => String::new(),
        2..=4 => first.to_owned(),
        _ => format!("{first} {more}"),
    }
}

/// The doctor's answer to a review, if any; more often to a bad one.
pub(super) fn answer(rng: &mut SeededRng, stars: u8) -> Option<&'static str> {
    match stars {
        1..=3 => rng.chance(45).then(|| rng.pick(ANSWERS_SORRY)),
        _ => rng.chance(10).then(|| rng.pick(ANSWERS_PLEASED)),
    }
}
