# Reviews and ratings, as everybody reads them.

## Ratings

# One to five stars in words.
stars-one = Poor
stars-two = Fair
stars-three = Good
stars-four = Very good
stars-five = Excellent
rating-none = No reviews yet
rating-none-help = No reviews yet. Patients can write a review after their appointment.
# Too few for an average. Verified: the clinic noted that the appointment took place.
rating-reviews = { $count ->
    [one] { $count } verified review
   *[other] { $count } verified reviews
}
# $average: `4.6`.
rating-average = { $count ->
    [one] { $average } out of 5 from { $count } verified review
   *[other] { $average } out of 5 from { $count } verified reviews
}
# In a list of doctors.
rating-reviews-short = { $count ->
    [one] { $count } review
   *[other] { $count } reviews
}
# `4.6 (12)`: the average, and how many reviews there are.
rating-average-short = { $average } ({ $count })
# The least rating of a search: `4 or higher`.
rating-at-least = { $stars } or higher

## Reviews

reviews-title = Reviews
reviews-newer = Newer reviews
reviews-more = Older reviews
# Instead of a name, when the author wants none to be shown.
review-author-anonymous = Patient
review-appointment-in = Appointment in { $month }
review-answer-from = Reply from { $doctor }
review-changed-since = The review was edited after this reply.
# To the patient, who writes it.
review-change-until = You can write and edit your review until { $date }.
