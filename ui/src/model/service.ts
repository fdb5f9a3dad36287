// What an account's service could not do just now, in words. Pure.

import type { AccountView } from '../generated/bindings';
import type { Language } from '../text/text';
import { timeOf } from './format';
import { wallNow } from './wallclock';

/** Words for a code that may be newer than this program; empty for `null`. */
function said(code: string | null, words: Record<string, string>, otherwise: string): string {
  if (code === null) return '';
  return Object.hasOwn(words, code) ? (words[code] ?? otherwise) : otherwise;
}

export function listProblem(account: AccountView, { text }: Language): string {
  return said(account.list_error, text.service.list, text.service.listFailed);
}

export function linkProblem(account: AccountView, { text }: Language): string {
  return said(account.link_problem, text.service.link, text.service.linkFailed);
}

/** Empty where no pause was asked for, or it is over. */
export function pause(account: AccountView, language: Language, now: Date = wallNow()): string {
  const until = new Date(account.paused_until ?? '');
  if (Number.isNaN(until.getTime()) || until <= now) return '';
  return language.text.service.pause(language.isolate(timeOf(until, language)));
}

/** The host of an address with or without scheme, in small letters; `null` if it has none. */
function hostOf(address: string): string | null {
  try {
    return new URL(address.includes('://') ? address : `https://${address}`).hostname.toLowerCase() || null;
  } catch {
    return null;
  }
}

/** Whether a picture comes with the address itself, or from the server of an account. */
export function isOf(server: string, picture: string): boolean {
  if (/^data:/i.test(picture)) return true;
  const host = hostOf(server);
  return host !== null && hostOf(picture) === host;
}

/** Whether what is typed sends a password over an unencrypted connection to another network than one's own. */
export function isExposed(server: string): boolean {
  const typed = server.trim();
  if (!/^http:\/\//i.test(typed)) return false;
  const host = hostOf(typed);
  if (host === null) return false;
  return !(
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^(127|10)\.\d+\.\d+\.\d+$/.test(host) ||
    /^192\.168\.\d+\.\d+$/.test(host) ||
    /^169\.254\.\d+\.\d+$/.test(host) ||
    /^172\.(1[6-9]|2\d|3[01])\.\d+\.\d+$/.test(host)
  );
}

/** Addresses of a backend that were typed by hand; empty: found by the server's own. */
export interface Addresses {
  rest: string;
  socket: string;
  login: string;
  ca: string;
  proxy: string;
}

/** An account that was signed out. */
export interface Again {
  server: string;
  role: string;
  email: string;
  /** `null`: its server is asked. */
  dialect: string | null;
  /** How it was reached, where the address alone did not do. */
  reach?: Addresses;
}
