import { text } from './text';

/**
 * Cities of the demo data in which tests book. Panjim is reserved for tests about the demo doctor, and Margao for
 * tests that add doctors with hours of their own.
 */
export interface City {
  slug: string;
  name: string;
  /** The beginning of the name of its time zone on pages: `Kolkata time`. */
  zone: string;
}

const city = (slug: string, name: string, zone: string): City => ({ slug, name, zone: text('zone-of-place', { city: zone }) });

/** The zones alternate: each worker takes every nth city and therefore tests several zones. */
export const CITIES: readonly City[] = [
  city('nashik', 'Nashik', 'Kolkata'),
  city('pune', 'Pune', 'Kolkata'),
  city('new-york', 'New York', 'New York'),
  city('london', 'London', 'London'),
  city('nagpur', 'Nagpur', 'Kolkata'),
  city('kathmandu', 'Kathmandu', 'Kathmandu'),
  city('adelaide', 'Adelaide', 'Adelaide'),
  city('kochi', 'Kochi', 'Kolkata'),
  city('thrissur', 'Thrissur', 'Kolkata'),
  city('berlin', 'Berlin', 'Berlin'),
  city('lisbon', 'Lisbon', 'Lisbon'),
  city('chennai', 'Chennai', 'Kolkata'),
  city('madurai', 'Madurai', 'Kolkata'),
  city('chicago', 'Chicago', 'Chicago'),
  city('toronto', 'Toronto', 'Toronto'),
  city('mysuru', 'Mysuru', 'Kolkata'),
  city('hyderabad', 'Hyderabad', 'Kolkata'),
  city('dubai', 'Dubai', 'Dubai'),
  city('singapore', 'Singapore', 'Singapore'),
  city('jaipur', 'Jaipur', 'Kolkata'),
  city('udaipur', 'Udaipur', 'Kolkata'),
  city('sydney', 'Sydney', 'Sydney'),
  city('auckland', 'Auckland', 'Auckland'),
  city('lucknow', 'Lucknow', 'Kolkata'),
  city('patna', 'Patna', 'Kolkata'),
  city('nairobi', 'Nairobi', 'Nairobi'),
  city('johannesburg', 'Johannesburg', 'Johannesburg'),
  city('surat', 'Surat', 'Kolkata'),
  city('indore', 'Indore', 'Kolkata'),
];
