/** The sites under test, and the options that Chromium is started with. */

/** A running site: its address and its clock. */
export interface Site {
  baseURL: string;
  /** How far the site's clock is ahead of the machine's, as set by its NADI_CLOCK_SHIFT_SECONDS. */
  clockShiftSeconds: number;
}

function seconds(name: string): number {
  const value = Number(process.env[name] || 0);
  if (!Number.isInteger(value)) {
    throw new Error(`${name} is not a whole number of seconds`);
  }
  return value;
}

export const site: Site = {
  baseURL: process.env['NADI_BASE_URL'] || 'http://localhost:3000',
  clockShiftSeconds: seconds('NADI_CLOCK_SHIFT_SECONDS'),
};

/** A second site, usually on another day. If its variable is not set, it is the first site. */
export const otherSite: Site = process.env['NADI_OTHER_BASE_URL']
  ? { baseURL: process.env['NADI_OTHER_BASE_URL'], clockShiftSeconds: seconds('NADI_OTHER_CLOCK_SHIFT_SECONDS') }
  : site;

/** Where the addresses that browsers request from a site are written; nowhere when the variable is not set. */
export function addressesFile(baseURL: string): string | undefined {
  return process.env[baseURL === site.baseURL ? 'NADI_ADDRESSES' : 'NADI_OTHER_ADDRESSES'];
}

/** Arguments that stop Chromium's background requests and let it run in a container. */
export const chromiumArguments = [
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
