# One appointment and the list of appointments, as patients, doctors and administrators see them.

## An appointment in words
appointment-state-held = Not confirmed yet
appointment-state-confirmed = Confirmed
appointment-state-checked-in = Checked in
appointment-state-completed = Completed
appointment-state-cancelled = Cancelled
# The time was held, and released before it was confirmed.
appointment-state-released = Released
# The time was held, and the patient did not confirm it before it was released.
appointment-state-expired = Not confirmed in time
appointment-state-no-show = Did not attend
# How doctor and patient meet; also a choice in the search.
appointment-mode-in-person = In person
appointment-mode-video = Video
# In the place of a location.
appointment-video = Video appointment
# `Tuesday 24 November 2026, 10:20–10:40, at Panjim Clinic, with Dr Asha Rao`
appointment-summary-in-person = { $date }, { $times }, at { $location }, with { $doctor }
appointment-summary-video = { $date }, { $times }, video appointment with { $doctor }
# The appointment before it is rescheduled: `Tuesday 24 November 2026, 10:20–10:40, Panjim Clinic`
appointment-before-in-person = { $date }, { $times }, { $location }
appointment-before-video = { $date }, { $times }, video appointment
# What the appointment is, and who will be treated: `First visit for Mira Naik`
appointment-kind-and-person = { $kind } for { $person }
# In place of the patient’s name, where the doctor sees a time that somebody holds and has not booked yet.
visit-no-name = Name not given yet
# `First visit, 40 minutes`
appointment-kind-with-length = { $kind }, { $length }
# The length is not known: one appointment of this type takes several bookable times.
appointment-kind-with-times = { $count ->
    [one] { $kind } (length: { $count } time)
   *[other] { $kind } (length: { $count } times in a row)
}

## Facts about an appointment: the names, each before its value
appointment-fact-date = Date
appointment-fact-time = Time
appointment-fact-doctor = Doctor
appointment-fact-location = Location
appointment-fact-person = Patient
appointment-fact-kind = Appointment type
appointment-fact-fee = Fee
appointment-fact-reference = Reference

## A time that the patient holds and has to confirm
appointment-held-title = Confirm your booking
# `First visit, ₹600` or `First visit for Mira Naik, ₹600`
appointment-held-kind-and-fee = { $kind }, { $fee }
appointment-held-extended = You have more time.
appointment-held-extended-detail = This time is held for you until { $until }.
appointment-held-extend-button = I need more time
# Below the button “I need more time”: how often it can still be used.
appointment-held-extensions-left = { $count ->
    [0] You cannot get more time. Confirm your booking now, or choose a time again later.
    [1] You can do this once more.
    [2] You can do this twice more.
   *[other] You can do this { $count } more times.
}
appointment-held-code-sent-to = We have sent a code to { $email }.
appointment-held-new-code-sent-to = We have sent a new code to { $email }. The previous code no longer works.
appointment-held-code = Code from the e-mail
appointment-held-code-hint = 8 digits. It can take a minute to arrive. Check your spam folder too.
appointment-held-confirm-button = Confirm booking
appointment-held-new-code-button = Send a new code
appointment-held-release-button = Release this time

## The step before a time is held, for somebody who has not signed in; most people do not see this page
book-title = Hold this time
book-lead = Continue to hold this time for you while you enter your details.
book-button = Continue
book-back = Back to the free times
book-no-cookies = We could not hold this time.
book-no-cookies-detail = Your browser does not keep cookies, which we need to hold a time for you. Allow cookies for this site, then try again.
book-try-again = Try again

