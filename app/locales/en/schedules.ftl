# Doctors’ schedules: opening hours, time off, extra hours, and the preview of a change. Doctors and administrators of a
# clinic read them. A “slot” is one time that a patient can book: a word for counting times, elsewhere they are “times”.

## The pages of a doctor’s schedule, as tabs beside each other
# Read to people who do not see the page: the tabs.
schedule-tabs = Schedule
schedule-tab-calendar = Calendar
# For administrators, in place of the calendar: the doctor’s profile.
schedule-tab-profile = Profile
schedule-tab-hours = Opening hours
schedule-tab-time-off = Time off and extra hours
schedule-tab-connections = Other calendars
schedule-tab-reviews = Reviews
# The title of the browser’s window, for administrators.
schedule-window-title = { $page }: { $doctor }

## Repeating hours in a line
# `Mon, 30 Nov 2026, 10:00–14:00`
schedule-hours-once = { $date }, { $times }
# `Monday to Friday, 10:00–14:00`; `Monday and Wednesday every 2 weeks, 10:00–14:00`
schedule-hours-weekly = { $weeks ->
    [1] { $days }, { $times }
   *[other] { $days } every { $weeks } weeks, { $times }
}
# On the first of each of these weekdays in each month: `First Monday and Tuesday of each month, 09:00–12:00`.
# $nth is 1, 2, 3 or 4; -1 is the last.
schedule-hours-monthly = { $nth ->
    [1] First { $days } of each month, { $times }
    [2] Second { $days } of each month, { $times }
    [3] Third { $days } of each month, { $times }
    [4] Fourth { $days } of each month, { $times }
   *[other] Last { $days } of each month, { $times }
}
# Repeats in a way that we cannot put into words.
schedule-hours-advanced = Advanced repeat rule, { $times }
# In place of $days above.
schedule-days-every = Every day
schedule-days-range = { $first } to { $last }
# The end of a day, in place of a time: `20:00–midnight`.
schedule-midnight = midnight

## The name of a group of fields in the form of opening hours, which also stands in front of its problems
# Still empty, or without days.
schedule-period = Period { $number }
# The days are chosen, but its times cannot be read yet; $number counts the periods of these days.
schedule-period-of-days = { $number ->
    [1] { $days }
    [2] { $days }, second period
    [3] { $days }, third period
    [4] { $days }, fourth period
   *[other] { $days }, period { $number }
}

## Time off in a line
schedule-date-range = { $from } to { $to }
# On one day: `Tue, 1 Dec 2026, 14:00–16:30`
schedule-off-part = { $date }, { $times }
# From a time on one day to a time on another.
schedule-off-moments = { $from_date }, { $from_time } to { $to_date }, { $to_time }

## What a change does, or has done
schedule-change-none = No changes.
schedule-change-added = { $added ->
    [one] { $added } slot added.
   *[other] { $added } slots added.
}
schedule-change-removed = { $removed ->
    [one] { $removed } slot removed.
   *[other] { $removed } slots removed.
}
schedule-change-both = { $added ->
    [one] { $added } slot added, { $removed } removed.
   *[other] { $added } slots added, { $removed } removed.
}
# After saving, when no slot was added or removed.
schedule-saved-none = No slots were added or removed.
# In front of one of the sentences above.
schedule-saved = Saved.
schedule-conflicts = { $count ->
    [one] { $count } appointment is at a time you no longer offer. It stays booked until you reschedule or cancel it.
   *[other] { $count } appointments are at times you no longer offer. They stay booked until you reschedule or cancel them.
}
# A link behind the sentence above, to the list of these appointments.
schedule-conflicts-link = View appointments
# More patients have booked a time than can have it after the change; $places is how many can.
# `Mon, 30 Nov 2026, 10:00 IST: 3 booked, 2 places.`
schedule-overfull = { $places ->
    [one] { $time }: { $booked } booked, { $places } place.
   *[other] { $time }: { $booked } booked, { $places } places.
}
schedule-unreadable = There is a problem with some of the opening hours, so no new times are offered. Times that are already offered do not change. Check the opening hours, add what is missing and save them again.

