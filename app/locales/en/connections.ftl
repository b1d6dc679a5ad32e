# Connections between a doctor’s schedule and other calendars. Doctors and administrators read them.

connection-title = Other calendars
connection-feeds-title = See your appointments in another calendar

## Other calendars: patients cannot book times at which these are busy
connection-busy-title = Block times from another calendar
connection-busy-lead = Patients cannot book at times when the other calendar shows busy. We only see the busy times, no other details. Booked appointments do not change.
connection-none = No other calendars are connected.
# Where the calendar comes from, before “Last updated …”. $host is the name of a computer: `calendar.google.com`.
connection-from-host = From { $host }.
connection-from-file = From a file.
connection-not-updated = Not updated yet.
# $ago: see below. $count is the number of busy times in the future.
connection-updated = { $count ->
    [0] Last updated { $ago }. No upcoming busy times.
    [one] Last updated { $ago }. { $count } upcoming busy time.
   *[other] Last updated { $ago }. { $count } upcoming busy times.
}
# A button. $calendar is a name, read to people who do not see the page.
connection-remove = Remove { $calendar }
connection-removed = Calendar removed. It no longer blocks any times.

## How long ago, inside a sentence
ago-now = just now
ago-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
ago-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
ago-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}

## Forms
connection-link-title = Connect by link
connection-link-help = How to find the calendar link in Google Calendar, Outlook or Apple Calendar
connection-name = Name
connection-name-hint = For example Hospital rota.
connection-link = Link to the other calendar
connection-link-hint = It starts with https:// or webcal://. We check it regularly for changes.
connection-owner = Your e-mail address in that calendar (optional)
connection-owner-hint = Invitations you declined with this address do not block times.
connection-link-button = Connect calendar
connection-file-title = Upload a file
connection-file-name = Name (optional)
connection-file-name-hint = Leave empty to use the name of the file. It replaces a calendar with the same name.
connection-file = Calendar file
connection-file-hint = It ends with .ics. We read it once and block its times for the next { $days } days.
connection-file-button = Upload file

## After a calendar was added
connection-added = Calendar added.
# These sentences follow each other.
connection-found = { $count ->
    [0] No upcoming busy times found.
    [one] { $count } upcoming busy time found.
   *[other] { $count } upcoming busy times found.
}
connection-found-removed = { $count ->
    [one] { $count } free slot removed.
   *[other] { $count } free slots removed.
}
connection-found-conflicts = { $count ->
    [one] { $count } appointment overlaps these busy times. It stays booked until you reschedule or cancel it.
   *[other] { $count } appointments overlap these busy times. They stay booked until you reschedule or cancel them.
}
connection-warnings = Check these lines in the calendar:
connection-warnings-more = { $count ->
    [one] And { $count } more line.
   *[other] And { $count } more lines.
}

## What was skipped in a calendar file, or read in a way that the doctor should know of; $line is the number of a line
connection-warning-not-a-line = Line { $line } is not in calendar format. We skipped it.
connection-warning-exception = Line { $line } removes or changes one date of a repeating event in a way we cannot read. That date still blocks times.
connection-warning-repeated = Line { $line } gives a second time for the same event. We used the first one.
connection-warning-rule-part = Line { $line } has a repeat rule that we only partly understand. The event may block more times than it should.
connection-warning-without-time = The message at line { $line } does not say when the event is. We skipped it.
connection-warning-far-away = We cannot read line { $line }. It is part of an event that is long past or far in the future, so we skipped it.
connection-warning-zone-definition = Line { $line } describes a time zone in a way we cannot read. We used our own data for this time zone.
connection-warning-zone-of-calendar = Line { $line } uses a time zone that the file does not describe. We used the time zone of the calendar.
connection-warning-zone-of-place = Line { $line } uses a time zone that the file does not describe. We used the time zone of the main location.

## Why a connected calendar could not be updated
# $reason is one of the sentences that follow.
connection-fault = The last update failed. { $reason } We still use the busy times from the previous update.
connection-fault-not-public = The calendar link does not lead to a public web address.
connection-fault-no-answer = The calendar did not respond.
connection-fault-redirects = The calendar link redirects too many times.
connection-fault-not-allowed = We do not have permission to read the calendar. Check how it is shared.
connection-fault-not-found = The calendar link no longer works. Remove this calendar, then connect it with a new link.
# $status: the number that the server answered with, such as 500.
connection-fault-status = The other calendar could not be read (status { $status }).
connection-fault-too-large = The calendar is too large.

## Problems with what was entered
connection-problem-file-missing = Choose a calendar file.
connection-problem-link-missing = Enter the link to the other calendar.
connection-problem-file-too-large = This file is too large. Export a shorter period and upload it again.
connection-problem-file-larger = This file is larger than { $megabytes } MB. Export a shorter period and upload it again.
connection-problem-not-read = We could not read this calendar. Check the link, or try again later.
connection-problem-too-many = You cannot connect any more calendars. Remove one first.
