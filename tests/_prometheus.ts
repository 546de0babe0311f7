import parsePrometheus from "parse-prometheus-text-format";

/** A family of metrics as a scraper has it. */
export interface Family {
  name: string;
  help: string;
  type: string;
  metrics: { value: string; labels?: Record<string, string> }[];
}

/** Parses the text format as a scraper does; the families by name. */
export function scrape(text: string): Map<string, Family> {
  const families: Family[] = parsePrometheus(text);
  return new Map(families.map((family) => [family.name, family]));
}