## Someone else has changed the schedule
schedule-stale-title = Someone else changed this schedule
schedule-stale-hours = Your changes are not saved yet. They are shown below. If you save them, they replace the other person’s changes.
schedule-stale-days = Your change was not saved. The current schedule is shown below. Check it and try again.
schedule-draft-open = These changes are not saved yet. Edit them, then preview them again.
schedule-draft-stale-hours = Someone else saved different hours in the meantime. Your hours are shown below. If you save them, they replace the other person’s hours.
schedule-draft-stale-days = Someone else changed the schedule in the meantime, so your change was not saved. The current schedule is shown below.
schedule-draft-gone = Your unsaved changes have expired. The saved schedule is shown below.

## Opening hours
schedule-hours-title-own = Your opening hours
schedule-hours-title = Opening hours
# $zones is one of the two sentences that follow.
schedule-hours-lead = Patients can book appointments during these hours. { $zones } You can preview your changes before you save them. Booked appointments do not change.
schedule-zone-one = Times are in { $zone }.
schedule-zone-each = Times are local to each location.
# A choice in a list.
schedule-location-with-zone = { $location } ({ $zone })
schedule-no-locations-title = No locations yet
schedule-no-locations-own = A clinic administrator needs to add a location before you can set your opening hours.
schedule-no-locations = Add a location before you set opening hours.
schedule-add-location = Add a location
schedule-empty-periods = Empty periods are ignored. To add more periods, save first, then open this page again.
schedule-preview-button = Preview changes
schedule-remove-period = Remove these hours
schedule-days = Days
schedule-starts = From
schedule-ends = To
schedule-slot-minutes = Length (minutes)
schedule-mode = In person or video
schedule-location = Location
schedule-choose = Choose
schedule-more = Repeats, breaks and booking limits
schedule-repeats = Repeats
schedule-repeats-hint = On the selected days. Weeks are counted from the week of the first day.
schedule-repeats-weeks = { $count ->
    [1] Every week
   *[other] Every { $count } weeks
}
# $nth is 1, 2, 3 or 4; -1 is the last. With Monday and Tuesday selected: on the first Monday and on the first Tuesday.
schedule-repeats-monthly = { $nth ->
    [1] Every month, for example the first Monday
    [2] Every month, for example the second Monday
    [3] Every month, for example the third Monday
    [4] Every month, for example the fourth Monday
   *[other] Every month, for example the last Monday
}
schedule-repeats-advanced = Advanced repeat rule
schedule-rule = Advanced repeat rule
schedule-rule-hint = For example { $example }. When you use a rule, the selected days are ignored.
schedule-first-day = First day
schedule-last-day = Last day (optional)
schedule-buffer-before = Break before each appointment (minutes)
schedule-buffer-after = Break after each appointment (minutes)
schedule-capacity = Patients at the same time
# The label of a list of choices: `2 hours before`.
schedule-notice = Online booking closes
schedule-notice-start = At the start time
schedule-notice-minutes = { $count ->
    [one] { $count } minute before
   *[other] { $count } minutes before
}
schedule-notice-hours = { $count ->
    [one] { $count } hour before
   *[other] { $count } hours before
}
schedule-notice-days = { $count ->
    [one] { $count } day before
   *[other] { $count } days before
}
schedule-notice-weeks = { $count ->
    [one] { $count } week before
   *[other] { $count } weeks before
}
schedule-window = How far ahead patients can book (days)
schedule-window-hint = Leave empty for no limit.

