# The terms of use. When what they say changes (not only how they say it), `src/consent.rs` needs a new version.

terms-title = Terms of use
# For search engines.
terms-description = The rules for booking doctor’s appointments with Nadi.
terms-lead = The rules for booking with Nadi.

terms-what-title = What Nadi does
terms-what-booking = With Nadi, you find doctors and book appointments with them.
terms-what-care = Your treatment is between you and the clinic. Nadi is not a clinic and does not give medical advice.
terms-what-emergency = Do not use Nadi in an emergency. Call your local emergency number.

terms-account-title = Your account
terms-account-true = Use your own name and an e-mail address that is yours.
terms-account-secret = Keep your password and your codes to yourself. If you think that someone else uses your account, change your password.
terms-account-others = Book for someone else only if they agree, or if you are responsible for them, such as for your child.
terms-account-end = You can delete your account at any time when you have no appointments ahead.

terms-booking-title = Appointments
terms-booking-confirmed = Your appointment is booked when we show you that it is confirmed.
terms-booking-cancel = If you cannot come, cancel or move your appointment, so that other patients can have the time. Each appointment shows until when you can do this.
terms-booking-clinic = The clinic may have to move or cancel an appointment. We then send you an e-mail.
terms-booking-fee = The fee that we show is what the clinic asks for. You pay the clinic.
terms-booking-limits = Do not hold or book times that you do not need. We limit how many one person can have, and the clinic can release them.

terms-reviews-title = Reviews
terms-reviews-honest = Write about your own appointment, and only what is true.
terms-reviews-names = Do not name other patients, and do not write what should stay private: everyone can read it.
terms-reviews-hidden = A clinic can hide a review that breaks these rules. It must give a reason, which you can read.

terms-fair-title = What is not allowed
terms-fair-others = Trying to see the data of other people, or to use their accounts
terms-fair-load = Disturbing the site, or booking for other people as a business without an agreement with the clinic
terms-fair-programs = Programs may use Nadi with a key that you create in your account. They must keep to these terms and to the limits that Nadi sets.

terms-rest-title = Changes, and the law
terms-rest-changes = When we change what these terms say, they get a new version. We then show you a notice the next time you use your account.
terms-rest-law = These terms do not take away any rights that the law of your country gives you.
# `$privacy` is the name of the privacy notice, as a link.
terms-rest-privacy = How we use your data is described in our { $privacy }.
