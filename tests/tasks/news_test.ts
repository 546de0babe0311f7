import { assertEquals } from "@std/assert";
import { News } from "../../tasks/_news.ts";

Deno.test("News lets a line through once, until a round without it", () => {
  const news = new News();
  assertEquals([news.isNew("a"), news.isNew("b", true), news.isNew("b", true)], [
    ...[false, true, false],
  ]);
  news.turn();
  assertEquals([news.isNew("a"), news.isNew("c"), news.isNew("c")], [false, true, false]);
  news.turn();
  assertEquals(news.isNew("b", true), true);
});
