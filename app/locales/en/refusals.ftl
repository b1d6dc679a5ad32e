# What we say when something cannot be done. Each text says what happened, then what to do next.
# Most are shown to patients above a form; programs that use the API get them as well.

## Failures that can happen anywhere

failure-not-found = We cannot find this. It may have been removed.
failure-sign-in-first = Sign in to continue.
failure-prove-address-first = Many people are booking from your network right now. Sign in, or get a code by e-mail, then choose your time again.
failure-not-allowed = Your account does not have access to this. Sign in with another account, or ask the clinic for access.
failure-wrong-credentials = Wrong e-mail or password. Try again, or ask for a code to sign in without your password.
# The code that we sent to an e-mail address.
failure-code-expired = This code is no longer valid. Ask for a new one.
# A second factor is a code of an authenticator app, or a recovery code.
failure-second-factor-needed = Enter the code from your authenticator app, too.
failure-wrong-second-factor = That code is not valid. Enter the newest code from your authenticator app, or a recovery code you have not used.
failure-wrong-passkey = We do not know this passkey, or it was not used in time. Try again, or sign in another way.
failure-prove-again = Sign in again to make this change.
# $duration: such as “15 minutes”.
failure-too-many-tries = Too many attempts. Try again in { $duration }.
failure-invalid = Some details are missing or not valid. Check them and try again.
failure-stale = This has changed since you opened it. Check the current details, then try again.
failure-still-running = This is still in progress. Wait a moment, then check again.
failure-malformed = We could not read what you sent. Go back, fill in the form again and send it.
failure-too-large = This is too large to send at once. Make it shorter and try again.
failure-busy = Many people are using Nadi right now. Nothing was changed. Try again in a few seconds.
failure-unavailable = Your appointments are safe. Wait a minute, then try again.
# For programmers: ETag, If-Match and Idempotency-Key are names of HTTP headers.
failure-version-missing = Send the version you have seen: put its ETag in the If-Match header.
failure-key-missing = Send an Idempotency-Key header with this request.
failure-key-reused = This Idempotency-Key was already used for another request. Use a new one.

## Headings above these texts, on forms and as titles of pages

failure-title = There is a problem
failure-title-code = Check the code
failure-title-busy = Nadi is very busy right now
failure-title-too-many-requests = Too many requests
failure-title-unavailable = Nadi is not available right now

## Refusals by the booking rules

