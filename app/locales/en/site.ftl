# Error pages that are made without the rest of the site: when something is broken, or very busy. Their other texts
# are in layout.ftl and refusals.ftl.

# Below the heading of these pages.
error-page-lead = Your appointments are safe. Wait a minute, then go back and try again.
error-internal-title = Something went wrong on our side

## The address of the page has characters that no address may have

error-address-title = We cannot read this address
error-address-lead = It contains characters that cannot be part of a web address. Check the address, or go to the home page.
