const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** Whether it is an IPv6 address, without brackets and a zone. */
function isIpv6(text: string): boolean {
  return /^[0-9a-f:.]+$/i.test(text) && text.includes(":") && URL.canParse(`http://[${text}]/`);
}

/**
 * Tells whether only this machine can reach an address. Pure.
 *
 * @param address An IP address, or `localhost`.
 * @returns Whether it is a loopback address.
 *
 * @example
 * ```ts
 * import { isLoopback } from "./hosts.ts";
 * isLoopback("127.0.0.1"); // true
 * ```
 */
export function isLoopback(address: string): boolean {
  if (address === "localhost") return true;
  if (IPV4.test(address)) return address.startsWith("127.");
  return isIpv6(address) && new URL(`http://[${address}]/`).hostname === "[::1]";
}

/**
 * Tells whether a word can be what a server listens at. Pure.
 *
 * @param text The word.
 * @returns Whether it is an IP address or `localhost`.
 *
 * @example
 * ```ts
 * import { isAddress } from "./hosts.ts";
 * isAddress("::"); // true
 * isAddress("example.org"); // false
 * ```
 */
export function isAddress(text: string): boolean {
  return text === "localhost" || IPV4.test(text) || isIpv6(text);
}

/**
 * Reads a list of host names, with commas or spaces between them. Pure.
 *
 * @param text The list.
 * @returns The names in lower case; `undefined` if one of them cannot be a host's.
 *
 * @example
 * ```ts
 * import { parseHosts } from "./hosts.ts";
 * parseHosts("nas.lan, Hermes.example.org")?.has("hermes.example.org"); // true
 * ```
 */
export function parseHosts(text: string): ReadonlySet<string> | undefined {
  const names = text.toLowerCase().split(/[\s,]+/).filter((name) => name !== "");
  const isName = (name: string) => name.length <= 253 && /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name);
  return names.every(isName) ? new Set(names) : undefined;
}

/**
 * Tells whether a request is meant for this server, by its `Host`: a page of
 * somebody else's whose name was made to point here (DNS rebinding) names
 * itself there. Pure.
 *
 * @param host The header; `null`: there is none.
 * @param allowed The names that count beside IP addresses and `localhost`, in lower case.
 * @returns Whether it is.
 *
 * @example
 * ```ts
 * import { isTrustedHost } from "./hosts.ts";
 * isTrustedHost("127.0.0.1:9118", new Set()); // true
 * isTrustedHost("evil.example", new Set()); // false
 * ```
 */
export function isTrustedHost(host: string | null, allowed: ReadonlySet<string>): boolean {
  const [, six, name = ""] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(host ?? "") ?? [];
  if (six !== undefined) return isIpv6(six);
  const lower = name.toLowerCase();
  return lower === "localhost" || IPV4.test(lower) || allowed.has(lower);
}