refusal-not-offered = That time is no longer available. Choose another time.
refusal-in-the-past = That time has already started. Choose a later time.
refusal-not-open-yet = That time cannot be booked yet. Choose an earlier day, or come back later.
refusal-too-short-notice = It is too late to book that time online. Choose a later time, or contact the clinic.
refusal-taken = That time was just booked. Choose one of the nearest free times.
refusal-person-busy = The patient already has an appointment at that time. Choose another time, or cancel the other appointment first.
# A time is held for a patient for some minutes, until the booking is confirmed.
refusal-too-many-holds = We are already holding 3 times for you. Confirm or release one of them, then try again.
# $most: how many appointments with one doctor can be booked online.
refusal-too-many-visits = { $most ->
    [one] You already have an upcoming appointment with this doctor. Reschedule or cancel it, or contact the clinic.
   *[other] You already have { $most } upcoming appointments with this doctor, the most you can book online. Reschedule or cancel one of them, or contact the clinic.
}
refusal-hold-expired = This time is no longer held for you. Choose a time again.
refusal-no-more-extensions = We cannot hold this time any longer. Confirm your booking now, or choose a time again later.
# $tries: how often another code can be entered.
refusal-wrong-code = { $tries ->
    [one] That is not the code we sent. You have { $tries } attempt left.
   *[other] That is not the code we sent. You have { $tries } attempts left.
}
refusal-code-spent = There were too many wrong attempts, so this code no longer works. Ask for a new code.
refusal-code-too-old = This code was sent more than 10 minutes ago and no longer works. Ask for a new code. Your time is still held.
refusal-no-more-codes = We cannot send any more codes for this time. Release it, then choose it again if it is still free.
refusal-already-cancelled = This appointment is already cancelled, so it can no longer be changed.
refusal-not-a-hold = This appointment is no longer waiting to be confirmed. Check the current details.
# $length: such as “2 hours”.
refusal-too-late-to-cancel = It is too late to cancel online. The clinic asks you to cancel at least { $length } before the appointment. Contact the clinic instead.
refusal-too-late-to-move = It is too late to reschedule online. The clinic asks you to reschedule at least { $length } before the appointment. Contact the clinic instead.
refusal-not-confirmed = This appointment is not confirmed yet. Confirm it first, or choose another time.
refusal-has-begun = This appointment has already started, so it can no longer be changed here.
# For clinic staff, up to `refusal-time-given-away`.
refusal-too-early = It is too early to do this. Try again once the appointment has started.
refusal-too-early-to-check-in = You can check the patient in from { $length } before the appointment.
refusal-too-early-to-check-in-at-start = You can check the patient in once the appointment has started.
refusal-nothing-to-undo = There is nothing to undo. This appointment is not marked as “Checked in”, “Completed” or “Did not attend”.
refusal-too-late-to-undo = You can only undo this on the day it was marked.
refusal-has-review = The patient has reviewed this appointment. It stays marked as completed while there is a review.
refusal-time-given-away = Another patient has since booked part of this time, so you can no longer undo this.
refusal-not-taking-bookings = This doctor is not taking bookings at the moment. You can cancel an appointment, but not confirm or reschedule it.
# A patient tried something that only the clinic does, or the other way round.
refusal-not-yours = You do not have permission to do this with this appointment.
refusal-has-appointments = This person still has an appointment. Cancel it first, or wait until it is over.
refusal-too-many-people = You cannot add more people to this account. Remove someone first.
refusal-address-taken = Another account already has this e-mail address. Sign in to that account, or use another address.
refusal-still-on-staff = You still have a role at a clinic. Ask the clinic to remove it, then try again.
refusal-second-factor-required = Your clinic requires a second factor. Add another one before you remove this one.
refusal-too-many-api-keys = You cannot have more API keys. Revoke one first.
refusal-too-many-passkeys = You cannot have more passkeys. Remove one first.
refusal-already-joined = This account already has this role, or someone else already signs in for this doctor. Ask the clinic to check.
refusal-last-administrator = This is the only administrator of the clinic. Invite another one first.
refusal-same-person = You already have someone with this name and date of birth. Change one of them, or remove one.
refusal-not-completed = You can only review an appointment that has taken place and that the clinic has marked as completed.
# $days: how long after the appointment a review can be written.
refusal-too-late-to-review = { $days ->
    [one] You can write or edit a review for { $days } day after the appointment. That time has passed.
   *[other] You can write or edit a review for { $days } days after the appointment. That time has passed.
}
refusal-already-reviewed = You have already reviewed this appointment. You can edit your review.
refusal-still-listed = This doctor is still listed and taking bookings. Suspend the doctor first.
refusal-conflict-of-interest = You cannot review yourself, or a doctor at a clinic that you manage.
refusal-already-over = This appointment is already over, so it can no longer be changed.
refusal-already-exists = You have already chosen this time. Check “My appointments”.
refusal-crowded = Many people are trying to book this time. Try again, or choose another time.

## Why a chosen time cannot be booked; the page lists other times below

time-gone-taken = That time was just booked.
time-gone-not-offered = That time is no longer available.
time-gone-in-the-past = That time has already started.
time-gone-not-open-yet = That time cannot be booked yet.
time-gone-too-short-notice = It is too late to book that time online.

## Until when a patient can reschedule or cancel

change-policy-until-start = You can reschedule or cancel online until the appointment starts.
# $length: such as “2 hours”.
change-policy-notice = You can reschedule or cancel online up to { $length } before the appointment.

## Problems in a calendar file. $line: the number of the line in the file. BEGIN and END are words in that file.

calendar-fault-not-a-calendar = Line { $line } is not the start of a calendar.
calendar-fault-unfinished = Line { $line } has a BEGIN without an END, or an END without a BEGIN.
calendar-fault-bad-line = Line { $line } is not in calendar format.
calendar-fault-bad-value = Line { $line } has a date, time or length that is not valid.
calendar-fault-unknown-zone = Line { $line } has a time zone that we do not recognise.
calendar-fault-bad-rule = Line { $line } has a repeat rule that we cannot use.
calendar-fault-ends-before-start = Line { $line } has an event that ends before it starts.
calendar-fault-too-much = From line { $line } on, the calendar is too large or too complex for us to read.

## Lengths of time, such as the $length in the texts above

length-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
length-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
length-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
length-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