## Time off and extra hours
schedule-time-off-title-own = Your time off and extra hours
schedule-time-off-title = Time off and extra hours
schedule-coming-up = Coming up
schedule-coming-up-none = No time off or extra hours coming up.
schedule-kind-off = Time off
schedule-kind-part = Time off for part of the day
schedule-kind-extra = Extra hours
schedule-kind-holiday = Public holiday
# In the line of extra hours. $minutes is the length of an appointment, in practice 5 or more; it cannot select a plural form.
schedule-extra-video = Video, { $minutes } minutes each
schedule-extra-in-person = { $location }, { $minutes } minutes each
# The date of the holiday depends on when the moon is seen.
schedule-holiday-estimated = { $holiday } (date may change)
# A button. $exception is one of the lines of the list, read to people who do not see the page: see below.
schedule-exception-remove = Remove { $exception }
# `Time off, Tue, 1 Dec 2026`
schedule-exception = { $kind }, { $when }
schedule-off-form = Add time off
schedule-off-part-summary = Only part of a day
schedule-off-part-hint = Applies to the first day. Leave both empty for whole days.
schedule-off-from = Time off from
schedule-off-to = Time off until
schedule-off-note = Note (optional)
schedule-off-note-hint = Only you and your clinic can see this.
schedule-extra-form = Add extra hours
# $zones is `schedule-zone-one` or `schedule-zone-each`.
schedule-extra-lead = Add extra hours on one day. You can also open on a public holiday. { $zones }
schedule-extra-day = Day
# The calendar of a month.
# Read to people who do not see the page: the links to the previous and the next month.
schedule-months = Months
schedule-month-previous = Previous month
schedule-month-next = Next month
# Read to people who do not see the page: the legend under the month.
schedule-marks = Key

## The preview of a change
schedule-preview-title = Check your changes
schedule-preview-no-effect = Patients see the same times as before. You can still save your changes.
schedule-preview-stale = Your changes cannot be saved. Go back, check the current schedule and try again.
schedule-preview-back = Go back
schedule-preview-save = Save changes
schedule-preview-edit = Edit
schedule-overfull-title = More patients booked than places
schedule-overfull-text = All of these appointments stay booked. Nobody else can book these times until a place becomes free.
schedule-overfull-more = { $count ->
    [one] And { $count } more time.
   *[other] And { $count } more times.
}
schedule-changed-days = Days that change
schedule-changed-days-more = More days that change
schedule-changed-more = { $count ->
    [one] { $count } more day
   *[other] { $count } more days
}
schedule-changed-day = Day
# The heads of columns with numbers of slots.
schedule-changed-added = Added
schedule-changed-removed = Removed
# A number of slots in these columns.
schedule-changed-plus = +{ $count }
schedule-changed-minus = −{ $count }
# $dates is the first and the last day of the week.
schedule-week-title = Preview of the week: { $dates }
schedule-week-zone = Times are in { $zone }.
# Read to people who do not see the page: the links to the previous and the next week.
schedule-weeks = Weeks
schedule-week-previous = Previous week
schedule-week-next = Next week
# Parts of the page’s address that could not be used; they complete `address-ignored`.
schedule-address-week = the week
schedule-address-month = the month

## Problems with what was entered
# $period is the name of a group of fields, and $problem a sentence.
schedule-problem = { $period }: { $problem }
schedule-problem-overlap = { $period } overlaps { $other } on { $date }. Change one of them.
schedule-problem-twice = { $period } is entered twice. Change or remove one of them.
schedule-problem-overlap-extra = { $period } overlaps the extra hours on { $date }. Change these hours, or remove the extra hours first.
schedule-problem-days-missing = Choose at least one day.
schedule-problem-date = Enter a date, for example { $example }.
schedule-problem-rule-missing = Enter the advanced repeat rule, for example { $example }, or choose another option under “Repeats”.
schedule-problem-never = These hours do not fall on any day. Check the days, the first day and the last day.
schedule-problem-first-day-missing = Enter the first day.
schedule-problem-off-past = These days are in the past. Choose today or a later day.
schedule-problem-last-before-first = The last day is before the first day. Choose a later day.
schedule-problem-part-of-one-day = Time off for part of a day must be on one day. Leave the last day empty.
schedule-problem-off-from-missing = Enter when the time off starts.
schedule-problem-off-to-missing = Enter when the time off ends.
schedule-problem-note-too-long = The note is too long. Use at most { $max } characters.
schedule-problem-day-missing = Enter the day.
schedule-problem-day-past = This day is in the past. Choose today or a later day.
schedule-problem-day-overlaps = There are already opening hours at this time. Choose another time.
