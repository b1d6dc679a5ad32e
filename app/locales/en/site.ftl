# Error pages that are made without the rest of the site: when something is broken, or very busy. Their other texts
# are in layout.ftl and refusals.ftl.

# Below the heading of these pages.
error-page-lead = Your appointments are safe. Wait a minute, then go back and try again.
error-internal-title = Something went wrong on our side
# The connection was so slow that the answer is only this page.
error-too-slow-title = Your form did not arrive in time

## The address of the page has characters that no address may have

error-address-title = We cannot read this address
error-address-lead = It contains characters that cannot be part of a web address. Check the address, or go to the home page.

## Shown alone, as plain text: requests that browsers do not send by themselves

error-address-too-long = This address is too long. Shorten it and try again.
# $address: the address of the site, such as https://nadi.example.
error-host = This server does not answer under this address. Open { $address } instead.
error-host-unreadable = The request does not name one host. Send it again with a Host header.
