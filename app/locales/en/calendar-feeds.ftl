# Appointments in other calendar apps: the private links that the apps read, and the texts inside the calendar.

## The page of a patient’s calendar links
own-calendar-title = Add appointments to your calendar
own-calendar-lead = See your Nadi appointments in the calendar app you use.

## Calendar links, of a patient or a doctor
feeds-intro = Your calendar app can show your appointments from Nadi and keep them up to date. It does not show anything about anyone’s health.
feeds-warning = Anyone who has a calendar link can see your appointments without signing in. Do not share it, and delete it when you no longer need it.
# In place of the links, before a button, when somebody has signed in more than 10 minutes ago.
feeds-prove = To see your calendar links or create one, confirm that it is you.
feeds-prove-button = Sign in again
feeds-help = How to add the link to Google Calendar, Outlook or Apple Calendar
feeds-names = Include the doctors’ names
feeds-names-hint = Leave this unticked if other people can see your calendar.
feeds-reminder = Reminder
feeds-reminder-hint = Some apps, such as Google Calendar, ignore this and use their own reminder settings.
feeds-add-first = Create calendar link
feeds-add-another = Create another calendar link
feeds-done-added = Your calendar link is ready. Copy it into your calendar app.
feeds-done-reminder = Reminder saved. Most calendar apps use it after their next update.
feeds-done-deleted = Calendar link deleted. It no longer works for anyone.
feeds-too-many = You cannot create any more calendar links. Delete one first.
feed-name = Calendar link { $number }
feed-read-lately = A calendar app used this link less than 2 hours ago.
# `$ago` is `5 hours ago`.
feed-read = A calendar app last used this link { $ago }.
feed-never-read = No calendar app has used this link yet.
# After the sentence about when the link was used.
feed-with-names = It shows the doctors’ names.
feed-without-names = It does not show names.
feed-reminder = Reminder for calendar link { $number }
feed-reminder-save = Save reminder
feed-open = Open in calendar app
feed-delete = Delete link
# The choices of a list: how long before an appointment a reminder comes.
reminder-none = No reminder
reminder-ten-minutes = 10 minutes before
reminder-one-hour = 1 hour before
reminder-one-day = 1 day before

## Inside a calendar. Other people may see it, so nothing here is about anyone’s health
calendar-name-patient = Nadi appointments
calendar-name-doctor = Nadi schedule
calendar-event-with-doctor = Appointment with { $doctor }
calendar-event-with-doctor-video = Video appointment with { $doctor }
calendar-event-at-clinic = Appointment at { $clinic }
calendar-event-at-clinic-video = Video appointment, { $clinic }
# In a doctor’s calendar, without the patient’s name.
calendar-event-of-doctor = Appointment { $reference }
calendar-event-of-doctor-video = Video appointment { $reference }
# Notes of a calendar entry; `$link` is an address at the end of a line.
calendar-event-notes =
    Reference: { $reference }
    View, reschedule or cancel: { $link }
calendar-event-notes-video =
    Reference: { $reference }
    This is a video appointment, so you do not need to travel.
    View, reschedule or cancel: { $link }
