// Lets a list of doctors grow in place: its next page is fetched and its cards are taken over. A list of
// five pages is long enough; from there the link leads to a page of its own, as without scripts. Its texts are in
// the list's data attributes.
const PAGES_MAX = 5;
const SLOW_MS = 200;
const WAITING_CARDS = 2;
const list = document.querySelector(".doctor-list");
const pages = list?.parentElement.querySelector(".pagination");
const said = document.createElement("span");
let shown = 1;
let busy = false;

const numbers = new Intl.NumberFormat(document.documentElement.lang);
const link = () => pages.querySelector("a[rel=next]");

/** A text with numbers in it: `Pages {first} to {last}`. */
function fill(text, values) {
	return text.replace(/\{(\w+)\}/g, (_, name) => numbers.format(values[name]));
}

function offer() {
	const next = link();
	if (next && shown < PAGES_MAX) {
		next.replaceChildren(list.dataset.more);
	}
}

/** Stands where the cards will, once they are awaited for long. */
function wait() {
	const cards = Array.from({ length: WAITING_CARDS }, () => {
		const card = document.createElement("li");
		card.className = "doctor-waiting";
		card.setAttribute("aria-hidden", "true");
		return card;
	});
	const timer = setTimeout(() => {
		list.append(...cards);
		said.textContent = list.dataset.loading;
	}, SLOW_MS);
	return () => {
		clearTimeout(timer);
		cards.forEach((card) => card.remove());
	};
}

/** Fetches a page and puts those of its cards at the end that are not here; gives them. */
async function grow(href) {
	const done = wait();
	try {
		const answer = await fetch(href);
		if (!answer.ok) {
			throw answer.status;
		}
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		// Who moved down while others booked stands here already.
		const cards = [...page.querySelectorAll(".doctor-list > li")]
			.filter((card) => !document.getElementById(card.querySelector("h2").id));
		if (!cards.length) {
			throw "nothing new";
		}
		for (const card of list.children) {
			card.dataset.drawn = "";
		}
		const beyond = page.querySelector(".doctor-list").dataset;
		const next = page.querySelector(".pagination a[rel=next]");
		list.append(...cards.map((card) => document.adoptNode(card)));
		show(href, next, beyond);
		return cards;
	} finally {
		done();
	}
}

async function more(href) {
	try {
		const cards = await grow(href);
		cards[0].querySelector("a").focus();
		said.textContent = fill(list.dataset.loaded, { count: list.children.length });
	} catch {
		location.assign(href);
	}
}

/** Says which pages are here, leads on from the last of them, and notes it for whoever comes back. */
function show(href, next, beyond) {
	shown += 1;
	pages.querySelector(".pagination-place").textContent = fill(list.dataset.shown, {
		first: list.dataset.page,
		last: beyond.page,
		count: beyond.pages,
	});
	link().remove();
	if (next) {
		pages.append(document.adoptNode(next));
	}
	offer();
	history.scrollRestoration = "manual";
	history.replaceState({ ...history.state, grown: [...(history.state?.grown ?? []), href] }, "");
}

/** Notes which card is being looked at, and where in the window it stands. */
function leave() {
	if (!history.state?.grown) {
		return;
	}
	const card = [...list.children].find((card) => card.getBoundingClientRect().bottom > 0);
	const at = card && { id: card.querySelector("h2").id, top: card.getBoundingClientRect().top };
	history.replaceState({ ...history.state, at }, "");
}

/** After a reload, or back from a doctor: the list as long as it was, where it was looked at. */
async function restore({ grown, at }) {
	history.replaceState({ at }, "");
	busy = true;
	try {
		for (const href of grown) {
			await grow(href);
		}
	} catch {
		// What could not be fetched is behind the link, as before.
	}
	busy = false;
	said.textContent = "";
	const card = at && document.getElementById(at.id)?.closest("li");
	if (card) {
		card.scrollIntoView();
		scrollBy(0, -at.top);
	}
}

if (pages && link()) {
	said.className = "visually-hidden";
	said.setAttribute("role", "status");
	list.after(said);
	offer();
	if (history.state?.grown?.length) {
		restore(history.state);
	}
	// Not when the page goes: what is noted then is lost in a reload.
	let timer;
	addEventListener("scroll", () => {
		clearTimeout(timer);
		timer = setTimeout(leave, SLOW_MS);
	}, { passive: true });
	list.addEventListener("click", leave);
	pages.addEventListener("click", async (event) => {
		const { href, rel } = event.target.closest("a") ?? {};
		const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
		if (rel === "next" && plain && shown < PAGES_MAX) {
			event.preventDefault();
			if (!busy) {
				busy = true;
				await more(href);
				busy = false;
			}
		}
	});
}
