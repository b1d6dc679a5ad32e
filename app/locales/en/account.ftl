## Sign in
sign-in-title = Sign in
sign-in-lead = Enter the e-mail address and password of your account.
# They have chosen a time, and have to sign in before they can book it.
sign-in-to-book = Sign in to book the time you chose.
sign-in-email = E-mail address
sign-in-password = Password
sign-in-button = Sign in
# `$register`: the next text, a link to the page where people create an account.
sign-in-new = New to Nadi? { $register }
sign-in-register = Create an account

## Create an account
register-title = Create an account
register-lead = One account for all your appointments.
# They have chosen a time, and have to create an account before they can book it.
register-to-book = Create an account to book the time you chose.
register-name = Full name
register-email = E-mail address
register-email-hint = We send your confirmation codes to this address.
register-password = Password
# `$count`: at least 8, so the singular is not needed in English.
register-password-hint = Use at least { $count } characters. A few random words are easy to remember.
register-button = Create account
# `$sign_in`: the next text, a link to the page where people sign in.
register-already = Already have an account? { $sign_in }
register-sign-in = Sign in
