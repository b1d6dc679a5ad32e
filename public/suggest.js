// Quickens the search form of a page that is whole without it: suggestions while one types (an editable
// combobox with a list, WAI-ARIA APG), places near oneself, and a sign when the answer is slow. Its texts are in the
// form's data attributes.
const TYPED_MIN = 2;
const PAUSE_MS = 150;
const SLOW_MS = 200;
const KINDS = ["specialty", "doctor", "city"];
const language = document.documentElement.lang;
const form = document.querySelector("form.search");
const texts = form?.dataset;

/** An element with attributes and children; text goes in as text only. */
function make(name, attributes = {}, ...children) {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) {
		element.setAttribute(key, value);
	}
	element.append(...children);
	return element;
}

/** What is said behind a name, and how. */
function detail(one) {
	if (one.kind === "doctor") {
		return [one.specialty, one.city].filter(Boolean).join(", ");
	}
	return one.kind === "city" ? one.country : one.word ? texts.word.replace("{word}", () => one.word) : "";
}

/** Where a suggestion leads: to the doctor, or on with the search, whose other filters stay. */
function address(one) {
	if (one.kind === "doctor") {
		return `${form.action}/${encodeURIComponent(one.slug)}`;
	}
	const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
	asked.delete("q");
	asked.set(one.kind, one.slug);
	return `${form.action}?${asked}`;
}

function suggest(input) {
	const list = make("div", { class: "suggestions", id: "suggestions", role: "listbox", "aria-label": texts.suggestions, hidden: "" });
	const said = make("span", { class: "visually-hidden", role: "status" });
	input.after(list, said);
	input.setAttribute("role", "combobox");
	input.setAttribute("aria-autocomplete", "list");
	input.setAttribute("aria-controls", list.id);
	// One text for each number of suggestions.
	const counts = JSON.parse(texts.counts);
	let options = [];
	let active = -1;
	let timer;
	let asked = new AbortController();

	function mark(at) {
		options[active]?.setAttribute("aria-selected", "false");
		active = at;
		const option = options[at];
		option?.setAttribute("aria-selected", "true");
		option?.scrollIntoView({ block: "nearest" });
		if (option) {
			input.setAttribute("aria-activedescendant", option.id);
		} else {
			input.removeAttribute("aria-activedescendant");
		}
	}

	function open(on) {
		list.hidden = !on;
		input.setAttribute("aria-expanded", String(on));
		mark(-1);
	}

	/** No list, and none on its way. */
	function close() {
		clearTimeout(timer);
		asked.abort();
		open(false);
		said.textContent = "";
	}

	function show(items) {
		options = items.map((one, at) => {
			const more = detail(one);
			const option = make("div", { role: "option", id: `suggestion-${at}`, "aria-selected": "false" },
				make("bdi", {}, one.name), ...(more ? [make("span", {}, ` – ${more}`)] : []));
			option.addEventListener("click", () => location.assign(address(one)));
			return option;
		});
		list.replaceChildren(...KINDS.flatMap((kind) => {
			const own = options.filter((_, at) => items[at].kind === kind);
			const head = make("span", { role: "presentation", id: `suggestions-${kind}` }, texts[kind]);
			return own.length ? [make("div", { role: "group", "aria-labelledby": head.id }, head, ...own)] : [];
		}));
		open(items.length > 0);
		said.textContent = counts[items.length] ?? "";
	}

	/** Asks; only the answer to the last question counts. Whoever cannot be reached suggests nothing. */
	async function ask() {
		asked.abort();
		asked = new AbortController();
		const { signal } = asked;
		try {
			const url = `/api/v1/suggestions?q=${encodeURIComponent(input.value)}`;
			const answer = await fetch(url, { signal, headers: { "Accept-Language": language } });
			const { items } = answer.ok ? await answer.json() : { items: [] };
			if (!signal.aborted) {
				show(items);
			}
		} catch {
			if (!signal.aborted) {
				close();
			}
		}
	}

	function askSoon(pause) {
		clearTimeout(timer);
		if (input.value.trim().length < TYPED_MIN) {
			close();
		} else {
			timer = setTimeout(ask, pause);
		}
	}

	function move(key) {
		if (list.hidden) {
			askSoon(0);
		} else if (key === "ArrowDown") {
			mark(active + 1 < options.length ? active + 1 : -1);
		} else {
			mark(active < 0 ? options.length - 1 : active - 1);
		}
	}

	input.addEventListener("input", (event) => event.isComposing || askSoon(PAUSE_MS));
	input.addEventListener("compositionend", () => askSoon(PAUSE_MS));
	input.addEventListener("blur", close);
	input.addEventListener("keydown", (event) => {
		const { key } = event;
		if (event.isComposing) {
			return;
		}
		if (key === "ArrowDown" || key === "ArrowUp") {
			event.preventDefault();
			move(key);
		} else if (key === "Enter" && options[active] && !list.hidden) {
			event.preventDefault();
			options[active].click();
		} else if (key === "Enter") {
			close();
		} else if (key === "Escape" && !list.hidden) {
			// Not the browser's own, which would take what was typed.
			event.preventDefault();
			close();
		} else if (key === "Home" || key === "End") {
			mark(-1);
		}
	});
	// The focus stays in the field, also under a finger.
	list.addEventListener("mousedown", (event) => event.preventDefault());
	open(false);
}

/** Puts the person's own location into the search, when they ask for it. A kilometre is near enough. */
function nearMe(button) {
	const choices = form.elements.near;
	const note = button.nextElementSibling;
	const degrees = (value) => value.toFixed(2);
	button.hidden = false;
	button.addEventListener("click", () => {
		note.textContent = texts.locating;
		navigator.geolocation.getCurrentPosition(({ coords }) => {
			const here = `${degrees(coords.latitude)},${degrees(coords.longitude)}`;
			note.textContent = "";
			choices.append(new Option(texts.here, here, true, true));
			form.requestSubmit();
		}, ({ code, PERMISSION_DENIED }) => {
			note.textContent = code === PERMISSION_DENIED ? texts.denied : texts.unknown;
		}, { maximumAge: 600000, timeout: 15000 });
	});
}

/** A list that is awaited for long is dimmed, never before. */
function tellWhenSlow() {
	let timer;
	form.addEventListener("submit", () => (timer = setTimeout(() => (form.dataset.slow = ""), SLOW_MS)));
	addEventListener("pageshow", () => {
		clearTimeout(timer);
		delete form.dataset.slow;
	});
}

if (form) {
	const button = form.querySelector("[data-near]");
	suggest(form.elements.q);
	if (button && navigator.geolocation) {
		nearMe(button);
	}
	tellWhenSlow();
}
