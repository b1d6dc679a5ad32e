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

## A form that was sent after its sender had been signed out
# On the page to sign in.
form-waits-for-sign-in = You were signed out.
# On the page where people who are signed in prove again who they are.
form-waits-for-proof = Confirm that it is you first.
# After one of the two texts above.
form-waits-kept = What you typed is kept. You can send it afterwards.
form-waits-too-long = What you typed was too long to keep. You will have to enter it again.
# On the page of the form, after signing in.
form-shown-again = What you typed has not been sent yet.
form-shown-again-detail = Check it, then send it.
