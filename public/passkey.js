// Signs in with a passkey, and adds one. Shows the buttons for it, which are hidden where a browser has no passkeys.
// What to ask the browser for comes from the server, and the browser's answer goes back to it: both as JSON (WebAuthn
// level 3).

// Browsers have no passkeys for addresses without a name.
const isNumber = /^[\d.]+$|^\[/.test(location.hostname);
const isThere = "PublicKeyCredential" in window && "credentials" in navigator && !isNumber;

function bytes(text) {
	const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
	return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

function text(buffer) {
	const binary = String.fromCharCode(...new Uint8Array(buffer));
	return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const withBytes = (descriptors) => descriptors?.map((one) => ({ ...one, id: bytes(one.id) }));

// For browsers that do not read the JSON themselves yet.
function creation(json) {
	if (PublicKeyCredential.parseCreationOptionsFromJSON) {
		return PublicKeyCredential.parseCreationOptionsFromJSON(json);
	}
	return {
		...json,
		challenge: bytes(json.challenge),
		user: { ...json.user, id: bytes(json.user.id) },
		excludeCredentials: withBytes(json.excludeCredentials),
	};
}

function request(json) {
	if (PublicKeyCredential.parseRequestOptionsFromJSON) {
		return PublicKeyCredential.parseRequestOptionsFromJSON(json);
	}
	return { ...json, challenge: bytes(json.challenge), allowCredentials: withBytes(json.allowCredentials) };
}

function answer(credential) {
	if (credential.toJSON) {
		return credential.toJSON();
	}
	const response = {};
	for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
		if (credential.response[name]) {
			response[name] = text(credential.response[name]);
		}
	}
	const { id, type } = credential;
	return { id, type, rawId: text(credential.rawId), response, clientExtensionResults: {} };
}

// Sends a form. Returns the answer; or nothing, when the browser is led to another page instead.
async function send(address, fields) {
	const sent = await fetch(address, {
		method: "POST",
		headers: { accept: "application/json" },
		body: new URLSearchParams(fields),
	});
	if (!sent.ok) {
		throw new Error(`${sent.status}`);
	}
	const elsewhere = sent.headers.get("location");
	if (elsewhere) {
		location.assign(elsewhere);
		return undefined;
	}
	return sent.json();
}

const ways = {
	"sign-in": (options) => navigator.credentials.get({ publicKey: request(options) }),
	add: (options) => navigator.credentials.create({ publicKey: creation(options) }),
};

async function run(part) {
	const { passkey, options, answer: to, next } = part.dataset;
	const asked = await send(options, {});
	if (asked === undefined) {
		return;
	}
	const credential = await ways[passkey](JSON.parse(asked));
	const typed = part.matches("form") ? Object.fromEntries(new FormData(part)) : {};
	const page = await send(to, { ...typed, next: next ?? "", credential: JSON.stringify(answer(credential)) });
	if (page !== undefined) {
		location.assign(page);
	}
}

for (const part of document.querySelectorAll("[data-passkey]")) {
	const status = part.querySelector("[role=status]");
	let isRunning = false;
	async function start() {
		if (isRunning) {
			return;
		}
		isRunning = true;
		status.textContent = "";
		try {
			await run(part);
		} catch (error) {
			const isKnown = error.name === "InvalidStateError" && part.dataset.known;
			status.textContent = isKnown || part.dataset.failed;
		} finally {
			isRunning = false;
		}
	}
	if (part.matches("form")) {
		part.addEventListener("submit", (event) => {
			event.preventDefault();
			start();
		});
	} else {
		part.querySelector("button").addEventListener("click", start);
	}
	part.hidden = !isThere;
}
for (const note of document.querySelectorAll("[data-passkey-none]")) {
	note.hidden = isThere;
}
