/** How Chromium is started, for tests and for pictures. */

/** Keeps it from talking to anybody but us, and within what a container gives. */
export const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

export const executablePath = process.env['CHROMIUM_PATH'] || '/usr/bin/chromium';

export const site = process.env['NADI_BASE_URL'] ?? 'http://localhost:3000';
