// Sends the form of a page that is only passed through, as soon as it is there. A browser that has come with Back or
// reloads the page does not send it again: the button does. While a page loads, this leaves no entry in the history,
// so that Back leads to the page before.
const [arrival] = performance.getEntriesByType("navigation");
if (arrival?.type === "navigate") {
	document.querySelector("form[data-send]")?.requestSubmit();
}
