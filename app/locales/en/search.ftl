# Finding a doctor: the home page, the search form, the list of doctors, and each doctor in it.

## Home page

home-title = Book a doctor’s appointment
# For search engines and link previews.
home-description = Find a doctor by specialty, city, language or symptom, see who has free times, and book an appointment online.
home-lead = Find a doctor, choose a time and book online, for an appointment in person or by video.
home-modern-medicine = Modern medicine
home-ayurveda = Ayurveda
home-steps = How it works
home-step-choose = Choose a doctor and a free time.
home-step-code = We hold the time for you and e-mail you a code.
home-step-confirm = Enter the code to confirm your appointment. You can reschedule or cancel it online.

## Search form

search-field-text = Name, specialty or symptom
search-field-specialty = Specialty
search-any-specialty = Any specialty
search-field-city = City
search-any-city = Any city
# A city in the list of cities.
search-city-and-country = { $city }, { $country }
search-field-mode = In person or video
search-any-mode = Any
search-field-date = Date
search-button = Search
# Folds the fields on small screens. $on: how many filters are in use.
search-filters = { $on ->
    [0] Filters
   *[other] Filters ({ $on })
}
search-more-filters = { $on ->
    [0] More filters
   *[other] More filters ({ $on })
}
# The label of a list of cities.
search-field-near = Near (within 100 km)
search-any-place = Anywhere
search-your-location = Your location
search-use-my-location = Use my location
search-field-week = Week
search-any-week = Any week
search-field-time-of-day = Time of day
search-any-time-of-day = Any time
search-field-language = Language
search-any-language = Any language
search-field-gender = Doctor’s gender
search-any-gender = Any
search-gender-female = Female
search-gender-male = Male
search-field-rating = Rating
search-any-rating = Any rating
search-field-fee = Maximum fee (local currency)
# A choice of a list, and how many doctors it has: `Cardiology (12)`.
search-choice-with-count = { $choice } ({ $count })

## Search form: while typing, and near the visitor

search-suggestions = Suggestions
search-suggested-specialties = Specialties
search-suggested-doctors = Doctors
search-suggested-cities = Cities
# Stands after a specialty that was found by a symptom: `Dermatology – for “skin”`.
search-suggested-for-word = for “{ $word }”
# Read out by screen readers.
search-suggestions-count = { $count ->
    [0] No suggestions
    [one] { $count } suggestion
   *[other] { $count } suggestions
}
# Under the search form while the answer is slow.
search-slow = Searching…
search-locating = Finding your location…
search-location-denied = Your browser is not sharing your location. Allow it and try again, or choose a city.
search-location-unknown = We could not find your location. Choose a city instead.

## Filters in use (each is a link that removes it)

search-active-filters = Active filters
# For screen readers, before the name of the filter.
search-filter-remove = Remove filter:
search-filters-clear = Clear filters
search-filter-text = “{ $typed }”
search-filter-date = Free on { $date }
search-filter-near = Near { $city }
search-filter-near-you = Near you
search-filter-week = Free this week
# $time is 17:00.
search-filter-evening = Free from { $time }
search-filter-language = Speaks { $language }
search-filter-female = Female doctor
search-filter-male = Male doctor
# $rating is as `rating-at-least`: `4 or higher`.
search-filter-rating = Rated { $rating }
search-filter-fee = Fee up to { $fee } (local currency)

## Heading of the list