## A time held by somebody who has not signed in: first they enter their details, then the code we send them
appointment-visitor-name = Your full name
appointment-visitor-email = Your e-mail address
appointment-visitor-email-hint = We send a code to this address to confirm your booking.
appointment-visitor-whom = Who is this appointment for?
appointment-visitor-for-me = Me
appointment-visitor-for-other = Someone else
appointment-visitor-patient-name = Patient’s full name
appointment-visitor-birth-date = Patient’s date of birth (optional)
# `Mira Naik, born 30 April 2019`
appointment-visitor-patient-born = { $name }, born { $date }
appointment-visitor-send-code = Send code
appointment-visitor-send-code-again = Save and send a new code
appointment-visitor-change = Change your details
# Below the sentence that the patient has another appointment at that time, or too many with this doctor.
appointment-visitor-clash = We still hold this time for you. If the appointment is for someone else, change your details below. To change your other appointment, sign in.
appointment-visitor-sign-in = Have an account? Sign in
appointment-visitor-sign-in-note = We do not hold this time while you sign in. Choose it again afterwards.
# `$email`: `a•••@example.org`
appointment-visitor-confirmed = We have sent the details to { $email }.
appointment-visitor-change-note = This appointment is in the account with your e-mail address.
appointment-visitor-sign-in-to-change = Sign in to reschedule or cancel
appointment-visitor-forget = Remove from this device
appointment-visitor-forget-note = Do other people use this device? Remove the appointment from it. It stays booked.
# For somebody who has just booked for the first time.
appointment-new-account = You now have an account with your appointments.
# `$password`: the next text, a link.
appointment-new-account-detail = You can sign in at any time with a code that we send to your e-mail address. { $password }
appointment-new-account-link = Set a password

## A confirmed appointment, or a time that is held as the clinic sees it
appointment-confirmed-title = Your appointment is confirmed
appointment-held-title-clinic = Held time
appointment-title = Your appointment
appointment-title-clinic = Appointment for { $person }
appointment-confirmed-done = Booked.
appointment-confirmed-done-detail = We have sent you a confirmation by e-mail.
appointment-rescheduled-done = Appointment rescheduled.
appointment-rescheduled-done-detail = We have sent you the new time by e-mail.
appointment-rescheduled-done-detail-clinic = We have sent the patient the new time by e-mail.
appointment-checked-in-done = Checked in.
appointment-checked-in-done-detail = The patient has arrived.
appointment-add-to-calendar = Add to calendar
appointment-reschedule-button = Reschedule
appointment-cancel-button = Cancel appointment
# Before the button that cancels.
appointment-cancel-detail = Your time will be offered to other patients.
appointment-cancel-detail-clinic = If this time is still within opening hours, other patients can book it.
# The clinic writes it.
appointment-cancel-reason = Reason for cancelling
appointment-cancel-reason-hint = The patient will read this. Do not include health details.

## Until when an appointment can be changed; `$until` is a date and a time with its zone
appointment-change-until = You can reschedule or cancel until { $until }.
appointment-change-until-clinic = You can reschedule or cancel until the appointment starts: { $until }.
appointment-change-too-late = It is too late to reschedule or cancel online. If you cannot attend, contact the clinic.
appointment-not-taking-bookings = { $doctor } is not taking bookings at the moment, so this appointment cannot be rescheduled. It will go ahead unless it is cancelled. You can cancel it until { $until }.
appointment-not-taking-bookings-too-late = { $doctor } is not taking bookings at the moment, so this appointment cannot be rescheduled. It will go ahead unless it is cancelled. It is too late to cancel it online.

## Rescheduling
appointment-reschedule-title = Reschedule appointment
appointment-reschedule-same-time = The appointment is already at this time.
# Above a calendar.
appointment-reschedule-free-times = { $doctor }’s free times
appointment-reschedule-current = Current appointment
appointment-reschedule-until = You can reschedule until { $until }. When you do, the current time will be offered to other patients.
appointment-reschedule-keep = Keep this appointment
# Next to the button that reschedules.
appointment-reschedule-note = We will e-mail you the new time. Your old time will be offered to other patients.
appointment-reschedule-note-clinic = We will e-mail the patient the new time. The old time will be offered to other patients.
appointment-reschedule-impossible-title = This appointment cannot be rescheduled
appointment-reschedule-no-times = This doctor has no times to book online at the moment. Contact the clinic to find another time.
appointment-reschedule-back = Back to appointment

