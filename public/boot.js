// Wakes the islands of a page: loads the client once the page is at rest, and hands it each island.
// The addresses are read from the page's own preload links, since their names change with their content.
const href = (id) => document.getElementById(id)?.href;

async function wake(node, client) {
	for (const child of node.children) {
		if (child.localName === "leptos-island") {
			await client[child.dataset.component]?.(child);
		}
		await wake(child, client);
	}
}

async function start() {
	const client = await import(href("client-js"));
	await client.default({ module_or_path: href("client-wasm") });
	client.hydrate();
	await wake(document.body, client);
	document.documentElement.dataset.awake = "";
}

if (href("client-js") && href("client-wasm")) {
	start();
}
