# What administrators and receptionists of clinics see: doctors, appointments, locations and reviews.

## All pages

admin-title = Administration
# For screen readers: the links to the lists.
admin-tabs = Administration
admin-tab-doctors = Doctors
admin-tab-appointments = Appointments
admin-tab-holds = Held times
admin-tab-locations = Locations
admin-tab-holidays = Public holidays
admin-tab-reviews = Reviews
admin-tab-team = Team
# When there are several; otherwise the clinic’s name is there.
admin-clinics = { $count ->
    [one] { $count } clinic
   *[other] { $count } clinics
}
admin-no-clinic = You do not manage a clinic yet
admin-back-to-doctors = Back to doctors
# The address names a page of a list that has fewer pages.
admin-page-empty-title = Nothing on this page
admin-page-empty-button = Go to the first page
# The first choice of a list.
admin-choose-clinic = Choose a clinic
admin-choose-specialty = Choose a specialty
admin-saved = Saved.
# Somebody else saved the same form first.
admin-stale-title = Someone else changed this
admin-stale-text = Your changes are not saved yet. They are shown below. Where the other person saved something different, “Currently saved” shows it. If you save, your changes replace theirs.
# At a field, after somebody else saved the form. `$value`: what is saved in this field.
admin-saved-now = Currently saved: { $value }
admin-saved-now-empty = Currently saved: nothing

## The list of doctors

admin-doctors-count = { $count ->
    [one] { $count } doctor
   *[other] { $count } doctors
}
# The result of a search.
admin-doctors-found = { $count ->
    [one] { $count } doctor found
   *[other] { $count } doctors found
}
# For screen readers.
admin-doctors-table = Doctors
admin-doctors-search = Search doctors
admin-doctors-search-label = Doctor’s name
admin-doctors-search-button = Search
admin-doctors-search-clear = Show all
admin-doctors-column-name = Name
admin-doctors-column-specialty = Specialty
admin-doctors-column-clinic = Clinic
admin-doctors-column-status = Status
admin-doctors-column-hours = Opening hours
admin-doctors-hours-link = Opening hours
# The same link for screen readers.
admin-doctors-hours-of = Opening hours of { $name }
# Beside that link: the opening hours cannot be used, so no new times are offered.
admin-doctors-hours-unreadable = Needs checking
admin-doctors-none-found-title = No doctors found
admin-doctors-none-found-text = Try part of the name, or show all doctors.
admin-doctors-show-all-button = Show all doctors
admin-doctors-empty-title = No doctors yet
admin-doctors-empty-text = Add the first doctor. Patients can find doctors who are listed and have opening hours.

## One doctor

admin-doctor-add-title = Add a doctor
admin-doctor-add-lead = Patients can see the doctor once the status is “Listed”.
admin-doctor-add-button = Add doctor
admin-doctor-save-button = Save doctor
admin-doctors-all = All doctors
admin-doctor-added = Doctor added.
# `$link`: the next text.
admin-doctor-added-next = Now { $link } so that patients can book, and invite the doctor below.
admin-doctor-added-next-link = set the opening hours
admin-doctor-saved-listed = Patients can see the changes now.
admin-doctor-saved-not-listed = Patients cannot see this doctor.
admin-doctor-suspended = This doctor is no longer listed.
admin-doctor-suspended-kept = Patients cannot book new appointments.
admin-doctor-suspended-cancelled = The appointments are cancelled. We will e-mail the patients.
# A doctor who is not listed still has appointments.
admin-doctor-upcoming = { $count ->
    [one] This doctor still has { $count } upcoming appointment.
   *[other] This doctor still has { $count } upcoming appointments.
}
admin-doctor-upcoming-link = View or cancel appointments

## The fields of a doctor

