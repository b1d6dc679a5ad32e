// Says a moment on the visitor's own clock, where that shows something else than the clock it was given in.
// Each is an empty, hidden <time class="own-time" datetime="2026-11-24T10:20:00+05:30">.
const format = new Intl.DateTimeFormat("en-US", {
	weekday: "short",
	day: "numeric",
	month: "short",
	hour: "2-digit",
	minute: "2-digit",
	hourCycle: "h23",
});
const zone = format.resolvedOptions().timeZone ?? "";
// `Etc/GMT+5` and `UTC` are nobody's city.
// Browsers go on naming a few by the name they had before: as we call them elsewhere.
const renamed = { Calcutta: "Kolkata", Katmandu: "Kathmandu", Rangoon: "Yangon", Saigon: "Ho Chi Minh", Kiev: "Kyiv" };
const last = zone.startsWith("Etc/") ? "" : (zone.split("/").slice(1).pop() ?? "").replaceAll("_", " ");
const city = renamed[last] ?? last;

const named = new Intl.DateTimeFormat("en-US", { hour: "2-digit", timeZoneName: "short" });
const MINUTE = 60_000;

// Where the clocks are put back, by half an hour up to two hours, a time exists twice.
function isRepeated(at) {
	const clock = format.format(at);
	return [30, 60, 120].some((minutes) =>
		[-minutes, minutes].some((apart) => format.format(new Date(at.getTime() + apart * MINUTE)) === clock),
	);
}

function words(there, brief) {
	const at = new Date(there);
	if (Number.isNaN(at.getTime())) {
		return "";
	}
	const own = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
	let time = `${own.hour}:${own.minute}`;
	const otherDay = Number(own.day) !== Number(there.slice(8, 10));
	if (!otherDay && time === there.slice(11, 16)) {
		return "";
	}
	if (isRepeated(at)) {
		const zoneNow = named.formatToParts(at).find(({ type }) => type === "timeZoneName");
		time += ` ${zoneNow?.value ?? ""}`.trimEnd();
	}
	const day = brief ? `${own.weekday} ` : `${own.weekday} ${own.day} ${own.month}, `;
	return `${otherDay ? day : ""}${time} for you${city && !brief ? ` (${city})` : ""}`;
}

function say(element) {
	const text = words(element.dateTime, "brief" in element.dataset);
	if (element.textContent !== text) {
		element.textContent = text;
	}
	element.hidden = text === "";
}

function sayAll() {
	document.querySelectorAll(".own-time").forEach(say);
}

sayAll();
// The picker shows other days without loading a page.
new MutationObserver(sayAll).observe(document.body, {
	subtree: true,
	childList: true,
	attributeFilter: ["datetime"],
});
