// Lets a list of doctors grow in place: its next page is fetched and its cards are taken over. A list of
// five pages is long enough; from there the link leads to a page of its own, as without scripts.
const PAGES_MAX = 5;
const SLOW_MS = 200;
const WAITING_CARDS = 2;
const list = document.querySelector(".doctor-list");
const pages = list?.parentElement.querySelector(".pagination");
const said = document.createElement("span");
let shown = 1;
let busy = false;

const link = () => pages.querySelector("a[rel=next]");
const place = (text) => text.match(/\d+/g) ?? [];

function offer() {
	const next = link();
	if (next && shown < PAGES_MAX) {
		next.firstChild.textContent = "Show more doctors";
		next.querySelector("svg")?.remove();
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
		said.textContent = "Looking for more doctors …";
	}, SLOW_MS);
	return () => {
		clearTimeout(timer);
		cards.forEach((card) => card.remove());
	};
}

async function more(href) {
	const done = wait();
	try {
		const answer = await fetch(href);
		if (!answer.ok) {
			throw answer.status;
		}
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		const beyond = page.querySelector(".pagination");
		// Who moved down while others booked stands here already.
		const cards = [...page.querySelectorAll(".doctor-list > li")]
			.filter((card) => !document.getElementById(card.querySelector("h2").id));
		done();
		if (!cards.length) {
			throw "nothing new";
		}
		list.append(...cards.map((card) => document.adoptNode(card)));
		show(href, beyond);
		cards[0].querySelector("a").focus();
		said.textContent = `${cards.length} more doctors, ${list.children.length} in all.`;
	} catch {
		location.assign(href);
	}
}

/** Says which pages are here, leads on from the last of them, and keeps the address that shows it again. */
function show(href, beyond) {
	const here = pages.querySelector(".pagination-place");
	const [first] = place(here.textContent);
	const [last, count] = place(beyond.querySelector(".pagination-place").textContent);
	const next = beyond.querySelector("a[rel=next]");
	shown += 1;
	here.textContent = `Pages ${first} to ${last} of ${count}`;
	link().remove();
	if (next) {
		pages.append(document.adoptNode(next));
	}
	offer();
	history.replaceState(null, "", href);
}

if (pages && link()) {
	said.className = "visually-hidden";
	said.setAttribute("role", "status");
	list.after(said);
	offer();
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
