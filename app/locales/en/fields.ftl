# The fields of forms, and what we say when something is wrong with one.

## Names of fields. They stand at the start of a sentence: “Name is too long.”

field-name = Name
field-email = E-mail address
field-password = Password
field-old-password = Current password
field-code = Code
field-title = Title
field-bio = About
field-languages = Languages
field-qualifications = Qualifications
field-fee = Fee
field-specialty = Specialty
field-status = Status
field-clinic = Clinic
field-location = Location
field-address = Address
field-city = City
field-latitude = Latitude
field-longitude = Longitude
field-time-zone = Time zone
field-weekday = Weekday
field-starts-at = Start time
field-ends-at = End time
field-slot-minutes = Appointment length
# How many patients can book the same time.
field-seat-capacity = Patients at the same time
field-mode = In person or video
field-effective-from = First day
field-effective-until = Last day
field-reason = Reason
# The part of a doctor’s page address that is the doctor’s: “asha-rao”.
field-slug = Page address
field-birth-date = Date of birth
field-patient-name = Patient’s name
field-person = Person
field-visit-type = Appointment type
field-repeats = Advanced repeat rule
# Time kept free before and after each appointment.
field-buffer-before = Break before
field-buffer-after = Break after
# How long before an appointment patients can still book it.
field-notice = Closing time for online booking
# How many days ahead patients can book.
field-window = How far ahead patients can book
# A period is a line of opening hours: “Tuesday 9:00–12:00”.
field-lines = Number of periods
field-calendar = Calendar
field-region = Region
field-stars = Rating
field-text = Review
field-answer = Reply

## A field was left empty

field-name-missing = Enter a name.
field-email-missing = Enter an e-mail address.
field-password-missing = Enter a password.
field-old-password-missing = Enter your current password.
field-code-missing = Enter the code from the e-mail.
field-title-missing = Enter a title.
field-bio-missing = Enter a few sentences for “About”.
field-languages-missing = Enter the languages.
field-qualifications-missing = Enter the qualifications.
field-fee-missing = Enter a fee.
field-specialty-missing = Choose a specialty.
field-status-missing = Choose a status.
field-clinic-missing = Choose a clinic.
field-location-missing = Choose a location.
field-address-missing = Enter an address.
field-city-missing = Enter a city.
field-latitude-missing = Enter the latitude.
field-longitude-missing = Enter the longitude.
field-time-zone-missing = Enter a time zone.
field-weekday-missing = Choose a weekday.
field-starts-at-missing = Enter a start time.
field-ends-at-missing = Enter an end time.
field-slot-minutes-missing = Enter the appointment length.
field-seat-capacity-missing = Enter how many patients can book the same time.
field-mode-missing = Choose in person or video.
field-effective-from-missing = Enter the first day.
field-effective-until-missing = Enter the last day.
field-reason-missing = Enter a reason.
field-slug-missing = Enter a page address.
field-birth-date-missing = Enter a date of birth.
field-patient-name-missing = Enter the name of the person the appointment is for.
field-person-missing = Choose who the appointment is for.
field-visit-type-missing = Choose an appointment type.
field-repeats-missing = Enter the advanced repeat rule.
field-buffer-before-missing = Enter the break before each appointment.
field-buffer-after-missing = Enter the break after each appointment.
field-notice-missing = Choose when online booking closes.
field-window-missing = Enter how far ahead patients can book.
field-lines-missing = Enter the number of periods.
field-calendar-missing = Choose a calendar file, or enter the link of a calendar.
field-region-missing = Choose a region.
field-stars-missing = Choose a rating from 1 to 5.
field-text-missing = Enter a review.
field-answer-missing = Enter a reply.

## Other problems of certain fields

field-email-malformed = Enter an e-mail address in the correct format, like name@example.org.
# For an administrator who enters the e-mail address a doctor signs in with.
field-email-taken = Another doctor already uses this e-mail address. Enter a different one.
field-email-unknown = There is no account with this e-mail address. Ask the doctor to create one first.
# Somebody who is signed in types the password again, before an important change.
field-old-password-wrong = This is not your current password. Try again.
field-password-wrong = This is not your password. Try again, or ask for a code instead.
field-birth-date-malformed = Enter a date of birth in the past, like 2019-04-30.
field-code-malformed = The code has 8 digits. Check the e-mail and enter the code again.
field-fee-malformed = Enter the fee as a number, like 800 or 45.50.
field-city-unknown = We do not know this city. Choose one from the list, or type its English name.
field-time-malformed = Enter a time like 09:30.
# $field: “First day” or “Last day”.
field-date-malformed = { $field } must be a date like 2026-12-01.
field-time-zone-malformed = Enter a time zone like Asia/Kolkata.
field-time-zone-taken = You cannot change the time zone while appointments are booked at this location.
field-repeats-malformed = We cannot read this repeat rule. Write it like FREQ=MONTHLY;BYDAY=1MO, or choose another option.
field-calendar-not-public = We can only read calendars with a public link, like https://example.org/me.ics.
field-calendar-no-answer = We did not find a calendar at this link. Check the link, or try again later.
# $fault: a sentence such as “Line 7 is not in calendar format.”
field-calendar-malformed = We cannot read this calendar. { $fault }

## Problems that any field can have. $field: its name, from above.

field-too-long = { $max ->
    [one] { $field } is too long. Use at most { $max } character.
   *[other] { $field } is too long. Use at most { $max } characters.
}
field-too-short = { $min ->
    [one] { $field } is too short. Use at least { $min } character.
   *[other] { $field } is too short. Use at least { $min } characters.
}
field-malformed = { $field } has characters that we cannot use. Enter it again.
field-invisible = { $field } has no visible characters. Enter it again.
field-line-break = { $field } must be on one line. Remove the line breaks.
field-out-of-range = { $field } must be from { $min } to { $max }.
field-unknown = { $field } is not in the list. Choose one from the list.
field-ends-before-start = { $field } is too early. Choose a later one.
field-overlaps = { $field } overlaps with another period. Change one of them.
field-too-often = { $field } repeats too often. Use once a day or less often.
field-never = { $field } does not match any day. Check the days and dates.
field-ambiguous = { $field } belongs to several accounts, and none of them is verified. Enter a different one.
field-password-too-common = This password is easy to guess. Choose a longer or more unusual one.
field-already-taken = { $field } is already in use. Choose another one.