# How many were found.
search-doctors = { $count ->
    [0] No doctors
    [one] { $count } doctor
   *[other] { $count } doctors
}
# There are too many to count.
search-doctors-many = Doctors
# In the next four, $doctors is as above. $place says what $name is: a city, a city to be near to, or nothing.
search-heading = { $place ->
    [city] { $doctors } in { $name }
    [near] { $doctors } near { $name }
    [you] { $doctors } near you
   *[none] { $doctors }
}
search-heading-specialty = { $place ->
    [city] { $doctors } for { $specialty } in { $name }
    [near] { $doctors } for { $specialty } near { $name }
    [you] { $doctors } for { $specialty } near you
   *[none] { $doctors } for { $specialty }
}
# $typed is what the visitor searched for: a name, a specialty or a symptom.
search-heading-text = { $place ->
    [city] { $doctors } for “{ $typed }” in { $name }
    [near] { $doctors } for “{ $typed }” near { $name }
    [you] { $doctors } for “{ $typed }” near you
   *[none] { $doctors } for “{ $typed }”
}
search-heading-text-specialty = { $place ->
    [city] { $doctors } for { $specialty } and “{ $typed }” in { $name }
    [near] { $doctors } for { $specialty } and “{ $typed }” near { $name }
    [you] { $doctors } for { $specialty } and “{ $typed }” near you
   *[none] { $doctors } for { $specialty } and “{ $typed }”
}
# $heading is one of the four above.
search-heading-in-person = { $heading }, in person
search-heading-video = { $heading }, by video
# For search engines and link previews. $heading: `12 doctors in Panjim`.
search-description = { $heading }. See fees and free times, and book online.

## List

# Other words were searched for, since nothing has those that were typed.
search-instead = No results for “{ $typed }”. Showing results for “{ $words }”.
search-none = No doctors match these filters
search-none-help = Remove a filter, choose another date, or see all doctors.
search-all-doctors = See all doctors
search-all-specialties = All specialties
# The page number is higher than the number of pages.
search-past-the-end = No more doctors
search-first-page = Go to the first page
search-more-doctors = Show more doctors
# Read out by screen readers.
search-loading = Loading more doctors…
# `$count` is filled in by the browser and cannot select a plural form.
search-loaded = More doctors loaded. Doctors shown: { $count }.
# The numbers are filled in by the browser and cannot select a plural form.
search-pages-shown = Pages { $first } to { $last } of { $count }

## A doctor in the list

doctor-card-location = { $name }, { $city }
doctor-card-location-and-distance = { $name }, { $city }, { $distance }
distance-km = { $km ->
    [0] less than 1 km away
   *[other] { $km } km away
}
# For screen readers, before the names of languages.
doctor-card-speaks = Speaks
doctor-card-none-free = No free times at the moment.
doctor-card-all-times = All free times
doctor-card-profile = See profile
day-today = Today
day-tomorrow = Tomorrow
# For screen readers, after a free time such as `10:20`.
free-time-details = , { $date }, with { $doctor }

## Parts of a web address that we could not use

# $parts is a list of those below: `the date (in the past) and the page number`.
address-ignored = We could not use part of this link, so we left it out: { $parts }.
address-page = the page number
search-part-repeated = filters that appear more than once
search-part-text = the search words (too long)
search-part-specialty = the specialty
search-part-city = the city
search-part-near = the city to search near
search-part-mode = in person or video
search-part-date = the date
search-part-date-past = the date (in the past)
search-part-week = the week
search-part-time-of-day = the time of day
search-part-language = the language
search-part-gender = the doctor’s gender
search-part-fee = the maximum fee
search-part-rating = the rating
search-part-cursor = where to continue in the list

## Search parameters that the API refuses (read by developers)

search-refused-repeated = Give this parameter only once.
search-refused-text = Use at most { $most } characters.
search-refused-specialty = There is no such specialty. Use the slug or name of one in `/specialties`.
search-refused-city = No doctor is in this city. Use its slug or name, such as panjim or Panaji.
search-refused-near = Use the slug or name of a city with doctors, or a point such as 15.49,73.83.
search-refused-mode = Use in_person or video.
search-refused-date-past = This date is in the past. Use today or a later date.
search-refused-date = Use a date such as 2026-11-24.
search-refused-yes-or-no = Use true or false.
search-refused-language = No doctor speaks this language. Use its English name, such as Konkani.
search-refused-gender = Use female or male.
search-refused-number = Use a number from { $least } to { $most }.
search-refused-rating = Use a number from 1 to 5, such as 4 or 4.5.
search-refused-cursor = Use the `next_cursor` of a page, unchanged.

## Words that the search leaves out

# Words that do not help to find a doctor, in lower case, with commas between them. Use such words of your language.
search-stop-words =
    a, about, an, and, appointment, at, best, book, by, can, doctor, doctors, dr, find, for, from, good, have, help, i,
    in, is, it, me, my, near, need, of, on, or, please, s, see, specialist, the, to, want, who, with, problem
