// Offers the home page in the language that the browser prefers, once. The page is the same for everybody, so it has a
// hidden line for each other language; this shows one of them. Not a module: it runs before the page is drawn.
{
	const OFFERED = "language-offered";
	const offers = new Map();
	for (const offer of document.querySelectorAll(".language-offer")) {
		offers.set(offer.lang.toLowerCase(), offer);
	}
	const here = document.documentElement.lang.toLowerCase();
	const exists = (code) => code === here || offers.has(code);

	/** The first language of the browser in which there is a page: `de-at`, or else `de`. */
	function preferred() {
		for (const tag of navigator.languages) {
			const code = tag.toLowerCase();
			const found = [code, code.split("-")[0]].find(exists);
			if (found) {
				return found;
			}
		}
		return here;
	}

	/** Whether this is the first time. A browser that remembers nothing is not asked again and again. */
	function first() {
		try {
			const before = localStorage.getItem(OFFERED);
			localStorage.setItem(OFFERED, "yes");
			return before === null;
		} catch {
			return false;
		}
	}

	const offer = offers.get(preferred());
	if (offer && first()) {
		offer.hidden = false;
		offer.querySelector("button").addEventListener("click", () => (offer.hidden = true));
	}
}
