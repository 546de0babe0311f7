import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { routeOf } from "../../lib/status/routes.ts";

Deno.test("routeOf() finds what a path stands for, for GET and HEAD alike", () => {
  for (const method of ["GET", "HEAD"]) {
    for (
      const [path, route] of [
        ["/", { to: "page" }],
        ["/livez", { to: "livez" }],
        ["/readyz", { to: "readyz" }],
        ["/metrics", { to: "metrics" }],
        ["/events", { to: "events" }],
        ["/login", { to: "login" }],
        ["/page.js", { to: "asset", file: "page.js" }],
        ["/page.css", { to: "asset", file: "page.css" }],
        ["/api/v1/gateways", { to: "gateways" }],
        ["/api/v1/gateways/coder", { to: "gateway", profile: "coder" }],
        ["/api/v1/gateways/My%20%2F%20Bot", { to: "gateway", profile: "My / Bot" }],
      ] as const
    ) assertEquals(routeOf(method, path), route, path);
  }
});

Deno.test("routeOf() knows no other path, whatever the method", () => {
  for (
    const path of [
      ...["", "//", "/livez/", "/LIVEZ", "/index.html", "/login.html", "/../etc/passwd"],
      ...["/api/v1", "/api/v1/gateways/", "/api/v1/gateways/a/b", "/api/v1/gateways/%ff"],
    ]
  ) {
    for (const method of ["GET", "POST"]) assertEquals(routeOf(method, path), { to: "nothing" });
  }
});

Deno.test("routeOf() says which methods a path takes: only the login has another one", () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "BREW"]) {
    for (const path of ["/", "/livez", "/metrics", "/api/v1/gateways/coder", "/events"]) {
      assertEquals(routeOf(method, path), { to: "method", allow: "GET, HEAD" });
    }
  }
  assertEquals(routeOf("POST", "/login"), { to: "enter" });
  assertEquals(routeOf("PUT", "/login"), { to: "method", allow: "GET, HEAD, POST" });
});

Deno.test("routeOf() takes any text for a path", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string(), (path, method) => {
    routeOf(method, path);
    routeOf("GET", `/api/v1/gateways/${path}`);
  }));
});

Deno.test("routeOf() gives any profile's name back that was encoded", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (profile) => {
    const path = new URL(`http://h/api/v1/gateways/${encodeURIComponent(profile)}`).pathname;
    // A browser takes these for the directory.
    const expected = [".", ".."].includes(profile) ? "nothing" : "gateway";
    const route = routeOf("GET", path);
    if (expected === "gateway") assertEquals(route, { to: "gateway", profile });
  }));
});
