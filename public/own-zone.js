// Shows a moment in the visitor's own time zone, where its clock shows something else than the one it was given in.
// Each is an empty, hidden <time class="own-time" datetime="2026-11-24T10:20:00+05:30">.
const texts = document.getElementById("own-zone")?.dataset ?? {};
const { lang } = document.documentElement;
// English pages are British.
const language = /^en\b/.test(lang) ? "en-GB" : lang;
const { hour12 } = new Intl.DateTimeFormat(language, { hour: "numeric" }).resolvedOptions();
// `07:30`, but `7:30 am`.
const clock = { hour: hour12 ? "numeric" : "2-digit", minute: "2-digit" };
const formats = {
	time: new Intl.DateTimeFormat(language, clock),
	brief: new Intl.DateTimeFormat(language, { weekday: "short", ...clock }),
	full: new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", ...clock }),
};
// For comparing: the day of the month and the clock as digits.
const digits = new Intl.DateTimeFormat("en-GB", { day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const zone = digits.resolvedOptions().timeZone ?? "";
// `Etc/GMT+5` and `UTC` are nobody's city.
// Browsers go on naming a few by the name they had before: as we call them elsewhere.
const renamed = { Calcutta: "Kolkata", Katmandu: "Kathmandu", Rangoon: "Yangon", Saigon: "Ho Chi Minh", Kiev: "Kyiv" };
const last = zone.startsWith("Etc/") ? "" : (zone.split("/").slice(1).pop() ?? "").replaceAll("_", " ");
const city = renamed[last] ?? last;

const named = new Intl.DateTimeFormat("en-US", { hour: "2-digit", timeZoneName: "short" });
const MINUTE = 60_000;

// A text with its values in the places such as `{time}`.
function filled(text, values) {
	return (text ?? "").replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

// Where the clocks are put back, by half an hour up to two hours, a time exists twice.
function isRepeated(at) {
	const shown = digits.format(at);
	return [30, 60, 120].some((minutes) =>
		[-minutes, minutes].some((apart) => digits.format(new Date(at.getTime() + apart * MINUTE)) === shown),
	);
}

function words(there, brief) {
	const at = new Date(there);
	if (Number.isNaN(at.getTime())) {
		return "";
	}
	const own = Object.fromEntries(digits.formatToParts(at).map(({ type, value }) => [type, value]));
	const otherDay = own.day !== there.slice(8, 10);
	if (!otherDay && `${own.hour}:${own.minute}` === there.slice(11, 16)) {
		return "";
	}
	const format = otherDay ? (brief ? formats.brief : formats.full) : formats.time;
	let time = format.format(at);
	if (isRepeated(at)) {
		const zoneNow = named.formatToParts(at).find(({ type }) => type === "timeZoneName");
		time = filled(texts.timeWithZone, { time, zone: zoneNow?.value ?? "" }).trimEnd();
	}
	return city && !brief ? filled(texts.timeInCity, { time, city }) : filled(texts.time, { time });
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
