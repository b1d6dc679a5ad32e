# The answers of the programming interface (API) when it cannot do what was asked.
# Each type of problem has a title (a short phrase without a full stop) and, where it is not a sentence of
# refusals.ftl, an advice (what happened and what to do next). Programmers read them; programs may show them to users.
# HTTP headers (Idempotency-Key, If-Match), names of parameters and media types are not translated.

## The page /problems, which explains every type

problems-page-title = API problem types
problems-page-lead = Every error response of the API has one of these types. Nothing was changed, except that a wrong code uses up an attempt.
problems-page-api-link = API reference

## Types of problems that any request can have

problem-malformed-title = The request could not be read
problem-malformed = Check the request against the API reference, correct it and send it again.
problem-idempotency-key-missing-title = Idempotency-Key is missing
# $hours: for how long a key is stored, such as 24.
problem-idempotency-key-missing = Send a unique key, such as a UUID, in the Idempotency-Key header. A request that is sent again with the same key within { $hours } hours is carried out only once.
problem-idempotency-key-malformed-title = Idempotency-Key is not valid
problem-idempotency-key-malformed = Send one key of 1 to 128 printable ASCII characters, such as a UUID.
problem-idempotency-key-reused-title = Idempotency-Key was used for another request
problem-sign-in-needed-title = You need to sign in
problem-token-invalid-title = The token is not valid or has expired
problem-token-invalid = Sign in again to get a new token.
problem-wrong-credentials-title = Wrong e-mail or password
problem-code-expired-title = The code has expired
problem-second-factor-needed-title = A second factor is needed
problem-wrong-second-factor-title = The second factor is wrong
problem-wrong-passkey-title = The passkey is wrong
problem-prove-again-title = A recent sign-in is needed
problem-scope-too-small-title = The key may only read
problem-scope-too-small = Use a key with the scope write for changes.
problem-not-allowed-title = Your account cannot do this
problem-foreign-origin-title = The request came from another site
# Also shown alone, as plain text.
problem-foreign-origin = This was sent from another website, so nothing was changed. Go back to Nadi and try again.
problem-not-found-title = Not found
problem-method-not-allowed-title = This method is not supported here
problem-method-not-allowed = Use one of the methods in the Allow header.
problem-still-running-title = The same request is still in progress
problem-stale-title = Someone has changed this
problem-too-large-title = The request is too large
# $size: the limit in kB, such as 64.
problem-too-large = Send at most { $size } kB.
problem-too-slow-title = The request did not arrive in time
problem-too-slow = Nothing was changed. Send the whole request again, if possible over a faster connection.
problem-media-type-title = The request is not JSON
problem-media-type = Send the body as application/json.
problem-misdirected-title = This server does not answer under this host
problem-misdirected = Check the address, and the Host header of the request.
problem-invalid-title = Some fields are not valid
problem-invalid = Correct the fields listed in errors and send the request again.
problem-version-missing-title = If-Match is missing
problem-too-many-tries-title = Too many attempts
problem-too-many-tries = Wait for the number of seconds in the Retry-After header, then try again.
problem-internal-title = Something went wrong on our side
problem-internal = We have recorded the problem. Try again later.
problem-busy-title = Too many requests at the moment
problem-unavailable-title = The service is not available at the moment

## Types of problems when the booking rules refuse a request (only titles)

problem-not-offered-title = The time is not available
problem-in-the-past-title = The time has already started
problem-not-open-yet-title = The time cannot be booked yet
problem-too-short-notice-title = It is too late to book this time online
problem-taken-title = The time is already booked
problem-person-busy-title = The person has another appointment at that time
# A time is held for a few minutes while somebody confirms it.
problem-too-many-holds-title = No more times can be held
problem-too-many-visits-title = Too many appointments with this doctor
problem-hold-expired-title = The time is no longer held
problem-no-more-extensions-title = The time cannot be held any longer
problem-wrong-code-title = Wrong code
problem-code-spent-title = Too many wrong codes
# It was sent more than ten minutes ago.
problem-code-too-old-title = The code is too old
problem-no-more-codes-title = No more codes can be sent
problem-already-cancelled-title = The appointment is already cancelled
problem-not-a-hold-title = The appointment is not waiting for confirmation
problem-not-confirmed-title = The appointment is not confirmed yet
problem-too-late-to-cancel-title = It is too late to cancel online
problem-too-late-to-move-title = It is too late to reschedule online
problem-has-begun-title = The appointment has already started
problem-too-early-title = It is too early for this
problem-too-early-to-check-in-title = It is too early to check in
problem-nothing-to-undo-title = There is nothing to undo
problem-too-late-to-undo-title = It is too late to undo this
# The clinic wants to undo “Completed”.
problem-has-review-title = The appointment has a review
problem-time-given-away-title = Part of the time is booked by someone else
problem-not-taking-bookings-title = The doctor is not taking bookings
problem-still-listed-title = The doctor is still listed
problem-conflict-of-interest-title = You cannot review yourself or your own clinic
problem-already-over-title = The appointment is over
problem-already-exists-title = The appointment already exists
# A patient tried to do what only the clinic does, or the clinic what only the patient does.
problem-not-yours-title = Your role does not allow this
problem-has-appointments-title = The person still has an appointment
problem-too-many-people-title = Too many people on the account
problem-crowded-title = Many people want this time
problem-not-completed-title = The appointment has not taken place
problem-too-late-to-review-title = It is too late to review the appointment
problem-already-reviewed-title = You have already reviewed the appointment
problem-address-taken-title = The address belongs to another account
problem-still-on-staff-title = The account still has a role at a clinic
problem-second-factor-required-title = The account must have a second factor
problem-too-many-api-keys-title = Too many API keys
problem-too-many-passkeys-title = Too many passkeys
problem-already-joined-title = This role is already taken
problem-last-administrator-title = The clinic has no other administrator
problem-same-person-title = The person is already on the account

## What is wrong with one field, parameter or header of a request to the API

problem-field-missing = This field is required.
problem-field-unknown = This field does not exist. Remove it.
problem-field-type = This value has the wrong type. Check it against the API reference.
problem-field-repeated = Give this parameter only once.
problem-field-nul = Text cannot contain the character U+0000. Remove it and send the request again.
problem-field-moment = Use a date, such as 2026-11-24, or an exact time, such as 2026-11-24T09:00:00Z.
problem-field-date = Use a date, such as 2026-11-24.
problem-field-time = Use a time, such as 09:30.
problem-field-number = Use a number from { $min } to { $max }.
problem-field-too-long = Use at most { $max } characters.
# date, from and to are names of parameters.
problem-field-date-or-range = Use either date, or from and to.
problem-field-range-order = Use a date or time after from.
problem-field-range-length = Ask for at most { $days } days at a time.
problem-field-location = This doctor does not work at this location.
problem-field-appointment-type = This clinic does not have this appointment type.
problem-field-recurrence = Use a repeat rule (RFC 5545), such as FREQ=MONTHLY;BYDAY=1MO.
problem-field-recurrence-too-often = Use a rule that repeats once a day or less often.
problem-field-recurrence-never = This rule has no dates. Check its days and months.
problem-field-recurrence-unsupported = Part of this rule is not supported. Use a simpler rule.
problem-field-recurrence-too-long = This rule is too long. Use a shorter one.
# The address of a request.
problem-address-unreadable = The address contains characters that are not valid text. Correct it and send the request again.
