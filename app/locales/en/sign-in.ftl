# Signing in, creating an account, and proving again who one is.

## Sign in
sign-in-title = Sign in
sign-in-lead = Enter the e-mail address and password of your account.
# They have chosen a time, and want to book it with their account.
sign-in-to-book = Sign in to book the time you chose.
# They have opened the page of an appointment. We do not know whether they were signed in before.
sign-in-to-see-appointment = You are not signed in. Sign in to see this appointment.
sign-in-email = E-mail address
sign-in-password = Password
sign-in-button = Sign in
sign-in-forgot = Forgot your password?
# Sends a code to the e-mail address that was typed. No password is needed then.
sign-in-code-button = Send me a code instead
# A passkey is a key that a phone, computer or password manager keeps; it asks for a fingerprint, face or PIN.
passkey-sign-in-button = Sign in with a passkey
passkey-failed = Signing in with a passkey did not work. Try again, or sign in another way.
# `$register`: the next text, a link to the page where people create an account.
sign-in-new = New to Nadi? { $register }
sign-in-register = Create an account
sign-in-expired = Signing in took too long, so please start again.
sign-in-no-cookies = Your browser does not accept cookies, so we could not sign you in. Allow cookies for this site and try again.

## The code that is sent to an e-mail address
sign-in-code-title = Enter your code
# `$email`: the address, such as asha@example.org.
sign-in-code-sent = We sent a code to { $email }.
sign-in-code-label = 8-digit code
sign-in-code-hint = The code works for 10 minutes. If it does not arrive, check your spam folder.
sign-in-code-continue = Continue
sign-in-code-again = Send a new code
sign-in-code-sent-again = We sent a new code. The code we sent before no longer works.
sign-in-code-no-more = We cannot send any more codes for now. You can start again with your e-mail address.
sign-in-code-other-address = Use another e-mail address
sign-in-code-gone-title = Get a new code
sign-in-code-gone-lead = Your code has expired or was already used. Sign in or create an account to get a new one.
sign-in-code-gone-sign-in = Sign in

## Forgotten password
forgot-title = Forgot your password?
forgot-lead = Enter your e-mail address. We send you a code, and then you can choose a new password.
forgot-button = Send code
forgot-back = Back to sign in

## The second factor: a code of an authenticator app, or one of the recovery codes that were given out with it
second-step-title = One more step
second-step-lead = Enter the code from your authenticator app, or use your passkey.
second-step-code = Code from your authenticator app
second-step-hint = No phone at hand? Enter one of your recovery codes instead.
second-step-button = Continue
second-step-other-account = Sign in with another account

## Proving again who one is, before an important change
again-title = Confirm that it is you
again-lead = You are about to change something important, so we check again that it is you.
# `$email`: the address, such as asha@example.org.
again-account = You are signed in as { $email }.
again-button = Continue
# Sends a code to the address of the account.
again-code-button = Send me a code

## Create an account
register-title = Create an account
register-lead = One account for all your appointments.
# They have chosen a time, and want to create an account to book it.
register-to-book = Create an account to book the time you chose.
register-name = Full name
register-email = E-mail address
register-email-hint = We send a code to this address to check that it is yours.
register-password = Password
# `$count`: at least 8, so the singular is not needed in English.
register-password-hint = Use at least { $count } characters. A few random words are easy to remember.
register-button = Continue
# `$sign_in`: the next text, a link to the page where people sign in.
register-already = Already have an account? { $sign_in }
register-sign-in = Sign in

## On the next page
# After creating an account.
welcome-registered = Your account is ready.
# After accepting an invitation to a clinic.
welcome-joined = Invitation accepted.
welcome-doctor = Invitation accepted. You can now see your appointments and set your opening hours.
welcome-administrator = Invitation accepted. You can now manage doctors, locations and appointments.
