// Hydrates the islands of a page: loads the WASM client and calls it for each island.
// The file names contain content hashes, so the URLs are read from the page's preload links.
const href = (id) => document.getElementById(id)?.href;

async function hydrate(node, client) {
	for (const child of node.children) {
		if (child.localName === "leptos-island") {
			await client[child.dataset.component]?.(child);
		}
		await hydrate(child, client);
	}
}

async function start() {
	const client = await import(href("client-js"));
	await client.default({ module_or_path: href("client-wasm") });
	client.hydrate();
	await hydrate(document.body, client);
	document.documentElement.dataset.hydrated = "";
}

if (href("client-js") && href("client-wasm")) {
	start();
}
