# The doctor’s own calendar, the clinic’s actions on an appointment, and the doctor’s reviews.

## The page

doctor-calendar-title = My calendar
# The title of the browser’s tab. `$dates`: the days shown, such as “23–29 November 2026”.
doctor-calendar-tab-title = Calendar, { $dates }
# `$zone`: `Kolkata time (IST, UTC+05:30)`.
doctor-calendar-zone = All times are in { $zone }.
doctor-calendar-hours-unreadable = There is a problem with your opening hours, so no new times are offered. Times that are already offered do not change.
doctor-calendar-hours-unreadable-link = Check your opening hours

## Which days are shown

# For screen readers: the links to the three views below.
doctor-calendar-views = View
doctor-calendar-view-week = Week
doctor-calendar-view-day = Day
doctor-calendar-view-list = List
# For screen readers: the links to the days before and after, and to today.
doctor-calendar-steps = Dates
doctor-calendar-previous-week = Previous week
doctor-calendar-next-week = Next week
doctor-calendar-previous-day = Previous day
doctor-calendar-next-day = Next day
doctor-calendar-previous-two-weeks = Previous two weeks
doctor-calendar-next-two-weeks = Next two weeks
doctor-calendar-today = Today
# For screen readers: links to the seven days on this page.
doctor-calendar-week-days = Days of this week
# `Mon 23`, one of those links.
doctor-calendar-week-day = { $weekday } { $day }
# `23–29 November 2026`. `$from` and `$to` are days of the month, `$month` is the month with its year.
doctor-calendar-days-of-month = { $from }–{ $to } { $month }
# `30 November 2026 – 6 December 2026`.
doctor-calendar-days = { $from } – { $to }

## No hours and no appointments on the days shown

doctor-calendar-empty-week = No opening hours or appointments this week
doctor-calendar-empty-day = No opening hours or appointments on this day
doctor-calendar-empty-list = No opening hours or appointments in these two weeks
doctor-calendar-empty-advice = Patients can book appointments during your opening hours.
doctor-calendar-set-hours-button = Set opening hours

## One day

# The heading of a day: `Mon 23 Nov`. The month is hidden where it stands over the days already.
doctor-calendar-day = { $weekday } { $day } { $month }
doctor-calendar-day-off = No hours
doctor-calendar-day-empty = No appointments
# `$booked`: how many appointments there are.
doctor-calendar-day-booked = { $booked } booked
# `$free`: how many more can be booked.
doctor-calendar-day-free = { $free } free
doctor-calendar-day-booked-and-free = { $booked } booked, { $free } free
doctor-calendar-day-video = Video appointments
# `$places`: the locations where the doctor works that day.
doctor-calendar-day-places-and-video = { $places }, video
# For screen readers.
doctor-calendar-hours = Opening hours
doctor-calendar-entries = Appointments
# `09:00–12:30, Panjim Clinic, 4 of 10 free`. `$free`: “4 of 10 free”.
doctor-calendar-hours-at = { $times }, { $place }, { $free }
doctor-calendar-hours-video = { $times }, video appointments, { $free }
doctor-calendar-hours-free = { $free } of { $places } free
# Times of the calendar, then of the location’s own time zone: `10:00–10:20 (17:30–17:50, Auckland time)`.
doctor-calendar-times-elsewhere = { $times } ({ $there })

## An appointment in the calendar

# `Consultation, confirmed`. `$state` is one of the words below.
doctor-calendar-entry = { $kind }, { $state }
doctor-calendar-entry-video = { $kind }, video, { $state }
# With its time in the location’s own time zone: `Consultation, confirmed, 17:30–17:50, Auckland time`.
doctor-calendar-entry-elsewhere = { $entry }, { $there }
# `Consultation, confirmed, Panjim Clinic`
doctor-calendar-entry-at = { $entry }, { $location }
# Shown when the pointer is on the appointment: `10:20–10:40 Asha Rao, Consultation, confirmed, Panjim Clinic`.
doctor-calendar-entry-whole = { $times } { $name }, { $entry }, { $location }
doctor-calendar-state-held = pending
doctor-calendar-state-confirmed = confirmed
doctor-calendar-state-checked-in = checked in
doctor-calendar-state-completed = completed
doctor-calendar-state-cancelled = cancelled
doctor-calendar-state-expired = not confirmed in time
doctor-calendar-state-no-show = did not attend
# Several patients at the same time.
doctor-calendar-people = { $count ->
    [one] { $count } patient
   *[other] { $count } patients
}

## Who is with the doctor now, and who is next

# For screen readers.
doctor-calendar-next-up = Now and next
doctor-calendar-now = Now:
doctor-calendar-next = Next:
# `Next: 10:20 Asha Rao, Consultation`. `$heading`: one of the two above. `$appointment`: time and name, a link.
doctor-calendar-next-up-line = { $heading } { $appointment }, { $detail }
# Before the time of the next appointment: `Next: tomorrow, 10:20`.
doctor-calendar-next-tomorrow = tomorrow, { $time }
doctor-calendar-next-nobody = No more appointments in the next 7 days
# `$kind`: the appointment type, “Consultation”.
doctor-calendar-next-up-video = { $kind }, video appointment
# What follows the patient’s name. `$others`: how many more patients are there now.
doctor-calendar-now-detail = { $others ->
    [0] { $kind }, until { $end }
    [one] { $kind }, until { $end }, and { $others } more patient
   *[other] { $kind }, until { $end }, and { $others } more patients
}
# What follows the patient’s name. `$others`: how many more patients have the same time.
doctor-calendar-next-detail = { $others ->
    [0] { $kind }
    [one] { $kind }, and { $others } more patient
   *[other] { $kind }, and { $others } more patients
}

## What the doctor or the clinic does with an appointment on its day

# For screen readers.
clinic-actions = Clinic actions
clinic-check-in-button = Check in
clinic-complete-button = Mark as completed
clinic-no-show-button = Mark as “Did not attend”
clinic-undo-check-in-button = Undo check-in
clinic-undo-no-show-button = Undo “Did not attend”
clinic-undo-complete-button = Undo “Completed”
clinic-back-to-appointments = My appointments
# Leads to the appointments of the clinic on the day of the appointment.
clinic-back-to-day = Appointments of the day
# Leads to the day of the appointment.
clinic-back-to-calendar = Back to my calendar

## The doctor’s reviews

doctor-reviews-title = Reviews
doctor-reviews-lead = What patients say about their appointments. Everyone can read the reviews and your replies.
doctor-reviews-saved = Saved.
doctor-reviews-empty-title = No reviews yet
doctor-reviews-empty-text = Patients can write a review after their appointment.
doctor-reviews-reply-open = Reply to this review
doctor-reviews-reply-edit = Edit your reply
# `$name`: who wrote the review.
doctor-reviews-reply-label = Your reply to { $name }
doctor-reviews-reply-hint = Everyone can read it. Do not mention anyone’s health.
doctor-reviews-reply-edit-hint = To remove your reply, leave this empty.
doctor-reviews-reply-button = Save reply

## Parts of the calendar’s address that we could not use; they complete `address-ignored`

doctor-calendar-address-view = the view
doctor-calendar-address-date = the date
