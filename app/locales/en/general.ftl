# Small things that several pages have.
# In all files: a number may select a plural form in a translation where English needs none, unless a comment says otherwise.

## The pages of a long list
# Read to people who do not see the page.
pagination-label = Pages
pagination-previous = Previous page
pagination-next = Next page
pagination-place = Page { $number } of { $count }

## Buttons
action-print = Print

## Ratings
# Read to people who do not see the stars. `$count`: from 0 to 5.
stars-of-five = { $count } out of 5 stars

## The same moment in the reader’s own time zone, beside the time at the clinic
# `$time`: `05:50`, or with the day when that differs: `Mon, 23 Nov, 23:50`.
own-time = { $time } your time
own-time-in-city = { $time } your time ({ $city })
