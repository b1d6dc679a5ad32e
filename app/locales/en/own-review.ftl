# A patient writes a review of an appointment that took place, or changes it. Shown on the page of the appointment.

own-review-invitation-title = How was your appointment?
# After this comes until when it can be written.
own-review-invitation = Your review will appear on { $doctor }’s page and help other patients choose.
own-review-title = Your review
own-review-hidden = The clinic has hidden this review.
# What the clinic has typed.
own-review-hidden-reason = Reason: { $reason }
own-review-edit = Edit your review
own-review-delete = Delete review

## The form
own-review-stars = Your rating
# One of five choices: `5 – excellent`.
own-review-stars-choice = { $number } – { $word }
own-review-text = Your review (optional)
own-review-text-hint = Everyone can read it. Leave out details about your health that you want to keep private.
# $name: the first name and the first letter of the last one.
own-review-name = Name shown with your review: { $name }
# Others then see the word “Patient”.
own-review-anonymous = Show “Patient” instead of my name
own-review-send = Send review
own-review-save = Save review

## A link in the list of appointments
own-review-link = Write a review
# Read to people who do not see which appointment the link belongs to.
own-review-link-which = (appointment with { $doctor }, { $date })