admin-doctor-clinic = Clinic
admin-doctor-name = Name
admin-doctor-name-hint = As patients will see it, for example Dr Meera Naik.
admin-doctor-specialty = Specialty
admin-doctor-qualifications = Qualifications (optional)
admin-doctor-qualifications-hint = For example MBBS, MD (Medicine).
admin-doctor-languages = Languages (optional)
admin-doctor-languages-hint = Separate them with commas, for example English, Konkani.
admin-doctor-about = About (optional)
admin-doctor-about-hint = A few sentences for patients.
admin-doctor-fee = Fee
# `$currency`: `INR`. The decimal point has to be a point.
admin-doctor-fee-hint = In { $currency }, for example 800 or 45.50.
# `$currencies`: “INR for Panjim Clinic and EUR for Berlin Clinic”.
admin-doctor-fee-hint-by-clinic = In { $currencies }, for example 800 or 45.50.
admin-doctor-fee-currency = { $currency } for { $clinic }
admin-doctor-status = Status
admin-doctor-status-draft = Draft
admin-doctor-status-listed = Listed
admin-doctor-status-suspended = Suspended
admin-doctor-status-draft-choice = Draft: patients cannot see the doctor yet
admin-doctor-status-listed-choice = Listed: patients can see and book the doctor
admin-doctor-status-suspended-choice = Suspended: patients cannot see or book the doctor, but booked appointments do not change

## Suspending a doctor

admin-suspend-title = Suspend { $name }
# The doctor is not listed any more.
admin-suspend-title-appointments = Appointments with { $name }
admin-suspend-upcoming = { $count ->
    [0] No upcoming appointments
    [one] { $count } upcoming appointment
   *[other] { $count } upcoming appointments
}
# `$when`: date and time.
admin-suspend-appointment-link = { $when }, { $name }
# `$link`: the text above. `$kind`: the appointment type.
admin-suspend-appointment = { $link }, { $kind }
# Those that are not in the list above it.
admin-suspend-more = { $count ->
    [one] And { $count } more appointment.
   *[other] And { $count } more appointments.
}
admin-suspend-not-all-title = Some appointments are not cancelled yet.
admin-suspend-not-all-text = Cancel the rest below. Patients get an e-mail when their appointment is cancelled.
admin-suspend-holds = { $count ->
    [one] { $count } time is held for a patient at the moment. It will be released.
   *[other] { $count } times are held for patients at the moment. They will be released.
}
admin-suspend-keep-title = Keep the appointments
admin-suspend-keep-text = Patients can no longer book this doctor. Confirmed appointments will go ahead. Patients can cancel them, but cannot reschedule them.
admin-suspend-keep-button = { $count ->
    [0] Suspend doctor
    [one] Suspend doctor and keep the appointment
   *[other] Suspend doctor and keep { $count } appointments
}
admin-suspend-cancel-title = Cancel the appointments
admin-suspend-cancel-button = { $count ->
    [one] Suspend doctor and cancel the appointment
   *[other] Suspend doctor and cancel { $count } appointments
}
# The doctor is suspended already.
admin-suspend-cancel-only-button = { $count ->
    [one] Cancel the appointment
   *[other] Cancel { $count } appointments
}
admin-suspend-reason = Reason for cancelling
admin-suspend-reason-hint = Patients will read it in an e-mail. Do not include health details.

## The appointments of a clinic on one day

clinic-day-title = Appointments
clinic-day-column-time = Time
clinic-day-column-patient = Patient
clinic-day-column-doctor = Doctor
clinic-day-column-kind = Appointment type
clinic-day-column-status = Status
clinic-day-empty-title = No appointments on this day
clinic-day-empty-text = Appointments appear here as soon as they are booked.

## The times that are held now, by the network they are held from

admin-holds-title = Held times
admin-holds-lead = Patients hold a time while they confirm it. This list shows where times are held from. A network can be one person, a family, or many customers of one mobile phone company.
# For screen readers.
admin-holds-table = Networks
admin-holds-column-network = Network
admin-holds-column-times = Times
admin-holds-column-people = People
admin-holds-column-doctors = Doctors
admin-holds-column-release = Release
# Beside a network.
admin-holds-unusual = Unusual
admin-holds-unusual-hint = A network is unusual if it holds a quarter of a doctor’s times, or if it holds many times and confirms very few.
admin-holds-held = { $count ->
    [one] { $count } held now
   *[other] { $count } held now
}
admin-holds-unconfirmed = { $count ->
    [one] { $count } not confirmed in the last hour
   *[other] { $count } not confirmed in the last hour
}
admin-holds-accounts = { $count ->
    [one] { $count } account
   *[other] { $count } accounts
}
admin-holds-visitors = { $count ->
    [one] { $count } visitor without an account
   *[other] { $count } visitors without an account
}
# The two texts above.
admin-holds-both = { $accounts } and { $visitors }
admin-holds-doctors = { $count ->
    [one] { $count } doctor
   *[other] { $count } doctors
}
# The doctor who is affected most. `$percent`: a whole number.
admin-holds-share = { $name }: { $percent }% of the times in the next 7 days
admin-holds-release-button = Release
# The same button for screen readers.
admin-holds-release = Release the times held from { $network }
# After somebody has pressed the button above.
admin-holds-release-lead = Other patients can then book these times. Patients who are booking from this network now must choose a time again. Confirmed appointments do not change.
admin-holds-release-sure = { $count ->
    [one] Release { $count } time
   *[other] Release { $count } times
}
admin-holds-released = { $count ->
    [0] No times released. This network no longer holds any.
    [one] { $count } time released. Patients can book it again.
   *[other] { $count } times released. Patients can book them again.
}
admin-holds-empty-title = No held times
admin-holds-empty-text = Times appear here while patients are confirming them.
# On the first page of the administration.
admin-holds-notice = { $count ->
    [one] { $count } network holds an unusual number of times.
   *[other] { $count } networks hold an unusual number of times.
}
admin-holds-notice-link = Check held times

