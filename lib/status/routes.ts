/** What a request asks for. */
export type Route =
  | { to: "livez" | "readyz" | "metrics" | "gateways" | "events" | "page" | "login" }
  /** A file beside the page. */
  | { to: "asset"; file: string }
  /** One profile; its name may be any. */
  | { to: "gateway"; profile: string }
  /** Log in. */
  | { to: "enter" }
  /** There is such a path, and it takes other methods. */
  | { to: "method"; allow: string }
  | { to: "nothing" };

/** The files beside the page: its style and script. */
export const ASSETS: readonly string[] = [
  ...["page.css", "table.css", "detail.css"],
  ...["page.js", "table.js", "detail.js", "rows.js", "words.js", "causes.js", "events.js"],
];

const PATHS: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/livez", { to: "livez" }],
  ["/readyz", { to: "readyz" }],
  ["/metrics", { to: "metrics" }],
  ["/api/v1/gateways", { to: "gateways" }],
  ["/events", { to: "events" }],
  ["/", { to: "page" }],
  ["/login", { to: "login" }],
  ...ASSETS.map((file) => [`/${file}`, { to: "asset", file }] as const),
]);

const GATEWAY = /^\/api\/v1\/gateways\/([^/]+)$/;

/** Decodes a part of a path; what is no encoding stands for nothing. */
function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function find(path: string): Route {
  const route = PATHS.get(path);
  if (route !== undefined) return route;
  const profile = decode(GATEWAY.exec(path)?.[1] ?? "");
  return profile ? { to: "gateway", profile } : { to: "nothing" };
}

/**
 * Finds what a request asks for. Pure.
 *
 * @param method The method; HEAD is GET to it.
 * @param path The path, without a query.
 * @returns The route.
 *
 * @example
 * ```ts
 * import { routeOf } from "./routes.ts";
 * routeOf("GET", "/api/v1/gateways/coder"); // { to: "gateway", profile: "coder" }
 * routeOf("PUT", "/livez"); // { to: "method", allow: "GET, HEAD" }
 * ```
 */
export function routeOf(method: string, path: string): Route {
  const route = find(path);
  if (route.to === "nothing" || method === "GET" || method === "HEAD") return route;
  if (route.to !== "login") return { to: "method", allow: "GET, HEAD" };
  return method === "POST" ? { to: "enter" } : { to: "method", allow: "GET, HEAD, POST" };
}
