# E-mails about appointments and accounts: plain text. Those about appointments name the patient, the doctor, the time
# and the place, and nothing about anyone’s health. The one with a code does not name the patient. Keep empty lines, and
# keep a link on a line of its own.

## Parts of all e-mails

# $facts: the next text.
email-facts =
    Patient: { $person }
    { $facts }
# $when: date, time and time zone. $place: the clinic and its address, or `email-place-video`.
email-facts-without-person =
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

## The code that confirms a booking

email-code-subject = { $code } is your Nadi code
# $until: time and time zone.
email-code-body =
    Your code is { $code }

    Enter it on the page where you chose this time, to confirm the appointment. The time is held for you, and the code works, until { $until }.

    { $facts }

    If you did not ask for this code, you can ignore this e-mail. Nothing is booked without this code.

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

## A code to register, to sign in or to use a new e-mail address

# The same whether or not the address has an account. The subject is `email-code-subject`. $site: the address of the
# website, such as “nadi.example”.
account-email-code-body =
    Your code is { $code }

    Enter it on the page where you asked for it. It works for 10 minutes.

    Someone, hopefully you, entered this e-mail address on { $site }. If it was not you, you can ignore this e-mail: without the code, nothing changes.

    Keep the code to yourself. We never ask for it by phone or e-mail.
account-email-new-address-body =
    Your code is { $code }

    Enter it on the page where you asked for it. It works for 10 minutes.

    Someone, hopefully you, wants to use this e-mail address for an account on { $site }. If it was not you, you can ignore this e-mail: without the code, nothing changes.

    Keep the code to yourself. We never ask for it by phone or e-mail.

## An invitation to a clinic

account-email-invitation-subject = Invitation to join { $clinic }
# $doctor: the doctor’s name as patients see it. $inviter: who sends the invitation.
account-email-invitation-doctor = { $inviter } invites you to sign in as { $doctor } of { $clinic }. You can then see your appointments and change your hours.
account-email-invitation-administrator = { $inviter } invites you to manage { $clinic }: its doctors, locations, hours and appointments.
account-email-invitation-receptionist = { $inviter } invites you to work at the front desk of { $clinic }: you can see and change the appointments of its patients.
# The same when we do not say who sends it.
account-email-invitation-doctor-unsigned = You are invited to sign in as { $doctor } of { $clinic }. You can then see your appointments and change your hours.
account-email-invitation-administrator-unsigned = You are invited to manage { $clinic }: its doctors, locations, hours and appointments.
account-email-invitation-receptionist-unsigned = You are invited to work at the front desk of { $clinic }: you can see and change the appointments of its patients.
# $who: one of the sentences above.
account-email-invitation-body =
    { $who }

    To accept, open this link within 7 days:
    { $link }

    The link is only for you. If you did not expect this invitation, you can ignore this e-mail.

## Changes of an account

account-email-changed-subject = Your e-mail address was changed
account-email-changed-body =
    The e-mail address of your account on { $site } was changed. From now on, we send our e-mails to the new address and no longer to this one.

    If you did not change it, someone else may be using your account. Contact your clinic at once.
account-email-sign-in-subject = Your sign-in was changed
account-email-sign-in-password = The password of your account on { $site } was set or changed. All other devices were signed out, all API keys were revoked, and all calendar links were deleted.
account-email-sign-in-passkey-added = A passkey was added to your account on { $site }.
account-email-sign-in-passkey-removed = A passkey was removed from your account on { $site }.
account-email-sign-in-authenticator-added = An authenticator app was added to your account on { $site }.
account-email-sign-in-authenticator-removed = The authenticator app was removed from your account on { $site }.
account-email-sign-in-recovery-codes = New recovery codes were made for your account on { $site }. The old ones no longer work.
account-email-sign-in-api-key = An API key was added to your account on { $site }. A program can use it to act for you.
account-email-sign-in-calendar-link = A calendar link was added to your account on { $site }. Anyone who has it can see your appointments without signing in.
account-email-sign-in-signed-out = We have signed out your account on { $site } everywhere and revoked its API keys. Sign in again when you need it.
# Passkeys, the authenticator app and its recovery codes.
account-email-sign-in-factor-reset-requested = We were asked to remove the passkeys and the authenticator app of your account on { $site }, because they are lost. We will do so in 24 hours at the earliest. If you did not ask for this, tell us before then: reply to this e-mail or contact your clinic.
account-email-sign-in-factors-reset = We have removed the passkeys and the authenticator app of your account on { $site }, as you asked, and signed it out everywhere. Sign in and set up new ones.
# $what: one of the sentences above.
account-email-sign-in-body =
    { $what }

    If it was you, there is nothing to do.

    If it was not you, someone else may be using your account. Set a new password now:
    { $link }
account-email-deleted-subject = Your account was deleted
account-email-deleted-body =
    Your account on { $site } was deleted, as you asked. We will send you no more e-mails.

    The clinics keep records of appointments that took place, because the law requires it.

## The form in which people choose the language of e-mails

email-language-label = Language for e-mails
email-language-hint = We use it for e-mails about your appointments, and for Nadi pages after you sign in.
email-language-button = Save
email-language-saved = Saved. We will e-mail you in this language.