## An appointment that is over
appointment-released-title = You released this time
appointment-released-detail = Other patients can now book it.
# The time was held and released before it was confirmed. Somebody looks at it later, or somebody else released it.
appointment-released-not-booked = This appointment was not booked.
appointment-released-title-other = This time was released
appointment-released-for-another = You chose another time instead, so this appointment was not booked.
appointment-cancelled-done-title = Your appointment is cancelled
appointment-cancelled-done-detail = Your time will be offered to other patients.
appointment-cancelled-done-title-clinic = The appointment is cancelled
appointment-cancelled-done-detail-clinic = The patient can see that it is cancelled.
appointment-cancelled-title = This appointment is cancelled
appointment-nothing-to-do = You do not need to do anything.
appointment-expired-title = This time is no longer held
appointment-expired-detail = The appointment was not confirmed in time. You can choose this time again if it is still free.
appointment-expired-detail-clinic = The appointment was not confirmed in time, so other patients can book this time.
appointment-no-show-title = This appointment was missed
appointment-no-show-detail = If you did attend, contact the clinic. Otherwise, you can book another appointment.
appointment-no-show-title-clinic = The patient did not attend
appointment-no-show-detail-clinic = If they did attend, mark the appointment as completed.
appointment-completed-title = This appointment is over
appointment-completed-detail = Thank you for attending.
appointment-completed-title-clinic = Appointment completed
appointment-reviewed-done = Thank you.
appointment-reviewed-done-detail = Your review is now on { $doctor }’s page.
appointment-review-deleted-done = Review deleted.
appointment-review-deleted-done-detail = It is no longer shown.
appointment-undone = Change undone.
appointment-undone-detail = The appointment is as it was before.
# The clinic has typed the reason for cancelling.
appointment-cancel-reason-given = Reason: { $reason }
appointment-free-times-link = See { $doctor }’s free times

