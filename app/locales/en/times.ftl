# Choosing one of a doctor’s free times, and the time that is left to confirm it. Patients read it.

## The month
# Read to people who do not see the page: the calendar.
picker-choose-day = Choose a day
picker-previous-month = Previous month
picker-next-month = Next month
picker-previous-week = Previous week
picker-next-week = Next week
picker-whole-month = Show the whole month
# A day of the calendar, read to people who do not see the page. `$day`: `Tuesday 24 November`.
picker-day-label = { $count ->
    [0] { $day }, no free times
    [one] { $day }, { $count } free time
   *[other] { $day }, { $count } free times
}

## The times of a day
picker-morning = Morning
picker-afternoon = Afternoon
picker-evening = Evening
# `$zone`: `Kolkata time (IST, UTC+05:30)`.
picker-zone = Times are in { $zone }.
picker-no-times-this-month = No free times this month
picker-no-times-this-month-advice = Try the next month.
picker-no-times-this-day = There are no free times on this day.
# A link. `$day`: `Tuesday 24 November`.
picker-next-free-day = Next day with free times: { $day }
picker-loading = Loading times…
picker-offline = You are offline. Check your internet connection, then try again.

## A free time
# In small letters at a time: by video.
free-time-video = Video
# The same where a doctor’s times are in several time zones. `$zone`: `Berlin time`.
free-time-video-in-zone = Video, { $zone }
# The time that was chosen. `$date`: `Tuesday 24 November`; `$time`: `10:20–10:40`.
free-time-in-person = { $date }, { $time }, at { $place }, with { $doctor }.
free-time-by-video = { $date }, { $time }, video appointment with { $doctor }.

## A time that somebody else has booked while the page was open
# In small letters at the time, which is struck out.
picker-just-booked = just booked
picker-chosen-just-booked = That time was just booked.
# These are read to people who do not see the page. `$time`: `10:20`.
picker-time-just-booked = { $time } was just booked.
picker-time-free-again = { $time } is free now.
# `$times`: several times with commas between them.
picker-times-just-booked = Just booked: { $times }.
picker-times-free-again = Free now: { $times }.
picker-many-times-changed = Several times on this day have changed.
# After `10:20 was just booked.`
picker-nearest-time = The nearest free time is { $time }.
picker-nearest-times = The nearest free times are { $earlier } and { $later }.
picker-choose-another-day = Choose another day.
# On the page that is loaded; the times are in a list below.
picker-nearest-times-title = The nearest free times:
picker-no-other-times = There are no other free times at the moment. Check again later, or contact the clinic.

## The chosen time
picker-chosen-title = The time you chose
# A link below the button; it can also be booked without an account.
picker-sign-in = Have an account? Sign in to book faster
picker-person = Who is this appointment for?
picker-other-person = Book for someone else
picker-hold-button = Continue
picker-hold-note = We will hold this time for you for a few minutes while you confirm.
# For somebody who is not signed in.
picker-hold-note-visitor = We will hold this time for you for a few minutes while you enter your details.

## The chosen time when an appointment is rescheduled
picker-new-time-title = New time
# `$appointment`: when and where it is now.
picker-current-appointment = Current appointment: { $appointment }
picker-reschedule-button = Reschedule

## Filters above the calendar
picker-appointment-type = Appointment type
picker-mode = In person or video
picker-any-mode = Any
picker-location = Location
picker-any-location = Any location
# Parts of the page’s address that could not be used; they complete `address-ignored`.
picker-address-location = the location
picker-address-month = the month
picker-address-time = the time
picker-address-slot = the time you chose

## The countdown while a time is held
# `$time`: `10:07 IST`. The minutes and seconds that are left follow in brackets.
countdown-held = Held for you until { $time }
countdown-ended = This time is no longer held for you. Other patients can book it.
countdown-see-times = See the nearest free times
countdown-warning = Less than a minute left. Confirm now, or ask for more time.
countdown-warning-last = Less than a minute left. Confirm now, or other patients can book this time.
# Read to people who do not see the page.
countdown-seconds = 20 seconds left. Confirm now, or ask for more time.
countdown-seconds-last = 20 seconds left. Confirm now.
