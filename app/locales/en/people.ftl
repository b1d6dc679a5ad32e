# The people an account books for: children, parents and others.

people-title = People you book for
people-lead = Book for your children, parents or anyone you care for. We send codes and confirmations to your e-mail address.
people-added = Added. You can now choose this person when you book.
people-removed = Removed. Past appointments are kept.
people-corrected = Saved.
people-back-to-time = Back to the time you chose
people-none = Add a person here. When you book, you can then choose who the appointment is for.
# Beside the name of the account’s own person.
people-you = You
people-born = Born { $date }
people-remove = Remove { $name }
# A link to the page where name and date of birth are corrected.
people-correct = Edit { $name }
people-change-own-name = Change your name
people-my-appointments = My appointments

## The form
people-add-title = Add a person
people-name = Full name
people-birth-date = Date of birth (optional)
people-birth-date-hint = Only you can see it.
people-add-button = Add person

## Correcting a person
people-correct-title = Edit person
people-correct-lead = The new name also appears on past and upcoming appointments.
people-correct-button = Save