## The list of locations

admin-locations-title = Locations
admin-locations-lead = Doctors see patients at these locations. Each location has its own time zone.
admin-locations-count = { $count ->
    [one] { $count } location
   *[other] { $count } locations
}
admin-locations-column-name = Name
admin-locations-column-address = Address
admin-locations-column-city = City
admin-locations-column-zone = Time zone
admin-locations-column-clinic = Clinic
admin-locations-empty-title = No locations yet
admin-locations-empty-text = Add the first location. Doctors can then set opening hours there.
# `$release`: `2026a`.
admin-locations-zone-rules = Time zone rules: version { $release }
# A country changed its time zone after appointments were booked.
admin-shifted-title = A time zone change affects these appointments
admin-shifted-text = The time zone rules at these locations have changed. These appointments are now at a different local time from the one the patients were told. Contact each patient, or reschedule or cancel the appointment.
# `$appointment`: its reference, a link. `$booked` and `$now`: the time, or date and time. `$zone`: “Kolkata time”.
admin-shifted-appointment = { $appointment }: { $doctor }, { $date }. Booked for { $booked }, now at { $now } ({ $zone }).

## One location

admin-location-add-title = Add a location
admin-location-add-button = Add location
admin-location-save-button = Save location
admin-locations-all = All locations
admin-location-added = Location added. Doctors can now set opening hours here.
admin-location-saved = Saved. Patients can see the changes now.
admin-location-clinic = Clinic
admin-location-name = Name
admin-location-name-hint = As patients will see it, for example Panjim Clinic.
admin-location-address = Address
admin-location-address-hint = Street and number, and anything else that helps patients find it.
admin-location-city = City
admin-location-city-hint = Start typing, then choose from the list.
admin-location-zone = Time zone
admin-location-zone-hint = For example Asia/Kolkata. You cannot change it while appointments are booked here.

## Reviews

admin-reviews-title = Reviews
admin-reviews-lead = Newest first. You can hide a review that breaks the law or names other people. Do not hide a review only because it is negative.
# For screen readers: the choice between all reviews and the hidden ones.
admin-reviews-filter = Show reviews
admin-reviews-filter-all = All
admin-reviews-filter-hidden = Hidden
# Above a review.
admin-reviews-of = Review of { $doctor }
admin-reviews-hidden-done = Review hidden. It no longer counts towards the rating. The patient and the doctor can read the reason.
admin-reviews-shown-done = Everyone can see this review again. It counts towards the rating.
# Above a hidden review. `$name`: who hid it.
admin-reviews-hidden-on = Hidden on { $date }.
admin-reviews-hidden-on-by = Hidden on { $date } by { $name }.
admin-reviews-hidden-reason = It does not count towards the rating. Reason: { $reason }
admin-reviews-none-hidden = No hidden reviews
admin-reviews-show-all-button = Show all reviews
admin-reviews-empty-title = No reviews yet
admin-reviews-empty-text = Patients can write a review after their appointment.
admin-reviews-hide-button = Hide this review
admin-reviews-show-button = Show this review again
admin-reviews-reason = Reason
admin-reviews-reason-hint = The patient and the doctor can read this.

## Parts of an address that we could not use; they complete `address-ignored`

admin-address-search = the search text
admin-address-filter = the filter
