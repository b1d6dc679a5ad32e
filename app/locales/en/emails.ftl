# E-mails to patients about their appointments: plain text. They name the patient, the doctor, the time and the place,
# and nothing about anyone’s health. Keep empty lines, and keep a link on a line of its own.

## Parts of all e-mails

# $when: date, time and time zone. $place: the clinic and its address, or `email-place-video`.
email-facts =
    Patient: { $person }
    Doctor: { $doctor }
    When: { $when }
    Where: { $place }
# The same, for an appointment that has a reference: “ND-7K2M”.
email-facts-with-reference =
    { $facts }
    Reference: { $reference }
email-place-clinic = { $clinic }, { $address }
email-place-video = Video appointment, not at the clinic
# Before a link to the appointment.
email-page = View, reschedule or cancel your appointment:
email-page-video = View, reschedule or cancel your video appointment:
email-page-code = View this appointment:
email-page-code-video = View this video appointment:

## The code that confirms a booking

email-code-subject = { $code } is your Nadi code
# $until: time and time zone.
email-code-body =
    Your code is { $code }

    Enter it to confirm this appointment. The time is held for you until { $until }.

    { $facts }

    { $page }
    { $link }

    If you did not ask for this code, you can ignore this e-mail. The time will be released, and nobody can use the code without your account.

## The appointment is confirmed

email-confirmed-subject = Appointment confirmed: { $when }
email-confirmed-body =
    The appointment for { $person } is confirmed.

    { $facts }

    { $page }
    { $link }

## The appointment was moved to another time

email-moved-subject = Appointment rescheduled: { $when }
email-moved-by-patient = You have rescheduled the appointment for { $person }.
email-moved-by-doctor = { $doctor } has rescheduled the appointment for { $person }.
email-moved-by-clinic = The clinic has rescheduled the appointment for { $person }.
email-moved-by-system = The appointment for { $person } was rescheduled.
# $who: one of the four sentences above. $before: the time until now.
email-moved-body =
    { $who } This is the new time:

    { $facts }

    The old time was { $before }.

    { $page }
    { $link }

## The appointment was cancelled

email-cancelled-subject = Appointment cancelled: { $when }
email-cancelled-by-patient = You have cancelled the appointment for { $person }.
email-cancelled-by-doctor = { $doctor } has cancelled the appointment for { $person }.
email-cancelled-by-clinic = The clinic has cancelled the appointment for { $person }.
email-cancelled-by-system = The appointment for { $person } was cancelled.
# $who: one of the four sentences above. $details: the reason if there is one, the facts, and
# `email-cancelled-before` if it was rescheduled shortly before.
email-cancelled-body =
    { $who }

    { $details }

    If you still need an appointment, choose another time:
    { $link }
# $reason: what the clinic typed.
email-cancelled-reason = Reason: { $reason }
# $before: the time in our last e-mail.
email-cancelled-before = The appointment was rescheduled shortly before it was cancelled. In our last e-mail, the time was { $before }.

## The form in which people choose the language of e-mails

email-language-title = Language for e-mails
email-language-label = Language
email-language-hint = We use it for e-mails about your appointments, and for Nadi pages after you sign in.
email-language-button = Save
email-language-saved = Saved. We will e-mail you in this language.