## History: what happened to an appointment. `$who` is the reader (`you`), the `patient`, the `doctor`, the `clinic` or this site (`nadi`)
history-title = History
# Below the list.
history-zone = Times are in { $zone }.
history-held = { $who ->
    [you] You chose this time.
    [patient] The patient chose this time.
    [doctor] The doctor chose this time.
    [clinic] The clinic chose this time.
   *[nadi] Nadi held this time.
}
history-extended = { $who ->
    [you] You asked for more time.
    [patient] The patient asked for more time.
    [doctor] The doctor asked for more time.
    [clinic] The clinic asked for more time.
   *[nadi] Nadi gave more time.
}
history-code-requested = { $who ->
    [you] You asked for a new code.
    [patient] The patient asked for a new code.
    [doctor] The doctor asked for a new code.
    [clinic] The clinic asked for a new code.
   *[nadi] Nadi sent a new code.
}
history-confirmed = { $who ->
    [you] You confirmed the appointment.
    [patient] The patient confirmed the appointment.
    [doctor] The doctor confirmed the appointment.
    [clinic] The clinic confirmed the appointment.
   *[nadi] Nadi confirmed the appointment.
}
history-rescheduled = { $who ->
    [you] You rescheduled the appointment.
    [patient] The patient rescheduled the appointment.
    [doctor] The doctor rescheduled the appointment.
    [clinic] The clinic rescheduled the appointment.
   *[nadi] Nadi rescheduled the appointment.
}
# `$before` is the date and time before.
history-rescheduled-from = { $who ->
    [you] You rescheduled the appointment. It was on { $before }.
    [patient] The patient rescheduled the appointment. It was on { $before }.
    [doctor] The doctor rescheduled the appointment. It was on { $before }.
    [clinic] The clinic rescheduled the appointment. It was on { $before }.
   *[nadi] Nadi rescheduled the appointment. It was on { $before }.
}
history-checked-in = { $who ->
    [you] You checked the patient in.
    [patient] The patient checked in.
    [doctor] The doctor checked the patient in.
    [clinic] The clinic checked the patient in.
   *[nadi] Nadi checked the patient in.
}
history-completed = { $who ->
    [you] You marked the appointment as completed.
    [patient] The patient marked the appointment as completed.
    [doctor] The doctor marked the appointment as completed.
    [clinic] The clinic marked the appointment as completed.
   *[nadi] Nadi marked the appointment as completed.
}
history-no-show = { $who ->
    [you] You recorded that the patient did not attend.
    [patient] The patient did not attend.
    [doctor] The doctor recorded that the patient did not attend.
    [clinic] The clinic recorded that the patient did not attend.
   *[nadi] Nadi recorded that the patient did not attend.
}
history-undone-check-in = { $who ->
    [you] You undid the check-in.
    [patient] The patient undid the check-in.
    [doctor] The doctor undid the check-in.
    [clinic] The clinic undid the check-in.
   *[nadi] Nadi undid the check-in.
}
history-undone-no-show = { $who ->
    [you] You removed “Did not attend” from this appointment.
    [patient] The patient removed “Did not attend” from this appointment.
    [doctor] The doctor removed “Did not attend” from this appointment.
    [clinic] The clinic removed “Did not attend” from this appointment.
   *[nadi] Nadi removed “Did not attend” from this appointment.
}
history-undone-completed = { $who ->
    [you] You removed “Completed” from this appointment.
    [patient] The patient removed “Completed” from this appointment.
    [doctor] The doctor removed “Completed” from this appointment.
    [clinic] The clinic removed “Completed” from this appointment.
   *[nadi] Nadi removed “Completed” from this appointment.
}
history-cancelled = { $who ->
    [you] You cancelled the appointment.
    [patient] The patient cancelled the appointment.
    [doctor] The doctor cancelled the appointment.
    [clinic] The clinic cancelled the appointment.
   *[nadi] Nadi cancelled the appointment.
}
history-released = { $who ->
    [you] You released this time.
    [patient] The patient released this time.
    [doctor] The doctor released this time.
    [clinic] The clinic released this time.
   *[nadi] This time was released because another time was chosen instead.
}
history-expired = The appointment was not confirmed in time, so this time was released.

## The list of appointments
appointments-title = My appointments
# A link to the people the account may book for.
appointments-people = People you book for
appointments-calendar = Add appointments to your calendar
# Read to people who do not see the page: names the choice “Upcoming”, “Past”.
appointments-tabs = Which appointments to show
# A part of the page’s address that could not be used; completes `address-ignored`.
appointments-parameter-show = the choice of upcoming or past appointments
appointments-upcoming = Upcoming
appointments-past = Past
appointments-none-past = No past appointments
appointments-none-past-detail = Past and cancelled appointments will appear here.
appointments-none-past-link = See upcoming appointments
appointments-none-upcoming = No upcoming appointments
appointments-none-upcoming-detail = Your appointments will appear here.
appointments-none-upcoming-link = Find a doctor
# Someone else of the account will be treated.
appointments-for = For { $person }

# For somebody who has not signed in and holds a time.
appointments-held-lead = You have not confirmed this time yet.
# `$sign_in`: the next text, a link.
appointments-held-others = Looking for your other appointments? { $sign_in }
appointments-held-sign-in = Sign in

## Appointments outside a doctor’s opening hours, as the doctor and administrators see them
conflicts-title = Appointments at times you no longer offer
# One of them: `Tue, 24 Nov 2026, 10:20–10:40, Mira Naik, First visit`
conflicts-appointment = { $when }, { $person }, { $kind }
conflicts-more = { $count ->
    [one] And { $count } more appointment.
   *[other] And { $count } more appointments.
}
