# A doctor’s page.

## For search engines and link previews

doctor-description = { $name }, { $specialties }. See free times and book online.
doctor-description-with-location = { $name }, { $specialties }, { $location }, { $city }. See free times and book online.

## Head of the page

doctor-location = { $name }, { $city }
# $location is as above, $more is as below.
doctor-location-and-more = { $location } and { $more }
doctor-more-locations = { $count ->
    [one] { $count } more location
   *[other] { $count } more locations
}
doctor-video = Video appointments
# `₹600 per appointment`. $per is the next text.
doctor-fee = { $fee } { $per }
doctor-fee-per = per appointment

## Free times

doctor-free-times = Free times
# The doctor takes no new bookings; read by somebody who has an appointment. `$link` below: `doctor-own-appointments`.
doctor-not-booking = { $doctor } is not taking bookings at the moment.
doctor-not-booking-help = Confirmed appointments will go ahead unless you or the clinic cancel them. { $link }
doctor-own-appointments = See your appointments
doctor-find-another = Find another doctor
# $appointment: `Tuesday 24 November 2026, 10:20–10:40, at Panjim Clinic, with Dr …`.
doctor-own-hold = We are already holding this time for you: { $appointment }.
doctor-own-hold-code = Enter your code to confirm your booking
doctor-own-hold-confirm = Confirm your booking
# Parts of a web address that we could not use; completes `address-ignored`.
doctor-part-appointment-type = the appointment type
doctor-part-reviews = the page of reviews

## About the doctor

doctor-about = About
doctor-qualifications = Qualifications
doctor-languages = Languages
doctor-locations = Locations
doctor-clinic = Clinic
doctor-cancelling = Rescheduling and cancelling
# A location’s address that does not end with its city.
doctor-address-and-city = { $address }, { $city }
